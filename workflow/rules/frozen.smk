"""
Clusters of an earlier run, kept for new images: what monitoring needs. Included with cluster.frozen.

REQUIRED INPUTS: the results folder of the earlier run.
OUTPUTS: results/pretrained/{model.safetensors,kmeans/,tree/}, results/frozen/{baseline.tsv,far.npz,cluster_names.tsv,adopted.json},
         results/tables/{drift.tsv,drift.json,new_types.tsv}.
"""

FROZEN = PLAN.frozen[0]


rule adopt:
    output:
        model="results/pretrained/model.safetensors",
        centroids="results/pretrained/kmeans/centroids.npy",
        space="results/pretrained/kmeans/space.npz",
        kmeans="results/pretrained/kmeans/kmeans.json",
        tree="results/pretrained/tree/tree.tsv",
        coarse="results/pretrained/tree/coarse.tsv",
        newick="results/pretrained/tree/tree.nwk",
        tree_report="results/pretrained/tree/tree.json",
        baseline="results/frozen/baseline.tsv",
        far="results/frozen/far.npz",
        names="results/frozen/cluster_names.tsv",
        adopted="results/frozen/adopted.json",
    log:
        "results/logs/adopt.log",
    benchmark:
        "results/benchmarks/adopt.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(10),
    params:
        frozen=FROZEN,
        size=config["tiles"]["size"],
        # By content: the earlier run may lie on another disk, with other times.
        digest=lambda wildcards: PLAN.frozen_digest(),
        code=code_digest("frozen.adopt"),
    message:
        "Taking over the model and the clusters of {params.frozen}"
    shell:
        r"""
        python -m seston adopt \
            --frozen {params.frozen:q} \
            --size {params.size} \
            --model {output.model:q} \
            --kmeans-dir "$(dirname {output.kmeans:q})" \
            --tree-dir "$(dirname {output.tree:q})" \
            --baseline {output.baseline:q} \
            --far {output.far:q} \
            --names {output.names:q} \
            --adopted {output.adopted:q} \
            &>{log:q}
        """


rule drift:
    input:
        # As for `trust`: names do not matter here.
        images=ancient(str(rules.tables.output.images)),
        samples=ancient(str(rules.tables.output.samples)),
        clusters=of_chosen(rules.assign.output.clusters, shard=SHARDS),
        baseline=rules.adopt.output.baseline,
        far=rules.adopt.output.far,
        adopted=rules.adopt.output.adopted,
        kmeans=rules.adopt.output.kmeans,
        embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
        crops=collect(rules.segment.output.crops, shard=SHARDS),
    output:
        drift=table(
            "results/tables/drift.tsv",
            "7 Drift",
            "New images against those of the earlier run",
        ),
        new_types=table(
            "results/tables/new_types.tsv",
            "7 Drift",
            "Groups of images that may be new types",
        ),
        report="results/tables/drift.json",
    log:
        "results/logs/drift.log",
    benchmark:
        "results/benchmarks/drift.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        embeddings_dir=folder("embeddings"),
        segment_dir=folder("crops", up=2),
        kmeans_dir=folder("kmeans"),
        shards=list(SHARDS),
        sheet=lambda wildcards: PLAN.sheet_digest(),
        tables=code_digest("tables"),
        seed=config["seed"],
        code=code_digest("frozen.drift"),
    message:
        "Comparing the new images with those the clusters were made from"
    shell:
        r"""
        python -m seston drift \
            --images {input.images:q} \
            --samples {input.samples:q} \
            --baseline {input.baseline:q} \
            --far {input.far:q} \
            --adopted {input.adopted:q} \
            --kmeans {params.kmeans_dir:q} \
            --embeddings-dir {params.embeddings_dir:q} \
            --segment-dir {params.segment_dir:q} \
            --shards {params.shards:q} \
            --seed {params.seed} \
            --threads {threads} \
            --drift {output.drift:q} \
            --new-types {output.new_types:q} \
            --report {output.report:q} \
            &>{log:q}
        """

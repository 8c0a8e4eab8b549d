"""
Every organism and sample in one table each, and what speaks for and against each cluster.

REQUIRED INPUTS: crops, clusters and map of all shards, names of clusters; the sample sheet.
OUTPUTS: results/tables/{images.parquet,samples.tsv,quality.tsv}, results/tables/{clusters.tsv,
         clusters.json,strangest.tsv,kmeans_density.tsv,circumstances.tsv}.
"""


rule tables:
    input:
        sheet=ancient(config["samples"]),
        segments=collect(rules.segment.output, shard=SHARDS),
        clusters=of_chosen(rules.assign.output.clusters, shard=SHARDS),
        # Named here too, so that a dry run shows their jobs before a model is chosen.
        either=collect(rules.assign.output.clusters, model=MODELS, shard=SHARDS),
        trees=collect("results/{model}/tree/coarse.tsv", model=MODELS),
        map=rules.map.output.map,
        names=rules.names.output.names,
    output:
        images="results/tables/images.parquet",
        samples=table(
            "results/tables/samples.tsv",
            "1 Organisms and samples",
            "Samples: effort and warnings",
        ),
        quality=table(
            "results/tables/quality.tsv",
            "1 Organisms and samples",
            "What is odd, by sample",
        ),
    log:
        "results/logs/tables.log",
    benchmark:
        "results/benchmarks/tables.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(8000),
        runtime=grow(60),
    params:
        sheet=lambda wildcards: PLAN.sheet_digest(),
        segment_dir=folder("segments", up=2),
        clusters_dir=folder("clusters"),
        shards=list(SHARDS),
        code=code_digest("tables"),
    message:
        "Writing the tables of organisms and samples"
    shell:
        r"""
        python -m seston tables \
            --sheet {input.sheet:q} \
            --segment-dir {params.segment_dir:q} \
            --clusters-dir {params.clusters_dir:q} \
            --map {input.map:q} \
            --names {input.names:q} \
            --shards {params.shards:q} \
            --images {output.images:q} \
            --samples {output.samples:q} \
            --quality {output.quality:q} \
            &>{log:q}
        """


rule trust:
    input:
        # Names do not matter here: not this table, but what it is made of without them makes it run.
        # By its path: `ancient` would mark the output of `tables` itself, for all that read it.
        images=ancient(str(rules.tables.output.images)),
        clusters=of_chosen(rules.assign.output.clusters, shard=SHARDS),
        map=rules.map.output.map,
        embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
        crops=collect(rules.segment.output.crops, shard=SHARDS),
        kmeans=of_chosen("results/{model}/kmeans/kmeans.json"),
    output:
        clusters=table(
            "results/tables/clusters.tsv",
            "5 Clusters",
            "How far each cluster can be trusted",
        ),
        report="results/tables/clusters.json",
        strangest=table(
            "results/tables/strangest.tsv",
            "5 Clusters",
            "The strangest organisms",
        ),
        density=table(
            "results/tables/kmeans_density.tsv",
            "5 Clusters",
            "Clusters against density clusters",
        ),
        circumstances=table(
            "results/tables/circumstances.tsv",
            "5 Clusters",
            "Odd days, samples, groups, instruments",
        ),
    log:
        "results/logs/trust.log",
    benchmark:
        "results/benchmarks/trust.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 2
    resources:
        mem_mb=grow(8000),
        runtime=grow(60),
    params:
        embeddings_dir=folder("embeddings"),
        segment_dir=folder("crops", up=2),
        kmeans_dir=folder("kmeans"),
        shards=list(SHARDS),
        sheet=lambda wildcards: PLAN.sheet_digest(),
        tables=code_digest("tables"),
        bootstraps=config["cluster"]["sweep"]["bootstraps"],
        seed=config["seed"],
        code=code_digest("trust.stage"),
    message:
        "Measuring how far each cluster can be trusted"
    shell:
        r"""
        python -m seston trust \
            --images {input.images:q} \
            --embeddings-dir {params.embeddings_dir:q} \
            --segment-dir {params.segment_dir:q} \
            --shards {params.shards:q} \
            --kmeans {params.kmeans_dir:q} \
            --bootstraps {params.bootstraps} \
            --seed {params.seed} \
            --threads {threads} \
            --clusters {output.clusters:q} \
            --report {output.report:q} \
            --strangest-table {output.strangest:q} \
            --kmeans-density-table {output.density:q} \
            --circumstances-table {output.circumstances:q} \
            &>{log:q}
        """

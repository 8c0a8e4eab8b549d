"""
Clusters of the embeddings: how many, which, their tree, their names; the map, the search index,
and organisms that show each cluster.

REQUIRED INPUTS: results/<model>/embeddings/<shard>.arrow, the model that `choose` chose,
         results/segment/<shard>/crops.parquet, and the names that the config names.
OUTPUTS: results/<model>/{sweep/,kmeans/,tree/}, results/<model>/clusters/<shard>.parquet; of the chosen
         model results/{map.parquet,map.json,examples.parquet,index/}, results/tables/cluster_names.tsv.
"""

# What the clusters are made of: the embeddings, or principal components of them, and measurements.
SPACE = {
    "pca": config["cluster"]["pca"],
    "whiten": str(config["cluster"]["whiten"]).lower(),
    "columns": json.dumps(config["cluster"]["columns"]),
}

# Of frozen clusters, the names of the earlier run hold unless others are given.
NAMES = PLAN.names_file or ["results/frozen/cluster_names.tsv" for _ in PLAN.frozen]


rule sweep:
    input:
        embeddings=collect(
            rules.embed.output.embeddings, shard=SHARDS, allow_missing=True
        ),
        crops=collect(rules.segment.output.crops, shard=SHARDS),
    output:
        table=table(
            "results/{model}/sweep/sweep.tsv",
            "5 Clusters",
            "How many clusters",
            model="{model}",
        ),
        report="results/{model}/sweep/sweep.json",
    log:
        "results/logs/{model}/sweep.log",
    benchmark:
        "results/benchmarks/{model}/sweep.tsv"
    conda:
        "../../envs/cpu.yaml"
    # Hundreds of small clusterings: threads would wait for each other.
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(60),
    params:
        embeddings_dir=folder("embeddings"),
        segment_dir=folder("crops", up=2),
        shards=list(SHARDS),
        k=[f"--k={k}" for k in config["cluster"]["sweep"]["k"]],
        asked=[f"--asked={k}" for k in [config["cluster"]["k"]] if k != "auto"],
        images=config["cluster"]["sweep"]["images"],
        seeds=config["cluster"]["sweep"]["seeds"],
        bootstraps=config["cluster"]["sweep"]["bootstraps"],
        iterations=config["cluster"]["iterations"],
        balance=config["cluster"]["balance"],
        space=options("space", SPACE),
        spherical="--spherical" if config["cluster"]["spherical"] else "--no-spherical",
        seed=config["seed"],
        code=code_digest("cluster.sweep"),
    message:
        "Clustering the {wildcards.model} embeddings with several numbers of clusters"
    shell:
        r"""
        python -m seston sweep \
            --embeddings-dir {params.embeddings_dir:q} \
            --segment-dir {params.segment_dir:q} \
            --shards {params.shards:q} \
            {params.k:q} \
            {params.asked:q} \
            --images {params.images} \
            --seeds {params.seeds} \
            --bootstraps {params.bootstraps} \
            --iterations {params.iterations} \
            --balance {params.balance} \
            {params.space} \
            {params.spherical} \
            --seed {params.seed} \
            --threads {threads} \
            --table {output.table:q} \
            --report {output.report:q} \
            &>{log:q}
        """


# With cluster.frozen, the clusters are those of an earlier run: frozen.smk.
if not PLAN.frozen:

    rule kmeans:
        input:
            embeddings=collect(
                rules.embed.output.embeddings, shard=SHARDS, allow_missing=True
            ),
            crops=collect(rules.segment.output.crops, shard=SHARDS),
            sweep=rules.sweep.output.report if config["cluster"]["k"] == "auto" else [],
        output:
            centroids="results/{model}/kmeans/centroids.npy",
            space="results/{model}/kmeans/space.npz",
            report="results/{model}/kmeans/kmeans.json",
        log:
            "results/logs/{model}/kmeans.log",
        benchmark:
            "results/benchmarks/{model}/kmeans.tsv"
        conda:
            "../../envs/gpu.yaml"
            if config["cluster"]["device"] == "gpu"
            else "../../envs/cpu.yaml"
        threads: 8
        resources:
            mem_mb=grow(8000),
            runtime=grow(120),
            gpu=1 if config["cluster"]["device"] == "gpu" else 0,
        params:
            embeddings_dir=folder("embeddings"),
            segment_dir=folder("crops", up=2),
            shards=list(SHARDS),
            k=(
                "--sweep=results/{model}/sweep/sweep.json"
                if config["cluster"]["k"] == "auto"
                else f"--k={config['cluster']['k']}"
            ),
            iterations=config["cluster"]["iterations"],
            sample_per_centroid=config["cluster"]["sample_per_centroid"],
            starts=config["cluster"]["starts"],
            refine=config["cluster"]["refine"],
            balance=config["cluster"]["balance"],
            space=options("space", SPACE),
            spherical=(
                "--spherical" if config["cluster"]["spherical"] else "--no-spherical"
            ),
            device=config["cluster"]["device"],
            seed=config["seed"],
            code=code_digest("cluster.kmeans"),
        message:
            "Finding clusters among the {wildcards.model} embeddings"
        shell:
            r"""
            python -m seston kmeans \
                --embeddings-dir {params.embeddings_dir:q} \
                --segment-dir {params.segment_dir:q} \
                --shards {params.shards:q} \
                {params.k:q} \
                --iterations {params.iterations} \
                --sample-per-centroid {params.sample_per_centroid} \
                --starts {params.starts} \
                --refine {params.refine} \
                --balance {params.balance} \
                {params.space} \
                {params.spherical} \
                --device {params.device} \
                --seed {params.seed} \
                --threads {threads} \
                --centroids {output.centroids:q} \
                --space-file {output.space:q} \
                --report {output.report:q} \
                &>{log:q}
            """

    rule tree:
        input:
            kmeans=rules.kmeans.output.report,
            centroids=rules.kmeans.output.centroids,
        output:
            tree="results/{model}/tree/tree.tsv",
            coarse="results/{model}/tree/coarse.tsv",
            newick="results/{model}/tree/tree.nwk",
            report="results/{model}/tree/tree.json",
        log:
            "results/logs/{model}/tree.log",
        benchmark:
            "results/benchmarks/{model}/tree.tsv"
        conda:
            "../../envs/cpu.yaml"
        threads: 1
        resources:
            mem_mb=grow(2000),
            runtime=grow(30),
        params:
            kmeans_dir=folder("kmeans"),
            groups=config["cluster"]["coarse"],
            code=code_digest("cluster.tree"),
        message:
            "Joining the {wildcards.model} clusters to a tree"
        shell:
            r"""
            python -m seston tree \
                --kmeans {params.kmeans_dir:q} \
                --coarse {params.groups} \
                --tree {output.tree:q} \
                --groups {output.coarse:q} \
                --newick {output.newick:q} \
                --report {output.report:q} \
                &>{log:q}
            """


rule assign:
    input:
        embeddings=rules.embed.output.embeddings,
        crops=rules.segment.output.crops,
        centroids="results/{model}/kmeans/centroids.npy",
        space="results/{model}/kmeans/space.npz",
        kmeans="results/{model}/kmeans/kmeans.json",
    output:
        clusters="results/{model}/clusters/{shard}.parquet",
    log:
        "results/logs/{model}/assign/{shard}.log",
    benchmark:
        "results/benchmarks/{model}/assign/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        segment_dir=folder("crops", up=2),
        kmeans_dir=folder("kmeans"),
        code=code_digest("cluster.assign"),
    message:
        "Giving each organism of {wildcards.shard} its {wildcards.model} cluster"
    shell:
        r"""
        python -m seston assign \
            --embeddings {input.embeddings:q} \
            --segment-dir {params.segment_dir:q} \
            --kmeans {params.kmeans_dir:q} \
            --threads {threads} \
            --clusters {output.clusters:q} \
            &>{log:q}
        """


rule names:
    input:
        kmeans=of_chosen("results/{model}/kmeans/kmeans.json"),
        coarse=of_chosen("results/{model}/tree/coarse.tsv"),
        clusters=of_chosen(rules.assign.output.clusters, shard=SHARDS),
        names=ancient(NAMES),
    output:
        names=table(
            "results/tables/cluster_names.tsv",
            "5 Clusters",
            "Names of the clusters",
        ),
    log:
        "results/logs/names.log",
    benchmark:
        "results/benchmarks/names.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(10),
    params:
        names=[f"--names={name}" for name in NAMES],
        digest=lambda wildcards: PLAN.names_digest(),
        clusters_dir=folder("clusters"),
        shards=list(SHARDS),
        # Not outputs: what earlier clusterings were stays, so that their names can be carried over.
        clusterings="results/clusterings",
        proposed="results/proposed_names.tsv",
        code=code_digest("naming.stage"),
    message:
        "Giving the clusters their names"
    shell:
        r"""
        python -m seston names \
            --kmeans {input.kmeans:q} \
            --coarse {input.coarse:q} \
            --clusters-dir {params.clusters_dir:q} \
            --shards {params.shards:q} \
            {params.names:q} \
            --clusterings {params.clusterings:q} \
            --proposed {params.proposed:q} \
            --named {output.names:q} \
            &>{log:q}
        """


rule index:
    input:
        embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
    output:
        index="results/index/index.faiss",
        report="results/index/index.json",
    log:
        "results/logs/index.log",
    benchmark:
        "results/benchmarks/index.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 4
    resources:
        mem_mb=grow(12000),
        runtime=grow(60),
    params:
        embeddings_dir=folder("embeddings"),
        shards=list(SHARDS),
        seed=config["seed"],
        code=code_digest("search.index"),
    message:
        "Indexing the embeddings of the chosen model for `python -m seston similar`"
    shell:
        r"""
        python -m seston index \
            --embeddings-dir {params.embeddings_dir:q} \
            --shards {params.shards:q} \
            --seed {params.seed} \
            --threads {threads} \
            --index {output.index:q} \
            --report {output.report:q} \
            &>{log:q}
        """


rule map:
    input:
        embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
    output:
        map="results/map.parquet",
        report="results/map.json",
    log:
        "results/logs/map.log",
    benchmark:
        "results/benchmarks/map.tsv"
    conda:
        "../../envs/cpu.yaml"
    # A seeded UMAP runs in one thread; more would make the map differ between runs.
    threads: 1
    resources:
        mem_mb=grow(8000),
        runtime=grow(120),
    params:
        embeddings_dir=folder("embeddings"),
        shards=list(SHARDS),
        fit=config["density"]["fit"],
        components=config["density"]["components"],
        neighbors=config["density"]["neighbors"],
        min_dist=config["density"]["min_dist"],
        min_samples=config["density"]["min_samples"],
        min_cluster_size=config["density"]["min_cluster_size"],
        seed=config["seed"],
        code=code_digest("cluster.density"),
    message:
        "Mapping the embeddings of the chosen model"
    shell:
        r"""
        python -m seston map \
            --embeddings-dir {params.embeddings_dir:q} \
            --shards {params.shards:q} \
            --fit {params.fit} \
            --components {params.components} \
            --neighbors {params.neighbors} \
            --min-dist {params.min_dist} \
            --min-samples {params.min_samples} \
            --min-cluster-size {params.min_cluster_size} \
            --seed {params.seed} \
            --threads {threads} \
            --map {output.map:q} \
            --report {output.report:q} \
            &>{log:q}
        """


rule examples:
    input:
        crops=collect(rules.segment.output.crops, shard=SHARDS),
        clusters=of_chosen(rules.assign.output.clusters, shard=SHARDS),
    output:
        examples="results/examples.parquet",
    log:
        "results/logs/examples.log",
    benchmark:
        "results/benchmarks/examples.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(60),
    params:
        segment_dir=folder("crops", up=2),
        clusters_dir=folder("clusters"),
        shards=list(SHARDS),
        per_cluster=config["cluster"]["examples"],
        seed=config["seed"],
        code=code_digest("cluster.examples"),
    message:
        "Choosing organisms to show each cluster"
    shell:
        r"""
        python -m seston examples \
            --segment-dir {params.segment_dir:q} \
            --clusters-dir {params.clusters_dir:q} \
            --shards {params.shards:q} \
            --per-cluster {params.per_cluster} \
            --seed {params.seed} \
            --examples {output.examples:q} \
            &>{log:q}
        """

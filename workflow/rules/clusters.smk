"""
Clusters of the embeddings, the map, and organisms that show each cluster.

REQUIRED INPUTS: results/<model>/embeddings/<shard>.arrow, the model that `choose` chose,
         results/segment/<shard>/crops.parquet.
OUTPUTS: results/<model>/kmeans/{centroids.npy,kmeans.json},
         results/<model>/clusters/<shard>.parquet; of the chosen model results/{map,examples}.parquet.
"""


rule kmeans:
    input:
        embeddings=collect(
            rules.embed.output.embeddings, shard=SHARDS, allow_missing=True
        ),
    output:
        centroids="results/{model}/kmeans/centroids.npy",
        report="results/{model}/kmeans/kmeans.json",
    log:
        "results/logs/{model}/kmeans.log",
    benchmark:
        "results/benchmarks/{model}/kmeans.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 8
    resources:
        mem_mb=grow(8000),
        runtime=grow(120),
    params:
        embeddings_dir=folder("embeddings"),
        shards=list(SHARDS),
        k=config["cluster"]["k"],
        iterations=config["cluster"]["iterations"],
        sample_per_centroid=config["cluster"]["sample_per_centroid"],
        refine=config["cluster"]["refine"],
        spherical="--spherical" if config["cluster"]["spherical"] else "--no-spherical",
        seed=config["seed"],
        code=code_digest("cluster.kmeans"),
    message:
        "Finding {params.k} clusters among the {wildcards.model} embeddings"
    shell:
        r"""
        python -m seston kmeans \
            --embeddings-dir {params.embeddings_dir:q} \
            --shards {params.shards:q} \
            --k {params.k} \
            --iterations {params.iterations} \
            --sample-per-centroid {params.sample_per_centroid} \
            --refine {params.refine} \
            {params.spherical} \
            --seed {params.seed} \
            --threads {threads} \
            --centroids {output.centroids:q} \
            --report {output.report:q} \
            &>{log:q}
        """


rule assign:
    input:
        embeddings=rules.embed.output.embeddings,
        centroids=rules.kmeans.output.centroids,
        kmeans=rules.kmeans.output.report,
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
        code=code_digest("cluster.assign"),
    message:
        "Giving each organism of {wildcards.shard} its {wildcards.model} cluster"
    shell:
        r"""
        python -m seston assign \
            --embeddings {input.embeddings:q} \
            --centroids {input.centroids:q} \
            --kmeans {input.kmeans:q} \
            --threads {threads} \
            --clusters {output.clusters:q} \
            &>{log:q}
        """


rule map:
    input:
        embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
    output:
        map="results/map.parquet",
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

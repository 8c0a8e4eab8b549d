"""
The pages beside the report: the map of all organisms, and the one that gives clusters their names.

REQUIRED INPUTS: table of organisms and of clusters, tiles, embeddings.
OUTPUTS: results/report/{map,label}.html, results/report/sprites/.
"""

# Sheets of small pictures of all organisms (report.sprites).
SPRITES = (
    collect("results/report/sprites/{shard}", shard=SHARDS)
    if config["report"]["sprites"]
    else []
)


rule sprites:
    input:
        tiles=rules.tiles.output.tiles,
    output:
        folder=directory("results/report/sprites/{shard}"),
    log:
        "results/logs/sprites/{shard}.log",
    benchmark:
        "results/benchmarks/sprites/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_digest("report.map.sprites"),
    message:
        "Putting small pictures of the organisms of {wildcards.shard} onto sheets"
    shell:
        r"""
        python -m seston sprites \
            --tiles {input.tiles:q} \
            --folder {output.folder:q} \
            &>{log:q}
        """


rule map_page:
    input:
        images=rules.tables.output.images,
        kmeans=of_chosen("results/{model}/kmeans/kmeans.json"),
        tiles=collect(rules.tiles.output.tiles, shard=SHARDS),
        sprites=SPRITES,
    output:
        html=report(
            "results/report/map.html",
            caption="../report/map.rst",
            category="Report",
            labels={"page": "Map of all organisms"},
        ),
    log:
        "results/logs/map_page.log",
    benchmark:
        "results/benchmarks/map_page.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        tiles_dir=folder("tiles"),
        shards=list(SHARDS),
        sprites=["--sprites-dir=results/report/sprites"] if SPRITES else [],
        title=as_it_is(config["report"]["title"]),
        seed=config["seed"],
        day_zero=config["trends"]["day_zero"],
        thumbnails=config["report"]["thumbnails"],
        measurements=config["report"]["measurements"],
        code=code_digest("report.map.stage"),
    message:
        "Drawing the map of all organisms that one can search"
    shell:
        r"""
        python -m seston map-page \
            --images {input.images:q} \
            --kmeans {input.kmeans:q} \
            --tiles-dir {params.tiles_dir:q} \
            --shards {params.shards:q} \
            {params.sprites:q} \
            --title={params.title:q} \
            --seed {params.seed} \
            --day-zero={params.day_zero:q} \
            --thumbnails {params.thumbnails} \
            --measurements {params.measurements:q} \
            --html {output.html:q} \
            &>{log:q}
        """


rule label_page:
    input:
        images=rules.tables.output.images,
        clusters=rules.trust.output.clusters,
        names=rules.names.output.names,
        kmeans=of_chosen("results/{model}/kmeans/kmeans.json"),
        embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
        tiles=collect(rules.tiles.output.tiles, shard=SHARDS),
    output:
        html=report(
            "results/report/label.html",
            caption="../report/label.rst",
            category="Report",
            labels={"page": "Naming and checking clusters"},
        ),
    log:
        "results/logs/label_page.log",
    benchmark:
        "results/benchmarks/label_page.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        tiles_dir=folder("tiles"),
        embeddings_dir=folder("embeddings"),
        shards=list(SHARDS),
        title=as_it_is(config["report"]["title"]),
        seed=config["seed"],
        per_cluster=config["report"]["naming"],
        code=code_digest("label.page"),
    message:
        "Making the page that gives clusters their names"
    shell:
        r"""
        python -m seston label-page \
            --images {input.images:q} \
            --clusters {input.clusters:q} \
            --names {input.names:q} \
            --kmeans {input.kmeans:q} \
            --embeddings-dir {params.embeddings_dir:q} \
            --tiles-dir {params.tiles_dir:q} \
            --shards {params.shards:q} \
            --title={params.title:q} \
            --seed {params.seed} \
            --per-cluster {params.per_cluster} \
            --html {output.html:q} \
            &>{log:q}
        """

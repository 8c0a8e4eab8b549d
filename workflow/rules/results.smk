"""
What people read: tables, abundances through time, the report.

REQUIRED INPUTS: crops, clusters and map of all shards; the sample sheet.
OUTPUTS: results/tables/{images.parquet,samples.tsv,quality.tsv,abundance.tsv}, results/settings.yaml,
         results/report/{index.html,figures/,data/}.
"""

# What cluster.frozen adds to the report (frozen.smk): each file with the option that takes it.
DRIFT = (
    {
        "drift.tsv": "--drift",
        "drift.json": "--drift-json",
        "new_types.tsv": "--new-types",
    }
    if PLAN.frozen
    else {}
)


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
        samples="results/tables/samples.tsv",
        quality="results/tables/quality.tsv",
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
        sheet=PLAN.sheet_digest(),
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


rule trends:
    input:
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
    output:
        abundance="results/tables/abundance.tsv",
        coarse="results/tables/abundance_coarse.tsv",
        name="results/tables/abundance_name.tsv",
    log:
        "results/logs/trends.log",
    benchmark:
        "results/benchmarks/trends.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(8000),
        runtime=grow(60),
    params:
        period=config["trends"]["period"],
        confidence=config["trends"]["confidence"],
        code=code_digest("trends.abundance"),
    message:
        "Counting the clusters by {params.period}, with intervals"
    shell:
        r"""
        python -m seston trends \
            --images {input.images:q} \
            --samples {input.samples:q} \
            --period {params.period} \
            --confidence {params.confidence} \
            --abundance {output.abundance:q} \
            --abundance-coarse {output.coarse:q} \
            --abundance-name {output.name:q} \
            &>{log:q}
        """


rule trust:
    input:
        images=rules.tables.output.images,
        embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
        crops=collect(rules.segment.output.crops, shard=SHARDS),
        kmeans=of_chosen("results/{model}/kmeans/kmeans.json"),
    output:
        clusters="results/tables/clusters.tsv",
        report="results/tables/clusters.json",
        strangest="results/tables/strangest.tsv",
        density="results/tables/kmeans_density.tsv",
        circumstances="results/tables/circumstances.tsv",
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


rule settings:
    output:
        settings="results/settings.yaml",
    log:
        "results/logs/settings.log",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    # JSON is YAML; every setting after the defaults.
    params:
        settings=json.dumps(config, indent=2, ensure_ascii=False),
    message:
        "Writing down the settings of this run"
    shell:
        r"""
        printf '%s\n' {params.settings:q} >{output.settings:q} 2>{log:q}
        """


rule report:
    input:
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
        quality=rules.tables.output.quality,
        abundance=rules.trends.output.abundance,
        rejected=collect(rules.segment.output.rejected, shard=SHARDS),
        verdict=rules.choose.output.verdict,
        evidence=collect(rules.evaluate.output.evidence, model=MODELS),
        coarse=rules.trends.output.coarse,
        name=rules.trends.output.name,
        names=rules.names.output.names,
        clusters=rules.trust.output.clusters,
        trust=rules.trust.output.report,
        strangest=rules.trust.output.strangest,
        density=rules.trust.output.density,
        circumstances=rules.trust.output.circumstances,
        examples=rules.examples.output.examples,
        crops=collect(rules.segment.output.crops, shard=SHARDS),
        kmeans=of_chosen("results/{model}/kmeans/kmeans.json"),
        tree=of_chosen("results/{model}/tree/tree.tsv"),
        sweep=of_chosen(rules.sweep.output.table) if not PLAN.frozen else [],
        drift=collect("results/tables/{file}", file=DRIFT),
        runtime=of_chosen(rules.runtime.output.runtime),
        model=of_chosen("results/{model}/model.safetensors"),
        attention=rules.attention.output.attention,
        history=rules.finetune.output.history if "finetuned" in MODELS else [],
        settings=rules.settings.output.settings,
    output:
        html=report(
            "results/report/index.html",
            caption="../report/index.rst",
            category="Report",
        ),
        figures=report(
            directory("results/report/figures"),
            caption="../report/figures.rst",
            category="Figures",
            patterns=["{name}.png"],
        ),
        data=directory("results/report/data"),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=grow(8000),
        runtime=grow(60),
    params:
        segment_dir=folder("rejected", up=2),
        shards=list(SHARDS),
        tree_dir=folder("tree"),
        sweep=option_of("sweep", "--sweep", up=1),
        drift=[f"{option}=results/tables/{file}" for file, option in DRIFT.items()],
        history=(
            "--history=results/finetuned/history.tsv" if "finetuned" in MODELS else []
        ),
        code=code_digest("report.pages"),
    message:
        "Drawing the figures and writing the report"
    shell:
        r"""
        python -m seston report \
            --images {input.images:q} \
            --samples {input.samples:q} \
            --quality {input.quality:q} \
            --abundance {input.abundance:q} \
            --abundance-coarse {input.coarse:q} \
            --abundance-name {input.name:q} \
            --names {input.names:q} \
            --clusters {input.clusters:q} \
            --clusters-json {input.trust:q} \
            --circumstances {input.circumstances:q} \
            --strangest {input.strangest:q} \
            --density-table {input.density:q} \
            --examples {input.examples:q} \
            --kmeans {input.kmeans:q} \
            --tree {params.tree_dir:q} \
            {params.sweep:q} \
            {params.drift:q} \
            --runtime {input.runtime:q}/runtime.json \
            --model {input.model:q} \
            --evidence {input.evidence:q} \
            --verdict {input.verdict:q} \
            --rejected-dir {params.segment_dir:q} \
            --shards {params.shards:q} \
            --attention {input.attention:q} \
            {params.history:q} \
            --settings {input.settings:q} \
            --threads {threads} \
            --html {output.html:q} \
            --figures {output.figures:q} \
            --data {output.data:q} \
            &>{log:q}
        """

"""
What people read: tables, abundances through time, the report.

REQUIRED INPUTS: crops, clusters and map of all shards; the sample sheet.
OUTPUTS: results/tables/{images.parquet,samples.tsv,quality.tsv,abundance.tsv}, results/settings.yaml,
         results/report/{index.html,figures/,data/}.
"""


rule tables:
    input:
        sheet=ancient(config["samples"]),
        segments=collect(rules.segment.output, shard=SHARDS),
        clusters=of_chosen(rules.assign.output.clusters, shard=SHARDS),
        # Named here too, so that a dry run shows their jobs before a model is chosen.
        either=collect(rules.assign.output.clusters, model=MODELS, shard=SHARDS),
        map=rules.map.output.map,
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
        examples=rules.examples.output.examples,
        kmeans=of_chosen(rules.kmeans.output.report),
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
            --examples {input.examples:q} \
            --kmeans {input.kmeans:q} \
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

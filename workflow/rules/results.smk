"""
What people read: tables, abundances through time, the report.

REQUIRED INPUTS: crops, clusters and map of all shards; the sample sheet.
OUTPUTS: results/tables/{images.parquet,samples.tsv,quality.tsv,abundance.tsv}, results/settings.yaml,
         results/report/{index.html,figures/,data/}.
"""


rule tables:
    input:
        sheet=ancient(config["samples"]),
        chosen=rules.choose.output.chosen,
        segments=collect(rules.segment.output, shard=SHARDS),
        clusters=collect(rules.assign.output.clusters, model=MODELS, shard=SHARDS),
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
        results_dir=folder("clusters", up=3),
        shards=list(SHARDS),
        code=code_digest("tables"),
    message:
        "Writing the tables of organisms and samples"
    shell:
        r"""
        python -m seston tables \
            --sheet {input.sheet:q} \
            --segment-dir {params.segment_dir:q} \
            --clusters-dir {params.results_dir:q}/"$(cat {input.chosen:q})"/clusters \
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
        chosen=rules.choose.output.chosen,
        verdict=rules.choose.output.verdict,
        evidence=collect(rules.evaluate.output.evidence, model=MODELS),
        examples=rules.examples.output.examples,
        kmeans=collect(rules.kmeans.output.report, model=MODELS),
        runtimes=collect("results/{model}/runtime", model=MODELS),
        models=collect("results/{model}/model.safetensors", model=MODELS),
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
        results_dir=folder("chosen"),
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
            --kmeans {params.results_dir:q}/"$(cat {input.chosen:q})"/kmeans/kmeans.json \
            --runtime {params.results_dir:q}/"$(cat {input.chosen:q})"/runtime/runtime.json \
            --model {params.results_dir:q}/"$(cat {input.chosen:q})"/model.safetensors \
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

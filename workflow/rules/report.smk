"""
The report, and the settings that a run was made with.

REQUIRED INPUTS: all tables.
OUTPUTS: results/settings.yaml, results/report/{index.html,figures/,data/}.
"""


report: "../report/workflow.rst"


# JSON is YAML; every setting after the defaults.
SETTINGS = json.dumps(config, indent=2, ensure_ascii=False)

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

# What classes from labels add to it (labels.smk, classify.smk).
CLASSES = (
    {
        "results/tables/class_frequencies.tsv": "--class-frequencies",
        "results/tables/abundance_class.tsv": "--abundance-class",
        "results/tables/classifier_scores.tsv": "--classifier-scores",
        "results/tables/classifier_classes.tsv": "--classifier-classes",
        "results/tables/classifier_confusion.tsv": "--classifier-confusion",
        "results/tables/classifier_reliability.tsv": "--classifier-reliability",
        "results/tables/classifier_risk.tsv": "--classifier-risk",
        "results/classify/judge.json": "--judge-json",
    }
    if config["classify"]["head"] != "none"
    else {}
)
# Labels of this run; a classifier of an earlier one needs none.
if CLASSES and not PLAN.classifier_file:
    CLASSES["results/classify/labels.json"] = "--labels-json"
    CLASSES["results/classify/left_out.tsv"] = "--left-out"


rule settings:
    output:
        settings="results/settings.yaml",
    log:
        "results/logs/settings.log",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    # Each line by itself, with its number: Snakemake then tells which of them changed.
    params:
        *[
            as_it_is(f"{number}\t{line}")
            for number, line in enumerate(SETTINGS.splitlines())
        ],
    message:
        "Writing down the settings of this run"
    shell:
        r"""
        printf '%s\n' {params:q} 2>{log:q} | cut -f 2- >{output.settings:q}
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
        label=rules.trends.output.label,
        labels=ancient(PLAN.labels_file),
        periods=rules.trends.output.periods,
        trend_tests=rules.changes.output.tests,
        trend_tests_json=rules.changes.output.report,
        timing=rules.changes.output.timing,
        harmonics=rules.changes.output.harmonics,
        change_points=rules.changes.output.change_points,
        groups=rules.groups.output.table,
        group_effects=rules.groups.output.effects,
        curves=rules.groups.output.curves,
        groups_json=rules.groups.output.report,
        diversity=rules.community.output.diversity,
        turnover=rules.community.output.turnover,
        ordination=rules.community.output.ordination,
        permanova=rules.community.output.permanova,
        synchrony=rules.community.output.synchrony,
        community_json=rules.community.output.report,
        reclusterings_json=rules.recluster.output.report if RECLUSTERED else [],
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
        classes=list(CLASSES),
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
            labels={"page": "Report"},
        ),
        figures=report(directory("results/report/figures"), **FIGURE_SHOWN),
        data=directory("results/report/data"),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 2
    resources:
        mem_mb=grow(8000),
        runtime=grow(60),
    params:
        segment_dir=folder("rejected", up=2),
        shards=list(SHARDS),
        labels=LABELS,
        labels_digest=lambda wildcards: PLAN.labels_digest(),
        reclusterings_json=file_of("reclusterings_json", "--reclusterings-json"),
        tree_dir=folder("tree"),
        sweep=option_of("sweep", "--sweep", up=1),
        drift=[f"{option}=results/tables/{file}" for file, option in DRIFT.items()],
        classes=[f"{option}={file}" for file, option in CLASSES.items()],
        history=(
            "--history=results/finetuned/history.tsv" if "finetuned" in MODELS else []
        ),
        code=code_digest("report.page.stage"),
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
            --abundance-label {input.label:q} \
            {params.labels:q} \
            --periods {input.periods:q} \
            --trend-tests {input.trend_tests:q} \
            --trend-tests-json {input.trend_tests_json:q} \
            --timing {input.timing:q} \
            --harmonics {input.harmonics:q} \
            --change-points {input.change_points:q} \
            --groups {input.groups:q} \
            --group-effects {input.group_effects:q} \
            --curves {input.curves:q} \
            --groups-json {input.groups_json:q} \
            --diversity {input.diversity:q} \
            --turnover {input.turnover:q} \
            --ordination {input.ordination:q} \
            --permanova {input.permanova:q} \
            --synchrony {input.synchrony:q} \
            --community-json {input.community_json:q} \
            {params.reclusterings_json:q} \
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
            {params.classes:q} \
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

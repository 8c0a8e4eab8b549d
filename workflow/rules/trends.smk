"""
What changes through time: abundances, trends of single classes, differences between groups,
the community; and how much of it holds when the images are clustered anew.

REQUIRED INPUTS: results/tables/{images.parquet,samples.tsv}; embeddings and clusters of the chosen model;
         the labels that the config names.
OUTPUTS: results/tables/{abundance*,periods,trend_tests,timing,harmonics,change_points,groups,
         group_effects,curves,diversity,turnover,ordination,permanova,synchrony}.tsv,
         results/tables/{trend_tests,groups,community}.json, results/reclusterings.{parquet,json}.
"""

LABELS = [f"--labels={name}" for name in PLAN.labels_file]
LEVEL = config["trends"]["level"]

# Labels stay as they are when the images are clustered anew.
RECLUSTERED = config["trends"]["reclusterings"] > 0 and LEVEL != "label"


rule trends:
    input:
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
        labels=ancient(PLAN.labels_file),
    output:
        abundance=table(
            "results/tables/abundance.tsv",
            "2 Through time",
            "Abundance of clusters",
        ),
        coarse=table(
            "results/tables/abundance_coarse.tsv",
            "2 Through time",
            "Abundance of coarse groups",
        ),
        name=table(
            "results/tables/abundance_name.tsv",
            "2 Through time",
            "Abundance by name",
        ),
        label=table(
            "results/tables/abundance_label.tsv",
            "2 Through time",
            "Abundance by label",
        ),
        periods=table(
            "results/tables/periods.tsv",
            "2 Through time",
            "Periods: effort, rejected and noise",
        ),
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
        labels=LABELS,
        labels_digest=lambda wildcards: PLAN.labels_digest(),
        period=config["trends"]["period"],
        day_zero=config["trends"]["day_zero"],
        confidence=config["trends"]["confidence"],
        code=code_digest("trends.abundance"),
    message:
        "Counting the clusters by {params.period}, with intervals"
    shell:
        r"""
        python -m seston trends \
            --images {input.images:q} \
            --samples {input.samples:q} \
            {params.labels:q} \
            --period {params.period} \
            --day-zero={params.day_zero:q} \
            --confidence {params.confidence} \
            --abundance {output.abundance:q} \
            --abundance-coarse {output.coarse:q} \
            --abundance-name {output.name:q} \
            --abundance-label {output.label:q} \
            --periods {output.periods:q} \
            &>{log:q}
        """


rule recluster:
    input:
        embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
        crops=collect(rules.segment.output.crops, shard=SHARDS),
        kmeans=of_chosen("results/{model}/kmeans/kmeans.json"),
    output:
        table="results/reclusterings.parquet",
        report="results/reclusterings.json",
    log:
        "results/logs/recluster.log",
    benchmark:
        "results/benchmarks/recluster.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 2
    resources:
        mem_mb=grow(8000),
        runtime=grow(120),
    params:
        embeddings_dir=folder("embeddings"),
        segment_dir=folder("crops", up=2),
        kmeans_dir=folder("kmeans"),
        shards=list(SHARDS),
        runs=config["trends"]["reclusterings"],
        seed=config["seed"],
        code=code_digest("cluster.reclusterings"),
    message:
        "Clustering the images {params.runs} times anew, to see which trends hold"
    shell:
        r"""
        python -m seston recluster \
            --embeddings-dir {params.embeddings_dir:q} \
            --segment-dir {params.segment_dir:q} \
            --shards {params.shards:q} \
            --kmeans {params.kmeans_dir:q} \
            --runs {params.runs} \
            --seed {params.seed} \
            --threads {threads} \
            --table {output.table:q} \
            --report {output.report:q} \
            &>{log:q}
        """


rule changes:
    input:
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
        labels=ancient(PLAN.labels_file),
        reclusterings=rules.recluster.output.table if RECLUSTERED else [],
    output:
        tests=table(
            "results/tables/trend_tests.tsv",
            "2 Through time",
            "Rising and falling",
        ),
        timing=table(
            "results/tables/timing.tsv",
            "2 Through time",
            "Early and late: the succession",
        ),
        harmonics=table(
            "results/tables/harmonics.tsv",
            "2 Through time",
            "Rhythms",
        ),
        change_points=table(
            "results/tables/change_points.tsv",
            "2 Through time",
            "Candidate dates of change",
        ),
        report="results/tables/trend_tests.json",
    log:
        "results/logs/changes.log",
    benchmark:
        "results/benchmarks/changes.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(8000),
        runtime=grow(60),
    params:
        labels=LABELS,
        labels_digest=lambda wildcards: PLAN.labels_digest(),
        reclusterings=file_of("reclusterings", "--reclusterings"),
        period=config["trends"]["period"],
        day_zero=config["trends"]["day_zero"],
        level=LEVEL,
        confidence=config["trends"]["confidence"],
        alpha=config["trends"]["alpha"],
        permutations=config["trends"]["permutations"],
        seed=config["seed"],
        code=code_digest("change.stage"),
    message:
        "Testing the trend of each {params.level}: rising, falling, early, late"
    shell:
        r"""
        python -m seston changes \
            --images {input.images:q} \
            --samples {input.samples:q} \
            {params.labels:q} \
            {params.reclusterings:q} \
            --period {params.period} \
            --day-zero={params.day_zero:q} \
            --level {params.level} \
            --confidence {params.confidence} \
            --alpha {params.alpha} \
            --permutations {params.permutations} \
            --seed {params.seed} \
            --tests {output.tests:q} \
            --timing {output.timing:q} \
            --harmonics {output.harmonics:q} \
            --change-points {output.change_points:q} \
            --report {output.report:q} \
            &>{log:q}
        """


rule groups:
    input:
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
        labels=ancient(PLAN.labels_file),
        reclusterings=rules.recluster.output.table if RECLUSTERED else [],
    output:
        table=table(
            "results/tables/groups.tsv",
            "3 Groups",
            "Do the groups differ, and since when",
        ),
        effects=table(
            "results/tables/group_effects.tsv",
            "3 Groups",
            "Each group against the mean of all",
        ),
        curves=table(
            "results/tables/curves.tsv",
            "3 Groups",
            "Fitted courses of the groups",
        ),
        report="results/tables/groups.json",
    log:
        "results/logs/groups.log",
    benchmark:
        "results/benchmarks/groups.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(8000),
        runtime=grow(60),
    params:
        labels=LABELS,
        labels_digest=lambda wildcards: PLAN.labels_digest(),
        reclusterings=file_of("reclusterings", "--reclusterings"),
        period=config["trends"]["period"],
        day_zero=config["trends"]["day_zero"],
        level=LEVEL,
        confidence=config["trends"]["confidence"],
        alpha=config["trends"]["alpha"],
        permutations=config["trends"]["permutations"],
        seed=config["seed"],
        code=code_digest("change.groups"),
    message:
        "Comparing the groups (bags, treatments, stations): do they differ, and since when"
    shell:
        r"""
        python -m seston groups \
            --images {input.images:q} \
            --samples {input.samples:q} \
            {params.labels:q} \
            {params.reclusterings:q} \
            --period {params.period} \
            --day-zero={params.day_zero:q} \
            --level {params.level} \
            --confidence {params.confidence} \
            --alpha {params.alpha} \
            --permutations {params.permutations} \
            --seed {params.seed} \
            --table {output.table:q} \
            --effects {output.effects:q} \
            --curves {output.curves:q} \
            --report {output.report:q} \
            &>{log:q}
        """


rule community:
    input:
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
        labels=ancient(PLAN.labels_file),
    output:
        diversity=table(
            "results/tables/diversity.tsv",
            "4 Community",
            "Diversity at equal effort",
        ),
        turnover=table(
            "results/tables/turnover.tsv",
            "4 Community",
            "Change from period to period",
        ),
        ordination=table(
            "results/tables/ordination.tsv",
            "4 Community",
            "Path of the community",
        ),
        permanova=table(
            "results/tables/permanova.tsv",
            "4 Community",
            "Do communities of groups differ",
        ),
        synchrony=table(
            "results/tables/synchrony.tsv",
            "4 Community",
            "Do groups rise and fall together",
        ),
        report="results/tables/community.json",
    log:
        "results/logs/community.log",
    benchmark:
        "results/benchmarks/community.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(8000),
        runtime=grow(60),
    params:
        labels=LABELS,
        labels_digest=lambda wildcards: PLAN.labels_digest(),
        period=config["trends"]["period"],
        day_zero=config["trends"]["day_zero"],
        level=LEVEL,
        confidence=config["trends"]["confidence"],
        permutations=config["trends"]["permutations"],
        seed=config["seed"],
        code=code_digest("community.stage"),
    message:
        "Following the community: diversity, turnover, ordination"
    shell:
        r"""
        python -m seston community \
            --images {input.images:q} \
            --samples {input.samples:q} \
            {params.labels:q} \
            --period {params.period} \
            --day-zero={params.day_zero:q} \
            --level {params.level} \
            --confidence {params.confidence} \
            --permutations {params.permutations} \
            --seed {params.seed} \
            --diversity {output.diversity:q} \
            --turnover {output.turnover:q} \
            --ordination {output.ordination:q} \
            --permanova {output.permanova:q} \
            --synchrony {output.synchrony:q} \
            --report {output.report:q} \
            &>{log:q}
        """

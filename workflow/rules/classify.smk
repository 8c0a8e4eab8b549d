"""
Classes from few labels: a classifier on the embeddings of the chosen model, judged where it never
looked; what it says of every organism; how much of each class there was. With classify.head.

REQUIRED INPUTS: results/classify/labelled.parquet (or the classifier that the config names), embeddings of
         the chosen model, results/tables/{images.parquet,samples.tsv}.
OUTPUTS: results/classify/{classifier.safetensors,held_out.parquet,search.tsv,judge.json},
         results/classify/predictions/<shard>.parquet, results/tables/classifier_*.tsv,
         results/tables/{class_frequencies.tsv,abundance_class.tsv,predictions.parquet}.
"""

# One that an earlier run saved is used as it is, whatever its time.
CLASSIFIER = [ancient(name) for name in PLAN.classifier_file] or [
    "results/classify/classifier.safetensors"
]


if not PLAN.classifier_file:

    rule classifier:
        input:
            labelled=rules.labelled.output.labelled,
            embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
            crops=collect(rules.segment.output.crops, shard=SHARDS),
        output:
            saved="results/classify/classifier.safetensors",
            held_out="results/classify/held_out.parquet",
            search="results/classify/search.tsv",
        log:
            "results/logs/classifier.log",
        benchmark:
            "results/benchmarks/classifier.tsv"
        conda:
            "../../envs/gpu.yaml"
            if config["classify"]["head"] == "mlp"
            else "../../envs/cpu.yaml"
        threads: 1
        resources:
            mem_mb=grow(8000),
            runtime=grow(120),
        params:
            embeddings_dir=folder("embeddings"),
            shards=list(SHARDS),
            head=config["classify"]["head"],
            sampling=config["classify"]["sampling"],
            calibration=config["classify"]["calibration"],
            columns=lambda wildcards: [
                f"--columns={name}" for name in config["classify"]["columns"]
            ],
            segment_dir=folder("crops", up=2),
            seed=config["seed"],
            code=code_digest("classify.learn"),
        message:
            "Learning classes from labels"
        shell:
            r"""
            python -m seston classifier \
                --labelled {input.labelled:q} \
                --embeddings-dir {params.embeddings_dir:q} \
                --shards {params.shards:q} \
                --head {params.head} \
                --sampling {params.sampling} \
                --calibration {params.calibration} \
                {params.columns:q} \
                --segment-dir {params.segment_dir:q} \
                --seed {params.seed} \
                --threads {threads} \
                --saved {output.saved:q} \
                --held-out {output.held_out:q} \
                --search {output.search:q} \
                &>{log:q}
            """


rule judge:
    input:
        classifier=CLASSIFIER,
    output:
        scores=table(
            "results/tables/classifier_scores.tsv",
            "8 Classes from labels",
            "How right the classifier is, raw, calibrated, corrected",
        ),
        classes=table(
            "results/tables/classifier_classes.tsv",
            "8 Classes from labels",
            "How well each class is found",
        ),
        confusion=table(
            "results/tables/classifier_confusion.tsv",
            "8 Classes from labels",
            "What is taken for what",
        ),
        reliability=table(
            "results/tables/classifier_reliability.tsv",
            "8 Classes from labels",
            "Is it as sure as it is right",
        ),
        risk=table(
            "results/tables/classifier_risk.tsv",
            "8 Classes from labels",
            "Errors against what stays unclassified",
        ),
        report="results/classify/judge.json",
    log:
        "results/logs/judge.log",
    benchmark:
        "results/benchmarks/judge.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(60),
    params:
        digest=lambda wildcards: PLAN.classifier_digest(),
        prior=config["classify"]["prior"],
        max_error=config["classify"]["max_error"],
        confidence=config["trends"]["confidence"],
        seed=config["seed"],
        code=code_digest("classify.judge"),
    message:
        "Judging the classifier by what it says where it never looked"
    shell:
        r"""
        python -m seston judge \
            --classifier {input.classifier:q} \
            --prior {params.prior} \
            --max-error {params.max_error} \
            --confidence {params.confidence} \
            --seed {params.seed} \
            --scores {output.scores:q} \
            --classes {output.classes:q} \
            --confusion {output.confusion:q} \
            --reliability {output.reliability:q} \
            --risk {output.risk:q} \
            --report {output.report:q} \
            &>{log:q}
        """


rule predict:
    input:
        classifier=CLASSIFIER,
        embeddings=of_chosen(rules.embed.output.embeddings, allow_missing=True),
        crops=rules.segment.output.crops,
    output:
        predictions="results/classify/predictions/{shard}.parquet",
    log:
        "results/logs/predict/{shard}.log",
    benchmark:
        "results/benchmarks/predict/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        digest=lambda wildcards: PLAN.classifier_digest(),
        segment_dir=folder("crops", up=2),
        code=code_digest("classify.predict"),
    message:
        "Classifying the organisms of {wildcards.shard}"
    shell:
        r"""
        python -m seston predict \
            --embeddings {input.embeddings:q} \
            --classifier {input.classifier:q} \
            --segment-dir {params.segment_dir:q} \
            --predictions {output.predictions:q} \
            &>{log:q}
        """


rule quantify:
    input:
        classifier=CLASSIFIER,
        predictions=collect(rules.predict.output.predictions, shard=SHARDS),
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
    output:
        frequencies=table(
            "results/tables/class_frequencies.tsv",
            "8 Classes from labels",
            "Class frequencies of each sample, by each method",
        ),
        abundance=table(
            "results/tables/abundance_class.tsv",
            "8 Classes from labels",
            "Abundance of classes",
        ),
        predictions="results/tables/predictions.parquet",
    log:
        "results/logs/quantify.log",
    benchmark:
        "results/benchmarks/quantify.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(8000),
        runtime=grow(120),
    params:
        digest=lambda wildcards: PLAN.classifier_digest(),
        predictions_dir=folder("predictions"),
        shards=list(SHARDS),
        prior=config["classify"]["prior"],
        max_error=config["classify"]["max_error"],
        method=config["classify"]["quantify"],
        bootstraps=config["classify"]["bootstraps"],
        period=config["trends"]["period"],
        day_zero=config["trends"]["day_zero"],
        confidence=config["trends"]["confidence"],
        seed=config["seed"],
        code=code_digest("classify.quantify"),
    message:
        "Counting the classes of each sample, with intervals"
    shell:
        r"""
        python -m seston quantify \
            --classifier {input.classifier:q} \
            --predictions-dir {params.predictions_dir:q} \
            --shards {params.shards:q} \
            --images {input.images:q} \
            --samples {input.samples:q} \
            --prior {params.prior} \
            --max-error {params.max_error} \
            --method {params.method} \
            --bootstraps {params.bootstraps} \
            --period {params.period} \
            --day-zero={params.day_zero:q} \
            --confidence {params.confidence} \
            --seed {params.seed} \
            --frequencies {output.frequencies:q} \
            --abundance {output.abundance:q} \
            --predictions {output.predictions:q} \
            &>{log:q}
        """

"""
Labels of all sources as one manifest: what is learned, and what each image is used for.

REQUIRED INPUTS: results/segment/<shard>/crops.parquet, the sample sheet, and the labels that the config names.
OUTPUTS: results/classify/{labelled.parquet,labels.json,left_out.tsv}.
"""


rule labelled:
    input:
        sheet=ancient(config["samples"]),
        labels=ancient(PLAN.labels_file),
        crops=collect(rules.segment.output.crops, shard=SHARDS),
    output:
        labelled="results/classify/labelled.parquet",
        summary="results/classify/labels.json",
        left_out="results/classify/left_out.tsv",
    log:
        "results/logs/labelled.log",
    benchmark:
        "results/benchmarks/labelled.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        sheet=lambda wildcards: PLAN.sheet_digest(),
        segment_dir=folder("crops", up=2),
        shards=list(SHARDS),
        labels=[f"--labels={name}" for name in PLAN.labels_file],
        labels_digest=lambda wildcards: PLAN.labels_digest(),
        use=config["labels"]["use"],
        # Names may hold braces, which are wildcards but in a function.
        merge=lambda wildcards: json.dumps(config["labels"]["merge"]),
        exclude=lambda wildcards: [
            f"--exclude={name}" for name in config["labels"]["exclude"]
        ],
        few=config["labels"]["few"],
        annotators=lambda wildcards: config["labels"]["annotators"],
        split_by=config["classify"]["split_by"],
        folds=config["classify"]["folds"],
        seeds=config["classify"]["efficiency"]["seeds"],
        test=config["classify"]["efficiency"]["test"],
        validation=config["classify"]["efficiency"]["validation"],
        seed=config["seed"],
        code=code_digest("labels.stage"),
    message:
        "Bringing all labels into one table"
    shell:
        r"""
        python -m seston labelled \
            --sheet {input.sheet:q} \
            --segment-dir {params.segment_dir:q} \
            --shards {params.shards:q} \
            {params.labels:q} \
            --use {params.use} \
            --merge={params.merge:q} \
            {params.exclude:q} \
            --few {params.few} \
            --annotators={params.annotators:q} \
            --split-by {params.split_by} \
            --folds {params.folds} \
            --seeds {params.seeds} \
            --test {params.test} \
            --validation {params.validation} \
            --seed {params.seed} \
            --manifest {output.labelled:q} \
            --summary {output.summary:q} \
            --left-out {output.left_out:q} \
            &>{log:q}
        """

"""
What leaves for the tools of others: no part of `all`, made when it is asked for (`snakemake ecotaxa`).

REQUIRED INPUTS: results/tables/{images.parquet,samples.tsv}, crops of all shards; what tells the categories.
OUTPUTS: results/export/ecotaxa/{ecotaxa_<number>.zip,archives.tsv}.
"""

ECOTAXA = config["export"]["ecotaxa"]


rule ecotaxa:
    input:
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
        crops=collect(rules.segment.output.crops, shard=SHARDS),
        predictions=(
            rules.quantify.output.predictions
            if ECOTAXA["category"] == "prediction"
            else []
        ),
        labels=ancient(PLAN.labels_file if ECOTAXA["category"] == "label" else []),
    output:
        archives=directory("results/export/ecotaxa"),
    log:
        "results/logs/ecotaxa.log",
    benchmark:
        "results/benchmarks/ecotaxa.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(240),
    params:
        segment_dir=folder("crops", up=2),
        shards=list(SHARDS),
        predictions=file_of("predictions", "--predictions"),
        labels=lambda wildcards, input: [f"--labels={name}" for name in input.labels],
        labels_digest=lambda wildcards, input: (
            PLAN.labels_digest() if input.labels else ""
        ),
        category=ECOTAXA["category"],
        # Names may hold braces, which are wildcards but in a function.
        leave_out=lambda wildcards: [
            f"--leave-out={name}" for name in ECOTAXA["leave_out"]
        ],
        archive_images=ECOTAXA["archive_images"],
        archive_mb=ECOTAXA["archive_mb"],
        code=code_digest("export.ecotaxa.stage"),
    message:
        "Packing all organisms for EcoTaxa"
    shell:
        r"""
        python -m seston export-ecotaxa \
            --images {input.images:q} \
            --samples {input.samples:q} \
            --segment-dir {params.segment_dir:q} \
            --shards {params.shards:q} \
            {params.predictions:q} \
            {params.labels:q} \
            --category {params.category} \
            {params.leave_out:q} \
            --archive-images {params.archive_images} \
            --archive-mb {params.archive_mb} \
            --archives {output.archives:q} \
            &>{log:q}
        """

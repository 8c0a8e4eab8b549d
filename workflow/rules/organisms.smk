"""
From raw files to single organisms, one shard at a time.

REQUIRED INPUTS: the sample sheet and the files it names.
OUTPUTS: results/segment/<shard>/{crops,rejected,recorded,effort}.parquet, results/tiles/<shard>.arrow.
"""


rule segment:
    # The sheet is ancient: the digest of the shard's own rows and files decides, so that a new
    # sample touches its own period only.
    input:
        sheet=ancient(config["samples"]),
    output:
        crops="results/segment/{shard}/crops.parquet",
        rejected="results/segment/{shard}/rejected.parquet",
        recorded="results/segment/{shard}/recorded.parquet",
        effort="results/segment/{shard}/effort.parquet",
    log:
        "results/logs/segment/{shard}.log",
    benchmark:
        "results/benchmarks/segment/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(60),
    params:
        samples=lambda wildcards: PLAN.samples_of(wildcards.shard),
        digest=lambda wildcards: PLAN.raw_digest(wildcards.shard),
        max_rejected=config["segment"]["max_rejected"],
        max_pixels=config["segment"]["max_pixels"],
        pages=config["segment"]["pages"],
        clean="--clean" if config["segment"]["clean"] else "--no-clean",
        frames=options("frames", config["segment"]["frames"]),
        code=code_digest("segment"),
    message:
        "Cutting single organisms out of the samples of {wildcards.shard}"
    shell:
        r"""
        python -m seston segment \
            --sheet {input.sheet:q} \
            --samples {params.samples:q} \
            --max-rejected {params.max_rejected} \
            --max-pixels {params.max_pixels} \
            --pages {params.pages} \
            {params.clean} \
            {params.frames} \
            --threads {threads} \
            --crops {output.crops:q} \
            --rejected {output.rejected:q} \
            --recorded {output.recorded:q} \
            --effort {output.effort:q} \
            &>{log:q}
        """


rule tiles:
    input:
        crops=rules.segment.output.crops,
    output:
        tiles="results/tiles/{shard}.arrow",
    log:
        "results/logs/tiles/{shard}.log",
    benchmark:
        "results/benchmarks/tiles/{shard}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        size=config["tiles"]["size"],
        code=code_digest("tiles"),
    message:
        "Bringing the organisms of {wildcards.shard} to squares of {params.size} pixels"
    shell:
        r"""
        python -m seston tiles \
            --crops {input.crops:q} \
            --size {params.size} \
            --threads {threads} \
            --tiles {output.tiles:q} \
            &>{log:q}
        """

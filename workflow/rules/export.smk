"""
What leaves for the tools of others: no part of `all`, made when it is asked for (`snakemake ecotaxa`).

REQUIRED INPUTS: results/tables/{images.parquet,samples.tsv}, crops of all shards; what tells the categories.
OUTPUTS: results/export/ecotaxa/{ecotaxa_<number>.zip,archives.tsv},
         results/export/atlas.parquet, results/export/boxes/{coco.json,yolo/,samples.tsv},
         results/export/{darwin_core.zip,darwin_core_left_out.tsv,shark.tsv}, and what follows below.
"""

from seston.export.found.asked import digest_of

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
        # Without `input`: Snakemake takes no param that follows from it for a reason to run again.
        labels_digest=lambda wildcards: (
            PLAN.labels_digest() if ECOTAXA["category"] == "label" else ""
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


ATLAS = config["export"]["atlas"]


rule atlas:
    input:
        images=rules.tables.output.images,
        crops=collect(rules.segment.output.crops, shard=SHARDS),
        predictions=rules.quantify.output.predictions if CLASSES else [],
        embeddings=(
            of_chosen(rules.embed.output.embeddings, shard=SHARDS)
            if ATLAS["neighbors"]
            else []
        ),
        index=rules.index.output if ATLAS["neighbors"] else [],
    output:
        atlas="results/export/atlas.parquet",
    log:
        "results/logs/atlas.log",
    benchmark:
        "results/benchmarks/atlas.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(3000),
        runtime=grow(240),
    params:
        segment_dir=folder("crops", up=2),
        shards=list(SHARDS),
        predictions=file_of("predictions", "--predictions"),
        embeddings_dir=option_of("embeddings", "--embeddings-dir", up=1),
        index_dir=option_of("index", "--index-dir", up=1),
        thumbnail_px=ATLAS["thumbnail_px"],
        neighbors=ATLAS["neighbors"],
        code=code_digest("export.atlas.stage"),
    message:
        "Packing all organisms with pictures into one table"
    shell:
        r"""
        python -m seston export-atlas \
            --images {input.images:q} \
            --segment-dir {params.segment_dir:q} \
            --shards {params.shards:q} \
            {params.predictions:q} \
            {params.embeddings_dir:q} \
            {params.index_dir:q} \
            --thumbnail-px {params.thumbnail_px} \
            --neighbors {params.neighbors} \
            --atlas {output.atlas:q} \
            &>{log:q}
        """


# Not by `input`: Snakemake takes no param that follows from it for a reason to run again.
TAXA = [name for name in [config["export"]["taxa"]] if name]


# The tables of taxa: whatever is missing for an export is told when it is asked for, before anything runs.
DARWIN_CORE = config["export"]["darwin_core"]


rule darwin_core:
    input:
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
        taxa=taxa_of("darwin_core"),
        names=rules.names.output.names if DARWIN_CORE["category"] == "name" else [],
        predictions=(
            rules.quantify.output.predictions
            if DARWIN_CORE["category"] == "prediction"
            else []
        ),
        frequencies=(
            rules.quantify.output.frequencies
            if DARWIN_CORE["category"] == "prediction"
            else []
        ),
        labels=ancient(PLAN.labels_file if DARWIN_CORE["category"] == "label" else []),
    output:
        archive="results/export/darwin_core.zip",
        left_out="results/export/darwin_core_left_out.tsv",
    log:
        "results/logs/darwin_core.log",
    benchmark:
        "results/benchmarks/darwin_core.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        taxa_digest=lambda wildcards: digest_of(TAXA),
        names=file_of("names", "--names"),
        predictions=file_of("predictions", "--predictions"),
        frequencies=file_of("frequencies", "--frequencies"),
        labels=lambda wildcards, input: [f"--labels={name}" for name in input.labels],
        labels_digest=lambda wildcards: (
            PLAN.labels_digest() if DARWIN_CORE["category"] == "label" else ""
        ),
        category=DARWIN_CORE["category"],
        method=config["classify"]["quantify"],
        absences=share_option("darwin_core"),
        confidence=config["trends"]["confidence"],
        # Texts may hold braces, which are wildcards but in a function.
        dataset_id=lambda wildcards: DARWIN_CORE["dataset_id"],
        dataset_name=lambda wildcards: (
            DARWIN_CORE["dataset_name"] or config["report"]["title"]
        ),
        institution=lambda wildcards: DARWIN_CORE["institution"],
        licence=DARWIN_CORE["licence"],
        contact=lambda wildcards: DARWIN_CORE["contact"],
        email=lambda wildcards: DARWIN_CORE["email"],
        abstract=lambda wildcards: DARWIN_CORE["abstract"],
        published=as_it_is(DARWIN_CORE["published"]),
        code=code_digest("export.darwin_core.stage"),
    message:
        "Writing a Darwin Core archive"
    shell:
        r"""
        python -m seston export-darwin-core \
            --images {input.images:q} \
            --samples {input.samples:q} \
            --taxa {input.taxa:q} \
            {params.names:q} \
            {params.predictions:q} \
            {params.frequencies:q} \
            {params.labels:q} \
            --category {params.category} \
            --method {params.method} \
            {params.absences:q} \
            --confidence {params.confidence} \
            --dataset-id={params.dataset_id:q} \
            --dataset-name={params.dataset_name:q} \
            --institution={params.institution:q} \
            --licence={params.licence:q} \
            --contact={params.contact:q} \
            --email={params.email:q} \
            --abstract={params.abstract:q} \
            --published={params.published:q} \
            --archive {output.archive:q} \
            --left-out {output.left_out:q} \
            &>{log:q}
        """


MORPHOCLUSTER = config["export"]["morphocluster"]


rule morphocluster:
    input:
        images=rules.tables.output.images,
        names=rules.names.output.names,
        joins=of_chosen("results/{model}/tree/tree.tsv"),
        tree=of_chosen("results/{model}/tree/tree.json"),
        embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
        crops=collect(rules.segment.output.crops, shard=SHARDS),
    output:
        folder=directory("results/export/morphocluster"),
    log:
        "results/logs/morphocluster.log",
    benchmark:
        "results/benchmarks/morphocluster.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(240),
    params:
        embeddings_dir=folder("embeddings"),
        segment_dir=folder("crops", up=2),
        shards=list(SHARDS),
        hierarchy=MORPHOCLUSTER["hierarchy"],
        most=MORPHOCLUSTER["images"],
        seed=config["seed"],
        code=code_digest("export.morphocluster.stage"),
    message:
        "Packing organisms, features and clusters for MorphoCluster"
    shell:
        r"""
        python -m seston export-morphocluster \
            --images {input.images:q} \
            --names {input.names:q} \
            --joins {input.joins:q} \
            --tree {input.tree:q} \
            --embeddings-dir {params.embeddings_dir:q} \
            --segment-dir {params.segment_dir:q} \
            --shards {params.shards:q} \
            --hierarchy {params.hierarchy} \
            --most {params.most} \
            --seed {params.seed} \
            --folder {output.folder:q} \
            &>{log:q}
        """


# Only with a classifier, and of IFCBs: what is missing is told when it is asked for.
rule ifcb_scores:
    input:
        predictions=scored,
        judge=rules.judge.output.report,
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
    output:
        folder=directory("results/export/ifcb_scores"),
    log:
        "results/logs/ifcb_scores.log",
    benchmark:
        "results/benchmarks/ifcb_scores.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code_digest("export.ifcb_scores.stage"),
    message:
        "Writing class scores of all IFCB bins"
    shell:
        r"""
        python -m seston export-ifcb-scores \
            --predictions {input.predictions:q} \
            --judge {input.judge:q} \
            --images {input.images:q} \
            --samples {input.samples:q} \
            --folder {output.folder:q} \
            &>{log:q}
        """


SHARK = config["export"]["shark"]


rule shark:
    input:
        images=rules.tables.output.images,
        samples=rules.tables.output.samples,
        taxa=taxa_of("shark"),
        names=rules.names.output.names if SHARK["category"] == "name" else [],
        predictions=(
            rules.quantify.output.predictions
            if SHARK["category"] == "prediction"
            else []
        ),
        scores=rules.judge.output.classes if SHARK["category"] == "prediction" else [],
        labels=ancient(PLAN.labels_file if SHARK["category"] == "label" else []),
    output:
        table="results/export/shark.tsv",
    log:
        "results/logs/shark.log",
    benchmark:
        "results/benchmarks/shark.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        taxa=file_of("taxa", "--taxa"),
        taxa_digest=lambda wildcards: digest_of(TAXA),
        names=file_of("names", "--names"),
        predictions=file_of("predictions", "--predictions"),
        scores=file_of("scores", "--scores"),
        labels=lambda wildcards, input: [f"--labels={name}" for name in input.labels],
        labels_digest=lambda wildcards: (
            PLAN.labels_digest() if SHARK["category"] == "label" else ""
        ),
        category=SHARK["category"],
        absences=share_option("shark"),
        code=code_digest("export.shark.stage"),
    message:
        "Writing a flat table for SHARK"
    shell:
        r"""
        python -m seston export-shark \
            --images {input.images:q} \
            --samples {input.samples:q} \
            {params.taxa:q} \
            {params.names:q} \
            {params.predictions:q} \
            {params.scores:q} \
            {params.labels:q} \
            --category {params.category} \
            {params.absences:q} \
            --table {output.table:q} \
            &>{log:q}
        """


BOXES = config["export"]["boxes"]


rule boxes:
    input:
        images=rules.tables.output.images,
        sheet=ancient(config["samples"]),
        predictions=(
            rules.quantify.output.predictions
            if BOXES["category"] == "prediction"
            else []
        ),
    output:
        boxes=directory("results/export/boxes"),
    log:
        "results/logs/boxes.log",
    benchmark:
        "results/benchmarks/boxes.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        sheet=lambda wildcards: PLAN.sheet_digest(),
        predictions=file_of("predictions", "--predictions"),
        category=BOXES["category"],
        formats=BOXES["formats"],
        code=code_digest("export.boxes.stage"),
    message:
        "Writing the boxes of organisms in their pictures"
    shell:
        r"""
        python -m seston export-boxes \
            --images {input.images:q} \
            --sheet {input.sheet:q} \
            {params.predictions:q} \
            --category {params.category} \
            --formats {params.formats} \
            --boxes {output.boxes:q} \
            &>{log:q}
        """

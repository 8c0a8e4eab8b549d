"""
What a run made, with checksums, and all that it came from; `python -m seston verify results` holds it
against the files.

REQUIRED INPUTS: everything that the stages of this run make.
OUTPUTS: results/report/manifest.json; asked for (`snakemake crate`): results/ro-crate-metadata.json,
         results/ro-crate-preview.html, results/workflow/.
"""

# Of all models: what `all` asks for.
OF_MODELS = [
    "results/{model}/model.safetensors",
    "results/{model}/runtime",
    "results/{model}/evidence.tsv",
    "results/{model}/evidence_counts.tsv",
    "results/{model}/kmeans/centroids.npy",
    "results/{model}/kmeans/space.npz",
    "results/{model}/kmeans/kmeans.json",
    "results/{model}/tree/tree.tsv",
    "results/{model}/tree/coarse.tsv",
    "results/{model}/tree/tree.nwk",
    "results/{model}/tree/tree.json",
]


rule manifest:
    input:
        settings=rules.settings.output,
        segments=collect(rules.segment.output, shard=SHARDS),
        tiles=collect(rules.tiles.output, shard=SHARDS),
        asked=rules.embed_settings.output,
        models=collect(OF_MODELS, model=MODELS),
        history=rules.finetune.output.history if "finetuned" in MODELS else [],
        embeddings=collect(rules.embed.output, model=MODELS, shard=SHARDS),
        clusters=collect(rules.assign.output, model=MODELS, shard=SHARDS),
        choice=rules.choose.output,
        # Both models are tried with several numbers of clusters only for `k: auto`.
        sweep=(
            []
            if PLAN.frozen
            else (
                collect(rules.sweep.output, model=MODELS)
                if config["cluster"]["k"] == "auto"
                else of_chosen(rules.sweep.output)
            )
        ),
        map=rules.map.output,
        index=rules.index.output,
        examples=rules.examples.output,
        attention=rules.attention.output,
        names=rules.names.output,
        tables=rules.tables.output,
        trust=rules.trust.output,
        trends=rules.trends.output,
        recluster=rules.recluster.output if RECLUSTERED else [],
        changes=rules.changes.output,
        groups=rules.groups.output,
        community=rules.community.output,
        frozen=[*rules.adopt.output, *rules.drift.output] if PLAN.frozen else [],
        labelled=rules.labelled.output if CLASSES and not PLAN.classifier_file else [],
        classifier=(
            rules.classifier.output if CLASSES and not PLAN.classifier_file else []
        ),
        predictions=collect(rules.predict.output, shard=SHARDS) if CLASSES else [],
        classes=[*rules.judge.output, *rules.quantify.output] if CLASSES else [],
        report=rules.report.output,
        pages=[*rules.map_page.output, *rules.label_page.output, *SPRITES],
    output:
        manifest="results/report/manifest.json",
    log:
        "results/logs/manifest.log",
    benchmark:
        "results/benchmarks/manifest.tsv"
    conda:
        "../../envs/cpu.yaml"
    # Reading, not hashing, takes the time on most disks.
    threads: 4
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        results=folder("settings"),
        shards=list(SHARDS),
        models=MODELS,
        code=code_digest("provenance.stage"),
    message:
        "Writing down what this run made, with checksums"
    # Thousands of names do not fit into a command line; printf is of the shell itself.
    shell:
        r"""
        printf '%s\n' {input:q} | python -m seston manifest \
            --results {params.results:q} \
            --made /dev/stdin \
            --shards {params.shards:q} \
            --models {params.models:q} \
            --threads {threads} \
            --manifest {output.manifest:q} \
            &>{log:q}
        """


CRATE = config["export"]["crate"]


rule crate:
    input:
        manifest=rules.manifest.output.manifest,
        sheet=ancient(config["samples"]),
    output:
        metadata="results/ro-crate-metadata.json",
        page="results/ro-crate-preview.html",
        workflow=directory("results/workflow"),
    log:
        "results/logs/crate.log",
    benchmark:
        "results/benchmarks/crate.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        results=folder("manifest", up=2),
        sheet=lambda wildcards: PLAN.sheet_digest(),
        # Texts of people may hold braces, which are wildcards but in a function.
        title=lambda wildcards: config["report"]["title"],
        license=lambda wildcards: CRATE["licence"],
        agent=lambda wildcards: CRATE["agent"],
        agent_page=lambda wildcards: CRATE["agent_page"],
        code=code_digest("provenance.crate.stage"),
    message:
        "Describing the run as RO-Crate"
    shell:
        r"""
        python -m seston crate \
            --results {params.results:q} \
            --sheet {input.sheet:q} \
            --title={params.title:q} \
            --license={params.license:q} \
            --agent={params.agent:q} \
            --agent-page={params.agent_page:q} \
            --workflow {output.workflow:q} \
            --page {output.page:q} \
            --metadata-file {output.metadata:q} \
            &>{log:q}
        """

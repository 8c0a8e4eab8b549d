"""
How good the embeddings are, before and after training on the data itself; which model is used.

REQUIRED INPUTS: tiles, crops and embeddings of all shards, the models, the sample sheet, and the
         labels that the config names.
OUTPUTS: results/<model>/{evidence,evidence_counts}.tsv, results/{chosen_model.txt,verdict.json}.
"""


rule evaluate:
    input:
        sheet=ancient(config["samples"]),
        labels=ancient(PLAN.labels_file),
        crops=collect(rules.segment.output.crops, shard=SHARDS),
        tiles=collect(rules.tiles.output.tiles, shard=SHARDS),
        embeddings=collect(
            rules.embed.output.embeddings, shard=SHARDS, allow_missing=True
        ),
        model="results/{model}/model.safetensors",
    output:
        evidence=table(
            "results/{model}/evidence.tsv",
            "6 Model",
            "How good the embeddings are",
            model="{model}",
        ),
        counts="results/{model}/evidence_counts.tsv",
    log:
        "results/logs/{model}/evaluate.log",
    benchmark:
        "results/benchmarks/{model}/evaluate.tsv"
    conda:
        "../../envs/gpu.yaml"
    # Small matrices: more threads would wait for each other.
    threads: 1
    resources:
        mem_mb=grow(8000),
        runtime=grow(60),
        gpu=1,
    params:
        sheet=lambda wildcards: PLAN.sheet_digest(),
        labels=[f"--labels={name}" for name in PLAN.labels_file],
        labels_digest=lambda wildcards: PLAN.labels_digest(),
        tiles_dir=folder("tiles"),
        segment_dir=folder("crops", up=2),
        embeddings_dir=folder("embeddings"),
        shards=list(SHARDS),
        images=config["evaluate"]["images"],
        folds=config["evaluate"]["folds"],
        seed=config["seed"],
        code=code_digest("evaluate.stage"),
    message:
        "Measuring how good the {wildcards.model} embeddings are"
    shell:
        r"""
        python -m seston evaluate \
            --sheet {input.sheet:q} \
            {params.labels:q} \
            --segment-dir {params.segment_dir:q} \
            --tiles-dir {params.tiles_dir:q} \
            --embeddings-dir {params.embeddings_dir:q} \
            --shards {params.shards:q} \
            --model {input.model:q} \
            --images {params.images} \
            --folds {params.folds} \
            --seed {params.seed} \
            --threads {threads} \
            --evidence {output.evidence:q} \
            --counts {output.counts:q} \
            &>{log:q}
        """


# A checkpoint: what follows reads the files of the chosen model only, and where the choice stays as
# it was, clusters and map are not made again.
checkpoint choose:
    input:
        evidence=collect(rules.evaluate.output.evidence, model=MODELS),
        counts=collect(rules.evaluate.output.counts, model=MODELS),
        models=collect("results/{model}/model.safetensors", model=MODELS),
    output:
        chosen="results/chosen_model.txt",
        verdict="results/verdict.json",
    log:
        "results/logs/choose.log",
    benchmark:
        "results/benchmarks/choose.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(10),
    params:
        results_dir=folder("models", up=2),
        models=MODELS,
        asked=config["cluster"]["model"],
        criterion=config["evaluate"]["criterion"],
        seed=config["seed"],
        code=code_digest("evaluate.verdict"),
    message:
        "Choosing the model whose clusters are shown"
    shell:
        r"""
        python -m seston choose \
            --results-dir {params.results_dir:q} \
            --models {params.models:q} \
            --asked {params.asked} \
            --criterion {params.criterion} \
            --seed {params.seed} \
            --chosen {output.chosen:q} \
            --verdict {output.verdict:q} \
            &>{log:q}
        """

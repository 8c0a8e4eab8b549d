"""
The model before and after training on the data itself, and what each sees.

REQUIRED INPUTS: results/tiles/<shard>.arrow, and the weights the config names.
OUTPUTS: results/<model>/{model.safetensors,runtime/}, results/finetuned/history.tsv,
         results/<model>/embeddings/<shard>.arrow, results/attention.npz.
"""

# With cluster.frozen, the model is that of an earlier run: frozen.smk.
if not PLAN.frozen:

    rule backbone:
        input:
            weights=ancient(PLAN.weights_file),
        output:
            model="results/pretrained/model.safetensors",
        log:
            "results/logs/backbone.log",
        benchmark:
            "results/benchmarks/backbone.tsv"
        conda:
            "../../envs/gpu.yaml"
        threads: 1
        resources:
            mem_mb=grow(4000),
            runtime=grow(30),
        params:
            name=config["backbone"]["name"],
            weights=config["backbone"]["weights"],
            digest=lambda wildcards: PLAN.weights_digest(),
            feature=config["backbone"]["feature"],
            size=config["tiles"]["size"],
            seed=config["seed"],
            code=code_digest("models.weights"),
        message:
            "Loading the {params.weights} weights of {params.name}"
        shell:
            r"""
            python -m seston backbone \
                --name {params.name:q} \
                --weights {params.weights:q} \
                --feature {params.feature:q} \
                --size {params.size} \
                --seed {params.seed} \
                --threads {threads} \
                --model {output.model:q} \
                &>{log:q}
            """

    rule finetune:
        input:
            tiles=collect(rules.tiles.output.tiles, shard=SHARDS),
            backbone=rules.backbone.output.model,
        output:
            model="results/finetuned/model.safetensors",
            history=table(
                "results/finetuned/history.tsv", "6 Model", "Loss of the fine-tuning"
            ),
        log:
            "results/logs/finetune.log",
        benchmark:
            "results/benchmarks/finetune.tsv"
        conda:
            "../../envs/gpu.yaml"
        threads: 8
        resources:
            mem_mb=grow(16000),
            runtime=grow(720),
            gpu=1,
            # 1 copies the tiles to the node's own disk: --set-resources finetune:staged=1
            staged=0,
        params:
            tiles_dir=folder("tiles"),
            shards=list(SHARDS),
            # Not an output: Snakemake deletes the outputs of a job that failed.
            resume="results/resume/finetune.pt",
            method=config["finetune"]["method"],
            epochs=config["finetune"]["epochs"],
            max_images=config["finetune"]["max_images"],
            batch_size=config["finetune"]["batch_size"],
            accumulate=config["finetune"]["accumulate"],
            precision=config["finetune"]["precision"],
            learning_rate=config["finetune"]["learning_rate"],
            layer_decay=config["finetune"]["layer_decay"],
            weight_decay=config["finetune"]["weight_decay"],
            local_crops=config["finetune"]["local_crops"],
            projection=config["finetune"]["projection"],
            temperature=config["finetune"]["temperature"],
            optimiser=config["finetune"]["optimiser"],
            seed=config["seed"],
            code=code_digest("finetune"),
        message:
            "Training the model on the data itself ({params.method}, {params.epochs} epoch(s))"
        # In place of the shell, which a SIGTERM would end before the training has saved.
        shell:
            r"""
            exec python -m seston finetune \
                --tiles-dir {params.tiles_dir:q} \
                --shards {params.shards:q} \
                --backbone {input.backbone:q} \
                --method {params.method} \
                --epochs {params.epochs} \
                --max-images {params.max_images} \
                --batch-size {params.batch_size} \
                --accumulate {params.accumulate} \
                --precision {params.precision} \
                --learning-rate {params.learning_rate} \
                --layer-decay {params.layer_decay} \
                --weight-decay {params.weight_decay} \
                --local-crops {params.local_crops} \
                --projection {params.projection} \
                --temperature {params.temperature} \
                --optimiser {params.optimiser} \
                --seed {params.seed} \
                --threads {threads} \
                --processes {resources.gpu} \
                --staged={resources.staged} \
                --resume {params.resume:q} \
                --history {output.history:q} \
                --model {output.model:q} \
                &>{log:q}
            """


rule runtime:
    input:
        tiles=collect(rules.tiles.output.tiles, shard=SHARDS),
        model="results/{model}/model.safetensors",
    output:
        runtime=directory("results/{model}/runtime"),
    log:
        "results/logs/{model}/runtime.log",
    benchmark:
        "results/benchmarks/{model}/runtime.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 4
    resources:
        mem_mb=grow(8000),
        runtime=grow(30),
        gpu=1,
    params:
        tiles_dir=folder("tiles"),
        shards=list(SHARDS),
        batch_size=config["embed"]["batch_size"],
        precision=config["embed"]["precision"],
        engine=config["embed"]["engine"],
        seed=config["seed"],
        code=code_digest("runtime.choice"),
    message:
        "Finding out how the {wildcards.model} model is computed fastest here"
    shell:
        r"""
        python -m seston runtime \
            --tiles-dir {params.tiles_dir:q} \
            --shards {params.shards:q} \
            --model {input.model:q} \
            --batch-size {params.batch_size} \
            --precision {params.precision} \
            --engine {params.engine} \
            --seed {params.seed} \
            --threads {threads} \
            --runtime {output.runtime:q} \
            &>{log:q}
        """


# Snakemake does not look at the settings and the code of a job behind an `ancient` file that is made
# anew, so that what makes all embeddings anew is a file of its own.
rule embed_settings:
    output:
        asked="results/embed_settings.json",
    log:
        "results/logs/embed_settings.log",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        asked=json.dumps(config["embed"]),
        code=code_digest("embed"),
        exported_by=code_digest("runtime.export"),
    message:
        "Writing down how embeddings are asked for"
    shell:
        r"""
        printf '%s\n' {params.asked:q} >{output.asked:q} 2>{log:q}
        """


rule embed:
    input:
        asked=rules.embed_settings.output.asked,
        tiles=rules.tiles.output.tiles,
        model="results/{model}/model.safetensors",
        # A new sample makes the choice anew; embeddings that are there stay as good as they were.
        runtime=ancient("results/{model}/runtime"),
    output:
        embeddings="results/{model}/embeddings/{shard}.arrow",
    log:
        "results/logs/{model}/embed/{shard}.log",
    benchmark:
        "results/benchmarks/{model}/embed/{shard}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 4
    resources:
        mem_mb=grow(8000),
        runtime=grow(60),
        gpu=1,
    params:
        code=code_digest("embed"),
    message:
        "Embedding the organisms of {wildcards.shard} with the {wildcards.model} model"
    shell:
        r"""
        python -m seston embed \
            --tiles {input.tiles:q} \
            --model {input.model:q} \
            --runtime {input.runtime:q} \
            --threads {threads} \
            --embeddings {output.embeddings:q} \
            &>{log:q}
        """


rule attention:
    input:
        crops=collect(rules.segment.output.crops, shard=SHARDS),
        tiles=collect(rules.tiles.output.tiles, shard=SHARDS),
        models=collect("results/{model}/model.safetensors", model=MODELS),
        examples="results/examples.parquet",
    output:
        attention="results/attention.npz",
    log:
        "results/logs/attention.log",
    benchmark:
        "results/benchmarks/attention.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(8000),
        runtime=grow(30),
        gpu=1,
    params:
        segment_dir=folder("crops", up=2),
        tiles_dir=folder("tiles"),
        shards=list(SHARDS),
        # One option for each model there is.
        models=[f"--{model}=results/{model}/model.safetensors" for model in MODELS],
        images=config["attention"]["images"],
        ids=[f"--ids={one}" for one in config["attention"]["ids"]],
        seed=config["seed"],
        code=code_digest("attention"),
    message:
        "Drawing what the model attends to"
    shell:
        r"""
        python -m seston attention \
            --segment-dir {params.segment_dir:q} \
            --tiles-dir {params.tiles_dir:q} \
            --shards {params.shards:q} \
            {params.models:q} \
            --examples {input.examples:q} \
            --images {params.images} \
            {params.ids:q} \
            --seed {params.seed} \
            --threads {threads} \
            --attention {output.attention:q} \
            &>{log:q}
        """

"""
How right each way to learn is with few and with many labels: `snakemake label_efficiency`, not in `all`.

REQUIRED INPUTS: labels and their splits, tiles of all shards, the chosen model and its embeddings.
OUTPUTS: results/efficiency/<variant>/<fraction>/<seed>.{parquet,json}, results/tables/{label_efficiency,
         label_efficiency_ratio}.tsv, results/label_efficiency/{figures,data}/.
"""

EFFICIENCY = config["classify"]["efficiency"]
FRACTIONS = [f"{fraction:g}" for fraction in EFFICIENCY["fractions"]]


wildcard_constraints:
    variant="[a-z_]+",
    fraction=r"[0-9.e-]+",
    split="[0-9]+",


rule efficiency:
    input:
        labelled=rules.labelled.output.labelled,
        tiles=collect(rules.tiles.output.tiles, shard=SHARDS),
        crops=collect(rules.segment.output.crops, shard=SHARDS),
        embeddings=of_chosen(rules.embed.output.embeddings, shard=SHARDS),
        model=of_chosen("results/{model}/model.safetensors"),
    output:
        logits="results/efficiency/{variant}/{fraction}/{split}.parquet",
        record="results/efficiency/{variant}/{fraction}/{split}.json",
    log:
        "results/logs/efficiency/{variant}/{fraction}/{split}.log",
    benchmark:
        "results/benchmarks/efficiency/{variant}/{fraction}/{split}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: 2
    resources:
        mem_mb=grow(8000),
        runtime=grow(240),
        gpu=1,
    params:
        tiles_dir=folder("tiles"),
        segment_dir=folder("crops", up=2),
        embeddings_dir=folder("embeddings"),
        shards=list(SHARDS),
        most_steps=EFFICIENCY["steps"],
        noise=[f"--noise={name}" for name in EFFICIENCY["noise"]],
        code=code_digest("classify.efficiency"),
    message:
        "Learning from {wildcards.fraction} of the labels: {wildcards.variant}, split {wildcards.split}"
    shell:
        r"""
        python -m seston efficiency \
            --labelled {input.labelled:q} \
            --tiles-dir {params.tiles_dir:q} \
            --segment-dir {params.segment_dir:q} \
            --embeddings-dir {params.embeddings_dir:q} \
            --shards {params.shards:q} \
            --model {input.model:q} \
            --variant {wildcards.variant} \
            --fraction {wildcards.fraction} \
            --seed {wildcards.split} \
            --most-steps {params.most_steps} \
            {params.noise:q} \
            --threads {threads} \
            --logits {output.logits:q} \
            --record {output.record:q} \
            &>{log:q}
        """


rule efficiency_table:
    input:
        labelled=rules.labelled.output.labelled,
        answers=collect(
            rules.efficiency.output,
            variant=EFFICIENCY["variants"],
            fraction=FRACTIONS,
            split=range(EFFICIENCY["seeds"]),
        ),
    output:
        table=table(
            "results/tables/label_efficiency.tsv",
            "8 Classes from labels",
            "How right with how many labels",
        ),
        ratio=table(
            "results/tables/label_efficiency_ratio.tsv",
            "8 Classes from labels",
            "How many labels each way to learn saves",
        ),
    log:
        "results/logs/efficiency_table.log",
    benchmark:
        "results/benchmarks/efficiency_table.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(60),
    params:
        efficiency_dir=folder("answers", up=3),
        variants=EFFICIENCY["variants"],
        fractions=FRACTIONS,
        seeds=EFFICIENCY["seeds"],
        noise=[f"--noise={name}" for name in EFFICIENCY["noise"]],
        seed=config["seed"],
        code=code_digest("classify.efficiency_table"),
    message:
        "Comparing the ways to learn from few labels"
    shell:
        r"""
        python -m seston efficiency-table \
            --labelled {input.labelled:q} \
            --efficiency-dir {params.efficiency_dir:q} \
            --variants {params.variants:q} \
            --fractions {params.fractions:q} \
            --seeds {params.seeds} \
            {params.noise:q} \
            --seed {params.seed} \
            --table {output.table:q} \
            --ratio {output.ratio:q} \
            &>{log:q}
        """


rule efficiency_figures:
    input:
        table=rules.efficiency_table.output.table,
        ratio=rules.efficiency_table.output.ratio,
    output:
        figures=report(directory("results/label_efficiency/figures"), **FIGURE_SHOWN),
        data=directory("results/label_efficiency/data"),
    log:
        "results/logs/efficiency_figures.log",
    benchmark:
        "results/benchmarks/efficiency_figures.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_digest("report.figures.efficiency_stage"),
    message:
        "Drawing how many labels each way to learn needs"
    shell:
        r"""
        python -m seston efficiency-figures \
            --table {input.table:q} \
            --ratio {input.ratio:q} \
            --figures {output.figures:q} \
            --data {output.data:q} \
            &>{log:q}
        """


rule label_efficiency:
    input:
        rules.efficiency_table.output,
        rules.efficiency_figures.output,
    localrule: True

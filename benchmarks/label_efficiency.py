"""How many labels each way to learn needs, on the labelled images of a lake (experiment E1).

    python benchmarks/label_efficiency.py zoolake-2018 WORK [--variants linear lp_ft …]
        [--fractions 0.01 0.1 1] [--seeds 3] [--steps 1000]

`zoolake-2018` has a folder of images for each day and `labels.csv` (image, label). Days are never
parted between training, validation and test. The backbone is the bundled one: it was made with
images of this lake up to August, but no label. What stands in WORK already is used again, so that
more variants, fractions or seeds can be added. Printed: recall (macro and micro, raw and
corrected), mean and range over the splits; and labels that training from scratch needs for the
same, with intervals over days and splits.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from finetune import cut

from seston.classify.efficiency import efficiency
from seston.classify.efficiency_table import efficiency_table
from seston.classify.embedded import positions_of
from seston.classify.measured import AUTO, gains, measured_of
from seston.cluster.shards import EmbeddingShards
from seston.embed import embed
from seston.labels.manifest import Labelled
from seston.labels.stage import labelled
from seston.models.weights import backbone
from seston.runtime.choice import runtime
from seston.threads import limit_threads
from seston.tiles import tiles

SHARDS = ["seen", "unseen"]
VARIANTS = [
    "linear",
    "linear_measured",
    "linear_refitted",
    "lp_ft",
    "supervised_sgd",
    "supervised_adamw",
]
LAST_SUMMER_DAY = "2018-09-01"


def prepare(source: Path, work: Path, seeds: int, few: int = 5) -> Path:
    """Make crops, tiles, embeddings by the bundled model, and the manifest; return the manifest."""
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "segment" / "unseen" / "effort.parquet").is_file():
        cut(source, work, LAST_SUMMER_DAY)
    model = work / "model.safetensors"
    if not model.is_file():
        backbone(name="vit_small3_patch8_64", weights="bundled", size=64, seed=1, model=model)
    for shard in SHARDS:
        tile = work / "tiles" / f"{shard}.arrow"
        if not tile.is_file():
            tiles(crops=work / "segment" / shard / "crops.parquet", tiles=tile, size=64)
    if not (work / "runtime").is_dir():
        runtime(model=model, runtime=work / "runtime", tiles_dir=work / "tiles", shards=SHARDS)
    for shard in SHARDS:
        rows = work / "embeddings" / f"{shard}.arrow"
        if not rows.is_file():
            embed(
                tiles=work / "tiles" / f"{shard}.arrow",
                model=model,
                runtime=work / "runtime",
                embeddings=rows,
            )
    manifest = work / f"labelled-{seeds}-{few}.parquet"
    if not manifest.is_file():
        labelled(
            segment_dir=work / "segment",
            shards=SHARDS,
            sheet=work / "samples.tsv",
            use="file",
            merge="{}",
            few=few,
            annotators="votes",
            split_by="day",
            folds=5,
            seeds=seeds,
            test=0.25,
            validation=0.15,
            seed=1,
            manifest=manifest,
            summary=manifest.with_suffix(".json"),
            left_out=manifest.with_suffix(".tsv"),
            labels=(work / "labels.tsv",),
        )
    return manifest


def embedded(work: Path, organisms: Labelled) -> npt.NDArray[np.float32]:
    """Return the embeddings (n, D) of the labelled organisms."""
    embeddings = EmbeddingShards(work / "embeddings", SHARDS)
    return embeddings.take(positions_of(organisms.ids, embeddings, work))


def with_measurements(
    work: Path, organisms: Labelled
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Return embeddings and measurements (n, D + C), and what heads multiply these by (D + C,)."""
    embeddings = EmbeddingShards(work / "embeddings", SHARDS)
    positions = positions_of(organisms.ids, embeddings, work)
    measured, values = measured_of([AUTO], embeddings, work / "segment", positions)
    return measured.beside(embeddings.take(positions), values), gains(embeddings.dim, measured)


def main() -> None:
    """Train what is not there yet, and print the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--variants", nargs="+", default=VARIANTS)
    parser.add_argument("--fractions", nargs="+", default=["0.01", "0.1", "1"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1000)
    given = parser.parse_args()
    limit_threads(1)
    manifest = prepare(given.source, given.work, given.seeds)
    answers = given.work / f"efficiency-{given.seeds}-{given.steps}"
    for variant in given.variants:
        for fraction in given.fractions:
            for seed in range(given.seeds):
                logits = answers / variant / fraction / f"{seed}.parquet"
                if logits.with_suffix(".json").is_file():
                    continue
                efficiency(
                    labelled=manifest,
                    tiles_dir=given.work / "tiles",
                    embeddings_dir=given.work / "embeddings",
                    shards=SHARDS,
                    segment_dir=given.work / "segment",
                    model=given.work / "model.safetensors",
                    variant=variant,
                    fraction=float(fraction),
                    seed=seed,
                    most_steps=given.steps,
                    logits=logits,
                    record=logits.with_suffix(".json"),
                )
    table, ratio = given.work / "label_efficiency.tsv", given.work / "label_efficiency_ratio.tsv"
    efficiency_table(
        labelled=manifest,
        efficiency_dir=answers,
        variants=given.variants,
        fractions=given.fractions,
        seeds=given.seeds,
        seed=1,
        table=table,
        ratio=ratio,
    )
    show(table, ratio)


def show(table: Path, ratio: Path) -> None:
    """Print both tables: one line per variant and fraction, then one per ratio."""
    rows = pd.read_csv(table, sep="\t", keep_default_na=False)
    for (variant, fraction), part in rows.groupby(["variant", "fraction"], sort=False):
        raw, fixed = part[part["correction"] == "none"], part[part["correction"] == "multiclass"]
        told = [
            f"{name} {of[column].mean():.3f} ({of[column].min():.3f} to {of[column].max():.3f})"
            for name, of, column in (
                ("macro", raw, "macro"),
                ("micro", raw, "micro"),
                ("macro corrected", fixed, "macro"),
                ("micro corrected", fixed, "micro"),
            )
        ]
        figures = (
            f"NLL {fixed['nll'].mean():.3f}  class-wise ECE {fixed['classwise_ece'].mean():.4f}"
            f"  steps {raw['steps'].mean():.0f}  {raw['seconds'].mean():.0f} s"
        )
        labels = f"{part['labels'].mean():.0f} + {part['validation'].mean():.0f}"
        print(f"{variant:20} {fraction:<6g} {labels:>12} labels  {'  '.join(told)}  {figures}")
    print("labels needed from scratch, over one's own:")
    for row in pd.read_csv(ratio, sep="\t", keep_default_na=False).to_dict("records"):
        low, high = row["low"] or "?", row["high"] or "more"
        print(
            f"  {row['measure']:16} {row['variant']:16} against {row['against']:18}"
            f" at {row['fraction']:<6g} {row['ratio']} ({low} to {high}) {row['note']}"
        )


if __name__ == "__main__":
    main()

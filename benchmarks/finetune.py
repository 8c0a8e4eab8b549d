"""What one epoch of training on the data itself does to a model, on labelled lake images.

    python benchmarks/finetune.py zoolake-2018 WORK --name N --weights W [--feature F] [--size S]
        [--seeds 1 2 3] [--until 2018-09-01] [--method dino] [--learning-rate 2e-5] …

`zoolake-2018` has a folder of images for each day and `labels.csv` (image, label). The model
learns on all images of the days before `--until`, without labels; it is measured on the later
days, which it never saw, and on those it did see, apart. Neighbours and training examples of
the probe come from other days than the organism's own. What stands in WORK already is used again.
Printed: before, after each seed, and mean and deviation over the seeds of the change.
"""

import argparse
import csv
import re
import time
from pathlib import Path

import numpy as np
from evidence import read

from seston.embed import embed
from seston.evaluate.labelled import across_units, by_clusters
from seston.finetune import finetune
from seston.labels.table import read_labels
from seston.models.weights import backbone
from seston.runtime.choice import runtime
from seston.segment import segment
from seston.threads import limit_threads
from seston.tiles import tiles

MEASURES = ("knn_5", "knn_20", "linear_probe", "nmi", "ami")


def cut(source: Path, work: Path, until: str) -> None:
    """Write sheet, labels, crops of the days before and after."""
    days = sorted(path.name for path in (source / "images").iterdir())
    rows = [f"{day}\t{(source / 'images' / day).resolve()}\timages\t{day}" for day in days]
    head = "sample\tpath\tinstrument\tdatetime\n"
    (work / "samples.tsv").write_text(head + "\n".join(rows) + "\n")
    with (source / "labels.csv").open() as file:
        named: dict[str, set[str]] = {}
        for row in csv.DictReader(file):
            named.setdefault(row["image"], set()).add(row["label"])
    # An image with two names (there is one) says nothing.
    lines = "".join(f"{one}\t{min(given)}\n" for one, given in named.items() if len(given) == 1)
    (work / "labels.tsv").write_text("image_id\tlabel\n" + lines)
    for shard, chosen in (
        ("seen", [day for day in days if day < until]),
        ("unseen", [day for day in days if day >= until]),
    ):
        folder = work / "segment" / shard
        segment(
            sheet=work / "samples.tsv",
            samples=chosen,
            crops=folder / "crops.parquet",
            rejected=folder / "rejected.parquet",
            recorded=folder / "recorded.parquet",
            effort=folder / "effort.parquet",
            max_rejected=0.5,
        )


def measured(work: Path, name: str, model: Path, size: int) -> dict[tuple[str, str], float]:
    """Embed both parts with a model and return its figures by part and measure."""
    figures = {}
    labels = read_labels(work / "labels.tsv")
    for shard in ("unseen", "seen"):
        where = work / "embeddings" / name / f"{shard}.arrow"
        if not where.is_file():
            how = work / "runtime" / name
            shards = {"tiles_dir": work / f"tiles{size}", "shards": ["seen", "unseen"]}
            if not how.is_dir():
                runtime(model=model, runtime=how, **shards)
            tile = work / f"tiles{size}" / f"{shard}.arrow"
            embed(tiles=tile, model=model, runtime=how, embeddings=where)
        codes, drawn = read(where, labels, re.compile(""))
        rows, _ = across_units(codes, drawn, 5, 1)
        for row in [*rows, *by_clusters(codes, drawn, 1)]:
            figures[shard, row.measure] = row.value
        told = "  ".join(f"{m} {figures[shard, m]:.3f}" for m in MEASURES)
        print(f"{name:24} {shard:7} {told}", flush=True)
    return figures


def main() -> None:
    """Train with each seed and print what it changed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--feature", default="auto")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--until", default="2018-09-01")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--method", default="dino")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--max-images", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--layer-decay", type=float, default=1.0)
    parser.add_argument("--local-crops", type=int, default=4)
    parser.add_argument("--head", default="anchored")
    given = parser.parse_args()
    limit_threads(1)
    work, size = given.work / given.until, given.size
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "segment").is_dir():
        cut(given.source, work, given.until)
    for shard in ("seen", "unseen"):
        tile = work / f"tiles{size}" / f"{shard}.arrow"
        if not tile.is_file():
            tiles(crops=work / "segment" / shard / "crops.parquet", tiles=tile, size=size)
    label = f"{given.name.partition('.')[0]}-{Path(given.weights).stem}-{given.feature}-{size}"
    start = work / "models" / f"{label}.safetensors"
    if not start.is_file():
        backbone(
            name=given.name,
            weights=given.weights,
            feature=given.feature,
            size=size,
            seed=1,
            model=start,
        )
    before = measured(work, label, start, size)
    changes = []
    training = {
        key: getattr(given, key)
        for key in (
            "method", "epochs", "max_images", "batch_size", "learning_rate", "layer_decay",
            "local_crops", "head",
        )
    }  # fmt: skip
    for seed in given.seeds:
        tried = "-".join(f"{value}" for value in training.values())
        name = f"{label}-{tried}-{seed}"
        model = work / "models" / f"{name}.safetensors"
        if not model.is_file():
            began = time.process_time()
            finetune(
                tiles_dir=work / f"tiles{size}",
                shards=["seen"],
                backbone=start,
                model=model,
                history=work / "models" / f"{name}.tsv",
                resume=work / "models" / f"{name}.pt",
                weight_decay=0.04,
                seed=seed,
                **training,
            )
            print(f"{name}: {time.process_time() - began:.0f} CPU-s")
        after = measured(work, name, model, size)
        changes.append({key: after[key] - before[key] for key in before})
    if not changes:
        return
    print(f"change over {len(changes)} seeds ({training}), mean and standard deviation:")
    for shard in ("unseen", "seen"):
        for measure in MEASURES:
            values = np.array([change[shard, measure] for change in changes])
            spread = values.std(ddof=1) if len(values) > 1 else float("nan")
            line = f"{before[shard, measure]:.3f} {values.mean():+.3f} ± {spread:.3f}"
            print(f"  {shard:7} {measure:13} {line}")


if __name__ == "__main__":
    main()

"""How often clusters that one odd day made are found, and others are suspected.

    python benchmarks/confounding.py synthetic
    python benchmarks/confounding.py real TILES EMBEDDINGS SEGMENT MODEL RUNTIME CACHE

`synthetic` draws types with seasons and patchy samples; in half of the sets one type blooms on a
single day and is nine tenths of it. `real` takes images of a camera with the workflow's files
(folders of tiles, embeddings and cut shards, the model and its runtime): the tiles of one day,
drawn by the seed, are brightened by so many grey levels and embedded again (kept in CACHE).

Each set is clustered as it is (clean) and with a planted day. Printed per set-up, over seeds:

    own      sets in which k-means gives the planted day clusters of its own (it holds half or more)
    one_day  of these clusters, those flagged one_day or one_sample
    split    of these clusters, those flagged split_by_day or split_by_sample
    odd      sets in which the planted day is told as odd: light, focus, displaced or alone
    false    other clusters flagged split_…, brightness or blur, of all
    lives    other clusters flagged one_day or one_sample (true blooms in every other synthetic set)
    oddfalse other days told as odd, of all
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston import store
from seston.arrays import ArrayFile, ArrayWriter
from seston.cluster.points import Points
from seston.cluster.shards import EmbeddingShards
from seston.cluster.space import embeddings_alone
from seston.cluster.train import train
from seston.embed import open_engine
from seston.runtime.engine import Stream
from seston.runtime.record import read_runtime
from seston.trust.artefacts import cases, find_artefacts
from seston.trust.circumstances import circumstances_of
from seston.trust.flags import DISPLACED, flags_of

SUSPICIOUS = {"split_by_day", "split_by_sample", "brightness", "blur"}
SPLIT = {"split_by_day", "split_by_sample"}
LIVES = {"one_day", "one_sample"}


@dataclass
class Set:
    """Images with their circumstances; each of length n."""

    rows: npt.NDArray[np.float32]
    sample: npt.NDArray[np.str_]
    day: npt.NDArray[np.str_]
    grey: npt.NDArray[np.float64]
    focus: npt.NDArray[np.float64]


@dataclass
class Outcome:
    """What was said of one set."""

    own: int = 0
    found: int = 0
    told: int = 0
    odd: bool = False
    false: int = 0
    clusters: int = 0
    false_odd: int = 0
    days: int = 0
    lives: int = 0


def judge(given: Set, planted: str, k: int, seed: int) -> Outcome:
    """Cluster a set, look for artefacts, and compare with the truth."""
    with TemporaryDirectory() as folder:
        ids = [f"{sample}/{i:06d}" for i, sample in enumerate(given.sample)]
        order = np.argsort(ids)
        name = Path(folder) / "all.arrow"
        with ArrayWriter(
            name, "embeddings", "embedding", given.rows.shape[1:], np.float16, "benchmark"
        ) as writer:
            writer.write([ids[i] for i in order], given.rows[order].astype(np.float16))
        shards = EmbeddingShards(Path(folder), ["all"])
        points = Points(shards, embeddings_alone(shards.dim))
        rows = points.take(points.order)
        centroids, _ = train(rows, k, 25, False, seed)
        index = faiss.IndexFlatL2(points.dim)
        index.add(centroids)
        cluster = index.search(rows, 1)[1][:, 0]
        day = given.day[order]
        table = pa.table(
            {
                "sample": given.sample[order],
                "group": [""] * len(day),
                "instrument": ["camera"] * len(day),
                "datetime": pa.array(day.astype("datetime64[us]")),
                "mean_grey": given.grey[order],
                "focus": given.focus[order],
            }
        )
        measured = {"brightness": given.grey[order], "blur": np.log(given.focus[order])}
        around = circumstances_of(table)
        found = find_artefacts(points, cluster, k, around, measured, seed)
    held = [set(flags_of(case)) for case in cases(found)]
    out = Outcome(clusters=k, days=len(around["day"].names))
    days = np.array(around["day"].names)
    counts = found.lives["day"].counts
    mine = days == planted
    own = counts[:, mine].sum(axis=1) * 2 >= np.maximum(counts.sum(axis=1), 1)
    if not planted:
        own[:] = False
    out.own = int(own.sum())
    for flagged, mine_own in zip(held, own, strict=True):
        if mine_own:
            out.found += bool(flagged & SPLIT)
            out.told += bool(flagged & LIVES)
        else:
            out.false += bool(flagged & SUSPICIOUS)
            out.lives += bool(flagged & LIVES)
    odd = np.any([light.odd for light in found.lights["day"].values()], axis=0)
    odd |= (found.gains["day"] >= DISPLACED) | found.alone["day"]
    out.odd, out.false_odd = bool(odd[mine].any()), int(odd[~mine].sum())
    return out


def synthetic(seed: int, planted: bool, strength: float) -> tuple[Set, str]:
    """Draw 25 types on 40 days of 3 samples; return the images and the planted day, if any.

    Within types images scatter along few directions (as by size and posture) more than
    along others; days and samples scatter in light as a real lake's (4 grey levels).
    """
    rng = np.random.default_rng([seed, 1])
    types, dim, days, samples = 25, 64, 40, 3
    centres = rng.normal(0, 1, (types, dim))
    shape = rng.normal(0, 0.45, (types, dim, dim // 8))
    season, width = rng.uniform(-5, days + 5, types), rng.uniform(2, 10, types)
    height = rng.choice([0.0, 5.0], types)
    gauss = np.exp(-(((np.arange(days)[:, None] - season) / width) ** 2) / 2)
    level = rng.normal(0, 1, types) + height * (gauss - 0.5) + rng.normal(0, 0.4, (days, types))
    bloom = int(rng.integers(days)) if seed % 2 else -1
    if bloom >= 0:  # the last type: on that day only, nine tenths of it
        level[:, -1] = -np.inf
        level[bloom, -1] = np.log(9 * np.exp(level[bloom, :-1]).sum())
    odd = int(rng.choice([day for day in range(days) if day != bloom]))
    step = rng.normal(size=dim)
    step *= strength * np.sqrt(0.45**2 * dim * dim / 8 + 0.3**2 * dim) / np.linalg.norm(step)
    light = rng.normal(95, 12, types)
    sharp = rng.normal(4, 0.5, types)
    names = np.datetime_as_string(np.datetime64("2024-03-01") + np.arange(days))
    parts: list[tuple] = []
    for day in range(days):
        shift, dim_light = rng.normal(0, 0.06, dim), rng.normal(0, 4)
        blur = rng.normal(0, 0.1)
        for sample in range(samples):
            share = np.exp(level[day] + rng.normal(0, 0.4, types))
            n = int(rng.negative_binomial(3, 3 / 63)) + 5
            kind = rng.choice(types, n, p=share / share.sum())
            posture = rng.normal(size=(n, dim // 8))
            rows = centres[kind] + np.einsum("nde,ne->nd", shape[kind], posture) + shift
            rows += rng.normal(0, 0.3, rows.shape)
            grey = light[kind] + dim_light + rng.normal(0, 13, n)
            if planted and day == odd:
                rows, grey = rows + step, np.minimum(grey + 30, 255)
            focus = np.exp(sharp[kind] + blur + rng.normal(0, 0.6, n))
            label = np.full(n, f"{names[day]}-{sample}")
            parts.append((rows.astype(np.float32), label, np.full(n, names[day]), grey, focus))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Set(*columns), str(names[odd]) if planted else ""


def brightened(tiles: Path, model: Path, runtime: Path, by: int, cache: Path) -> None:
    """Embed all tiles of a folder, lighter by so many grey levels."""
    chosen = read_runtime(runtime, model)
    for file in sorted(tiles.glob("*.arrow")):
        out = cache / f"by{by}" / file.name
        if out.exists():
            continue
        source = ArrayFile(file, "tiles")
        engine, _ = open_engine(chosen, runtime, model, 1)
        lighter = (np.minimum(tile, 255 - by) + np.uint8(by) for tile in source.blocks())
        ids = source.ids.to_pylist()
        made = f"lighter by {by}"
        with ArrayWriter(out, "embeddings", "embedding", (chosen.dim,), np.float16, made) as writer:
            for rows in Stream(engine, lighter):
                writer.write(ids[writer.rows : writer.rows + len(rows)], rows)


def lake(embeddings: Path, segment: Path) -> tuple[Set, npt.NDArray[np.str_]]:
    """Return the images of all shards of a folder, whose samples are days, and their ids."""
    shards = sorted(path.stem for path in embeddings.glob("*.arrow"))
    files = EmbeddingShards(embeddings, shards)
    columns = ["image_id", "sample", "mean_grey", "focus"]
    crops = [
        store.read_table(segment / name / "crops.parquet", "crops", columns) for name in shards
    ]
    table = pa.concat_tables([part.replace_schema_metadata() for part in crops])
    table = table.sort_by("image_id")
    if table["image_id"].to_pylist() != files.ids.to_pylist():
        raise SystemExit(f"{embeddings} and {segment} do not hold the same images")
    day = np.array(table["sample"].to_pylist())
    grey, focus = (table[name].to_numpy().astype(np.float64) for name in ("mean_grey", "focus"))
    return Set(files.take(files.order), day, day, grey, focus), np.array(files.ids.to_pylist())


def sets(given: argparse.Namespace) -> Iterator[tuple[str, int, Set, str, int]]:
    """Yield set-up, seed, images, planted day ("" for a clean set) and k."""
    seeds = range(given.seeds)
    if given.what == "synthetic":
        for strength in given.strength:
            for seed in seeds:
                name = f"planted {strength:g}" if strength else "clean"
                yield name, seed, *synthetic(seed, strength > 0, strength), given.k
        return
    whole, _ = lake(given.embeddings, given.segment)
    for seed in seeds:
        yield "clean", seed, whole, "", given.k
    names, images = np.unique(whole.day, return_counts=True)
    for by in given.by:
        brightened(given.tiles, given.model, given.runtime, by, given.cache)
        light, _ = lake(given.cache / f"by{by}", given.segment)
        for seed in seeds:
            day = str(np.random.default_rng([seed, 5]).choice(names[images >= given.least]))
            mine = whole.day == day
            rows = np.where(mine[:, None], light.rows, whole.rows)
            grey = np.where(mine, np.minimum(whole.grey + by, 255), whole.grey)
            yield (
                f"+{by}",
                seed,
                Set(rows, whole.sample, whole.day, grey, whole.focus),
                day,
                given.k,
            )


def main() -> None:
    """Print one line per set-up."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    modes = parser.add_subparsers(dest="what", required=True)
    drawn, real = modes.add_parser("synthetic"), modes.add_parser("real")
    drawn.add_argument("--strength", type=float, nargs="+", default=[0, 1, 1.5, 2, 3])
    for name in ("tiles", "embeddings", "segment", "model", "runtime", "cache"):
        real.add_argument(name, type=Path)
    real.add_argument("--by", type=int, nargs="+", default=[30, 60, 100])
    real.add_argument("--least", type=int, default=60, help="images of a day that may be planted")
    for mode in (drawn, real):
        mode.add_argument("--seeds", type=int, default=20)
        mode.add_argument("--k", type=int, default=40)
        mode.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    pa.set_cpu_count(1)
    faiss.omp_set_num_threads(1)
    outcomes: dict[str, list[Outcome]] = {}
    for name, seed, images, day, k in sets(given):
        outcomes.setdefault(name, []).append(judge(images, day, k, seed))
        if given.verbose:
            print(name, seed, day, outcomes[name][-1], flush=True)
    print("set-up        sets  own one_day   split  odd    false    lives  oddfalse")
    for name, all_ in outcomes.items():
        own = sum(it.own for it in all_)
        clusters, days = (sum(getattr(it, what) for it in all_) for what in ("clusters", "days"))
        print(
            f"{name:12} {len(all_):5} {sum(it.own > 0 for it in all_):4}"
            f" {sum(it.told for it in all_):3}/{own:<3} {sum(it.found for it in all_):3}/{own:<3}"
            f" {sum(it.odd for it in all_):4} {sum(it.false for it in all_):3}/{clusters:<5}"
            f" {sum(it.lives for it in all_):3}/{clusters:<5}"
            f" {sum(it.false_odd for it in all_):3}/{days}"
        )


if __name__ == "__main__":
    main()

"""The files of a whole run with as many organisms as asked for, as the map takes them.

Bags and a fjord over 23 days; types by Zipf's law, drawn out on the map like those of UMAP; sizes
by type; rejected images leave gaps in the numbers. The pictures are those of the example.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from seston import store
from seston.arrays import ArrayWriter
from seston.schemas import IMAGES
from seston.tiles import make_tile

CLUSTERING = "c" * 64
TYPES, ISLANDS, NOISE = 150, 24, 0.2
GROUPS = ["fjord", *(f"bag {bag}" for bag in range(1, 8))]
EXAMPLE = Path(__file__).parents[2] / "example" / "lake"
POOL = 1500  # pictures of the example that stand for all others


class Run(NamedTuple):
    """The arguments of the map that are files."""

    images: Path
    kmeans: Path
    tiles_dir: Path
    shards: list[str]


def write_run(folder: Path, organisms: int, clusters: int, tile: int) -> Run:
    """Write table, clustering and tiles below `folder`."""
    rng = np.random.default_rng(0)
    images = _images(rng, organisms, clusters)
    run = Run(folder / "images.parquet", folder / "kmeans.json", folder / "tiles", [])
    run.kmeans.write_text(json.dumps({"fingerprint": CLUSTERING, "k": clusters}))
    table = pa.Table.from_pandas(images, preserve_index=False)
    missing = [name for name in IMAGES.names if name not in table.column_names]
    for name in missing:
        table = table.append_column(name, pa.nulls(len(table), IMAGES.field(name).type))
    store.write_table(table, run.images, IMAGES, "images", "s" * 64, clusters=CLUSTERING)
    pool = _pool(tile)
    for day, rows in images.groupby(images["datetime"].dt.date):
        run.shards.append(str(day))
        path = run.tiles_dir / f"{day}.arrow"
        with ArrayWriter(path, "tiles", "tile", pool.shape[1:], np.uint8, "t" * 64) as writer:
            ids = rows["image_id"].tolist()
            for start in range(0, len(ids), 4096):
                part = ids[start : start + 4096]
                writer.write(part, pool[rng.integers(len(pool), size=len(part))])
    return run


def _images(rng: np.random.Generator, organisms: int, clusters: int) -> pd.DataFrame:
    samples = pd.DataFrame(list(_samples()))
    share = rng.lognormal(0, 0.4, len(samples))
    of = np.sort(rng.choice(len(samples), organisms, p=share / share.sum()))
    kind = rng.choice(TYPES, organisms, p=_zipf(TYPES))
    x, y = _places(rng, kind)
    first = np.searchsorted(of, of)
    number = np.cumsum(1 + rng.geometric(0.9, organisms)) - 1  # those rejected are left out
    number -= number[first] - 1
    size = rng.uniform(1, 4.5, TYPES)[kind] + 0.3 * rng.normal(size=organisms)
    columns: dict[str, Any] = {
        name: samples[name].to_numpy()[of] for name in ("sample", "site", "group", "datetime")
    }
    columns["image_id"] = columns["sample"] + pd.Series(number).map("/{}".format).to_numpy()
    columns["esd_um"] = np.exp(size)
    columns["solidity"] = np.clip(1 - rng.gamma(2, rng.uniform(0.01, 0.1, TYPES)[kind]), 0.2, 1)
    columns["mean_grey"] = np.clip(
        rng.uniform(60, 200, TYPES)[kind] + rng.normal(0, 15, organisms), 0, 255
    )
    columns["focus"] = np.exp(rng.uniform(3, 7, TYPES)[kind] + 0.6 * rng.normal(size=organisms))
    columns["distance_percentile"] = rng.uniform(0, 100, organisms)
    columns["cluster"] = kind * clusters // TYPES if clusters <= TYPES else kind
    columns["coarse"] = columns["cluster"] // 8
    columns["name"] = np.where(kind % 3 == 0, "", "type " + columns["cluster"].astype(str))
    columns |= {"map_x": x, "map_y": y}
    columns["density_cluster"] = np.where(rng.random(organisms) < NOISE, -1, kind)
    return pd.DataFrame(columns).sort_values("image_id", ignore_index=True)


def _samples() -> Iterator[dict[str, Any]]:
    for day in pd.date_range("2024-05-01", periods=23):
        for group in GROUPS:
            for replicate in range(3):
                name = f"{day.date()}_{group.replace(' ', '')}_{replicate}"
                yield {"sample": name, "site": "fjord", "group": group, "datetime": day}


def _zipf(types: int) -> npt.NDArray[np.float64]:
    weights = 1 / np.arange(1, types + 1) ** 0.8
    return weights / weights.sum()


def _places(rng: np.random.Generator, kind: npt.NDArray) -> tuple[npt.NDArray, npt.NDArray]:
    """Return places in bent ribbons, one for each type, several of which make an island."""
    number = np.arange(ISLANDS)
    around = 2.4 * number  # the golden angle: islands keep apart
    island = 1.9 * np.sqrt(number) * np.stack([np.cos(around), np.sin(around)])
    centre = island.T[rng.permutation(TYPES) % ISLANDS] + rng.normal(0, 0.8, (TYPES, 2))
    long = 0.5 + 1.6 * np.sqrt(_zipf(TYPES) / _zipf(TYPES).max())
    heading, bend = rng.uniform(0, 2 * np.pi, TYPES)[kind], rng.normal(0, 1.5, TYPES)[kind]
    along = rng.uniform(-1, 1, len(kind)) + rng.normal(0, 0.12, len(kind))
    across = 0.18 * np.sqrt(np.clip(1.3 - along**2, 0.05, None)) * rng.normal(size=len(kind))
    chord, tangent = heading + bend * along / 2, heading + bend * along
    x = centre[kind, 0] + long[kind] * (along * np.cos(chord) - across * np.sin(tangent))
    y = centre[kind, 1] + long[kind] * (along * np.sin(chord) + across * np.cos(tangent))
    return x, y


def _pool(tile: int) -> npt.NDArray[np.uint8]:
    files = sorted(EXAMPLE.glob("*/*.jpeg"))
    chosen = files[:: max(1, len(files) // POOL)][:POOL]
    return np.stack([make_tile(file.read_bytes(), tile) for file in chosen])

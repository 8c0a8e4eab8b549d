"""A small run as the map takes it, and its page read back by the letter of the contract."""

import io
import json
import re
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from PIL import Image

from seston import store
from seston.arrays import ArrayWriter
from seston.schemas import IMAGES

CLUSTERING = "a1" * 32


def colour(row: int) -> tuple[int, int, int]:
    """Return the colour of the picture of the organism in this row of the table."""
    return (40 + 30 * (row % 7), 40 + 30 * (row // 7 % 7), 40 + 30 * (row // 49 % 7))


def organisms(
    samples: dict[str, list[str]],
    *,
    shard_of: dict[str, str] | None = None,
    clusters: int = 3,
    names: tuple[str, ...] = ("Dinobryon", "", "Ceratium"),
    seed: int = 1,
    **columns: Any,
) -> pd.DataFrame:
    """Return a table of organisms: of each sample its rois; places by cluster, some noise.

    `columns` go before what is invented: a value for all, or one for each in the order of ids.
    `shard_of` (by sample) is kept in the column ``shard``; without it all are of shard ``a``.
    """
    rng = np.random.default_rng(seed)
    rows = sorted((f"{sample}/{roi}", sample) for sample, rois in samples.items() for roi in rois)
    table = pd.DataFrame(rows, columns=["image_id", "sample"])
    order = list(samples)
    number = table["sample"].map(order.index).to_numpy()
    n = len(table)
    table["site"], table["group"] = "fjord", [f"bag {i % 2 + 1}" for i in number]
    table["datetime"] = pd.Timestamp("2024-05-01T10:30") + pd.to_timedelta(number, unit="D")
    cluster = rng.integers(clusters, size=n)
    table["cluster"], table["coarse"] = cluster, cluster // 2
    table["name"] = [names[c % len(names)] for c in cluster]
    table["map_x"] = rng.normal(0, 0.5, n) + 4 * cluster
    table["map_y"] = rng.normal(0, 0.5, n) - cluster
    table["density_cluster"] = np.where(rng.random(n) < 0.3, -1, cluster)
    table["esd_um"] = np.exp(rng.normal(3, 0.8, n))
    table["solidity"] = rng.uniform(0.4, 1, n)
    table["distance_percentile"] = rng.uniform(0, 100, n)
    table["shard"] = [(shard_of or {}).get(name, "a") for name in table["sample"]]
    return table.assign(**columns)


def write_map_run(folder: Path, table: pd.DataFrame, tile: int = 64) -> dict[str, Any]:
    """Write table, clustering and tiles; return the arguments of `map_page`, sprites left out."""
    arrow = pa.Table.from_pandas(table.drop(columns="shard"), preserve_index=False)
    for name in IMAGES.names:
        if name not in arrow.column_names:
            arrow = arrow.append_column(name, pa.nulls(len(arrow), IMAGES.field(name).type))
    images, kmeans = folder / "tables" / "images.parquet", folder / "kmeans.json"
    store.write_table(arrow, images, IMAGES, "images", "f" * 64, clusters=CLUSTERING)
    kmeans.write_text(json.dumps({"fingerprint": CLUSTERING, "k": 100}))
    shards = sorted(set(table["shard"]))
    for shard in shards:
        mine = np.flatnonzero(table["shard"] == shard)
        pixels = np.array([colour(row) for row in mine], np.uint8).reshape(-1, 1, 1, 3)
        path = folder / "tiles" / f"{shard}.arrow"
        with ArrayWriter(path, "tiles", "tile", (tile, tile, 3), np.uint8, "t" * 64) as writer:
            tiles = np.broadcast_to(pixels, (len(mine), tile, tile, 3))
            writer.write(table["image_id"].iloc[mine].tolist(), np.ascontiguousarray(tiles))
    return {
        "images": images,
        "kmeans": kmeans,
        "tiles_dir": folder / "tiles",
        "shards": shards,
        "title": "A fjord",
        "seed": 1,
        "day_zero": "",
        "thumbnails": 1000,
        "measurements": ["esd_um", "solidity", "distance_percentile"],
        "html": folder / "report" / "map.html",
    }


class MapPage:
    """What a written map holds; see the docstring of `seston.report.map.stage`."""

    def __init__(self, html: Path) -> None:
        self.text = html.read_text(encoding="utf-8")
        blocks = re.findall(r'<script type="([^"]+)" id="([^"]+)">([^<]*)</script>', self.text)
        self.blocks = {name: text.strip() for _, name, text in blocks}
        self.kinds = {name: kind for kind, name, _ in blocks}
        self.facts = json.loads(self.blocks.pop("facts"))
        self.cluster = self.integers(self.facts["columns"]["cluster"])

    def block(self, name: str) -> bytes:
        return b64decode(self.blocks[name], validate=True)

    def integers(self, column: dict[str, Any]) -> npt.NDArray[np.int64]:
        """Return the numbers of a column."""
        return read_column(self.block(column["block"]), column, getattr(self, "cluster", None))

    def values(self, name: str) -> npt.NDArray[np.float64]:
        """Return what the codes of a column stand for; NaN where it is unknown."""
        column = self.facts["columns"][name]
        codes = self.integers(column)
        part = codes / column["top"]
        low, high = column["low"], column["high"]
        if column.get("scale") == "log":
            found = np.array([low * (high / low) ** one for one in part])
        else:
            found = low + part * (high - low)
        return np.where(codes == column.get("missing", -1), np.nan, found)

    def ids(self) -> list[str]:
        """Return the ids of all organisms."""
        rois = read_rois(self.facts["ids"], self.block, self.facts["n"])
        return [
            f"{sample['id']}/{roi}"
            for sample in self.facts["samples"]
            for roi in rois[sample["first"] : sample["first"] + sample["count"]]
        ]

    def thumbnail(self, place: int) -> tuple[int, ...]:
        """Return the colour in the middle of a thumbnail."""
        facts = self.facts["thumbnails"]
        sheet = Image.open(io.BytesIO(self.block(facts["sheets"][place // facts["per_sheet"]])))
        return middle_of(sheet, place % facts["per_sheet"], facts["side"], facts["columns"])


def read_column(data: bytes, column: dict[str, Any], cluster: Any) -> npt.NDArray[np.int64]:
    """Return the numbers of a column from its bytes."""
    bits, count = int(column["kind"][1:]), column["count"]
    raw = np.frombuffer(zlib.decompress(data), np.uint8).astype(np.int64)
    assert len(raw) == count * bits // 8
    values = sum(
        (raw[plane * count : (plane + 1) * count] << 8 * plane for plane in range(bits // 8)),
        np.zeros(count, np.int64),
    )
    if column["delta"]:
        values = np.cumsum(values) % 2**bits
    if column["by_cluster"]:
        members = [np.flatnonzero(cluster == one) for one in range(max(cluster) + 1)]
        out = np.empty_like(values)
        out[np.concatenate(members)] = values
        values = out
    return values


def read_rois(facts: dict[str, Any], block: Any, n: int) -> list[str]:
    """Return the names of organisms within their samples."""
    if facts["kind"] == "text":
        return json.loads(zlib.decompress(block(facts["block"])))

    def numbers(column: dict[str, Any]) -> list[Any]:
        return read_column(block(column["block"]), column, None).tolist()

    which = numbers(facts["pattern"]) if facts["pattern"] else [0] * n
    waiting = []
    for pattern in facts["patterns"]:
        texts = [pattern["parts"][0]] * which.count(len(waiting))
        for field, part in zip(pattern["fields"], pattern["parts"][1:], strict=True):
            values, width = numbers(field["numbers"]), field["width"]
            widths = [width] * len(values) if isinstance(width, int) else numbers(width)
            texts = [
                text + str(value).zfill(wide) + part
                for text, value, wide in zip(texts, values, widths, strict=True)
            ]
        waiting.append(iter(texts))
    return [next(waiting[pattern]) for pattern in which]


def middle_of(sheet: Image.Image, place: int, side: int, columns: int) -> tuple[int, ...]:
    """Return the colour in the middle of a picture of a sheet."""
    row, column = divmod(place, columns)
    return sheet.convert("RGB").getpixel((column * side + side // 2, row * side + side // 2))

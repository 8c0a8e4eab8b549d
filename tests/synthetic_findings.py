"""Small, invented findings about the clusters of `synthetic_results`, for the report."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from scipy.cluster.hierarchy import linkage

from seston import store
from seston.schemas import CROPS

CLUSTERING, EMBEDDINGS = "c" * 64, "e" * 64
#: Flags of the first clusters, one of them unknown to this version.
FLAGS = ("", "unstable;one_day", "brightness", "split_by_sample;one_sample", "tiny;from_the_future")

SENTENCES = {
    "empty": "No image belongs to this cluster.",
    "tiny": "Fewer than 10 images: its shares and trends mean little.",
    "unstable": "Clustering resampled images does not find this cluster again.",
    "one_day": "It lives in one day.",
    "one_sample": "It lives in one sample.",
    "split_by_sample": "The pictures of the sample differ; the cluster is not a kind of its own.",
    "brightness": "It differs from a neighbouring cluster mostly in how light the pictures are.",
    "blur": "It differs from a neighbouring cluster mostly in how sharp the pictures are.",
}


def write_findings(
    folder: Path,
    given: dict[str, Any],
    *,
    names: dict[int, str] | None = None,
    density: bool = True,
    sweep: bool = True,
    drift: bool = False,
    evil: str = "",
) -> dict[str, Any]:
    """Write all that is found out about the clusters; return these options of `report`.

    Parameters
    ----------
    folder : Path
    given : dict
        As `write_results` returned it.
    names : dict of int to str
        Of clusters.
    density, sweep, drift : bool
        Whether there are density clusters, a sweep, and clusters of an earlier run.
    evil : str
        Is put into every free text.
    """
    images = pq.read_table(given["images"]).to_pandas()
    k = json.loads(given["kmeans"].read_text())["k"]
    rng = np.random.default_rng(3)
    told = _names(folder, k, names or {}, evil)
    told |= _trust(folder, images, k, density, rng, evil)
    told |= _levels(folder, given["abundance"], k, names or {})
    told |= _tree(folder, k, rng)
    shown = images.sample(min(len(images), 45), random_state=1)
    told |= _strangest(folder, shown, evil)
    if sweep:
        told |= _sweep(folder, k)
    candidates = [images["image_id"][:4].tolist(), images["image_id"][-3:].tolist()]
    if drift:
        told |= write_drift(folder, pd.read_csv(given["samples"], sep="\t"), candidates, evil)
    _crops(given["rejected_dir"], images.set_index("image_id"), rng)
    return told


def _names(folder: Path, k: int, names: dict[int, str], evil: str) -> dict[str, Path]:
    rows = [
        (CLUSTERING, cluster, cluster % 3, name, 149619 if name else "", "dubious" if name else "",
         "EW" + evil if name else "", "2026-05-22T14:30" if name else "")
        for cluster in range(k)
        for name in [names[cluster] + evil if cluster in names else ""]
    ]  # fmt: skip
    columns = ["clustering", "cluster", "coarse", "name", "aphia_id", "status", "annotator", "time"]
    return {"names": _write(pd.DataFrame(rows, columns=columns), folder / "cluster_names.tsv")}


def _trust(
    folder: Path, images: pd.DataFrame, k: int, density: bool, rng, evil: str
) -> dict[str, Path]:
    sizes = images["cluster"].value_counts().reindex(range(k), fill_value=0)
    table = pd.DataFrame({"cluster": range(k), "images": sizes, "share": sizes / sizes.sum()})
    table["compactness"], table["margin"] = rng.uniform(0.3, 0.9, k), rng.uniform(0, 0.4, k)
    table["stability"] = np.linspace(0.35, 0.95, k)[::-1]
    table["stability_low"] = table["stability"] - 0.08
    table["stability_high"] = (table["stability"] + 0.08).clip(upper=1)
    table["near_duplicates"], table["focus"], table["esd_um"] = 0.031, 210.0, 84.0
    for what in ("day", "sample", "group", "instrument", "brightness", "blur"):
        table[f"{what}_excess"], table[f"{what}_p"] = 0.7, 0.001
        table[f"{what}_top"] = "2020-01-06" + evil if what == "day" else "level"
        table[f"{what}_top_share"] = 0.625
    table["twin"] = ["7" if c == 3 else "" for c in range(k)]
    flags = ["empty" if not n else "" for n in sizes]
    table["flags"] = [FLAGS[c] if c < len(FLAGS) and flags[c] == "" else flags[c] for c in range(k)]
    pairs = images.groupby(["cluster", "density_cluster"]).size().rename("images").reset_index()
    pairs = pairs if density else pairs.iloc[:0]
    for share, by in (("share_of_cluster", "cluster"), ("share_of_density", "density_cluster")):
        pairs[share] = pairs["images"] / pairs.groupby(by)["images"].transform("sum")
    facts = {
        "clustering": CLUSTERING,
        "silhouette": 0.1234,
        "sentences": SENTENCES,
        "density": {"noise": 0.1, "images": 900, "nmi": 0.512, "ami": 0.498, "ari": 0.287},
    }
    store.write_text(json.dumps(facts), folder / "clusters.json")
    return {
        "clusters": _write(table, folder / "clusters.tsv"),
        "clusters_json": folder / "clusters.json",
        "circumstances": _circumstances(folder / "circumstances.tsv", evil),
        "density_table": _write(pairs, folder / "kmeans_density.tsv"),
    }


def _circumstances(path: Path, evil: str) -> Path:
    rows = [
        ["day", "2020-01-06" + evil, 60, 2, 0.75, 12.5, 9, 0.5, -8, 0.4, "odd_light;displaced"],
        ["sample", "a sound one", 60, 0, 0, 0.1, 0, 1.01, 0, "", ""],
        ["instrument", "flowcam", 90, 0, 0, -3, -6, 0.5, -7, "", "odd_light;odd_focus"],
    ]
    columns = [
        "what", "level", "images", "own_clusters", "share_in_own_clusters",
        "brightness_difference", "brightness_z", "focus_ratio", "focus_z", "displaced", "flags",
    ]  # fmt: skip
    return _write(pd.DataFrame(rows, columns=columns), path)


def _levels(folder: Path, abundance: Path, k: int, names: dict[int, str]) -> dict[str, Path]:
    """Sums over merged clusters; intervals are left as wide as they can be."""
    table = pd.read_csv(
        abundance,
        sep="\t",
        keep_default_na=False,
        na_values={"share": "", "concentration_per_ml": ""},
    )
    called = {
        "coarse": {cluster: cluster % 3 for cluster in range(k)},
        "name": {cluster: names.get(cluster, f"cluster {cluster}") for cluster in range(k)},
    }
    paths = {}
    for level, name_of in called.items():
        table[level] = table["cluster"].map(name_of)
        keys = ["site", "group", "period", level]
        rest = dict.fromkeys(["samples", "images", "few_samples"], "first")
        sums = dict.fromkeys(
            ["count", "share", "concentration_per_ml"], lambda x: x.sum(min_count=1)
        )
        merged = table.groupby(keys, sort=False).agg({**sums, **rest})
        merged = merged.reset_index()
        for name in ("day_number", "share_low", "share_high", "concentration_low",
                      "concentration_high", "biovolume_um3_per_ml",
                     "biovolume_low", "biovolume_high"):  # fmt: skip
            merged[name] = ""
        paths[f"abundance_{level}"] = _write(merged, folder / f"abundance_{level}.tsv")
    return paths


def _tree(folder: Path, k: int, rng) -> dict[str, Path]:
    joined = linkage(rng.normal(size=(k, 3)), "ward") if k > 1 else np.empty((0, 4))
    table = pd.DataFrame(joined, columns=["left", "right", "height", "fine"])
    table = table.assign(step=range(len(table)), images=10 * table["fine"])
    whole = ["step", "left", "right", "images", "fine"]
    table = table.astype(dict.fromkeys(whole, int))
    coarse = pd.DataFrame({"cluster": range(k), "coarse": [c % 3 for c in range(k)]})
    _write(table, folder / "tree" / "tree.tsv")
    _write(coarse, folder / "tree" / "coarse.tsv")
    told = {"kmeans": CLUSTERING, "embeddings": EMBEDDINGS, "why": "3 groups: the longest gap"}
    store.write_text(json.dumps(told), folder / "tree" / "tree.json")
    return {"tree": folder / "tree"}


def _sweep(folder: Path, k: int) -> dict[str, Path]:
    tried = np.array([5, 7, 10, 14, 20])
    table = pd.DataFrame({"k": tried, "objective": 900 / tried, "explained": 1 - 1 / tried})
    for name, value in (("silhouette", 0.3), ("ari_seeds", 0.8), ("ari_bootstrap", 0.7)):
        table[name] = value - tried / 100
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - 0.05, table[name] + 0.05
    table = table.assign(smallest=100 // tried, empty=0)
    _write(table, folder / "sweep" / "sweep.tsv")
    told = {
        "embeddings": EMBEDDINGS, "k": 7, "why": "7 clusters: the silhouette is the highest",
        "rule": "a rule", "images": 900, "of": 1000, "cautions": ["nobody knows"],
    }  # fmt: skip
    store.write_text(json.dumps(told), folder / "sweep" / "sweep.json")
    return {"sweep": folder / "sweep"}


def _strangest(folder: Path, shown: pd.DataFrame, evil: str) -> dict[str, Path]:
    table = shown[["image_id", "sample", "cluster", "distance", "distance_percentile"]]
    table = table.assign(rank=range(1, len(table) + 1), why="blurred" + evil)
    return {"strangest": _write(table, folder / "strangest.tsv")}


def write_drift(
    folder: Path, samples: pd.DataFrame, candidates: list[list[str]], evil: str = ""
) -> dict[str, Path]:
    """Write drift of these samples, and candidates for new types with these examples."""
    head = [
        "level", "sample", "cluster", "images", "tested", "beyond", "share", "share_low",
        "share_high", "expected", "p", "drift", "distance_shift", "composition_shift",
    ]  # fmt: skip
    rows: list[list] = [["all", "", "", 900, 900, 20, 0.02, 0.01, 0.04, 0.01, 0.5, 0, 0.1, 0.2]]
    for number, name in enumerate(samples["sample"]):
        share, drifted = (0.12, 1) if number == 1 else (0.011, 0)
        rows.append(["sample", name, "", 60, 60, 1, share, share / 2, 2 * share, 0.0095, 0.3,
                     drifted, 0.1, 0.2])  # fmt: skip
    rows.append(["cluster", "", 1, 60, 60, 6, 0.1, 0.05, 0.2, 0.0095, 0.001, 1, 0.1, ""])
    rows.append(["cluster", "", 0, 0, 0, 0, "", "", "", "", "", 0, "", ""])
    types = [
        [number, 10 + number, 9, 2, "2020-01-06", "2020-01-13", 1, 0.5, 0.9, 3, 0.01,
         json.dumps(ids)]
        for number, ids in enumerate(candidates)
    ]  # fmt: skip
    columns = ["candidate", "images", "far", "samples", "first", "last", "nearest_cluster",
               "spread", "distance", "earlier", "p", "examples"]  # fmt: skip
    earlier = {
        "chosen": "finetuned", "clustered_in": "../first year/results" + evil, "images": 5643,
        "samples": 54, "latest": "2019-12-30" + evil, "scatter": {"samples": {"freedom": 53}},
    }  # fmt: skip
    told = {"clustering": CLUSTERING, "earlier": earlier}
    store.write_text(json.dumps(told), folder / "drift.json")
    return {
        "drift": _write(pd.DataFrame(rows, columns=head), folder / "drift.tsv"),
        "drift_json": folder / "drift.json",
        "new_types": _write(pd.DataFrame(types, columns=columns), folder / "new_types.tsv"),
    }


def _crops(segment_dir: Path, images: pd.DataFrame, rng) -> None:
    """Crops of all organisms: every other one in the first shard, the rest in the second."""
    for shard, rows in (("a", images.iloc[::2]), ("b", images.iloc[1::2])):
        columns: dict[str, Any] = {field.name: pa.nulls(len(rows), field.type) for field in CROPS}
        columns["image_id"] = pa.array(rows.index.tolist())
        columns["pixel_um"] = pa.array(rows["pixel_um"], pa.float64(), from_pandas=True)
        sizes = zip(rows["w"], rows["h"], strict=True)
        columns["crop"] = pa.array([_png(w, h, rng) for w, h in sizes], pa.large_binary())
        path = segment_dir / shard / "crops.parquet"
        store.write_table(pa.table(columns), path, CROPS, "crops", "f" * 64)


def _png(width: int, height: int, rng) -> bytes:
    pixels = rng.normal(180, 20, (int(height), int(width))).clip(0, 255).astype(np.uint8)
    out = BytesIO()
    Image.fromarray(pixels).convert("RGB").save(out, "PNG")
    return out.getvalue()


def _write(table: pd.DataFrame, path: Path) -> Path:
    store.write_text(table.to_csv(sep="\t", index=False, float_format="%.6g"), path)
    return path

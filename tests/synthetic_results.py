"""Small, realistic results of a whole run, to draw reports from."""

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image, ImageDraw

from seston import store
from seston.schemas import EXAMPLES, FRINGE_CORRECTED, IMAGES, MEASUREMENTS, REJECTED
from seston.trends.periods import Period, start_of_period


@dataclass(frozen=True)
class Site:
    """A site to invent: its groups, days, images of a sample, and what is known of them."""

    name: str
    groups: tuple[str, ...]
    days: tuple[str, ...]
    images: int
    pixel_um: float | None = None
    volume_ml: float | None = None
    replicates: int = 1


LAKE = Site(
    "Greifensee",
    ("",),
    tuple(
        str(d.date())
        for d in pd.date_range("2018-05-07", "2018-11-26", freq="W-MON")
        if d.week != 33
    ),
    60,
    62.0,
)
CULTURE = Site("culture", ("nitrate", "sulfate"), ("2024-04-08",), 150, 0.56, 0.25, replicates=3)
BAGS = Site(
    "fjord",
    ("bag 1", "bag 2", "bag 3"),
    tuple(str(d.date()) for d in pd.date_range("2024-05-01", periods=12)),
    40,
    1.8,
    0.5,
)


def write_results(
    folder: Path,
    sites: tuple[Site, ...] = (LAKE, CULTURE, BAGS),
    clusters: int = 9,
    seed: int = 1,
    attention: str | None = "finetuned",
    evil: str = "",
    rejects: int = 3,
    period: Period = "day",
    **settings: dict[str, Any],
) -> dict[str, Any]:
    """Write all inputs of the report below `folder`; return the arguments of `report`.

    Parameters
    ----------
    attention : str or None
        ``"finetuned"``: maps before and after, and a history; ``"pretrained"``:
        maps only; None: neither.
    evil : str
        Is put into every free text: sites, groups, warnings, reasons.
    **settings
        Sections of settings to add to or change, such as ``report={"title": "…"}``.
    """
    rng = np.random.default_rng(seed)
    samples, images = [], []
    for site in sites:
        for group in site.groups:
            for day in site.days:
                for replicate in range(site.replicates):
                    name = f"{site.name}-{group or 'all'}-{day}-{replicate}".replace(" ", "")
                    used = int(rng.poisson(site.images)) if site.images else 0
                    samples.append(_sample(site, group, day, name, used, evil))
                    images.append(_organisms(site, samples[-1], used, clusters, rng))
    table, organisms = pd.DataFrame(samples), pd.concat(images).sort_values("image_id")
    bad = _rejects(table, rejects, evil)
    table["rejected"] = table["sample"].map(bad["sample"].value_counts()).fillna(0).astype(int)
    table["listed"] = table["used"] + table["rejected"]
    paths = {
        "images": folder / "images.parquet",
        "samples": folder / "samples.tsv",
        "quality": folder / "quality.tsv",
        "abundance": folder / "abundance.tsv",
        "examples": folder / "examples.parquet",
        "kmeans": folder / _model(attention) / "kmeans" / "kmeans.json",
        "settings": folder / "settings.yaml",
    }
    store.write_table(
        pa.Table.from_pandas(organisms, IMAGES, preserve_index=False),
        paths["images"],
        IMAGES,
        "images",
        "f" * 64,
    )
    for shard, rows in (("a", bad), ("b", bad.iloc[:0])):
        store.write_table(
            pa.Table.from_pandas(rows, REJECTED, preserve_index=False),
            folder / "segment" / shard / "rejected.parquet",
            REJECTED,
            "rejected",
            "f" * 64,
        )
    store.write_text(table.to_csv(sep="\t", index=False), paths["samples"])
    store.write_text(_quality(table, evil).to_csv(sep="\t", index=False), paths["quality"])
    store.write_text(
        _abundance(organisms, table, clusters, period).to_csv(sep="\t", index=False),
        paths["abundance"],
    )
    store.write_table(
        _examples(organisms, rng),
        paths["examples"],
        EXAMPLES,
        "examples",
        "f" * 64,
        clusters="c" * 64,
    )
    store.write_text(
        json.dumps(
            {
                "k": clusters,
                "fingerprint": "c" * 64,
                "embeddings": "e" * 64,
                "trained_on": len(organisms),
            }
        ),
        paths["kmeans"],
    )
    told = _settings(attention, clusters, period)
    for section, changed in settings.items():
        told[section] |= changed
    store.write_text(json.dumps(told, ensure_ascii=False), paths["settings"])
    given: dict[str, Any] = paths | {"rejected_dir": folder / "segment", "shards": ["b", "a"]}
    if attention is not None and len(organisms):
        given["attention"] = _attention(folder / "attention.npz", organisms, attention, rng)
    if attention == "finetuned":
        given["history"] = _history(folder / "history.tsv", rng)
    return given


def _sample(site: Site, group: str, day: str, name: str, used: int, evil: str) -> dict[str, Any]:
    return {
        "sample": name,
        "site": site.name + evil,
        "group": group and group + evil,
        "instrument": "flowcam",
        "datetime": f"{day}T09:30:00",
        "listed": used,
        "used": used,
        "rejected": 0,
        "readable": 1.0,
        "volume_ml": site.volume_ml if site.volume_ml else None,
        "volume_source": "ctx" if site.volume_ml else "",
        "dilution": 1.0,
        "pixel_um": site.pixel_um,
        "run_mode": "",
        "magnification": "",
        "frames": None,
        "latitude": None,
        "longitude": None,
        "depth_m": None,
        "treatment": "=1+1" + evil,
        "flags": "oddity" if evil else "",
        "warnings": evil,
    }


def _organisms(site: Site, sample: dict[str, Any], used: int, clusters: int, rng) -> pd.DataFrame:
    day = pd.Timestamp(sample["datetime"])
    centres = np.linspace(0, 365, clusters, endpoint=False)
    near = np.minimum(np.abs(centres - day.day_of_year), 365 - np.abs(centres - day.day_of_year))
    weight = np.exp(-((near / 45) ** 2)) + 0.02
    cluster = rng.choice(clusters, used, p=weight / weight.sum())
    side = np.round(np.exp(rng.normal(3.4 + 0.08 * (cluster % 5), 0.3))).astype(int) + 6
    esd = 0.6 * side * site.pixel_um if site.pixel_um else np.full(used, np.nan)
    turn = 2 * np.pi * cluster / clusters
    return pd.DataFrame(
        {
            "image_id": [f"{sample['sample']}/{i:05d}" for i in range(used)],
            "sample": sample["sample"],
            "site": sample["site"],
            "group": sample["group"] or None,
            "instrument": sample["instrument"],
            "datetime": day,
            "timestamp": day,
            "latitude": None,
            "longitude": None,
            "depth_m": None,
            "frame": "collage",
            "x": 0,
            "y": 0,
            "w": side,
            "h": side,
            "mask": None,
            "label": None,
            "notes": "",
            "pixel_um": site.pixel_um,
            **dict.fromkeys([*MEASUREMENTS.names, *FRINGE_CORRECTED.names]),
            "esd_um": esd,
            "focus": 10.0,
            "cluster": cluster,
            "distance": 1.0,
            "margin": 0.5,
            "map_x": 9 * np.cos(turn) + rng.normal(0, 1, used),
            "map_y": 6 * np.sin(turn) + rng.normal(0, 1, used),
            "density_cluster": np.where(rng.random(used) < 0.1, -1, cluster % 4),
        }
    )


def _rejects(table: pd.DataFrame, rejects: int, evil: str) -> pd.DataFrame:
    rows = [
        (
            table["sample"].iloc[i % len(table)],
            f"bad-{i}",
            f"raw/bad-{i}.png",
            "truncated" + evil,
            "cut short",
        )
        for i in range(rejects)
    ]
    return pd.DataFrame(rows, columns=REJECTED.names, dtype=object)


def _quality(samples: pd.DataFrame, evil: str) -> pd.DataFrame:
    """One warning for each sample and a note on some images of the first."""
    rows = [
        (name, "sample", "trigger_mode" + evil, 1, "trigger mode" + evil)
        for name in samples["sample"]
    ]
    rows += [
        (name, "image", "bad_clock" + evil, 3, f"{name}/00001") for name in samples["sample"][:1]
    ]
    return pd.DataFrame(rows, columns=["sample", "about", "code", "count", "detail"])


def _abundance(
    organisms: pd.DataFrame, samples: pd.DataFrame, clusters: int, period: Period
) -> pd.DataFrame:
    rows = []
    starts = start_of_period(pd.to_datetime(samples["datetime"]), period)
    samples = samples.assign(period=starts)
    for (site, group, start), some in samples.groupby(["site", "group", "period"], sort=True):
        mine = organisms[organisms["sample"].isin(some["sample"])]
        counts = mine["cluster"].value_counts().reindex(range(clusters), fill_value=0)
        for cluster, count in counts.items():
            n, volume = len(mine), some["volume_ml"].sum()
            share = count / n if n else np.nan
            spread = 1.5 * np.sqrt(share * (1 - share) / n) + 1 / n if n else np.nan
            density = count / volume if volume > 0 else np.nan
            rows.append(
                {
                    "site": site,
                    "group": group,
                    "period": start,
                    "cluster": cluster,
                    "samples": len(some),
                    "count": count,
                    "images": n,
                    "share": share,
                    "share_low": max(0, share - spread),
                    "share_high": min(1, share + spread),
                    "concentration_per_ml": density,
                    "concentration_low": 0.7 * density,
                    "concentration_high": 1.4 * density,
                    "few_samples": int(len(some) < 3),
                    "note": "",
                }
            )
    return pd.DataFrame(rows)


def _examples(organisms: pd.DataFrame, rng) -> pa.Table:
    rows = []
    for cluster, some in organisms.groupby("cluster"):
        for kind in ("typical", "random"):
            for rank, one in enumerate(
                some.sample(min(16, len(some)), random_state=rank_seed(rng)).itertuples()
            ):
                um = None if pd.isna(one.pixel_um) else one.pixel_um
                rows.append(
                    (cluster, kind, rank, one.image_id, um, _crop(int(one.w), int(cluster), rng))
                )
    columns = list(zip(*rows, strict=True)) if rows else [[]] * len(EXAMPLES.names)
    return pa.table(
        [pa.array(c, t.type) for c, t in zip(columns, EXAMPLES, strict=True)], names=EXAMPLES.names
    )


def rank_seed(rng) -> int:
    return int(rng.integers(2**31))


def _crop(side: int, cluster: int, rng) -> bytes:
    image = Image.fromarray(rng.normal(205, 6, (side, side)).clip(0, 255).astype(np.uint8)).convert(
        "RGB"
    )
    draw, third = ImageDraw.Draw(image), side // 4
    box = (
        third // 2,
        third // (1 + cluster % 2),
        side - third // 2,
        side - third // (1 + cluster % 2),
    )
    draw.ellipse(
        box, fill=(70 + 15 * (cluster % 8), 110, 60 + 12 * (cluster % 5)), outline=(30, 40, 30)
    )
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _attention(path: Path, organisms: pd.DataFrame, models: str, rng) -> Path:
    n = min(16, len(organisms))
    tiles = np.stack([np.asarray(Image.open(BytesIO(_crop(64, i, rng)))) for i in range(n)])
    maps = {
        m: rng.dirichlet(np.ones(64), (n, 3)).reshape(n, 3, 8, 8)
        for m in ("pretrained", "finetuned")
    }
    if models == "pretrained":
        del maps["finetuned"]
    np.savez(path, ids=organisms["image_id"].to_numpy(str)[:n], tiles=tiles, **maps)
    return path


def _history(path: Path, rng) -> Path:
    step = np.arange(1, 201)
    table = pd.DataFrame(
        {
            "step": step,
            "epoch": 0,
            "loss": 9.0 * np.exp(-step / 90) + 2 + rng.normal(0, 0.15, 200),
            "learning_rate": 1e-4,
            "momentum": 0.996,
            "feature_std": 0.05 + 0.01 * np.log(step),
            "images_per_s": 80.0,
        }
    )
    store.write_text(table.to_csv(sep="\t", index=False), path)
    return path


def _model(attention: str | None) -> str:
    return "finetuned" if attention == "finetuned" else "pretrained"


def _settings(attention: str | None, clusters: int, period: Period) -> dict[str, Any]:
    return {
        "samples": "samples.tsv",
        "seed": 1,
        "shard_by": "week",
        "tiles": {"size": 64, "channels": 3},
        "backbone": {"name": "vit_tiny_patch8_64", "weights": "bundled"},
        "finetune": {
            "method": "dino" if attention == "finetuned" else "none",
            "epochs": 1,
            "max_images": 0,
            "batch_size": 64,
            "learning_rate": 0.0001,
        },
        "cluster": {"k": clusters, "model": "auto", "iterations": 25, "refine": 5},
        "density": {"components": 50, "neighbors": 30, "min_dist": 0.0},
        "trends": {"period": period, "confidence": 0.95},
        "report": {"title": "Plankton through time"},
    }

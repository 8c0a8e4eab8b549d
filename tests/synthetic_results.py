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
from seston.schemas import EXAMPLES, FORMAT, FRINGE_CORRECTED, IMAGES, MEASUREMENTS, REJECTED
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
    evidence: str = "better",
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
    evidence : str
        How the fine-tuned model compares: ``"better"``, ``"worse"`` or ``"noise"``; or
        ``"unlabelled"`` (better, no labels), ``"gaps"`` (worse, some values missing).
    evil : str
        Is put into every free text: sites, groups, warnings, reasons, labels, notes.
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
    tuned = attention == "finetuned"
    chosen = "finetuned" if tuned and evidence not in ("worse", "gaps") else "pretrained"
    paths = {
        "images": folder / "images.parquet",
        "samples": folder / "samples.tsv",
        "quality": folder / "quality.tsv",
        "abundance": folder / "abundance.tsv",
        "examples": folder / "examples.parquet",
        "kmeans": folder / chosen / "kmeans" / "kmeans.json",
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
        told[section] = told.get(section, {}) | changed
    store.write_text(json.dumps(told, ensure_ascii=False), paths["settings"])
    given: dict[str, Any] = paths | {"rejected_dir": folder / "segment", "shards": ["b", "a"]}
    models = ("pretrained", "finetuned") if tuned else ("pretrained",)
    told = evidence if len(organisms) else "nothing"
    given |= write_evidence(folder, models, chosen, told, evil)
    given["runtime"] = folder / chosen / "runtime" / "runtime.json"
    store.write_text(json.dumps(RUNTIME | {"model": FINGERPRINTS[chosen]}), given["runtime"])
    given["model"] = _model_file(folder / chosen / "model.safetensors", FINGERPRINTS[chosen])
    if attention is not None and len(organisms):
        given["attention"] = _attention(folder / "attention.npz", organisms, attention, rng)
    if tuned:
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
            "distance_percentile": 50.0,
            "coarse": cluster % 3,
            "name": "",
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
                    "day_number": "",
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
                    "biovolume_um3_per_ml": 900 * density,
                    "biovolume_low": 500 * density,
                    "biovolume_high": 1600 * density,
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
    n = min(8, len(organisms))
    pictures = np.stack([np.asarray(Image.open(BytesIO(_crop(256, i, rng)))) for i in range(n)])
    arrays = {"ids": organisms["image_id"].to_numpy(str)[:n], "pictures": pictures}
    arrays |= {"tiles": pictures[:, ::4, ::4], "note": np.array("")}
    arrays["chosen"] = np.arange(n) % 5 == 3
    for model in ("pretrained", "finetuned") if models == "finetuned" else ("pretrained",):
        maps = rng.dirichlet(np.ones(64), (n, 3)).reshape(n, 3, 8, 8)
        arrays |= {model: maps.astype(np.float32), f"{model}_rollout": maps.mean(1) / 2 + 1 / 128}
    first = organisms.drop_duplicates("cluster").sort_values("cluster")
    arrays |= {"clustering": np.array("c" * 64), "clusters": first["cluster"].to_numpy()}
    arrays["clusters_ids"] = first["image_id"].to_numpy(str)
    arrays["clusters_pictures"] = pictures[np.arange(len(first)) % n][:, ::2, ::2]
    for model in (name for name in ("pretrained", "finetuned") if name in arrays):
        maps = rng.dirichlet(np.ones(64), len(first)).reshape(-1, 8, 8)
        arrays[f"clusters_{model}"] = maps.astype(np.float32)
    np.savez(path, **arrays)
    return path


#: measure: value before, half the width of its interval, chance, which is better
FIGURES = {
    "labels": {
        "knn_5": (0.62, 0.04, 0.08, "higher"), "knn_20": (0.58, 0.04, 0.08, "higher"),
        "linear_probe": (0.71, 0.03, 0.08, "higher"), "nmi": (0.48, None, 0.02, "higher"),
        "ami": (0.46, None, 0.0, "higher"), "ari": (0.31, None, 0.0, "higher"),
        "purity": (0.55, None, 0.12, "higher"),
    },
    "collapse": {
        "feature_std": (0.81, None, None, ""), "effective_rank": (48.2, None, None, ""),
        "uniformity": (-2.61, None, None, "lower"), "alignment": (0.242, None, None, "lower"),
    },
    "views": {"neighbour_agreement": (0.52, 0.02, 0.001, "higher")},
    "confounding": {
        "sample": (0.31, 0.02, 0.02, "lower"), "day": (0.34, 0.03, 0.02, "lower"),
        "instrument": (0.97, 0.01, 0.6, "lower"), "group": (0.2, 0.05, 0.17, "lower"),
        "brightness": (0.66, 0.05, 0.0, "lower"), "size": (0.4, 0.05, 0.0, ""),
    },
}  # fmt: skip
EVIDENCE_COLUMNS = (
    "about", "measure", "set", "value", "low", "high", "chance", "better", "images", "groups",
    "note",
)  # fmt: skip


def write_evidence(
    folder: Path, models: tuple[str, ...], chosen: str, kind: str, evil: str = ""
) -> dict[str, Any]:
    """Write the evidence of these models, and the verdict; return these options of `report`."""
    gain = {"worse": -0.08, "gaps": -0.08, "noise": 0.005}.get(kind, 0.09)
    paths = []
    for model in models:
        rows = []
        for about, measures in FIGURES.items():
            for measure, figures in measures.items():
                sets = ("lake" + evil, "lake, seen in training") if about == "labels" else ("",)
                factor = 1 + gain * (model == "finetuned")
                rows += [_figure(about, measure, name, figures, factor) for name in sets]
        table = pd.DataFrame(rows, columns=EVIDENCE_COLUMNS, dtype=object)
        if kind == "unlabelled":
            table = table[table["about"] != "labels"]
            table.loc[-1] = ["labels", "", "", *[""] * 7, "no labels" + evil]
        if kind == "nothing":
            table = table.iloc[:0]
            table.loc[0] = ["collapse", "", "", *[""] * 5, "0", "0", "too few organisms"]
        if kind == "gaps":
            absent = table["measure"].isin(["knn_20", "instrument"])
            absent |= (table["measure"] == "nmi") & (model == "finetuned")
            table.loc[absent, ["value", "low", "high", "chance"]] = ""
            table.loc[absent, "note"] = "one instrument only" + evil
        paths.append(folder / model / "evidence.tsv")
        store.write_text(table.to_csv(sep="\t", index=False), paths[-1])
    verdict = {
        "chosen": chosen,
        "criterion": "" if len(models) < 2 else "labels:knn_5:lake" + evil,
        "decided_by": "evidence" if len(models) > 1 else "only model",
        "worse": gain < 0 and len(models) > 1,
        "reasons": ["The difference is larger than what two halves of the samples differ." + evil],
        "fingerprints": {model: FINGERPRINTS[model] for model in models},
    }
    store.write_text(json.dumps(verdict), folder / "verdict.json")
    return {"evidence": paths, "verdict": folder / "verdict.json"}


def _figure(about: str, measure: str, labels: str, figures: tuple, factor: float) -> list:
    value, half, chance, better = figures
    value = min(value * factor, 0.98) if about == "confounding" else value * factor
    numbers = [value, *([value - half, value + half] if half else [""] * 2)]
    told = [f"{number:.6g}" if number != "" else "" for number in numbers]
    by_chance = "" if chance is None else f"{chance:.6g}"
    note = "sampled 20000 of 1200000" if measure == "day" else ""
    return [about, measure, labels, *told, by_chance, better, 4000, 22, note]


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
            "weight_decay": np.linspace(0.04, 0.4, 200),
            "teacher_entropy": np.where(step % 10, np.nan, 6.0),
            "machine": "one",
        }
    )
    store.write_text(table.to_csv(sep="\t", index=False), path)
    return path


RUNTIME = {
    "engine": "openvino",
    "device": "cpu",
    "precision": "bf16",
    "batch_size": 128,
    "images_per_second": {"torch fp32": 80.0, "openvino bf16": 350.0},
    "agreement": {"openvino bf16": {"labels": 0.998, "cosine_min": 0.9991, "max_abs": 0.02}},
    "why": "openvino bf16 was the fastest that gave the same clusters",
    "machine": "a processor",
}
FINGERPRINTS = {"pretrained": "a" * 64, "finetuned": "b" * 64}


def _model_file(path: Path, made_by: str) -> Path:
    """A model file of no weights: the length of its header, and the header with the card."""
    card = {"name": "vit_small3_patch8_64", "feature": "cls@9+mean", "dim": 384}
    card |= {"source": "bundled"}
    kind = {"format": FORMAT, "kind": "model", "fingerprint": made_by, "backbone": json.dumps(card)}
    header = json.dumps({"__metadata__": {f"seston.{key}": kind[key] for key in kind}}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    return path


def _settings(attention: str | None, clusters: int, period: Period) -> dict[str, Any]:
    return {
        "samples": "samples.tsv",
        "seed": 1,
        "shard_by": "week",
        "tiles": {"size": 64, "channels": 3},
        "backbone": {"name": "vit_small3_patch8_64", "weights": "bundled"},
        "finetune": {
            "method": "dino" if attention == "finetuned" else "none",
            "epochs": 1,
            "max_images": 0,
            "batch_size": 64,
            "accumulate": 2,
            "learning_rate": 0.0001,
            "layer_decay": 0.75,
        },
        "cluster": {"k": clusters, "model": "auto", "iterations": 25, "refine": 5},
        "density": {"components": 50, "neighbors": 30, "min_dist": 0.0},
        "trends": {
            "period": period,
            "day_zero": "",
            "confidence": 0.95,
            "level": "name",
            "alpha": 0.05,
            "permutations": 999,
            "reclusterings": 10,
        },
        "report": {"title": "Plankton through time"},
    }

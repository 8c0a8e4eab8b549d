"""An invented classifier of `synthetic_results`: what it says of labelled images, in tables."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seston import store
from seston.report.given.classifier_files import ClassifierFiles

CLASSES = (
    "Dinobryon", "Ceratium hirundinella", "NA", "Asterionella", "Kellicottia", "Bosmina",
    "Keratella", "Daphnia", "nauplius",
)  # fmt: skip
STAGES = ("raw", "calibrated", "corrected")


def softmax(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def held_out(classes: int, images: int, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the truth and the posteriors of an over-confident head that learned balanced."""
    rng = np.random.default_rng(seed)
    prior = np.geomspace(1, 0.003, classes)
    prior /= prior.sum()
    truth = np.r_[np.arange(classes), rng.choice(classes, images - classes, p=prior)]
    centres = rng.normal(size=(classes, 12))
    seen = centres[truth] + 0.9 * rng.normal(size=(images, 12))
    logits = -((seen[:, None] - centres) ** 2).sum(axis=2) / (2 * 0.9**2)
    found = {
        "raw": softmax(1.8 * logits),
        "calibrated": softmax(logits),
        "corrected": softmax(logits + np.log(prior)),
    }
    return truth, found


def write_classifier(
    folder: Path,
    given: dict[str, Any],
    *,
    names: tuple[str, ...] = CLASSES,
    images: int = 1500,
    drift: bool = True,
    evil: str = "",
    seed: int = 4,
) -> dict[str, Any]:
    """Write all tables of the branch with labels; return these options of `report`.

    Parameters
    ----------
    folder : Path
    given : dict
        As `write_results` returned it; its settings should have a section ``classify``.
    names : tuple of str
        Of the classes, the most frequent first; the last one has labels of one day only.
    drift : bool
        Whether the last two samples are unlike the labelled images.
    evil : str
        Is put into every free text, and at the end of the first class's name.
    """
    names = (names[0] + evil, *names[1:])
    paths = _abundance(folder, given, names, seed)
    paths |= _frequencies(folder, given, names, drift, evil, seed)
    paths |= _judged(folder, names, *held_out(len(names), images, seed), evil)
    return {"classifier": ClassifierFiles(**paths)}


def _write(path: Path, rows: Any) -> Path:
    table = pd.DataFrame(rows)
    store.write_text(table.to_csv(sep="\t", index=False, float_format="%.6g"), path)
    return path


def _shares(names: tuple[str, ...], samples: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.geomspace(8, 0.05, len(names)), samples)


def _abundance(folder: Path, given: dict[str, Any], names: tuple[str, ...], seed: int) -> dict:
    """Share out what was counted by clusters in each period."""
    table = pd.read_csv(given["abundance"], sep="\t", keep_default_na=False, dtype=str)
    keys = ["site", "group", "period"]
    numbers = ["count", "concentration_per_ml"]
    totals = table[keys].assign(**{name: pd.to_numeric(table[name]) for name in numbers})
    totals = totals.groupby(keys).sum(min_count=1)
    first = table.drop_duplicates(keys).set_index(keys).drop(columns="cluster")
    rows = []
    for (where, total), part in zip(
        totals.iterrows(), _shares(names, len(totals), seed), strict=True
    ):
        there = dict(zip(keys, where, strict=True)) | first.loc[where].to_dict()
        for name, share in zip(names, part, strict=True):
            found = {"count": share * total["count"], "share": share}
            found |= {"share_low": 0.8 * share, "share_high": min(1.2 * share, 1)}
            per_ml = share * total["concentration_per_ml"]
            found |= {"concentration_per_ml": per_ml, "concentration_low": 0.8 * per_ml}
            rows.append(there | {"class": name, "concentration_high": 1.3 * per_ml} | found)
    return {"abundance_class": _write(folder / "abundance_class.tsv", rows)}


def _frequencies(
    folder: Path, given: dict[str, Any], names: tuple[str, ...], drift: bool, evil: str, seed: int
) -> dict[str, Path]:
    samples = pd.read_csv(given["samples"], sep="\t", keep_default_na=False, dtype=str)
    samples = samples[pd.to_numeric(samples["used"]) > 0]
    rows = []
    for place, (_, one) in enumerate(samples.iterrows()):
        odd = drift and place >= len(samples) - 2
        for method in ("em", "count"):
            for name, share in zip(names, _shares(names, 1, seed + place)[0], strict=True):
                rows.append(
                    one[["sample", "site", "group", "datetime"]].to_dict()
                    | {"class": name, "method": method, "images": one["used"], "share": share}
                    | {"low": 0.7 * share, "high": min(1.4 * share, 1)}
                    | {"drift": str(odd).lower(), "note": ("far from all labels" + evil) * odd}
                )
    return {"class_frequencies": _write(folder / "class_frequencies.tsv", rows)}


def _judged(
    folder: Path,
    names: tuple[str, ...],
    truth: np.ndarray,
    found: dict[str, np.ndarray],
    evil: str,
) -> dict[str, Path]:
    classes = len(names)
    tables: dict[str, list[dict[str, Any]]] = {
        "scores": [], "classes": [], "confusion": [], "reliability": [], "risk": [],
    }  # fmt: skip
    matrices = {stage: _matrix(truth, found[stage].argmax(axis=1), classes) for stage in STAGES}
    for calibration, correction, stage in (
        ("none", "none", "raw"), ("temperature", "none", "calibrated"),
        ("temperature", "multiclass", "corrected"), ("temperature", "em", "corrected"),
    ):  # fmt: skip
        tables["scores"].append(
            {"calibration": calibration, "correction": correction, "images": len(truth)}
            | {"units": 12, "note": evil} | _scores(truth, found[stage], matrices[stage])
        )  # fmt: skip
    for correction, stage in (("none", "raw"), ("em", "corrected")):
        tables["confusion"] += [
            {"correction": correction, "true": names[true], "predicted": names[told],
             "count": matrices[stage][true, told]}
            for true in range(classes) for told in range(classes)
        ]  # fmt: skip
    for place, name in enumerate(names):
        last = place == classes - 1
        tables["classes"].append(
            {"class": name, "labelled": (truth == place).sum(), "units": 1 if last else 12}
            | _of_class(place, truth, found, matrices)
        )
    for stage in STAGES:
        sure, right = found[stage].max(axis=1), found[stage].argmax(axis=1) == truth
        tables["reliability"] += [{"stage": stage} | row for row in _bins(sure, right)]
        order = np.argsort(-sure)
        for kept in np.linspace(len(sure) // 20, len(sure), 20).astype(int):
            first = order[:kept]
            tables["risk"].append(
                {"stage": stage, "coverage": kept / len(sure), "threshold": sure[first].min(),
                 "error": 1 - right[first].mean()}
            )  # fmt: skip
    paths = {
        f"classifier_{name}": _write(folder / f"classifier_{name}.tsv", rows)
        for name, rows in tables.items()
    }
    kept = next(row for row in reversed(tables["risk"]) if row["error"] <= 0.01)
    told = {
        "unit": "day", "units": 12, "folds": 5, "head": "linear",
        "columns": ["log_esd_um", "mean_grey"], "sampling": "balanced",
        "calibration": "temperature", "max_error": 0.02,
        "reject": {"threshold": kept["threshold"], "coverage": kept["coverage"],
                   "error": kept["error"], "error_high": kept["error"] + 0.008},
    }  # fmt: skip
    store.write_text(json.dumps(told), folder / "judge.json")
    left = [
        {"image_id": f"gone/{place}", "label": "x", "annotator": "", "file": f"a.tsv{evil}",
         "why": why + evil}
        for place, why in enumerate(["no such image"] * 3 + ["class excluded"])
    ]  # fmt: skip
    paths["left_out"] = _write(folder / "left_out.tsv", left)
    labels = {
        "source": "file", "organisms": 1500, "annotators": {f"Anna{evil}": 1200, "Ben": 600},
        "several": 300, "disagree": 41, "alpha": 0.83, "way": "votes",
    }  # fmt: skip
    store.write_text(json.dumps(labels), folder / "labels.json")
    paths["labels_json"] = folder / "labels.json"
    return paths | {"judge_json": folder / "judge.json"}


def _matrix(truth: np.ndarray, told: np.ndarray, classes: int) -> np.ndarray:
    return np.bincount(truth * classes + told, minlength=classes**2).reshape(classes, classes)


def _scores(truth: np.ndarray, posterior: np.ndarray, matrix: np.ndarray) -> dict[str, float]:
    recalls = matrix.diagonal() / matrix.sum(axis=1)
    micro, macro = matrix.trace() / matrix.sum(), recalls.mean()
    counts = np.bincount(truth, minlength=len(matrix))
    ece = sum(
        row["images"] * abs(row["confidence"] - row["right"])
        for row in _bins(posterior.max(axis=1), posterior.argmax(axis=1) == truth)
    ) / len(truth)
    return {
        "micro": micro, "micro_low": micro - 0.02, "micro_high": min(micro + 0.02, 1),
        "macro": macro, "macro_low": macro - 0.05, "macro_high": min(macro + 0.05, 1),
        "nll": -np.log(posterior[np.arange(len(truth)), truth]).mean(),
        "brier": ((posterior - np.eye(len(matrix))[truth]) ** 2).sum(axis=1).mean(),
        "ece": ece, "adaptive_ece": ece, "classwise_ece": ece / len(matrix),
        "log_count_error": np.abs(np.log(posterior.sum(axis=0) / counts)).mean(),
    }  # fmt: skip


def _of_class(
    place: int, truth: np.ndarray, found: dict[str, np.ndarray], matrices: dict[str, np.ndarray]
) -> dict[str, float]:
    raw, corrected = matrices["raw"], matrices["corrected"]
    recall, n = raw[place, place] / raw[place].sum(), raw[place].sum()
    room = 1.96 * np.sqrt(recall * (1 - recall) / n + 0.25 / n**2)
    return {
        "recall": recall, "recall_low": max(recall - room, 0), "recall_high": min(recall + room, 1),
        "precision": raw[place, place] / (raw[:, place].sum() or np.nan),
        "recall_corrected": corrected[place, place] / n,
        "precision_corrected": corrected[place, place] / (corrected[:, place].sum() or np.nan),
        "true_count": n, "counted": corrected[:, place].sum(),
        "expected_raw": found["raw"][:, place].sum(),
        "expected_corrected": found["corrected"][:, place].sum(), "classwise_ece": 0.004,
    }  # fmt: skip


def _bins(sure: np.ndarray, right: np.ndarray) -> list[dict[str, float]]:
    """Return ten bins of as many images each."""
    rows = []
    for place, some in enumerate(np.array_split(np.argsort(sure), 10)):
        share, n = right[some].mean(), len(some)
        room = 1.96 * np.sqrt(share * (1 - share) / n + 0.25 / n**2)
        rows.append(
            {"bin": place, "confidence": sure[some].mean(), "right": share, "images": n,
             "low": max(share - room, 0), "high": min(share + room, 1)}
        )  # fmt: skip
    return rows

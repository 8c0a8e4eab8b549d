"""What one needs to repeat or cite a run: settings, versions, fingerprints."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pandas as pd

from seston import __version__
from seston.report.given.results import Results
from seston.report.wording import listing

PACKAGES = (
    "torch", "timm", "openvino", "faiss-cpu", "umap-learn", "scikit-learn",
    "numpy", "scipy", "pandas", "pyarrow", "pillow", "matplotlib", "snakemake",
)  # fmt: skip
AGREEMENT = ("labels", "cosine_min", "max_abs")
ENGINES = {"torch": "PyTorch", "openvino": "OpenVINO"}
FEATURES = {
    "cls": "the class token",
    "mean": "the mean of the patches",
    "pool": "the pooled features",
}


def trained_on(results: Results) -> int:
    """Return on how many of the used images each epoch of the fine-tuning trained."""
    most = results.setting("finetune", "max_images", 0)
    return min(most, len(results.images)) if most else len(results.images)


def feature_words(feature: str) -> str:
    """Return what the embedding is made of, such as ``cls@9+mean``, in words; empty if unknown."""
    parts = []
    for part in filter(None, feature.split("+")):
        kind, _, block = part.partition("@")
        parts.append(FEATURES.get(kind, kind) + (f" after block {block}" if block else ""))
    return listing(parts)


def runtime_words(runtime: dict[str, Any]) -> str:
    """Return how the embeddings were computed, such as ``OpenVINO, bf16``; empty if unknown."""
    engine, precision = (str(runtime.get(key, "")) for key in ("engine", "precision"))
    return ", ".join(filter(None, [ENGINES.get(engine, engine), precision]))


def runtime_trials(runtime: dict[str, Any]) -> pd.DataFrame:
    """Return what was timed to choose: images per second, and agreement with torch in fp32."""
    rates, agreement = runtime.get("images_per_second", {}), runtime.get("agreement", {})
    columns = ["method", "images_per_second", "same_cluster", "least_cosine", "largest_difference"]
    rows = [
        (name, rate, *(agreement.get(name, {}).get(key) for key in AGREEMENT))
        for name, rate in rates.items()
    ]
    return pd.DataFrame(rows, columns=columns)


def versions() -> list[tuple[str, str]]:
    """Return the packages of this environment and their versions."""
    found = [("seston", __version__)]
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found


def flat_settings(settings: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return every setting as ``section.key`` and its value, in the order of the configuration."""
    flat: list[tuple[str, str]] = []
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat += flat_settings(value, f"{name}.")
        else:
            flat.append((name, "" if value is None else str(value)))
    return flat


def fingerprints(results: Results) -> list[tuple[str, str]]:
    """Return the fingerprints that name the models, this clustering and what it was made from."""
    names = {"embeddings": "embeddings", "fingerprint": "clustering"}
    adopted = bool(results.setting("cluster", "frozen", ""))
    called = "model of the earlier run" if adopted else "{} model"
    models = [(called.format(name), value) for name, value in results.verdict.fingerprints.items()]
    return models + [
        (t, results.kmeans[key]) for key, t in names.items() if results.kmeans.get(key)
    ]

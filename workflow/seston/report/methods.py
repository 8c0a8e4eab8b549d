"""What one needs to repeat or cite a run: settings, versions, fingerprints."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from seston import __version__
from seston.report.results import Results

PACKAGES = (
    "torch", "timm", "faiss-cpu", "umap-learn", "scikit-learn",
    "numpy", "scipy", "pandas", "pyarrow", "pillow", "matplotlib", "snakemake",
)  # fmt: skip


def trained_on(results: Results) -> int:
    """Return on how many of the used images each epoch of the fine-tuning trained."""
    most = results.setting("finetune", "max_images", 0)
    return min(most, len(results.images)) if most else len(results.images)


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
    """Return the fingerprints that name this clustering and what it was made from."""
    names = {"embeddings": "embeddings", "fingerprint": "clustering"}
    return [(told, results.kmeans[key]) for key, told in names.items() if results.kmeans.get(key)]

"""Read what the report shows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from seston import store
from seston.errors import SestonError
from seston.report.agreement import (
    require_known_clusters,
    require_same_clusters,
    require_same_periods,
)

MODELS = ("pretrained", "finetuned")
IMAGE_COLUMNS = (
    "image_id", "sample", "site", "group", "datetime", "cluster",
    "pixel_um", "esd_um", "map_x", "map_y", "density_cluster",
)  # fmt: skip
ABUNDANCE_NUMBERS = (
    "samples", "count", "images", "share", "share_low", "share_high",
    "concentration_per_ml", "concentration_low", "concentration_high",
)  # fmt: skip


@dataclass(frozen=True)
class Results:
    """The tables of one run.

    Attributes
    ----------
    images, samples, quality, abundance, examples, rejected : pandas.DataFrame
        As the tables of the same names; sites and groups without a name are ``""``.
    kmeans, settings : dict
    model : str
        Whose clusters these are: ``"pretrained"`` or ``"finetuned"``.
    attention : dict of str to numpy.ndarray, or None
        `ids` (n,), `tiles` uint8 (n, S, S, 3), `pretrained` and perhaps
        `finetuned` (n, heads, g, g).
    history : pandas.DataFrame or None
        The steps of the fine-tuning.
    """

    images: pd.DataFrame
    samples: pd.DataFrame
    quality: pd.DataFrame
    abundance: pd.DataFrame
    examples: pd.DataFrame
    rejected: pd.DataFrame
    kmeans: dict[str, Any]
    settings: dict[str, Any]
    model: str
    attention: dict[str, npt.NDArray] | None
    history: pd.DataFrame | None

    def setting(self, section: str, key: str, default: Any = None) -> Any:
        """Return one setting, or `default` where the settings do not name it."""
        found = self.settings.get(section)
        return found.get(key, default) if isinstance(found, dict) else default

    @property
    def sites(self) -> list[str]:
        """Sites of all samples, in alphabetical order."""
        return sorted(self.samples["site"].unique())


def read_results(
    *,
    images: Path,
    samples: Path,
    quality: Path,
    abundance: Path,
    examples: Path,
    kmeans: Path,
    rejected_dir: Path,
    shards: Sequence[str],
    attention: Path | None,
    history: Path | None,
    settings: Path,
) -> Results:
    """Read all inputs of the report.

    Raises
    ------
    SestonError
        If a file is missing, damaged, lacks a column or does not belong to the others.
    """
    clustering, told = _read_json(kmeans), _read_json(settings)
    chosen = store.read_table(examples, "examples")
    if store.metadata(chosen.schema).get("clusters") != clustering["fingerprint"]:
        raise SestonError(
            f"{examples} and {kmeans} are of different clusterings; delete the older and run again"
        )
    organisms = store.read_table(images, "images", IMAGE_COLUMNS).to_pandas()
    organisms[["site", "group"]] = organisms[["site", "group"]].fillna("")
    shown = chosen.to_pandas()
    require_same_clusters(images, organisms, examples, shown)
    rejected = pa.concat_tables(
        store.read_table(rejected_dir / shard / "rejected.parquet", "rejected")
        for shard in sorted(shards)
    ).to_pandas()
    taken = _read_text_table(
        samples,
        ("sample", "site", "group", "datetime", "volume_source", "warnings"),
        ("listed", "used", "rejected", "volume_ml"),
    )
    counted = _read_text_table(
        abundance, ("site", "group", "period"), ("cluster", "few_samples", *ABUNDANCE_NUMBERS)
    )
    require_same_periods(abundance, counted, samples, taken, told["trends"]["period"])
    require_known_clusters(abundance, counted, kmeans, clustering["k"])
    return Results(
        images=organisms,
        samples=taken,
        quality=_read_text_table(quality, ("sample", "about", "code", "detail"), ("count",)),
        abundance=counted,
        examples=shown,
        rejected=rejected,
        kmeans=clustering,
        settings=told,
        model=_model(kmeans),
        attention=None if attention is None else _read_arrays(attention),
        history=None
        if history is None
        else _read_text_table(history, (), ("step", "loss"), numbers_only=True),
    )


def _read_text_table(
    path: Path, texts: Sequence[str], numbers: Sequence[str], numbers_only: bool = False
) -> pd.DataFrame:
    """Read a table with a header; every cell is text unless its column is named as numbers."""
    try:
        table = pd.read_csv(StringIO(_read(path)), sep="\t", dtype=str, na_filter=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise SestonError(f"{path}: not a readable table ({error}); run again") from error
    missing = [name for name in (*texts, *numbers) if name not in table]
    if missing:
        raise SestonError(f"{path}: columns missing: {', '.join(missing)}")
    for name in table.columns if numbers_only else numbers:
        table[name] = pd.to_numeric(table[name].replace("", None))
    return table


def _read_arrays(path: Path) -> dict[str, npt.NDArray]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, BadZipFile) as error:
        raise SestonError(f"{path}: not readable ({error}); delete it and run again") from error


def _model(kmeans: Path) -> str:
    """Return the model by its folder: ``<model>/kmeans/kmeans.json``."""
    name = kmeans.resolve().parents[1].name
    if name not in MODELS:
        raise SestonError(
            f"{kmeans}: expected <model>/kmeans/kmeans.json, the model {' or '.join(MODELS)}"
        )
    return name


def _read_json(path: Path) -> dict[str, Any]:
    """Read a mapping; JSON, unlike YAML, takes 1e-05 for a number and joins surrogate pairs."""
    try:
        found = json.loads(_read(path))
    except json.JSONDecodeError as error:
        raise SestonError(f"{path}: not JSON ({error}); delete it and run again") from error
    if not isinstance(found, dict):
        raise SestonError(f"{path}: expected a mapping in JSON; delete it and run again")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SestonError(f"{path}: not readable ({error}); delete it and run again") from error

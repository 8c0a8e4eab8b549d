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
import yaml

from seston import store
from seston.errors import SestonError

IMAGE_COLUMNS = (
    "image_id", "sample", "site", "group", "datetime", "cluster",
    "esd_um", "map_x", "map_y", "density_cluster",
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
    images, samples, abundance, examples, rejected : pandas.DataFrame
        As the tables of the same names; sites and groups without a name are ``""``.
    kmeans, settings : dict
    attention : dict of str to numpy.ndarray, or None
        `ids` (n,), `tiles` uint8 (n, S, S, 3), `pretrained` and perhaps
        `finetuned` (n, heads, g, g).
    history : pandas.DataFrame or None
        The steps of the fine-tuning.
    """

    images: pd.DataFrame
    samples: pd.DataFrame
    abundance: pd.DataFrame
    examples: pd.DataFrame
    rejected: pd.DataFrame
    kmeans: dict[str, Any]
    settings: dict[str, Any]
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
        If a file is missing, damaged or lacks a column.
    """
    clustering = json.loads(_read(kmeans))
    chosen = store.read_table(examples, "examples")
    if store.metadata(chosen.schema).get("clusters") != clustering["fingerprint"]:
        raise SestonError(
            f"{examples} and {kmeans} are of different clusterings; delete the older and run again"
        )
    organisms = store.read_table(images, "images", IMAGE_COLUMNS).to_pandas()
    organisms[["site", "group"]] = organisms[["site", "group"]].fillna("")
    shown = chosen.to_pandas()
    _require_same_clusters(images, organisms, examples, shown)
    rejected = pa.concat_tables(
        store.read_table(rejected_dir / shard / "rejected.parquet", "rejected")
        for shard in sorted(shards)
    ).to_pandas()
    return Results(
        images=organisms,
        samples=_read_text_table(
            samples,
            ("sample", "site", "group", "datetime", "volume_source", "warnings"),
            ("listed", "used", "rejected", "volume_ml"),
        ),
        abundance=_read_text_table(
            abundance, ("site", "group", "period"), ("cluster", "few_samples", *ABUNDANCE_NUMBERS)
        ),
        examples=shown,
        rejected=rejected,
        kmeans=clustering,
        settings=yaml.safe_load(_read(settings)) or {},
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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SestonError(f"{path}: not readable ({error}); delete it and run again") from error


def _require_same_clusters(
    images: Path, organisms: pd.DataFrame, examples: Path, shown: pd.DataFrame
) -> None:
    """Raise `SestonError` unless each example lies in the cluster that its organism has."""
    told = organisms.set_index("image_id")["cluster"].reindex(shown["image_id"]).to_numpy()
    if (told != shown["cluster"].to_numpy()).any():
        raise SestonError(
            f"{examples} shows organisms in other clusters than {images} tells;"
            " delete the older and run again"
        )

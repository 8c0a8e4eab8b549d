"""Read what the report shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from seston import store
from seston.errors import SestonError
from seston.report.given.agreement import (
    require_chosen,
    require_evidence,
    require_known_clusters,
    require_same_clusters,
    require_same_model,
    require_same_periods,
)
from seston.report.given.evidence import read_evidence
from seston.report.given.measures import MODELS
from seston.report.given.reading import read_arrays, read_card, read_json, read_text_table
from seston.report.given.verdict import Verdict, read_verdict

IMAGE_COLUMNS = (
    "image_id", "sample", "site", "group", "datetime", "label", "cluster",
    "pixel_um", "esd_um", "focus", "map_x", "map_y", "density_cluster",
)  # fmt: skip
ABUNDANCE_NUMBERS = (
    "day_number", "samples", "count", "images", "share", "share_low", "share_high",
    "concentration_per_ml", "concentration_low", "concentration_high",
    "biovolume_um3_per_ml", "biovolume_low", "biovolume_high",
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
        The chosen one, whose clusters these are: ``"pretrained"`` or ``"finetuned"``.
    evidence : pandas.DataFrame
        What speaks for each model; see `seston.report.given.evidence`.
    verdict : Verdict
        Which model was chosen, and why.
    attention : dict of str to numpy.ndarray, or None
        `ids` (n,), `chosen` bool (n,), `pictures` uint8 (n, P, P, 3); of each model its maps
        (n, heads, g, g) and, as ``<model>_rollout``, their rollout (n, g, g); `note`.
    history : pandas.DataFrame or None
        The steps of the fine-tuning.
    runtime, card : dict
        How the model was run, and what its file says of it; empty if not given.
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
    evidence: pd.DataFrame
    verdict: Verdict
    attention: dict[str, npt.NDArray] | None
    history: pd.DataFrame | None
    runtime: dict[str, Any]
    card: dict[str, Any]

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
    evidence: Sequence[Path],
    verdict: Path,
    settings: Path,
    attention: Path | None = None,
    history: Path | None = None,
    runtime: Path | None = None,
    model: Path | None = None,
) -> Results:
    """Read all inputs of the report.

    Raises
    ------
    SestonError
        If a file is missing, damaged, lacks a column or does not belong to the others.
    """
    clustering, told = read_json(kmeans, ("k", "fingerprint")), read_json(settings)
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
    taken = read_text_table(
        samples,
        ("sample", "site", "group", "datetime", "volume_source", "warnings"),
        ("listed", "used", "rejected", "volume_ml"),
    )
    counted = read_text_table(
        abundance, ("site", "group", "period"), ("cluster", "few_samples", *ABUNDANCE_NUMBERS)
    )
    require_same_periods(abundance, counted, samples, taken, told["trends"])
    require_known_clusters(abundance, counted, kmeans, clustering["k"])
    spoken, decided = read_evidence(evidence), read_verdict(verdict)
    require_evidence(verdict, decided.chosen, spoken)
    depths = {kmeans: 1, runtime: 1, model: 0}
    given = [(path, _model(path, depth)) for path, depth in depths.items() if path]
    require_chosen(verdict, decided.chosen, given)
    ran = read_json(runtime, ("engine", "device", "precision", "model")) if runtime else {}
    card = read_card(model) if model else {}
    made_of = {runtime: ran.get("model"), model: card.get("fingerprint")}
    require_same_model(verdict, decided.fingerprints[decided.chosen], made_of)
    return Results(
        images=organisms,
        samples=taken,
        quality=read_text_table(quality, ("sample", "about", "code", "detail"), ("count",)),
        abundance=counted,
        examples=shown,
        rejected=rejected,
        kmeans=clustering,
        settings=told,
        model=decided.chosen,
        evidence=spoken,
        verdict=decided,
        attention=None if attention is None else _read_attention(attention),
        history=None if history is None else read_text_table(history, (), ("step", "loss")),
        runtime=ran,
        card=card,
    )


def _read_attention(path: Path) -> dict[str, npt.NDArray]:
    arrays = read_arrays(path)
    maps = [name for name in MODELS if name in arrays]
    needed = ["ids", "note", *(["chosen", "pictures"] if maps else [])]
    missing = [key for key in (*needed, *(f"{m}_rollout" for m in maps)) if key not in arrays]
    if missing:
        raise SestonError(f"{path}: {', '.join(missing)} missing; delete it and run again")
    return arrays


def _model(path: Path, depth: int) -> str:
    """Return the model by its folder, so many above that of the file."""
    name = path.resolve().parents[depth].name
    if name not in MODELS:
        raise SestonError(
            f"{path}: expected <model>/{'/'.join(path.parts[-depth - 1 :])},"
            f" the model {' or '.join(MODELS)}"
        )
    return name

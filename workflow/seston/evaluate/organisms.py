"""The organisms that are evaluated: what is known of each beside its embedding."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.cluster.shards import EmbeddingShards
from seston.collection import choose_images
from seston.errors import SestonError
from seston.evaluate.evidence import joined
from seston.sheet import Sample

_COLUMNS = ("image_id", "sample", "roi", "label", "esd_px", "mean_grey")


@dataclass(frozen=True)
class Organisms:
    """All organisms of a run, by ascending id.

    Attributes
    ----------
    crops : pyarrow.Table
        ``image_id``, ``sample``, ``roi``, ``label``, ``esd_px``, ``mean_grey``.
    samples : tuple of Sample
        By name.
    sample : ndarray of int64, shape (n,)
        Place of each organism's sample in `samples`.
    positions : ndarray of int64, shape (n,)
        Place in the files of embeddings, which is that in the files of tiles.
    """

    crops: pa.Table
    samples: tuple[Sample, ...]
    sample: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]

    def values(self, of: Sequence[str]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
        """Return, per organism, the place of its sample's value among the different values."""
        names, places = np.unique(np.array(of, dtype=np.str_), return_inverse=True)
        return places[self.sample], tuple(names.tolist())

    @property
    def days(self) -> list[str]:
        """The day of each sample."""
        return [f"{sample.datetime:%Y-%m-%d}" for sample in self.samples]


@dataclass(frozen=True)
class Drawn:
    """Some organisms, with their embeddings and the units that are kept apart.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        Places among all organisms, ascending.
    vectors : ndarray of float32, shape (n, d)
    units : ndarray of int64, shape (n,)
        Place of each organism's unit in `unit_names`.
    unit_names : tuple of str
    kind : str
        What a unit is: ``"day"`` or ``"sample"``.
    note : str
        How many were drawn of how many, if not all.
    """

    rows: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]
    units: npt.NDArray[np.int64]
    unit_names: tuple[str, ...]
    kind: str
    note: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, places: npt.NDArray[np.int64], note: str = "") -> "Drawn":
        """Return some of them."""
        return replace(
            self,
            rows=self.rows[places],
            vectors=self.vectors[places],
            units=self.units[places],
            note=joined(self.note, note),
        )


def read_organisms(
    segment_dir: Path, embeddings: EmbeddingShards, sheet: Path, samples: Sequence[Sample]
) -> Organisms:
    """Read what is known of every organism that has an embedding.

    Raises
    ------
    SestonError
        If crops and embeddings are not of the same organisms, or a sample is not in the sheet.
    """
    paths = [segment_dir / name / "crops.parquet" for name in embeddings.names]
    tables = [store.read_table(path, "crops", _COLUMNS).replace_schema_metadata() for path in paths]
    crops = pa.concat_tables(tables)
    crops = crops.take(pc.sort_indices(crops["image_id"]))
    ids = pa.chunked_array([embeddings.ids])
    store.require_same_ids(segment_dir, crops["image_id"], Path("the embeddings"), ids)
    listed = {sample.sample: sample for sample in samples}
    used = pc.unique(crops["sample"]).sort()
    if missing := sorted(set(used.to_pylist()) - set(listed)):
        raise SestonError(
            f"{sheet}: no sample {', '.join(missing)}, of which there are organisms in"
            f" {segment_dir}; run again from the step `segment`"
        )
    place = pc.index_in(crops["sample"], used).to_numpy().astype(np.int64)
    return Organisms(
        crops, tuple(listed[name] for name in used.to_pylist()), place, embeddings.order
    )


def draw(
    organisms: Organisms,
    embeddings: EmbeddingShards,
    rows: npt.NDArray[np.int64],
    most: int,
    days: int,
    rng: np.random.Generator,
) -> Drawn:
    """Return at most `most` of the rows (0 = all), evenly over the samples, by ascending id.

    Their units are days where there are at least `days` of them, else samples: samples of
    one day share water, weather and the state of the instrument, so days are stricter.
    """
    note = ""
    if most and len(rows) > most:
        note = f"sampled {most} of {len(rows)}"
        rows = np.sort(rows[choose_images(organisms.sample[rows], most, rng)])
    sample = organisms.sample[rows]
    dates = organisms.days
    kind = "day" if len({dates[place] for place in np.unique(sample)}) >= days else "sample"
    of = dates if kind == "day" else [one.sample for one in organisms.samples]
    unit_names, units = np.unique(np.array(of, dtype=np.str_)[sample], return_inverse=True)
    vectors = embeddings.take(organisms.positions[rows])
    return Drawn(rows, vectors, units, tuple(unit_names.tolist()), kind, note)

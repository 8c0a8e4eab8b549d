"""What goes into an archive: a run's samples and classes, without what nobody would take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seston.export.darwin_core.cells import identifier
from seston.export.found.amounts import Amounts
from seston.export.found.held import Held
from seston.export.found.said import Said
from seston.export.found.samples import Samples
from seston.export.found.taxon import Taxon


class Dataset(NamedTuple):
    """What the settings say of the data."""

    id: str
    name: str
    institution: str
    licence: str


class Cell(NamedTuple):
    """A class in a sample: rows and columns of `Findings`, and its id."""

    row: int
    code: int
    event: str
    occurrence: str


@dataclass(frozen=True)
class Findings:
    """What was found, where.

    Attributes
    ----------
    dataset : Dataset
    samples : Samples, m of them
    said : Said
        What the K classes come from.
    held : Held, shape (m, K + 1)
    amounts : Amounts, shape (m, K + 1)
    absent : ndarray of bool, shape (m, K)
        Looked for, and not found.
    taxa : sequence of Taxon or None, length K
    confidence : float
        Of the limits of `amounts`.
    """

    dataset: Dataset
    samples: Samples
    said: Said
    held: Held
    amounts: Amounts
    absent: npt.NDArray[np.bool_]
    taxa: Sequence[Taxon | None]
    confidence: float

    def events(self) -> Iterator[int]:
        """Yield the rows of the samples that are exported: OBIS refuses those without a place."""
        for row, cells in enumerate(self.samples.rows):
            if cells["latitude"] and cells["longitude"]:
                yield row

    def event(self, row: int) -> str:
        """Return the id of a sample."""
        return identifier(self.dataset.id, self.samples.rows[row]["sample"])

    def occurrences(self) -> Iterator[Cell]:
        """Yield what was found or is absent of the classes that are taxa, by sample and class."""
        for row in self.events():
            event, sample = self.event(row), self.samples.rows[row]["sample"]
            told = (self.held.counts[row, :-1] > 0) | self.absent[row]
            for code in np.flatnonzero(told).tolist():
                if self.taxa[code] is not None:
                    name = identifier(self.dataset.id, sample, self.held.classes[code])
                    yield Cell(row, code, event, name)

    def left_out(self) -> Iterator[tuple[str, str, int, int, str]]:
        """Yield what is not exported: class or sample, its name, samples, images, and why."""
        counts = self.held.counts
        for code, name in enumerate(self.held.classes):
            of = counts[:, code]
            if self.taxa[code] is None and of.any():
                yield "class", name, int((of > 0).sum()), int(of.sum()), "no scientific name"
        none = self.held.unclassified
        if none.any():
            yield "class", "", int((none > 0).sum()), int(none.sum()), "images of no class"
        kept = {*self.events()}
        for row, cells in enumerate(self.samples.rows):
            if row not in kept:
                why = "no latitude or longitude"
                yield "sample", cells["sample"], 1, int(counts[row].sum()), why

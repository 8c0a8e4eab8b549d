"""What a variant made of its labels: its answers, the settings it tried, and what they cost."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.classify.task import Task
from seston.errors import SestonError

KIND = "efficiency"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tried:
    """One setting of the search.

    Attributes
    ----------
    phase : {"head", "all"}
    setting : str
        ``"penalty 100"``, ``"rate 0.001"``.
    nll : float
        Of the validation part, corrected for the training prior; infinite where it diverged.
    steps : int
        Of the optimiser, up to the state that was kept; 0 for a head that is solved.
    taken : bool
        Whether the variant went on with it.
    """

    phase: str
    setting: str
    nll: float
    steps: int
    taken: bool


@dataclass(frozen=True)
class Trial:
    """The answers of a variant.

    Attributes
    ----------
    validation, test : ndarray of float64, shapes (v, K), (t, K)
        Logits, in the order of the rows of the task.
    prior : ndarray, shape (K,)
        Class frequencies that they stand under.
    tried : tuple of Tried
    """

    validation: Floats
    test: Floats
    prior: Floats
    tried: tuple[Tried, ...]

    @property
    def steps(self) -> int:
        """Steps to the network or head that answers, over all phases."""
        return sum(one.steps for one in self.tried if one.taken)


def write_trial(
    trial: Trial, ids: pa.Array, task: Task, made_by: str, path: Path, **about: str
) -> None:
    """Write the answers: `image_id`, `part` ("validation" or "test") and `logits`.

    Parameters
    ----------
    trial : Trial
    ids : pyarrow.Array of string
        Of all rows of the manifest.
    task : Task
    made_by : str
        Fingerprint.
    path : pathlib.Path
    **about : str
        More metadata.
    """
    rows = np.concatenate([task.validation, task.test])
    logits = np.concatenate([trial.validation, trial.test]).astype(np.float32)
    part = np.repeat(["validation", "test"], [len(task.validation), len(task.test)])
    order = np.argsort(rows)
    width = logits.shape[1]
    table = pa.table(
        {
            "image_id": ids.take(pa.array(rows[order])),
            "part": part[order],
            "logits": pa.FixedSizeListArray.from_arrays(pa.array(logits[order].ravel()), width),
        }
    )
    store.write_table(table, path, table.schema, KIND, made_by, **about)


def read_trial(path: Path, ids: pa.Array, task: Task, prior: Floats) -> Trial:
    """Return the answers of a file, in the order of the task's rows, without what was tried.

    Raises
    ------
    SestonError
        If it is missing or damaged, or the answers are about other organisms.
    """
    table = store.read_table(path, KIND).combine_chunks()
    place = pc.index_in(ids.take(pa.array(np.concatenate([task.validation, task.test]))),
                        table["image_id"].combine_chunks())  # fmt: skip
    if place.null_count or len(table) != len(place):
        raise SestonError(
            f"{path}: its {len(table)} answers are not about the {len(place)} organisms that the"
            " labels give now; delete it and run again"
        )
    logits = table["logits"].combine_chunks().flatten().to_numpy().reshape(len(table), -1)
    logits = logits[place.to_numpy()].astype(np.float64)
    first = len(task.validation)
    return Trial(logits[:first], logits[first:], prior, ())

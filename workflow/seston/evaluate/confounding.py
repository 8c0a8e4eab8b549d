"""What embeddings should not tell: sample, day, instrument, light; and what they may: size.

Organisms of two days differ in kind too, so no figure here is a fault by itself. Between two
models of the same organisms only the model differs: a rise without better knowledge of the
organisms is one that follows the circumstances.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from seston.evaluate.evidence import NONE, Row, Tallies, joined, share
from seston.evaluate.neighbours import nearest, unit_rows, vote
from seston.evaluate.organisms import Drawn, Organisms
from seston.evaluate.probe import ridge_predictions
from seston.evaluate.tally import LEAST_UNITS, Tally, count, draw_units, interval

K = 5
SHUFFLES = 10


#: As for the linear probe, ridge regressions learn on at most so many.
RIDGE_IMAGES = 10_000


def confounding_evidence(
    organisms: Organisms, drawn: Drawn, folds: int, seed: int
) -> tuple[list[Row], Tallies]:
    """Return what the embeddings of the drawn organisms tell of their circumstances."""
    near = nearest(unit_rows(drawn.vectors), K)
    of_sample = {
        "sample": [sample.sample for sample in organisms.samples],
        "day": organisms.days,
        "instrument": [sample.instrument for sample in organisms.samples],
        "group": [sample.group for sample in organisms.samples],
    }
    units = organisms.sample[drawn.rows]
    found: list[Row] = []
    tallies: Tallies = {}
    for measure, values in of_sample.items():
        codes, names = organisms.values(values)
        row, tally = categorical(
            measure, near, codes[drawn.rows], names, units, of_sample["sample"], seed
        )
        found.append(replace(row, note=joined(row.note, drawn.note)))
        if tally is not None:
            tallies["confounding", measure, ""] = tally
    few = drawn
    if len(drawn) > RIDGE_IMAGES:
        places = np.random.default_rng([seed, 17]).permutation(len(drawn))[:RIDGE_IMAGES]
        few = drawn.part(np.sort(places), f"sampled {RIDGE_IMAGES} of {len(drawn)}")
    measured = {
        "brightness": organisms.crops["mean_grey"],
        "size": pc.ln(organisms.crops["esd_px"]),
    }
    for measure, column in measured.items():
        known = pc.fill_null(column, np.nan).to_numpy()[few.rows]
        row = continuous(measure, few.vectors, known, organisms.sample[few.rows], folds, seed)
        found.append(replace(row, note=joined(row.note, few.note)))
    return found, tallies


def categorical(
    measure: str,
    near: npt.NDArray[np.int64],
    values: npt.NDArray[np.int64],
    names: Sequence[str],
    units: npt.NDArray[np.int64],
    unit_names: Sequence[str],
    seed: int,
) -> tuple[Row, Tally | None]:
    """Ask the nearest neighbours of each organism which value it has.

    Parameters
    ----------
    measure : str
    near : ndarray of int64, shape (n, at least K)
        Neighbours, of whatever sample.
    values : ndarray of int64, shape (n,)
        Places in `names`; organisms of the empty name are not asked about.
    units : ndarray of int64, shape (n,)
        Places in `unit_names`.

    Returns
    -------
    Row
        Balanced accuracy; by chance, what remains after shuffling the values.
    Tally or None
        None where there are fewer than two values.
    """
    known = np.array([bool(name) for name in names], dtype=bool)[values]
    different = len(np.unique(values[known]))
    better = "" if measure == "group" else "lower"
    if different < 2:
        told = f"no {measure} known" if not different else f"one {measure} only"
        return Row("confounding", measure, better=better, note=told), None

    def asked(values: npt.NDArray[np.int64]) -> Tally:
        right = (vote(near, values, K) == values)[known]
        return count(right, units[known], values[known], unit_names, names).condensed()

    tally = asked(values)
    rng = np.random.default_rng([seed, 13])
    by_chance = []
    for _ in range(SHUFFLES):
        shuffled = values.copy()
        shuffled[known] = rng.permutation(values[known])
        by_chance.append(asked(shuffled).balanced)
    chance = float(np.mean(by_chance))
    return share("confounding", measure, tally, chance, better, seed), tally


def continuous(
    measure: str,
    rows: npt.NDArray[np.float32],
    values: npt.NDArray[np.float64],
    units: npt.NDArray[np.int64],
    folds: int,
    seed: int,
) -> Row:
    """Return which share of a value's variance a ridge regression explains (R², unseen rows).

    Organisms whose value is not known (not a number) are left out.
    """
    better = "" if measure == "size" else "lower"
    known = np.isfinite(values)
    rows, values, units = rows[known], values[known], units[known]
    if len(values) < 2 * folds or not values.std() > 0:
        return Row("confounding", measure, better=better, note="too few different values known")
    errors = (values - ridge_predictions(rows, values, folds, seed)) ** 2
    squares = (values - values.mean()) ** 2
    _, units = np.unique(units, return_inverse=True)
    number = int(units.max()) + 1
    missed, spread = (np.bincount(units, part, number) for part in (errors, squares))
    low, high = NONE, NONE
    if number >= LEAST_UNITS:
        drawn = draw_units(number, seed)
        low, high = interval(1 - (drawn @ missed) / (drawn @ spread))
    absent = int((~known).sum())
    note = f"{absent} organisms without a measurement left out" if absent else ""
    value = float(1 - missed.sum() / spread.sum())
    return Row("confounding", measure, "", value, low, high, 0.0, better, len(values), number, note)

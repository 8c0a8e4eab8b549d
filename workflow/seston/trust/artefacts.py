"""Which clusters their circumstances have made, and which days (samples, …) are odd."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seston.cluster.points import Points
from seston.trust.circumstances import OF_IMAGES, OF_SAMPLES, Circumstance, contingency
from seston.trust.concentration import Concentration, concentration
from seston.trust.displacement import Displacement, displacement, means_without
from seston.trust.flags import Case, lives_in
from seston.trust.light import Light, light_by_instrument
from seston.trust.moments import Explained, Moments, explained, moments, residuals_of
from seston.trust.slope import beyond_chance

Floats = npt.NDArray[np.float64]

#: Images of a level from which its step is found: the step is then right to a 20th of the
#: spread within clusters.
DRAWN = 500
NEARLY = 0.9


@dataclass(frozen=True)
class Artefacts:
    """What speaks for circumstances behind clusters.

    Attributes
    ----------
    moments : Moments
    lives : dict of str to Concentration
        Of each circumstance.
    lights : dict of str to dict of str to Light
        Of each circumstance of samples, by brightness and blur.
    alone : dict of str to ndarray of bool, shape (levels,)
        Which levels share hardly a cluster with others.
    gains : dict of str to ndarray of float64, shape (levels,)
        Gain of the step back of each circumstance of samples; NaN where no cluster lives.
    twins : dict of str to ndarray of int64, shape (k,)
        The cluster to which the step back brings the cluster's images; -1 where not asked.
    same : list of set of str, length k
        Circumstances whose top level is told better by that of another.
    steps : dict of str to Explained
        Of brightness and blur; nothing explained where they have no slope beyond chance.
    sloped : dict of str to bool
        Whether embeddings change with brightness (blur) within clusters, beyond chance.
    """

    moments: Moments
    lives: dict[str, Concentration]
    lights: dict[str, dict[str, Light]]
    alone: dict[str, npt.NDArray[np.bool_]]
    gains: dict[str, Floats]
    twins: dict[str, npt.NDArray[np.int64]]
    same: list[set[str]]
    steps: dict[str, Explained]
    sloped: dict[str, bool]


def find_artefacts(
    points: Points,
    cluster: npt.NDArray[np.int64],
    k: int,
    circumstances: dict[str, Circumstance],
    measured: dict[str, Floats],
    seed: int,
) -> Artefacts:
    """Look for clusters that a circumstance has made.

    Parameters
    ----------
    points : Points
        The n embeddings as they were clustered.
    cluster : ndarray of int64, shape (n,)
        Cluster of each image, by ascending id; as all that follows.
    k : int
        Clusters, empty ones included.
    circumstances : dict of str to Circumstance
    measured : dict of str to ndarray of float64, shape (n,)
        Mean grey level (``"brightness"``) and log focus (``"blur"``); NaN where not known.
    seed : int
        For the images of a level that are looked at.
    """
    lives = {}
    for what, circumstance in circumstances.items():
        units = circumstances["sample"] if what in OF_SAMPLES else circumstance
        lives[what] = concentration(cluster, circumstance, units, k)
    instrument = circumstances["instrument"]
    lights = {
        what: {
            name: light_by_instrument(measured[name], cluster, circumstances[what], instrument, k)
            for name in OF_IMAGES
        }
        for what in OF_SAMPLES
    }
    alone = {what: lives[what].alone(_main(circumstances[what], instrument)) for what in OF_SAMPLES}
    residuals, means = zip(*(residuals_of(measured[q], cluster, k) for q in OF_IMAGES), strict=True)
    by_file, residuals_by_file = np.empty_like(cluster), np.empty((len(residuals), len(cluster)))
    by_file[points.order] = cluster
    residuals_by_file[:, points.order] = residuals
    added = moments(points, by_file, k, residuals_by_file)
    del residuals_by_file, residuals
    stand_out = beyond_chance(points, cluster, k, [measured[q] for q in OF_IMAGES], seed)
    sloped = dict(zip(OF_IMAGES, stand_out.tolist(), strict=True))
    steps = {
        name: explained(added, slope * sloped[name], mean, lights["sample"][name].within)
        for name, slope, mean in zip(OF_IMAGES, added.slopes, means, strict=True)
    }
    same = [_told_better(lives, number) for number in range(k)]
    gains, twins = {}, {}
    for what in OF_SAMPLES:
        gains[what], twins[what] = _displaced(points, cluster, lives[what], same, added, seed)
    return Artefacts(added, lives, lights, alone, gains, twins, same, steps, sloped)


def _main(circumstance: Circumstance, instrument: Circumstance) -> npt.NDArray[np.int64]:
    """Return the instrument of most images of each level: its place among the names, plus 1."""
    return contingency(instrument.level + 1, circumstance, len(instrument.names) + 1).argmax(axis=0)


def cases(found: Artefacts) -> list[Case]:
    """Return what is known of each cluster's circumstances, ready for its flags."""
    made = []
    for number, images in enumerate(found.moments.sizes):
        lives = {what: found.lives[what] for what in OF_SAMPLES}
        made.append(
            Case(
                images=int(images),
                lives_in={
                    what: (float(it.excess[number]), float(it.p[number]))
                    for what, it in lives.items()
                },
                displaced={
                    what: float(found.gains[what][it.top[number]])
                    for what, it in lives.items()
                    if it.top[number] >= 0
                },
                alone=found.same[number],
                pictures={name: bool(it.explains[number]) for name, it in found.steps.items()},
            )
        )
    return made


def _told_better(lives: dict[str, Concentration], number: int) -> set[str]:
    """Return the circumstances that say of a cluster what another says better.

    A level of the same images as that of an earlier circumstance (the only sample of a day)
    adds nothing. Where the cluster lives in a sample, so it does in its day: the sample tells it
    better if it has nearly all of the day's images of the cluster (`NEARLY`).
    """
    better: set[str] = set()
    kept: list[npt.NDArray[np.int64]] = []
    for what in OF_SAMPLES:
        found = lives[what]
        if found.top[number] < 0:
            continue
        column = found.counts[:, found.top[number]]
        if any(np.array_equal(column, other) for other in kept):
            better.add(what)
        kept.append(column)
    day, sample = lives["day"], lives["sample"]
    if "sample" not in better and all(
        lives_in(it.excess[number], it.p[number]) for it in (day, sample)
    ):
        better.add("day" if sample.share[number] >= NEARLY * day.share[number] else "sample")
    return better


def _displaced(
    points: Points,
    cluster: npt.NDArray[np.int64],
    found: Concentration,
    same: list[set[str]],
    added: Moments,
    seed: int,
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the gain of each level in which a cluster lives, and the twins of such clusters."""
    gains = np.full(len(found.circumstance.names), np.nan)
    twins = np.full(len(found.top), -1)
    lives = [
        lives_in(excess, p) and found.circumstance.what not in better
        for excess, p, better in zip(found.excess, found.p, same, strict=True)
    ]
    for level in np.unique(found.top[lives]):
        images = np.flatnonzero(found.circumstance.level == level)
        if len(images) > DRAWN:
            drawn = np.random.default_rng([seed, 31, int(level)])
            images = np.sort(drawn.choice(images, DRAWN, replace=False))
        rows, own = points.take(points.order[images]).astype(np.float64), cluster[images]
        back, shared = _step_back(rows, own, found.counts[:, level], added)
        if back is None:
            continue
        gains[level] = back.gain
        for number in np.flatnonzero(lives & (found.top == level)):
            targets = back.target[own == number]
            if len(targets):
                twins[number] = shared[np.bincount(targets).argmax()]
    return gains, twins


def _step_back(
    rows: Floats,
    own: npt.NDArray[np.int64],
    of_level: npt.NDArray[np.int64],
    added: Moments,
) -> tuple[Displacement | None, npt.NDArray[np.int64]]:
    means, shared = means_without(added.sums, added.sizes, rows, own, of_level)
    others = added.sizes.sum() - of_level.sum()
    if not len(shared) or not others:
        return None, shared
    mean = (added.sums.sum(axis=0) - rows.mean(axis=0) * of_level.sum()) / others
    return displacement(rows, means, mean), shared

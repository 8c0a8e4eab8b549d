"""The tables of the stage `trust`, as text for people and programs."""

from collections.abc import Iterable, Sequence
from dataclasses import fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston.trust.artefacts import Artefacts
from seston.trust.circumstances import OF_SAMPLES
from seston.trust.flags import DISPLACED
from seston.trust.kmeans_density import Overlap
from seston.trust.profile import Profile
from seston.tsv import as_tsv

STRANGEST = ("rank", "image_id", "sample", "cluster", "distance", "distance_percentile", "why")
ODD = (
    "what", "level", "images", "own_clusters", "share_in_own_clusters", "brightness_difference",
    "brightness_z", "focus_ratio", "focus_z", "displaced", "flags",
)  # fmt: skip


def cluster_lines(about: Profile, found: Artefacts, held: Sequence[Sequence[str]]) -> str:
    """Return clusters.tsv: one row per cluster, also of empty ones."""
    total = max(1, int(about.images.sum()))
    figures = [field.name for field in fields(Profile)][1:]
    header = ["cluster", "images", "share", *figures]
    for what in found.lives:
        header += [f"{what}_excess", f"{what}_top", f"{what}_top_share", f"{what}_p"]
    rows = []
    for number, images in enumerate(about.images.tolist()):
        row: list[object] = [number, images, images / total]
        row += [getattr(about, name)[number] for name in figures]
        for it in found.lives.values():
            top = it.top[number]
            row += [it.excess[number], it.circumstance.names[top] if top >= 0 else ""]
            row += [it.share[number] if top >= 0 else np.nan, it.p[number]]
        rows.append([*row, _twin(found, number), ";".join(held[number])])
    return as_tsv([*header, "twin", "flags"], rows)


def circumstance_lines(found: Artefacts) -> str:
    """Return circumstances.tsv: one row per day, sample, group and instrument.

    `own_clusters` are those of which the level holds half or more; `displaced` is the gain of
    the step back, asked where a cluster lives in the level.
    """
    rows = []
    for what in OF_SAMPLES:
        lives, lights = found.lives[what], found.lights[what]
        bright, blur = lights["brightness"], lights["blur"]
        for level, name in enumerate(lives.circumstance.names):
            counts, mine = lives.counts[:, level], lives.own[:, level]
            codes = {
                "odd_light": bright.odd[level],
                "odd_focus": blur.odd[level],
                "displaced": found.gains[what][level] >= DISPLACED,
                "alone": found.alone[what][level],
            }
            rows.append(
                [
                    what, name, counts.sum(), mine.sum(), lives.in_own[level],
                    bright.difference[level], bright.z[level],
                    np.exp(blur.difference[level]), blur.z[level], found.gains[what][level],
                    ";".join(code for code, holds in codes.items() if holds),
                ]
            )  # fmt: skip
    return as_tsv(ODD, rows)


def strangest_lines(
    images: pa.Table, percentile: npt.NDArray[np.float32], why: Sequence[str]
) -> str:
    """Return strangest.tsv, of images in the order of their ranks."""
    columns = [images[name].to_pylist() for name in STRANGEST[1:5]]
    ranks = range(1, len(images) + 1)
    return as_tsv(STRANGEST, zip(ranks, *columns, percentile, why, strict=True))


def overlap_lines(pairs: Iterable[Overlap]) -> str:
    """Return kmeans_density.tsv."""
    return as_tsv(Overlap._fields, pairs)


def _twin(found: Artefacts, number: int) -> str:
    """Return the cluster to which the step back brings this one, if a level is displaced."""
    for what in OF_SAMPLES:
        top, twin = found.lives[what].top[number], found.twins[what][number]
        if twin >= 0 and found.gains[what][top] >= DISPLACED:
            return str(twin)
    for step in found.steps.values():
        if step.explains[number]:
            return str(step.neighbour[number])
    return ""

"""What is said against a cluster, and from which figure on."""

from dataclasses import dataclass

import numpy as np

from seston.trust.duplicates import TWIN
from seston.trust.light import FAR
from seston.trust.moments import ALONG, APART

#: Fewer images than fill two rows of a mosaic: shares and trends of it mean little.
TINY = 10
#: Hennig (2007): a cluster whose mean Jaccard index is below 0.6 should not be relied on.
UNSTABLE = 0.6
#: Root mean square distance, over that of all images: so wide, a cluster says almost nothing.
LOOSE = 0.8
#: Share of images with a twin; by chance 1 % have one (see `duplicates`).
DUPLICATES = 0.2
#: Of a cluster's images at one level, corrected for what the level has of all images: most.
EXCESS = 0.5
#: False discoveries among the clusters of one circumstance.
FDR = 0.05
#: Gain of the step back, from which on a level counts as displaced. Days of a real lake, as they
#: are, reach 0.08; days that are nine tenths one kind of their own 0.13; a day so much
#: brightened that it has a cluster of its own 0.3 to 0.65 in 17 to 19 of 20 cases
#: (`benchmarks/confounding.py`).
DISPLACED = 0.25

THRESHOLDS = {
    "tiny": TINY,
    "unstable": UNSTABLE,
    "loose": LOOSE,
    "near_duplicates": DUPLICATES,
    "twin": TWIN,
    "excess": EXCESS,
    "false_discoveries": FDR,
    "displaced": DISPLACED,
    "along": ALONG,
    "apart": APART,
    "odd_light": FAR,
}

#: Each code with the sentence that the report shows.
FLAGS = {
    "empty": "No image belongs to this cluster.",
    "tiny": "Fewer than 10 images: its shares and trends mean little.",
    "unstable": "Clustering resampled images does not find this cluster again.",
    "loose": "Its images are nearly as different from each other as all images are.",
    "near_duplicates": "A fifth or more of its images have an almost identical twin: perhaps"
    " one particle stuck in the instrument, or one organism taken again and again.",
    "one_day": "It lives in one day, more than the patchiness of the other clusters explains:"
    " a short bloom, or something that was different on that day.",
    "one_sample": "It lives in one sample, more than the patchiness of the other clusters"
    " explains: a real patch, or something that was different in that sample.",
    "one_group": "It lives in one group of samples, more than the scatter of samples explains.",
    "one_instrument": "It lives in one instrument, more than the scatter of samples explains:"
    " the instrument, not the organism, may have made it.",
    "split_by_day": "All kinds of that day lie apart from their like on other days by the same"
    " step: the pictures of the day differ, and the cluster is not a kind of its own.",
    "split_by_sample": "All kinds of that sample lie apart from their like in other samples by"
    " the same step: the pictures of the sample differ; the cluster is not a kind of its own.",
    "split_by_group": "All kinds of that group lie apart from their like in other groups by the"
    " same step: the pictures of the group differ, and the cluster is not a kind of its own.",
    "split_by_instrument": "All kinds of that instrument lie apart from their like in others by"
    " the same step: the instrument made the cluster.",
    "brightness": "It differs from a neighbouring cluster mostly in how light the pictures are.",
    "blur": "It differs from a neighbouring cluster mostly in how sharp the pictures are.",
}


#: Codes of days, samples, groups and instruments, with their sentences.
ODD = {
    "odd_light": "Kind for kind, its pictures are lighter or darker than the others'.",
    "odd_focus": "Kind for kind, its pictures are sharper or less sharp than the others'.",
    "displaced": "All its kinds lie apart from their like elsewhere by the same step: its pictures"
    " differ, not only its organisms.",
    "alone": "Hardly any of its images are in clusters that it shares with others: one kind alone,"
    " or pictures unlike all others.",
}


@dataclass(frozen=True)
class Case:
    """What is known of one cluster; numbers are NaN where they do not apply.

    Attributes
    ----------
    lives_in : dict of str to (float, float)
        Excess and p of each circumstance of samples.
    displaced : dict of str to float
        Gain of the step back, where it was asked.
    alone : set of str
        Circumstances whose top level says nothing that another does not say better: a day with
        one sample only, or the sample of that day.
    pictures : dict of str to bool
        Whether brightness (blur) explains its distance to a neighbour.
    """

    images: int
    lives_in: dict[str, tuple[float, float]]
    displaced: dict[str, float]
    alone: set[str]
    pictures: dict[str, bool]
    stability: float = np.nan
    compactness: float = np.nan
    near_duplicates: float = np.nan


def flags_of(case: Case) -> list[str]:
    """Return the codes that hold for a cluster, in the order of `FLAGS`."""
    if case.images == 0:
        return ["empty"]
    held = {
        "tiny": case.images < TINY,
        "unstable": case.stability < UNSTABLE,
        "loose": case.compactness > LOOSE,
        "near_duplicates": case.near_duplicates >= DUPLICATES,
    }
    for what, (excess, p) in case.lives_in.items():
        lives = lives_in(excess, p)
        held[f"one_{what}"] = lives and what not in case.alone
        held[f"split_by_{what}"] = (
            held[f"one_{what}"] and case.displaced.get(what, -np.inf) >= DISPLACED
        )
    held |= case.pictures
    return [code for code in FLAGS if held.get(code, False)]


def lives_in(excess: float, p: float) -> bool:
    """Whether a cluster lives at one level, beyond chance."""
    return bool(excess >= EXCESS and p <= FDR)


def shares(flags: list[list[str]]) -> dict[str, float]:
    """Return the share of clusters that carry each code."""
    return {code: float(np.mean([code in held for held in flags])) for code in FLAGS}

"""Which classes are learned: some merged, some left out."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.errors import SestonError

EXCLUDED = "excluded"


def merge_classes(words: pd.DataFrame, merge: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the labels with ``class``, what each is called after merging.

    Parameters
    ----------
    words : pandas.DataFrame
        See `seston.labels.words`.
    merge : mapping of str to sequence of str
        The labels that are called by a new name.

    Raises
    ------
    SestonError
        With all names that no label has.
    """
    given = sorted(set(words["label"]))
    _refuse(
        f"labels.merge: {new}: nobody labelled anything {old!r}{_nearest(old, given)}"
        for new, olds in merge.items()
        for old in olds
        if old not in given
    )
    new_name = {old: new for new, olds in merge.items() for old in olds}
    return words.assign(**{"class": words["label"].map(lambda name: new_name.get(name, name))})


def exclude_classes(words: pd.DataFrame, exclude: Sequence[str]) -> pd.DataFrame:
    """Return the labels, those of excluded classes marked.

    Raises
    ------
    SestonError
        With all names that no class has after merging.
    """
    known = sorted(set(words["class"]))
    merged = dict(zip(words["label"], words["class"], strict=True))
    _refuse(
        f"labels.exclude: {name!r} is merged into {merged[name]!r}: exclude that instead"
        if name in merged
        else f"labels.exclude: nobody labelled anything {name!r}{_nearest(name, known)}"
        for name in exclude
        if name not in known
    )
    return mark(words, words["class"].isin(exclude), EXCLUDED)


def mark(words: pd.DataFrame, out: pd.Series, why: str) -> pd.DataFrame:
    """Return the labels, these left out, unless they are already."""
    return words.assign(why=words["why"].mask(out & (words["why"] == ""), why))


def leave_out_few(words: pd.DataFrame, images: Mapping[str, int], few: int) -> pd.DataFrame:
    """Return the labels, those of classes of fewer than `few` images marked.

    Raises
    ------
    SestonError
        If less than two classes are left.
    """
    rare = [name for name, count in images.items() if count < few]
    if len(images) - len(rare) < 2:
        counted = ", ".join(f"{name} {count}" for name, count in images.items()) or "none"
        raise SestonError(
            f"classes with at least labels.few ({few}) labelled images: {len(images) - len(rare)},"
            f" but two are needed to learn (labelled images: {counted}); label more, or lower"
            " labels.few"
        )
    return mark(words, words["class"].isin(rare), f"class of fewer than {few} labelled images")


def count_images(codes: npt.NDArray[np.int64], classes: Sequence[str]) -> dict[str, int]:
    """Return how many images are of each class, also of none; those of code -1 count for none."""
    counts = np.bincount(codes[codes >= 0], minlength=len(classes))
    return dict(zip(classes, counts.tolist(), strict=True))


def _refuse(mistakes: Iterable[str]) -> None:
    told = list(mistakes)
    if told:
        raise SestonError("config: " + "\n        ".join(told))


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    some = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return f"; known here: {some or '-'}"

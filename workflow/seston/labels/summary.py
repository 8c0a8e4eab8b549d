"""The labels in numbers: how many of what, by whom, and what is left out."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from seston.labels.agreement import krippendorff_alpha
from seston.labels.classes import count_images
from seston.labels.manifest import Labelled
from seston.labels.votes import kept_by


def summarise(found: Labelled, out: pd.DataFrame, way: str) -> dict[str, Any]:
    """Return in numbers what is learned and what is not, and notes for people.

    Parameters
    ----------
    found : Labelled
    out : pandas.DataFrame
        The labels that are left out, with ``why``.
    way : str
        What counts of several labels.

    Returns
    -------
    dict
        ``organisms``; ``classes`` with ``images`` (of most votes) and ``units`` of each;
        ``annotators`` with their labels; of images with several labels ``several``, ``disagree``
        and ``undecided`` (as many votes for two classes), and Krippendorff's ``alpha``;
        ``left_out`` by reason; ``unit``, ``units`` and ``folds``; ``notes``.
    """
    images = count_images(found.codes, found.classes)
    homes = [len(np.unique(found.units[found.votes[:, k] > 0])) for k in range(len(found.classes))]
    alone = [name for name, home in zip(found.classes, homes, strict=True) if home == 1]
    labels = (found.said >= 0).sum(axis=0).tolist()
    several = (found.said >= 0).sum(axis=1) > 1
    differ = ~kept_by(found.said, "agreed", found.annotators)[0]
    alpha = krippendorff_alpha(found.said, len(found.classes))
    notes = []
    if alone:
        notes.append(f"in one {found.kind} only, so never judged by others: {', '.join(alone)}")
    notes += [f"written in several ways: {', '.join(names)}; labels.merge can make them one"
              for names in _alike(found.classes)]  # fmt: skip
    return {
        "organisms": len(found),
        "classes": {name: {"images": images[name], "units": home}
                    for name, home in zip(found.classes, homes, strict=True)},
        "annotators": dict(zip(found.annotators, labels, strict=True)),
        "way": way,
        "several": int(several.sum()),
        "disagree": int(differ.sum()),
        "undecided": int((found.codes < 0).sum()),
        "alpha": alpha if np.isfinite(alpha) else None,
        "left_out": {str(why): int(count) for why, count in out["why"].value_counts().items()},
        "unit": found.kind,
        "units": len(found.unit_names),
        "folds": int(found.folds.max()) + 1,
        "notes": notes,
    }  # fmt: skip


def _alike(classes: Sequence[str]) -> list[list[str]]:
    """Return classes whose names differ only in capitals, blanks, hyphens or underscores."""
    groups: dict[str, list[str]] = {}
    for name in classes:
        groups.setdefault(re.sub(r"[\s_-]+", "", name).casefold(), []).append(name)
    return [names for names in groups.values() if len(names) > 1]

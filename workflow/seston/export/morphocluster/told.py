"""All that an import did and could not do, one line each."""

from collections.abc import Iterator

import numpy as np

from seston.export.morphocluster.fitted import OUTSIDE, UNNAMED, Fitted

COLUMNS = ("what", "cluster", "node_id", "image_id", "images", "share", "name")
Line = tuple[str, object, object, object, object, object, str]


def of_clusters(fitted: Fitted, names: list[str], before: dict[int, str]) -> Iterator[Line]:
    """Yield what became of each cluster.

    Parameters
    ----------
    fitted : Fitted
    names : list of str, length K
    before : dict of int to str
        The names that clusters had.
    """
    inside = fitted.inside
    for cluster, given in enumerate(fitted.given.tolist()):
        of = fitted.counts[cluster]
        had = before.get(cluster, "")
        if given == OUTSIDE:
            if fitted.outside[cluster]:
                lost = int(fitted.outside[cluster])
                yield "cluster_not_in_tree", cluster, None, None, lost, None, had
            continue
        if given >= 0:
            share = of[given] / inside[cluster]
            yield "cluster_named", cluster, None, None, int(of[given]), share, names[given]
        if had and (given == UNNAMED or names[given] != had):
            yield "name_taken_away", cluster, None, None, None, None, had
        for name in np.flatnonzero(of).tolist():
            if name != given:
                share = of[name] / inside[cluster]
                yield "images_labelled", cluster, None, None, int(of[name]), share, names[name]
        if fitted.unnamed[cluster]:
            many = int(fitted.unnamed[cluster])
            yield "without_name", cluster, None, None, many, many / inside[cluster], ""
        if fitted.outside[cluster]:
            yield "not_in_tree", cluster, None, None, int(fitted.outside[cluster]), None, ""

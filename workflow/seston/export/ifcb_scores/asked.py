"""What a run needs for class scores of IFCB bins, told before anything runs.

Read at every start of Snakemake, so nothing heavy is imported.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from seston.errors import SestonError

INSTRUMENT = "ifcb"


def require_ifcb_classes(config: Mapping[str, Any], instruments: Iterable[str]) -> None:
    """Raise `SestonError` without a classifier, or without samples of an IFCB.

    Parameters
    ----------
    config : mapping
        The settings with all defaults.
    instruments : iterable of str
        Of the samples.
    """
    if config["classify"]["head"] == "none":
        raise SestonError(
            "config: ifcb_scores asks for the scores of a classifier, but classify.head is 'none';"
            " set classify.head to 'linear' and give labels (docs/semi-supervised.md)"
        )
    found = set(instruments)
    if INSTRUMENT not in found:
        raise SestonError(
            "ifcb_scores asks for the scores of IFCB bins, but all samples of the sheet are of"
            f" {' and '.join(sorted(found)) or 'no instrument'}"
        )

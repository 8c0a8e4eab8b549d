"""Stage `rename`: names carried over from an earlier clustering, for people to check."""

import logging
from pathlib import Path

from seston.errors import SestonError
from seston.naming.clusterings import clustering_of_run, recorded_sizes
from seston.naming.names import read_names
from seston.naming.proposal import mapping_path, write_proposal

log = logging.getLogger("seston")


def rename(
    names: Path,
    /,
    *,
    old: Path,
    results: Path = Path("results"),
    out: Path = Path("proposed_names.tsv"),
) -> None:
    """Carry the names of clusters over to another clustering, by the images in common.

    Writes the proposed names, each with status `predicted` and what speaks for it, and
    beside them the whole mapping. Check them, then set `cluster.names` to the file.

    Parameters
    ----------
    names : Path
        The names of the earlier clustering.
    old : Path
        Results folder of the run whose clusters were named; it may be the same folder.
    results : Path
        Results folder of the run whose clusters are to be named.
    out : Path
        The names to write; the mapping is written beside it.
    """
    given = read_names(names, recorded_sizes(old / "clusterings"))
    after = clustering_of_run(results)
    if given.is_of(after.fingerprint):
        raise SestonError(
            f"{names}: these names are of the clustering of {results} already; set cluster.names to"
            " the file"
        )
    before = clustering_of_run(old, given.clustering)
    log.info("%s", write_proposal(given, before, after, out))
    log.info("how they were found: %s", mapping_path(out))

"""Stage `names`: what each cluster of a run is called."""

import logging
from pathlib import Path
from typing import NoReturn

import pandas as pd

from seston.errors import SestonError
from seston.naming.clusterings import (
    Clustering,
    find_record,
    read_assigned,
    recorded_sizes,
    write_record,
)
from seston.naming.names import ClusterNames, read_names
from seston.naming.proposal import mapping_path, write_proposal
from seston.naming.table import name_table, read_coarse
from seston.tsv import write_tsv

log = logging.getLogger("seston")


def name_clusters(
    *,
    kmeans: Path,
    coarse: Path,
    clusters_dir: Path,
    shards: list[str],
    clusterings: Path,
    proposed: Path,
    named: Path,
    names: Path | None = None,
) -> None:
    """Write down which cluster has which name, and keep a record of the clustering.

    The names must be of this very clustering. If they are of an earlier one of which a
    record was kept, names for the new clusters are proposed, and the run stops for a person
    to check them.

    Parameters
    ----------
    kmeans : Path
        The report of the k-means stage.
    coarse : Path
        The table of coarse groups.
    clusters_dir : Path
        Folder with one table of clusters per shard.
    shards : list of str
        Names of the shards.
    clusterings : Path
        Folder for the records of all clusterings of this results folder.
    proposed : Path
        Written if the names are of another clustering: names for this one, to be checked.
        Beside it, `cluster_names_form.tsv` is the table without names.
    named : Path
        Written: one row per cluster.
    names : Path, optional
        The user's names.
    """
    run = read_assigned(kmeans, clusters_dir, shards)
    write_record(run, clusterings)
    groups = read_coarse(coarse, run.k)
    given = read_names(names, recorded_sizes(clusterings)) if names else None
    if given and given.rows and not given.is_of(run.fingerprint):
        form = _form(name_table(None, groups, run.fingerprint), run, proposed)
        _offer(given, run, clusterings, proposed, form)
    if given:
        log.info("names: %d of %d clusters have one", len(given.rows), run.k)
    write_tsv(dict(name_table(given, groups, run.fingerprint)), named)


def _form(table: pd.DataFrame, run: Clustering, proposed: Path) -> Path:
    """Write the table of names to fill in, unless somebody has begun to; return its path."""
    form = proposed.with_name("cluster_names_form.tsv")
    begun = read_names(form) if form.exists() else None
    if begun and begun.rows and not begun.is_of(run.fingerprint):
        raise SestonError(
            f"{form} has names of clustering {begun.clustering[:12]}, but this run has"
            f" {run.fingerprint[:12]}; move it to a place outside of the results"
        )
    if not (begun and begun.rows):
        write_tsv(dict(table), form)
    return form


def _offer(
    given: ClusterNames, new: Clustering, clusterings: Path, proposed: Path, form: Path
) -> NoReturn:
    """Propose names for the new clusters if that can be done, and raise `SestonError`."""
    about = (
        f"{given.path}: found names of clustering {given.clustering[:12]}, but this run has"
        f" clustering {new.fingerprint[:12]}, where the same numbers are other clusters (tables"
        f" and report in {clusterings.parent} are still those of the earlier clustering, if they"
        " were made); "
    )
    fill = f"fill in {form}, copy it to a place outside of the results and set cluster.names to it"
    instead = "or set cluster.frozen to the earlier run's results folder to keep its clusters"
    old = find_record(clusterings, given.clustering)
    if old is None:
        raise SestonError(
            f"{about}carry the names over by: python -m seston rename {given.path} --old"
            f" <results folder of the earlier run> --results {clusterings.parent} --out"
            f" <new table of names>, or {fill}, {instead}"
        )
    if proposed.exists() and read_names(proposed).is_of(new.fingerprint):
        told = f"{proposed} has names for it from an earlier start"
    else:
        try:
            told = write_proposal(given, old, new, proposed)
        except SestonError as error:
            raise SestonError(f"{about}{error}; or {fill}") from error
    raise SestonError(
        f"{about}{told} (how they were found: {mapping_path(proposed)}); check them, copy the file"
        f" to a place outside of the results and set cluster.names to it, {instead}"
    )

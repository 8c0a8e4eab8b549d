"""Command `import-morphocluster`: a sorted and named tree as names of clusters and as labels."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
from cyclopts import Parameter
from cyclopts.validators import Number

from seston import store
from seston.errors import SestonError
from seston.export.morphocluster import told
from seston.export.morphocluster.fitted import OUTSIDE, Fitted, apart, fit
from seston.export.morphocluster.named import Named
from seston.export.morphocluster.spelling import require_spelling
from seston.export.morphocluster.tree_back import Sorted, read_tree
from seston.labels.table import COLUMNS as LABEL_COLUMNS
from seston.labels.table import TAKEN
from seston.naming.clusterings import Clustering, clustering_of_run
from seston.naming.names import ClusterNames, read_names
from seston.naming.rows import COLUMNS
from seston.tsv import as_tsv, write_tsv

log = logging.getLogger("seston")


def import_morphocluster(
    tree: Path,
    /,
    *,
    results: Path = Path("results"),
    names: Path = Path("names.tsv"),
    labels: Path = Path("labels.tsv"),
    share: Annotated[float, Parameter(validator=Number(gte=0.5, lt=1))] = 0.5,
    every: bool = False,
    annotator: str = "",
) -> None:
    """Take the names of a tree that was sorted in MorphoCluster as names of clusters.

    A node without a name goes by the nearest above it that has one; the name of the root is
    passed over. Images whose name is not that of their cluster get a label each. Beside the names
    stands a list of all that was done and of what did not fit. Set `cluster.names` and
    `labels.file` to the tables.

    Parameters
    ----------
    tree : Path
        The archive that MorphoCluster exported.
    results : Path
        Results folder of the run that it is of.
    names : Path
        The names of all clusters to write.
    labels : Path
        The labels to write, if there are any.
    share : float
        A cluster is named if more than this share of its images that are in the tree have the name.
    every : bool
        Write a label of every image that has a name.
    annotator : str
        Who sorted it.
    """
    report = names.with_name(f"{names.stem}_import.tsv")
    for path in (names, labels, report):
        if path.exists():
            raise SestonError(f"{path} is there already; move it away, or give another name")
    run = clustering_of_run(results)
    before = _names_of_run(results, run)
    back = read_tree(tree)
    named = Named.of(back, run, tree)
    clusters = run.images["cluster"].to_numpy().astype(np.int64)
    fitted = fit(clusters, named.codes, run.k, len(named.names), share)
    had = {row.cluster: row.name for row in before.rows}
    outside = np.flatnonzero(fitted.given == OUTSIDE).tolist()
    kept = {had[cluster]: "" for cluster in outside if cluster in had}
    require_spelling(tree, named.nodes | kept)
    chosen = named.codes >= 0 if every else apart(clusters, named.codes, fitted)
    lines = [*told.of_clusters(fitted, named.names, had), *_left_over(back, named)]
    write_tsv(_names_table(fitted, named.names, before, run.fingerprint, annotator), names)
    if chosen.any():
        ids = run.images["image_id"].filter(pa.array(chosen)).to_pylist()
        said = [named.names[code] for code in named.codes[chosen].tolist()]
        # What the tree said before anybody sorted it counts only where somebody approved of it.
        seen = [
            pure or name != had.get(cluster)
            for name, cluster, pure in zip(
                said, clusters[chosen].tolist(), named.approved[chosen].tolist(), strict=True
            )
        ]
        store.write_text(as_tsv(LABEL_COLUMNS, _label_rows(ids, said, seen, annotator)), labels)
    store.write_text(as_tsv(told.COLUMNS, lines), report)
    _tell(fitted, named, int(chosen.sum()), names, labels, report)


def _names_of_run(results: Path, run: Clustering) -> ClusterNames:
    before = read_names(results / "tables" / "cluster_names.tsv")
    if before.rows and not before.is_of(run.fingerprint):
        raise SestonError(
            f"{before.path} names clustering {before.clustering[:12]}, but {results} holds"
            f" {run.fingerprint[:12]}; run the workflow again first"
        )
    return before


def _names_table(
    fitted: Fitted, names: list[str], before: ClusterNames, clustering: str, annotator: str
) -> Mapping[str, list[object]]:
    """Return the table of names; what is as it was keeps its row."""
    rows = {row.cluster: row for row in before.rows}
    table: dict[str, list[object]] = {name: [] for name in (*COLUMNS, *before.more)}
    for cluster, given in enumerate(fitted.given.tolist()):
        row = rows.get(cluster)
        name = names[given] if given >= 0 else ""
        cells: dict[str, object] = dict.fromkeys(table, "")
        cells |= {"clustering": clustering, "cluster": cluster}
        if row and (given == OUTSIDE or name == row.name):
            cells |= {"name": row.name, "aphia_id": row.aphia_id or "", "status": row.status}
            cells |= {"annotator": row.annotator, "time": row.time} | row.more
        elif name:
            cells |= {"name": name, "status": TAKEN, "annotator": annotator}
        for column, cell in cells.items():
            table[column].append(cell)
    return table


def _label_rows(
    ids: list[str], labels: list[str], seen: list[bool], annotator: str
) -> Iterator[tuple[str, str, str, str, str]]:
    for image, label, looked_at in zip(ids, labels, seen, strict=True):
        yield image, label, TAKEN if looked_at else "predicted", annotator, ""


def _left_over(back: Sorted, named: Named) -> Iterator[told.Line]:
    """Yield what of a tree could not be taken."""
    root = back.root
    for node, name in sorted(back.names.items()):
        if node == root:
            yield "name_of_root", None, node, None, None, None, name
        elif node not in named.used:
            yield "name_of_no_image", None, node, None, None, None, name
    by = back.naming()
    unknown = np.flatnonzero(named.unknown)
    ids = back.objects.take(pa.array(unknown)).to_pylist()
    for image, node in zip(ids, back.nodes[unknown].tolist(), strict=True):
        name = back.names[by[node]] if node in by else ""
        yield "image_not_of_run", None, node, image, None, None, name
    if back.rejected:
        yield "rejected_objects", None, None, None, back.rejected, None, ""


def _tell(
    fitted: Fitted, named: Named, labelled: int, names: Path, labels: Path, report: Path
) -> None:
    log.info(
        "%s: %d of %d clusters have a name from the tree; set cluster.names to it",
        names, (fitted.given >= 0).sum(), len(fitted.given),
    )  # fmt: skip
    if labelled:
        log.info("%s: labels of %d images; add it to labels.file", labels, labelled)
    log.info(
        "%s: all that was done; not taken: %d objects that are not of this run, %d images without"
        " a name, %d images that are not in the tree",
        report, named.unknown.sum(), fitted.unnamed.sum(), fitted.outside.sum(),
    )  # fmt: skip

"""Command `suggest`: which images to label next."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.classify.worth import choose, quotas
from seston.errors import SestonError
from seston.labels.manifest import KIND, read_labelled
from seston.labels.table import read_label_rows
from seston.search.lookup import Lookup, chosen_model
from seston.tsv import write_tsv

log = logging.getLogger("seston")

#: Who says so, in the table; and what is said where nothing was learned yet.
ANNOTATOR, UNKNOWN = "seston", "unknown"
COLUMNS = ["image_id", "label", "status", "annotator", "utc", "rank", "cluster", "probability",
           "uncertainty"]  # fmt: skip


def suggest(
    results: Path,
    /,
    *,
    n: int = 200,
    labels: list[Path] | None = None,
    out: Path = Path("suggested.tsv"),
    seed: int = 1,
) -> None:
    """Propose images to label next: uncertain, unlike each other, from all clusters.

    Writes a table of labels with the status *predicted*, which the workflow does not learn from.
    ``python -m seston label RESULTS --labels OUT`` shows them as such, to be confirmed or
    corrected. Before there is a classifier, all images are equally uncertain: those that are
    proposed then stand for the clusters in all their variety.

    Parameters
    ----------
    results : Path
        Results folder of a finished run.
    n : int
        Images to propose.
    labels : list of Path, optional
        Tables of labels given since that run: their images are not proposed.
    out : Path
        The table to write; outside of the results, which the workflow writes anew.
    seed : int
        Of the choice among images of the same uncertainty.
    """
    if n < 1:
        raise SestonError(f"--n is {n}, expected 1 or more")
    if out.resolve().is_relative_to(results.resolve()):
        raise SestonError(f"{out} is in the results, which the workflow writes anew; give another")
    if out.exists():
        raise SestonError(f"{out} is there already; give another name (--out)")
    lookup = Lookup(chosen_model(results) / "embeddings", results / "index")
    images = store.read_table(
        results / "tables" / "images.parquet", "images", ["image_id", "cluster"]
    )
    ids = pa.chunked_array([lookup.rows.ids])
    store.require_same_ids(results / "index", ids, results / "tables", images["image_id"])
    said, probability, uncertainty = _said(results, ids)
    known = _labelled(results, labels or [], ids)
    cluster = images["cluster"].to_numpy().astype(np.int64)
    chosen = _chosen(lookup, cluster, uncertainty, known, n, np.random.default_rng(seed))
    columns = [
        ids.take(pa.array(chosen)).to_pylist(), said.take(pa.array(chosen)).to_pylist(),
        ["predicted"] * len(chosen), [ANNOTATOR] * len(chosen), [""] * len(chosen),
        range(1, len(chosen) + 1), cluster[chosen], probability[chosen], uncertainty[chosen],
    ]  # fmt: skip
    write_tsv(dict(zip(COLUMNS, columns, strict=True)), out)
    log.info(
        "%d images of %d clusters, of %d without a label: %s; look at them with\n"
        "    python -m seston label %s --labels %s",
        len(chosen), len(np.unique(cluster[chosen])), (~known).sum(), out, results, out,
    )  # fmt: skip


def _said(
    results: Path, ids: pa.ChunkedArray
) -> tuple[pa.Array, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return what each image is taken for, how probable that is, and how uncertain (0 to 1)."""
    path = results / "tables" / "predictions.parquet"
    if not path.is_file():
        log.info("%s is not there: without a classifier all images are equally uncertain", path)
        nothing = np.full(len(ids), np.nan)
        return pa.array([UNKNOWN] * len(ids)), nothing, np.ones(len(ids))
    table = store.read_table(path, "class_predictions")
    store.require_same_ids(path, table["image_id"], results / "index", ids)
    classes = sum(name.startswith("p_") for name in table.column_names)
    entropy = table["entropy"].to_numpy().astype(np.float64)
    share = np.clip(entropy / np.log(max(classes, 2)), 0, 1)
    return table["prediction"].combine_chunks(), table["corrected"].to_numpy(), share


def _labelled(results: Path, labels: list[Path], ids: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Return which images have a label already."""
    named = [row.image_id for path in labels for row in read_label_rows(path)]
    manifest = results / "classify" / f"{KIND}.parquet"
    if manifest.is_file():
        named += read_labelled(manifest).ids.to_pylist()
    return pc.is_in(ids, pa.array(named, pa.string())).to_numpy().astype(bool)


def _chosen(
    lookup: Lookup,
    cluster: npt.NDArray[np.int64],
    uncertainty: npt.NDArray[np.float64],
    known: npt.NDArray[np.bool_],
    n: int,
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Return the places of the chosen images, those of the most uncertain first."""
    open_ = np.flatnonzero(~known)
    wanted = quotas(cluster[open_], uncertainty[open_], n)
    found = [np.empty(0, np.int64)]
    for number in np.flatnonzero(wanted):
        mine = open_[cluster[open_] == number]
        near = np.flatnonzero(known & (cluster == number))
        rows, labelled = (lookup.rows.take(lookup.rows.order[some]) for some in (mine, near))
        found.append(mine[choose(rows, uncertainty[mine], labelled, int(wanted[number]), rng)])
    together = np.concatenate(found)
    return together[np.argsort(-uncertainty[together], kind="stable")]

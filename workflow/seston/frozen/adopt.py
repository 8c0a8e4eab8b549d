"""Stage `adopt`: model and clusters of an earlier run, taken over as they are."""

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seston import __version__, store
from seston.cluster.clustering import CENTROIDS, REPORT, SPACE, open_points
from seston.errors import SestonError
from seston.frozen.baseline import (
    baseline_table,
    beyond_the_others,
    left_out,
    scatter_between,
    write_scatter,
)
from seston.frozen.earlier import BASELINE, NAMES, TAIL, TREE, Earlier, read_earlier
from seston.frozen.far import draw_far, write_far
from seston.tsv import write_tsv

log = logging.getLogger("seston")

_SEED = 1  # which far images are kept where there are too many: no setting of this run's


def adopt(
    *,
    frozen: Path,
    size: int,
    model: Path,
    kmeans_dir: Path,
    tree_dir: Path,
    baseline: Path,
    far: Path,
    names: Path,
    adopted: Path,
) -> None:
    """Take over model and clusters of an earlier run, and note what was usual there.

    The files are copied byte by byte, so that clusters keep their numbers and names. If the
    earlier run was frozen itself, its baseline is kept: new data are always compared with the
    images that the clusters were made from.

    Parameters
    ----------
    frozen : Path
        Results folder of the earlier run.
    size : int
        Side of the tiles of this run, px.
    model : Path
        Written: the model that the earlier run chose.
    kmeans_dir : Path
        Folder for its centroids, their space and their report.
    tree_dir : Path
        Folder for its tree.
    baseline : Path
        Written: what distances are usual in each cluster.
    far : Path
        Written: the images that lay farthest from their centroids.
    names : Path
        Written: what the earlier run called its clusters.
    adopted : Path
        Written: where all this is from (JSON).
    """
    run = read_earlier(frozen, size)
    if model.resolve().is_relative_to(frozen.resolve()):
        raise SestonError(f"{model} lies in {frozen}, which it is to be taken from")
    copies = {run.of_model("model.safetensors"): model, frozen / NAMES: names}
    copies |= {
        run.of_model("kmeans", name): kmeans_dir / name for name in (CENTROIDS, SPACE, REPORT)
    }
    copies |= {run.of_model("tree", name): tree_dir / name for name in TREE}
    if run.adopted is None:
        told = _measure(run, baseline, far)
    else:
        copies |= {frozen / "frozen" / BASELINE: baseline, frozen / "frozen" / TAIL: far}
        told = run.adopted
    for source, target in copies.items():
        with store.atomic(target) as temporary:
            shutil.copyfile(source, temporary)
    told |= {"adopted_from": str(frozen), "version": __version__}
    store.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", adopted)
    log.info(
        "%d clusters of %d images up to %s, taken over from %s",
        told["k"], told["images"], told["latest"], frozen,
    )  # fmt: skip


def _measure(run: Earlier, baseline: Path, far: Path) -> dict[str, object]:
    """Write what was usual in the earlier run; return what is told of it."""
    images = _images(run)
    k, clustering = run.facts["k"], run.facts["fingerprint"]
    points, _, _ = open_points(
        run.of_model("embeddings"), list(run.facts["shards"]), run.of_model("kmeans"),
        run.folder / "segment",
    )  # fmt: skip
    if not points.ids.equals(images["image_id"].combine_chunks()):
        raise SestonError(
            f"{run.folder}: its table of images and its embeddings hold different images; run it"
            " again to its end"
        )
    cluster = images["cluster"].to_numpy().astype(np.int64)
    sizes = np.bincount(cluster, minlength=k)
    distance = left_out(images["distance"].to_numpy().astype(float), sizes[cluster])
    samples, sample = np.unique(images["sample"].to_numpy(), return_inverse=True)
    table = baseline_table(cluster, distance, sample, k)
    write_tsv(dict(table), baseline)
    # The image that is the limit counts as beyond here: it was so for all others.
    beyond = distance >= table["limit"].to_numpy()[cluster]
    write_far(draw_far(points, distance, beyond, _SEED)[0], clustering, far)
    counts = beyond_the_others(cluster, distance, sample, k)
    times = pc.min_max(images["datetime"]).as_py()
    return {
        "clustering": clustering,
        "model": run.header["fingerprint"],
        "chosen": run.model,
        "embeddings": run.facts["embeddings"],
        "clustered_in": str(run.folder),
        "k": k,
        "images": len(images),
        "samples": len(samples),
        "sample_names": samples.tolist(),
        "earliest": str(times["min"].date()),
        "latest": str(times["max"].date()),
        "scatter": {
            "samples": write_scatter(scatter_between(*(part.sum(axis=1) for part in counts))),
            "clusters": write_scatter(scatter_between(*counts)),
        },
    }


def _images(run: Earlier) -> pa.Table:
    path = run.folder / "tables" / "images.parquet"
    columns = ["image_id", "sample", "datetime", "cluster", "distance"]
    images = store.read_table(path, "images", columns)
    of = store.metadata(images.schema).get("clusters")
    if of != run.facts["fingerprint"] or not len(images):
        raise SestonError(
            f"{path} ({len(images)} images) is of clustering {str(of)[:12]}, but"
            f" {run.of_model('kmeans', REPORT)} of {run.facts['fingerprint'][:12]}; run the earlier"
            " run again to its end"
        )
    return images

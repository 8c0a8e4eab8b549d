"""A few organisms of each cluster with their crops, for mosaics."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston import store
from seston.crops import read_crops
from seston.id_order import in_order
from seston.schemas import EXAMPLES

log = logging.getLogger("seston")

KINDS = ("typical", "random", "edge")


def choose(
    cluster: npt.NDArray[np.integer],
    distance: npt.NDArray[np.floating],
    margin: npt.NDArray[np.floating],
    per_cluster: int,
    seed: int,
) -> list[tuple[int, str, int, int]]:
    """Choose the rows to show.

    Parameters
    ----------
    cluster, distance, margin : ndarray, shape (n,)
        Of images in ascending order of their ids.
    per_cluster : int
        Rows of each kind and cluster, fewer where the cluster is smaller.
    seed : int
        For the random ones.

    Returns
    -------
    list of (cluster, kind, rank, row)
        ``typical``: the nearest to the centroid, ties by id. ``random``: drawn from all
        of the cluster, so that one sees what it really holds. ``edge``: those that nearly
        belong to the next cluster. An image may be shown for several reasons.
    """
    chosen = []
    by_cluster = np.lexsort((distance, cluster))  # stable: ties stay in order of the ids
    numbers, starts = np.unique(cluster[by_cluster], return_index=True)
    for number, members in zip(numbers.tolist(), np.split(by_cluster, starts[1:]), strict=False):
        # One stream per cluster: what is drawn from one does not depend on the others.
        generator = np.random.default_rng([seed, number])
        shown = min(per_cluster, len(members))
        drawn = generator.choice(np.sort(members), size=shown, replace=False)
        edge = members[np.argsort(margin[members], kind="stable")[:shown]]
        for kind, rows in zip(KINDS, (members[:shown], drawn, edge), strict=True):
            chosen += [(number, kind, rank, int(row)) for rank, row in enumerate(rows)]
    return chosen


def examples(
    *,
    segment_dir: Path,
    clusters_dir: Path,
    shards: list[str],
    per_cluster: int,
    seed: int,
    examples: Path,
) -> None:
    """Choose organisms that show each cluster (see `KINDS`) and take out their crops.

    Parameters
    ----------
    segment_dir : Path
        Folder with ``<shard>/crops.parquet``.
    clusters_dir : Path
        Folder with ``<shard>.parquet``.
    shards : list of str
        The shards to choose from.
    per_cluster : int
        How many of each kind per cluster.
    seed : int
        For the random ones.
    examples : Path
        The table to write.
    """
    names = sorted(shards)
    paths = [clusters_dir / f"{name}.parquet" for name in names]
    columns = ["image_id", "cluster", "distance", "margin"]
    tables = [store.read_table(path, "clusters", columns) for path in paths]
    clustering = store.common_fingerprint(paths)
    table = in_order(
        [
            one.append_column("shard", pa.array(np.full(len(one), number, np.int32)))
            for number, one in enumerate(tables)
        ]
    )
    cluster, distance, margin = (table[name].to_numpy() for name in columns[1:])
    chosen = choose(cluster, distance, margin, per_cluster, seed)
    rows = table.take(pa.array([row for *_, row in chosen], pa.int64()))
    ids = rows["image_id"].to_pylist()
    crops: dict[str, tuple[float | None, bytes]] = {}
    for number in np.unique(rows["shard"].to_numpy()):
        mine = [
            name for name, own in zip(ids, rows["shard"].to_pylist(), strict=True) if own == number
        ]
        crops |= read_crops(segment_dir / names[number] / "crops.parquet", sorted(set(mine)))
        log.info("%s: %d examples", names[number], len(mine))
    shown = pa.table(
        {
            "cluster": [cluster for cluster, *_ in chosen],
            "kind": [kind for _, kind, _, _ in chosen],
            "rank": [rank for _, _, rank, _ in chosen],
            "image_id": ids,
            "pixel_um": [crops[name][0] for name in ids],
            "crop": [crops[name][1] for name in ids],
        },
        schema=pa.schema([EXAMPLES.field(name) for name in EXAMPLES.names]),
    )
    made_by = store.fingerprint("examples", clustering, per_cluster, seed)
    store.write_table(shown, examples, EXAMPLES, "examples", made_by, clusters=clustering)

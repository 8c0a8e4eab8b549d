import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from seston import store
from seston.cluster.reclusterings import RECLUSTERINGS
from seston.errors import SestonError
from seston.trends.counted import Counted
from seston.trends.reclustered import read_reclusterings

EFFORT = pd.DataFrame({"sample": ["b", "a", "c"], "site": ["lake", "lake", "sea"]})
COUNTS = np.array([[3, 1], [0, 5], [2, 2]])
#: Clusters 0 and 3 are of class 0, 1 is of class 1, 2 has no images.
OF_CLUSTER = np.array([0, 1, -1, 0])


def counted(of_cluster=OF_CLUSTER):
    return Counted(EFFORT, COUNTS, ["Dinobryon", "cluster 1"], of_cluster)


ROWS = [
    (0, "a", 1, 5), (0, "b", 0, 2), (0, "b", 3, 2), (0, "c", 1, 4),
    (1, "a", 3, 5), (1, "b", 1, 4), (1, "c", 0, 1), (1, "c", 1, 2), (1, "c", 3, 1),
]  # fmt: skip


def write(path, rows, runs=2):
    columns = zip(*rows, strict=True) if rows else [[]] * 4
    table = pa.table(dict(zip(RECLUSTERINGS.names, map(list, columns), strict=True)))
    store.write_table(table, path, RECLUSTERINGS, "reclusterings", "x", runs=str(runs))
    return path


def test_clusters_of_one_class_are_counted_together_in_the_order_of_the_samples(tmp_path):
    found = read_reclusterings(write(tmp_path / "r.parquet", ROWS), counted())
    assert found.dtype == np.int64
    assert found.tolist() == [[[4, 0], [0, 5], [0, 4]], [[0, 4], [5, 0], [2, 2]]]


def test_one_site_of_several(tmp_path):
    path = write(tmp_path / "r.parquet", ROWS)
    assert read_reclusterings(path, counted().of_site("sea")).tolist() == [[[0, 4]], [[2, 2]]]


def test_no_images(tmp_path):
    path = write(tmp_path / "r.parquet", [], runs=3)
    nothing = Counted(EFFORT, np.zeros((3, 0), int), [], np.zeros(0, int))
    assert read_reclusterings(path, nothing).shape == (3, 3, 0)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ((0, "c", 1, 3), "another number of images of sample c"),
        ((0, "c", 2, 4), "clusters without images in the table of images"),
        ((0, "c", 4, 4), "clusters without images in the table of images"),
    ],
)
def test_a_table_of_other_images_or_clusters_is_refused(tmp_path, row, found):
    path = write(tmp_path / "r.parquet", [*ROWS[:3], row, *ROWS[4:]])
    with pytest.raises(SestonError, match=f"found {found}, expected .*; delete it"):
        read_reclusterings(path, counted())


def test_a_sample_that_the_table_lacks_is_refused(tmp_path):
    path = write(tmp_path / "r.parquet", [row for row in ROWS if row[1] != "a"])
    with pytest.raises(SestonError, match="another number of images of sample a"):
        read_reclusterings(path, counted())


def test_labels_have_no_clusterings(tmp_path):
    with pytest.raises(ValueError, match="labels do not come from clusters"):
        read_reclusterings(tmp_path / "r.parquet", counted(None))

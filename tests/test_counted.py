"""Classes of images, and what was counted of them in each sample."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from seston import store
from seston.errors import SestonError
from seston.schemas import IMAGES
from seston.trends.classes import classes_of
from seston.trends.counted import read_counted


def images_of(rows, path=None):
    """A table of images from (image_id, cluster, coarse, name, label, density_cluster)."""
    names = ("image_id", "cluster", "coarse", "name", "label", "density_cluster")
    rows = sorted(rows)
    table = {field.name: pa.nulls(len(rows), field.type) for field in IMAGES}
    for column, name in enumerate(names):
        table[name] = pa.array([row[column] for row in rows], IMAGES.field(name).type)
    table["sample"] = pa.array([row[0].split("/")[0] for row in rows], pa.string())
    found = pa.table(table)
    if path:
        store.write_table(found, path, IMAGES, "images", "x")
    return found


ROWS = [
    ("a/1", 0, 1, "Synedra", "diatom", -1),
    ("a/2", 3, 0, "", None, 0),
    ("b/1", 3, 0, "", "copepod", 0),
    ("b/2", 5, 1, "Synedra", None, -1),
    ("b/3", 0, 1, "Synedra", "diatom", 2),
]


def write(folder, rows=ROWS, **changes):
    images_of(rows, folder / "images.parquet")
    samples = pd.DataFrame({
        "sample": ["b", "a", "c"], "site": ["sea", "sea", "lake"], "group": ["g1", "g1", ""],
        "datetime": ["2024-05-02T10:30:00", "2024-05-01T09:00:00", "2024-05-03T09:00:00"],
        "listed": [4, 2, 0], "used": [3, 2, 0], "readable": [0.75, 1.0, 1.0],
        "volume_ml": ["2", "", "1"], "dilution": ["4", "", "1"],
    } | changes)  # fmt: skip
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False)


def counted(folder, level="cluster", period="day", day_zero="", labels=()):
    paths = (folder / "images.parquet", folder / "samples.tsv")
    return read_counted(*paths, period, day_zero, level, labels)


def test_samples_stand_by_site_group_and_time_with_their_effort(tmp_path):
    write(tmp_path)
    found = counted(tmp_path, day_zero="2024-05-01").effort
    assert found["sample"].tolist() == ["c", "a", "b"]
    assert found["period"].tolist() == ["2024-05-03", "2024-05-01", "2024-05-02"]
    assert found["day_number"].tolist() == [2, 0, 1]
    assert found["noise"].tolist() == [0, 1, 1]
    assert found["analysed_ml"].tolist()[::2] == [1, 1.5]  # 2 mL, of which 3/4 was readable
    assert found["water_ml"].tolist()[::2] == [1, 1.5 / 4]
    assert np.isnan(found["analysed_ml"][1])
    assert found["time"].dt.hour.tolist() == [9, 9, 10]


@pytest.mark.parametrize(
    ("level", "classes", "counts", "cluster_class"),
    [
        ("cluster", ["0", "3", "5"], [[0, 0, 0], [1, 1, 0], [1, 1, 1]], [0, -1, -1, 1, -1, 2]),
        ("coarse", ["0", "1"], [[0, 0], [1, 1], [1, 2]], [1, -1, -1, 0, -1, 1]),
        ("name", ["Synedra", "cluster 3"], [[0, 0], [1, 1], [2, 1]], [0, -1, -1, 1, -1, 0]),
        ("label", ["copepod", "diatom", "unlabelled"], [[0] * 3, [0, 1, 1], [1, 1, 1]], None),
    ],
)
def test_images_are_counted_at_each_level(tmp_path, level, classes, counts, cluster_class):
    write(tmp_path)
    found = counted(tmp_path, level)
    assert found.classes == classes
    assert found.counts.tolist() == counts
    assert found.counts.dtype == np.int64
    told = None if found.cluster_class is None else found.cluster_class.tolist()
    assert told == cluster_class


def test_a_site_keeps_all_classes(tmp_path):
    write(tmp_path)
    sea = counted(tmp_path).of_site("sea")
    assert sea.effort["sample"].tolist() == ["a", "b"]
    assert sea.effort.index.tolist() == [0, 1]
    assert sea.counts.tolist() == [[1, 1, 0], [1, 1, 1]]
    lake = counted(tmp_path).of_site("lake")
    assert lake.counts.tolist() == [[0, 0, 0]]
    assert lake.classes == sea.classes


def test_a_table_of_labels_takes_the_place_of_the_recorded_ones(tmp_path):
    write(tmp_path)
    mine = tmp_path / "mine.tsv"
    mine.write_text("image_id\tlabel\na/1\tunlabelled\nb/2\tSnow\nz/9\tSnow\n")
    found = counted(tmp_path, "label", labels=(mine,))
    assert found.classes == ["Snow", "unlabelled"]
    assert found.counts.tolist() == [[0, 0], [0, 2], [1, 2]]
    export = tmp_path / "export.txt"
    export.write_text(
        "object_id\tobject_annotation_category\tobject_annotation_status\n"
        "b_1\tSnow\tvalidated\na/1\tJunk\tpredicted\n"
    )
    both = counted(tmp_path, "label", labels=(mine, export))
    assert both.classes == ["Snow", "unlabelled"]
    assert both.counts.tolist() == [[0, 0], [0, 2], [2, 1]]


def test_without_labels_the_level_is_refused(tmp_path):
    write(tmp_path, [(*row[:4], None, row[5]) for row in ROWS])
    with pytest.raises(SestonError, match=r"trends\.level is label, but no image of .* has a lab"):
        counted(tmp_path, "label")


@pytest.mark.parametrize("level", ["cluster", "coarse", "name", "label"])
def test_no_images_are_no_classes(tmp_path, level):
    write(tmp_path, [], listed=[0] * 3, used=[0] * 3)
    found = counted(tmp_path, level)
    assert found.classes == []
    assert found.counts.shape == (3, 0)


def test_names_stand_in_the_order_of_their_first_cluster():
    rows = [(f"s/{c:02d}", c, 0, "Zygnema" if c in (1, 11) else "", None, 0) for c in range(13)]
    found = classes_of(images_of(rows), "name")
    others = [f"cluster {c}" for c in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12)]
    assert found.names == ["cluster 0", "Zygnema", *others]
    assert found.codes[[1, 11, 12]].tolist() == [1, 1, 11]
    assert classes_of(images_of(rows), "cluster").names == [str(c) for c in range(13)]


def test_tables_that_do_not_agree_are_refused(tmp_path):
    write(tmp_path, used=[2, 2, 0])
    with pytest.raises(SestonError, match="for 1 samples, such as b"):
        counted(tmp_path)
    write(tmp_path, sample=["x", "a", "c"])
    with pytest.raises(SestonError, match="sample b is not in the sample table"):
        counted(tmp_path)

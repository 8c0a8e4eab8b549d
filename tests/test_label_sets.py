"""Where labels come from: the instrument, folders, a table."""

import numpy as np
import pyarrow as pa
import pytest

from seston.errors import SestonError
from seston.labels.sets import class_of_folders, label_sets

CROPS = pa.table(
    {
        "image_id": ["f/1", "f/2", "f/3", "g/Cope/2018-05-22/1.png", "g/top.png", "h/Cope/1.png"],
        "sample": ["f", "f", "f", "g", "g", "h"],
        "roi": ["1", "2", "3", "Cope/2018-05-22/1.png", "top.png", "Cope/1.png"],
        "label": pa.array(["Junk", None, "NA", None, None, None]),
    }
)


def named(one):
    return [one.classes[code] if code >= 0 else None for code in one.codes]


def test_every_source_is_a_set_of_its_own(tmp_path):
    path = tmp_path / "experts.tsv"
    path.write_text("image_id\tlabel\ng/top.png\tcopepod\nf/3\tdiatom\nold/1\tx\nf/1\tdiatom\n")
    sets = {one.name: one for one in label_sets(CROPS, ["g"], [path])}
    assert list(sets) == ["recorded", "folders", "experts"]
    assert named(sets["recorded"]) == ["Junk", None, "NA", None, None, None]
    # h is no sample of ready crops, so its "/" is no folder
    assert named(sets["folders"]) == [None, None, None, "Cope", None, None]
    assert named(sets["experts"]) == ["diatom", None, "diatom", None, "copepod", None]
    assert sets["experts"].note == "1 of 4 labelled ids are not of this run"


def test_images_on_which_annotators_disagree_are_told(tmp_path):
    path = tmp_path / "experts.tsv"
    rows = "f/1\tx\tAB\nf/1\ty\tCD\nf/2\tx\tAB\nold/1\tx\tAB\n"
    path.write_text("image_id\tlabel\tannotator\n" + rows)
    experts = label_sets(CROPS, [], [path])[-1]
    assert named(experts) == [None, "x", None, None, None, None]
    assert experts.note == (
        "1 of 2 labelled ids are not of this run; not taken: 1 image on which annotators disagree"
    )


def test_several_tables_are_one_set(tmp_path):
    one, two = tmp_path / "one.tsv", tmp_path / "two.tsv"
    one.write_text("image_id\tlabel\tannotator\nf/1\tx\tAB\nf/2\tNA\tAB\n")
    two.write_text(
        "object_id\tobject_annotation_category\tobject_annotation_status"
        "\tobject_annotation_person_name\nf/1\ty\tvalidated\tCD\nf/3\tNA\tvalidated\tCD\n"
        "gone\tz\tvalidated\tCD\ntop\tz\tpredicted\tCD\n"
    )
    experts = label_sets(CROPS, [], [one, two])[-1]
    assert experts.name == "one+two"
    assert named(experts) == [None, "NA", "NA", None, None, None]
    assert experts.note == (
        "1 of 3 labelled ids are not of this run; not taken: 1 image on which annotators disagree"
        " and 1 image whose labels are predicted or dubious"
    )


def test_no_labels_are_no_sets():
    bare = CROPS.slice(1, 1)
    assert label_sets(bare, []) == []


def test_a_table_of_another_run_is_refused_with_both_ids(tmp_path):
    path = tmp_path / "labels.tsv"
    path.write_text("image_id\tlabel\nold/1\tx\n")
    with pytest.raises(SestonError, match=r"none of its 1 ids.*found 'old/1'.*as 'f/1'"):
        label_sets(CROPS, [], [path])


def test_a_table_may_be_called_as_another_set(tmp_path):
    path = tmp_path / "recorded.tsv"
    path.write_text("image_id\tlabel\nf/1\tx\n")
    assert [one.name for one in label_sets(CROPS, [], [path])] == ["recorded", "recorded.tsv"]


@pytest.mark.parametrize(
    ("roi", "label"),
    [
        ("7.png", None),
        ("2018-05-22/7.png", None),
        ("Copepoda/7.png", "Copepoda"),
        ("Copepoda/2018-05-22/7.png", "Copepoda"),
        ("Copepoda/Calanus/7.png", "Copepoda/Calanus"),
    ],
)
def test_classes_of_folders(roi, label):
    assert class_of_folders(roi) == label


def test_the_example_s_labels_are_of_its_images(repository):
    import csv

    from seston.labels.table import read_labels

    labels = read_labels(repository / "example" / "labels.tsv")
    with (repository / "example" / "lake" / "labels.csv").open() as file:
        theirs = {f"lake-{row['image']}": row["label"] for row in csv.DictReader(file)}
    assert labels == theirs and len(labels) == 2111
    sheet = (repository / "example" / "samples.tsv").read_text().splitlines()
    folders = {line.split("\t")[0]: line.split("\t")[1] for line in sheet[1:]}
    some = list(labels)[:: len(labels) // 50]
    for name in some:
        sample, _, roi = name.partition("/")
        assert (repository / "example" / folders[sample] / roi).is_file()
    assert np.unique(list(labels.values())).size == 20

"""Which class an example shows."""

import pandas as pd
import pytest

from seston.report.given.example_classes import example_classes
from seston.report.given.names import Names

EXAMPLES = pd.DataFrame({"image_id": ["a", "b", "c"], "cluster": [2, 0, 7]})
IMAGES = pd.DataFrame({"image_id": ["c", "b", "a"], "label": ["Dinobryon", None, "Ceratium"]})
NAMES = Names(names={2: "Ceratium"}, coarse={0: 0, 2: 1})


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("cluster", ["2", "0", "7"]),
        ("coarse", ["1", "0", ""]),
        ("name", ["Ceratium", "cluster 0", "cluster 7"]),
        ("label", ["Ceratium", "", "Dinobryon"]),
    ],
)
def test_examples_show_the_class_of_their_cluster_or_label(level, told):
    assert example_classes(EXAMPLES, IMAGES, NAMES, level) == told


def test_a_table_of_labels_alone_counts(tmp_path):
    labels = tmp_path / "labels.tsv"
    labels.write_text("image_id\tlabel\nb\tKeratella\nother\tfish\n")
    assert example_classes(EXAMPLES, IMAGES, NAMES, "label", (labels,)) == ["", "Keratella", ""]
    more = tmp_path / "more.tsv"
    more.write_text("image_id\tlabel\tannotator\nb\tfish\tAnna\nc\tnan\tAnna\n")
    shown = example_classes(EXAMPLES, IMAGES, NAMES, "label", (labels, more))
    assert shown == ["", "", "nan"]  # on b they disagree

"""The tables of evidence: what is written is what is read."""

import numpy as np
import pytest

from seston.errors import SestonError
from seston.evaluate.evidence import (
    Row,
    joined,
    read_counts,
    read_evidence,
    share,
    write_counts,
    write_evidence,
)
from seston.evaluate.tally import count


def tally():
    right = np.array([1, 0, 1, 1, 0], bool)
    units, classes = np.array([0, 0, 1, 1, 1]), np.array([0, 0, 0, 2, 2])
    return count(right, units, classes, ["d1", "d\t2"], ["NA", "never", 'quoted "x"']).condensed()


def test_numbers_have_six_digits_and_absent_ones_are_empty(tmp_path):
    path = tmp_path / "evidence.tsv"
    row = Row("labels", "knn_5", "my labels", 1 / 3, 0.25, float("nan"), better="higher", images=7)
    write_evidence([row, Row("labels", "", note="no labels")], path)
    lines = path.read_text().splitlines()
    assert lines[0].split("\t") == [
        "about", "measure", "set", "value", "low", "high", "chance", "better", "images", "groups",
        "note",
    ]  # fmt: skip
    assert lines[1] == "labels\tknn_5\tmy labels\t0.333333\t0.25\t\t\thigher\t7\t0\t"
    assert lines[2] == "labels\t\t\t\t\t\t\t\t0\t0\tno labels"
    read = read_evidence(path)
    assert read[0].value == 0.333333 and np.isnan(read[0].high) and read[0].images == 7
    assert read[1].note == "no labels"


def test_counts_come_back_as_they_were(tmp_path):
    path = tmp_path / "counts.tsv"
    key = ("labels", "knn_5", "my labels")
    write_counts({key: tally(), ("views", "neighbour_agreement", ""): tally()}, path)
    found = read_counts(path)[key]
    assert set(found.units) == {"d1", "d\t2"} and set(found.classes) == {"NA", 'quoted "x"'}
    assert found.balanced == tally().balanced == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.images == 5 and found.right.sum() == 3
    assert len(path.read_text().splitlines()) == 1 + 2 * 3


def test_no_counts_are_an_empty_table(tmp_path):
    write_counts({}, tmp_path / "counts.tsv")
    assert read_counts(tmp_path / "counts.tsv") == {}


def test_a_share_is_the_balanced_accuracy_with_its_interval():
    row = share("labels", "knn_5", tally(), 0.5, "higher", 1, "x", "why")
    assert row.value == pytest.approx(7 / 12)
    assert np.isnan(row.low) and np.isnan(row.high)  # of two units
    assert (row.images, row.groups, row.chance, row.note) == (5, 2, 0.5, "why")


def test_foreign_and_absent_tables_are_refused(tmp_path):
    path = tmp_path / "evidence.tsv"
    with pytest.raises(SestonError, match="file not found"):
        read_evidence(path)
    path.write_text("about\tvalue\n")
    with pytest.raises(SestonError, match="found the columns"):
        read_evidence(path)
    with pytest.raises(SestonError, match="found the columns"):
        read_counts(path)
    path.write_text("about\tmeasure\tset\tun")
    for read in (read_evidence, read_counts):
        with pytest.raises(SestonError, match="ends in the middle of a line"):
            read(path)


def test_only_notes_that_say_anything_are_joined():
    assert joined("", "a", "", "b") == "a; b" and joined("") == ""

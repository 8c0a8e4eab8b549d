"""Groups that names speak of: told, where they do, and never guessed where they do not."""

from pathlib import Path

import pytest

from seston.discover import discover
from seston.grouping import groups_in_names, hint
from synthetic.images import write_folder


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("2024-05-01/bag3", "bag3"),
        ("bag3/2024-05-01/run_2", "bag3"),
        ("day07_Bag 3.zip", "Bag 3"),
        ("20240501_M7_run2", "M7"),
        ("mesocosm-B/d1", "mesocosm-B"),
        ("fjord/2024-05-01", "fjord"),
        ("KOSMOS_fjord_02", "fjord_02"),
        ("Station 12/a", "Station 12"),
        ("tanks/control1", "control1"),
        ("treatment_A/bag2", "bag2"),
        # of dates only the word; no units are parts of words, units of measure, letters alone
        ("baggage3", None),
        ("lake-2018-05-22", None),
        ("bag_20240501", "bag"),
        ("M/2024", None),
        ("10m3", None),
        ("M123", None),
        ("subfjord", None),
        ("D20130526T095207_IFCB013", None),
    ],
)
def test_the_unit_that_a_path_names(path, group):
    assert groups_in_names([Path(path)]) == [group]


def test_spellings_of_one_unit_are_one_group():
    paths = [Path(name) for name in ("Bag_3/a", "bag 3/b", "bag03/c", "BAG-4/d", "bag 30/e")]
    assert groups_in_names(paths) == ["Bag_3", "Bag_3", "Bag_3", "BAG-4", "bag 30"]


def test_groups_are_told_in_their_order_with_their_samples():
    paths = [Path(f"day{day}/bag{bag}") for day in range(3) for bag in (10, 2, 1)]
    (note,) = hint([*paths, Path("fjord/a"), Path("blank")])
    assert note.startswith(
        "names speak of bag1 (3), bag2 (3), bag10 (3), fjord (1); 1 sample names none:"
    )
    assert note.endswith("write them in the column group")


def test_many_groups_are_counted_not_listed():
    (note,) = hint([Path(f"station{number}") for number in range(40)])
    assert "station11 (1) and 28 more:" in note and "station12" not in note


@pytest.mark.parametrize(
    "paths",
    [[], ["bag1/a", "bag1/b"], ["bag1/a", "bag2/b", "x", "y", "z"], ["2018-05-22", "2018-05-23"]],
)
def test_one_group_or_few_names_are_no_hint(paths):
    assert hint([Path(path) for path in paths]) == []


def test_discovery_tells_the_groups_and_leaves_the_column_to_people(tmp_path, monkeypatch, capsys):
    for bag in ("bag1", "bag2"):
        write_folder(tmp_path / "data" / bag)
    monkeypatch.chdir(tmp_path)
    discover(Path("data"))
    printed = capsys.readouterr()
    assert "note: names speak of bag1 (1), bag2 (1): if these are bags" in printed.err
    rows = [line.split("\t") for line in printed.out.splitlines()]
    assert [row[rows[0].index("group")] for row in rows[1:]] == ["", ""]

"""Tables of trends, groups and community: read, and held against the run."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from seston.errors import SestonError
from seston.report.given.course import Course
from seston.report.given.course_files import NO_COURSE, CourseFiles
from seston.report.given.findings import Findings, read_findings
from seston.report.given.results import read_results
from synthetic_course import write_course
from synthetic_findings import write_findings
from synthetic_results import Site, write_results

BAGS = Site("bags", ("a", "b"), ("2024-05-01", "2024-05-02", "2024-05-04"), 12, 1.8, 0.5)
RESULTS = (
    "images", "samples", "quality", "abundance", "examples", "kmeans", "rejected_dir", "shards",
    "evidence", "verdict", "settings",
)  # fmt: skip


def make(folder: Path, level: str = "name", **options) -> dict:
    """Write results with a course; return the options of the report."""
    given = write_results(
        folder, sites=(BAGS,), clusters=4, attention=None, trends={"level": level}, **options
    )
    given |= write_findings(folder, given, names={0: "Dinobryon", 2: "Dinobryon", 3: "Ceratium"})
    return given | write_course(folder, given, level=level)


def read(given: dict) -> Findings:
    results = read_results(**{name: given[name] for name in RESULTS})
    rest = {name: value for name, value in given.items() if name not in RESULTS}
    for name in ("attention", "history", "runtime", "model", "rejected_dir"):
        rest.pop(name, None)
    return read_findings(
        results, kmeans=given["kmeans"], segment_dir=given["rejected_dir"],
        shards=given["shards"], **rest,
    )  # fmt: skip


@pytest.fixture
def given(tmp_path) -> dict:
    return make(tmp_path)


def edit(path: Path, column: str, value: str) -> None:
    """Change the last cell of a column."""
    table = pd.read_csv(path, sep="\t", dtype=str, na_filter=False)
    table.loc[table.index[-1], column] = value
    path.write_text(table.to_csv(sep="\t", index=False))


def test_all_tables_are_read_with_numbers_as_numbers(given):
    course = read(given).course
    tests = course.rows("trend_tests", "bags")
    assert course.level == "name"
    assert set(tests["class"]) == {"Dinobryon", "cluster 1", "Ceratium", ""}
    assert tests["q"].dtype.kind == "f"
    assert course.rows("trend_tests", "elsewhere").empty
    assert course.fact("trend_tests", "least_periods") == 10
    assert course.fact("community", "unheard_of", 7) == 7
    assert (course.alpha, course.sure) == (0.05, "95\u202f%")


def test_a_class_of_one_cluster_leads_to_its_card(given):
    assert read(given).course.cards == {"cluster 1": 1, "Ceratium": 3}


@pytest.mark.parametrize(
    ("level", "titles", "cards"),
    [
        ("cluster", {"0": "0 Dinobryon", "1": "cluster 1", "2": "2 Dinobryon", "3": "3 Ceratium"},
         {"0": 0, "1": 1, "2": 2, "3": 3}),
        ("coarse", {"0": "group 0 (Ceratium, Dinobryon)", "1": "group 1",
                    "2": "group 2 (Dinobryon)"}, {}),
    ],
)  # fmt: skip
def test_classes_are_called_as_their_level_asks(tmp_path, level, titles, cards):
    course = read(make(tmp_path, level)).course
    assert course.titles == titles
    assert course.cards == cards


def test_nothing_given_is_nothing_told(given):
    course = read(given | {"course": NO_COURSE}).course
    assert (course.tables, course.told, course.titles) == ({}, {}, {})
    assert course.rows("timing", "bags").empty
    assert not course.has("groups")


def test_a_stage_is_given_whole_or_not_at_all(given):
    files: CourseFiles = given["course"]
    without = replace(files, timing=None)
    with pytest.raises(SestonError, match="--timing is missing; give all files of the stage chan"):
        read(given | {"course": without})
    groups = dict.fromkeys(("groups", "group_effects", "curves", "groups_json"))
    assert not read(given | {"course": replace(files, **groups)}).course.has("groups")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("trend_tests", "site", "atlantis"), ("group_effects", "group", "z"),
        ("timing", "class", "Nobody"), ("periods", "group", "z"),
    ],
)  # fmt: skip
def test_what_the_run_does_not_have_is_refused(given, table, column, value):
    path = getattr(given["course"], table)
    edit(path, column, value)
    with pytest.raises(SestonError, match=f"{table}.tsv tells of the {column} '{value}'"):
        read(given)


def test_the_mean_of_groups_is_known_to_the_ordination(given):
    edit(given["course"].ordination, "group", "(mean)")
    told = json.loads(given["course"].community_json.read_text())
    given["course"].community_json.write_text(json.dumps(told | {"mean_group": "(mean)"}))
    assert "(mean)" in set(read(given).course.tables["ordination"]["group"])


def test_tables_of_another_level_are_refused(given):
    given["course"].groups_json.write_text(json.dumps({"level": "coarse"}))
    with pytest.raises(SestonError, match=r"of the level coarse, but trends\.level is name"):
        read(given)


def test_clusterings_made_anew_from_another_one_are_refused(given):
    given["course"].reclusterings_json.write_text(json.dumps({"clustering": "d" * 64}))
    with pytest.raises(SestonError, match="of the clustering dddddddddddd"):
        read(given)


def test_the_abundances_of_the_level_are_needed(given):
    del given["abundance_name"]
    with pytest.raises(SestonError, match="trends are of the level name: give --abundance-name"):
        read(given)


def test_the_calendar_is_needed(given):
    files = replace(given["course"], periods=None)
    with pytest.raises(SestonError, match="need --periods too"):
        read(given | {"course": files})


def test_a_course_of_nothing_has_defaults():
    assert Course().title("a long name of a class that goes on") == "a long name of a class th…"

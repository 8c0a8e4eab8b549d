"""The community as a whole, in plain sentences."""

import pytest

from seston.report.given.course import Course
from seston.report.words.community_words import answers, verdict
from test_trend_words import NAN, table

TESTED = {"method": "bray_curtis", "p": 0.004, "r2": 0.21, "dispersion_p": 0.4, "note": "",
          "flags": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "Bray–Curtis: groups differ in composition (PERMANOVA p = 0.004, R² = 0.21; PERMDISP"
         " p = 0.4)"),
        ({"dispersion_p": 0.01}, "Bray–Curtis: groups differ in composition (PERMANOVA p = 0.004,"
         " R² = 0.21; PERMDISP p = 0.01). They differ in scatter too, so it need not be their"
         " composition"),
        ({"p": 0.3}, "Bray–Curtis: groups show no difference that chance could not give in"
         " composition (PERMANOVA p = 0.3, R² = 0.21; PERMDISP p = 0.4)"),
        ({"dispersion_p": NAN}, "Bray–Curtis: groups differ in composition (PERMANOVA p = 0.004,"
         " R² = 0.21; PERMDISP not computed)"),
        ({"p": NAN, "note": "3 periods"}, "Bray–Curtis: not tested (3 periods)"),
        ({"p": NAN, "flags": "too_few;odd"}, "Bray–Curtis: not tested (too few, odd)"),
        ({"p": NAN, "method": "other"}, "other: not tested"),
    ],
)  # fmt: skip
def test_composition_is_never_told_without_scatter(changed, told):
    assert verdict(TESTED | changed, 0.05) == told


def hill(period: str, value: float, group: str = "", what: str = "class", order: int = 1) -> dict:
    return {"group": group, "period": period, "what": what, "order": order, "hill": value}


def test_the_ends_of_diversity_and_the_largest_turnover_are_told():
    course = Course(
        tables={
            "diversity": table(
                "diversity",
                hill("2024-05-01", 4.0) | {"hill_low": 3.0, "hill_high": 5.5, "equal": 120},
                hill("2024-05-02", 9.0), hill("2024-05-03", 99.0, order=0),
                hill("2024-05-03", 98.0, what="cluster"), hill("2024-05-04", NAN),
            ),
            "turnover": table(
                "turnover",
                {"period": "2024-05-01", "next_period": "2024-05-02", "bray_curtis": 0.1,
                 "bray_curtis_by_chance": 0.2},
                {"period": "2024-05-02", "next_period": "2024-05-05", "bray_curtis": 0.7},
                {"period": "2024-05-05", "next_period": "2024-05-06", "bray_curtis": 0.3},
            ),
        }
    )  # fmt: skip
    diversity, turnover = answers(course, "s")
    assert diversity.told == [
        "each brought to 120 images",
        "between 4 (3 to 5.5) equally common classes on 2024-05-01 and 9 on 2024-05-02",
    ]
    assert turnover.told == [
        "the Bray–Curtis distance to the next period with enough images is 0.30 in the median"
        " (counting alone gives up to 0.20), and largest with 0.70 from 2024-05-02 to 2024-05-05"
    ]


def test_each_group_has_its_own_diversity():
    rows = [hill("2024-05-01", 4.0, "a"), hill("2024-05-01", 3.0, ""), hill("2024-05-02", 5.0, "")]
    [diversity] = answers(Course(tables={"diversity": table("diversity", *rows)}), "s")
    assert [one.split(":")[0] for one in diversity.told] == ["no group", "a"]
    assert diversity.told[1] == "a: 4 equally common classes on 2024-05-01"


def test_the_same_reason_is_told_once_and_one_class_is_one():
    rows = [TESTED | {"p": NAN, "note": "one group"}, TESTED | {"method": "aitchison", "p": NAN,
            "note": "one group"}]  # fmt: skip
    tables = {"permanova": table("permanova", *rows),
              "diversity": table("diversity", hill("2024-05-01", 1.0))}  # fmt: skip
    diversity, groups = answers(Course(tables=tables), "s")
    assert diversity.told == ["1 equally common class on 2024-05-01"]
    assert groups.told == ["Bray–Curtis and Aitchison: not tested (one group)"]
    tables["permanova"] = table("permanova", rows[0], TESTED | {"method": "aitchison"})
    _, groups = answers(Course(tables=tables), "s")
    assert [one.split(":")[0] for one in groups.told] == ["Bray–Curtis", "Aitchison"]


def test_only_what_is_surely_in_step_is_named():
    rows = [
        {"class": "A", "q": 0.02, "synchrony": 0.8}, {"class": "B", "q": 0.3, "synchrony": 0.9},
        {"class": "C", "q": 0.01, "synchrony": -0.8}, {"class": "D", "q": NAN},
    ]  # fmt: skip
    [together] = answers(Course(tables={"synchrony": table("synchrony", *rows)}), "s")
    assert together.told == ["1 of 3 classes rise and fall together in the groups: A"]
    [none] = answers(Course(tables={"synchrony": table("synchrony", *rows[1:])}), "s")
    assert none.told[0].startswith("None of 2 classes rises and falls at the same time")

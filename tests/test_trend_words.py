"""The answers about trends, in plain sentences."""

import numpy as np
import pandas as pd
import pytest

from seston.report.given.course import Course
from seston.report.given.course_columns import TABLES
from seston.report.words.trend_words import (
    Answer,
    Unit,
    again,
    answers,
    change,
    interval,
    of_classes,
    rate,
    unit_at,
    unit_of,
    when,
)

NAN = float("nan")
DAY, WEEK, YEAR = Unit("day", 1), Unit("week", 7), Unit("year", 365.25)
#: ln 2 and ln 1.1 by hand
DOUBLING, TENTH = 0.69314718, 0.09531018


def table(name: str, *rows: dict) -> pd.DataFrame:
    """Return rows of a table; texts that are not told are empty, numbers unknown."""
    columns = TABLES[name]
    blank = dict.fromkeys(("site", *columns.texts), "") | dict.fromkeys(columns.numbers, NAN)
    return pd.DataFrame([blank | {"site": "s"} | row for row in rows], columns=list(blank))


def trend(name: str, verdict: str, slope: float = NAN, **rest) -> dict:
    told = {"scope": "site", "class": name, "verdict": verdict, "measure": "concentration"}
    told |= {"first": "2024-05-01", "last": "2024-05-23", "slope_per_day": slope}
    return told | {"slope_low": slope - 0.01, "slope_high": slope + 0.01, "q": 0.01} | rest


def test_the_unit_is_the_longest_that_fits_twice():
    told = [unit_of("2024-05-01", last).name for last in ("2024-05-14", "2024-05-15", "2026-05-02")]
    assert told == ["day", "week", "year"]
    assert unit_of("2024-05-01T03:00", "2024-05-03T01:00") == DAY


@pytest.mark.parametrize(
    ("slope", "unit", "told"),
    [
        (TENTH, DAY, "+10\u202f%"), (-TENTH, DAY, "\u22129.1\u202f%"), (DOUBLING, DAY, "×2"),
        (DOUBLING / 7, WEEK, "×2"), (TENTH / 7, WEEK, "+10\u202f%"), (0.0, WEEK, "0.0\u202f%"),
        (-5.0, WEEK, "\u2212100\u202f%"), (200.0, YEAR, "×1.0e+304"), (NAN, DAY, "–"),
    ],
)  # fmt: skip
def test_a_slope_is_told_as_a_change(slope, unit, told):
    assert change(slope, unit) == told


def test_a_rate_has_its_interval_where_it_is_known():
    row = {"slope_per_day": TENTH, "slope_low": 0.0, "slope_high": DOUBLING}
    assert rate(row, DAY, "95 %") == "+10\u202f% a day (95 %: 0.0\u202f% to ×2)"
    assert rate(row | {"slope_low": NAN}, DAY, "95 %") == "+10\u202f% a day"
    assert interval(NAN, NAN, DAY) == ""


def test_what_rises_comes_first_then_what_falls_each_the_surest_first():
    tests = table(
        "trend_tests",
        trend("none", "none", 0.1, q=0.2), trend("weak", "rises", 0.1, q=0.03),
        trend("refused", "refused", q=NAN), trend("sure", "falls", -0.1, q=0.001),
        trend("", "rises", 0.1, measure="noise_share"),
        trend("sure", "falls", -0.1, scope="group", group="bag 1"),
        trend("strong", "rises", 0.2, q=0.03),
    )  # fmt: skip
    ordered = of_classes(tests)
    assert ordered["class"].tolist() == ["strong", "weak", "sure", "none", "refused"]
    assert list(ordered.columns) == list(tests.columns)


def test_what_was_not_found_is_not_found_again():
    made = {"reclusterings": 10.0, "reclusterings_same": 7.0}
    for verdict, told in (("rises", "7 of 10"), ("falls", "7 of 10"), ("none", "")):
        assert again({"verdict": verdict} | made) == told
    assert again({"differs": True} | made) == "7 of 10"
    assert again({"differs": False} | made) == ""
    assert again({"verdict": "rises", "reclusterings": NAN, "reclusterings_same": NAN}) == ""
    assert again({"verdict": "rises", "reclusterings": 0.0, "reclusterings_same": 0.0}) == ""


def test_the_answers_name_what_rises_falls_and_when_it_is_there():
    course = Course(
        titles={"Dino": "Dinobryon"},
        tables={
            "trend_tests": table(
                "trend_tests",
                trend("Dino", "rises", TENTH / 7, slope_low=0.0, slope_high=DOUBLING / 7),
                trend("B", "falls", -TENTH / 7, slope_low=NAN, flags="share_only;vanishes",
                      reclusterings=10.0, reclusterings_same=4.0),
                trend("C", "none", 0.0), trend("D", "refused"),
            ),
            "timing": table(
                "timing",
                {"class": "B", "label": "late", "shown": 0.0, "centre": "2024-05-20",
                 "centre_day": 19.0, "centre_low": "2024-05-18",
                 "centre_high": "2024-05-22", "order": 2},
                {"class": "Dino", "label": "early", "shown": 1.0, "centre": "2024-05-03",
                 "order": 1},
                {"class": "C", "label": "persistent", "centre": "2024-05-10", "order": 3},
                {"class": "D", "label": "", "centre": "2024-05-11", "order": 4},
            ),
        },
    )  # fmt: skip
    assert answers(course, "s") == [
        Answer("Come early", ["Dinobryon (centre 2024-05-03)"]),
        Answer("Come late, but perhaps by chance", [
            "B (centre day 19 (2024-05-20); 95\u202f%: 2024-05-18 to 2024-05-22)"
        ]),
        Answer("Found throughout, no time of their own shown", ["C"]),
        Answer("Rise", ["Dinobryon +10\u202f% a week (95\u202f%: 0.0\u202f% to ×2)"]),
        Answer("Fall", ["B \u22129.1\u202f% a week, but only in 4 of 10 clusterings made anew"]),
        Answer("No trend", ["1 class"]),
        Answer("Not tested", ["1 class"]),
    ]  # fmt: skip
    assert answers(course, "elsewhere") == []


def test_no_trend_at_all_is_said_in_so_many_words():
    rows = [trend(str(n), "none", 0.0) for n in range(3)]
    course = Course(tables={"trend_tests": table("trend_tests", *rows)})
    [answer] = answers(course, "s")
    assert answer == Answer("No trend", ["3 classes: none of them can be told from chance"])


def test_a_long_list_is_cut_and_says_so():
    rows = [trend(f"{n:02d}", "rises", TENTH) for n in range(20)]
    [rise] = answers(Course(tables={"trend_tests": table("trend_tests", *rows)}), "s")
    assert len(rise.told) == 9
    assert rise.told[-1] == "and 12 more"


def test_the_unit_of_a_site_spans_all_its_series():
    rows = [trend("a", "none", first="2024-05-09", last="2024-05-10"), trend("b", "none")]
    assert unit_at(Course(tables={"trend_tests": table("trend_tests", *rows)}), "s") == WEEK
    refused = [trend("a", "refused", first="", last="")]
    assert unit_at(Course(tables={"trend_tests": table("trend_tests", *refused)}), "s") == WEEK


def test_periods_are_written_as_people_write_them():
    assert when("2024-05-01T13:00") == "2024-05-01 13:00"
    assert when("2024-05-01T00:00", np.float64(0)) == "day 0 (2024-05-01)"
    assert when("2024-04-29", -2.0) == "day \u22122 (2024-04-29)"

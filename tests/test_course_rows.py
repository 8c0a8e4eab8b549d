"""Rows of the page's tables about trends and groups."""

import numpy as np

from seston.report.given.course import Course
from seston.report.page import course_rows
from test_trend_words import NAN, TENTH, table, trend


def of(name: str, *rows: dict, **rest) -> Course:
    return Course(tables={name: table(name, *rows)}, **rest)


def test_a_trend_is_told_with_its_groups_and_other_clusterings():
    rows = [
        trend("A", "rises", TENTH / 7, reclusterings=10.0, reclusterings_same=9.0, flags="a_b;c")
    ]
    rows += [
        trend("A", "none", slope, scope="group", group=group)
        for group, slope in (("x", 0.1), ("y", -0.1), ("z", 0.2), ("w", NAN))
    ]
    [row] = course_rows.trends(of("trend_tests", *rows, cards={"A": 4}), "s").shown
    assert (row["change"], row["groups"], row["again"]) == ("+10\u202f%", "2 of 3", "9 of 10")
    assert row["within"].endswith(" to +18\u202f%")  # e^(7 (0.0136 + 0.01)) = 1.18
    assert (row["codes"], row["card"], row["title"]) == ("a b, c", 4, "A")


def test_a_series_that_was_not_tested_has_no_numbers():
    [row] = course_rows.trends(of("trend_tests", trend("A", "refused")), "s").shown
    assert (row["change"], row["within"], row["groups"], row["again"]) == ("–", "", "", "")


def test_only_the_first_rows_are_shown_of_many():
    rows = [trend(f"{n:03d}", "rises", 0.1, q=n / 1000) for n in range(100)]
    shown = course_rows.trends(of("trend_tests", *rows), "s")
    assert (len(shown.shown), shown.of) == (course_rows.MOST_ROWS, 100)
    assert [row["class"] for row in shown.shown[:2]] == ["000", "001"]


def test_timing_is_in_the_order_of_the_succession():
    course = of(
        "timing",
        {"class": "B", "order": 2, "centre": "2024-05-02", "centre_low": "2024-05-01",
         "centre_high": "2024-05-04", "first_seen": "2024-05-01", "last_seen": "2024-05-09",
         "peak": "2024-05-03T06:00", "periods": 9},
        {"class": "A", "order": 1, "periods": 9}, {"class": "C", "periods": 9},
            {"class": "of one period", "order": 1, "periods": 1},
    )  # fmt: skip
    a, b, c = course_rows.timing(course, "s").shown
    assert [a["title"], b["title"], c["title"]] == ["A", "B", "C"]
    assert [b[name] for name in ("at", "within", "seen", "peaked")] == [
        "2024-05-02", "2024-05-01 to 2024-05-04", "2024-05-01 to 2024-05-09", "2024-05-03 06:00",
    ]  # fmt: skip
    assert [a[name] for name in ("at", "within", "seen", "peaked", "kind")] == [""] * 5


def test_what_may_be_chance_is_in_question():
    labels = (("early", 0), ("late", 1), ("persistent", 0), ("", float("nan")))
    course = of(
        "timing",
        *({"class": str(place), "order": place, "periods": 9, "label": label, "shown": shown}
          for place, (label, shown) in enumerate(labels)),
        {"class": "5", "order": 5, "periods": 9, "label": "late", "shown": 1,
         "centre": "2024-05-02", "centre_low": "2024-05-02", "centre_high": "2024-05-02"},
    )  # fmt: skip
    told = course_rows.timing(course, "s").shown
    assert [row["kind"] for row in told] == ["early?", "late", "persistent", "", "late"]
    assert told[-1]["within"] == "within that day"


def test_with_a_day_zero_the_interval_of_a_centre_has_decimals():
    row = {"periods": 9, "centre": "2024-05-18", "centre_low": "2024-05-17",
           "centre_high": "2024-05-18", "centre_day": 11.5236, "centre_day_low": 11.1833,
           "centre_day_high": 11.8729}  # fmt: skip
    # From 05-17 19:00 to 05-18 4:00 all are nearest to the start of the 18th.
    same = row | {"centre_low": "2024-05-18", "centre_day_low": 11.79}
    before = {"centre_low": "2024-05-03", "centre_day_low": -2.512, "centre_day_high": 0.04}
    whole = row | {"centre_day": 7.0, "centre_day_low": 6.0, "centre_day_high": 8.0}
    rows = [{"class": name, "order": order} | one for order, (name, one) in enumerate(
        [("a", row), ("b", same), ("c", row | before), ("d", whole)])]  # fmt: skip
    told = course_rows.timing(of("timing", *rows), "s").shown
    assert [(row["at"], row["within"]) for row in told] == [
        ("day 11.5 (2024-05-18)", "day 11.2 to 11.9"),
        ("day 11.5 (2024-05-18)", "within that day"),
        ("day 11.5 (2024-05-18)", "day \u22122.5 to 0"),
        ("day 7 (2024-05-18)", "day 6 to 8"),
    ]


def test_only_rhythms_beyond_chance_are_shown():
    rows = [
        {"class": name, "cycle": cycle, "q": q, "peak": 13.5}
        for name, cycle, q in (("A", "diel", 0.04), ("B", "tidal", 0.001), ("C", "diel", 0.06))
    ]
    rows.append({"class": "D", "cycle": "lunar", "q": 0.05, "peak": 3})
    told = course_rows.rhythms(of("harmonics", *rows), "s").shown
    assert [row["rhythm"] for row in told] == [
        "of the tide, 13.5 h after its start", "of the day, at 13.5 h", "lunar, 3",
    ]  # fmt: skip


def test_the_largest_step_comes_first_whichever_way():
    rows = [
        {"class": name, "before": before, "after": after}
        for name, before, after in (("up", 1, 3), ("down", 8, 1), ("none", 0, 0), ("gone", 2, 0))
    ]
    told = course_rows.steps(of("change_points", *rows), "s").shown
    assert [row["title"] for row in told] == ["gone", "down", "up", "none"]


def test_groups_with_most_and_least_are_named():
    effects = table(
        "group_effects",
        *({"class": "A", "group": g, "ratio": r} for g, r in (("x", 0.5), ("y", 1.1), ("z", 1.8))),
    )
    rows = table("groups", {"class": "A", "q_groups": 0.2}, {"class": "B", "q_groups": 0.01})
    told = course_rows.groups(Course(tables={"groups": rows, "group_effects": effects}), "s")
    first, second = told.shown
    assert (first["title"], first["ends"], first["from"]) == ("B", [], "")
    assert second["ends"] == [("z", "×1.8"), ("x", "×0.5")]
    assert np.isclose(second["q"], 0.2)

"""What the sections on trends, groups and community are given."""

from seston.report.given.course import Course
from seston.report.page.course_content import course_values, headlines
from test_trend_words import table, trend


def course(*tests: dict, groups: tuple = (), of: str = "xy", told: dict | None = None) -> Course:
    tables = {"trend_tests": table("trend_tests", *tests), "groups": table("groups", *groups)}
    periods = [{"group": group, "period": "2024-05-01"} for group in of]
    tables["periods"] = table("periods", *periods)
    stages = {"trend_tests": {}, "groups": {}, "community": {}}
    return Course(tables=tables, told=stages | (told or {}))


def test_the_summary_says_how_many_rise_fall_and_differ():
    rows = [trend("A", "rises", 0.1), trend("B", "falls", -0.1), trend("C", "none", 0.0)]
    both = course(*rows, trend("D", "refused"), groups=({"class": "A", "q_groups": 0.01},))
    assert headlines(both, ["s"]) == [
        "Here 1 of 3 classes rise and 1 fall; the groups differ in 1 class."
    ]
    assert headlines(course(*rows), ["s", "t"]) == ["At s 1 of 3 classes rise and 1 fall."]


def test_the_summary_says_how_many_have_a_time_of_their_own():
    some = course(trend("A", "none", 0.0), trend("B", "none", 0.0))
    times = ({"class": "A", "label": "late", "shown": 1}, {"class": "B", "label": "early"})
    some.tables["timing"] = table("timing", *times)
    assert headlines(some, ["s"]) == [
        "Here 2 classes show no trend; 1 has a time of its own (1 late)."
    ]
    some.tables["timing"]["shown"] = 1
    assert headlines(some, ["s"])[0].endswith("; 2 have a time of their own (1 early, 1 late).")


def test_the_summary_says_that_nothing_was_tested():
    told = {"trend_tests": {"least_periods": 12}}
    rows = [trend("A", "refused"), trend("A", "refused", site="t"), trend("A", "none", 0, site="u")]
    few = course(*rows, told=told)
    assert headlines(few, ["s", "t", "u"]) == [
        "At u 1 class shows no trend.",
        "No trend was tested at s and t: that takes 12 sampled periods.",
    ]
    assert headlines(few, ["s"]) == ["No trend was tested here: that takes 12 sampled periods."]
    assert headlines(Course(), ["s"]) == []


def test_sites_without_rows_and_single_groups_have_no_section():
    alone = ({"class": "A", "groups": 1.0, "flags": "one_group"},)
    values = course_values(course(trend("A", "none", 0.0), groups=alone, of="x"), ["s", "t"])
    assert list(values["site_trends"]) == ["s"]
    assert values["site_groups"] == values["site_communities"] == {}
    two = course_values(course(groups=({"class": "A", "groups": 2.0},)), ["s"])
    assert list(two["site_groups"]) == ["s"]


def test_flags_of_groups_are_explained_by_the_stage_that_set_them():
    row = {"class": "A", "groups": 2.0, "flags": "misfit;unheard_of"}
    told = {"groups": {"flags": {"misfit": "counts scatter otherwise"}}}
    values = course_values(course(groups=(row,), told=told), ["s"])
    codes = [("misfit", "Counts scatter otherwise."), ("unheard of", "")]
    assert values["site_groups"]["s"].codes == codes

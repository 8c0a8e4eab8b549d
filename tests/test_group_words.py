"""Whether groups differ, in plain sentences."""

from seston.report.given.course import Course
from seston.report.words.group_words import answers, extremes, ordered, times
from seston.report.words.trend_words import Answer
from test_trend_words import NAN, table


def effect(name: str, group: str, ratio: float, low: float = NAN, high: float = NAN) -> dict:
    return {"class": name, "group": group, "ratio": ratio, "ratio_low": low, "ratio_high": high}


def course(*rows: dict, effects: tuple = ()) -> Course:
    tables = {"groups": table("groups", *rows), "group_effects": table("group_effects", *effects)}
    return Course(tables=tables)


def test_the_surest_difference_comes_first_whatever_it_is_in():
    rows = table(
        "groups",
        {"class": "level", "q_groups": 0.04, "q_interaction": 0.5},
        {"class": "untested"},
        {"class": "course", "q_groups": 0.9, "q_interaction": 0.001},
        {"class": "neither", "q_groups": 0.06, "q_interaction": NAN},
    )
    told = ordered(rows, 0.05)
    assert told["class"].tolist() == ["course", "level", "neither", "untested"]
    assert told["differs"].tolist() == [True, True, False, False]


def test_differences_are_told_with_their_groups_and_since_when():
    least, most = effect("A", "bag 1", 0.5, 0.3, 0.8), effect("A", "bag 2", 2.5, 1.6, 4)
    told = answers(
        course(
            {"class": "A", "q_groups": 0.01, "since": "2024-05-08", "since_day": 7.0},
            {"class": "B", "q_groups": 0.5}, {"class": "C", "flags": "too_few;b"},
            effects=(least, effect("A", "", 0.8), most),
        ),
        "s",
    )  # fmt: skip
    assert told == [
        Answer("Differ", ["A since day 7 (2024-05-08): most in bag 2 ×2.5 (95\u202f%: 1.6 to 4),"
                          " least in bag 1 ×0.5 (95\u202f%: 0.3 to 0.8)"]),
        Answer("No difference shown", ["1 class"]),
        Answer("Not tested", ["1 class: too few"]),
    ]  # fmt: skip


def test_no_difference_is_said_in_so_many_words():
    told = answers(course({"class": "A", "q_groups": 0.5}, {"class": "B", "q_groups": 0.9}), "s")
    why = "2 classes: no difference that chance could not give"
    assert told == [Answer("No difference shown", [why])]
    assert answers(Course(), "s") == []


def test_ratios_without_an_interval_stand_alone():
    one = effect("A", "x", 1.23456)
    assert times(one, "95 %") == "×1.2"
    assert extremes(table("group_effects", one)) == []


def test_a_long_list_is_cut_and_says_so():
    rows = [{"class": f"{n:02d}", "q_groups": 0.01} for n in range(11)]
    [differ] = answers(course(*rows), "s")
    assert differ.told[-1] == "and 3 more"
    assert len(differ.told) == 9

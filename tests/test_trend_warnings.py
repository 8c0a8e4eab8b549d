"""What the page says before one believes a trend."""

from dataclasses import replace

import pytest

from seston.report.given.course import Course
from seston.report.words.trend_warnings import meaning, refusals, sentence_on_tests, warnings
from seston.trends.periods import periods_between
from test_trend_words import NAN, TENTH, table, trend


def course(*rows: dict, told: dict | None = None, **tables) -> Course:
    given = {"trend_tests": told or {}, "reclusterings": {"runs": 10}}
    return Course(tables={"trend_tests": table("trend_tests", *rows)} | tables, told=given)


def test_flags_are_told_with_their_classes_the_weightiest_first():
    found = warnings(
        course(
            trend("A", "rises", 0.1, flags="vanishes"),
            trend("B", "falls", -0.1, flags="mostly_absent;sign_flips_when_pooled"),
            trend("C", "none", 0.0, flags="mostly_absent;unheard_of"),
            trend("D", "refused", flags="too_few_periods;share_only"),
        ),
        "s",
    )
    assert [(one.head, one.classes) for one in found] == [
        ("Sign flips when pooled", "B"), ("Vanishes", "A"), ("Mostly absent", "B and C"),
        ("Unheard of", "C"),
    ]  # fmt: skip
    assert "do not pool" in found[0].means
    assert found[3].means == ""


def test_a_flag_of_all_is_not_listed_by_name():
    rows = [trend(name, "none", 0.0, flags="mostly_absent") for name in "ABC"]
    [one] = warnings(course(*rows), "s")
    assert one.classes == "all of them"


def test_that_trends_are_of_shares_is_said_once_and_why():
    rows = [trend(name, "none", 0.0, flags="share_only", measure="share") for name in "AB"]
    told = {"sites": {"s": {"why": "the volume is known in 0 of 9 group-periods"}}}
    [one] = warnings(course(*rows, told=told), "s")
    assert one.head == "Shares, not numbers"
    assert one.means.startswith("The volume is known in 0 of 9 group-periods. A share falls when")
    [without] = warnings(course(*rows), "s")
    assert without.means.startswith("A share falls when others bloom")
    assert warnings(course(trend("A", "refused", measure="share")), "s") == []


def test_the_stages_own_words_go_before_ours():
    told = {"flags": {"vanishes": "Gone."}}
    both = course(trend("A", "rises", 0.1, flags="vanishes"), told=told)
    assert meaning(both, "trend_tests", "vanishes") == "Gone."
    assert meaning(both, "trend_tests", "mostly_absent").startswith("It is not there")
    assert meaning(both, "trend_tests", "unheard_of") == ""


def test_rejects_that_move_are_a_warning():
    rows = [
        trend("A", "rises", 0.1),
        trend("", "rises", TENTH / 7, measure="rejected_share"),
        trend("", "none", 0.0, measure="noise_share"),
    ]
    [one] = warnings(course(*rows), "s")
    assert one.head == "Rejected images: their share rises too"
    assert one.means.startswith("Odds +10\u202f% a week")


def test_periods_with_few_samples_are_counted_among_the_sampled_ones():
    sampled = [
        {"period": f"2024-05-0{n}", "sampled": 1, "few_samples": int(n == 1)} for n in range(1, 5)
    ]
    unsampled = {"period": "2024-05-05", "sampled": 0, "few_samples": NAN}
    periods = table("periods", *sampled, unsampled)
    [one] = warnings(course(trend("A", "none", 0.0), periods=periods), "s")
    assert one.means.startswith("25.0\u202f% of the sampled days have fewer than 3 samples")
    [one] = warnings(course(trend("A", "none", 0.0), periods=periods[:1]), "s")
    assert one.means.startswith("All sampled days have")
    assert "Bars" not in one.means
    bags = table("periods", *({**one, "group": bag} for one in sampled[:1] for bag in "ab"))
    [one] = warnings(course(trend("A", "none", 0.0), periods=bags), "s")
    assert one.means.startswith("All sampled days, each group by itself, have fewer than 3 samples")
    assert one.means.endswith("are hollow only where these have fewer than 3.")


def calendar(sampled: list[str], *others: str) -> dict:
    rows = [{"period": at, "sampled": 1, "few_samples": 0, "group": bag}
            for at in sampled for bag in "ab"]  # fmt: skip
    rows += [{"period": at, "sampled": 0, "few_samples": NAN} for at in others]
    return {"periods": table("periods", *rows)}


@pytest.mark.parametrize(
    ("period", "sampled", "steps", "better"),
    [
        ("hour", ["2024-05-01T08:00", "2024-05-02T08:00", "2024-05-03T09:00"], "24.5 hours", "day"),
        ("day", ["2024-05-01", "2024-05-03", "2024-05-06"], "2.5 days", "week"),
        ("day", ["2024-05-01", "2024-05-15"], "14 days", "month"),
        ("week", ["2024-01-01", "2024-04-01", "2024-07-01"], "13 weeks", "month"),
        ("month", ["2024-01-01", "2024-03-01"], "2 months", None),
    ],
)
def test_periods_that_are_mostly_gaps_are_a_reason_for_longer_ones(period, sampled, steps, better):
    every = periods_between(sampled[0], sampled[-1], period)
    given = course(trend("A", "none", 0.0), **calendar(sampled, *every))
    [one] = warnings(replace(given, settings={"period": period}), "s")
    assert one.head == f"Most {period}s not sampled"
    assert f"the next is {steps}, so" in one.means
    assert ("trends.period" in one.means) == bool(better)
    assert better is None or f"trends.period ({better}) would suit" in one.means


def test_a_missing_day_here_and_there_is_no_reason():
    sampled = [f"2024-05-{day:02d}" for day in (1, 2, 3, 5, 6, 9)]
    every = periods_between(sampled[0], sampled[-1], "day")
    assert warnings(course(trend("A", "none", 0.0), **calendar(sampled, *every)), "s") == []


def test_without_other_clusterings_that_is_said():
    alone = Course(tables={"trend_tests": table("trend_tests", trend("A", "none", 0.0))})
    assert [one.head for one in warnings(alone, "s")] == ["Clusters taken as given"]
    assert warnings(Course(), "s") == []


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("too_few_periods;share_only",
         "2 classes were not tested: fewer than 12 sampled periods (7 at most here)."),
        ("mostly_absent", "2 classes were not tested: it is not there in most periods: a test of"
         " ranks has little to go by."),
        ("unheard_of", "2 classes were not tested: unheard of."),
    ],
)  # fmt: skip
def test_a_refusal_has_its_reason(flags, sentence):
    rows = [trend(name, "refused", periods=n, flags=flags) for name, n in (("A", 7), ("B", 3))]
    assert refusals(course(*rows, told={"least_periods": 12}), "s") == [sentence]


def test_the_number_of_tests_and_what_q_means_are_told():
    rows = [trend("A", "rises", 0.1, p=0.01), trend("B", "refused"), trend("C", "none", 0, p=0.5)]
    tests = {"classes_site": 2, "timing": 1234, "harmonics": 0}
    told = sentence_on_tests(course(*rows, told={"sites": {"s": {"tests": tests}}}), "s")
    assert told.startswith("Tests made here: 2 of classes and 1,234 of timing;")
    assert "Where q \u2264 0.05, at most 5\u202f% of what is told" in told
    assert "Benjamini and Yekutieli 2001" in told
    assert sentence_on_tests(course(trend("A", "refused")), "s") == ""

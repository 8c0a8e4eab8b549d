"""How trends were told, for the methods of a paper."""

from seston.report.given.course import Course
from seston.report.words.course_methods import notes, paragraphs


def test_only_what_was_done_is_told_with_its_own_thresholds():
    facts = {"least_periods": 12, "least_found": 3, "permutations": 1999, "cycles_spanned": 2.5}
    again = {"trend_tests": facts, "reclusterings": {"runs": 7}}
    [trends] = paragraphs(Course(told=again, settings={"period": "week", "confidence": 0.9}))
    for one in ("per week,", "90\u202f% intervals", "fewer than 12 sampled", "fewer than 3, were",
                "(1,999 permutations)", "at least 2.5 cycles", "made anew 7 times"):  # fmt: skip
        assert one in trends
    assert "made anew" not in paragraphs(Course(told={"trend_tests": facts}))[0]
    groups, community = paragraphs(
        Course(told={"community": {"permutations": 999}, "groups": {"simulated": 499}})
    )
    assert "in 499 simulated series" in groups
    assert "999 permutations within blocks" in community
    assert paragraphs(Course()) == []


def test_notes_of_all_stages_are_whole_sentences():
    told = {
        "community": {"notes": {"equal_effort": "hill numbers at equal effort", "b": " "}},
        "trend_tests": {"notes": ["Slopes are of Sen."]},
        "reclusterings": {"notes": []},
    }
    assert notes(Course(told=told)) == [
        ("", "Slopes are of Sen."), ("equal effort", "Hill numbers at equal effort."),
    ]  # fmt: skip

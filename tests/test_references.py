"""Which works a run asks to cite."""

from seston.report.given.course import Course
from seston.report.given.findings import Findings
from seston.report.given.hierarchy import Tree
from seston.report.words.references import ALWAYS, COURSE, FDR, TREE, references
from test_trend_words import table


def test_only_works_behind_what_was_done_are_cited():
    assert references(Findings()) == sorted(ALWAYS)
    both = Findings(course=Course(told={"groups": {}, "community": {}}))
    assert references(both) == sorted({*ALWAYS, *COURSE["groups"], *COURSE["community"]})
    none = table("timing")
    tree = Findings(tree=Tree(none, none, {}))
    assert set(references(tree)) - set(ALWAYS) == set(TREE)


def test_a_work_behind_two_stages_is_cited_once():
    told = references(Findings(course=Course(told={"groups": {}, "trend_tests": {}})))
    assert told.count(FDR[0]) == 1
    assert told == sorted(told)

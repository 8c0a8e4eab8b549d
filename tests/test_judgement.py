"""Whether a fine-tuned model got worse: every way to that verdict, and to the other."""

import numpy as np
import pytest

from seston.evaluate.evidence import Row
from seston.evaluate.judgement import Measured, judge
from seston.evaluate.tally import count

UNITS = [f"d{i:02}" for i in range(30)]


def model(rank=20.0, std=0.8, nmi=0.5, **shares: float) -> Measured:
    """A model whose answers are right in these shares, on every day alike but for luck."""
    rows = {
        ("collapse", "effective_rank", ""): Row("collapse", "effective_rank", value=rank),
        ("collapse", "feature_std", ""): Row("collapse", "feature_std", value=std),
        ("labels", "nmi", "x"): Row("labels", "nmi", "x", nmi, nmi - 0.01, nmi + 0.01, groups=30),
    }
    tallies = {}
    for name, share in shares.items():
        about = {"knn_5": "labels", "linear_probe": "labels", "again": "views"}.get(
            name, "confounding"
        )
        luck = np.random.default_rng(1).random(1500)
        measure = "neighbour_agreement" if name == "again" else name
        tallies[about, measure, "x" if about == "labels" else ""] = count(
            luck < share, np.arange(1500) % 30, np.zeros(1500, int), UNITS, ["a"]
        )
    return Measured(rows, tallies, "f")


def verdict(before: Measured, after: Measured, criterion: str = "auto"):
    found = judge(before, after, criterion, seed=1)
    return found.worse, found.criterion, " ".join(found.reasons)


def test_labels_that_fell_are_worse():
    worse, criterion, told = verdict(model(knn_5=0.6), model(knn_5=0.5))
    assert worse and criterion == "labels:knn_5:x"
    assert "That is worse than chance explains." in told and "30 days or samples" in told
    assert "5 nearest neighbours" in told and "(difference -0.0" in told


def test_labels_that_rose_outweigh_signs_of_harm_which_are_told():
    after = model(knn_5=0.7, rank=2, again=0.2)
    worse, _, told = verdict(model(knn_5=0.5, again=0.6), after)
    assert not worse and "better than chance" in told
    assert "effective rank fell from 20 to 2" in told and "Fewer organisms are known again" in told


def test_within_noise_the_fine_tuned_model_is_taken_unless_it_is_harmed():
    before = model(knn_5=0.5)
    worse, criterion, told = verdict(before, model(knn_5=0.5))
    assert not worse and "neither better nor worse" in told and "No sign of harm" in told
    worse, criterion, told = verdict(before, model(knn_5=0.5, std=0.3))
    assert worse and criterion == "label-free" and "spread fell from 0.8 to 0.3" in told


def test_the_criterion_asked_for_decides():
    before, after = model(knn_5=0.6, linear_probe=0.5), model(knn_5=0.5, linear_probe=0.6)
    assert verdict(before, after)[0] and not verdict(before, after, "linear_probe")[0]
    assert verdict(before, after, "linear_probe")[1] == "labels:linear_probe:x"
    assert verdict(model(nmi=0.5), model(nmi=0.4), "nmi")[:2] == (True, "labels:nmi:x")
    worse, _, told = verdict(model(nmi=0.5), model(nmi=0.49), "nmi")
    assert not worse and "range over the starts" in told


@pytest.mark.parametrize("criterion", ["auto", "linear_probe"])
def test_without_labels_only_harm_is_worse(criterion):
    before = model(again=0.6, day=0.3, instrument=0.5)
    worse, told_by, told = verdict(before, before, criterion)
    assert (worse, told_by) == (False, "label-free")
    assert told.startswith("No labels from two days or samples")
    for harm, says in (
        (model(again=0.6, day=0.3, instrument=0.5, rank=9.0), "effective rank fell"),
        (model(again=0.5, day=0.3, instrument=0.5), "Fewer organisms are known again"),
        (model(again=0.6, day=0.4, instrument=0.5), "tell the day more often"),
        (model(again=0.6, day=0.3, instrument=0.7), "tell the instrument more often"),
    ):
        worse, _, told = verdict(before, harm, criterion)
        assert worse and says in told


def test_small_changes_and_circumstances_with_better_knowledge_are_no_harm():
    before = model(again=0.6, day=0.3)
    assert not verdict(before, model(again=0.57, day=0.34, rank=11.0))[0]
    assert not verdict(before, model(again=0.7, day=0.5))[0]

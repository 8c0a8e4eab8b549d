"""What a variant is to learn, and what it is asked."""

import numpy as np
import pytest

from labelled_discs import make_labelled
from seston.classify.task import Task, task_of
from seston.classify.variants import VARIANTS, variant_of
from seston.errors import SestonError
from seston.labels.manifest import TEST, TRAIN, VALIDATION

LINEAR = VARIANTS["linear"]


def test_parts_are_those_of_the_split_and_fractions_are_nested() -> None:
    labelled = make_labelled()
    before: set[int] = set()
    for fraction, expected in ((0.05, 4 + 2 + 1), (0.25, 18 + 9 + 3), (1.0, 120)):
        task = task_of(labelled, LINEAR, fraction, 1)
        assert len(task.training) == expected  # rounded up in each class of 72, 36 and 12
        assert before <= set(task.training.tolist())
        before = set(task.training.tolist())
        assert (labelled.parts[1][task.training] == TRAIN).all()
        assert (labelled.parts[1][task.validation] == VALIDATION).all()
        assert task.test.tolist() == np.flatnonzero(labelled.parts[1] == TEST).tolist()
    assert task_of(labelled, LINEAR, 4, 0).counts.tolist() == [4, 4, 4]


def test_classes_are_all_there_where_a_part_lacks_one() -> None:
    labelled = make_labelled()
    labelled.parts[0][(labelled.codes == 2) & (labelled.parts[0] != TRAIN)] = TRAIN
    task = task_of(labelled, LINEAR, 1.0, 0)
    assert task.classes == labelled.classes
    assert task.truth[task.test].sum(axis=0)[2] == 0 and task.truth.shape[1] == 3


def test_prior_is_that_of_the_sampler_and_never_0() -> None:
    labelled = make_labelled()
    task = task_of(labelled, LINEAR, 1.0, 0)
    np.testing.assert_allclose(task.prior("natural"), [0.6, 0.3, 0.1])
    np.testing.assert_allclose(task.prior("balanced"), np.full(3, 1 / 3))
    roots = np.sqrt([72, 36, 12])
    np.testing.assert_allclose(task.prior("sqrt"), roots / roots.sum())
    empty = Task(("a", "b"), np.eye(2)[[0, 0]], np.eye(2)[[0, 0]], *(np.arange(2),) * 3)
    assert empty.prior("natural")[1] > 0


def test_variants_of_annotators() -> None:
    labelled = make_labelled(annotators=3)
    small = labelled.codes == 1
    every = task_of(labelled, LINEAR, 1.0, 0)
    np.testing.assert_allclose(every.targets[small], np.tile([0, 2 / 3, 1 / 3], (small.sum(), 1)))
    one = task_of(labelled, VARIANTS["one_annotator_linear"], 1.0, 0)
    np.testing.assert_array_equal(one.targets, np.eye(3)[labelled.codes])  # the first of equal
    np.testing.assert_array_equal(one.truth, every.truth)
    drawn = task_of(labelled, VARIANTS["random_annotator"], 1.0, 0)
    assert set(np.unique(drawn.targets)) == {0.0, 1.0}
    # 72 draws of a label that one of three gives: 24 expected, 4 standard deviations are 16
    assert 8 <= drawn.targets[small][:, 2].sum() <= 40
    assert drawn.targets.sum() == len(labelled)


def test_one_annotator_is_the_one_of_most_labels_and_learns_from_those_alone() -> None:
    labelled = make_labelled(annotators=2)
    labelled.said[:5, 0] = -1
    task = task_of(labelled, VARIANTS["one_annotator_linear"], 1.0, 0)
    assert (task.targets[labelled.codes == 1, 2] == 1).all()  # the second's word
    labelled.said[:, 1] = -1
    task = task_of(labelled, VARIANTS["one_annotator_linear"], 1.0, 0)
    assert set(range(5)).isdisjoint(task.training) and len(task.training) == 115


def test_binary_variants_merge_classes() -> None:
    labelled = make_labelled()
    task = task_of(labelled, VARIANTS["binary_linear"], 1.0, 0, ["large"])
    assert task.classes == ("noise", "organism")
    np.testing.assert_array_equal(task.truth[:, 0], labelled.codes == 0)
    for noise in ([], ["larg"], list(labelled.classes)):
        with pytest.raises(SestonError, match=r"classify\.efficiency\.noise"):
            task_of(labelled, VARIANTS["binary_linear"], 1.0, 0, noise)


def test_what_cannot_be_asked_is_refused() -> None:
    labelled = make_labelled()
    with pytest.raises(SestonError, match="all labels are of one"):
        task_of(labelled, VARIANTS["one_annotator_linear"], 1.0, 0)
    labelled.parts[0][labelled.parts[0] == VALIDATION] = TRAIN
    with pytest.raises(SestonError, match="no validation labels"):
        task_of(labelled, LINEAR, 1.0, 0)
    with pytest.raises(SestonError, match="did you mean 'lp_ft'"):
        variant_of("lp_fit")


def test_cost_is_blind_to_temperature_and_to_the_prior_of_training() -> None:
    labelled = make_labelled()
    task = task_of(labelled, LINEAR, 1.0, 0)
    # One number is seen of each organism, around 2, 4 or 6 with deviation 1: the answers are exact.
    codes = labelled.codes[task.validation]
    seen = 2 * codes + np.random.default_rng(0).normal(0, 1, len(codes))
    likelihood = -0.5 * (seen[:, None] - 2 * np.arange(3)) ** 2
    natural = likelihood + np.log(task.prior("natural"))
    exact = -np.log(
        (np.exp(natural) / np.exp(natural).sum(axis=1, keepdims=True))[np.arange(len(codes)), codes]
    ).mean()
    # One temperature fits 60 organisms a little better than the truth.
    assert 0.95 * exact < task.cost(natural, "natural") < 1.001 * exact
    assert 0.95 * exact < task.cost(likelihood, "balanced") < 1.001 * exact
    assert task.cost(3 * likelihood, "balanced") == pytest.approx(
        task.cost(likelihood, "balanced"), rel=1e-3
    )
    # Not corrected, the same answers would cost more; others' answers do.
    assert task.cost(likelihood, "natural") > 1.1 * exact
    assert task.cost(natural[::-1], "natural") > 1.5 * exact
    assert task.cost(np.full_like(natural, np.nan), "natural") == np.inf


def test_every_variant_is_tuned_by_as_many_settings() -> None:
    from seston.classify.mlp import SETTINGS
    from seston.classify.variants import PENALTIES

    found = {len(variant.rates) for variant in VARIANTS.values()}
    assert found == {len(PENALTIES)} == {len(SETTINGS)} == {3}
    assert all(len(variant.phases) == len(variant.sampling) for variant in VARIANTS.values())


def test_the_schema_names_the_variants(repository) -> None:
    import yaml

    schema = yaml.safe_load((repository / "workflow/schemas/config.schema.yaml").read_text())
    known = schema["properties"]["classify"]["properties"]["efficiency"]["properties"]["variants"]
    assert known["items"]["enum"] == list(VARIANTS)
    assert set(known["default"]) <= set(VARIANTS)

"""The manifest as a file, and the shares of the labels that are learned from."""

from dataclasses import fields, replace

import numpy as np
import pyarrow as pa
import pytest

from seston.errors import SestonError
from seston.labels.manifest import (
    TEST,
    TRAIN,
    VALIDATION,
    Labelled,
    fingerprint,
    read_labelled,
    training_rows,
    validation_rows,
    write_labelled,
)
from seston.labels.splits import ranks_of

CLASSES = ("NA", "None", "nan")
COUNTS = (30, 7, 200)
FRACTIONS = (0.001, 0.01, 0.025, 0.1, 0.25, 0.5, 0.999, 1)


@pytest.fixture
def labelled():
    """Three classes, whose names all look like gaps, in three seeds; some images undecided."""
    rng = np.random.default_rng(1)
    codes = rng.permutation(np.repeat([0, 1, 2, -1], (*COUNTS, 11)))
    n = len(codes)
    votes = np.full((n, 3), [0.5, 0.5, 0])
    votes[codes >= 0] = np.eye(3)[codes[codes >= 0]]
    said = np.stack([np.where(codes < 0, 0, codes), np.where(codes < 0, 1, -1)], axis=1)
    parts = rng.choice([TRAIN, VALIDATION, TEST], (3, n), p=[0.6, 0.2, 0.2]).astype(np.int8)
    return Labelled(
        ids=pa.array([f"s/{number:04d}" for number in range(n)]),
        classes=CLASSES,
        annotators=("", "Anna"),
        said=said,
        votes=votes,
        codes=codes,
        units=np.arange(n) % 9,
        unit_names=("", *(f"2018-05-0{day}" for day in range(1, 9))),
        kind="day",
        folds=np.arange(n) % 9 % 5,
        parts=parts,
        ranks=np.stack([ranks_of(of, codes, rng) for of in parts]),
    )


def equal(one, other):
    for field in fields(Labelled):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray):
            assert np.array_equal(mine, theirs) and mine.dtype == theirs.dtype, field.name
        else:
            assert mine == theirs, field.name


def test_what_was_written_is_read_and_has_the_same_bytes(labelled, tmp_path):
    one, two = tmp_path / "a.parquet", tmp_path / "b.parquet"
    write_labelled(labelled, one)
    read = read_labelled(one)
    equal(labelled, read)
    write_labelled(read, two)
    assert one.read_bytes() == two.read_bytes()


def test_classes_keep_their_numbers_whatever_occurs_in_a_part(labelled, tmp_path):
    # The encoder is one for all splits: here a class is in training alone, another has no image.
    parts = labelled.parts.copy()
    parts[0, labelled.codes == 0] = TRAIN
    more = replace(
        labelled,
        classes=("A none", *CLASSES),
        parts=parts,
        codes=np.where(labelled.codes < 0, -1, labelled.codes + 1),
        votes=np.pad(labelled.votes, ((0, 0), (1, 0))),
        said=np.where(labelled.said < 0, -1, labelled.said + 1),
    )
    write_labelled(more, tmp_path / "a.parquet")
    read = read_labelled(tmp_path / "a.parquet")
    equal(more, read)
    test = read.codes[read.parts[0] == TEST]
    assert set(test[test >= 0]) == {2, 3} and read.classes[3] == "nan"


def test_another_label_part_or_rank_is_another_fingerprint(labelled):
    known = {fingerprint(labelled)}
    for name in ("said", "votes", "units", "folds", "parts", "ranks"):
        changed = getattr(labelled, name).copy()
        changed.flat[0] += 1
        known.add(fingerprint(replace(labelled, **{name: changed})))
    known.add(fingerprint(replace(labelled, classes=("NA", "None", "other"))))
    assert len(known) == 8


@pytest.mark.parametrize("seed", range(3))
def test_shares_are_nested_and_rounded_up_in_each_class(labelled, seed):
    for rows_of, part in ((training_rows, TRAIN), (validation_rows, VALIDATION)):
        counts = np.bincount(labelled.codes[labelled.parts[seed] == part] + 1, minlength=4)
        before: set[int] = set()
        for fraction in FRACTIONS:
            rows = rows_of(labelled, seed, fraction)
            assert (np.diff(rows) > 0).all() and (labelled.parts[seed][rows] == part).all()
            found = np.bincount(labelled.codes[rows] + 1, minlength=4)
            exact = [-(-int(n) * round(fraction * 1000) // 1000) for n in counts]
            assert found.tolist() == exact
            assert before <= set(rows.tolist())
            before = set(rows.tolist())
        assert before == set(np.flatnonzero(labelled.parts[seed] == part).tolist())


def test_so_many_of_each_class(labelled):
    before: set[int] = set()
    for most in (2, 5, 50):
        rows = training_rows(labelled, 1, most)
        here = labelled.codes[labelled.parts[1] == TRAIN]
        counts = np.bincount(here[here >= 0], minlength=3)
        found = labelled.codes[rows]
        # Undecided images are of no single class.
        assert (found >= 0).all()
        assert np.bincount(found, minlength=3).tolist() == np.minimum(counts, most).tolist()
        assert before <= set(rows.tolist())
        before = set(rows.tolist())


def test_a_share_that_is_a_whole_number_is_not_rounded_up(labelled):
    n = 100
    codes = np.zeros(n, np.int64)
    parts = np.full((1, n), TRAIN, np.int8)
    ranks = ranks_of(parts[0], codes, np.random.default_rng(0))[None]
    all_of_one = replace(labelled, codes=codes, parts=parts, ranks=ranks)
    assert 0.07 * n > 7  # as computers count
    assert len(training_rows(all_of_one, 0, 0.07)) == 7
    assert len(training_rows(all_of_one, 0, 0.071)) == 8


def test_shares_of_other_seeds_are_others(labelled):
    drawn = {tuple(training_rows(labelled, seed, 0.25)) for seed in range(3)}
    assert len(drawn) == 3


@pytest.mark.parametrize("fraction", [0, -1, float("nan")])
def test_no_share_is_refused(labelled, fraction):
    with pytest.raises(ValueError, match="expected a number above 0"):
        training_rows(labelled, 0, fraction)


def test_another_file_is_refused(labelled, tmp_path):
    with pytest.raises(SestonError, match="file not found"):
        read_labelled(tmp_path / "none.parquet")
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(SestonError, match="not a readable Parquet file"):
        read_labelled(tmp_path / "x.parquet")

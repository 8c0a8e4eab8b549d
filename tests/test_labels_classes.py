"""Classes merged, excluded and left out; every label that was given stays in the table."""

import numpy as np
import pandas as pd
import pytest

from seston.config import complete
from seston.errors import SestonError
from seston.feasible import require_feasible
from seston.labels.classes import (
    count_images,
    exclude_classes,
    leave_out_few,
    mark,
    merge_classes,
)


def words(*labels):
    return pd.DataFrame({"label": labels, "why": [""] * len(labels)})


def test_a_new_name_takes_in_the_images_that_had_it_before():
    merged = merge_classes(words("cyclops", "copepod", "nan", "eudiaptomus"),
                           {"copepod": ["cyclops", "eudiaptomus"]})  # fmt: skip
    assert merged["class"].tolist() == ["copepod", "copepod", "nan", "copepod"]
    assert merged["label"].tolist() == ["cyclops", "copepod", "nan", "eudiaptomus"]


def test_two_labels_may_change_their_names():
    merged = merge_classes(words("a", "b"), {"x": ["a"], "y": ["b"]})
    assert merged["class"].tolist() == ["x", "y"]


def test_all_names_that_nobody_used_are_told_with_the_nearest():
    with pytest.raises(SestonError) as error:
        merge_classes(words("cyclops", "daphnia"), {"copepod": ["cylcops", "cyclops", "rotifer"]})
    assert "copepod: nobody labelled anything 'cylcops'; did you mean 'cyclops'?" in str(
        error.value
    )
    assert "'rotifer'; known here: cyclops, daphnia" in str(error.value)


def test_excluded_classes_are_marked_and_those_that_are_none_refused():
    merged = merge_classes(words("cyclops", "NA", "daphnia"), {"copepod": ["cyclops"]})
    out = exclude_classes(merged, ["NA", "copepod"])
    assert out["why"].tolist() == ["excluded", "excluded", ""]
    with pytest.raises(SestonError, match=r"'cyclops' is merged into 'copepod': exclude that"):
        exclude_classes(merged, ["cyclops"])
    with pytest.raises(SestonError, match=r"anything 'daphnya'; did you mean 'daphnia'"):
        exclude_classes(merged, ["daphnya"])


def test_the_first_reason_stays():
    first = mark(words("a", "b"), pd.Series([True, False]), "predicted")
    assert mark(first, pd.Series([True, True]), "excluded")["why"].tolist() == [
        "predicted", "excluded",
    ]  # fmt: skip


def test_classes_of_few_images_are_left_out_and_two_must_stay():
    merged = merge_classes(words("a", "b", "c"), {})
    images = {"a": 5, "b": 4, "c": 6}
    told = leave_out_few(merged, images, 5)["why"].tolist()
    assert told == ["", "class of fewer than 5 labelled images", ""]
    with pytest.raises(SestonError, match=r"labels\.few \(6\) labelled images: 1.*a 5, b 4, c 6"):
        leave_out_few(merged, images, 6)


def test_classes_without_an_image_are_counted_too():
    counts = count_images(np.array([2, 0, -1, 2]), ("a", "b", "c", "d"))
    assert counts == {"a": 1, "b": 0, "c": 2, "d": 0}


@pytest.mark.parametrize(
    ("merge", "told"),
    [
        ({"x": ["a"], "y": ["a"]}, "'a' is merged into 'x' and into 'y'"),
        ({"x": ["a"], "y": ["x"]}, "'x' is merged into 'y', and is itself a new name"),
    ],
)
def test_merging_that_has_no_end_is_refused_before_the_run(merge, told):
    with pytest.raises(SestonError, match=f"labels.merge: {told}"):
        require_feasible(complete({"samples": "s.tsv", "labels": {"merge": merge}}))
    require_feasible(complete({"samples": "s.tsv", "labels": {"merge": {"x": ["x", "a"]}}}))

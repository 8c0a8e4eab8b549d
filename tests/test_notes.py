"""The words beside the abundances."""

import pytest

from seston.trends.notes import note

ROW = {
    "share_low": 0.1, "share_high": 0.4, "share_how": "rho 0.1", "rate_how": "cv2 0.2",
    "scattered": True, "endless": False, "count": 5, "images": 20, "samples": 3, "found": 5,
    "measured": 3, "unknown": 0, "unusable": 0, "rejected": 0,
}  # fmt: skip
ALONE = {"share_low": 0.0, "share_high": 1.0, "scattered": False, "samples": 1, "measured": 1}
ONE = "interval unknown: only one sample, nothing to compare it with (scatter unknown)"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "share rho 0.1; concentration cv2 0.2"),
        (ALONE, f"share and concentration {ONE}"),
        (ALONE | {"measured": 0, "found": 0}, f"share {ONE}"),
        (
            {"scattered": False, "measured": 1},
            "concentration interval unknown: no two samples to compare (scatter unknown);"
            " share rho 0.1",
        ),
        ({"images": 0, "share_low": float("nan"), "measured": 0}, "no used image"),
    ],
)
def test_an_unknown_interval_is_told_in_plain_words(changes, told):
    assert note(ROW | changes) == told


def test_an_absence_in_a_single_sample_still_has_its_limit():
    told = note(ROW | ALONE | {"count": 0, "found": 0})
    assert told.startswith(f"share {ONE}; concentration")
    assert told.endswith("not detected; upper limit ignores the scatter")

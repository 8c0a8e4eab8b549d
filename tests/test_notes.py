"""The words beside the abundances."""

import pytest

from seston.trends.notes import note

ROW = {
    "share_low": 0.1, "share_high": 0.4, "share_how": "rho 0.1", "rate_how": "cv2 0.2",
    "size_how": "cv2 0.3", "scattered": True, "endless": False, "endless_size": False,
    "count": 5, "images": 20, "samples": 3, "found": 5, "sized": 5, "enough": True,
    "measured": 3, "unknown": 0, "unusable": 0, "rejected": 0,
}  # fmt: skip
ALONE = {"share_low": 0.0, "share_high": 1.0, "scattered": False, "samples": 1, "measured": 1}
ONE = "interval unknown: only one sample, nothing to compare it with (scatter unknown)"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "share rho 0.1; concentration cv2 0.2; biovolume cv2 0.3"),
        (ALONE, f"share, concentration and biovolume {ONE}"),
        (ALONE | {"measured": 0, "found": 0, "sized": 0}, f"share {ONE}"),
        (
            {"scattered": False, "measured": 1},
            "concentration and biovolume interval unknown: no two samples to compare"
            " (scatter unknown); share rho 0.1",
        ),
        ({"images": 0, "share_low": float("nan"), "measured": 0}, "no used image"),
        (
            {"sized": 3, "endless": True, "endless_size": True},
            "share rho 0.1; concentration cv2 0.2; biovolume cv2 0.3; concentration and biovolume"
            " interval unknown: the samples differ by too much;"
            " biovolume scaled up from 3 of 5 images",
        ),
        (
            {"sized": 2, "enough": False, "unknown": 1, "rejected": 7, "unusable": 1},
            "share rho 0.1; concentration cv2 0.2; biovolume known of 2 of 5 images only;"
            " volume unknown in 1 of 3 samples; volume scaled down for 7 rejected images;"
            " every image rejected in 1 of 3 samples",
        ),
    ],
)
def test_an_unknown_interval_is_told_in_plain_words(changes, told):
    assert note(ROW | changes) == told


def test_an_absence_in_a_single_sample_still_has_its_limit():
    told = note(ROW | ALONE | {"count": 0, "found": 0, "sized": 0})
    assert told.startswith(f"share {ONE}; concentration")
    assert told.endswith("not detected; upper limit ignores the scatter")

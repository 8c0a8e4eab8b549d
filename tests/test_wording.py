"""Names as figures write them: short, and never two alike."""

import pytest

from seston.report.wording import distinct, short


def test_a_long_name_loses_its_end():
    assert short("Chaetoceros\n socialis", 12) == "Chaetoceros…"
    assert distinct(["Chaetoceros socialis", "Dinobryon"], 12) == ["Chaetoceros…", "Dinobryon"]


@pytest.mark.parametrize("most", [14, 20, 26])
def test_names_that_begin_alike_keep_their_ends(most):
    names = [f"Chaetoceros socialis in long chains, {end}" for end in ("dead", "alive")]
    told = distinct([*names, "fish"], most)
    assert told[0].endswith("dead") and told[1].endswith("alive")
    assert [len(one) for one in told] == [most, most, 4]


def test_names_that_differ_in_their_middle_are_numbered():
    names = [f"treatment with {what} nitrate, mesocosm" for what in ("high", "slow")]
    told = distinct([*names, names[0]], 14)
    assert told == ["treatment… (1)", "treatment… (2)", "treatment… (1)"]

"""Differences between groups of series, and of their scatter."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from seston.community.compositions import Compositions
from seston.community.permanova import COLUMNS, permanova


def series(rng, groups, periods, phi, axes=6, loud=1.0):
    """Places of groups that each wander about one course."""
    own = rng.normal(size=(groups, periods, axes))
    for t in range(1, periods):
        own[:, t] = phi * own[:, t - 1] + np.sqrt(1 - phi**2) * own[:, t]
    own[0] *= loud
    return (own + rng.normal(size=(periods, axes)).cumsum(axis=0)).reshape(-1, axes)


def found(groups, periods):
    group, place = np.divmod(np.arange(groups * periods), periods)
    period = (np.datetime64("2024-05-01") + place).astype(str)
    return Compositions(
        np.char.mod("bag %02d", group), period, place * 1.0, place,
        np.full((len(group), 1), 50), ["a"],
    )  # fmt: skip


def row(points, groups, periods, permutations=199, seed=1):
    table, refusal = permanova(
        "fjord", "aitchison", found(groups, periods), squareform(pdist(points)), 1.0, 0.05,
        permutations, seed,
    )  # fmt: skip
    assert list(table) == COLUMNS
    return table.iloc[0] if len(table) else None, refusal


@pytest.mark.parametrize("phi", [0.0, 0.6])
def test_groups_that_do_not_differ_are_called_different_as_often_as_told(phi):
    rng = np.random.default_rng([2, int(10 * phi)])
    rows = [row(series(rng, 7, 23, phi), 7, 23)[0] for _ in range(300)]
    p = np.array([[it["p"], it["dispersion_p"]] for it in rows if it["note"][0] in "23"], float)
    assert len(p) >= 270  # few series look more persistent than they are
    # 0.05 has a standard error of 0.013.
    assert ((p <= 0.05).mean(axis=0) >= 0.02).all() and ((p <= 0.05).mean(axis=0) <= 0.085).all()


def test_groups_that_differ_are_found_and_so_is_scatter():
    rng = np.random.default_rng(3)
    shift = np.repeat(rng.normal(0, 0.7, (7, 6)), 23, axis=0)
    differs, _ = row(series(rng, 7, 23, 0.0) + shift, 7, 23)
    assert differs["p"] <= 0.01 and differs["flags"] == "" and 0.1 < differs["r2"] < 0.6
    assert differs["permutations"] == 199 and differs["block_days"] == pytest.approx(23 / 3)
    louder, _ = row(series(rng, 7, 23, 0.0, loud=4.0), 7, 23)
    assert louder["dispersion_p"] <= 0.05 and louder["flags"] == "dispersions_differ"


def test_the_course_of_all_groups_makes_no_difference():
    rng = np.random.default_rng(4)
    points = series(rng, 6, 23, 0.0)
    season = np.tile(100 * rng.normal(size=(23, 6)), (6, 1))
    plain, moved = row(points, 6, 23)[0], row(points + season, 6, 23)[0]
    for name in ("f", "r2", "p", "dispersion_f", "dispersion_p"):
        assert moved[name] == pytest.approx(plain[name])


def test_two_groups_have_a_scatter_too():
    rng = np.random.default_rng(5)
    it, _ = row(series(rng, 2, 84, 0.0, loud=4.0), 2, 84, permutations=999)
    assert it["permutations"] == 63  # all relabellings of seven blocks
    assert it["dispersion_p"] <= 0.05 and "few_relabellings" in it["flags"]


@pytest.mark.parametrize(
    ("groups", "periods", "phi", "refusal"),
    [
        (1, 30, 0.0, "one_group"),
        (5, 20, 0.0, "too_few_periods"),
        (3, 22, 0.0, "too_few_relabellings"),
        (7, 23, 0.95, "autocorrelated"),
    ],
)
def test_no_p_where_it_could_not_be_trusted(groups, periods, phi, refusal):
    it, code = row(series(np.random.default_rng(6), groups, periods, phi), groups, periods)
    assert code == refusal
    if groups > 1:
        assert np.isnan(it["p"]) and np.isnan(it["f"]) and it["note"]


def test_groups_sampled_too_rarely_are_left_out():
    rng = np.random.default_rng(7)
    whole, points = found(6, 23), series(rng, 6, 23, 0.0)
    keep = (whole.group != "bag 05") | (whole.place < 10)
    far = squareform(pdist(points[keep]))
    table, _ = permanova("", "aitchison", whole.part(keep), far, 1.0, 0.05, 99, 1)
    assert table["groups"].item() == 5 and "groups_left_out" in table["flags"].item()
    only = whole.group != "bag 05"
    far = squareform(pdist(points[only]))
    without, _ = permanova("", "aitchison", whole.part(only), far, 1.0, 0.05, 99, 1)
    # Its stretch had a part in the persistence and in nothing else.
    assert without["f"].item() == pytest.approx(table["f"].item())
    rare = whole.part((whole.group == "bag 00") | (whole.place > 15))
    far = squareform(pdist(points[(whole.group == "bag 00") | (whole.place > 15)]))
    assert permanova("", "x", rare, far, 1.0, 0.05, 99, 1)[1] == "too_few_complete_groups"

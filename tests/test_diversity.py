"""Hill numbers of periods, with intervals that take the sample as the unit."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from skbio.diversity.alpha import hill

from seston.community.diversity import COLUMNS, diversity, of_periods
from seston.community.hill import coverage, rarefied
from seston.trends.counted import Counted


def counted(rows, classes):
    """Rows of (period, counts), of one group; or (group, period, counts)."""
    rows = [row if len(row) == 3 else ("", *row) for row in rows]
    effort = pd.DataFrame(
        {
            "sample": [f"s{number}" for number in range(len(rows))],
            "site": "lake", "group": [row[0] for row in rows],
            "period": [row[1] for row in rows], "day_number": np.nan,
        }
    )  # fmt: skip
    return Counted(effort, np.array([row[2] for row in rows], np.int64), classes, None)


TWO_A_DAY = [
    ("2024-05-01", [10, 10, 0]), ("2024-05-01", [20, 0, 0]),
    ("2024-05-02", [8, 8, 4]), ("2024-05-02", [16, 2, 2]),
    ("2024-05-03", [6, 7, 7]), ("2024-05-03", [18, 1, 1]),
    ("2024-05-05", [12, 4, 4]), ("2024-05-05", [0, 19, 1]),
]  # fmt: skip


def test_periods_are_geometric_means_of_their_samples_with_a_pooled_t_interval():
    table = diversity(counted(TWO_A_DAY, ["a", "b", "c"]), "class", 0.95)
    assert list(table) == COLUMNS
    assert (table["equal"] == 20).all()  # all samples have 20 images
    for order in (0, 1, 2):
        logs = np.log([hill(np.array(c), order=order) for _, c in TWO_A_DAY]).reshape(4, 2)
        mean = logs.mean(axis=1)
        # 4 pairs have 4 degrees of freedom; half the squared difference is a pair's variance.
        error = np.sqrt((np.diff(logs) ** 2 / 2).mean() / 2)
        reach = stats.t.ppf(0.975, 4) * error
        rows = table[table["order"] == order]
        assert rows["hill"].to_numpy() == pytest.approx(np.exp(mean))
        assert rows["hill_low"].to_numpy() == pytest.approx(np.maximum(np.exp(mean - reach), 1))
        assert rows["hill_high"].to_numpy() == pytest.approx(np.exp(mean + reach))
    assert (table["flags"] == "").all()
    assert (table["samples"] == 2).all() and (table["images"] == 40).all()
    pooled = [coverage(np.array(TWO_A_DAY[i][1]) + TWO_A_DAY[i + 1][1]) for i in (0, 2, 4, 6)]
    assert table["coverage"].to_numpy()[::3] == pytest.approx(pooled)


def test_samples_are_brought_to_equal_effort():
    rng = np.random.default_rng(2)
    share = rng.dirichlet(np.ones(12))
    rows = [(f"2024-05-{day:02d}", rng.multinomial(50 * day, share)) for day in range(1, 21)]
    table = diversity(counted(rows, [str(k) for k in range(12)]), "class", 0.95)
    # Of 20 samples of 50, 100, … images, all but the poorest tenth have at least 100.
    assert (table["equal"] == 100).all()
    first = table[table["period"] == "2024-05-01"]
    assert first["hill"].isna().all() and (first["flags"] == "too_few_images").all()
    rest = table[(table["period"] > "2024-05-01") & (table["order"] == 0)]
    expected = [rarefied(counts, 100)[0] for _, counts in rows[1:]]
    assert rest["hill"].to_numpy() == pytest.approx(expected)
    # Samples of one water differ by chance only, whatever their size.
    assert stats.spearmanr(rest["images"], rest["hill"]).pvalue > 0.01
    levels = sorted(coverage(counts) for _, counts in rows)
    assert table["at_coverage"].iloc[0] == pytest.approx(levels[1])


def test_single_samples_take_their_scatter_from_their_neighbours():
    rng = np.random.default_rng(3)
    rows = [(f"2024-05-{day:02d}", rng.multinomial(60, [0.5, 0.3, 0.2])) for day in range(1, 16)]
    table = diversity(counted(rows, ["a", "b", "c"]), "class", 0.95)
    assert (table["flags"] == "scatter_from_neighbours").all()
    logs = np.log([hill(counts, order=2) for _, counts in rows])
    left = logs[1:-1] - (logs[:-2] + logs[2:]) / 2
    freedom = 13 / (1 + 2 * (4 / 9 + 1 / 36))
    reach = stats.t.ppf(0.975, freedom) * np.sqrt((left**2).mean() / 1.5)
    rows = table[table["order"] == 2]
    assert np.log(rows["hill_high"] / rows["hill"]).to_numpy() == pytest.approx(reach)


def test_neighbours_are_of_one_group():
    rows = [
        (group, f"2024-05-{day:02d}", counts)
        for group, counts in (("a", [30, 0]), ("b", [15, 15]))
        for day in range(1, 9)
    ]
    table = diversity(counted(rows, ["x", "y"]), "class", 0.95)
    # No group changes, so there is no scatter; the step from a to b is none in time.
    assert table["hill_high"].to_numpy() == pytest.approx(table["hill"].to_numpy())


def test_flags_of_small_data():
    one = diversity(counted([("2024-05-01", [9, 3])], ["a", "b"]), "cluster", 0.95)
    assert one["flags"].tolist() == [
        "scatter_unknown;fixed_by_k", "scatter_unknown", "scatter_unknown",
    ]  # fmt: skip
    assert one["hill"].tolist() == pytest.approx([2, hill(np.array([9, 3]), order=1), 1.6])
    assert one["hill_low"].isna().all()
    poor = diversity(counted([("2024-05-01", [5, 3])], ["a", "b"]), "class", 0.95)
    assert (poor["flags"] == "too_few_images").all()
    assert poor["equal"].isna().all() and poor["hill"].isna().all()
    mixed = [*TWO_A_DAY, ("2024-05-05", [9, 3, 0])]
    part = diversity(counted(mixed, ["a", "b", "c"]), "class", 0.95, equal=15)
    assert part["flags"].tolist()[-3:] == ["samples_left_out"] * 3


def test_images_without_a_label_are_no_class():
    rows = [("2024-05-01", [20, 10, 500])]
    table = diversity(counted(rows, ["a", "b", "unlabelled"]), "class", 0.95)
    assert table["images"].tolist() == [30] * 3
    assert table["hill"].iloc[0] == 2


@pytest.mark.parametrize("samples", [1, 3])
def test_intervals_cover_when_samples_scatter(samples):
    rng = np.random.default_rng([4, samples])
    share, rho, days = np.array([0.4, 0.3, 0.2, 0.05, 0.05]), 0.05, 12

    def draw(number):
        """Logs of the Hill numbers of order 2 of samples that resemble themselves."""
        found = rng.multinomial(80, rng.dirichlet(share * (1 / rho - 1), number))
        return -np.log(((found / 80) ** 2).sum(axis=1))

    truth = np.exp(draw(200_000).mean())
    cell = np.repeat(np.arange(days), samples)
    covered = []
    for _ in range(1500):
        found = of_periods(draw(len(cell)), cell, np.zeros(days, np.int64), 0.95)
        covered.append(((found.low <= truth) & (found.high >= truth)).mean())
    # Of 1500 experiments whose periods share their scatter, the standard error is 0.002.
    assert 0.935 <= np.mean(covered) <= 0.975

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from statsmodels.stats.multitest import multipletests

from bags import simulated, write_tables
from seston import store
from seston.change.group_words import FLAGS
from seston.change.groups import groups
from seston.errors import SestonError

FILES = ("groups.tsv", "group_effects.tsv", "curves.tsv", "groups.json")
BAGS, DAYS = 5, 23


def run(folder, level="cluster", **changes):
    options = {
        "period": "day", "day_zero": "2024-05-06", "confidence": 0.95, "alpha": 0.05,
        "permutations": 199, "seed": 3, **changes,
    }  # fmt: skip
    written = dict(zip(("table", "effects", "curves", "report"), FILES, strict=True))
    groups(
        images=folder / "images.parquet", samples=folder / "samples.tsv", level=level,
        **{name: folder / file for name, file in written.items()}, **options,
    )  # fmt: skip
    tables = [
        pd.read_csv(folder / file, sep="\t", dtype={"class": str, "group": str, "site": str})
        for file in FILES[:3]
    ]
    return (*tables, json.loads((folder / "groups.json").read_text()))


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Twenty classes: 0 is six times as abundant in bag A from day 8 on, 1 missing from bag B."""
    folder = tmp_path_factory.mktemp("planted")
    regression, counts = simulated(21, 20, bags=BAGS, images=12)
    cells = regression.cells
    counts[0] *= np.where((cells.group == 0) & (cells.time >= 8), 6, 1)
    counts[1] *= cells.group != 1
    kept = cells.time != 5  # nobody sampled on day 5
    write_tables(
        folder, counts.T[kept], np.array([*"ABCDE"])[cells.group[kept]], cells.time[kept],
        cells.effort[kept],
    )  # fmt: skip
    return folder, run(folder)


def test_the_planted_differences_are_found_and_nothing_else(planted):
    _, (table, effects, _, report) = planted
    table = table.set_index("class")
    shown = (table[["q_groups", "q_interaction"]] <= 0.05).any(axis=1)
    assert set(shown[shown].index) == {"0", "1"}
    assert (table["q_time"] > 0.05).all()
    assert 8 <= table.loc["0", "since_day"] <= 12
    assert table["since"].notna().sum() <= 2
    ratio = effects[effects["class"] == "1"].set_index("group")
    assert ratio.loc["B", "ratio_high"] < 0.2
    assert "absent_in_group" in table.loc["1", "flags"]
    assert report["since"][0] == {
        "site": "sea", "class": "0", "group": "A", "period": table.loc["0", "since"],
    }  # fmt: skip


def test_ratios_of_one_class_have_the_geometric_mean_1(planted):
    _, (_, effects, _, _) = planted
    product = np.log(effects["ratio"]).groupby(effects["class"]).sum()
    np.testing.assert_allclose(product, 0, atol=1e-4)
    assert (effects["ratio_low"] < effects["ratio"]).all()
    assert (effects["ratio"] < effects["ratio_high"]).all()


def test_curves_run_through_the_concentrations(planted):
    """Also on the day without samples."""
    folder, (_, _, curves, _) = planted
    of = curves[(curves["class"] == "4") & (curves["group"] == "C")]
    assert of["day_number"].tolist() == list(range(DAYS))
    assert set(of["unit"]) == {"per mL"}
    samples = pd.read_csv(folder / "samples.tsv", sep="\t")
    images = store.read_table(folder / "images.parquet", "images").to_pandas()
    bag = samples[samples["group"] == "C"]
    found = (images["cluster"] == 4) & images["sample"].isin(bag["sample"])
    assert of["fitted"].mean() == pytest.approx(found.sum() / bag["volume_ml"].sum(), rel=0.2)


def test_what_was_done_is_told(planted):
    _, (table, effects, _, report) = planted
    assert set(table["family"]) == {"negative binomial"}
    assert set(table["offset"]) == {"log mL"}
    assert (table["dispersion"] > 1.5).all()
    assert set(table["spline_df"]) == {3}
    assert report["tests"] == {"time": 20, "groups": 20, "interaction": 20, "effects": 100}
    assert report["sites"]["sea"]["measure"] == "concentration"
    assert len(effects) == 100


def test_two_runs_write_the_same_bytes(planted, tmp_path):
    folder, _ = planted
    for file in ("images.parquet", "samples.tsv"):
        (tmp_path / file).write_bytes((folder / file).read_bytes())
    run(tmp_path)
    for file in FILES:
        assert (tmp_path / file).read_bytes() == (folder / file).read_bytes()


def small(folder, classes=2, bags=3, days=12, images=30, **options):
    regression, counts = simulated(31, classes, bags=bags, days=days, images=images)
    cells = regression.cells
    options = {"volume": cells.effort, **options}
    group = np.array([*"ABCDEFGH"])[cells.group]
    write_tables(folder, counts.T, group, cells.time, **options)
    return cells, counts, group


def test_without_volumes_shares_are_compared(tmp_path):
    small(tmp_path, volume=np.nan)
    table, _, curves, _ = run(tmp_path)
    assert set(table["offset"]) == {"log images"}
    assert table["flags"].str.contains("share_only").all()
    by_period = curves.groupby(["group", "period"])["fitted"].sum()
    assert by_period.between(0.8, 1.25).all()  # of two classes


@pytest.mark.filterwarnings("error")
def test_the_share_of_the_only_class_is_not_compared(tmp_path):
    small(tmp_path, classes=1, volume=np.nan)
    table, effects, curves, report = run(tmp_path)
    assert table["flags"].tolist() == ["one_class;share_only"]
    assert len(effects) == len(curves) == 0 and report["tests"]["time"] == 0


def test_one_group_has_a_curve_but_nothing_to_compare(tmp_path):
    small(tmp_path, bags=1)
    table, effects, curves, _ = run(tmp_path)
    assert table["p_time"].notna().all()
    assert table[["p_groups", "p_interaction"]].isna().all(axis=None)
    assert set(table["flags"]) == {"one_group"}
    assert len(effects) == 0 and len(curves) == 24


def test_few_periods_are_not_judged(tmp_path):
    small(tmp_path, days=7)
    table, effects, curves, report = run(tmp_path)
    assert table[["p_time", "p_groups", "p_interaction"]].isna().all(axis=None)
    assert report["flagged"] == {"too_few_periods": 2}
    assert len(curves) == 2 * 3 * 7
    assert effects["ratio"].notna().all() and effects["p"].isna().all()


@pytest.mark.parametrize("days", [1, 2, 4])
def test_very_few_periods_have_no_curve_either(tmp_path, days):
    small(tmp_path, days=days)
    table, effects, curves, _ = run(tmp_path)
    assert set(table["flags"]) == {"too_few_periods"}
    assert len(effects) == len(curves) == 0


def test_groups_of_different_weeks_are_not_compared(tmp_path):
    cells, counts, _ = small(tmp_path, bags=2, days=24)
    kept = (cells.group == 0) == (cells.time < 12)
    write_tables(tmp_path, counts.T[kept], np.array([*"AB"])[cells.group[kept]], cells.time[kept])
    table, effects, _, _ = run(tmp_path)
    assert set(table["flags"]) == {"groups_apart"}
    assert table["p_time"].notna().all() and table["p_groups"].isna().all()
    assert len(effects) == 0


def test_a_group_of_two_days_is_left_out(tmp_path):
    cells, counts, group = small(tmp_path)
    kept = (cells.group < 2) | (cells.time < 2)
    write_tables(tmp_path, counts.T[kept], group[kept], cells.time[kept])
    table, effects, _, report = run(tmp_path)
    assert report["sites"]["sea"]["left_out"] == ["C"]
    assert set(effects["group"]) == {"A", "B"}
    assert set(table["flags"]) == {"groups_left_out"}
    assert set(table["groups"]) == {2}


def test_rare_classes_are_not_judged(tmp_path):
    cells, counts, group = small(tmp_path, classes=3)
    counts[2] = 0
    counts[2, :19] = 1
    write_tables(tmp_path, counts.T, group, cells.time)
    table, effects, _, _ = run(tmp_path)
    assert table["flags"].fillna("").tolist() == ["", "", "too_few_images"]
    assert set(effects["class"]) == {"0", "1"}


def test_no_image_at_all(tmp_path):
    write_tables(tmp_path, np.zeros((4, 0)), [*"ABAB"], [0, 0, 1, 1])
    assert [len(part) for part in run(tmp_path)[:3]] == [0, 0, 0]


def test_no_sample_at_all(tmp_path):
    write_tables(tmp_path, np.zeros((0, 0)), [], [])
    assert [len(part) for part in run(tmp_path)[:3]] == [0, 0, 0]


def test_alpha_must_be_a_chance(tmp_path):
    small(tmp_path, days=2)
    with pytest.raises(SestonError, match=r"trends\.alpha is 5"):
        run(tmp_path, alpha=5)


def test_sites_are_compared_and_judged_each_for_itself(tmp_path):
    cells, counts, group = small(tmp_path, bags=4)
    sites = np.where(np.isin(group, ["A", "B"]), "fjord", "lake")
    write_tables(tmp_path, counts.T, group, cells.time, sites=sites)
    table, effects, _, report = run(tmp_path)
    assert table["site"].tolist() == ["fjord", "fjord", "lake", "lake"]
    assert report["tests"]["groups"] == 4
    assert set(effects.loc[effects["site"] == "lake", "group"]) == {"C", "D"}
    for rows, test in [(table, "_groups"), (table, "_interaction"), (effects, "")]:
        for _, site in rows.groupby("site"):
            expected = multipletests(site[f"p{test}"], method="fdr_by")[1]
            np.testing.assert_allclose(site[f"q{test}"], expected, rtol=1e-4)


def test_another_site_changes_nothing(tmp_path):
    cells, counts, group = small(tmp_path, bags=4, volume=np.nan)
    fjord = np.isin(group, ["A", "B"])
    sites = np.where(fjord, "fjord", "lake")
    write_tables(tmp_path, counts.T, group, cells.time, volume=np.nan, sites=sites)
    both = [part[part["site"] == "fjord"] for part in run(tmp_path)[:3]]
    write_tables(
        tmp_path, counts.T[fjord], group[fjord], cells.time[fjord], volume=np.nan,
        sites=sites[fjord],
    )  # fmt: skip
    for part, alone in zip(both, run(tmp_path)[:3], strict=True):
        pd.testing.assert_frame_equal(part, alone)


def write_reclusterings(folder, counts):
    """As the stage `recluster` writes them: counts (B, m, K)."""
    run, row, cluster = np.nonzero(counts)
    table = pa.table({
        "run": pa.array(run, pa.int32()), "sample": [f"s{place:04d}" for place in row],
        "cluster": pa.array(cluster, pa.int32()),
        "count": pa.array(counts[run, row, cluster], pa.int64()),
    })  # fmt: skip
    store.write_table(
        table, folder / "reclusterings.parquet", table.schema, "reclusterings", "x",
        runs=str(len(counts)),
    )  # fmt: skip


@pytest.mark.parametrize(("good", "marked"), [(3, False), (2, True)])
def test_a_difference_that_other_clusterings_do_not_show_is_marked(tmp_path, good, marked):
    cells, counts, group = small(tmp_path, images=60)
    there = cells.group == 1  # all images of bag B are of class 1
    counts[1] += counts[0] * there
    counts[0] *= ~there
    write_tables(tmp_path, counts.T, group, cells.time, cells.effort)
    again = np.stack([counts.T] * 4).astype(np.int64)
    total = again[good:].sum(axis=2)
    again[good:, :, 0] = total // 2  # the same part of all images in each bag
    again[good:, :, 1] = total - total // 2
    write_reclusterings(tmp_path, again)
    table, *_ = run(tmp_path, reclusterings=tmp_path / "reclusterings.parquet")
    one = table.set_index("class").loc["0"]
    assert one["q_groups"] <= 0.05
    assert (one["reclusterings"], one["reclusterings_same"]) == (4, good)
    assert ("vanishes" in one["flags"]) == marked


def test_every_flag_that_is_written_is_explained(planted):
    _, (table, _, _, report) = planted
    written = {code for text in table["flags"].dropna() for code in text.split(";")}
    assert written and written <= set(FLAGS)
    assert set(report["flagged"]) == written

"""A planted succession comes out of the tables, and nothing that was not planted.

Seven bags over 23 days, one sample per bag and day, unequal effort, one day without samples.
Three kinds bloom one after the other, one of them more in one bag from day 8 on; 30 kinds
beside them neither change nor differ.
"""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import theilslopes

from seston.change.groups import groups
from seston.change.stage import changes
from seston.community.stage import community
from seston.trends.abundance import trends
from synthetic.mesocosm import Experiment
from synthetic.planted_tables import write_reclusterings, write_tables

BLOOMING = ["chain", "disc", "star"]
PLANTED = Experiment(
    days=23,
    bags=tuple(f"bag{number}" for number in range(1, 8)),
    centres={"chain": 2, "disc": 11, "star": 20, **{f"steady{i:02d}": np.nan for i in range(30)}},
    width=4,
    since=8,
    missing=14,
)
ABUNDANCE = ("abundance", "abundance_coarse", "abundance_name", "abundance_label", "periods")
CHANGES = ("tests", "timing", "harmonics", "change_points")
GROUPS = ("table", "effects", "curves")
COMMUNITY = ("diversity", "turnover", "ordination", "permanova", "synchrony")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The tables of all stages of the trends, by the name of the option that wrote them."""
    folder = tmp_path_factory.mktemp("succession")
    random = np.random.default_rng(20240506)
    samples = PLANTED.samples(random)
    counts = PLANTED.counts(samples, random)
    tables = write_tables(folder, PLANTED, samples, counts)
    anew = write_reclusterings(folder / "anew.parquet", samples, counts, 0.1, random)
    ask = tables | {"period": "day", "day_zero": str(PLANTED.day_zero), "confidence": 0.95}

    def written(names, report=True):
        paths = {name: folder / f"{name}.tsv" for name in names}
        return paths | ({"report": folder / f"{names[0]}.json"} if report else {})

    trends(**ask, **written(ABUNDANCE, report=False))
    # Benjamini-Yekutieli over 33 classes asks more of the least p than 1 in 1000 can give.
    ask |= {"level": "name", "permutations": 9999, "seed": 1}
    tested = ask | {"alpha": 0.05, "reclusterings": anew}
    changes(**tested, **written(CHANGES))
    groups(**tested, **written(GROUPS))
    community(**ask, **written(COMMUNITY))
    names = [*ABUNDANCE, *CHANGES, *GROUPS, *COMMUNITY]
    return {name: read(folder / f"{name}.tsv") for name in names}


def read(path):
    words = dict.fromkeys(["group", "class", "label", "since", "verdict"], "object")
    table = pd.read_csv(path, sep="\t", dtype=words)
    return table.fillna({name: "" for name in words if name in table})


def on(day):
    return str(PLANTED.day_zero + timedelta(days=day))


def of_class(table):
    return table.set_index("class")


def test_the_missing_day_is_a_gap(found):
    gap = on(PLANTED.missing)
    assert gap not in set(found["abundance_name"]["period"])
    assert len(found["abundance_name"]) == 7 * 22 * 33
    day = found["periods"].query("period == @gap")
    assert (len(day), day["sampled"].sum(), day["samples"].sum()) == (7, 0, 0)
    assert day[["rejected_share", "water_ml"]].isna().all(axis=None)
    assert (found["tests"]["gaps"] == 1).all()
    assert gap not in set(found["diversity"]["period"])
    before = found["turnover"].query("period == @on(13)", local_dict={"on": on})
    assert len(before) == 7
    assert (before["next_period"] == on(15)).all()
    assert (before["days"] == 2).all()


def test_concentrations_are_in_their_intervals(found):
    truth = PLANTED.truth().rename(columns={"concentration_per_ml": "true", "kind": "name"})
    table = found["abundance_name"].merge(truth, on=["group", "period", "name"], validate="1:1")
    assert len(table) == 7 * 22 * 33
    covered = table["true"].between(table["concentration_low"], table["concentration_high"])
    assert 0.93 <= covered.mean() <= 0.985
    by_kind = covered.groupby(table["name"]).mean()
    assert by_kind[BLOOMING].min() >= 0.9
    # Each is a mean of one sample, so the estimates scatter around the truth, not beside it.
    ratio = table["concentration_per_ml"].groupby(table["name"]).sum()
    ratio /= table["true"].groupby(table["name"]).sum()
    assert ratio.to_numpy() == pytest.approx(1, abs=0.12)


def test_the_succession_is_in_order_and_each_centre_in_its_interval(found):
    timing = of_class(found["timing"])
    assert timing.loc[BLOOMING, "order"].is_monotonic_increasing
    assert timing["order"].idxmin() == "chain"
    assert timing["order"].idxmax() == "star"
    water = PLANTED.concentrations().mean(axis=0)  # each bag weighs the same
    true = np.average(np.tile(np.arange(23)[:, None], (1, 33)), axis=0, weights=water)
    found_day = timing.loc[PLANTED.kinds, "centre_day"].to_numpy()
    assert found_day[:3] == pytest.approx(true[:3], abs=0.5)
    assert (timing.loc[BLOOMING, "centre_low"].str[:10] <= [on(round(d)) for d in true[:3]]).all()
    assert (timing.loc[BLOOMING, "centre_high"].str[:10] >= [on(int(d)) for d in true[:3]]).all()
    assert timing.loc["chain", "label"] == "early"
    assert timing.loc["star", "label"] == "late"
    assert (timing.loc[BLOOMING, "q"] <= 0.05).all()


def test_the_bag_effect_is_found_and_since_when(found):
    table, effects = of_class(found["table"]), found["effects"]
    disc = table.loc["disc"]
    assert min(disc["q_groups"], disc["q_interaction"]) <= 0.05
    assert abs(disc["since_day"] - PLANTED.since) <= 4
    own = effects.query("`class` == 'disc'").set_index("group")
    assert own["ratio"].idxmax() == "bag2"
    assert own.loc["bag2", "q"] <= 0.05
    # Three times as much as six others, from day 8 on; counted where the bloom is.
    assert 3 ** (6 / 7 * 14 / 22) < own.loc["bag2", "ratio"] < 3.5
    assert own.loc["bag2", "ratio_low"] < 3 ** (6 / 7) * 1.1


def test_nothing_else_is_significant(found):
    steady = "`class`.str.startswith('steady')"
    assert len(found["timing"].query(steady)) == 30
    for name in ("tests", "timing", "harmonics", "synchrony"):
        rows = found[name].query(steady)
        assert not (rows["q"] <= 0.05).any(), name
    own = found["tests"].query("measure in ['rejected_share', 'noise_share']")
    assert not (own["q"] <= 0.05).any()
    columns = ["q_groups", "q_interaction"]
    assert not (found["table"].query(steady)[columns] <= 0.05).any(axis=None)
    assert not (found["effects"].query(steady)["q"] <= 0.05).any()
    unaffected = found["table"].query("`class` in ['chain', 'star']")
    assert not (unaffected[columns] <= 0.05).any(axis=None)


def test_a_bloom_that_comes_and_goes_is_no_trend(found):
    site = of_class(found["tests"].query("scope == 'site'")).loc[BLOOMING]
    water = np.log(PLANTED.concentrations()[:, PLANTED.sampled].mean(axis=0))
    true = [theilslopes(water[:, kind], PLANTED.sampled).slope for kind in range(3)]
    assert np.allclose(true, [-0.24, 0.02, 0.24], atol=0.01)
    assert (site["slope_low"] <= true).all()
    assert (site["slope_high"] >= true).all()
    assert site.loc["chain", "verdict"] in ("falls", "none")
    assert site.loc["disc", "verdict"] == "none"
    assert site.loc["star", "verdict"] in ("rises", "none")


def test_what_is_found_holds_in_other_clusterings(found):
    told = of_class(found["tests"].query("scope == 'site'")).loc[["chain", "star"]]
    assert (told["reclusterings"] == 10).all()
    assert (told["reclusterings_same"] >= 8).all()
    disc = of_class(found["table"]).loc["disc"]
    assert disc["reclusterings"] == 10
    assert disc["reclusterings_same"] >= 8


def test_blooms_are_in_step_between_the_bags(found):
    synchrony = of_class(found["synchrony"])
    assert (synchrony.loc[BLOOMING, "q"] <= 0.05).all()
    assert (synchrony.loc[BLOOMING, "synchrony"] > 0.7).all()

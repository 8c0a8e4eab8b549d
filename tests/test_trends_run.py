"""A planted experiment through the whole workflow: FlowCam runs in, trends out."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from conftest import Project
from synthetic.mesocosm import ML_A_FRAME, Experiment, write_mesocosm

#: Small, but long enough for the tests: in four of four such experiments early, late, the bag and
#: nothing else came out.
EXPERIMENT = Experiment(
    days=23,
    bags=("bag1", "bag2", "bag3", "bag4"),
    centres={"chain": 2.0, "disc": 11.0, "star": 20.0},
    width=3.5,
    base=50.0,
    peak=600.0,
    factor=4.0,
    since=6,
    missing=14,
)
SETTINGS = {
    "samples": "samples.tsv",
    "shard_by": "week",
    "finetune": {"method": "none"},
    "embed": {"engine": "torch", "precision": "fp32"},
    "cluster": {"k": 3, "sweep": {"k": [2, 3], "seeds": 2, "bootstraps": 2}},
    "attention": {"images": 1},
    "trends": {"period": "day", "day_zero": "2024-05-06", "level": "name"},
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """The experiment on disk and its finished project."""
    folder = tmp_path_factory.mktemp("planted")
    written = write_mesocosm(folder, EXPERIMENT)
    (folder / "config.yaml").write_text(yaml.safe_dump(SETTINGS))
    project = Project(folder)
    project.run()
    return written, project


def table(project: Project, name: str) -> pd.DataFrame:
    path = project.folder / "results/tables" / name
    return pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""], dtype={"group": str})


@pytest.fixture(scope="module")
def kinds(planted):
    """The planted kind of each cluster's name: by the instrument's own classes."""
    _, project = planted
    images = pd.read_parquet(project.folder / "results/tables/images.parquet")
    crossed = pd.crosstab(images["cluster"], images["label"])
    assert (crossed.max(axis=1) / crossed.sum(axis=1) > 0.98).all()
    return {f"cluster {number}": kind for number, kind in crossed.idxmax(axis=1).items()}


def test_concentrations_come_out_with_the_missing_day_as_a_gap(planted, kinds):
    written, project = planted
    abundance = table(project, "abundance_name.tsv").assign(
        kind=lambda rows: rows["name"].map(kinds)
    )
    both = abundance.merge(written.truth, on=["group", "period", "kind"])
    assert len(both) == len(EXPERIMENT.bags) * len(EXPERIMENT.sampled) * len(EXPERIMENT.kinds)
    low, high = both["concentration_low"], both["concentration_high"]
    true = both["concentration_per_ml_y"]
    assert ((low <= true) & (true <= high)).mean() > 0.9
    # Every run analysed another volume, diluted or not: one run per bag and day.
    samples = written.samples.set_index(["group", "day"])
    caught = pd.DataFrame(written.counts, samples.index, EXPERIMENT.kinds).stack()
    at = pd.MultiIndex.from_frame(both[["group", "day", "kind"]])
    ml = samples["frames"] * ML_A_FRAME / samples["dilution"]
    expected = caught.loc[at].to_numpy() / ml.loc[at.droplevel(2)].to_numpy()
    np.testing.assert_allclose(both["concentration_per_ml_x"], expected, rtol=1e-4)

    periods = table(project, "periods.tsv")
    missing = periods[periods["day_number"] == EXPERIMENT.missing]
    assert len(missing) == len(EXPERIMENT.bags) and (missing["sampled"] == 0).all()
    assert missing["images"].isna().all()
    assert EXPERIMENT.missing not in set(abundance["day_number"])


def test_the_succession_and_the_trends_come_out(planted, kinds):
    _, project = planted
    timing = table(project, "timing.tsv").assign(kind=lambda rows: rows["class"].map(kinds))
    assert timing.sort_values("order")["kind"].tolist() == ["chain", "disc", "star"]
    timing = timing.set_index("kind")
    assert (timing.loc["chain", "label"], timing.loc["star", "label"]) == ("early", "late")
    assert timing.loc[["chain", "star"], "shown"].tolist() == [1, 1]
    tests = table(project, "trend_tests.tsv")
    site = tests[(tests["scope"] == "site") & (tests["measure"] == "concentration")]
    site = site.assign(kind=site["class"].map(kinds)).set_index("kind")
    # A trend is a line: blooms at the ends rise and fall, that in the middle does neither.
    assert site.loc["chain", "slope_per_day"] < 0 < site.loc["star", "slope_per_day"]
    assert site.loc["chain", "verdict"] in ("falls", "none")
    assert site.loc["star", "verdict"] in ("rises", "none")
    assert site.loc["disc", "verdict"] == "none"
    assert (site["reclusterings"] == 10).all()
    # No image was rejected, and noise has no course.
    assert not set(tests.loc[tests["class"].isna(), "verdict"]) & {"rises", "falls"}


def test_the_bag_that_differs_is_found_and_no_other(planted, kinds):
    _, project = planted
    groups = table(project, "groups.tsv").set_index("class").rename(index=kinds)
    assert groups.loc["disc", "q_groups"] <= 0.05
    assert (groups.loc[["chain", "star"], ["q_groups", "q_interaction"]] > 0.05).all(axis=None)
    effects = table(project, "group_effects.tsv").assign(kind=lambda rows: rows["class"].map(kinds))
    disc = effects[effects["kind"] == "disc"].set_index("group")
    assert disc.loc["bag2", "ratio_low"] > 1
    assert 0 <= groups.loc["disc", "since_day"] - EXPERIMENT.since <= 4


def test_the_report_tells_it(planted):
    _, project = planted
    page = (project.folder / "results/report/index.html").read_text()
    assert "succession" in page.casefold() and "Benjamini" in page
    figures = {path.name for path in (project.folder / "results/report/figures").iterdir()}
    assert {"succession_01_fjord.png", "groups_01_fjord.pdf", "days_01_fjord.webp"} <= figures


def test_labels_can_stand_for_clusters(planted, tmp_path):
    written, project = planted
    folder = tmp_path / "project"
    shutil.copytree(project.folder, folder, symlinks=True)
    again = Project(folder)
    again.set("trends", level="label")
    again.run()
    timing = table(again, "timing.tsv").sort_values("order")
    assert timing["class"].tolist() == ["chain", "disc", "star"]
    told = json.loads((folder / "results/tables/trend_tests.json").read_text())
    assert told["level"] == "label"
    counts = table(again, "abundance_label.tsv").groupby("label")["count"].sum()
    assert counts.tolist() == written.counts.sum(axis=0).tolist()

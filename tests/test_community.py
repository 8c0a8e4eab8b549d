"""The stage: from the tables of images and samples to those of the community."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from seston import store
from seston.community.ordination import MEAN
from seston.community.record import FLAGS, REFUSALS
from seston.community.stage import TABLES, community
from seston.errors import SestonError


def write(folder, samples, labels=True):
    """Write both tables from (sample, site, group, day, mL, counts of clusters)."""
    folder.mkdir(exist_ok=True)
    rows = [
        (f"{sample}/{cluster}-{number:05d}", sample, cluster)
        for sample, *_, counts in samples
        for cluster, count in enumerate(counts)
        for number in range(count)
    ]
    rows.sort()
    cluster = np.array([row[2] for row in rows], np.int32)
    images = pa.table(
        {
            "image_id": pa.array([row[0] for row in rows], pa.string()),
            "sample": pa.array([row[1] for row in rows], pa.string()),
            "cluster": cluster,
            "coarse": cluster // 2,
            # Clusters 0 and 1 are one kind; nobody labelled the last cluster.
            "name": pa.array([f"kind {max(c, 1)}" for c in cluster], pa.string()),
            "label": pa.array(
                [None if not labels or c == 3 else f"kind {c}" for c in cluster], pa.string()
            ),
            "density_cluster": cluster,
        }
    )
    store.write_table(images, folder / "images.parquet", images.schema, "images", made_by="test")
    used = [sum(row[-1]) for row in samples]
    pd.DataFrame(
        {
            "sample": [row[0] for row in samples], "site": [row[1] for row in samples],
            "group": [row[2] for row in samples], "datetime": [row[3] for row in samples],
            "listed": used, "used": used, "readable": 1.0,
            "volume_ml": [row[4] for row in samples], "dilution": 1.0,
        }
    ).to_csv(folder / "samples.tsv", sep="\t", index=False)  # fmt: skip


def run(folder, samples, level="cluster", **changes):
    write(folder, samples, **{k: changes.pop(k) for k in ["labels"] if k in changes})
    paths = {name: folder / f"{name}.tsv" for name in TABLES}
    settings = {
        "period": "day", "day_zero": "2024-05-01", "confidence": 0.95, "permutations": 199,
        "seed": 1,
    }  # fmt: skip
    community(
        images=folder / "images.parquet", samples=folder / "samples.tsv", level=level,
        **settings | changes, **paths, report=folder / "community.json",
    )  # fmt: skip
    text = ["site", "group", "class", "flags", "note"]
    tables = {
        name: pd.read_csv(path, sep="\t", dtype=dict.fromkeys(text, str)).fillna(
            dict.fromkeys(text, "")
        )
        for name, path in paths.items()
    }
    return tables, json.loads((folder / "community.json").read_text("utf8"))


def experiment():
    """Five bags of 23 days; kind 2 is common in the last two, the others bloom in all."""
    rng = np.random.default_rng(1)
    bloom = np.exp(np.sin(np.arange(23) / 3) + rng.normal(0, 0.2, 23))
    samples = []
    for bag, day in np.ndindex(5, 23):
        if (bag, day) == (2, 7):
            continue
        ml = float(rng.integers(1, 4))
        mean = ml * np.array([20 * bloom[day], 10, 8 + 12 * (bag > 2), 3])
        date = str(np.datetime64("2024-05-01") + day)
        counts = rng.poisson(mean).tolist()
        samples.append((f"b{bag}d{day:02d}", "fjord", f"bag {bag}", date, ml, counts))
    return samples


def test_a_planted_experiment(tmp_path):
    tables, report = run(tmp_path / "a", experiment())
    for name, columns in TABLES.items():
        assert list(tables[name]) == columns
    diversity = tables["diversity"]
    assert len(diversity) == 114 * 3 and set(diversity["what"]) == {"class"}
    poor = diversity["hill_low"].isna()  # about a tenth of the samples
    assert (
        0 < poor.mean() < 0.12 and diversity["flags"][poor].str.startswith("too_few_images").all()
    )
    # Classes are clusters here, whose number was chosen.
    assert (diversity["flags"].str.contains("fixed_by_k") == (diversity["order"] == 0)).all()
    assert "2024-05-08" not in diversity[diversity["group"] == "bag 2"]["period"].tolist()
    gap = tables["turnover"].query("group == 'bag 2' and period == '2024-05-07'")
    assert gap["days"].tolist() == [2] and "over_a_gap" in gap["flags"].item()
    assert len(tables["ordination"]) == 2 * (114 + 23)
    assert (tables["ordination"]["group"] == MEAN).sum() == 46
    assert report["mean_group"] == MEAN
    permanova = tables["permanova"]
    assert permanova["method"].tolist() == ["bray_curtis", "aitchison"]
    assert (permanova["p"] <= 0.05).all() and (permanova["groups"] == 5).all()
    together = tables["synchrony"].set_index("class")
    assert together["q"].iloc[0] < 0.001 and (together["q"].iloc[1:] > 0.05).all()
    assert (together["synchrony_low"].iloc[0]) > 0.5
    fjord = report["sites"]["fjord"]
    assert fjord["synchrony_of"] == "concentration" and fjord["compositions"] == 114
    assert sum(fjord["explained"]["aitchison"]) == pytest.approx(1, abs=0.01)  # K - 1 = 3 axes
    assert report["tests"] == {"permanova": 2, "synchrony": 4} and report["refused"] == {}


def test_two_runs_give_the_same_bytes_in_any_order_of_rows(tmp_path):
    samples = experiment()
    run(tmp_path / "a", samples)
    run(tmp_path / "b", samples[::-1])
    for name in [*(f"{table}.tsv" for table in TABLES), "community.json"]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_names_beside_clusters_and_labels_without_the_unlabelled(tmp_path):
    samples = experiment()[:30]
    tables, report = run(tmp_path / "a", samples, level="name")
    richest = tables["diversity"].query("order == 0").groupby("what")["hill"].max()
    assert richest["class"] == pytest.approx(3) and richest["cluster"] == pytest.approx(4)
    fixed = tables["diversity"].query("order == 0 and what == 'cluster'")
    assert fixed["flags"].str.contains("fixed_by_k").all()
    of_names = tables["diversity"].query("what == 'class'")
    assert not of_names["flags"].str.contains("fixed_by_k").any()
    tables, report = run(tmp_path / "b", samples, level="label")
    last = sum(row[-1][3] for row in samples)
    assert report["sites"]["fjord"]["unlabelled"] == last
    assert report["sites"]["fjord"]["images"] == sum(sum(row[-1]) for row in samples) - last
    named = tables["diversity"].query("order == 0 and what == 'class'")
    assert named["hill"].max() == pytest.approx(3)
    assert set(tables["synchrony"]["class"]) <= {"kind 0", "kind 1", "kind 2"}


ONE = ("s", "lake", "", "2024-05-01", "", [9, 3, 0, 0])
SMALL = {
    "one sample": [ONE],
    "one class": [(f"s{d}", "lake", "", f"2024-05-{d:02d}", 1.0, [20]) for d in range(1, 25)],
    "one image": [("s", "lake", "", "2024-05-01", 1.0, [1])],
    "empty": [("s", "lake", "", "2024-05-01", 1.0, [0, 0])],
    "nothing": [],
    "groups on different days": [
        (f"s{d}", "lake", f"g{d % 2}", f"2024-05-{d:02d}", 1.0, [20, d]) for d in range(1, 29)
    ],
    "some volumes, some empty samples": [
        (f"s{d}{g}", "lake", g, f"2024-05-{d:02d}", 1.0 if d % 3 else "", [20 * (d % 5), d, 0])
        for d in range(1, 29)
        for g in "ab"
    ],
    "groups all alike": [
        (f"s{d}{g}", "lake", g, f"2024-05-{d:02d}", 1.0, [20, 10]) for d in range(1, 29)
        for g in "abcde"
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", SMALL)
@pytest.mark.parametrize("level", ["cluster", "name"])
@pytest.mark.filterwarnings("error")
def test_small_data(tmp_path, case, level):
    tables, report = run(tmp_path / "a", SMALL[case], level)
    for name, columns in TABLES.items():
        assert list(tables[name]) == columns
    told = {flag for table in tables.values() if "flags" in table for flag in table["flags"]}
    codes = {code for flags in told for code in str(flags).split(";") if code}
    assert codes <= set(FLAGS) and set(report["refused"]) <= set(REFUSALS)
    if case == "one sample":
        assert tables["diversity"].query("what == 'class'")["images"].tolist() == [12] * 3
        assert report["refused"]["too_few_compositions"] == 1
    if case == "groups all alike":
        assert tables["permanova"]["p"].tolist() == [1, 1]
        assert tables["turnover"]["flags"].eq("within_noise").all()


def test_mistakes_are_told(tmp_path):
    with pytest.raises(SestonError, match=r"trends\.confidence is 95"):
        run(tmp_path / "a", [ONE], confidence=95)
    with pytest.raises(SestonError, match="label"):
        run(tmp_path / "b", [ONE], level="label", labels=False)

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from seston import store
from seston.change.stage import CHANGE_POINTS, HARMONICS, TESTS, TIMING, changes
from seston.cluster.reclusterings import RECLUSTERINGS
from seston.errors import SestonError

NAMES = {"trend_tests": TESTS, "timing": TIMING, "harmonics": HARMONICS,
         "change_points": CHANGE_POINTS}  # fmt: skip


def write(folder, counts, groups, times, volume=1.0, sites="fjord"):
    """Tables of m samples with these images (m, K)."""
    samples = [f"s{i:04d}" for i in range(len(counts))]
    used = counts.sum(axis=1)
    row, cluster = (np.repeat(i, counts.ravel()) for i in np.indices(counts.shape).reshape(2, -1))
    images = pa.table(
        {
            "image_id": pa.array([f"{samples[r]}/{i:06d}" for i, r in enumerate(row)], pa.string()),
            "sample": pa.array(np.array(samples, object)[row], pa.string()),
            "cluster": cluster.astype(np.int32),
            "coarse": (0 * cluster).astype(np.int32),
            "name": pa.array(np.array(["Dinobryon", "", ""], object)[cluster], pa.string()),
            "label": pa.array(np.array(["a", "b", "c"], object)[cluster], pa.string()),
            "density_cluster": cluster.astype(np.int32),
        }
    )
    store.write_table(images, folder / "images.parquet", images.schema, "images", "test")
    table = pd.DataFrame({
        "sample": samples, "site": sites, "group": groups, "datetime": times, "listed": used + 2,
        "used": used, "readable": 1.0, "volume_ml": volume, "dilution": 1.0,
    })  # fmt: skip
    table.to_csv(folder / "samples.tsv", sep="\t", index=False)


def experiment(folder, seed=3, bags=3, days=16, volume=1.0):
    """The first kind rises a tenth each day, the second blooms on day 4, the third does neither."""
    generator = np.random.default_rng(seed)
    day = np.repeat(np.delete(np.arange(days), 6), bags)
    bloom = 60 * np.exp(-0.5 * ((day - 4) / 1.5) ** 2) + 0.5
    rates = np.stack([40 * np.exp(0.12 * day), bloom, np.full(len(day), 20.0)], axis=1)
    times = [f"2024-05-{d + 1:02d}T12:00:00" for d in day]
    groups = [f"bag {b}" for b in np.tile(np.arange(bags), days - 1)]
    counts = generator.poisson(rates)
    write(folder, counts, groups, times, volume)
    return counts


def run(folder, name="out", **given):
    out = folder / name
    paths = {option: out / f"{table}.tsv" for option, table in (
        ("tests", "trend_tests"), ("timing", "timing"), ("harmonics", "harmonics"),
        ("change_points", "change_points"),
    )}  # fmt: skip
    settings = {
        "images": folder / "images.parquet", "samples": folder / "samples.tsv", "period": "day",
        "day_zero": "2024-05-01", "level": "name", "confidence": 0.95, "alpha": 0.05,
        "permutations": 199, "seed": 1, "report": out / "trend_tests.json",
    }  # fmt: skip
    changes(**settings | paths | given)
    tables = {
        table: pd.read_csv(out / f"{table}.tsv", sep="\t", keep_default_na=False) for table in NAMES
    }
    for table, columns in NAMES.items():
        assert tables[table].columns.tolist() == columns
    return tables, json.loads((out / "trend_tests.json").read_text())


def test_an_experiment(tmp_path):
    experiment(tmp_path)
    tables, report = run(tmp_path)
    tests = tables["trend_tests"]
    site = tests[(tests["scope"] == "site") & (tests["class"] != "")].set_index("class")
    assert site.index.tolist() == ["Dinobryon", "cluster 1", "cluster 2"]
    assert site["verdict"].tolist()[::2] == ["rises", "none"]
    assert (
        float(site.loc["Dinobryon", "slope_low"])
        < 0.12
        < float(site.loc["Dinobryon", "slope_high"])
    )
    assert set(site["gaps"]) == {1}
    assert set(site["measure"]) == {"concentration"}
    timing = tables["timing"].set_index("class")
    bloom = timing.loc["cluster 1"]
    assert bloom["order"] == 1
    assert bloom["centre_day"] == pytest.approx(4.1, abs=0.4)
    assert bloom["centre"] == "2024-05-05"
    assert bloom["centre_low"] <= "2024-05-05" <= bloom["centre_high"]
    days = [float(bloom[f"centre_day{end}"]) for end in ("_low", "", "_high")]
    assert days == sorted(days) and days[2] - days[0] < 1
    assert all(day != round(day) for day in days)
    dates = np.datetime64("2024-05-01T12") + (np.array(days) * 86400).astype("timedelta64[s]")
    named = [bloom["centre_low"], bloom["centre"], bloom["centre_high"]]
    assert dates.astype("datetime64[D]").astype(str).tolist() == named
    assert bloom["peak"] in ("2024-05-04", "2024-05-05", "2024-05-06")
    assert report["sites"]["fjord"]["tests"]["classes_site"] == 3
    assert report["sites"]["fjord"]["tests"]["classes_group"] == 9


def test_two_runs_are_the_same_byte_by_byte(tmp_path):
    experiment(tmp_path)
    run(tmp_path, "one")
    run(tmp_path, "two")
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_without_a_volume_shares_are_tested(tmp_path):
    experiment(tmp_path, volume="")
    tables, report = run(tmp_path)
    classes = tables["trend_tests"].query("`class` != ''")
    assert set(classes["measure"]) == {"share"}
    assert classes["flags"].str.contains("share_only").all()
    assert report["sites"]["fjord"]["why"].startswith("the volume is known in 0 of 45")


def test_reclusterings_are_told(tmp_path):
    counts = experiment(tmp_path)
    row, cluster = np.nonzero(counts)
    runs = [
        pa.table(dict(zip(RECLUSTERINGS.names, columns, strict=True)))
        for columns in (
            [np.full(len(row), r), [f"s{i:04d}" for i in row], cluster, counts[row, cluster]]
            for r in range(2)
        )
    ]
    path = tmp_path / "reclusterings.parquet"
    store.write_table(pa.concat_tables(runs), path, RECLUSTERINGS, "reclusterings", "x", runs="2")
    tests = run(tmp_path, reclusterings=path)[0]["trend_tests"]
    site = tests[(tests["scope"] == "site") & (tests["class"] != "")]
    assert site["reclusterings"].tolist() == ["2", "2", "2"]
    assert site["reclusterings_same"].tolist() == ["2", "2", "2"]


def test_small_data(tmp_path):
    write(tmp_path, np.array([[3, 0, 0]]), [""], ["2024-05-01T12:00:00"])
    tables, report = run(tmp_path)
    classes = tables["trend_tests"].query("`class` != ''")
    assert classes["flags"].tolist() == ["too_few_periods"]
    assert tables["timing"]["centre"].tolist() == ["2024-05-01"]
    assert tables["timing"]["label"].tolist() == [""] or tables["timing"]["label"].isna().all()
    assert report["sites"]["fjord"]["refused"] == {"too_few_periods": 1}
    assert len(tables["harmonics"]) == len(tables["change_points"]) == 0


def test_no_image_at_all(tmp_path):
    write(tmp_path, np.zeros((2, 3), int), [""] * 2, ["2024-05-01T12:00:00"] * 2)
    tables, _ = run(tmp_path)
    assert (tables["trend_tests"]["class"] == "").all()
    assert len(tables["timing"]) == 0


def test_another_site_changes_nothing(tmp_path):
    generator = np.random.default_rng(4)
    times = [f"2024-05-{d:02d}T12:00:00" for d in range(1, 25)] * 2
    counts = generator.poisson([20.0, 10, 5], (48, 3))
    counts[24:, 2] = 0  # a kind that the second site does not have
    sites = np.repeat(["fjord", "lake"], 24)
    write(tmp_path, counts, "", times, np.nan, sites)
    both, _ = run(tmp_path)
    write(tmp_path, counts[24:, :2], "", times[24:], np.nan, sites[24:])
    alone, _ = run(tmp_path)
    for name, table in both.items():
        mine = table[(table["site"] == "lake") & (table["class"] != "cluster 2")]
        pd.testing.assert_frame_equal(mine.reset_index(drop=True), alone[name], check_dtype=False)


def test_hours_show_the_day(tmp_path):
    generator = np.random.default_rng(2)
    hours = np.arange(72)
    wave = 30 * np.exp(0.7 * np.cos(2 * np.pi * (hours - 14) / 24))
    rates = np.stack([wave, np.full(72, 30.0), np.full(72, 30.0)], axis=1)
    times = (np.datetime64("2024-05-01T00") + hours).astype("datetime64[s]").astype(str)
    write(tmp_path, generator.poisson(rates), [""] * 72, times)
    tables, _ = run(tmp_path, period="hour")
    diel = tables["harmonics"].query("cycle == 'diel'").set_index("class")
    assert diel.loc["Dinobryon", "q"] < 0.001
    assert diel.loc["Dinobryon", "peak"] == pytest.approx(14, abs=1)
    assert diel.loc["Dinobryon", "amplitude"] == pytest.approx(np.exp(0.7), rel=0.15)
    assert "T" in tables["timing"]["centre"].iloc[0]


@pytest.mark.parametrize(
    ("given", "found"),
    [({"confidence": 1.0}, "confidence is 1"), ({"alpha": 0.0}, "alpha is 0"),
     ({"permutations": 9}, "permutations is 9")],
)  # fmt: skip
def test_settings_out_of_range(tmp_path, given, found):
    experiment(tmp_path)
    with pytest.raises(SestonError, match=found):
        run(tmp_path, **given)

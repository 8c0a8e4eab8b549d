"""Frozen clusters: a type that was withheld is found, and more of the same is no drift."""

import json

import numpy as np
import pytest

from frozen_runs import adopt_into, drift_of, earlier_run, new_images, photographs, types
from seston import store
from seston.errors import SestonError
from seston.frozen import far
from seston.frozen.comparison import COLUMNS

KNOWN = 8


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    """A frozen run whose clusters know eight of nine types."""
    folder = tmp_path_factory.mktemp("frozen")
    rows, _, sample = photographs(types(9)[:KNOWN], 30, 100, seed=1)
    earlier_run(folder / "old", rows, sample, KNOWN)
    adopt_into(folder / "new", folder / "old")
    return folder / "new"


@pytest.fixture(scope="module")
def planted(frozen):
    rows, kind, sample = photographs(types(9), 20, 100, seed=11)
    run = new_images(frozen, rows, sample)
    return run, kind, sample, *drift_of(run)


def test_a_type_that_was_withheld_is_found(planted):
    run, kind, sample, _, found, report = planted
    (row,) = found.to_dict("records")
    new = kind == KNOWN
    assert row["images"] == pytest.approx(new.sum(), rel=0.02)  # recall, and nothing else
    assert row["samples"] == pytest.approx(len(np.unique(sample[new])), abs=1)
    seen = [run.ids[new][0][:6], run.ids[new][-1][:6]]
    days = {name: f"2025-05-{int(name[3:]) + 1:02d}" for name in run.samples}
    assert [row["first"], row["last"]] == [days[name] for name in seen]
    examples = json.loads(row["examples"])
    assert len(examples) == 8 and set(examples) <= set(run.ids[new])
    assert report["candidates"] == 1 and report["drift"]


def test_samples_with_the_new_type_are_told_and_others_not(planted):
    _, kind, sample, table, _, report = planted
    assert table.columns.tolist() == COLUMNS
    rows = table[table["level"] == "sample"].set_index("sample")
    share = np.array([(kind[sample == one] == KNOWN).mean() for one in range(20)])
    assert (rows["drift"].to_numpy() == 1)[share >= 0.1].all()
    assert not (rows["drift"].to_numpy() == 1)[share == 0].any()
    assert (rows["share_low"] <= rows["share"]).all() and (
        rows["share"] <= rows["share_high"]
    ).all()
    assert rows["images"].tolist() == [100] * 20
    assert rows.index[rows["drift"] == 1].tolist() == report["samples"]


def test_clusters_and_all_add_up(planted):
    _, _, _, table, _, _ = planted
    whole, by_cluster = table.iloc[0], table[table["level"] == "cluster"]
    assert whole["level"] == "all" and whole["images"] == 2000
    for column in ("images", "tested", "beyond"):
        assert by_cluster[column].sum() == whole[column]
        assert table.loc[table["level"] == "sample", column].sum() == whole[column]
    assert by_cluster["cluster"].tolist() == list(range(KNOWN))


def test_more_of_the_same_gives_no_alarm(frozen):
    """Over 12 seeds: 240 samples, 96 clusters; the planted drift above is found each time."""
    alarms = {"all": 0, "sample": 0, "cluster": 0, "candidates": 0}
    for seed in range(100, 112):
        rows, _, sample = photographs(types(9)[:KNOWN], 20, 100, seed)
        table, found, _ = drift_of(new_images(frozen, rows, sample))
        for level, flags in table.groupby("level")["drift"]:
            alarms[level] += int(flags.sum())
        alarms["candidates"] += len(found)
    assert alarms["candidates"] == 0
    assert alarms["all"] <= 1 and alarms["sample"] <= 2 and alarms["cluster"] <= 2


def test_succession_moves_the_composition_but_is_no_drift(frozen):
    rows, _, sample = photographs(types(9)[2:4], 20, 100, seed=3)
    table, found, report = drift_of(new_images(frozen, rows, sample))
    assert not report["drift"] and len(found) == 0
    assert table["composition_shift"].iloc[0] > 0.5
    assert abs(table["distance_shift"].iloc[0]) < 0.1


def test_images_of_poorer_quality_are_drift_without_a_new_type(frozen):
    rows, _, sample = photographs(types(9)[:KNOWN], 20, 100, seed=4)
    noise = np.random.default_rng(4).normal(size=rows.shape) / 3
    table, found, report = drift_of(new_images(frozen, rows + noise, sample))
    assert report["drift"] and len(found) == 0
    assert table["distance_shift"].iloc[0] > 0.5


def test_samples_that_the_earlier_run_has_too_are_told(frozen, caplog):
    rows, _, sample = photographs(types(9)[:KNOWN], 32, 20, seed=7)  # of old000 to old029
    *_, report = drift_of(new_images(frozen, rows, sample, prefix="old"))
    assert report["same_samples"] == [f"old{number:03d}" for number in range(30)]
    told = "30 of 32 samples are in the earlier run too (old000, old001, old002, old003, old004, …)"
    assert f"{told}: their drift says nothing" in caplog.text
    assert "sample_names" not in report["earlier"]
    caplog.clear()
    *_, report = drift_of(new_images(frozen, rows, sample))
    assert report["same_samples"] == [] and "earlier run too" not in caplog.text


def test_two_runs_give_the_same_bytes(frozen, monkeypatch):
    rows, _, sample = photographs(types(9), 10, 100, seed=12)
    run = new_images(frozen, rows, sample)
    names = ("drift.tsv", "new_types.tsv", "drift.json")
    contents = []
    for _ in range(2):
        drift_of(run)
        contents.append([(run.folder / "tables" / name).read_bytes() for name in names])
    assert contents[0] == contents[1]
    monkeypatch.setattr(far, "MOST", 60)  # drawn: the type is found all the same
    _, found, report = drift_of(run)
    assert report["far_searched"] == 60 < report["far"]
    assert len(found) == 1


def test_few_images_and_samples_pass(frozen):
    rows, _, sample = photographs(types(9)[:KNOWN], 1, 1, seed=5)
    table, found, report = drift_of(new_images(frozen, rows, sample))
    assert len(found) == 0 and not report["drift"]
    assert table.loc[0, "images"] == 1


def test_tables_of_another_clustering_are_refused(frozen):
    rows, _, sample = photographs(types(9)[:KNOWN], 3, 20, seed=6)
    run = new_images(frozen, rows, sample)
    told = frozen / "frozen" / "adopted.json"
    before = told.read_text()
    told.write_text(json.dumps(json.loads(before) | {"clustering": "ab" * 32}))
    try:
        with pytest.raises(SestonError, match=r"adopted.json tells of clustering abababababab"):
            drift_of(run)
    finally:
        told.write_text(before)
    path = run.folder / "tables" / "images.parquet"
    table = store.read_table(path, "images")
    fewer = table.slice(1).replace_schema_metadata()
    store.write_table(fewer, path, fewer.schema, "images", "x", clusters="cd" * 32)
    with pytest.raises(SestonError, match="of clustering cdcdcdcdcdcd"):
        drift_of(run)


def test_one_earlier_sample_cannot_tell_drift(tmp_path):
    rows, _, sample = photographs(types(9)[:3], 1, 600, seed=1)
    earlier_run(tmp_path / "old", rows, sample, 3)
    adopt_into(tmp_path / "new", tmp_path / "old")
    rows, _, sample = photographs(types(9)[:3], 4, 100, seed=2)
    table, _, report = drift_of(new_images(tmp_path / "new", rows, sample))
    assert table["p"].isna().all() and (table["drift"] == 0).all()
    assert report["earlier"]["samples"] == 1
    assert report["earlier"]["scatter"]["samples"]["freedom"] == 0

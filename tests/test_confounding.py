"""What embeddings tell of the circumstances, where it was planted or is absent."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from seston.evaluate.confounding import categorical, confounding_evidence, continuous
from seston.evaluate.neighbours import nearest, unit_rows
from seston.evaluate.organisms import Drawn, Organisms
from seston.sheet import Sample


def asked(rows, values, names, units, measure="day"):
    near = nearest(unit_rows(rows), 5)
    unit_names = [f"u{i}" for i in range(units.max() + 1)]
    return categorical(measure, near, values, names, units, unit_names, seed=1)


def test_a_planted_day_is_found_and_noise_is_chance():
    rng = np.random.default_rng(1)
    day = np.repeat(np.arange(4), 100)
    units = np.repeat(np.arange(20), 20)
    names = ["d1", "d2", "d3", "d4"]
    noise = rng.normal(size=(400, 10))
    planted, _ = asked(noise + 10 * np.eye(4, 10)[day], day, names, units)
    assert planted.value == 1 and planted.chance == pytest.approx(0.25, abs=0.03)
    absent, tally = asked(noise, day, names, units)
    assert absent.value == pytest.approx(0.25, abs=0.07)  # 3 standard errors
    assert absent.low < absent.chance < absent.high
    assert tally.images == 400 and absent.groups == 20


def test_chance_follows_how_unequal_the_values_are():
    rng = np.random.default_rng(2)
    values = (rng.random(500) < 0.02).astype(int)
    row, _ = asked(rng.normal(size=(500, 5)), values, ["many", "few"], np.arange(500) % 10)
    assert row.chance == pytest.approx(0.5, abs=0.01)


def test_what_is_one_or_unknown_is_told_as_absent():
    rows, units = np.random.default_rng(1).normal(size=(20, 3)), np.arange(20) % 4
    row, tally = asked(rows, np.zeros(20, int), ["flowcam"], units, "instrument")
    assert tally is None and row.note == "one instrument only" and np.isnan(row.value)
    row, _ = asked(rows, np.zeros(20, int), [""], units, "group")
    assert row.note == "no group known"


def test_organisms_without_a_group_are_not_asked():
    rng = np.random.default_rng(3)
    group = np.repeat([0, 1, 2], 50)
    rows = rng.normal(size=(150, 4)) + 10 * np.eye(3, 4)[group]
    row, tally = asked(rows, group, ["", "control", "treated"], np.arange(150) % 5, "group")
    assert tally.images == 100 and tally.classes == ("control", "treated")
    assert row.value == 1 and row.better == ""


def test_size_read_from_the_embedding():
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(600, 8)).astype(np.float32)
    values = rows[:, 0].astype(float)
    units = np.arange(600) % 12
    whole = continuous("size", rows, values, units, 5, seed=1)
    assert whole.value == pytest.approx(1, abs=1e-3) and whole.groups == 12
    half = continuous("size", rows, values + rng.normal(size=600), units, 5, seed=1)
    assert half.value == pytest.approx(0.5, abs=0.08) and half.low < half.value < half.high
    values[:100] = np.nan
    part = continuous("size", rows, values, units, 5, seed=1)
    assert part.images == 500 and part.note == "100 organisms without a measurement left out"
    none = continuous("size", rows, np.full(600, 3.0), units, 5, seed=1)
    assert np.isnan(none.value) and none.note == "too few different values known"


def sample(name: str, day: int, instrument: str, group: str) -> Sample:
    date = datetime(2020, 5, day)
    nothing = [None] * 6
    return Sample(name, Path(name), name, instrument, date, None, "", group, *nothing, {}, 1)


def test_all_circumstances_of_a_run():
    samples = (
        sample("a", 1, "ifcb", "x"),
        sample("b", 1, "ifcb", "y"),
        sample("c", 2, "flowcam", "x"),
    )
    rng = np.random.default_rng(5)
    place = np.repeat(np.arange(3), 40)
    vectors = (rng.normal(size=(120, 6)) + 20 * np.eye(3, 6)[place]).astype(np.float32)
    crops = pa.table(
        {"esd_px": np.exp(vectors[:, 0].astype(float) / 10), "mean_grey": [None] * 120}
    )
    crops = crops.set_column(1, "mean_grey", crops["mean_grey"].cast(pa.float64()))
    organisms = Organisms(crops, samples, place, np.arange(120))
    drawn = Drawn(np.arange(120), vectors, place, ("a", "b", "c"), "sample", "sampled 120 of 900")
    rows, tallies = confounding_evidence(organisms, drawn, folds=5, seed=1)
    found = {row.measure: row for row in rows}
    assert [*found] == ["sample", "day", "instrument", "group", "brightness", "size"]
    assert [found[name].value for name in ("sample", "day", "instrument", "group")] == [1] * 4
    assert found["size"].value > 0.99 and found["size"].note == "sampled 120 of 900"
    assert found["brightness"].note.startswith("too few different values known")
    assert tallies["confounding", "instrument", ""].classes == ("flowcam", "ifcb")
    assert tallies["confounding", "day", ""].units == ("a", "b", "c")

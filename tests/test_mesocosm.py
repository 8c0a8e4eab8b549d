"""The planted experiment on disk is what its truth says, and its kinds cannot be mistaken."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from seston import store
from seston.arrays import ArrayFile
from seston.cluster.nearest import Nearest
from seston.cluster.train import train
from seston.segment import segment
from seston.tiles import tiles
from synthetic.mesocosm import DAY_ZERO, Experiment, write_mesocosm

SMALL = Experiment(
    days=3, bags=("bag1", "bag2"), centres={"chain": 0, "disc": 1, "star": 2}, width=1,
    peak=1000, bag="bag1", since=2, missing=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """The experiment, what was written of it, and its crops and effort as the workflow reads it."""
    folder = tmp_path_factory.mktemp("mesocosm")
    written = write_mesocosm(folder, SMALL, seed=3)
    paths = {
        name: folder / f"{name}.parquet" for name in ("crops", "rejected", "recorded", "effort")
    }
    segment(
        sheet=written.sheet, samples=written.samples["sample"].tolist(), max_rejected=0, **paths
    )
    return folder, written, *(store.read_table(paths[name], name) for name in ("crops", "effort"))


def test_what_was_caught_is_what_is_read(cut):
    _, written, crops, effort = cut
    table = crops.select(["sample", "label", "timestamp", "mask"]).to_pandas()
    counts = pd.crosstab(table["sample"], table["label"]).loc[written.samples["sample"]]
    assert counts.columns.tolist() == SMALL.kinds
    assert counts.to_numpy().tolist() == written.counts.tolist()
    assert set(table["mask"]) == {"bin"}
    day = dict(zip(written.samples["sample"], written.samples["day"], strict=True))
    dates = {DAY_ZERO + timedelta(days=day[name]) for name in day}
    assert set(table["timestamp"].dt.date) == dates
    assert len(dates) == 2  # nobody sampled on the day between
    assert effort["rejected"].to_pylist() == [0] * 4


def test_the_effort_is_that_of_each_run_and_nothing_is_odd(cut):
    _, written, _, effort = cut
    samples = written.samples.sort_values("sample")
    assert effort["sample"].to_pylist() == samples["sample"].tolist()
    assert np.allclose(effort["volume_ml"].to_numpy(), samples["frames"] * 1e-5)
    assert effort["dilution"].to_pylist() == samples["dilution"].tolist()
    assert len(set(samples["frames"])) > 1
    assert effort["flags"].to_pylist() == [[]] * 4


def test_the_truth_is_a_bloom_and_the_effect_of_a_bag():
    planted = Experiment(scatter=1e-6)
    truth = planted.truth().set_index(["group", "day", "kind"])["concentration_per_ml"]
    assert truth["bag1", 1, "chain"] == 2540
    assert truth["bag1", 11, "chain"] == pytest.approx(40, abs=0.01)
    assert truth["bag2", 3, "disc"] == truth["bag1", 3, "disc"]
    assert truth["bag2", 4, "disc"] == 3 * truth["bag1", 4, "disc"]
    assert truth["bag2", 4, "star"] == truth["bag1", 4, "star"]
    random = np.random.default_rng(1)
    samples = planted.samples(random)
    assert len(samples) == 33
    assert 7 not in set(samples["day"])
    caught = np.mean([planted.counts(samples, random) for _ in range(400)], axis=0)
    water = samples["frames"] * 1e-5 / samples["dilution"]
    of = [truth[row.group, row.day].to_numpy() for row in samples.itertuples()]
    mean = np.array(of) * water.to_numpy()[:, None]
    assert (np.abs(caught - mean) < 5 * np.sqrt(mean / 400)).all()  # Poisson's standard errors


def test_the_bundled_model_tells_the_kinds_apart(cut):
    torch = pytest.importorskip("torch")
    from seston.models.backbones import images_of
    from seston.models.model_file import read_model
    from seston.models.weights import backbone

    folder, _, crops, _ = cut
    backbone(name="vit_small3_patch8_64", weights="bundled", size=64, seed=1, model=folder / "m")
    tiles(crops=folder / "crops.parquet", tiles=folder / "tiles.arrow", size=64)
    network, _, _ = read_model(folder / "m")
    with torch.inference_mode():
        squares = torch.from_numpy(ArrayFile(folder / "tiles.arrow", "tiles").array())
        rows = network.eval()(images_of(squares)).numpy().astype(np.float32)
    kind = np.unique(crops["label"].to_pylist(), return_inverse=True)[1]
    for k in (3, 4, 5, 6):
        label = Nearest(train(rows, k, 25, False, 1, 5)[0]).one(rows)[0]
        assert len(np.unique(label)) == k
        assert len({*zip(label.tolist(), kind.tolist(), strict=True)}) == k  # one kind in each

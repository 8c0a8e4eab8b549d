"""The evidence on real organisms with experts' labels: eight days of the lake."""

import csv

import numpy as np
import pytest
import torch

from seston.evaluate.comparison import paired
from seston.evaluate.labelled import across_units
from seston.evaluate.organisms import Drawn
from seston.labels.sets import LabelSet
from seston.models.backbones import images_of
from seston.models.model_file import read_model
from seston.models.weights import backbone
from seston.tiles import make_tile


@pytest.fixture(scope="module")
def lake(repository):
    """Tiles, label set and days of the images of every sixth day of the example."""
    folder = repository / "example" / "lake"
    with (folder / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    days = sorted({row["image"].partition("/")[0] for row in rows})[::6]
    rows = [row for row in rows if row["image"].partition("/")[0] in days]
    tiles = [make_tile((folder / row["image"]).read_bytes(), 64) for row in rows]
    classes, codes = np.unique([row["label"] for row in rows], return_inverse=True)
    day = np.array([days.index(row["image"].partition("/")[0]) for row in rows])
    return np.stack(tiles), LabelSet("lake", codes, tuple(classes)), day, tuple(days)


def test_the_bundled_model_knows_more_than_pixels(lake, tmp_path):
    tiles, labels, day, days = lake
    model = tmp_path / "model.safetensors"
    backbone(name="vit_small3_patch8_64", weights="bundled", size=64, seed=1, model=model)
    network = read_model(model)[0]
    with torch.inference_mode():
        parts = [network(images_of(part)) for part in torch.from_numpy(tiles).split(64)]
    coarse = tiles.reshape(len(tiles), 8, 8, 8, 8, 3).mean(axis=(2, 4)).reshape(len(tiles), -1)
    found = []
    for vectors in (coarse.astype(np.float32), torch.cat(parts).numpy()):
        drawn = Drawn(np.arange(len(tiles)), vectors, day, days, "day")
        rows, tallies = across_units(labels, drawn, folds=5, seed=1)
        found.append((rows[2], tallies["labels", "linear_probe", "lake"]))
    (pixels, before), (probe, after) = found
    assert probe.low > probe.chance
    assert pixels.value < probe.value < 0.9
    assert paired([(before, after)], seed=1).rose

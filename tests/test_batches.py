from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from seston.augment import Crop
from seston.batches import Batches
from seston.collection import Tiles
from seston.distributed import ALONE, Ranks
from seston.errors import SestonError
from seston.training_settings import Settings
from small_training import SETTINGS, SHARDS, make_run

CROPS = [[Crop(32, (0.4, 1.0))] * 2, [Crop(16, (0.1, 0.4))] * 3]


@pytest.fixture
def tiles(tmp_path: Path) -> Tiles:
    return Tiles(make_run(tmp_path) / "tiles", SHARDS)


def batches(tiles: Tiles, settings: Settings = SETTINGS, ranks: Ranks = ALONE) -> Batches:
    return Batches(tiles, settings, CROPS, torch.device("cpu"), ranks)


def test_epochs_draw_anew(tiles: Tiles) -> None:
    data = batches(tiles, replace(SETTINGS, epochs=2, max_images=12, batch_size=5))
    steps = list(data.after(0))
    assert (data.images, data.steps_an_epoch, data.steps) == (12, 3, 6)
    assert [len(step) for step in steps] == [4, 4, 4] * 2
    first, second = np.concatenate(steps[:3]), np.concatenate(steps[3:])
    assert len(set(first.tolist())) == 12 and set(first.tolist()) != set(second.tolist())


@pytest.mark.parametrize("step", [2, 3, 5, 6])
def test_steps_that_are_done_are_left_out(tiles: Tiles, step: int) -> None:
    data = batches(tiles, replace(SETTINGS, epochs=2, max_images=12, batch_size=5))
    left, whole = list(data.after(step)), list(data.after(0))
    assert len(left) == 6 - step
    assert all((a == b).all() for a, b in zip(left, whole[step:], strict=True))


def test_batches_smaller_than_the_processes_are_refused(tiles: Tiles) -> None:
    with pytest.raises(SestonError, match="batches of 4 images for 5 processes"):
        batches(tiles, ranks=Ranks(0, 5))


def test_coloured_and_grey_tiles_are_loaded_as_they_are(tiles: Tiles) -> None:
    data = batches(tiles)
    positions = np.array([3, 1, 30, 8])
    grey = data.load(positions)
    expected = tiles.take(positions)
    assert grey.shape == (4, 32, 32, 1) and (grey.numpy() == expected).all()
    expected[2, 5, 5, 0] ^= 1
    tiles.take = lambda asked: expected
    assert (data.load(positions).numpy() == expected).all()


def test_crops_are_the_same_in_any_parts_and_processes(tiles: Tiles) -> None:
    positions = np.arange(9)
    whole = batches(tiles)
    expected = whole.views(whole.load(positions), 9, step=5)(slice(0, 9))
    assert [len(kind) for kind in expected] == [2, 3]
    seen = []
    for rank in (0, 1):
        mine = batches(tiles, replace(SETTINGS, accumulate=2), Ranks(rank, 2))
        views = mine.views(mine.load(positions), 9, step=5)
        for part in mine.parts(9):
            seen += list(range(9)[part])
            for kind, whole_kind in zip(views(part), expected, strict=True):
                for crop, whole_crop in zip(kind, whole_kind, strict=True):
                    torch.testing.assert_close(crop, whole_crop[part], rtol=0, atol=1e-6)
    assert seen == list(range(9))
    other = whole.views(whole.load(positions), 9, step=6)(slice(0, 9))
    assert not torch.equal(other[0][0], expected[0][0])

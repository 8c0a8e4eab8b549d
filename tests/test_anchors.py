from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

from seston.anchors import BATCH, anchor_features
from seston.augment import Crop, random_crops
from seston.collection import Tiles, choose_images
from seston.models.backbones import Backbone, images_of, spec_of
from small_training import SHARDS, make_run

CROP = Crop(32, (0.4, 1.0))


@pytest.fixture
def tiles(tmp_path: Path) -> Tiles:
    return Tiles(make_run(tmp_path) / "tiles", SHARDS)


def network(name: str) -> Backbone:
    torch.manual_seed(0)
    return Backbone(spec_of(name), 32).train()


def test_they_are_the_features_of_crops_of_chosen_images(tiles: Tiles) -> None:
    backbone = network("vit_test_patch8")
    chosen = choose_images(tiles.sample_codes, 9, np.random.default_rng(5))
    images = images_of(torch.from_numpy(tiles.take(chosen)))
    crops = random_crops(images, CROP, torch.Generator().manual_seed(5))
    with torch.no_grad():
        expected = backbone(crops)
    found = anchor_features(backbone, tiles, CROP, 9, 5, nullcontext())
    assert not found.requires_grad
    torch.testing.assert_close(found, expected)


def test_of_few_images_there_are_several_crops(tiles: Tiles) -> None:
    count = BATCH + 7  # of 32 images, in two batches
    found = anchor_features(network("vit_test_patch8"), tiles, CROP, count, 5, nullcontext())
    assert found.shape == (count, 32)
    assert len(np.unique(found.numpy(), axis=0)) == count


def test_the_network_stays_as_it_is(tiles: Tiles) -> None:
    backbone = network("resnet18")
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    anchor_features(backbone, tiles, CROP, 8, 5, nullcontext())
    after = backbone.state_dict()
    assert "net.bn1.running_mean" in after
    assert all(torch.equal(after[key], value) for key, value in before.items())
    assert all(module.training for module in backbone.modules())

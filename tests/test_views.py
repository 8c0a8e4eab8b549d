"""Altered views: what they tell of models whose answer is known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seston.evaluate.views import Views, known_again, view_evidence

CPU = torch.device("cpu")


class Histogram(nn.Module):
    """Knows an image by its grey levels, which turning does not change; or knows nothing."""

    def __init__(self, blind: bool = False) -> None:
        super().__init__()
        self.blind, self.length = blind, 16

    def forward(self, images: Tensor) -> Tensor:
        if self.blind:
            return torch.ones(len(images), 16)
        return images[:, :1].flatten(1).sort(1).values.unfold(1, 64, 64).mean(2)


def discs(n: int) -> np.ndarray:
    """n discs of sizes of their own on a dark ground, 32 px."""
    y, x = np.mgrid[:32, :32] - 15.5
    sizes = np.linspace(3, 13, n)[:, None, None]
    return np.repeat(np.where(x**2 + y**2 < sizes**2, 220, 30)[..., None], 3, 3).astype(np.uint8)


def evidence(blind: bool, n: int = 20):
    views = Views(Histogram(blind), CPU, torch.float32, 1)
    tiles = discs(n)
    with torch.inference_mode():
        features = views.backbone(torch.from_numpy(tiles).permute(0, 3, 1, 2) / 255).numpy()
    return view_evidence(views, tiles, features, np.arange(n) % 4, list("abcd"))


def test_a_model_that_sees_nothing_knows_nothing_again():
    rows, tallies = evidence(blind=True)
    by_name = {row.measure: row for row in rows}
    agreement = by_name["neighbour_agreement"]
    assert agreement.value == pytest.approx(1 / 20)  # the first of all is nearest to all
    assert agreement.chance == 1 / 20 and agreement.groups == 4
    assert by_name["uniformity"].value == pytest.approx(0, abs=1e-6)
    assert by_name["alignment"].value == pytest.approx(0, abs=1e-6)
    assert tallies["views", "neighbour_agreement", ""].units == tuple("abcd")


def test_a_model_that_sees_sizes_knows_far_more_again():
    agreement = evidence(blind=False)[0][0]
    assert agreement.value > 0.2 > 2 * agreement.chance
    assert np.isnan(agreement.low)  # of four samples


def test_views_are_of_the_seed_and_differ_from_each_other():
    views = Views(Histogram(), CPU, torch.float32, 1)
    tiles = discs(5)
    assert np.array_equal(views.embed(tiles, 0), views.embed(tiles, 0))
    assert not np.array_equal(views.embed(tiles, 0), views.embed(tiles, 1))


def test_known_again_asks_for_the_own_row():
    originals = np.eye(3, dtype=np.float32)
    views = originals[[0, 2, 1]]
    assert known_again(views, originals).tolist() == [True, False, False]

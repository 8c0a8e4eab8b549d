import numpy as np
import pytest

from seston.imaging.trend import Trend
from synthetic import frames as synthetic


def polynomial(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width] / max(height, width)
    return 160 - 90 * x**2 * y + 40 * y**5 - 30 * (x - 0.5) ** 4


@pytest.mark.parametrize("shape", [(300, 400), (640, 200), (64, 64)])
def test_a_polynomial_is_found_up_to_the_outermost_pixels(shape):
    expected = polynomial(*shape)
    found = Trend(np.rint(expected).astype(np.uint8), above=True).surface(shape)
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() < 1


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize("at", [(0, 0), (0, 200), (150, 200)])  # corner, side, middle
def test_a_large_organism_is_passed_over(above, at):
    light = synthetic.light(300, 400) * 0.8
    y, x = np.mgrid[:300, :400]
    organism = np.hypot(y - at[0], x - at[1]) <= 50
    drawn = np.rint(np.where(organism, light + (-80 if above else 80), light)).astype(np.uint8)
    found = Trend(drawn, above).surface((300, 400))
    assert np.abs(found - light)[~organism].max() < 4
    assert np.abs(found - light)[organism].max() < 20


def test_each_channel_has_its_own():
    light = np.rint(synthetic.light(90, 120)).astype(np.uint8)
    colour = np.dstack([light, light // 2, 255 - light])
    found = Trend(colour, above=True).surface(colour.shape)
    assert found.shape == colour.shape
    assert np.abs(found - colour).max() < 1.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (2, 500), (5, 7)])
def test_pictures_of_a_few_pixels(shape):
    found = Trend(np.full(shape, 77, np.uint8), above=True).surface(shape)
    np.testing.assert_allclose(found, 77, atol=1e-3)

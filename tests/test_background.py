import weakref

import numpy as np
import pytest
from scipy import ndimage
from skimage import restoration

from seston.imaging.background import as_bright, ball, roll, running_median
from synthetic import frames as synthetic


def levels(count: int) -> list[tuple[int, np.ndarray]]:
    """Frames of one level each, which is their number: a median tells its window."""
    return [(number, np.full((4, 5), number, np.uint8)) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "window"), [(30, 7), (30, 15), (9, 7), (7, 7), (40, 3), (5, 1), (30, 8), (9, 2)]
)
def test_each_frame_has_the_median_of_frames_around_it(count, window):
    seen = list(running_median(levels(count), window, 1))
    assert [key for key, _, _ in seen] == list(range(count))
    half, step = (window - 1) // 2, max(1, window // 2)
    for key, pixels, background in seen:
        assert pixels[0, 0] == key
        middle = int(background[0, 0])
        first, last = middle - half, middle - half + window - 1
        assert first >= 0 and last < count  # whole windows only
        assert first <= key <= last
        assert abs(key - middle) <= step or first == 0 or last == count - 1


def test_a_series_shorter_than_the_window_has_the_median_of_all_or_none():
    assert {int(background[0, 0]) for *_, background in running_median(levels(5), 15, 3)} == {2}
    assert [background for *_, background in running_median(levels(5), 15, 6)] == [None] * 5
    assert list(running_median([], 15, 3)) == []


def test_only_the_window_is_held_in_memory():
    alive, most = 0, 0

    def gone() -> None:
        nonlocal alive
        alive -= 1

    def frames():
        nonlocal alive, most
        for number in range(200):
            pixels = np.full((4, 5), number, np.uint8)
            weakref.finalize(pixels, gone)
            alive += 1
            most = max(most, alive)
            yield number, pixels
            del pixels

    assert sum(1 for _ in running_median(frames(), 15, 3)) == 200
    assert 15 <= most <= 15 + 8


def test_a_rolling_ball_is_a_grey_opening_by_a_ball():
    surface = np.random.default_rng(0).normal(100, 20, (40, 50)).astype(np.float32)
    y, x = np.mgrid[-6:7, -6:7]
    inside = x**2 + y**2 <= 36
    height = np.where(inside, np.sqrt(np.maximum(36 - x**2 - y**2, 0)) - 6, 0)
    expected = ndimage.grey_opening(surface, footprint=inside, structure=height, mode="reflect")
    np.testing.assert_allclose(roll(surface, 6), expected, atol=1e-4)


def scene(bright: bool) -> tuple[np.ndarray, np.ndarray]:
    """Uneven light without noise, and the same with organisms of 8 to 30 px."""
    empty = synthetic.light(300, 400)
    drawn = empty.copy()
    y, x = np.mgrid[:300, :400]
    places = np.random.default_rng(0).uniform((20, 20, 4), (280, 380, 15), (12, 3))
    for at_y, at_x, radius in places:
        drawn[(y - at_y) ** 2 + (x - at_x) ** 2 <= radius**2] += 60 if bright else -60
    return empty, np.clip(np.rint(drawn), 0, 255).astype(np.uint8)


def test_the_fast_ball_is_near_that_of_scikit_image_and_nearer_to_the_truth():
    """Within 6 grey levels of scikit-image's, which bridges slopes; within 4 of the true light."""
    radius = 40
    empty, drawn = scene(bright=False)
    ours = ball(drawn, radius, above=True).astype(float)
    theirs = 255.0 - restoration.rolling_ball(255 - drawn, radius=radius)
    inner = (slice(radius, -radius), slice(radius, -radius))
    assert np.abs(ours - theirs)[inner].max() < 6
    assert np.abs(ours - empty).max() < 4
    assert 2 * np.abs(ours - empty)[inner].mean() < np.abs(theirs - empty)[inner].mean()


@pytest.mark.parametrize("fall", synthetic.FALLS)
@pytest.mark.parametrize("shape", [(300, 450), (600, 900), (500, 500)])
def test_the_ball_reaches_into_dark_corners(fall, shape):
    """It lay 4 to 50 grey levels above them; a ball as wide as the frame may still by a few."""
    empty = synthetic.falling_light(*shape, fall)
    for radius in (40, 100):
        rolled = ball(np.rint(empty).astype(np.uint8), radius, above=True)
        assert np.abs(rolled - empty).max() < 3
    rolled = ball(np.rint(empty).astype(np.uint8), 200, above=True)
    assert np.abs(rolled - empty).max() < 4.5


def test_in_dark_field_the_ball_rolls_below():
    drawn = scene(bright=True)[1] // 2
    below = ball(drawn, 60, above=False).astype(float)
    assert np.abs(below - synthetic.light(300, 400) / 2).max() < 4


def test_noise_does_not_hold_the_ball_down():
    empty = synthetic.light(300, 400)
    noisy = empty + np.random.default_rng(0).normal(scale=4, size=empty.shape)
    rolled = ball(np.rint(noisy).clip(0, 255).astype(np.uint8), 60, above=True)
    assert abs(float((rolled - empty).mean())) < 1.5  # the brightest of 10,000 is 16 too bright


def test_a_colour_has_its_own_ball():
    grey = scene(bright=False)[1]
    colour = np.dstack([grey, grey // 2, 255 - grey // 3])
    rolled = ball(colour, 60, above=True)
    for channel in range(3):
        np.testing.assert_array_equal(
            rolled[..., channel], ball(colour[..., channel].copy(), 60, above=True)
        )


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (40, 30)])
def test_pictures_smaller_than_the_ball(shape):
    np.testing.assert_array_equal(ball(np.full(shape, 77, np.uint8), 200, True), 77)


def test_the_background_follows_the_lamp():
    background = np.full((64, 64), 200, np.uint8)
    frame = np.full((64, 64), 190, np.uint8)
    frame[10:20, 10:20] = 30  # an organism does not change the light
    np.testing.assert_array_equal(as_bright(background, frame), 190)
    assert as_bright(background, background) is background
    black = np.zeros((64, 64), np.uint8)
    np.testing.assert_array_equal(as_bright(black, frame), 0)

import numpy as np
import pytest

from seston.imaging.median import median


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 15, 16, 21, 33])
def test_it_is_the_median_of_numpy_and_of_an_even_number_the_lower_one(count):
    frames = list(np.random.default_rng(count).integers(0, 256, (count, 37, 41), dtype=np.uint8))
    expected = np.sort(frames, axis=0)[(count - 1) // 2]
    np.testing.assert_array_equal(median(frames), expected)
    if count % 2:
        np.testing.assert_array_equal(median(frames), np.median(frames, axis=0))


def test_frames_larger_than_a_block_and_in_colour():
    frames = list(np.random.default_rng(0).integers(0, 256, (5, 150, 130, 3), dtype=np.uint8))
    np.testing.assert_array_equal(median(frames), np.median(frames, axis=0))


def test_the_frames_stay_as_they_are():
    frames = list(np.random.default_rng(0).integers(0, 256, (5, 20, 20), dtype=np.uint8))
    before = [frame.copy() for frame in frames]
    median(frames)
    np.testing.assert_array_equal(frames, before)

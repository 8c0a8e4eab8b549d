import numpy as np
import pytest

from seston.imaging.polarity import vote
from synthetic import frames as synthetic

OTHER = {"dark": "bright", "bright": "dark"}


@pytest.mark.parametrize("polarity", OTHER)
@pytest.mark.parametrize("organisms", [5, 25])
@pytest.mark.parametrize("known", [True, False])
def test_frames_with_organisms_speak(polarity, organisms, known):
    bright = polarity == "bright"
    empty = synthetic.draw(99, organisms=0, bright=bright).image if known else None
    for seed in range(4):
        frame = synthetic.draw(seed, organisms=organisms, bright=bright).image
        assert vote(frame, empty, polarity) == 1
        assert vote(frame, empty, OTHER[polarity]) == -1


@pytest.mark.parametrize("bright", [True, False])
@pytest.mark.parametrize("fall", synthetic.FALLS)
def test_empty_frames_and_their_uneven_light_do_not(bright, fall):
    frame = synthetic.draw(3, organisms=0, bright=bright, fall=fall).image
    assert [vote(frame, None, polarity) for polarity in OTHER] == [0, 0]
    assert [vote(frame, frame, polarity) for polarity in OTHER] == [0, 0]
    assert vote(np.zeros((9, 9), np.uint8), None, "dark") == 0


def test_some_of_the_other_kind_do_not_speak_against():
    """A few bubbles brighten a frame of dark organisms."""
    frame = synthetic.draw(1).image
    bubbled = frame.copy()
    for y, x in ((100, 100), (300, 400), (500, 700)):
        bubbled[y : y + 15, x : x + 15] = 255
    assert vote(bubbled, None, "dark") == 1

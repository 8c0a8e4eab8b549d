"""Colours of classes: apart from each other, and the same wherever a class is drawn."""

import colorsys

import numpy as np
import pytest

from seston.report.drawing.class_colours import FIRST, class_colours, from_oklch


def rgb(colours: list[str]) -> np.ndarray:
    return np.array([[int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in colours]) / 255


def oklab(colours: np.ndarray) -> np.ndarray:
    """Return sRGB as OKLab, in which 0.02 is a difference that one just sees side by side."""
    light = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    cones = light @ np.transpose(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    return np.cbrt(cones) @ np.transpose(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )


@pytest.mark.parametrize("dark", [False, True])
def test_the_first_can_be_told_apart(dark):
    lab = oklab(rgb(class_colours(20, dark=dark)))
    far = np.hypot.reduce(lab[:, None] - lab[None], axis=2) + np.eye(len(lab))
    assert far[:12, :12].min() > 0.065
    assert far.min() > 0.05


def test_a_class_keeps_its_colour_however_many_there_are():
    many = class_colours(1000)
    assert len(many) == 1000
    assert all(len(one) == 7 and int(one[1:], 16) >= 0 for one in many)
    for count in (0, 1, 6, 7, 40):
        assert class_colours(count) == many[:count]
    assert many[:6] == [one.lower() for one in FIRST]


def test_on_dark_ground_they_are_lighter_and_of_the_same_hue():
    on_light, on_dark = rgb(class_colours(60)), rgb(class_colours(60, dark=True))
    assert (oklab(on_dark)[:, 0] > oklab(on_light)[:, 0] + 0.03).all()
    hues = [[colorsys.rgb_to_hsv(*one)[0] for one in some] for some in (on_light, on_dark)]
    turned = np.abs(np.subtract(*hues))
    assert np.minimum(turned, 1 - turned).max() < 0.12


def test_oklch_comes_back_as_what_it_was():
    lightness, chroma = np.array([0.4, 0.59, 0.7, 1.0]), np.array([0.05, 0.09, 0.09, 0.0])
    hue = np.array([0.3, 2.0, 5.0, 0.0])
    back = oklab(from_oklch(lightness, chroma, hue) / 255)
    assert back[:, 0] == pytest.approx(lightness, abs=1e-4)
    assert back[:, 1] == pytest.approx(chroma * np.cos(hue), abs=1e-4)
    assert back[:, 2] == pytest.approx(chroma * np.sin(hue), abs=1e-4)

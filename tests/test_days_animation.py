"""The animation: what it says, how long it lasts, how it ends."""

from io import BytesIO
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures import days_animation
from seston.report.figures.days_animation import BARS, HEAD, HIGH, animate, frames
from seston.report.figures.days_poster import MOST_PANELS, draw_poster, step_name
from seston.report.figures.days_raster import BLUE, GREY, PALETTE
from seston.report.figures.map_days import Days, days

BLUE_RGB = PALETTE[BLUE] / 255
FLOOR = HEAD + HIGH + 22 + BARS


def some_days(images: list[int], seed: int = 0) -> Days:
    """0 images: not sampled."""
    rng = np.random.default_rng(seed)
    periods = [str(np.datetime64("2024-05-01") + day) for day in range(len(images))]
    sampled = (np.array(images) > 0).astype(int)
    table = pd.DataFrame(
        {"period": periods, "sampled": sampled, "samples": 3 * sampled, "images": images}
    )
    points = pd.DataFrame(rng.normal(size=(sum(images), 2)), columns=["map_x", "map_y"])
    return days(points.assign(period=np.repeat(periods, images)), table)


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def test_it_plays_once_and_stays_at_the_end():
    found = animate(some_days([30, 50, 0, 20]), TimeAxis("day", "2024-05-01"), "tank")
    webp, gif = opened(found.webp), opened(found.gif or b"")
    assert (webp.n_frames, gif.n_frames) == (4, 4)
    assert webp.info["loop"] == 1
    assert "loop" not in gif.info
    spans = []
    for place in range(4):
        webp.seek(place)
        webp.load()
        spans.append(webp.info["duration"])
    assert spans == [days_animation.LONGEST] * 3 + [days_animation.LAST]


def test_frames_come_out_of_the_files_as_they_were_drawn():
    found, axis = some_days([30, 50, 0, 20]), TimeAxis()
    made = animate(found, axis, "tank")
    for data in (made.webp, made.gif or b""):
        film = opened(data)
        for place, frame in enumerate(frames(found, axis, "tank")):
            film.seek(place)
            np.testing.assert_array_equal(np.asarray(film.convert("RGB")), PALETTE[frame])


def test_bars_show_the_effort_of_every_period():
    images = [100, 50, 0, 25]
    for place, frame in enumerate(frames(some_days(images), TimeAxis(), "tank")):
        edges = np.linspace(days_animation.LEFT, 640 - days_animation.RIGHT, 5).astype(int)
        for slot, (left, right) in enumerate(pairwise(edges)):
            column = frame[FLOOR - BARS : FLOOR, (left + right) // 2]
            assert (column > 0).sum() == pytest.approx(BARS * images[slot] / 100, abs=1)
            if images[slot]:
                colour = {True: BLUE, False: GREY if slot < place else days_animation.PALE}
                assert column[-1] == colour[slot == place]
        # A mark below each sampled period, none below the other.
        marks = frame[FLOOR + 3, (edges[:-1] + edges[1:]) // 2]
        assert (marks > 0).tolist() == [True, True, False, True]


def test_words_tell_day_effort_and_what_is_not_on_the_map():
    step = pd.Series(
        {"first": "2024-05-03", "last": "2024-05-03", "periods": 1, "sampled": 1, "samples": 2,
         "images": 1234, "images_so_far": 5000, "points_so_far": 5000}
    )  # fmt: skip
    numbered, dated = TimeAxis("day", "2024-05-01"), TimeAxis("day")
    assert days_animation._when(step, numbered) == "day 2   (2024-05-03)"
    assert days_animation._when(step, dated) == "2024-05-03"
    assert days_animation._effort(step, dated) == "1,234 images in 2 samples"
    assert days_animation._so_far(step) == "so far 5,000 images"
    gap = pd.Series({**step, "last": "2024-05-05", "sampled": 0, "periods": 3})
    assert days_animation._when(gap, numbered) == "day 2 to 4   (2024-05-03 to 2024-05-05)"
    assert days_animation._effort(gap, dated) == "not sampled: 3 days"
    few = pd.Series({**step, "points_so_far": 4000})
    assert days_animation._so_far(few) == "so far 5,000 images, 4,000 of them on the map"


def test_a_large_gif_is_left_out_and_told(monkeypatch, caplog):
    monkeypatch.setattr(days_animation, "MOST_GIF", 100)
    with caplog.at_level("INFO", "seston"):
        made = animate(some_days([30, 50]), TimeAxis(), "tank")
    assert made.gif is None and len(made.webp) > 100
    assert "no GIF" in caplog.text


def test_it_is_the_same_twice():
    one, two = (animate(some_days([9, 4, 7]), TimeAxis(), "tank") for _ in range(2))
    assert one == two


def test_a_step_of_hours_is_named_by_its_day_once():
    hours, days = TimeAxis("hour", "2024-05-01"), TimeAxis("day", "2024-05-01")
    told = [
        step_name("2024-05-04T07:00", "2024-05-04T08:00", hours),
        step_name("2024-05-04T23:00", "2024-05-05T00:00", hours),
        step_name("2024-05-04T07:00", "2024-05-04T07:00", TimeAxis("hour")),
        step_name("2024-05-04", "2024-05-06", days),
    ]
    assert told == ["day 3, 07 h to 08 h", "day 3, 23 h to day 4, 00 h", "2024-05-04 07:00",
                    "day 3 to day 5"]  # fmt: skip


def test_the_poster_shows_the_first_and_the_last_sampled_day():
    figure = draw_poster(some_days([5] * 15 + [0] + [5] * 15), TimeAxis())
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.images]
    assert len(titles) == MOST_PANELS
    assert (titles[0], titles[-1]) == ("2024-05-01", "2024-05-31")
    assert "2024-05-16" not in titles
    effort = figure.axes[-1]
    assert len(effort.patches) == 30
    blue = [bar for bar in effort.patches if np.allclose(bar.get_facecolor()[:3], BLUE_RGB)]
    assert len(blue) == MOST_PANELS

"""What is drawn beside: the same files as without, and no error is lost."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from seston.report.drawing import style
from seston.report.drawing.companion import Companion
from seston.report.drawing.drawings import Drawings


def figure(formatter=style.tick_number) -> Figure:
    """Text, ticks and a cloud of points that is rasterised."""
    made = style.new_figure(style.ONE_COLUMN, 40)
    left, right = made.subplots(1, 2)
    left.plot([0, 1200], [3, 4], label="line")
    left.yaxis.set_major_formatter(formatter)
    right.scatter(*np.random.default_rng(0).random((2, 500)), s=1, rasterized=True)
    made.legend(loc="outside lower center")
    return made


def test_one_and_two_processes_write_the_same_files(tmp_path):
    written = []
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        folder.mkdir()
        with Companion(threads) as companion:
            Drawings(folder, folder, companion).keep("one", figure())
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert set(written[0]) == {"one.png", "one.pdf"}
    assert written[0] == written[1]


def test_all_that_was_asked_is_done_when_it_is_left():
    with Companion(2) as companion:
        asked = [companion.ask(pow, 3, exponent) for exponent in range(5)]
    assert all(one.done() for one in asked)
    assert [one.result() for one in asked] == [1, 3, 9, 27, 81]


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_beside_is_one_here(threads):
    with pytest.raises(ZeroDivisionError), Companion(threads) as companion:
        companion.ask(divmod, 1, 0)


def test_a_figure_that_cannot_be_pickled_is_told_of(tmp_path):
    with pytest.raises(Exception, match="pickle"), Companion(2) as companion:
        Drawings(tmp_path, tmp_path, companion).keep("one", figure(lambda value, _: str(value)))

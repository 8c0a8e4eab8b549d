import io

import numpy as np
import pytest
from PIL import Image

from seston.search.board import GAP, SIDE, TEXT, Cell, _cut, _font, draw_board


def cell(width, height, um, colour=(200, 0, 0), title="1  cluster 3"):
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return Cell(file.getvalue(), um, title, "sample/00001")


def extent(board, number):
    """Width and height of what is red in a cell."""
    left = GAP + number % 8 * (SIDE + GAP)
    top = GAP + number // 8 * (SIDE + TEXT + GAP)
    part = np.asarray(board, int)[top : top + SIDE, left : left + SIDE]
    red = part[..., 0] - part[..., 1] > 100
    return int(red.any(axis=0).sum()), int(red.any(axis=1).sum())


def test_sizes_are_true_in_micrometres():
    # 40 px of 1 µm, 40 px of 0.5 µm, 40 x 20 px of 1 µm.
    board = draw_board(cell(40, 40, 1.0), [cell(40, 40, 0.5), cell(40, 20, 1.0)])
    (wide, high), (half, _), (chain, flat) = (extent(board, i) for i in range(3))
    assert wide == pytest.approx(SIDE, abs=1) and chain == wide
    assert half == pytest.approx(wide / 2, abs=1)
    assert flat == pytest.approx(high / 2, abs=20)  # the scale bar covers some of the query


def test_what_is_too_long_is_shrunk_and_framed_by_dashes():
    few = [cell(30, 30, 1.0) for _ in range(7)]
    board = draw_board(few[0], [*few[1:], cell(300, 30, 1.0)])
    assert extent(board, 7)[0] == SIDE
    assert extent(board, 7)[1] == pytest.approx(SIDE / 10, abs=1)
    assert extent(board, 1)[0] == 4 * 30  # no more than fourfold
    corner = GAP + 7 * (SIDE + GAP), GAP
    assert board.getpixel(corner) != (255, 255, 255)
    assert board.getpixel((GAP + SIDE + GAP, GAP)) == (255, 255, 255)


def test_without_pixel_sizes_relative_size_is_that_in_pixels():
    board = draw_board(cell(100, 100, None), [cell(50, 50, None)])
    assert extent(board, 1)[0] == pytest.approx(extent(board, 0)[0] / 2, abs=1)


def test_among_others_a_picture_without_pixel_size_is_drawn_to_fit():
    board = draw_board(cell(7, 7, None), [cell(40, 40, 1.0), cell(20, 20, 1.0)])
    assert extent(board, 0)[0] == SIDE
    assert extent(board, 2)[0] < 0.75 * extent(board, 1)[0]


@pytest.mark.parametrize(("found", "shape"), [(0, (1, 1)), (7, (8, 1)), (8, (8, 2))])
def test_rows_of_eight(found, shape):
    board = draw_board(cell(5, 5, 1.0), [cell(5, 5, 1.0, title="ć" * 90)] * found)
    across, down = shape
    assert board.size == (GAP + across * (SIDE + GAP), GAP + down * (SIDE + TEXT + GAP))


def test_the_same_question_gives_the_same_picture():
    cells = [cell(30, 20, 0.5), cell(10, 40, None)]
    assert draw_board(cells[0], cells).tobytes() == draw_board(cells[0], cells).tobytes()


def test_ids_that_are_too_long_keep_their_sample_and_their_end():
    text = "lake-2018-05-22/SPC-EAWAG-0P5X-1526962500-roi-000123456.jpeg"
    shown = _cut(text, 9)
    front, end = shown.split("…")
    assert front.startswith("lake-2018-05-22") and text.startswith(front)
    assert len(end) > 3 and text.endswith(end)
    longer = f"{text[: len(front) + 1]}…{end}"
    assert _font(9).getlength(shown) <= SIDE < _font(9).getlength(longer) + 9
    assert _cut("sample/00001", 9) == "sample/00001"

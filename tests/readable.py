"""Whether a figure can be read: no text beyond its edges, no two on top of each other."""

from itertools import combinations
from unittest.mock import patch

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from seston.report.drawing import style


def texts_of(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return every text that is drawn, and where."""
    seen: list[tuple[str, Bbox]] = []
    draw = Text.draw

    def record(self: Text, renderer) -> None:
        if self.get_visible() and self.get_text().strip():
            seen.append((self.get_text(), self.get_window_extent(renderer)))
        draw(self, renderer)

    with patch.object(Text, "draw", record):
        figure.draw_without_rendering()
    return seen


def assert_readable(figure: Figure) -> None:
    """Raise `AssertionError` where a text is cut off or hidden, or the figure fits no page."""
    width, height = figure.bbox.size
    inches = figure.get_size_inches()
    assert inches[0] * 25.4 <= style.TWO_COLUMNS + 0.1
    assert inches[1] * 25.4 <= 255
    texts = texts_of(figure)
    assert texts
    for text, box in texts:
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
        assert inside, f"{text!r} leaves the figure: {box}"
    for (one, box), (other, beside) in combinations(texts, 2):
        across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
        up = min(box.y1, beside.y1) - max(box.y0, beside.y0)
        assert across <= 1 or up <= 1.5, f"{one!r} and {other!r} overlap by {across:.0f}, {up:.0f}"

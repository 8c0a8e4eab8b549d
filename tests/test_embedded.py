"""The page is never larger than it may be: what it shows less of, and what it says then."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from seston.errors import SestonError
from seston.report.drawing.pictures import Part, Picture
from seston.report.figures.site_figures import SiteFigures
from seston.report.figures.studio import Drawn
from seston.report.page import embedded
from seston.report.page.embedded import BLANK, LADDER, Embedded, Limits, embed, shown_sites
from seston.report.page.fitted import fitted


def drawn(folder: Path, sites: int = 3, figures: int = 2) -> Drawn:
    """Sites with figures of their own, two clusters with two boards each, one candidate."""
    Image.effect_noise((300, 200), 60).save(folder / "a.png")
    Image.effect_noise((640, 600), 60).convert("RGB").save(folder / "b.png")
    upper, lower = (Part(folder / "b.png", (0, top, 640, top + 300)) for top in (0, 300))
    course = {f"s{i}": {"slopes": [f"{i}-{j}" for j in range(figures)]} for i in range(sites)}
    files = {name: folder / "a.png" for some in course.values() for name in some["slopes"]}
    return Drawn(
        files | {"strangest": folder / "a.png"},
        {
            (cluster, name): part
            for cluster in (3, 7)
            for name, part in (("typical", upper), ("random", lower))
        },
        {1: upper},
        [SiteFigures(f"s{i}") for i in range(sites)],
        course,
    )


def test_blank_pictures_tell_how_large_the_rest_is(tmp_path):
    found = embed(drawn(tmp_path), LADDER[0], [3], None)
    assert set(found.pictures.values()) == {BLANK}
    assert {name: set(some) for name, some in found.boards.items()} == {3: {"typical", "random"}}
    assert found.candidate_mosaics == {1: BLANK}
    assert "strangest" not in found.pictures


def test_boards_shrink_into_the_room_that_figures_leave(tmp_path):
    made = drawn(tmp_path)
    whole = embed(made, LADDER[0], [3, 7], 10**7)
    assert whole.boards[3] == whole.boards[7]
    assert whole.boards[7]["typical"] == whole.candidate_mosaics[1] != whole.boards[7]["random"]
    assert whole.boards[7]["random"].width == 640
    assert not whole.coarse_pictures
    figures = sum(len(one.uri) for one in whole.pictures.values())
    room = 2 * figures + len(whole.candidate_mosaics[1].uri)
    less = embed(made, LADDER[0], [3, 7], room, threads=2)
    every = [one for some in less.boards.values() for one in some.values()]
    every += [*less.pictures.values(), *less.candidate_mosaics.values()]
    assert sum(len(one.uri) for one in every) <= room
    assert less.boards[7]["random"].width < 640
    assert less.coarse_pictures


@pytest.mark.parametrize(("limits", "shown"), [((9, 9), 3), ((2, 9), 2), ((9, 5), 2), ((9, 1), 1)])
def test_as_many_sites_as_their_figures_allow_but_one_at_least(tmp_path, limits, shown):
    sites, figures = limits
    found = shown_sites(drawn(tmp_path), Limits(sites=sites, figures=figures))
    assert [one.site for one in found] == [f"s{i}" for i in range(shown)]


def test_figures_of_sites_that_are_not_shown_are_left_out(tmp_path):
    assert set(embed(drawn(tmp_path), Limits(sites=1), [], None).pictures) == {"0-0", "0-1"}


def test_the_page_shows_less_until_it_fits():
    asked = []

    def shown(limits: Limits, cards: list[int], room: int | None) -> Embedded:
        asked.append((limits.cards, room))
        return Embedded({"x": Picture("x" * (room or 0), 1, 1)}, {}, {}, coarse_pictures=False)

    def filled(values: dict[str, Any]) -> str:
        return "x" * values["bytes"] + values["pictures"]["x"].uri

    page = fitted(lambda limits: {"bytes": limits.cards * 40_000, "cards": []}, shown, filled)
    # 200 cards would take 8 MB of text; 100 take 4, which leaves pictures more than 5.
    assert asked == [(200, None), (100, None), (100, 6_000_000 - embedded.SLACK)]
    assert len(page) == embedded.MOST_BYTES - embedded.SLACK


def test_text_that_never_fits_is_refused():
    none = Embedded({}, {}, {}, coarse_pictures=False)
    with pytest.raises(SestonError, match=r"its text alone would take 8\.0 MB"):
        fitted(lambda limits: {"cards": []}, lambda *_: none, lambda values: "é" * 4_000_000)

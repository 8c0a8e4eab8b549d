"""Sheets of small pictures: each organism where the page looks for it."""

import numpy as np
import pytest
from PIL import Image

from seston.arrays import ArrayWriter
from seston.errors import SestonError
from seston.report.map.sheets import encode_sheet, side_of
from seston.report.map.sprites import sprite_facts, sprites
from synthetic_map import middle_of


def colours(count):
    rng = np.random.default_rng(0)
    return rng.integers(30, 220, (count, 1, 1, 3)).astype(np.uint8)


def write_tiles(path, found, side=64):
    with ArrayWriter(path, "tiles", "tile", (side, side, 3), np.uint8, "t") as writer:
        for start in range(0, len(found), 500):
            part = found[start : start + 500]
            tiles = np.broadcast_to(part, (len(part), side, side, 3))
            ids = [f"s/{start + place:05d}" for place in range(len(part))]
            writer.write(ids, np.ascontiguousarray(tiles))


@pytest.mark.parametrize("side", [64, 96])
def test_every_organism_is_where_the_page_looks_for_it(tmp_path, side):
    found = colours(1030)
    write_tiles(tmp_path / "a.arrow", found, side)
    sprites(tiles=tmp_path / "a.arrow", folder=tmp_path / "a")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["0000.webp", "0001.webp"]
    sheets = [Image.open(tmp_path / "a" / name) for name in ("0000.webp", "0001.webp")]
    assert [sheet.size for sheet in sheets] == [(2048, 2048), (2048, 64)]
    for place in (0, 31, 32, 1023, 1024, 1029):
        seen = middle_of(sheets[place // 1024], place % 1024, 64, 32)
        assert np.abs(np.array(seen) - found[place].ravel()).max() <= 12  # WebP halves the colours


def test_small_tiles_stay_small():
    assert side_of(32) == 32
    assert side_of(224) == 64


def test_sheets_of_an_earlier_run_do_not_stay(tmp_path):
    for count in (1500, 3):
        write_tiles(tmp_path / "a.arrow", colours(count), 8)
        sprites(tiles=tmp_path / "a.arrow", folder=tmp_path / "a")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["0000.webp"]


def test_a_shard_without_organisms_has_an_empty_folder(tmp_path):
    write_tiles(tmp_path / "a.arrow", colours(0))
    sprites(tiles=tmp_path / "a.arrow", folder=tmp_path / "a")
    assert list((tmp_path / "a").iterdir()) == []


def test_the_same_tiles_make_the_same_bytes():
    tiles = np.random.default_rng(0).integers(0, 255, (40, 16, 16, 3)).astype(np.uint8)
    assert encode_sheet(tiles, 16) == encode_sheet(tiles.copy(), 16)


def test_a_narrow_sheet_keeps_its_columns(tmp_path):
    tiles = np.full((5, 16, 16, 3), 200, np.uint8)
    (tmp_path / "a.webp").write_bytes(encode_sheet(tiles, 16, 8))
    assert Image.open(tmp_path / "a.webp").size == (128, 16)


def test_the_page_is_told_where_they_are(tmp_path):
    write_tiles(tmp_path / "a.arrow", colours(1025), 8)
    sprites(tiles=tmp_path / "a.arrow", folder=tmp_path / "report" / "small" / "a")
    places = (tmp_path / "report" / "small", tmp_path / "report" / "map.html")
    facts = sprite_facts(*places, ["a", "empty"], np.array([1025, 0]), 8)
    assert facts == {
        "folder": "small", "side": 8, "columns": 32, "per_sheet": 1024, "shards": ["a", "empty"],
    }  # fmt: skip
    (tmp_path / "report" / "small" / "a" / "0001.webp").unlink()
    with pytest.raises(SestonError, match=r"0001\.webp: file not found"):
        sprite_facts(*places, ["a", "empty"], np.array([1025, 0]), 8)

"""Tiles: torchvision's resize without torch, the background of the crop around it."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from seston import schemas, store
from seston.arrays import ArrayFile
from seston.tiles import background, make_tile, pad_to_square, tiles
from synthetic.images import encoded, picture


def write_crops(path, crops):
    rows = [
        {"image_id": f"s/{number:03d}", "sample": "s", "crop": png}
        for number, png in enumerate(crops)
    ]
    table = pa.Table.from_pylist(rows, schema=schemas.CROPS)
    store.write_table(table, path, schemas.CROPS, "crops", "made-by")


@pytest.mark.parametrize("side", [12, 37, 63, 64, 65, 200, 301])
def test_resize_is_torchvisions_byte_for_byte(side):
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import Resize

    pixels = picture(side, side, seed=side)
    resize = Resize((64, 64), InterpolationMode.BICUBIC, antialias=True)
    expected = np.asarray(resize(Image.fromarray(pixels)))
    assert np.array_equal(make_tile(encoded(pixels, "png"), 64), expected)


def test_shrinking_is_antialiased():
    checkers = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
    tile = make_tile(encoded(checkers, "png"), 64)
    assert np.abs(tile.astype(int) - 127).max() <= 2


def test_background_is_the_median_of_the_border_by_channel():
    pixels = np.full((5, 7, 3), (10, 20, 30), np.uint8)
    pixels[2:4, 2:5] = 255
    pixels[0, :4] = 200  # an organism that touches the border on less than half of it
    assert background(pixels).tolist() == [10, 20, 30]


@pytest.mark.parametrize(("height", "width"), [(4, 9), (9, 4), (5, 5), (1, 6)])
def test_padding_keeps_the_crop_in_the_middle(height, width):
    pixels = picture(height, width)
    square = pad_to_square(pixels)
    side = max(height, width)
    assert square.shape == (side, side, 3)
    top, left = (side - height) // 2, (side - width) // 2
    assert np.array_equal(square[top : top + height, left : left + width], pixels)
    around = np.ones((side, side), bool)
    around[top : top + height, left : left + width] = False
    assert (square[around] == background(pixels)).all()


def test_grey_crops_give_three_equal_channels():
    tile = make_tile(encoded(picture()[..., 0], "png"), 32)
    assert tile.shape == (32, 32, 3)
    assert np.array_equal(tile[..., 0], tile[..., 1]) and np.array_equal(tile[..., 0], tile[..., 2])


def test_tiles_are_in_the_order_of_the_crops_whatever_the_threads(tmp_path):
    crops = [encoded(picture(10 + n % 17, 10 + n % 13, seed=n), "png") for n in range(40)]
    write_crops(tmp_path / "crops.parquet", crops)
    for threads in (1, 3):
        out = tmp_path / f"{threads}.arrow"
        tiles(crops=tmp_path / "crops.parquet", tiles=out, size=16, threads=threads)
    assert (tmp_path / "1.arrow").read_bytes() == (tmp_path / "3.arrow").read_bytes()
    file = ArrayFile(tmp_path / "1.arrow", "tiles")
    assert file.ids.to_pylist() == [f"s/{n:03d}" for n in range(40)]
    assert file.array().dtype == np.uint8
    assert np.array_equal(file.array()[23], make_tile(crops[23], 16))


def test_an_empty_shard_gives_empty_tiles(tmp_path):
    write_crops(tmp_path / "crops.parquet", [])
    tiles(crops=tmp_path / "crops.parquet", tiles=tmp_path / "tiles.arrow", size=16)
    assert ArrayFile(tmp_path / "tiles.arrow", "tiles").array().shape == (0, 16, 16, 3)


def test_the_fingerprint_tells_size_but_not_shard(tmp_path):
    for name, crop, size in (("a", 1, 16), ("b", 2, 16), ("c", 1, 32)):
        write_crops(tmp_path / f"{name}.parquet", [encoded(picture(seed=crop), "png")])
        tiles(crops=tmp_path / f"{name}.parquet", tiles=tmp_path / f"{name}.arrow", size=size)
    a, b, c = (store.read_metadata(tmp_path / f"{name}.arrow")["fingerprint"] for name in "abc")
    assert a == b != c


def test_stages_of_each_shard_start_without_torch_and_pandas():
    code = "import sys, seston.segment, seston.tiles, seston.cluster.assign, seston.discover\n"
    code += "print(*[name for name in sys.modules if name.split('.')[0] in "
    code += "('torch', 'torchvision', 'timm', 'pandas')])"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == ""


def test_planning_a_run_imports_nothing_heavy():
    code = "import sys, seston.samples\n"
    code += (
        "print(*[name for name in sys.modules if name in ('numpy', 'PIL', 'pyarrow', 'pandas')])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == ""

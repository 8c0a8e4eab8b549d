"""Folders of crops: every kind of file is either an organism or a reason."""

import os
import resource
import struct
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seston.errors import SestonError
from seston.instruments import images
from seston.instruments.contract import Rejection, Roi
from seston.instruments.dates import date_in_name
from seston.instruments.pixels import read_image
from synthetic.images import damaged_png, encoded, huge_png, picture, write_folder

MANY = 50_000_000


def read(folder, max_pixels=MANY):
    effort, found = images.read(folder, max_pixels)
    found = list(found)
    assert effort.listed == images.count(folder) == len(found)
    return found


def grey(pixels):
    return pixels if pixels.ndim == 2 else pixels @ [0.299, 0.587, 0.114]


def test_crops_are_named_by_their_path_and_sorted(tmp_path):
    pixels = picture()
    for name in ("b.png", "a/z.JPG", "a/é ü.tif", "a/b/c.jpeg", "B.tiff", "$(touch pwned).png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        kind = {"g": "png", "f": "tiff", "F": "tiff"}.get(name[-1], "png")
        (tmp_path / name).write_bytes(encoded(pixels, kind))
    for name in ("labels.csv", "README", "a/._b.png", "a/movie.gif"):
        (tmp_path / name).write_bytes(b"not read")
    found = read(tmp_path)
    names = ["$(touch pwned).png", "B.tiff", "a/b/c.jpeg", "a/z.JPG", "a/é ü.tif", "b.png"]
    assert [item.roi for item in found] == names
    assert all(np.array_equal(item.pixels, pixels) for item in found)
    assert all((item.x, item.y, item.mask, item.frame) == (0, 0, None, item.roi) for item in found)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (encoded(picture(), "png")[: len(encoded(picture(), "png")) // 2], "truncated"),
        (encoded(picture(99, 99), "jpeg")[:1500], "truncated"),
        (damaged_png(picture()), "corrupt"),
        (b"<html><body>404 not found</body></html>", "not_an_image"),
        (encoded(picture(), "gif"), "not_an_image"),
        (huge_png(100_000), "too_large"),
        (huge_png(12_000), "too_large"),
        (encoded(picture().astype(np.float32)[..., 0], "tiff"), "unknown_scale"),
        (encoded(picture().astype(np.int32)[..., 0], "tiff"), "unknown_scale"),
    ],
    ids=[
        "zero bytes", "half a PNG", "half a JPEG", "flipped byte", "web page", "gif",
        "bomb", "bomb that Pillow only warns of", "float above 1", "32-bit integers",
    ],
)  # fmt: skip
def test_bad_files_are_rejected_with_a_reason(tmp_path, content, reason):
    (tmp_path / "bad.png").write_bytes(content)
    (tmp_path / "good.png").write_bytes(encoded(picture(), "png"))
    bad, good = read(tmp_path)
    assert isinstance(bad, Rejection) and isinstance(good, Roi)
    assert (bad.roi, bad.path, bad.reason) == ("bad.png", "bad.png", reason)
    assert bad.detail


def test_a_bomb_costs_no_memory(tmp_path):
    (tmp_path / "bomb.png").write_bytes(huge_png(30_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read(tmp_path)[0].reason == "too_large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def test_several_pages_are_not_passed_over_in_silence(tmp_path):
    first, second = (Image.fromarray(picture(seed=seed)) for seed in (1, 2))
    first.save(tmp_path / "stack.tif", save_all=True, append_images=[second])
    (found,) = read(tmp_path)
    assert (found.reason, found.detail.split()[0]) == ("multi_page", "2")


def test_things_that_are_no_files_do_not_hang(tmp_path):
    folder = tmp_path / "crops"
    (folder / "folder.png").mkdir(parents=True)
    os.mkfifo(folder / "pipe.png")
    (folder / "dangling.png").symlink_to(folder / "gone.png")
    outside = write_folder(tmp_path / "outside", 1)
    (folder / "linked").symlink_to(outside)
    (folder / "out.png").symlink_to(next(outside.iterdir()))
    (folder / "loop").symlink_to(folder)
    (folder / "real.png").write_bytes(encoded(picture(), "png"))
    (folder / "alias.png").symlink_to(folder / "real.png")
    found = read(folder)
    assert {item.roi: item.reason for item in found if isinstance(item, Rejection)} == {
        "folder.png": "unreadable",
        "pipe.png": "unreadable",
        "dangling.png": "unreadable",
        "linked": "outside_root",
        "loop": "unreadable",
        "out.png": "outside_root",
    }
    assert [item.roi for item in found if isinstance(item, Roi)] == ["alias.png", "real.png"]


def test_a_file_without_permission(tmp_path, monkeypatch):
    write_folder(tmp_path, 1)

    def refuse(path, mode):  # a mode of 0 would not stop root, who runs tests in containers
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    (found,) = read(tmp_path)
    assert (found.reason, found.detail) == ("unreadable", "Permission denied")


def test_a_name_that_is_not_utf8(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    path.write_bytes(encoded(picture(), "png"))
    (found,) = read(tmp_path)
    assert (found.roi, found.reason) == ("caf\\xe9.png", "bad_name")


TWIN = picture()[..., 0]


def twins():
    """The same grey picture in every mode that a file may have."""
    image = Image.fromarray(TWIN)
    opaque = np.full_like(TWIN, 255)
    return {
        "16-bit PNG": (Image.fromarray(TWIN.astype(np.uint16) * 257), "png"),
        "16-bit TIFF": (Image.fromarray(TWIN.astype(np.uint16) * 257), "tiff"),
        "float TIFF": (Image.fromarray((TWIN / 255).astype(np.float32)), "tiff"),
        "RGB": (image.convert("RGB"), "png"),
        "RGBA": (Image.fromarray(np.dstack([*[TWIN] * 3, opaque])), "png"),
        "LA": (Image.fromarray(np.dstack([TWIN, opaque])), "png"),
        "palette": (image.convert("P"), "png"),
        "CMYK": (image.convert("CMYK"), "tiff"),
    }


@pytest.mark.parametrize("kind", twins())
def test_every_mode_gives_the_grey_levels_of_its_8_bit_twin(tmp_path, kind):
    image, suffix = twins()[kind]
    path = tmp_path / f"twin.{suffix}"
    image.save(path)
    pixels = read_image(path, MANY)
    assert pixels.dtype == np.uint8
    assert np.abs(grey(pixels) - TWIN.astype(float)).max() < 1.5


def test_black_and_white(tmp_path):
    Image.fromarray(TWIN > 180).save(tmp_path / "bits.png")
    assert np.array_equal(read_image(tmp_path / "bits.png", MANY), (TWIN > 180) * np.uint8(255))


def test_what_is_transparent_is_white(tmp_path):
    alpha = np.zeros_like(TWIN)
    alpha[:10] = 255
    Image.fromarray(np.dstack([*[TWIN] * 3, alpha])).save(tmp_path / "cut.png")
    pixels = read_image(tmp_path / "cut.png", MANY)
    assert np.array_equal(pixels[:10, :, 0], TWIN[:10])
    assert (pixels[10:] == 255).all()


def test_images_are_turned_as_their_exif_says(tmp_path):
    upright = picture(20, 30)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    Image.fromarray(np.rot90(upright)).save(tmp_path / "turned.png", exif=exif)
    (found,) = read(tmp_path)
    assert np.array_equal(found.pixels, upright)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SPC-EAWAG-0P5X-1526947357532857-1089211110251-001479-018-2234-622-60-52.jpeg",
         datetime(2018, 5, 22, 0, 2, 37, 532857)),
        ("x-1526947357532857-2018-12-28-60.jpeg", datetime(2018, 5, 22, 0, 2, 37, 532857)),
        ("1526947357532.png", datetime(2018, 5, 22, 0, 2, 37, 532000)),
        ("cam_20180522_000237_17.png", datetime(2018, 5, 22, 0, 2, 37)),
        ("D20130526T095207_IFCB013_00001.png", datetime(2013, 5, 26, 9, 52, 7)),
        ("2018-05-22", datetime(2018, 5, 22)),
        ("2018-05-22T14:30:05.png", datetime(2018, 5, 22, 14, 30, 5)),
        ("2018-05-22_143005", datetime(2018, 5, 22, 14, 30, 5)),
        ("bag 3 20180522", datetime(2018, 5, 22)),
        ("2018-02-30", None),
        ("1018-05-22", None),
        ("sample-12345678", None),
        ("image_0001.png", None),
    ],
)  # fmt: skip
def test_dates_in_names(name, expected):
    assert date_in_name(name) == expected


def test_date_of_a_folder_is_in_its_name_or_its_first_crop(tmp_path):
    assert images.date(write_folder(tmp_path / "2018-05-23")) == datetime(2018, 5, 23)
    assert images.date(write_folder(tmp_path / "bag 1")) == datetime(2018, 5, 22, 10)
    (tmp_path / "empty").mkdir()
    assert images.date(tmp_path / "empty") is None


def test_a_folder_inside_that_cannot_be_read_is_an_error(tmp_path, monkeypatch):
    write_folder(tmp_path / "a" / "inner")
    real = os.scandir

    def scan(path):  # a mode of 0 would not stop root
        if os.fspath(path).endswith("inner"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    for ask in (images.inventory, images.count, images.date, lambda path: images.read(path, MANY)):
        with pytest.raises(SestonError, match=r"inner: the folder cannot be read \(Permission"):
            ask(tmp_path)


def test_a_folder_without_a_picture_is_doubted(tmp_path):
    bag = write_folder(tmp_path / "bag", 1)
    assert images.read(bag, MANY)[0].warnings == ()
    next(bag.iterdir()).unlink()
    (bag / "saved.bmp").write_bytes(encoded(picture(), "bmp"))
    effort, found = images.read(bag, MANY)
    assert (effort.listed, list(found)) == (0, [])
    assert effort.warnings == ("no picture (png, jpg, tif) found in bag: a true zero?",)


@pytest.mark.parametrize("name", ["run.lst", "RUN.CTX"])
def test_a_flowcam_run_is_no_folder_of_crops(tmp_path, name):
    folder = write_folder(tmp_path / "crops")
    (folder / f"._{name}").touch()
    (folder / "inner").mkdir()
    (folder / "inner" / name).touch()
    images.check(folder)
    (folder / name).touch()
    with pytest.raises(SestonError, match=f"holds {name}.*write flowcam"):
        images.check(folder)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_that_lost_its_end_is_truncated(tmp_path, order):
    magic = {"<": b"II", ">": b"MM"}[order]
    rest = bytes(40)
    (tmp_path / "cut.tif").write_bytes(magic + struct.pack(f"{order}HI", 42, 5000) + rest)
    (tmp_path / "odd.tif").write_bytes(magic + struct.pack(f"{order}HI", 42, 8) + rest)
    cut, odd = read(tmp_path)
    assert (cut.reason, odd.reason) == ("truncated", "not_an_image")
    assert "incomplete TIFF" in cut.detail and "a TIFF that is damaged" in odd.detail


def test_a_file_is_no_folder_of_crops(tmp_path):
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(SestonError, match="expected a folder"):
        images.check(tmp_path / "x.png")

"""Image files of every kind: the same picture gives the same grey levels, or a reason."""

import io
import os
import resource
import struct
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from seston.instruments import jpeg
from seston.instruments.contract import Reading
from seston.instruments.pixels import Unusable, read_image, read_picture
from synthetic.images import (
    chunk,
    damaged_png,
    encoded,
    huge_png,
    picture,
    text_bomb,
    with_exif,
)

MANY = 50_000_000
TWIN = picture()[..., 0]


def decode(content, name="x.png", **reading):
    return read_picture(content, name, Reading(**reading))


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def grey(values):
    return values if values.ndim == 2 else values @ [0.299, 0.587, 0.114]


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
def test_bad_files_have_a_reason_from_disk_and_from_memory(tmp_path, content, reason):
    (tmp_path / "bad.png").write_bytes(content)
    for source in (tmp_path / "bad.png", content):
        with pytest.raises(Unusable) as raised:
            decode(source)
        assert raised.value.reason == reason and raised.value.detail


def test_bombs_cost_no_memory():
    bombs = [huge_png(30_000), text_bomb(b"zTXt"), text_bomb(b"iCCP")]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reasons = []
    for bomb in bombs:
        with pytest.raises(Unusable) as raised:
            decode(bomb)
        reasons.append(raised.value.reason)
    assert reasons == ["too_large", "corrupt", "corrupt"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_several_pages_are_rejected_or_the_first_is_noted():
    first, second = (Image.fromarray(picture(seed=seed)) for seed in (1, 2))
    stack = saved(first, "tiff", save_all=True, append_images=[second])
    with pytest.raises(Unusable, match="multi_page: 2 pages"):
        decode(stack, "x.tif")
    read = decode(stack, "x.tif", pages="first")
    assert np.array_equal(read.pixels, picture(seed=1)) and read.notes == ("first_page",)


@pytest.mark.parametrize(
    ("kind", "name", "notes"),
    [
        ("jpeg", "a.png", ("extension_mismatch",)),
        ("png", "a.jpeg", ("extension_mismatch",)),
        ("tiff", "b/a.JPG", ("extension_mismatch",)),
        ("jpeg", "a.JPG", ()),
        ("png", "a.PNG", ()),
        ("tiff", "a.tif", ()),
    ],
)
def test_a_name_that_promises_another_format_is_noted(kind, name, notes):
    read = decode(encoded(picture(), kind), name)
    assert read.notes == notes and read.pixels.shape == (20, 30, 3)


@pytest.mark.parametrize("colour", ["RGB", "L"])
@pytest.mark.parametrize(
    "options",
    [
        {"quality": 60},
        {"quality": 95, "subsampling": 0},
        {"quality": 75, "subsampling": 1},
        {"progressive": True},
        {"optimize": True, "restart_marker_rows": 1},
        {"keep_rgb": True},
    ],
    ids=str,
)
def test_jpeg_pixels_are_those_of_pillow(colour, options):
    image = Image.fromarray(picture(101, 67)).convert(colour)
    data = saved(image, "jpeg", **options)
    assert np.array_equal(decode(data).pixels, np.asarray(Image.open(io.BytesIO(data))))


def test_a_stray_marker_in_a_jpeg_is_damage():
    """OpenCV alone would give the upper part of the picture, and grey below."""
    data = encoded(picture(60, 70), "jpeg")
    scan = data.index(b"\xff\xda") + 2
    for place in range(scan + 20, len(data) - 2, 97):
        with pytest.raises(Unusable, match=r"corrupt|truncated"):
            decode(data[:place] + b"\xff\x70" + data[place + 2 :])


def test_a_jpeg_cut_anywhere_is_never_used():
    data = encoded(picture(40, 40), "jpeg")
    for end in range(len(data) - 1):
        with pytest.raises(Unusable) as raised:
            decode(data[:end])
        assert raised.value.reason in ("empty_file", "not_an_image", "truncated", "corrupt")


def test_the_fast_decoder_is_asked_for_plain_jpeg_only(monkeypatch):
    asked = []
    real = cv2.imdecode
    monkeypatch.setattr(jpeg.cv2, "imdecode", lambda *args: asked.append(1) or real(*args))
    colour = Image.fromarray(picture())
    files = {
        "colour": saved(colour, "jpeg"),
        "grey": saved(Image.fromarray(TWIN), "jpeg"),
        "restarts": saved(colour, "jpeg", restart_marker_rows=1),
        "progressive": saved(colour, "jpeg", progressive=True),
        "CMYK": saved(colour.convert("CMYK"), "jpeg"),
        "padded": saved(colour, "jpeg") + bytes(9),
        "png": saved(colour, "png"),
        "tiff": saved(colour, "tiff"),
    }
    for name, data in files.items():
        before = len(asked)
        decode(data)
        assert (len(asked) > before) == (name in ("colour", "grey", "restarts")), name


def test_things_that_are_no_files_do_not_hang(tmp_path):
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "gone.png")
    found = {}
    for name in ("folder.png", "pipe.png", "dangling.png", "gone.png"):
        with pytest.raises(Unusable) as raised:
            read_image(tmp_path / name, MANY)
        found[name] = (raised.value.reason, raised.value.detail)
    assert found == {
        "folder.png": ("unreadable", "not a regular file"),
        "pipe.png": ("unreadable", "not a regular file"),
        "dangling.png": ("unreadable", "a link to nothing"),
        "gone.png": ("missing", "it was there when the folder was listed"),
    }


def test_a_file_without_permission(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(encoded(picture(), "png"))

    def refuse(path, mode):  # a mode of 0 would not stop root, who runs tests in containers
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(Unusable, match="unreadable: Permission denied"):
        read_image(tmp_path / "a.png", MANY)


def twins():
    """The same grey picture in every mode that a file may have."""
    image = Image.fromarray(TWIN)
    opaque = np.full_like(TWIN, 255)
    twelve = Image.fromarray(np.rint(TWIN / 255 * 4095).astype(np.uint16))
    return {
        "16-bit PNG": (Image.fromarray(TWIN.astype(np.uint16) * 257), "png", {}),
        "16-bit TIFF": (Image.fromarray(TWIN.astype(np.uint16) * 257), "tiff", {}),
        "16-bit big-endian TIFF": (Image.fromarray((TWIN * 257.0).astype(">u2")), "tiff", {}),
        "12 bits in 16, as the TIFF says": (twelve, "tiff", {"tiffinfo": {281: 4095}}),
        "float TIFF": (Image.fromarray((TWIN / 255).astype(np.float32)), "tiff", {}),
        "RGB": (image.convert("RGB"), "png", {}),
        "RGBA": (Image.fromarray(np.dstack([*[TWIN] * 3, opaque])), "png", {}),
        "LA": (Image.fromarray(np.dstack([TWIN, opaque])), "png", {}),
        "palette": (image.convert("P"), "png", {}),
        "CMYK TIFF": (image.convert("CMYK"), "tiff", {}),
        "CMYK JPEG": (image.convert("CMYK"), "jpeg", {"quality": 100, "subsampling": 0}),
        "grey JPEG": (image, "jpeg", {"quality": 100}),
    }


@pytest.mark.parametrize("kind", twins())
def test_every_mode_gives_the_grey_levels_of_its_8_bit_twin(tmp_path, kind):
    image, suffix, options = twins()[kind]
    image.save(tmp_path / f"twin.{suffix}", **options)
    read = read_image(tmp_path / f"twin.{suffix}", MANY)
    assert read.dtype == np.uint8
    assert np.abs(grey(read) - TWIN.astype(float)).max() <= (3 if suffix == "jpeg" else 1.5)


def packed_12_bit_tiff(values):
    """A TIFF whose samples have 12 bits, by hand: Pillow reads but does not write them."""
    height, width = values.shape
    pairs = values.reshape(-1, 2).astype(int)
    three = [pairs[:, 0] >> 4, ((pairs[:, 0] & 15) << 4) | (pairs[:, 1] >> 8), pairs[:, 1] & 255]
    data = np.stack(three, axis=1).astype(np.uint8).tobytes()
    tags = [
        (256, 3, width), (257, 3, height), (258, 3, 12), (259, 3, 1), (262, 3, 1),
        (273, 4, 8 + 2 + 9 * 12 + 4), (277, 3, 1), (278, 3, height), (279, 4, len(data)),
    ]  # fmt: skip
    head = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    entries = [
        struct.pack(
            "<HHI" + ("HH" if kind == 3 else "I"), *(tag, kind, 1, value), *[0] * (kind == 3)
        )
        for tag, kind, value in tags
    ]
    return head + b"".join(entries) + bytes(4) + data


def test_samples_of_12_bits_are_scaled_by_their_own_range():
    values = np.rint(TWIN / 255 * 4095).astype(np.uint16)
    assert np.array_equal(decode(packed_12_bit_tiff(values), "x.tif").pixels, TWIN)


def test_a_value_above_the_range_that_the_file_states():
    above = Image.fromarray(np.full((5, 5), 5000, np.uint16))
    with pytest.raises(Unusable, match="a value of 5000, though 4095 is to be white"):
        decode(saved(above, "tiff", tiffinfo={281: 4095}), "x.tif")
    # 5000 is just the largest value of this image, no camera's range
    assert decode(saved(above, "tiff", tiffinfo={281: 5000}), "x.tif").pixels.max() == 19


def test_significant_bits_of_a_png_do_not_change_its_scale():
    png = encoded(TWIN.astype(np.uint16) * 257, "png")
    told = png[:33] + chunk(b"sBIT", b"\x0c") + png[33:]
    assert np.array_equal(decode(told).pixels, TWIN)


def test_black_and_white():
    bits = Image.fromarray(TWIN > 180)
    assert np.array_equal(decode(saved(bits, "png")).pixels, (TWIN > 180) * np.uint8(255))


def test_what_is_transparent_is_white():
    alpha = np.zeros_like(TWIN)
    alpha[:10] = 255
    read = decode(saved(Image.fromarray(np.dstack([*[TWIN] * 3, alpha])), "png")).pixels
    assert np.array_equal(read[:10, :, 0], TWIN[:10])
    assert (read[10:] == 255).all()


@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_as_their_exif_says(kind, orientation):
    image = Image.fromarray(picture(20, 30))
    data = saved(image, kind, exif=with_exif(orientation=orientation))
    with Image.open(io.BytesIO(data)) as again:
        expected = np.asarray(ImageOps.exif_transpose(again))
    read = decode(data).pixels
    assert np.array_equal(read, expected)
    assert read.shape[:2] == ((20, 30) if orientation < 5 else (30, 20))
    assert read.flags.c_contiguous


def test_orientation_6_is_a_quarter_turn_clockwise():
    upright = picture(20, 30)
    lying = Image.fromarray(np.rot90(upright))
    data = saved(lying, "png", exif=with_exif(orientation=6))
    assert np.array_equal(decode(data).pixels, upright)
    assert read_picture(data, "x.png", Reading(), upright=False).pixels.shape == (30, 20, 3)


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_the_time_of_the_photograph(kind):
    image = Image.fromarray(picture())
    told = with_exif("2018:05:22 14:30:05", "+02:00").tobytes()
    assert decode(saved(image, kind, exif=told)).taken == "2018:05:22 14:30:05+02:00"
    told = with_exif("2018:05:22 14:30:05", "   :  ").tobytes()
    assert decode(saved(image, kind, exif=told)).taken == "2018:05:22 14:30:05"
    assert decode(saved(image, kind)).taken is None


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_harm_the_pixels():
    image = Image.fromarray(picture())
    data = saved(image, "jpeg", exif=b"Exif\0\0MM\0*\0\0\0\x08" + b"\xff" * 9)
    read = decode(data, "x.jpg")
    assert read.taken is None and read.pixels.shape == (20, 30, 3)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_that_lost_its_end_is_truncated(order):
    magic = {"<": b"II", ">": b"MM"}[order]
    with pytest.raises(Unusable, match="truncated: an incomplete TIFF"):
        decode(magic + struct.pack(f"{order}HI", 42, 5000) + bytes(40))
    with pytest.raises(Unusable, match="not_an_image: a TIFF that is damaged"):
        decode(magic + struct.pack(f"{order}HI", 42, 8) + bytes(40))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    code = (
        "import sys, pathlib; from seston.instruments.pixels import read_image, Unusable\n"
        "try: read_image(pathlib.Path(sys.argv[1]), 9)\nexcept Unusable as e: print(e)"
    )
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "pipe.png"],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout == "unreadable: not a regular file\n", done.stderr
    assert time.monotonic() - start < 30

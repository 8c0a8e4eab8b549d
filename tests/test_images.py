"""Ready crops in folders and archives: every file is either an organism or a reason."""

import os
from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from seston.errors import SestonError
from seston.instruments import images
from seston.instruments.contract import Flag, Reading, Rejection, Roi
from synthetic.images import damaged_png, encoded, picture, with_exif, write_archive, write_folder

MANY = 50_000_000
FOLDER_OR_ARCHIVE = ("folder", "zip", "tar", "tgz")


def read_all(path, **reading):
    """Organisms and rejections, in the order of the sample, and the flags."""
    effort, found = images.read(path, Reading(**reading))
    found = list(found)
    organisms = [item for item in found if not isinstance(item, Flag)]
    assert effort.listed == len(organisms)
    flags = {flag.code: flag.text for flag in (*effort.flags, *found) if isinstance(flag, Flag)}
    return organisms, flags


def read(path, **reading):
    return read_all(path, **reading)[0]


def write(path, kind, files):
    """The same files as a folder or as an archive."""
    if kind != "folder":
        return write_archive(path.with_name(f"{path.name}.{kind}"), files)
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


@pytest.mark.parametrize("kind", FOLDER_OR_ARCHIVE)
def test_crops_are_named_by_their_path(tmp_path, kind):
    names = ["$(touch pwned).png", "B.tiff", "a/b/c.jpeg", "a/z.JPG", "a/é ü.tif", "b.png"]
    formats = {"g": "jpeg", "G": "jpeg", "f": "tiff"}
    files = {name: encoded(picture(), formats[name[-1]]) for name in names if "png" not in name}
    files |= {name: encoded(picture(), "png") for name in names if name not in files}
    other = dict.fromkeys(("labels.csv", "README", "a/._b.png", "a/movie.gif"), b"not read")
    found = read(write(tmp_path / "crops", kind, {name: files[name] for name in names} | other))
    assert [item.roi for item in found] == names
    for item in found:
        assert (item.x, item.y, item.mask, item.frame, item.notes) == (0, 0, None, item.roi, ())
        if not item.roi.lower().endswith(("jpg", "jpeg")):
            assert np.array_equal(item.pixels, picture())


@pytest.mark.parametrize("kind", FOLDER_OR_ARCHIVE)
def test_bad_files_are_rejected_with_a_reason(tmp_path, kind):
    flat = np.full((9, 9, 3), (10, 20, 30), np.uint8)
    nearly = flat.copy()
    nearly[2, 3, 1] += 1
    files = {
        "empty.png": b"",
        "broken.png": damaged_png(picture()),
        "page.png": b"<html>",
        "flat.png": encoded(flat, "png"),
        "nearly.png": encoded(nearly, "png"),
        "good.png": encoded(picture(), "png"),
        "tiny.png": encoded(flat[:2], "png"),
    }
    found = read(write(tmp_path / "crops", kind, files))
    assert {item.roi: item.reason for item in found if isinstance(item, Rejection)} == {
        "empty.png": "empty_file",
        "broken.png": "corrupt",
        "page.png": "not_an_image",
        "flat.png": "flat",
    }
    assert {item.roi for item in found if isinstance(item, Roi)} == {
        "nearly.png", "good.png", "tiny.png",
    }  # fmt: skip


def test_a_folder_and_its_archive_give_the_same_organisms(tmp_path, repository):
    day = min((repository / "example" / "lake").iterdir())
    files = {path.name: path.read_bytes() for path in sorted(day.iterdir())}
    of_folder = read(day)
    assert len(of_folder) > 10
    for kind in ("zip", "tar", "tgz"):
        of_archive = read(write(tmp_path / "day", kind, files))
        for one, other in zip(of_folder, of_archive, strict=True):
            assert (one.roi, one.timestamp) == (other.roi, other.timestamp)
            assert np.array_equal(one.pixels, other.pixels)
            assert np.array_equal(one.pixels, np.asarray(Image.open(day / one.roi)))


@pytest.mark.parametrize("kind", FOLDER_OR_ARCHIVE)
def test_archives_inside_are_told_and_not_opened(tmp_path, kind):
    inner = write_archive(tmp_path / "inner.zip", {"x.png": encoded(picture(), "png")})
    files = {"a.png": encoded(picture(), "png"), "b/inner.zip": inner.read_bytes()}
    found, flags = read_all(write(tmp_path / "crops", kind, files))
    assert [item.roi for item in found] == ["a.png"]
    assert flags == {"nested_archive": "archives inside were not opened: 1, such as b/inner.zip"}


def test_names_that_lead_out_of_an_archive_are_rejected(tmp_path):
    path = write_archive(
        tmp_path / "crops.zip", {"../evil.png": encoded(picture(), "png"), "../evil.txt": b"x"}
    )
    (found,) = read(path)
    assert (found.roi, found.reason) == ("../evil.png", "outside_root")
    assert [*tmp_path.iterdir()] == [path]


def test_a_file_that_vanishes_while_the_folder_is_read(tmp_path):
    folder = write_folder(tmp_path / "crops", 3)
    effort, found = images.read(folder, Reading())
    next(found)
    min(folder.iterdir()).with_name("20180522_100000_0001.png").unlink()
    assert effort.listed == 3
    assert [getattr(item, "reason", "used") for item in found] == ["missing", "used"]


def test_things_that_are_no_files_are_rejected(tmp_path):
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


def test_a_name_that_is_not_utf8(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    path.write_bytes(encoded(picture(), "png"))
    (found,) = read(tmp_path)
    assert (found.roi, found.reason) == ("caf\\xe9.png", "bad_name")


def test_images_are_turned_as_their_exif_says(tmp_path):
    lying = Image.fromarray(np.rot90(picture(20, 30)))
    lying.save(tmp_path / "turned.png", exif=with_exif(orientation=6))
    (found,) = read(tmp_path)
    assert np.array_equal(found.pixels, picture(20, 30))


def test_notes_and_pages(tmp_path):
    first, second = (Image.fromarray(picture(seed=seed)) for seed in (1, 2))
    first.save(tmp_path / "stack.tif", save_all=True, append_images=[second])
    (tmp_path / "x.png").write_bytes(encoded(picture(), "jpeg"))
    stack, renamed = read(tmp_path)
    assert (stack.reason, stack.detail.split()[0]) == ("multi_page", "2")
    assert renamed.notes == ("extension_mismatch",)
    stack, _ = read(tmp_path, pages="first")
    assert stack.notes == ("first_page",) and np.array_equal(stack.pixels, picture(seed=1))


SPC = "SPC-EAWAG-0P5X-{}-1089211110251-001479-018-2234-622-60-52.jpeg"


def test_images_are_dated_by_their_name_else_by_their_exif(tmp_path):
    taken = with_exif("2019:01:02 03:04:05", "+01:00")
    for name in (SPC.format(1526947357532857), "cam_20180522_000237_1.jpeg", "plain.jpeg"):
        Image.fromarray(picture()).save(tmp_path / name, exif=taken)
    Image.fromarray(picture()).save(tmp_path / "none.jpeg")
    found, flags = read_all(tmp_path)
    assert [item.timestamp for item in found] == [
        datetime(2018, 5, 22, 0, 2, 37, 532857),
        datetime(2018, 5, 22, 0, 2, 37),
        None,
        datetime(2019, 1, 2, 2, 4, 5),
    ]
    assert not flags


@pytest.mark.parametrize("kind", FOLDER_OR_ARCHIVE)
def test_images_are_dated_by_the_pattern_of_the_sheet(tmp_path, kind):
    names = ["12.07.2018/cam2_07.png", "12.07.2018/no date 20180522.png", "elsewhere/x.png"]
    path = write(tmp_path / "crops", kind, {name: encoded(picture(), "png") for name in names})
    pattern = r"(?P<day>\d\d)\.(?P<month>\d\d)\.(?P<year>\d{4})"
    found, flags = read_all(path, date_pattern=pattern)
    assert [item.timestamp for item in found] == [datetime(2018, 7, 12)] * 2 + [None]
    assert flags == {
        "date_pattern_fails": "images to which neither date_pattern nor EXIF data give a date: 1,"
        " such as elsewhere/x.png"
    }


def test_a_bad_clock_leaves_the_image_without_a_date(tmp_path):
    good, bad = SPC.format(1526947357532857), SPC.format(0)
    for name in (good, bad):
        (tmp_path / name).write_bytes(encoded(picture(), "jpeg"))
    zeros = with_exif("0000:00:00 00:00:00")
    Image.fromarray(picture()).save(tmp_path / "zeros.jpeg", exif=zeros)
    found, flags = read_all(tmp_path)
    assert {item.roi: (item.timestamp is None, item.notes) for item in found} == {
        good: (False, ()),
        bad: (True, ("bad_clock",)),
        "zeros.jpeg": (True, ("bad_clock",)),
    }
    assert flags == {
        "bad_clock": f"images without a date, as their clock was wrong: 2, such as {bad}"
        " (1970-01-01 00:00:00)"
    }


def test_date_of_a_sample_is_in_its_name_or_its_first_crop(tmp_path):
    assert images.date(write_folder(tmp_path / "2018-05-23")) == datetime(2018, 5, 23)
    assert images.date(write_folder(tmp_path / "bag 1")) == datetime(2018, 5, 22, 10)
    (tmp_path / "empty").mkdir()
    assert images.date(tmp_path / "empty") is None
    for kind in ("zip", "tar", "tgz"):
        files = {"readme.txt": b"", "a/20180522_100000_1.png": b""}
        assert images.date(write_archive(tmp_path / f"bag.{kind}", files)) == datetime(
            2018, 5, 22, 10
        )
        dated = write_archive(tmp_path / f"2018-05-23.{kind}", files)
        assert images.date(dated) == datetime(2018, 5, 23)
        assert images.inventory(dated) == [f"{dated.name} {dated.stat().st_size}"]


def test_a_folder_inside_that_cannot_be_read_is_an_error(tmp_path, monkeypatch):
    write_folder(tmp_path / "a" / "inner")
    real = os.scandir

    def scan(path):  # a mode of 0 would not stop root
        if os.fspath(path).endswith("inner"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    for ask in (images.inventory, images.date, lambda path: images.read(path, Reading())):
        with pytest.raises(SestonError, match=r"inner: the folder cannot be read \(Permission"):
            ask(tmp_path)


def test_a_sample_without_a_picture_is_doubted(tmp_path):
    bag = write_folder(tmp_path / "bag", 1)
    assert images.read(bag, Reading())[0].flags == ()
    next(bag.iterdir()).unlink()
    (bag / "saved.bmp").write_bytes(encoded(picture(), "bmp"))
    write_archive(tmp_path / "bag.zip", {"readme.txt": b""})
    for name in ("bag", "bag.zip"):
        found, flags = read_all(tmp_path / name)
        told = f"no picture (png, jpg, tif) found in {name}: a true zero?"
        assert not found and flags == {"no_organisms": told}


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


def test_a_folder_of_ifcb_bins_is_no_folder_of_crops(tmp_path):
    folder = write_folder(tmp_path / "crops")
    for name in ("scene.hdr", "cells.roi"):  # of image processing programs
        (folder / name).touch()
    images.check(folder)
    (folder / "D20130526T095207_IFCB013.adc").touch()
    with pytest.raises(SestonError, match=r"holds D2013.*\.adc.*ifcb.*python -m seston samples"):
        images.check(folder)


def test_a_file_is_an_archive_or_no_sample(tmp_path):
    images.check(write_archive(tmp_path / "x.zip", {}))
    (tmp_path / "x.png").write_bytes(encoded(picture(), "png"))
    (tmp_path / "x.rar").write_bytes(b"Rar!")
    os.mkfifo(tmp_path / "pipe.zip")
    for name in ("x.png", "x.rar", "pipe.zip"):
        with pytest.raises(SestonError, match=r"expected a folder of crops .* or an archive"):
            images.check(tmp_path / name)
    (tmp_path / "y.zip").write_bytes(b"no zip")
    with pytest.raises(SestonError, match=r"y\.zip: cannot be used as"):
        images.check(tmp_path / "y.zip")

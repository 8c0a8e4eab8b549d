"""What goes wrong with images, lists and archives, each case through the real stage.

`fault_oracle.Bench` holds each case to what must be true of all of them. The list of all sixty
faults, with what else proves them, is in `fault_cases.py`.
"""

import io
import os
import resource
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fault_oracle import GOOD, KINDS, Bench
from seston.errors import SestonError
from seston.instruments import archives, folders
from seston.sheet import read_sheet
from seston.trends.periods import start_of_period
from synthetic import frames
from synthetic.flowcam import write_run
from synthetic.images import (
    damaged_png,
    encoded,
    huge_png,
    patch_zip,
    picture,
    text_bomb,
    with_exif,
    write_archive,
    write_folder,
)

PNG = encoded(picture(seed=9), "png")

CASES: dict[str, Callable[[Bench], None]] = {}


def case(name: str) -> Callable:
    def remember(function: Callable[[Bench], None]) -> Callable[[Bench], None]:
        CASES[name] = function
        return function

    return remember


@case("01 empty file")
def _(bench: Bench) -> None:
    bench.put("bad.png", b"")
    bench.rejects("empty_file", "bad.png")


@case("02 half a PNG")
def _(bench: Bench) -> None:
    bench.put("bad.png", PNG[: len(PNG) // 2])
    bench.rejects("truncated", "bad.png")


@case("03 half a JPEG")
def _(bench: Bench) -> None:
    whole = encoded(picture(99, 99), "jpeg")
    Image.open(io.BytesIO(whole[: len(whole) // 2])).verify()  # Pillow's own check passes
    bench.put("bad.jpg", whole[: len(whole) // 2])
    bench.rejects("truncated", "bad.jpg")


@case("04 flipped byte in a PNG")
def _(bench: Bench) -> None:
    bench.put("bad.png", damaged_png(picture()))
    bench.rejects("corrupt", "bad.png")


@case("05 web page called PNG")
def _(bench: Bench) -> None:
    bench.put("bad.png", b"<!doctype html><html><body>404 not found</body></html>")
    bench.rejects("not_an_image", "bad.png")


@case("06 JPEG called PNG")
def _(bench: Bench) -> None:
    bench.put("x.png", encoded(picture(seed=9), "jpeg"))
    bench.rejects("")
    assert "extension_mismatch" in bench.notes("x.png").split(";")


@case("07 PNG of 100,000 x 100,000")
def _(bench: Bench) -> None:
    bench.put("bomb.png", huge_png(100_000))
    assert bench.apart() < 50
    bench.rejects("too_large", "bomb.png")


@case("08 PNG of 12,000 x 12,000")
def _(bench: Bench) -> None:
    bench.put("large.png", huge_png(12_000))
    bench.rejects("too_large", "large.png")


@case("09 PNG with a text of 200 MB")
def _(bench: Bench) -> None:
    bench.put("text.png", text_bomb(b"zTXt"))
    bench.put("profile.png", text_bomb(b"iCCP"))
    assert bench.apart() < 50
    bench.rejects("corrupt", "text.png", "profile.png")


def twin(bench: Bench, image: Image.Image, name: str, tolerance: int, **options: object) -> None:
    """Save an image beside its 8-bit twin: the stage makes the same crop of both."""
    grey = picture(seed=9)[..., 0]
    bench.put("twin.png", encoded(grey, "png"))
    image.save(bench.bag / name, **options)
    bench.run(clean=False)
    assert not bench.rejected
    found = bench.pixels(name)
    found = found if found.ndim == 2 else np.asarray(Image.fromarray(found).convert("L"))
    assert np.abs(found.astype(int) - grey).max() <= tolerance
    assert np.array_equal(bench.pixels("twin.png"), grey)


@case("10 16 bits")
def _(bench: Bench) -> None:
    image = Image.fromarray(picture(seed=9)[..., 0].astype(np.uint16) * 257)
    twin(bench, image, "deep.tif", 1)
    twin(bench, image, "deep.png", 1)


@case("11 floating point")
def _(bench: Bench) -> None:
    values = (picture(seed=9)[..., 0] / 255).astype(np.float32)
    twin(bench, Image.fromarray(values), "float.tif", 1)


@case("12 CMYK, RGBA, palette, 1 bit")
def _(bench: Bench) -> None:
    grey = Image.fromarray(picture(seed=9)[..., 0])
    twin(bench, grey.convert("CMYK"), "cmyk.tif", 2)
    twin(bench, grey.convert("RGBA"), "rgba.png", 2)
    twin(bench, grey.convert("P"), "palette.png", 2)
    bits = grey.point(lambda value: 255 * (value > 150))
    bits.convert("1").save(bench.bag / "bits.png")
    bench.run(clean=False)
    assert np.array_equal(bench.pixels("bits.png"), np.asarray(bits))


@case("13 turned by EXIF")
def _(bench: Bench) -> None:
    upright = picture(20, 34, seed=9)
    bench.put("upright.png", encoded(upright, "png"))
    lying = Image.fromarray(np.rot90(upright))
    assert lying.size == (20, 34)
    lying.save(bench.bag / "lying.png", exif=with_exif(orientation=6))
    bench.run(clean=False)
    assert np.array_equal(bench.pixels("lying.png"), upright)
    (box,) = ((crop["w"], crop["h"]) for crop in bench.crops if crop["roi"] == "lying.png")
    assert box == (34, 20)


@case("14 several pages")
def _(bench: Bench) -> None:
    first, second = (Image.fromarray(picture(seed=seed)) for seed in (8, 9))
    first.save(bench.bag / "stack.tif", save_all=True, append_images=[second])
    bench.rejects("multi_page", "stack.tif")
    bench.run(pages="first", clean=False)
    assert not bench.rejected and "first_page" in bench.notes("stack.tif").split(";")
    assert np.array_equal(bench.pixels("stack.tif"), picture(seed=8))


@case("15 tiny and flat")
def _(bench: Bench) -> None:
    for name, height, width in (("dot.png", 1, 1), ("line.png", 1, 40), ("flat.png", 20, 20)):
        bench.put(name, encoded(np.full((height, width), 77, np.uint8), "png"))
    bench.put("shallow.png", encoded(picture(5, 5), "png"))
    bench.run()
    tiny = dict.fromkeys(("dot.png", "line.png"), "too_small")
    assert bench.reasons == tiny | {"flat.png": "flat"}
    assert "bag/shallow.png" in bench.ids


@case("16 raw frames with no organism, with 200, with one at the border")
def _(bench: Bench) -> None:
    empty = frames.draw(1, organisms=0)
    full = frames.draw(2, height=1600, width=2000, organisms=200, uneven=False)
    frames.write(bench.data / "empty", [empty])
    frames.write(bench.data / "full", [full])
    bench.rows += ["empty empty frames 2024-04-08", "full full frames 2024-04-08"]
    bench.run()
    counts = {row["sample"]: row["listed"] for row in bench.effort}
    assert counts["empty"] == 0
    assert 0.9 * 200 <= counts["full"] <= 1.05 * 200  # of 200, 20 are faint and 20 are cut
    at_border = [crop for crop in bench.crops if crop["at_border"]]
    assert {crop["sample"] for crop in at_border} == {"full"} and len(at_border) >= 15


@case("17 no permission, a folder, a link to nothing, a pipe")
def _(bench: Bench) -> None:
    (bench.bag / "folder.png").mkdir()
    (bench.bag / "dangling.png").symlink_to(bench.bag / "gone.png")
    os.mkfifo(bench.bag / "pipe.png")
    bench.put("locked.png", PNG)
    bench.apart(timeout=60)  # a pipe that is waited for would hang here
    real = Path.open

    def refuse(path: Path, *args, **kwargs):  # a mode of 0 would not stop root
        if path.name == "locked.png":
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)

    with bench.monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        bench.rejects("unreadable", "folder.png", "dangling.png", "pipe.png", "locked.png")


@case("18 a file that vanishes, and one that is replaced, while the folder is read")
def _(bench: Bench) -> None:
    bench.put("gone.png", PNG)
    bench.put("other.png", PNG)
    now = picture(17, 23, seed=4)
    real = folders.crops_below

    def listed_then_gone(path: Path):
        found = real(path)
        (bench.bag / "gone.png").unlink(missing_ok=True)
        bench.put("other.png", encoded(now, "png"))
        return found

    bench.vanishing = True
    bench.monkeypatch.setattr(folders, "crops_below", listed_then_gone)
    bench.rejects("missing", "gone.png", clean=False)
    assert np.array_equal(bench.pixels("other.png"), now)  # each file is read once, as it then is


@case("19 one content twice, one name in two bags")
def _(bench: Bench) -> None:
    bench.put("one.png", PNG)
    bench.put("two.png", PNG)
    (bench.data / "bag2").mkdir()
    (bench.data / "bag2" / "one.png").write_bytes(encoded(picture(seed=7), "png"))
    bench.rows.append("bag2 bag2 images 2018-05-23")
    bench.rejects("")
    assert {"bag/one.png", "bag/two.png", "bag2/one.png"} <= {*bench.ids}
    assert "identical" in bench.notes("two.png").split(";")
    assert "bag/two.png = bag/one.png" in bench.flags()["identical"]
    assert "identical" not in bench.flags("bag2")


@case("20 a list that leads out of its run")
def _(bench: Bench) -> None:
    run = write_run(bench.data / "run")
    (run.folder / "link.tif").symlink_to(bench.secret)
    places = ["../../outside/secret.tif", str(bench.secret), "link.tif", "../../etc/passwd"]
    for row, place in zip(run.rows, places, strict=False):
        row["collage_file"] = place
    run.write_list()
    (bench.bag / "link.png").symlink_to(bench.secret)
    bench.rows.append("run run flowcam 2024-05-06")
    bench.run()
    assert bench.reasons == dict.fromkeys(
        ["link.png", "000001", "000002", "000003", "000004"], "outside_root"
    )
    assert {"run/000005", "run/000006"} <= {*bench.ids}


@case("21 odd names")
def _(bench: Bench) -> None:
    names = [
        "with space.png", "quo'te\".png", "$(touch pwned).png", "`touch pwned`.png",
        "new\nline.png", "-rf.png", "x" * 251 + ".png", "🦐.png", "tab\t.png",
        *(unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD")),
    ]  # fmt: skip
    for number, name in enumerate(names):
        bench.put(name, encoded(picture(seed=20 + number), "png"))
    bench.put(os.fsdecode(b"caf\xe9.png"), PNG)
    bench.rejects("bad_name", "caf\\xe9.png")
    assert {*bench.ids} == {f"bag/{name}" for name in [*GOOD, *names]}
    assert not [*bench.root.rglob("pwned*")] and not Path("pwned").exists()


@case("22 mistakes in lists, all told at once")
def _(bench: Bench) -> None:
    bench.rows += [
        "", "# bag", "bag bag images 2018-05-22", "b bag images 2021-02-30",
        "c bag images 2150-01-01", "d bag imagse 2018-05-22", "e nowhere images 2018-05-22",
    ]  # fmt: skip
    told = bench.mistakes()
    for line, reason in (
        (4, "found 2 cells, expected 4"), (5, "stands in line 2 too"), (6, "no such day"),
        (7, "expected ISO 8601"), (8, "did you mean 'images'"), (9, "no such file or folder"),
    ):  # fmt: skip
        assert any(f"line {line}:" in one and reason in one for one in told.splitlines()), reason
    bench.rows = ["bag bag images 2018-05-22T10:00+02:00"]
    path = bench.sheet
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n\r\n"))
    (sample,) = read_sheet(path)
    assert f"{sample.datetime}" == "2018-05-22 08:00:00"
    run = write_run(bench.data / "run")
    run.rows[0]["timestamp"] = "2021-02-30T00:00:00"
    run.rows[1]["image_w"] = "wide"
    again = "|".join(run.rows[2].values())
    run.write_list(newline="\r\n", extra=["", "1|2|3", again])
    bench.rows = ["bag bag images 2018-05-22T10:00+02:00", "run run flowcam 2024-05-06"]
    bench.run()
    details = " ".join(each["detail"] for each in bench.rejected)
    assert {each["reason"] for each in bench.rejected} == {"bad_row", "repeated_row"}
    assert "image_w 'wide'" in details and "3 values" in details and "000003 is listed" in details
    assert "run/000001" in bench.ids and "no_time" in bench.flags("run")


@case("23 nothing, and next to nothing")
def _(bench: Bench) -> None:
    run = write_run(bench.data / "run")
    run.rows.clear()
    run.write_list()
    (bench.data / "none").mkdir()
    write_folder(bench.data / "single", 1, "20180601_100000")
    bench.rows += [
        "run run flowcam 2024-05-06", "none none images 2018-05-22",
        "single single images 2018-06-01",
    ]  # fmt: skip
    bench.rejects("")
    assert {row["sample"]: row["listed"] for row in bench.effort} == {
        "bag": 3, "none": 0, "run": 0, "single": 1,
    }  # fmt: skip
    assert "a true zero?" in bench.flags("none")["no_organisms"]
    assert "a true zero?" in bench.flags("run")["no_organisms"]
    (bench.data / "samples.tsv").write_text("")
    with pytest.raises(SestonError, match="empty; expected a line with sample, path, instrument"):
        read_sheet(bench.data / "samples.tsv")


@case("24 a day without a sample is a gap, not a zero")
def _(bench: Bench) -> None:
    write_folder(bench.data / "later", 2, "20180524_100000")
    (bench.data / "none").mkdir()
    bench.rows += ["later later images 2018-05-24T10:00", "none none images 2018-05-25"]
    bench.rejects("")
    times = pd.Series([row["datetime"] for row in bench.effort])
    of_day = dict(zip(start_of_period(times, "day"), bench.effort, strict=True))
    assert {day: row["used"] for day, row in of_day.items()} == {
        "2018-05-22": 3, "2018-05-24": 2, "2018-05-25": 0,
    }  # fmt: skip


@case("25 volumes that are none")
def _(bench: Bench) -> None:
    bench.header += " volume_ml"
    bench.rows = [
        f"{name} bag images 2018-05-22 {volume}"
        for name, volume in zip("abcd", ("0", "-1", "NaN", "3,5"), strict=True)
    ]
    told = bench.mistakes()
    for line, volume in enumerate(("0", "-1", "NaN", "3,5"), start=2):
        assert f"line {line}: volume_ml '{volume}': expected a number above 0" in told
    assert "write the decimal sign as a point" in told
    bench.rows = ["bag bag images 2018-05-22 "]
    bench.rejects("")
    assert bench.effort[0]["volume_ml"] is None and bench.effort[0]["volume_source"] is None


@case("26 archives that are not to be trusted")
def _(bench: Bench) -> None:
    good = {"a/good.png": PNG}
    evil = {"../../outside/new.png": PNG, "/tmp/pwned.png": PNG, r"..\new.png": PNG}
    inner = write_archive(bench.root / "inner.zip", {"deep.png": PNG})
    bomb = {"bomb.png": bytes(300_000_000)}
    write_archive(bench.data / "slip.zip", evil | good)
    write_archive(bench.data / "slip.tgz", evil | good)
    write_archive(bench.data / "nested.zip", {"inner.zip": inner.read_bytes()} | good)
    write_archive(bench.data / "bomb.zip", bomb | good)
    path = write_archive(bench.data / "locked.zip", {"locked.png": PNG} | good)
    patch_zip(path, "locked.png", flags=1)
    names = ["slip.zip", "slip.tgz", "nested.zip", "bomb.zip", "locked.zip"]
    bench.rows += [f"{name} {name} images 2018-05-22" for name in names]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bench.run()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB
    assert {f"{name}/a/good.png" for name in names} <= {*bench.ids}
    found = {(each["sample"], each["roi"], each["reason"]) for each in bench.rejected}
    assert found == {
        ("slip.zip", "../../outside/new.png", "outside_root"),
        ("slip.zip", "/tmp/pwned.png", "outside_root"),
        ("slip.zip", "../new.png", "outside_root"),
        ("slip.tgz", "../../outside/new.png", "outside_root"),
        ("slip.tgz", "/tmp/pwned.png", "outside_root"),
        ("bomb.zip", "bomb.png", "bomb"),
        ("locked.zip", "locked.png", "encrypted"),
    }
    assert "inner.zip" in bench.flags("nested.zip")["nested_archive"]
    assert [*bench.secret.parent.iterdir()] == [bench.secret]
    assert not Path("/tmp/pwned.png").exists()

    def refused(name: str) -> str:
        bench.rows = [f"x {name} images 2018-05-22"]
        with pytest.raises(SestonError) as raised:
            bench.run()
        assert {path.name for path in (bench.root / "out").iterdir()} == {
            f"{kind}.parquet" for kind in KINDS
        }
        return str(raised.value)

    whole = (bench.data / "slip.zip").read_bytes()
    (bench.data / "cut.zip").write_bytes(whole[: len(whole) // 2])
    whole = (bench.data / "slip.tgz").read_bytes()
    (bench.data / "cut.tgz").write_bytes(whole[: len(whole) // 2])
    write_archive(bench.data / "bomb.tgz", bomb)
    assert "line 2: " in refused("cut.zip") and "a zip archive without its end" in refused(
        "cut.zip"
    )
    assert "cannot be used as a tar archive" in refused("cut.tgz")
    assert f"more than {archives.MOST_RATIO} times its size" in refused("bomb.tgz")


def test_all_cases_are_there():
    assert sorted(int(name[:2]) for name in CASES) == [*range(1, 27)]


@pytest.mark.parametrize("name", CASES)
def test_fault(name, tmp_path, monkeypatch):
    bench = Bench(tmp_path, monkeypatch)
    CASES[name](bench)
    bench.repaired()

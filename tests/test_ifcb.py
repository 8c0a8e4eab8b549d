"""IFCB bins: pixel-exact images, numbers, dates, effort and whatever can be missing."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seston.errors import SestonError
from seston.instruments import ifcb
from seston.instruments.contract import Reading, Rejection, Roi
from seston.instruments.ifcb.bin import date_of_name, is_bin_name
from seston.instruments.ifcb.hdr import read_header
from synthetic.ifcb import START, V1_NAME, V2_NAME, shapes, write_bin


@pytest.fixture(scope="module")
def bins(shared):
    return shared / "ifcb"


def read(path, **reading):
    """Return effort and findings; what is listed must come, each under its own number."""
    effort, found = ifcb.read(path, Reading(**reading))
    found = list(found)
    assert effort.listed == len(found) == len({one.roi for one in found})
    return effort, found


def codes(effort):
    """Codes but for those of every bin: all that are written here look for seconds only."""
    return {flag.code for flag in effort.flags} - {"pixel_size_by_convention", "short_run"}


def text(effort, code):
    (told,) = (flag.text for flag in effort.flags if flag.code == code)
    return told


def reasons(found):
    return [one.reason for one in found if isinstance(one, Rejection)]


# -- real bins -----------------------------------------------------------------

REAL = {  # images, triggers, mL, source; images and triggers counted with awk in the .adc
    "2013/D20130526T095207_IFCB013": (19, 118, 4.88506990, "adc"),
    "2018/valid/D20180712T065600_IFCB114": (2, 3, 4.92747469, "hdr"),
    "2022/D20220519T124533_IFCB134": (17, 18, 4.17479563, "hdr"),
    "2022/D20220522T000439_IFCB134": (7, 8, 4.86063533, "hdr"),
    "2022/D20220522T003051_IFCB134": (2, 3, 2.98127229, "hdr"),
}


@pytest.mark.parametrize("name", REAL)
def test_images_of_real_bins_are_exact(bins, name):
    path = bins / f"{name}.adc"
    effort, found = read(path)
    images, triggers, volume, source = REAL[name]
    assert (effort.listed, effort.frames, effort.volume_source) == (images, triggers, source)
    assert effort.volume_ml == pytest.approx(volume, abs=5e-9)
    # read once more by NumPy alone, and every byte of the file is used exactly once
    rows = np.loadtxt(path, delimiter=",", usecols=(13, 14, 15, 16, 17), dtype=int)
    data = path.with_suffix(".roi").read_bytes()
    imaged = {f"{i:05d}": row for i, row in enumerate(rows, start=1) if row[2]}
    assert list(imaged) == [one.roi for one in found]
    assert b"".join(one.pixels.tobytes() for one in found) == data
    for one in found:
        x, y, width, height, start = imaged[one.roi]
        expected = np.frombuffer(data, np.uint8, width * height, start).reshape(height, width)
        assert (one.x, one.y, one.frame) == (x, y, f"{path.stem}.roi")
        np.testing.assert_array_equal(one.pixels, expected)


def test_images_equal_those_of_another_tool(bins):
    """ClassiPyR wrote each image stretched from its darkest to its brightest pixel."""
    name = "D20220522T000439_IFCB134"
    folder = bins / "expected-png-minmax-stretched" / name
    _, found = read(bins / "2022" / name)
    assert {f"{name}_{one.roi}.png" for one in found} == {file.name for file in folder.iterdir()}
    for one in found:
        low, high = int(one.pixels.min()), int(one.pixels.max())
        stretched = (one.pixels.astype(float) - low) / (high - low) * 255
        with Image.open(folder / f"{name}_{one.roi}.png") as image:
            expected = np.asarray(image.convert("L"), float)
        assert expected.shape == stretched.shape
        assert np.abs(expected - stretched).max() <= 1, "they round down, up or to nearest"


def test_a_real_bin_of_the_first_instruments(bins):
    effort, found = read(bins / "2012" / "IFCB5_2012_028_081515.adc")
    assert (effort.listed, effort.frames, effort.volume_source) == (5, 6, "adc")
    assert effort.volume_ml == pytest.approx(0.00339147, abs=5e-9)
    assert codes(effort) == set()
    data = (bins / "2012" / "IFCB5_2012_028_081515.roi").read_bytes()
    offsets = {"00001": (96, 45, 1), "00002": (238, 137, 4321), "00005": (105, 45, 57492)}
    for roi, (width, height, start) in offsets.items():
        (one,) = (one for one in found if one.roi == roi)
        assert one.pixels.shape == (height, width)
        assert one.pixels.tobytes() == data[start : start + width * height]
    assert [one.roi for one in found] == ["00001", "00002", "00003", "00005", "00006"]
    joined = found[2]
    assert (
        joined.notes == ("stitched",) and joined.recorded["stitched"] == "00004 at 360,457 113x45"
    )
    # rows 3 and 4: boxes 210..390 x 432..518 and 360..473 x 457..502
    assert (joined.x, joined.y, joined.pixels.shape) == (210, 432, (86, 263))
    third = np.frombuffer(data, np.uint8, 180 * 86, 36927).reshape(86, 180)
    fourth = np.frombuffer(data, np.uint8, 113 * 45, 52407).reshape(45, 113)
    np.testing.assert_array_equal(joined.pixels[:, :180], third)
    np.testing.assert_array_equal(joined.pixels[25:70, 150:], fourth)
    shown = np.zeros(joined.pixels.shape, bool)
    shown[:, :180] = shown[25:70, 150:] = True
    assert joined.mask_source == "crop" and joined.mask.any() and not joined.mask[~shown].any()
    header = read_header(bins / "2012" / "IFCB5_2012_028_081515.hdr")
    assert header.number("temperature") == pytest.approx(11.48, abs=0.005)
    assert header.number("humidity") == pytest.approx(32.17, abs=0.005)


def test_damaged_and_empty_real_bins(bins):
    effort, found = read(bins / "2018" / "invalid" / "D20210523T053149_IFCB114.adc")
    assert set(reasons(found)) == {"roi_missing"} and len(found) == 4611
    assert codes(effort) == {"triplet_incomplete"} and effort.frames == 4505
    assert effort.volume_ml == pytest.approx(0.25 * (1196.862624 - 404.449321) / 60)
    effort, found = read(bins / "partial" / "IFCB5_2012_028_081515.hdr")
    assert reasons(found) == ["roi_missing"] * 5 and effort.volume_ml is not None
    effort, found = read(bins / "empty" / "D20150411T205456_IFCB012.adc")
    assert (effort.listed, effort.volume_source, codes(effort)) == (0, "hdr", {"no_organisms"})
    assert effort.volume_ml == pytest.approx(0.25 * (0.621083 - 0.037422) / 60)
    effort, found = read(bins / "empty" / "IFCB5_2017_001_033645.adc")
    assert (effort.listed, effort.volume_ml) == (0, None)
    assert codes(effort) == {"no_organisms", "volume_unknown"}
    effort, found = read(bins / "invalid" / "D20130101T101010_IFCB099.adc")
    assert reasons(found) == ["nothing_recorded"] and effort.volume_ml is None
    assert codes(effort) == {"header_empty", "volume_unknown"}


# -- bins that never were ------------------------------------------------------


@pytest.mark.parametrize("dialect", ["a", "b", "c"])
@pytest.mark.parametrize("suffix", [".adc", ".hdr", ".roi", ""])
def test_every_dialect_by_every_path(tmp_path, dialect, suffix):
    images = [*shapes(3), None, *shapes(2, seed=1)]
    written = write_bin(tmp_path, images, dialect=dialect)
    path = written.path.with_suffix(suffix)
    ifcb.check(path)
    assert ifcb.date(path) == START[written.path.stem]
    effort, found = read(path)
    assert [int(one.roi) for one in found] == [1, 2, 3, 5, 6]
    for one in found:
        np.testing.assert_array_equal(one.pixels, written.images[int(one.roi)])
    assert (effort.frames, codes(effort)) == (6, set())
    assert effort.volume_ml == pytest.approx(written.volume_ml, rel=1e-9)
    assert effort.volume_source == ("adc" if dialect == "a" else "hdr")


@pytest.mark.parametrize("dialect", ["a", "b", "c"])
def test_what_was_recorded_has_one_spelling(tmp_path, dialect):
    extra = 0 if dialect == "a" else 2
    places = [(0, 7), (900, 8)]
    written = write_bin(tmp_path, shapes(2), dialect=dialect, places=places, extra=extra)
    _, found = read(written.path)
    second = found[1].recorded
    assert (second["roiX"], second["roiY"], second["trigger"]) == (900, 8, 2)
    assert (second["roiWidth"], second["roiHeight"]) == written.images[2].shape[::-1]
    assert [one.at_border for one in found] == [True, False]
    seconds = timedelta(seconds=1.8 if dialect == "a" else 20)
    assert found[1].timestamp == START[written.path.stem] + seconds
    if dialect != "a":
        assert len(second) == 26 and second["extra2"] == 0
        assert (second["PMTB"], second["peakD"], second["timeOfFlight"]) == (0.2, 1.4, 54.3)
        assert second["inhibitTime"] == pytest.approx(0.2)


def test_fields_follow_the_header_where_their_order_differs(tmp_path):
    written = write_bin(tmp_path, shapes(2), dialect="c")
    hdr, adc = written.file(".hdr"), written.path
    hdr.write_text(hdr.read_text().replace("RoiX, RoiY,", "ROI_y, ROI x,"))
    _, found = read(adc)
    assert (found[0].x, found[0].y) == (200, 100)
    hdr.write_text(hdr.read_text().replace("ROI_y, ROI x,", "upwards, ROI x,"))
    effort, found = read(adc)
    assert (found[0].x, found[0].y) == (100, 200) and codes(effort) == {"fields_by_place"}


def test_boxes_of_one_organism_are_joined(tmp_path):
    grey = np.full((20, 30), 180, np.uint8)
    body, tail = grey.copy(), grey.copy()
    body[5:15, 5:], tail[5:15, :25] = 60, 60
    images = [body, tail, body, tail, tail, body, tail]
    places = [(10, 10), (35, 14), (100, 10), (128, 10), (5, 5), (5, 5), (34, 24)]
    triggers = [1, 1, 2, 2, 3, 4, 5]
    written = write_bin(tmp_path, images, dialect="a", places=places, triggers=triggers)
    effort, found = read(written.path)
    assert [one.roi for one in found] == ["00001", "00003", "00004", "00005", "00006", "00007"]
    assert [one.notes for one in found] == [("stitched",), *[()] * 5], "2 px are no overlap"
    joined = found[0]
    assert joined.recorded["stitched"] == "00002 at 35,14 30x20"
    assert (joined.x, joined.y, joined.pixels.shape) == (10, 10, (24, 55))
    np.testing.assert_array_equal(joined.pixels[4:, 25:], tail)
    np.testing.assert_array_equal(joined.pixels[:20, :25], body[:, :25])
    filled = np.concatenate([joined.pixels[:4, 30:].ravel(), joined.pixels[20:, :25].ravel()])
    assert set(filled) == {180}, "the background beside it"
    assert joined.mask.any() and not joined.mask[:4, 30:].any() and not joined.mask[20:, :25].any()
    assert effort.frames == 5
    later = write_bin(tmp_path, images, dialect="b", places=places, triggers=triggers)
    assert read(later.path)[0].listed == 7, "later instruments do not cut organisms"


def test_no_mask_claims_what_no_box_shows(tmp_path, monkeypatch):
    def everything(pixels, alone):
        return np.ones(pixels.shape, bool)

    monkeypatch.setattr("seston.instruments.ifcb.cut.crop_mask", everything)
    images = [np.full((20, 30), 180, np.uint8)] * 2
    places = [(10, 10), (35, 14)]
    written = write_bin(tmp_path, images, dialect="a", places=places, triggers=[1, 1])
    _, (one,) = read(written.path)
    assert one.mask.sum() == 2 * 20 * 30 - 5 * 16, "both boxes, their overlap once"
    assert not one.mask[:4, 30:].any() and not one.mask[20:, :25].any()


def test_three_boxes_in_a_chain_are_one_organism(tmp_path):
    places = [(0, 0), (25, 0), (50, 0)]
    images = [np.full((20, 30), 180, np.uint8)] * 3
    written = write_bin(tmp_path, images, dialect="a", places=places, triggers=[1, 1, 1])
    _, (one,) = read(written.path)
    assert one.recorded[
        "stitched"
    ] == "00002 at 25,0 30x20; 00003 at 50,0 30x20" and one.pixels.shape == (20, 80)


def test_the_sheet_goes_before_the_pixel_size_of_the_field(tmp_path):
    path = write_bin(tmp_path, shapes(1), run_s=70).path
    effort, _ = read(path)
    assert effort.pixel_um == pytest.approx(0.294118, abs=1e-6)
    assert [flag.code for flag in effort.flags] == ["pixel_size_by_convention"]
    effort, _ = read(path, pixel_um=0.5)
    assert (effort.pixel_um, effort.flags) == (0.5, ())


# -- parts that are missing, cut off or wrong ----------------------------------


@pytest.mark.parametrize(
    ("gone", "reason", "listed", "flags"),
    [
        (".adc", "adc_missing", 1, {"triplet_incomplete"}),
        (".roi", "roi_missing", 4, {"triplet_incomplete"}),
        (".hdr", None, 4, {"triplet_incomplete"}),
    ],
)
def test_a_missing_part_is_a_clear_row(tmp_path, gone, reason, listed, flags):
    written = write_bin(tmp_path, shapes(4), dialect="c")
    written.file(gone).unlink()
    ifcb.check(written.path)
    assert ifcb.date(written.path) == START[V2_NAME]
    assert len(ifcb.inventory(written.path)) == 2
    effort, found = read(written.path)
    assert effort.listed == listed and codes(effort) == flags
    assert reasons(found) == ([reason] * listed if reason else [])
    assert effort.volume_ml == pytest.approx(written.volume_ml), "by the other clock"
    assert effort.volume_source == ("adc" if gone == ".hdr" else "hdr")
    if gone == ".adc":
        assert "4 images by the header" in found[0].detail and found[0].roi == V2_NAME


def test_a_fifo_is_no_part_of_a_bin(tmp_path):
    written = write_bin(tmp_path, shapes(2))
    for suffix in (".adc", ".hdr", ".roi"):
        written.file(suffix).unlink()
        os.mkfifo(written.file(suffix))
    with pytest.raises(SestonError, match="no such IFCB bin"):
        ifcb.check(written.path)
    assert ifcb.date(written.path) == START[V2_NAME] and ifcb.inventory(written.path) == []
    assert reasons(read(written.path)[1]) == ["adc_missing"]


def test_what_may_not_be_read_is_told(tmp_path, monkeypatch):
    """A mode of 0 would not stop root, who runs tests in containers."""
    written = write_bin(tmp_path, shapes(2))
    refused = [".adc", ".hdr", ".roi"]

    def deny(name):
        real = getattr(Path, name)

        def access(path, *arguments, **named):
            if path.suffix in refused:
                raise PermissionError(13, "Permission denied")
            return real(path, *arguments, **named)

        monkeypatch.setattr(Path, name, access)

    deny("open")
    deny("read_bytes")
    ifcb.check(written.path)
    effort, found = read(written.path)
    assert reasons(found) == ["adc_unreadable"]
    assert codes(effort) == {"header_unreadable", "adc_unreadable", "volume_unknown"}
    del refused[:2]
    effort, found = read(written.path)
    assert reasons(found) == ["roi_unreadable"] * 2 and codes(effort) == set()


@pytest.mark.parametrize("dialect", ["a", "b", "c"])
def test_a_bin_cut_off_at_any_byte_gives_rows_and_no_exception(tmp_path, dialect):
    written = write_bin(tmp_path, shapes(3, height=6, width=9), dialect=dialect)
    for suffix in (".adc", ".hdr", ".roi"):
        whole = written.file(suffix).read_bytes()
        step = max(1, len(whole) // 60)
        for size in range(0, len(whole), step):
            written.file(suffix).write_bytes(whole[:size])
            ifcb.check(written.path)
            ifcb.date(written.path)
            _, found = read(written.path)
            kept = [one for one in found if isinstance(one, Roi)]
            if suffix == ".roi":
                for one in kept:
                    np.testing.assert_array_equal(one.pixels, written.images[int(one.roi)])
                assert len(found) == 3
        written.file(suffix).write_bytes(whole)


def test_a_roi_file_cut_off(tmp_path):
    written = write_bin(tmp_path, shapes(4), dialect="c")
    roi = written.file(".roi")
    roi.write_bytes(roi.read_bytes()[: -written.images[4].size - 1])
    effort, found = read(written.path)
    assert reasons(found) == ["roi_truncated"] * 2
    assert [one.roi for one in found if isinstance(one, Rejection)] == ["00003", "00004"]
    told = text(effort, "roi_truncated")
    assert (
        told.startswith("2 of 4 images")
        and f"not {sum(map(np.size, written.images.values())):,}" in told
    )


@pytest.mark.parametrize("dialect", ["a", "b", "c"])
def test_a_roi_file_of_another_bin(tmp_path, dialect):
    written = write_bin(tmp_path / "one", shapes(3), dialect=dialect)
    other = write_bin(tmp_path / "other", shapes(5), dialect=dialect)
    used, there = (one.file(".roi").stat().st_size for one in (written, other))
    assert codes(read(written.path)[0]) == set()
    written.file(".roi").write_bytes(other.file(".roi").read_bytes())
    effort, _ = read(written.path)
    assert codes(effort) == {"roi_size"}
    told = f"the .roi has {there:,} bytes, its images end at {used:,}: of another bin?"
    assert text(effort, "roi_size") == told
    none = write_bin(tmp_path / "none", [None], dialect=dialect)
    assert codes(read(none.path)[0]) == {"no_organisms"}


def test_a_run_of_seconds_is_told_with_its_volume(tmp_path):
    """Two triggers: 20.05 s less 0.2 s of blindness, at 0.25 mL per minute."""
    effort, _ = read(write_bin(tmp_path, shapes(2)).path)
    assert text(effort, "short_run").startswith("looked for 19.9 s only, which is 0.0827 mL: one")
    assert "counts as 12.1 per mL" in text(effort, "short_run")
    for run_s, told in ((60.1, True), (60.3, False)):  # 59.9 and 60.1 s of looking
        path = write_bin(tmp_path / str(run_s), shapes(2), run_s=run_s).path
        effort, _ = read(path)
        assert effort.volume_source == "hdr"
        assert ("short_run" in {flag.code for flag in effort.flags}) == told


def test_a_short_run_of_the_first_instruments(bins):
    effort, _ = read(bins / "2012" / "IFCB5_2012_028_081515.adc")
    told = "looked for 0.8 s only, which is 0.0034 mL: one organism of it counts as 295 per mL"
    assert told in text(effort, "short_run")
    effort, _ = read(bins / "2013" / "D20130526T095207_IFCB013.adc")
    assert "short_run" not in {flag.code for flag in effort.flags}


def test_a_bin_has_one_path_by_whichever_file(tmp_path):
    written = write_bin(tmp_path, shapes(1))
    paths = [written.path.with_suffix(end) for end in (".adc", ".hdr", ".roi", "")]
    assert {ifcb.one_path(path) for path in paths} == {written.path.resolve()}
    written.path.unlink()
    assert {ifcb.one_path(path) for path in paths} == {written.file(".hdr").resolve()}
    assert ifcb.one_path(tmp_path / "gone.adc") == (tmp_path / "gone.adc").resolve()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("54.3", "54.3,0", "25 values, not 24"),
        ("102,202,58,38,", "102,202,58,nan,", "not a number"),
        ("102,202,58,38,", "102,202,-58,38,", "-58 x 38 px"),
        ("102,202,58,38,", "102,x,58,38,", "not a number"),
        ("102,202,58,38,", "102,202,58,", "23 values, not 24"),
        ("102,202,58,38,", "102,202,1e999,38,", "not a number"),
    ],
)
def test_a_bad_row_is_rejected_under_its_number(tmp_path, old, new, said):
    written = write_bin(tmp_path, shapes(4), places=[(100 + i, 200 + i) for i in range(4)])
    lines = written.path.read_text().splitlines()
    assert old in lines[2]
    lines[2] = lines[2].replace(old, new)
    written.path.write_text("\n".join(lines) + "\n")
    _, found = read(written.path)
    rejected = [one for one in found if isinstance(one, Rejection)]
    assert [(one.roi, one.reason) for one in rejected] == [("00003", "bad_row")]
    assert said in rejected[0].detail
    assert [one.roi for one in found] == ["00001", "00002", "00003", "00004"]
    np.testing.assert_array_equal(found[3].pixels, written.images[4])


def test_a_box_beyond_reason_is_refused_before_it_is_read(tmp_path):
    written = write_bin(tmp_path, shapes(2))
    whole = written.path.read_text()
    written.path.write_text(whole.replace("101,201,59,39,2400", "101,201,59,39,1e300"))
    assert reasons(read(written.path)[1]) == ["roi_truncated"]
    text = whole.replace("101,201,59,39", "101,201,1000000,1000000")
    written.path.write_text(text)
    _, found = read(written.path)
    assert reasons(found) == ["too_large"]
    assert read(written.path, max_pixels=40 * 60 - 1)[0].listed == 2
    assert reasons(read(written.path, max_pixels=40 * 60 - 1)[1]) == ["too_large"] * 2


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"roiCount": "9"}, "roi_count"),
        ({"sampleType": "Beads"}, "bead_run"),
        ({"runBeads": "True"}, "bead_run"),
        ({"humidity": "80.5"}, "humid"),
        ({"sampleTime": "2013-05-26T10:52:07Z"}, "clock_mismatch"),
        ({"SyringeSampleVolume": "0.1"}, "volume_implausible"),
    ],
)
def test_a_header_that_does_not_fit_is_flagged(tmp_path, header, code):
    written = write_bin(tmp_path, shapes(4), dialect="c", header=header)
    effort, found = read(written.path)
    assert codes(effort) == {code} and reasons(found) == []


def test_a_date_comes_from_the_header_where_the_name_has_none(tmp_path):
    taken = {"sampleTime": "2013-05-26T09:52:07Z"}
    written = write_bin(tmp_path, shapes(1), name="tank_seven", header=taken)
    assert ifcb.date(written.path) == datetime(2013, 5, 26, 9, 52, 7)
    first = read(written.path)[1][0].timestamp
    assert first == datetime(2013, 5, 26, 9, 52, 17), "ten seconds later"
    bare = write_bin(tmp_path, shapes(1), name="tank_eight", dialect="c")
    assert ifcb.date(bare.path) is None
    assert read(bare.path)[1][0].timestamp is None


def test_an_old_bin_over_midnight(tmp_path):
    written = write_bin(tmp_path, shapes(2), dialect="a")
    text = written.path.read_text().replace("1.000000,1.800000", "-86399.0,-86398.2")
    written.path.write_text(text)
    _, found = read(written.path)
    assert found[1].timestamp == START[V1_NAME] + timedelta(seconds=1.8)


def test_no_bin_is_refused(tmp_path):
    with pytest.raises(SestonError, match=r"expected the \.adc of one IFCB bin"):
        ifcb.check(tmp_path)
    with pytest.raises(SestonError, match="no such IFCB bin"):
        ifcb.check(tmp_path / "D20130526T095207_IFCB013.adc")
    (tmp_path / "x.lst").touch()
    with pytest.raises(SestonError, match=r"x\.lst: a file of FlowCam.*write flowcam"):
        ifcb.check(tmp_path / "x.lst")
    (tmp_path / "x.zip").touch()
    with pytest.raises(SestonError, match="no such IFCB bin"):
        ifcb.check(tmp_path / "x.zip")


def test_the_inventory_follows_sizes(tmp_path):
    written = write_bin(tmp_path, shapes(1, height=4, width=5))
    before = ifcb.inventory(written.path)
    assert f"{V2_NAME}.roi 20" in before and len(before) == 3
    with written.path.open("a") as file:
        file.write("\n")
    assert ifcb.inventory(written.path) != before


def test_names_in_capitals(tmp_path):
    written = write_bin(tmp_path, shapes(1))
    for suffix in (".adc", ".hdr", ".roi"):
        written.file(suffix).rename(written.file(suffix.upper()))
    path = written.path.with_suffix(".ADC")
    ifcb.check(path)
    assert len(read(path)[1]) == 1 and len(ifcb.inventory(path)) == 3


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("D20130526T095207_IFCB013", datetime(2013, 5, 26, 9, 52, 7)),
        ("IFCB5_2012_028_081515", datetime(2012, 1, 28, 8, 15, 15)),
        ("IFCB1_2008_366_235959", datetime(2008, 12, 31, 23, 59, 59)),
        ("IFCB1_2009_366_235959", None),
        ("IFCB5_2012_028_241515", None),
        ("tank", None),
    ],
)
def test_dates_of_names(name, date):
    assert date_of_name(name) == date
    assert is_bin_name(name) == (name != "tank")


def test_only_reading_imports_numpy(tmp_path):
    path = write_bin(tmp_path, shapes(1), name="tank").path
    code = (
        "import sys; from pathlib import Path; from seston.instruments import ifcb;"
        f"path = Path({str(path)!r}); ifcb.check(path); ifcb.date(path); ifcb.inventory(path);"
        "print(*{'numpy', 'PIL', 'cv2', 'statistics'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (printed.stdout.strip(), printed.stderr) == ("", "")


def test_reading_is_lazy_and_settings_are_kept(tmp_path):
    """Effort is known before the first image is opened."""
    written = write_bin(tmp_path, shapes(3))
    effort, found = ifcb.read(written.path, replace(Reading(), max_pixels=10**6))
    written.file(".roi").write_bytes(b"")
    assert effort.listed == 3
    assert [one.reason for one in found] == ["roi_truncated"] * 3


def test_an_empty_list_of_a_bin_that_had_images_is_no_zero(tmp_path):
    images = [np.full((20, 30), 180, np.uint8)] * 3
    written = write_bin(tmp_path, images, header={"roiCount": "3"})
    written.file(".adc").write_bytes(b"")
    effort, found = read(written.path)
    assert effort.listed == 1 and reasons(found) == ["adc_unreadable"]

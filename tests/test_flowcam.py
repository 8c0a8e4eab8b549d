"""FlowCam runs: every crop equals its list, every file beside the list is believed or doubted."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seston.errors import SestonError
from seston.instruments import flowcam, pixels
from seston.instruments.contract import Rejection, Roi
from seston.instruments.ctx import volume_imaged
from synthetic.flowcam import FIELDS, START, VOLUME_ML, write_run

MANY = 50_000_000
CULTURE = Path(__file__).parents[1] / "example" / "culture"
OCEAN = Path(__file__).parents[1] / "example" / "ocean"


def read(path):
    effort, found = flowcam.read(path, MANY)
    return effort, list(found)


def rejected(path):
    return {item.roi: item.reason for item in read(path)[1] if isinstance(item, Rejection)}


def list_as_table(path):
    """The list, read without the project's code: by position of the names in its head."""
    with path.open(newline="", encoding="latin-1") as file:
        lines = list(csv.reader(file, delimiter="|"))
    count = int(lines[1][1])
    names = [line[0] for line in lines[2 : 2 + count]]
    return [dict(zip(names, line, strict=True)) for line in lines[2 + count :]]


@pytest.mark.parametrize("name", sorted(path.name for path in CULTURE.iterdir() if path.is_dir()))
def test_real_crops_equal_their_list_pixel_for_pixel(name):
    rows = list_as_table(CULTURE / name / f"{name}.lst")
    effort, found = read(CULTURE / name)
    collages = {}
    assert effort.listed == len(rows) == len(found) == 1000
    for row, roi in zip(rows, found, strict=True):
        file = row["collage_file"]
        if file not in collages:
            collages[file] = Image.open(CULTURE / name / file)
        x, y, w, h = (int(row[f"image_{key}"]) for key in "xywh")
        expected = np.asarray(collages[file].crop((x, y, x + w, y + h)))
        assert int(roi.roi) == int(row["id"])
        assert (roi.frame, roi.x, roi.y) == (file, x, y)
        assert np.array_equal(roi.pixels, expected)
        assert np.count_nonzero(roi.mask) == float(row["raw_area"])


def test_masks_of_comics_have_the_area_of_the_list():
    (folder,) = (path for path in OCEAN.iterdir() if path.is_dir())
    effort, found = read(folder)
    rows = list_as_table(folder / f"{folder.name}.lst")
    assert effort.listed == len(found) == 506
    assert [np.count_nonzero(roi.mask) for roi in found] == [float(row["raw_area"]) for row in rows]
    first, second = found[:2]
    assert (first.x, first.y, *first.pixels.shape) == (0, 0, 63, 59, 3)
    assert np.count_nonzero(first.mask) == 244
    assert first.columns == {"vs_esd_um": 30.3677, "vs_abd_um": 23.7972}
    assert np.count_nonzero(second.mask) == 22
    assert second.columns == {"vs_esd_um": 5.3383, "vs_abd_um": 4.7977}
    assert effort.pixel_um == first.pixel_um == 1.813
    assert effort.volume_ml is None


def test_volume_is_that_of_visualspreadsheet():
    volume = volume_imaged(50, 1150, 1, 1919, 9.25, 2000, 801, 1)
    assert volume == pytest.approx(289.6065, abs=0.00005)


def test_volumes_of_the_culture_agree_with_their_summaries():
    for folder in (path for path in CULTURE.iterdir() if path.is_dir()):
        summary = (folder / f"{folder.name}_run_summary.txt").read_text()
        (printed,) = (line for line in summary.splitlines() if "Fluid Volume Imaged" in line)
        effort, _ = flowcam.read(folder, MANY)
        assert effort.volume_ml == pytest.approx(float(printed.split()[-2]), abs=0.00005)
        assert (effort.volume_source, effort.run_mode) == ("ctx", "AutoImage")
        assert (effort.pixel_um, effort.dilution) == (0.5544, 1)
        (warning,) = effort.warnings
        assert "time zones" in warning


def test_a_list_of_53_fields_and_an_edited_run(shared):
    effort, found = read(shared / "flowcam-tank" / "19_10_Tank25_blanksremoved")
    assert effort.listed == len(found) == 8976
    assert all(isinstance(item, Roi) and item.mask is None for item in found)
    first = found[0]
    assert (first.x, first.y, *first.pixels.shape[:2]) == (2, 2, 28, 24)
    assert first.columns == {"vs_esd_um": 105.0902, "vs_abd_um": 58.4881}
    assert effort.volume_ml == pytest.approx(289.6065, abs=0.00005)
    assert any("10381" in text and "8976" in text for text in effort.warnings)
    assert any("without a mask" in text for text in effort.warnings)


def test_a_list_called_metadata(shared):
    (folder,) = (shared / "flowcam-tank").glob("MicrobialMethane*")
    effort, found = read(folder)
    assert effort.listed == len(found) == 475
    assert all(isinstance(item, Roi) for item in found)
    assert flowcam.date(folder) is not None
    assert effort.volume_ml is None


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "fields", [list(FIELDS), [*reversed(FIELDS)], [*FIELDS, "größe", "ch1_peak"]]
)
def test_fields_are_found_by_name(tmp_path, newline, fields):
    run = write_run(tmp_path / "run")
    run.write_list(fields, newline)
    effort, found = read(run.folder)
    assert effort.listed == 6
    assert [roi.roi for roi in found] == list(run.crops)
    for roi in found:
        assert np.array_equal(roi.pixels, run.crops[roi.roi])
        assert np.array_equal(roi.mask, run.masks[roi.roi])
        assert roi.columns["vs_esd_um"] == int(roi.roi) + 0.5
        assert (roi.timestamp - START).seconds == int(roi.roi)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_names_in_the_code_page_of_the_instrument(tmp_path, encoding):
    run = write_run(tmp_path / "Küste")
    run.list.write_bytes(run.list.read_text("latin-1").encode(encoding))
    assert [roi.frame for roi in read(run.folder)[1]] == [row["collage_file"] for row in run.rows]


def test_a_run_is_given_by_its_folder_or_its_list(tmp_path):
    run = write_run(tmp_path / "run")
    assert [roi.roi for roi in read(run.list)[1]] == [roi.roi for roi in read(run.folder)[1]]
    (run.folder / "copy.lst").write_bytes(run.list.read_bytes())
    with pytest.raises(SestonError, match="2 lists"):
        flowcam.check(run.folder)
    assert len(read(run.list)[1]) == 6


def test_grey_and_16_bit_collages(tmp_path):
    run = write_run(tmp_path / "run", colour=False)
    eight = [roi.pixels for roi in read(run.folder)[1]]
    for number in (1, 2):
        pixels_8 = np.asarray(Image.open(run.collage(number)))
        Image.fromarray(pixels_8.astype(np.uint16) * 257).save(run.collage(number))
    sixteen = [roi.pixels for roi in read(run.folder)[1]]
    assert all(np.array_equal(a, b) for a, b in zip(eight, sixteen, strict=True))


def test_each_collage_is_opened_once_however_the_list_is_sorted(tmp_path, monkeypatch):
    run = write_run(tmp_path / "run")
    run.rows = run.rows[::2] + run.rows[1::2]
    run.write_list()
    opened = []
    real = pixels.read_image
    monkeypatch.setattr(
        pixels, "read_image", lambda path, *rest: opened.append(path.name) or real(path, *rest)
    )
    assert len(read(run.folder)[1]) == 6
    assert sorted(opened) == sorted(path.name for path in run.folder.glob("*.tif"))


def test_rows_that_cannot_be_read_are_rejected_with_their_line(tmp_path):
    run = write_run(tmp_path / "run")
    run.rows[0]["image_x"] = "3.5"
    run.rows[1]["image_w"] = "0"
    run.rows[2]["id"] = "one"
    run.rows[3]["id"] = run.rows[4]["id"]
    run.write_list(extra=["too|short", ""])
    head = 2 + len(FIELDS)
    assert rejected(run.folder) == {
        f"line-{head + number}": "bad_row" for number in (1, 2, 3, 5, 7)
    }
    effort, found = read(run.folder)
    assert effort.listed == flowcam.count(run.folder) == len(found) == 7
    told = {item.roi: item.detail for item in found if isinstance(item, Rejection)}
    assert f"line {head + 1}: image_x '3.5': expected a whole number" in told.values()
    assert f"line {head + 3}: id 'one': expected a whole number" in told.values()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"image_x": "-1"}, "outside_collage"),
        ({"image_y": "23"}, "outside_collage"),
        ({"image_w": "4000"}, "outside_collage"),
        ({"collage_file": "gone.tif"}, "collage_missing"),
        ({"collage_file": "../../etc/passwd"}, "outside_root"),
        ({"collage_file": "/etc/passwd"}, "outside_root"),
        ({"collage_file": "..\\run.tif"}, "outside_root"),
        ({"collage_file": ".."}, "outside_root"),
        ({"collage_file": ""}, "outside_root"),
    ],
)
def test_boxes_and_collages_that_are_not_there(tmp_path, changes, reason):
    run = write_run(tmp_path / "run")
    run.rows[2] |= changes
    run.write_list()
    assert rejected(run.folder) == {"000003": reason}


def test_damaged_collages_cost_their_own_particles_only(tmp_path):
    run = write_run(tmp_path / "run")
    whole = run.collage(1).read_bytes()
    first = {"000001", "000002", "000003"}
    run.collage(1).write_bytes(whole[: len(whole) // 2])
    assert rejected(run.folder) == dict.fromkeys(first, "collage_unreadable")
    assert "incomplete TIFF" in read(run.folder)[1][0].detail
    run.collage(1).write_bytes(b"")
    assert rejected(run.folder) == dict.fromkeys(first, "collage_unreadable")
    run.collage(1).unlink()
    (tmp_path / "elsewhere.tif").write_bytes(whole)
    run.collage(1).symlink_to(tmp_path / "elsewhere.tif")
    assert rejected(run.folder) == dict.fromkeys(first, "outside_root")
    run.collage(1).unlink()
    os.mkfifo(run.collage(1))
    assert rejected(run.folder) == dict.fromkeys(first, "collage_unreadable")


def test_collages_above_the_limit_are_not_decoded(tmp_path):
    run = write_run(tmp_path / "run", count=2, collages=1)
    width, height = Image.open(run.collage(1)).size
    assert all(isinstance(item, Roi) for item in flowcam.read(run.folder, width * height)[1])
    reasons = {item.reason for item in flowcam.read(run.folder, width * height - 1)[1]}
    assert reasons == {"too_large"}


def test_a_mask_of_another_size_is_not_used(tmp_path, caplog):
    run = write_run(tmp_path / "run", collages=1)
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(run.folder / "run_000001_bin.tif")
    assert all(roi.mask is None and roi.mask_source is None for roi in read(run.folder)[1])
    assert "wrong_size" in caplog.text


def test_effort_of_a_run(tmp_path):
    run = write_run(tmp_path / "run")
    effort, _ = read(run.folder)
    assert effort.volume_ml == pytest.approx(VOLUME_ML)
    assert (effort.volume_source, effort.dilution, effort.pixel_um) == ("ctx", 4, 0.5)
    assert (effort.run_mode, effort.warnings) == ("AutoImage", ())
    assert flowcam.date(run.folder) == START


def test_without_context_the_list_and_the_summary_speak(tmp_path):
    run = write_run(tmp_path / "run")
    run.list.with_suffix(".ctx").unlink()
    run.write_summary(Mode="AutoImage", Fluid_Volume_Imaged="0.0123 ml", Particle_Count="6")
    effort, _ = read(run.folder)
    assert (effort.volume_ml, effort.volume_source) == (0.0123, "run_summary")
    assert (effort.pixel_um, effort.dilution, effort.warnings) == (0.5, None, ())
    assert (flowcam.date(run.folder) - START).seconds == 1


def test_a_lone_context_is_not_lent_to_another_run(tmp_path):
    run = write_run(tmp_path / "run")
    run.write_summary(Fluid_Volume_Imaged="0.0100 ml")
    (run.folder / "b.lst").write_bytes(run.list.read_bytes())
    assert read(run.list)[0].volume_ml == pytest.approx(VOLUME_ML)
    other, _ = read(run.folder / "b.lst")
    assert (other.volume_ml, other.dilution, other.run_mode) == (None, None, None)
    run.list.write_text("44\nof another version\n")
    assert read(run.folder / "b.lst")[0].volume_ml == pytest.approx(VOLUME_ML), "now it is alone"
    (run.folder / "._run.ctx").write_bytes(b"of a Mac")
    assert read(run.folder / "b.lst")[0].volume_ml == pytest.approx(VOLUME_ML)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.0421 ml", 0.0421), ("12.5ml", 12.5), ("3", 3.0), ("12,5 ml", None),
        ("0,0421 ml", None), ("3,000", None), ("3 000", None), ("3.000,5 ml", None),
        ("1e-5 ml", None), (".5 ml", None), ("-3 ml", None), ("unknown", None),
    ],
)  # fmt: skip
def test_numbers_of_the_summary_are_read_whole_or_not_at_all(tmp_path, text, value):
    run = write_run(tmp_path / "run")
    run.list.with_suffix(".ctx").unlink()
    run.write_summary(Fluid_Volume_Imaged=text)
    effort, _ = read(run.folder)
    assert effort.volume_ml == value
    assert len(effort.warnings) == (value is None)
    run.write_summary(Particle_Count=text)
    warnings = read(run.folder)[0].warnings
    assert ("edited run" in " ".join(warnings)) == (value is not None)
    assert ("not a plain number" in " ".join(warnings)) == (value is None)


@pytest.mark.parametrize("text", ["0,5544", "nan", "inf"])
def test_a_number_of_the_context_that_is_none_is_told_once(tmp_path, text):
    run = write_run(tmp_path / "run")
    run.write_context({"Fluid": {"CalibrationConstant": text}})
    effort, _ = read(run.folder)
    assert effort.volume_ml is None
    assert effort.warnings == (f".ctx: calibrationconstant={text} is not a number",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_a_context_with_a_note_of_several_lines(tmp_path, encoding):
    run = write_run(tmp_path / "run")
    path = run.list.with_suffix(".ctx")
    note = "[Note]\nNotes=Küste\n  on two lines\nand a third\nJustAKey\n\n"
    path.write_bytes((note + path.read_text()).encode(encoding))
    effort, _ = read(run.folder)
    assert (effort.volume_ml, effort.pixel_um) == (pytest.approx(VOLUME_ML), 0.5)
    assert flowcam.date(run.folder) == START


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"\r\n\r\n<html lang=en>\n", 3), ("[Software]\n".encode("utf-16"), 1)],
)
def test_a_context_that_is_none_is_refused_with_its_line(tmp_path, content, line):
    run = write_run(tmp_path / "run")
    run.list.with_suffix(".ctx").write_bytes(content)
    with pytest.raises(SestonError, match=rf"run\.ctx, line {line}: ") as error:
        flowcam.date(run.folder)
    assert "delete" not in str(error.value)


def test_an_empty_context_is_told(tmp_path):
    run = write_run(tmp_path / "run")
    run.list.with_suffix(".ctx").write_bytes(b"")
    effort, _ = read(run.folder)
    assert (effort.volume_ml, effort.warnings) == (None, ("run.ctx says nothing",))


@pytest.mark.parametrize(
    ("summary", "context", "expected"),
    [
        ({"Particle_Count": "7"}, {}, "edited run"),
        ({"Fluid_Volume_Imaged": "0.0110 ml"}, {}, "volume imaged"),
        ({"Mode": "Trigger"}, {}, "trigger mode"),
        ({}, {"CaptureStats": {"AutoTrigger": "0"}}, "trigger mode"),
        ({}, {"General": {"RunStartTime": "2024-05-06 05:08:09"}}, "time zones"),
        ({}, {"General": {"RunStartTime": "yesterday"}}, "not a date"),
        ({}, {"CaptureStats": {"RawImageTotal": "many"}}, "not a number"),
        ({}, {"Fluid": {"CalibrationConstant": "0.6"}}, "calibration"),
    ],
)
def test_files_that_disagree_give_a_warning(tmp_path, summary, context, expected):
    run = write_run(tmp_path / "run")
    run.write_context(context)
    run.write_summary(**summary)
    effort, _ = read(run.folder)
    (warning,) = effort.warnings
    assert expected in warning


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("017", "44:columns", 1), "017"),
        (lambda text: text.replace("num-fields|12", "num-fields|x"), "line 2"),
        (lambda text: text.replace("num-fields|12", "no such thing"), "line 2: found 'no such"),
        (lambda _: "44\nId:x\n", "line 2: found 'Id:x'.*before version 3"),
        (lambda text: text.replace("image_x|int32", "image_q|int32"), "image_x"),
        (lambda text: text.replace("image_x|int32", "image_y|int32"), "image_x"),
    ],
)
def test_a_list_with_a_damaged_head_is_refused_by_name(tmp_path, damage, message):
    run = write_run(tmp_path / "run")
    run.list.write_text(damage(run.list.read_text()))
    with pytest.raises(SestonError, match=message) as error:
        read(run.folder)
    assert run.list.name in str(error.value)


def test_a_list_without_a_particle_is_doubted(tmp_path):
    run = write_run(tmp_path / "run")
    run.rows = []
    run.write_list()
    effort, found = read(run.folder)
    assert (effort.listed, found) == (0, [])
    assert effort.warnings == ("no particle in the list: a true zero?",)

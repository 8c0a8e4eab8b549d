"""Effort of FlowCam runs: every file beside the list is believed or doubted."""

import pytest

from flowcam_reading import read
from seston.errors import SestonError
from seston.instruments import flowcam
from synthetic.flowcam import START, VOLUME_ML, write_run


def test_effort_of_a_run(tmp_path):
    run = write_run(tmp_path / "run")
    effort, _, flags = read(run.folder)
    assert effort.volume_ml == pytest.approx(VOLUME_ML)
    assert (effort.volume_source, effort.dilution, effort.pixel_um) == ("ctx", 4, 0.5)
    assert (effort.run_mode, effort.frames, flags) == ("AutoImage", 1000, {})
    assert flowcam.date(run.folder) == START


def test_without_context_the_list_and_the_summary_speak(tmp_path):
    run = write_run(tmp_path / "run")
    run.list.with_suffix(".ctx").unlink()
    run.write_summary(Mode="AutoImage", Fluid_Volume_Imaged="0.0123 ml", Particle_Count="6")
    effort, _, flags = read(run.folder)
    assert (effort.volume_ml, effort.volume_source) == (0.0123, "run_summary")
    assert (effort.pixel_um, effort.dilution, flags) == (0.5, None, {})
    assert (flowcam.date(run.folder) - START).seconds == 1


def test_a_sheet_with_another_calibration_is_told(tmp_path):
    run = write_run(tmp_path / "run")
    assert read(run.folder, pixel_um=0.5)[2] == {}
    assert "0.6 µm/px" in read(run.folder, pixel_um=0.6)[2]["sheet_calibration"]


def test_a_lone_context_is_not_lent_to_another_run(tmp_path):
    run = write_run(tmp_path / "run")
    run.write_summary(Fluid_Volume_Imaged="0.0100 ml")
    (run.folder / "b.lst").write_bytes(run.list.read_bytes())
    assert read(run.list)[0].volume_ml == pytest.approx(VOLUME_ML)
    other, _, _ = read(run.folder / "b.lst")
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
    effort, _, flags = read(run.folder)
    assert effort.volume_ml == value
    assert list(flags) == ["bad_number"] * (value is None)
    run.write_summary(Particle_Count=text)
    assert list(read(run.folder)[2]) == ["bad_number" if value is None else "edited_run"]


@pytest.mark.parametrize("text", ["0,5544", "nan", "inf"])
def test_a_number_of_the_context_that_is_none_is_told_once(tmp_path, text):
    run = write_run(tmp_path / "run")
    run.write_context({"Fluid": {"CalibrationConstant": text}})
    effort, _, flags = read(run.folder)
    assert effort.volume_ml is None
    assert flags == {"bad_number": f".ctx: calibrationconstant={text} is not a number"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_context_with_a_note_of_several_lines(tmp_path, encoding):
    run = write_run(tmp_path / "run")
    path = run.list.with_suffix(".ctx")
    note = "[Note]\nNotes=Küste\n  on two lines\nand a third\nJustAKey\n\n"
    path.write_bytes((note + path.read_text()).encode(encoding))
    effort, _, _ = read(run.folder)
    assert (effort.volume_ml, effort.pixel_um) == (pytest.approx(VOLUME_ML), 0.5)
    assert flowcam.date(run.folder) == START


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"\r\n\r\n<html lang=en>\n", 3), ("Software]\n".encode("utf-16"), 1)],
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
    effort, _, flags = read(run.folder)
    assert (effort.volume_ml, flags) == (None, {"empty_context": "run.ctx says nothing"})


@pytest.mark.parametrize(
    ("summary", "context", "expected"),
    [
        ({"Particle_Count": "7"}, {}, "edited_run"),
        ({"Fluid_Volume_Imaged": "0.0110 ml"}, {}, "volume_mismatch"),
        ({"Mode": "Trigger"}, {}, "trigger_mode"),
        ({"Mode": "Fluorescence Trigger"}, {}, "trigger_mode"),
        ({}, {"CaptureStats": {"AutoTrigger": "0"}}, "trigger_mode"),
        ({}, {"General": {"RunStartTime": "2024-05-06 05:08:09"}}, "clock_mismatch"),
        ({}, {"General": {"RunStartTime": "yesterday"}}, "bad_clock"),
        ({}, {"CaptureStats": {"RawImageTotal": "many"}}, "bad_number"),
        ({}, {"Fluid": {"CalibrationConstant": "0.6"}}, "two_calibrations"),
    ],
)
def test_files_that_disagree_give_a_warning(tmp_path, summary, context, expected):
    run = write_run(tmp_path / "run")
    run.write_context(context)
    run.write_summary(**summary)
    assert list(read(run.folder)[2]) == [expected]


@pytest.mark.parametrize(
    ("summary", "agrees"),
    [("2024-05-06 05:10:00", "the .ctx"), ("2024-05-06 07:08:10", "the first particle"),
     ("2024-05-06 09:08:10", "neither")],
)  # fmt: skip
def test_the_run_summary_says_which_of_two_clocks_is_right(tmp_path, summary, agrees):
    run = write_run(tmp_path / "run")
    run.write_context({"General": {"RunStartTime": "2024-05-06 05:08:09"}})
    run.write_summary(Start=summary)
    told = read(run.folder)[2]["clock_mismatch"]
    assert told.endswith(f"; the run summary, which says {summary}, agrees with {agrees}")


def test_a_list_with_decimal_commas_is_told(tmp_path):
    """As a spreadsheet program of a country with decimal commas saves it."""
    run = write_run(tmp_path / "run")
    run.list.write_text(
        "\n".join(
            line if ".tif" not in line else line.replace(".", ",").replace(",tif", ".tif")
            for line in run.list.read_text().splitlines()
        )
    )
    effort, found, flags = read(run.folder)
    assert set(flags) == {"bad_number"}
    assert flags["bad_number"].startswith(
        "6 of 6 particles with values that are no numbers and are left out, the first cal_const"
        " '0,5000' in line 15: decimal commas"
    )
    assert {roi.notes for roi in found} == {("bad_number",)} and effort.pixel_um == 0.5
    run.list.with_suffix(".ctx").unlink()
    effort, _, flags = read(run.folder)
    assert (set(flags), effort.pixel_um) == ({"bad_number", "no_pixel_size"}, None)
    assert set(read(run.folder, pixel_um=0.5)[2]) == {"bad_number"}


def test_a_number_that_is_none_is_no_decimal_comma(tmp_path):
    run = write_run(tmp_path / "run")
    run.rows[3]["raw_area"] = "1.#QNAN0"
    run.write_list()
    told = read(run.folder)[2]["bad_number"]
    assert told.endswith("the first raw_area '1.#QNAN0' in line 18") and told.startswith("1 of 6")


@pytest.mark.parametrize("calibration", ["0.0000", "-0.5"])
def test_a_calibration_that_is_not_above_0_is_unknown(tmp_path, calibration):
    run = write_run(tmp_path / "run")
    run.rows[1] |= {"cal_const": calibration, "esd_diameter": "0.0000"}
    run.write_list()
    effort, found, flags = read(run.folder)
    assert [roi.pixel_um for roi in found] == [0.5, None, 0.5, 0.5, 0.5, 0.5]
    assert [roi.columns["vs_esd_um"] for roi in found[:3]] == [1.5, None, 3.5]
    assert set(flags) == {"bad_calibration"} and effort.pixel_um == 0.5
    told = "1 of 6 particles with a calibration (cal_const) that is not above 0, the first"
    assert flags["bad_calibration"].startswith(f"{told} {float(calibration):g} in line 16")
    for row in run.rows:
        row["cal_const"] = calibration
    run.write_list()
    run.list.with_suffix(".ctx").unlink()
    effort, _, flags = read(run.folder)
    assert (set(flags), effort.pixel_um) == ({"bad_calibration", "no_pixel_size"}, None)


def test_a_list_without_a_particle_is_doubted(tmp_path):
    run = write_run(tmp_path / "run")
    run.rows = []
    run.write_list()
    effort, found, flags = read(run.folder)
    assert (effort.listed, found) == (0, [])
    assert flags == {"no_organisms": "no particle in the list: a true zero?"}


def test_a_list_that_was_cut_off_is_not_taken_for_an_edited_run(tmp_path):
    run = write_run(tmp_path / "run")
    run.write_summary(Particle_Count=str(len(run.rows)))
    whole = run.list.read_bytes()
    run.list.write_bytes(whole[: len(whole) - 60])
    _, _, flags = read(run.folder)
    assert flags["list_incomplete"].startswith("the list ends in the middle of a row")
    assert "edited_run" not in flags

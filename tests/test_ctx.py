"""FlowCam's account of a run, in the words of every version."""

from datetime import datetime

import pytest

from seston.instruments.flowcam.ctx import read_context, volume_imaged

REGION = (
    "[CaptureRegion]\nAcceptableLeft=1\nAcceptableRight=1022\nAcceptableTop=1\n"
    "AcceptableBottom=766\n[CaptureStats]\nRawImageTotal=2698\n"
)


def context_of(tmp_path, text, summary=None):
    ctx = tmp_path / "run.ctx"
    ctx.write_text(text)
    if summary is None:
        return read_context(ctx, None)
    told = tmp_path / "run_run_summary.txt"
    told.write_text(summary)
    return read_context(ctx, told)


def test_volume_is_that_of_visualspreadsheet():
    volume = volume_imaged(50, 1150, 1, 1919, 9.25, 2000, 801, 1)
    assert volume == pytest.approx(289.6065, abs=0.00005)


@pytest.mark.parametrize("key", ["CalibrationConstant", "CalibConstant"])
def test_version_1_5(tmp_path, key):
    text = (
        "[General]\nRunStartTime=2008-03-11 16:00:11\n[Camera]\nAutoTriggerFlag=0\n"
        f"[Fluid]\nFlowCellDepth=300.0000\nTotalVolumeML=0.0000\n{key}=1.7076\n{REGION}"
    )
    context = context_of(tmp_path, text)
    # 1,022 px x 766 px x 1.7076² µm² x 300 µm x 2,698 images, in µm³
    assert context.volume_ml == pytest.approx(1022 * 766 * 1.7076**2 * 300 * 2698 / 1e12)
    assert (context.pixel_um, context.run_mode, context.frames) == (1.7076, "Trigger", 2698)
    assert context.start == datetime(2008, 3, 11, 16, 0, 11)
    assert (context.dilution, context.total_ml, context.problems) == (None, None, ())


def test_version_2_keeps_the_volume_and_another_name_of_its_factor(tmp_path):
    total = context_of(tmp_path, "[Fluid]\nTotalVolumeML=0.75\n")
    assert (total.volume_ml, total.total_ml) == (0.75, 0.75)
    text = f"[Fluid]\nFlowCellDepth=300\nCalibrationConstant=1.7076\nTotalVolumeML=0.75\n{REGION}"
    whole = context_of(tmp_path, text)
    half = context_of(tmp_path, text + "VolumeCalibrationFactor=0.5\n")
    assert half.volume_ml == pytest.approx(whole.volume_ml / 2)
    assert (whole.total_ml, whole.problems) == (0.75, ())


def test_frame_magnification_and_mode(tmp_path):
    text = "[Software]\nCameraMagnification=10\n[Camera]\nImageWidth=1292\nImageHeight=964\n"
    assert context_of(tmp_path, text).frame_size == (1292, 964)
    assert context_of(tmp_path, text).magnification == "10X"
    assert context_of(tmp_path, text).run_mode is None
    said = context_of(tmp_path, text, "Run:\n\tMode:  Trigger Mode\n\tMagnification: 12X\n")
    assert (said.magnification, said.run_mode) == ("12X", "Trigger Mode")


@pytest.mark.parametrize("calibration", ["0", "0.0000", "-1.7076"])
def test_a_calibration_that_is_not_above_0_is_unknown(tmp_path, calibration):
    text = f"[Fluid]\nFlowCellDepth=300\nCalibrationConstant={calibration}\n{REGION}"
    context = context_of(tmp_path, text)
    assert (context.pixel_um, context.volume_ml) == (None, None)
    (flag,) = context.problems
    told = f".ctx: a calibration of {float(calibration):g} µm per pixel, taken as unknown"
    assert (flag.code, flag.text) == ("bad_calibration", told)


@pytest.mark.parametrize(
    ("summary", "start"),
    [
        ("Date/Time:\n\tStart:  2024-04-08 10:32:45\n", datetime(2024, 4, 8, 10, 32, 45)),
        ("Date/Time:\n\tStart:  yesterday\n", None),
        ("Run:\n", None),
    ],
)
def test_the_start_by_the_run_summary(tmp_path, summary, start):
    context = context_of(tmp_path, "[General]\nRunStartTime=2024-04-08 08:32:45\n", summary)
    assert (context.start, context.stated_start) == (datetime(2024, 4, 8, 8, 32, 45), start)


def test_a_volume_entered_by_hand_is_told_and_not_used(tmp_path):
    context = context_of(tmp_path, "[Fluid]\nUseManualVolume=1\nManualVolumeML=2.5\n")
    assert context.volume_ml is None
    assert [flag.code for flag in context.problems] == ["manual_volume"]
    assert "2.5 mL" in context.problems[0].text

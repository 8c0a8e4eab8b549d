"""FlowCam runs: crops, masks and labels in every dialect, and files that are damaged."""

import os

import numpy as np
import pytest
from PIL import Image

from flowcam_reading import organisms, read, rejected
from seston.errors import SestonError
from seston.instruments import flowcam, pixels
from seston.instruments.contract import Flag, Reading, Rejection, Roi
from synthetic.flowcam import FIELDS, START, write_run
from synthetic.flowcam_particles import Particle
from synthetic.flowcam_run import complete_run


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"colour": True, "compression": "tiff_adobe_deflate"},
        {"compression": None, "style": "run_images_000001"},
        {"dialect": "legacy-44", "side": 300},
        {"dialect": "legacy-47", "side": 300, "colour": True},
    ],
)
def test_complete_runs_of_every_kind(tmp_path, settings):
    run = complete_run(tmp_path / "run", 60, **settings)
    effort, found, flags = read(run.folder)
    assert set(flags) == ({"no_fringe"} if "dialect" in settings else set())
    assert effort.listed == len(found) == 60
    for roi in found:
        truth = run.particles[roi.roi]
        assert np.array_equal(roi.pixels, truth.pixels)
        assert np.array_equal(roi.mask, truth.mask)
        assert roi.mask_source == "bin"
        number = int(roi.roi)
        assert roi.label == (None if number % 10 == 0 else "odd" if number % 2 else "even")
        assert roi.columns["vs_esd_um"] == pytest.approx(
            run.values[roi.roi]["esd_diameter"], abs=1e-4
        )
        if settings.get("dialect") != "legacy-44" and not settings.get("colour"):
            left, top = truth.x, truth.y
            height, width = truth.mask.shape
            frame = run.empty_frame[top : top + height, left : left + width]
            assert np.array_equal(roi.background, frame)


def test_without_binary_images_outlines_then_the_calibration_image(tmp_path):
    run = complete_run(tmp_path / "run", 40, binary=False)
    lines = run.list.with_suffix(".edg").read_text().splitlines()
    damaged = {
        2: lambda line: line[:-3],  # shorter than it says
        3: lambda line: line.rsplit(",", 1)[0] + ",",
        4: lambda line: line.replace(",", ",1", 2),
        5: lambda line: line + "x",
    }
    whole = {number for number in range(1, 41) if number % 7}
    text = [damaged.get(int(line.split(",")[0]), str)(line) for line in lines]
    text = [line for line in text if not line.startswith("6,")]
    run.list.with_suffix(".edg").write_text("\n".join(["", "no outline", *text]))
    _, found, flags = read(run.folder)
    for roi in found:
        number = int(roi.roi)
        truth = run.particles[roi.roi]
        place = (slice(truth.y, truth.y + truth.mask.shape[0]),
                 slice(truth.x, truth.x + truth.mask.shape[1]))  # fmt: skip
        assert np.array_equal(roi.background, run.empty_frame[place])
        if number in (2, 3, 4, 5, 6):
            assert (roi.mask, roi.mask_source) == (None, None)
            assert roi.notes in (("no_outline",), ("outline_unusable",))
        elif number in whole:
            assert roi.mask_source == "outline"
            assert np.count_nonzero(roi.mask) == run.values[roi.roi]["raw_filled_area"]
            assert not (truth.mask & ~roi.mask).any()
    assert "5 outlines of run.edg cannot be read, the first in line 2" in flags.values()


def test_a_mask_that_is_not_that_of_the_list_is_noted(tmp_path):
    run = complete_run(tmp_path / "run", 12)
    path = run.folder / "run_000001_bin.tif"
    masks = np.array(Image.open(path))
    third = run.values["000003"]
    masks[third["image_y"] + 5, third["image_x"] : third["image_x"] + third["image_w"]] = 255
    Image.fromarray(masks).save(path)
    assert [roi.notes for roi in organisms(run.folder)].index(("area_mismatch",)) == 2
    path.unlink()
    outlines = run.list.with_suffix(".edg")
    text = outlines.read_text()
    outlines.write_text(text + "3,2,{},{},15\n".format(third["src_x"], third["src_y"]))
    found = organisms(run.folder)
    assert {roi.roi for roi in found if roi.notes} == {"000003"}
    assert found[2].notes == ("area_mismatch",)
    outlines.write_text(text + "3,2,1\n")
    assert organisms(run.folder)[2].notes == ("outline_unusable",)


def test_a_grey_calibration_image_takes_the_tint_of_the_crop(tmp_path):
    run = complete_run(tmp_path / "run", 30, binary=False, outlines=False, colour=True)
    for roi in organisms(run.folder):
        truth = run.particles[roi.roi]
        outside = ~truth.mask
        difference = truth.pixels.astype(int) - roi.background
        assert roi.background.shape == roi.pixels.shape
        assert np.abs(np.median(difference[outside], axis=0)).max() <= 1
        assert np.median(difference[truth.mask], axis=0).max() < -20


@pytest.mark.parametrize("damage", ["empty", "elsewhere", "missing"])
def test_a_calibration_image_that_cannot_be_read_is_told_once(tmp_path, damage):
    run = complete_run(tmp_path / "run", 20, side=150)
    path = run.folder / "cal_image_000001.tif"
    whole = path.read_bytes()
    path.unlink()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "elsewhere":
        (tmp_path / "elsewhere.tif").write_bytes(whole)
        path.symlink_to(tmp_path / "elsewhere.tif")
    found = list(flowcam.read(run.folder, Reading())[1])
    told = [item for item in found if isinstance(item, Flag)]
    assert [flag.code for flag in told] == ["calibration_image_unusable"] * (damage != "missing")
    assert all(item.background is None for item in found if isinstance(item, Roi))


def test_only_what_reaches_the_border_of_the_frame_is_cut(tmp_path):
    width, height = 1280, 960
    pixels, inside = np.full((20, 20), 90, np.uint8), np.zeros((20, 20), bool)
    inside[5:15, 5:15] = True
    across = inside.copy()
    across[5:15] = True
    places = {(0, 50): True, (1, 50): False, (width - 20, 50): True, (width - 21, 50): False}
    particles = [Particle(pixels, mask, *place) for place in places for mask in (across, inside)]
    particles += [Particle(pixels, across.T, 50, y) for y in (0, 1, height - 20, height - 21)]
    run = complete_run(tmp_path / "run", particles)
    expected = [hit and whole for hit in places.values() for whole in (True, False)]
    assert [roi.at_border for roi in organisms(run.folder)] == [
        *expected, True, False, True, False
    ]  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "fields", [list(FIELDS), [*reversed(FIELDS)], [*FIELDS, "größe", "ch1_peak"]]
)
def test_fields_are_found_by_name(tmp_path, newline, fields):
    run = write_run(tmp_path / "run")
    run.write_list(fields, newline)
    effort, found, flags = read(run.folder)
    assert effort.listed == 6
    assert set(flags) == ({"unknown_fields"} if "größe" in fields else set())
    if flags:
        assert flags["unknown_fields"].endswith("kept as they are: größe")
        assert {roi.recorded["größe"] for roi in found} == {0.0}
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
    assert [roi.frame for roi in organisms(run.folder)] == [row["collage_file"] for row in run.rows]


def test_a_run_is_given_by_its_folder_or_its_list(tmp_path):
    run = write_run(tmp_path / "run")
    assert [roi.roi for roi in organisms(run.list)] == [roi.roi for roi in organisms(run.folder)]
    (run.folder / "copy.lst").write_bytes(run.list.read_bytes())
    with pytest.raises(SestonError, match="2 lists"):
        flowcam.check(run.folder)
    assert len(organisms(run.list)) == 6


def test_grey_and_16_bit_collages(tmp_path):
    run = write_run(tmp_path / "run", colour=False)
    eight = [roi.pixels for roi in organisms(run.folder)]
    for number in (1, 2):
        pixels_8 = np.asarray(Image.open(run.collage(number)))
        Image.fromarray(pixels_8.astype(np.uint16) * 257).save(run.collage(number))
    sixteen = [roi.pixels for roi in organisms(run.folder)]
    assert all(np.array_equal(a, b) for a, b in zip(eight, sixteen, strict=True))


def test_each_collage_is_opened_once_however_the_list_is_sorted(tmp_path, monkeypatch):
    run = write_run(tmp_path / "run")
    run.rows = run.rows[::2] + run.rows[1::2]
    run.write_list()
    opened = []
    real = pixels.read_picture
    monkeypatch.setattr(
        pixels, "read_picture", lambda path, *rest: opened.append(path.name) or real(path, *rest)
    )
    assert len(organisms(run.folder)) == 6
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
        f"line-{head + number}": "repeated_row" if number == 5 else "bad_row"
        for number in (1, 2, 3, 5, 7)
    }
    effort, found, _ = read(run.folder)
    assert effort.listed == len(found) == 7
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
        ({"collage_file": "x" * 300 + ".tif"}, "collage_missing"),
        ({"collage_file": "loop.tif"}, "collage_unreadable"),
        ({"collage_file": "folder.tif"}, "collage_unreadable"),
        ({"collage_file": "../../etc/passwd"}, "outside_root"),
        ({"collage_file": "/etc/passwd"}, "outside_root"),
        ({"collage_file": "..\\run.tif"}, "outside_root"),
        ({"collage_file": ".."}, "outside_root"),
        ({"collage_file": ""}, "outside_root"),
    ],
)
def test_boxes_and_collages_that_are_not_there(tmp_path, changes, reason):
    run = write_run(tmp_path / "run")
    (run.folder / "loop.tif").symlink_to("loop.tif")
    (run.folder / "folder.tif").mkdir()
    run.rows[2] |= changes
    run.write_list()
    assert rejected(run.folder) == {"000003": reason}


def test_damaged_collages_cost_their_own_particles_only(tmp_path):
    run = write_run(tmp_path / "run")
    whole = run.collage(1).read_bytes()
    first = {"000001", "000002", "000003"}
    run.collage(1).write_bytes(whole[: len(whole) // 2])
    assert rejected(run.folder) == dict.fromkeys(first, "collage_unreadable")
    assert "incomplete TIFF" in organisms(run.folder)[0].detail
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
    assert all(isinstance(item, Roi) for item in organisms(run.folder, max_pixels=width * height))
    reasons = {item.reason for item in organisms(run.folder, max_pixels=width * height - 1)}
    assert reasons == {"too_large"}


def test_a_mask_of_another_size_is_not_used(tmp_path):
    run = complete_run(tmp_path / "run", 10)
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(run.folder / "run_000001_bin.tif")
    _, found, flags = read(run.folder)
    assert {roi.mask_source for roi in found} == {"outline"}
    assert flags["mask_unusable"].startswith("run_000001_bin.tif is not used: 5 x 5 px")


def test_a_mask_elsewhere_is_not_opened(tmp_path):
    run = write_run(tmp_path / "run", collages=1)
    mask = run.folder / "run_000001_bin.tif"
    mask.rename(tmp_path / "mask.tif")
    mask.symlink_to(tmp_path / "mask.tif")
    _, found, flags = read(run.folder)
    assert {roi.mask_source for roi in found} == {None}
    assert list(flags) == ["mask_unusable"]


def test_files_in_capitals(tmp_path):
    run = complete_run(tmp_path / "run", 10, binary=False)
    for suffix in (".lst", ".ctx", ".edg", ".cla"):
        path = run.list.with_suffix(suffix)
        path.rename(path.with_name(path.name.upper()))
    effort, found, flags = read(run.folder)
    assert (effort.frames, flags) == (1000, {})
    assert {roi.mask_source for roi in found} == {"outline"}
    assert {roi.label for roi in found} == {"odd", "even", None}
    assert any(line.startswith("RUN.LST ") for line in flowcam.inventory(run.folder))


def test_the_inventory_names_all_that_is_read(tmp_path):
    run = complete_run(tmp_path / "run", 3)
    (run.folder / "rawfile_000001.tif").write_bytes(b"raw")
    (run.folder / "run_notes.txt").write_text("notes")
    assert [line.split()[0] for line in flowcam.inventory(run.folder)] == [
        "cal_image_000001.tif", "run.cla", "run.ctx", "run.edg", "run.lst", "run_000001.tif",
        "run_000001_bin.tif", "run_run_summary.txt",
    ]  # fmt: skip


def test_sizes_that_the_list_lacks_are_computed_and_others_kept(tmp_path):
    run = complete_run(tmp_path / "run", 10)
    text = run.list.read_text()
    run.list.write_text(text.replace("\nesd_diameter|", "\nesd_other|"))
    _, found, flags = read(run.folder)
    assert set(flags) == {"sizes_computed", "unknown_fields"}
    assert flags["sizes_computed"].startswith("10 of 10 particles")
    for roi in found:
        expected = run.values[roi.roi]["esd_diameter"]
        assert roi.columns["vs_esd_um"] == pytest.approx(expected, abs=1e-3)
    lines = text.splitlines()
    cells = lines[-1].split("|")
    cells[23 + 6] = "77.0000"  # esd_diameter of the last
    assert lines[2 + 29] == "esd_diameter|double"
    run.list.write_text("\n".join([*lines[:-1], "|".join(cells)]))
    _, found, flags = read(run.folder)
    assert list(flags) == ["size_mismatch"]
    assert flags["size_mismatch"].startswith("1 of 10 particles")
    assert found[-1].columns["vs_esd_um"] == 77


def test_classes_that_cannot_be_read_or_are_of_another_list(tmp_path):
    run = complete_run(tmp_path / "run", 10)
    path = run.list.with_suffix(".cla")
    path.write_text("v3\n1\nname\n1\nclass\nOR\n0\nmany\n")
    _, found, flags = read(run.folder)
    assert {roi.label for roi in found} == {None}
    assert "run.cla, line 8: found 'many'" in flags["classes_unreadable"]
    path.write_text("v3\n1\nname\n1\nclass\nOR\n0\n2\n3\n11\n")
    _, found, flags = read(run.folder)
    assert {roi.label for roi in found} == {None}
    assert "1 of 2 particles" in flags["classes_of_another_list"]
    path.write_text("v3\n1\nname\n2\na\nOR\n0\n2\n3\n4\nb\nOR\n0\n1\n4\n")
    _, found, flags = read(run.folder)
    assert {roi.roi: roi.label for roi in found if roi.label} == {"000003": "a"}
    assert found[3].notes == ("several_classes",)
    assert found[3].recorded["classes"] == "name: a; name: b"
    assert "classes" not in found[4].recorded
    assert flags["several_classes"].startswith("1 particles in several classes")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("017", "44:columns", 1), "017"),
        (lambda text: text.replace("num-fields|12", "num-fields|x"), "line 2"),
        (lambda text: text.replace("num-fields|12", "no such thing"), "line 2: found 'no such"),
        (lambda _: "44\nId:x\n", "line 2: found 'Id:x'"),
        (lambda _: "013\n2\n1:2:3\n", "particles of 44 or 47 values"),
        (lambda text: text.replace("image_x|int32", "image_q|int32"), "image_x"),
        (lambda text: text.replace("image_x|int32", "image_y|int32"), "image_x"),
    ],
)
def test_a_list_with_a_damaged_head_is_refused_by_name(tmp_path, damage, message):
    run = write_run(tmp_path / "run")
    run.list.write_text(damage(run.list.read_text()))
    for look in (read, flowcam.check):
        with pytest.raises(SestonError, match=message) as error:
            look(run.folder)
        assert run.list.name in str(error.value)


@pytest.mark.parametrize("name", ["D20130526T095207_IFCB013.adc", "x.HDR", "x.roi"])
def test_a_file_of_an_ifcb_is_no_list(tmp_path, name):
    (tmp_path / name).write_text("1,2,3\n")
    with pytest.raises(SestonError, match="a file of IFCB, by its ending; write ifcb as its"):
        flowcam.check(tmp_path / name)
    (tmp_path / "other.txt").write_text("1,2,3\n")
    with pytest.raises(SestonError, match=r"other\.txt, line 1: found '1,2,3', expected"):
        flowcam.check(tmp_path / "other.txt")


def test_values_that_are_no_numbers_are_left_out_and_noted(tmp_path):
    run = write_run(tmp_path / "run")
    run.rows[1] |= {"raw_area": "1.#QNAN0x", "esd_diameter": "-"}
    run.write_list()
    found = organisms(run.folder)
    assert [roi.notes for roi in found] == [(), ("bad_number",), (), (), (), ()]
    assert set(found[0].recorded) - set(found[1].recorded) == {"raw_area", "esd_diameter"}
    assert (found[1].columns["vs_esd_um"], found[1].columns["vs_abd_um"]) == (None, 2.25)


def test_an_empty_mask_gives_way_to_the_outline(tmp_path):
    run = complete_run(tmp_path / "run", 10)
    for path in run.folder.glob("*_bin.tif"):
        with Image.open(path) as image:
            blank = Image.new(image.mode, image.size)
        blank.save(path)
    found = organisms(run.folder)
    assert {roi.mask_source for roi in found} == {"outline"}
    assert all(roi.mask.any() for roi in found)

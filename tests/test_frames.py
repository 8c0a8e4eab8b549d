import os
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from seston.errors import SestonError
from seston.imaging.settings import FrameSettings
from seston.instruments import frames
from seston.instruments.contract import Effort, Flag, Reading, Rejection, Roi
from seston.recognise import recognise
from synthetic import frames as synthetic


def read(path: Path, pixel_um: float | None = None, **settings):
    reading = Reading(pixel_um=pixel_um, frames=FrameSettings(**settings))
    effort, found = frames.read(path, reading)
    items = list(found)
    kinds = [[item for item in items if isinstance(item, kind)] for kind in (Roi, Rejection, Flag)]
    return effort, *kinds


def score(drawn: list[synthetic.Frame], rois: list[Roi]) -> tuple[float, float, float]:
    """F1 of organisms with an overlap (IoU) of half or more; mean absolute and mean area error."""
    by_frame: dict[str, list[Roi]] = {}
    for roi in rois:
        by_frame.setdefault(roi.frame, []).append(roi)
    true = found = 0
    errors: list[float] = []
    for number, frame in enumerate(drawn):
        here = by_frame.get(f"20240408_100000_{number:04d}.png", [])
        true, found = true + len(frame.kinds), found + len(here)
        for roi in here:
            height, width = roi.mask.shape
            under = frame.labels[roi.y : roi.y + height, roi.x : roi.x + width][roi.mask]
            label = np.bincount(under).argmax()
            shared, area = np.count_nonzero(under == label), np.count_nonzero(frame.labels == label)
            if label and shared / (area + roi.mask.sum() - shared) >= 0.5:
                errors.append(roi.mask.sum() / area - 1)
    return (
        2 * len(errors) / (true + found),
        float(np.abs(errors).mean()),
        float(np.mean(errors)),
    )


@pytest.fixture(scope="module")
def drawn() -> list[synthetic.Frame]:
    return synthetic.series(1)


@pytest.fixture(scope="module")
def folder(drawn, tmp_path_factory) -> Path:
    return synthetic.write(tmp_path_factory.mktemp("frames") / "tow_2024-04-08", drawn)


@pytest.fixture(scope="module")
def found(folder):
    return read(folder)


def test_organisms_of_a_series_are_found_with_their_area(drawn, found):
    """24 frames of uneven light, noise, dirt on the optics and a drifting lamp."""
    f1, error, bias = score(drawn, found[1])
    assert f1 >= 0.98
    assert error < 0.03
    assert abs(bias) < 0.02


def test_faint_ones_and_those_at_the_border_are_among_them(drawn, found):
    at_border = sum(
        len(set(np.unique(np.concatenate([f.labels[0], f.labels[-1], *f.labels[:, [0, -1]].T])))
            - {0})
        for f in drawn
    )  # fmt: skip
    assert sum(roi.at_border for roi in found[1]) == pytest.approx(at_border, abs=2)
    faint = [roi for roi in found[1] if roi.background is not None and _contrast(roi) < 25]
    assert len(faint) >= 2 * 22 - 4  # two in each of 22 frames


def _contrast(roi: Roi) -> float:
    return float(np.median((roi.background.astype(int) - roi.pixels)[roi.mask]))


@pytest.mark.parametrize("settings", [{}, {"polarity": "bright"}])
def test_organisms_of_single_scans_are_found(tmp_path, settings):
    """Each frame a folder of its own: too few for a median, so the ball is rolled."""
    for seed in range(4):
        frame = synthetic.draw(50 + seed, bright="polarity" in settings)
        sample = synthetic.write(tmp_path / str(seed), [frame])
        _, rois, rejections, flags = read(sample, **settings)
        f1, error, _ = score([frame], rois)
        assert (f1 >= 0.98, error < 0.03) == (True, True)
        assert rejections == []
        assert flags == []


def test_touching_organisms_are_parted_on_demand(tmp_path):
    drawn = synthetic.series(2, frames=16, touching=6)
    sample = synthetic.write(tmp_path / "touching", drawn)
    f1, error, _ = score(drawn, read(sample, split=True)[1])
    assert f1 >= 0.98
    assert error < 0.03
    assert score(drawn, read(sample)[1])[0] < f1 - 0.05


def test_what_is_said_of_the_sample(folder, found):
    effort, rois, rejections, flags = found
    assert effort.listed is None
    assert effort.frames == 24
    assert rejections == []
    assert [flag.code for flag in effort.flags] == ["no_pixel_size"]
    (empty,) = flags
    assert empty.code == "empty_frames"
    assert empty.text == ("2 of 24 frames show no organism, such as 20240408_100000_0003.png")
    assert {roi.timestamp for roi in rois} == {datetime(2024, 4, 8, 10)}
    assert frames.date(folder) == datetime(2024, 4, 8)
    assert len(frames.inventory(folder)) == 24


def test_organisms_are_numbered_in_raster_order(found):
    rois = found[1]
    assert len({roi.roi for roi in rois}) == len(rois)
    first = [roi for roi in rois if roi.frame == rois[0].frame]
    assert [roi.roi for roi in first] == [
        f"20240408_100000_0000.png/{number:05d}" for number in range(1, len(first) + 1)
    ]
    corners = [(roi.y + rows(roi)[0], roi.x) for roi in first if not roi.at_border]
    assert [y for y, _ in corners] == sorted(y for y, _ in corners)


def rows(roi: Roi) -> np.ndarray:
    return np.flatnonzero(roi.mask.any(axis=1))


def test_crops_are_the_frame_with_a_margin(drawn, found):
    for roi in found[1]:
        height, width = roi.mask.shape
        frame = drawn[int(roi.frame[-8:-4])].image
        inside = (slice(roi.y, roi.y + height), slice(roi.x, roi.x + width))
        np.testing.assert_array_equal(roi.pixels, frame[inside])
        assert roi.background.shape == roi.pixels.shape
        assert roi.mask_source == "frame"
        if not roi.at_border:
            top, bottom = rows(roi)[[0, -1]]
            assert top <= 5 and height - 1 - bottom <= 5
            assert top == 5 or roi.y == 0
    outside = np.concatenate(
        [(roi.pixels - roi.background.astype(int))[~roi.mask] for roi in found[1]]
    )
    assert abs(np.median(outside)) <= 1  # the background is as bright as the frame


def test_the_same_again_gives_the_same(folder, found):
    again = read(folder)[1]
    assert [roi.roi for roi in again] == [roi.roi for roi in found[1]]
    assert all((one.mask == two.mask).all() for one, two in zip(again, found[1], strict=True))


def test_colour_frames_are_detected_in_grey_and_cut_in_colour(tmp_path):
    drawn = synthetic.series(3, frames=5, empty=())
    (tmp_path / "colour").mkdir()
    for number, frame in enumerate(drawn):
        tinted = np.dstack([frame.image, frame.image, 255 - (255 - frame.image) // 2])
        Image.fromarray(tinted).save(tmp_path / "colour" / f"20240408_100000_{number:04d}.png")
    _, rois, *_ = read(tmp_path / "colour", background="median")
    assert score(drawn, rois)[0] >= 0.98
    assert all(roi.pixels.shape == roi.background.shape == (*roi.mask.shape, 3) for roi in rois)


def test_16_bit_frames_are_as_those_of_8_bit(tmp_path, drawn):
    narrow = synthetic.write(tmp_path / "narrow", drawn[4:7])
    wide = tmp_path / "wide"
    wide.mkdir()
    for number, frame in enumerate(drawn[4:7]):
        pixels = Image.fromarray(frame.image.astype(np.uint16) * 257)
        pixels.save(wide / f"20240408_100000_{number:04d}.png")
    places = [
        [(roi.roi, roi.x, roi.y) for roi in read(sample, background="median")[1]]
        for sample in (narrow, wide)
    ]
    assert places[0] == places[1]
    assert len(places[0]) > 60


def test_frames_that_cannot_be_read_are_rejected_and_the_others_read(tmp_path, drawn):
    sample = synthetic.write(tmp_path / "sample", drawn[:5])
    names = sorted(file.name for file in sample.iterdir())
    cut = (sample / names[1]).read_bytes()
    (sample / names[1]).write_bytes(cut[: len(cut) // 2])
    (sample / names[2]).write_bytes(b"")
    os.mkfifo(sample / "z_fifo.png")
    (sample / "z_link.png").symlink_to(tmp_path / "nothing.png")
    effort, rois, rejections, _ = read(sample, background="median")
    assert effort.frames == 7
    assert {(item.roi, item.reason) for item in rejections} == {
        (names[1], "truncated"),
        (names[2], "empty_file"),
        ("z_fifo.png", "unreadable"),
        ("z_link.png", "outside_root"),
    }
    assert {roi.frame for roi in rois} == {names[0], names[4]}  # the fourth is empty


def test_a_frame_of_another_size_has_a_background_of_its_own(tmp_path, drawn):
    sample = synthetic.write(tmp_path / "sample", drawn)
    Image.fromarray(drawn[9].image[:300]).save(sample / "20240408_100000_0009.png")
    _, rois, rejections, flags = read(sample, background="median")
    assert rejections == []
    assert {flag.code for flag in flags} == {"short_series", "empty_frames"}
    assert "background of 1 is" in next(f.text for f in flags if f.code == "short_series")
    assert len({roi.frame for roi in rois}) == 22


def test_folders_inside_are_series_of_their_own(tmp_path, drawn):
    for part, some in (("day1", drawn[4:8]), ("day2", drawn[12:17])):
        synthetic.write(tmp_path / "sample" / part, some)
    effort, rois, *_ = read(tmp_path / "sample", background="median")
    assert effort.frames == 9
    assert {roi.frame.split("/")[0] for roi in rois} == {"day1", "day2"}
    assert rois[0].roi == "day1/20240408_100000_0000.png/00001"


def test_a_single_file_is_a_sample(tmp_path, drawn):
    sample = synthetic.write(tmp_path / "sample", drawn[:1])
    (file,) = sample.iterdir()
    frames.check(file)
    effort, rois, *_ = read(file)
    assert effort.frames == 1
    assert rois[0].roi == f"{file.name}/00001"
    assert frames.inventory(file) == [f"{file.name} {file.stat().st_size}"]
    assert frames.date(file) == datetime(2024, 4, 8, 10)


class TestBackgroundFile:
    @pytest.fixture
    def sample(self, tmp_path, drawn) -> Path:
        sample = synthetic.write(tmp_path / "sample", drawn[:2])
        Image.fromarray(synthetic.light(600, 800).astype(np.uint8)).save(sample / "background.png")
        return sample

    def test_it_is_taken_for_the_empty_frame_and_is_no_frame(self, sample):
        effort, rois, rejections, _ = read(sample)
        assert effort.frames == 2
        assert rejections == []
        light = synthetic.light(600, 800)
        for roi in rois[:10]:
            height, width = roi.mask.shape
            expected = light[roi.y : roi.y + height, roi.x : roi.x + width]
            assert np.abs(roi.background - expected).max() < 4  # the lamp drifts by 1 %

    def test_it_serves_frames_in_colour(self, sample, drawn):
        for file in sample.glob("2024*"):
            Image.open(file).convert("RGB").save(file)
        _, rois, *_ = read(sample, background="file")
        assert rois[0].background.shape == rois[0].pixels.shape

    def test_frames_of_another_size_are_rejected(self, sample, drawn):
        Image.fromarray(drawn[0].image[:300]).save(sample / "20240408_100000_0000.png")
        _, rois, (rejection,), _ = read(sample)
        assert rejection.reason == "background_size"
        assert "800 x 300 px" in rejection.detail and "800 x 600 px" in rejection.detail
        assert {roi.frame for roi in rois} == {"20240408_100000_0001.png"}

    def test_if_it_is_demanded_it_must_be_there_and_whole(self, sample):
        (sample / "background.png").write_bytes(b"no picture")
        with pytest.raises(SestonError, match="not_an_image"):
            read(sample)
        (sample / "background.png").unlink()
        with pytest.raises(SestonError, match=r"sample: no background\.png in the folder"):
            read(sample, background="file")
        assert read(sample)[0].frames == 2

    def test_it_does_not_hide_the_date(self, sample):
        for file in sample.glob("2024*"):
            file.rename(file.with_name(f"tow_{file.name}"))  # after the background
        assert frames.date(sample) == datetime(2024, 4, 8, 10)
        (sample / "background.png").rename(sample / "Background.PNG")
        assert frames.date(sample) == datetime(2024, 4, 8, 10)

    @pytest.mark.parametrize("name", ["Background.PNG", "background.jpg", "day1/background.png"])
    def test_one_of_another_name_is_told_and_is_no_frame(self, sample, name):
        (sample / name).parent.mkdir(exist_ok=True)
        (sample / "background.png").rename(sample / name)
        effort, rois, *_ = read(sample)
        assert effort.frames == 2
        assert {roi.frame[:4] for roi in rois} == {"2024"}
        (flag,) = [flag for flag in effort.flags if flag.code == "background_unused"]
        assert flag.text.startswith(f"{name} is not read")

    def test_one_of_another_lamp_is_told(self, sample):
        assert "background_level" not in {flag.code for flag in read(sample)[3]}
        Image.fromarray(np.full((600, 800), 30, np.uint8)).save(sample / "background.png")
        told = {flag.code: flag.text for flag in read(sample)[3]}
        assert told["background_level"].startswith("2 frames are far brighter or darker")

    def test_it_is_not_the_picture_that_tells_the_instrument(self, sample):
        Image.fromarray(np.zeros((30, 40), np.uint8)).save(sample / "background.png")
        for file in sample.glob("2024*"):
            Image.open(file).resize((1600, 1200)).save(file.with_name(f"tow_{file.name}"))
            file.unlink()
        names = sorted(file.name for file in sample.iterdir())
        ((found,), _) = recognise(sample, names)
        assert (found.instrument, found.datetime) == ("frames", datetime(2024, 4, 8, 10))


def test_what_stays_in_place_is_marked(tmp_path, drawn):
    """The organism of one frame is glued into the next two."""
    some = [replace(frame, image=frame.image.copy()) for frame in drawn[12:20]]
    taken = np.any([frame.labels > 0 for frame in some[2:5]], axis=0)
    room = ndimage.distance_transform_edt(np.pad(~taken, 1))[1:-1, 1:-1]
    at_y, at_x = np.unravel_index(room.argmax(), room.shape)
    y, x = np.mgrid[:600, :800]
    blob = (y - at_y) ** 2 + (x - at_x) ** 2 <= 15**2
    for frame in some[2:5]:
        frame.image[blob] = 60
    sample = synthetic.write(tmp_path / "sample", some)
    _, rois, _, flags = read(sample, background="median")
    seen = {roi.frame[-8:-4] for roi in rois if "seen_before" in roi.notes}
    assert seen == {"0003", "0004"}
    assert [flag.code for flag in flags] == ["seen_before"]
    assert not any(roi.notes for roi in read(sample, background="median", duplicates=False)[1])


def test_the_smallest_size_is_in_um_where_the_pixel_size_is_known(folder):
    effort, rois, *_ = read(folder, pixel_um=2.0, min_esd_um=50)
    assert effort.flags == ()
    assert min(2.0 * 2 * np.sqrt(roi.mask.sum() / np.pi) for roi in rois) >= 50


def test_a_pixel_size_in_another_unit_is_refused(folder):
    expected = r"0000\.png: expected frames much larger .*min_esd_um 20 and pixel_um 0\.002"
    with pytest.raises(SestonError, match=expected):
        read(folder, pixel_um=0.002)


def test_without_a_background_a_level_is_enough_for_even_light(tmp_path):
    frame = synthetic.draw(7, uneven=False)
    _, rois, *_ = read(synthetic.write(tmp_path / "even", [frame]), background="none")
    assert score([frame], rois)[0] >= 0.98
    assert rois[0].background is None


def test_dates_by_a_pattern_and_bad_clocks(tmp_path, drawn):
    sample = tmp_path / "sample"
    synthetic.write(sample, drawn[:1], stem="cam_08.04.2024")
    synthetic.write(sample, drawn[:1], stem="cam_99.99.2024")
    pattern = r"(?P<day>\d\d)\.(?P<month>\d\d)\.(?P<year>\d{4})"
    found = list(frames.read(sample, Reading(date_pattern=pattern))[1])
    rois = [item for item in found if isinstance(item, Roi)]
    assert {roi.timestamp for roi in rois} == {datetime(2024, 4, 8), None}
    assert all(("bad_clock" in roi.notes) == (roi.timestamp is None) for roi in rois)
    assert "bad_clock" in {item.code for item in found if isinstance(item, Flag)}


def test_an_empty_folder_is_told(tmp_path):
    effort, rois, rejections, flags = read(tmp_path)
    assert effort == Effort(listed=None, frames=0, flags=effort.flags)
    assert [flag.code for flag in effort.flags] == ["no_organisms", "no_pixel_size"]
    assert rois == rejections == flags == []


def test_paths_that_are_no_sample(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(SestonError, match="expected a frame"):
        frames.check(tmp_path / "notes.txt")
    frames.check(tmp_path)
    (tmp_path / "run.lst").write_text("")
    with pytest.raises(SestonError, match="looks like a FlowCam run"):
        frames.check(tmp_path)


@pytest.mark.parametrize("fall", synthetic.FALLS)
@pytest.mark.parametrize("organisms", [0, 30])
def test_a_vignette_gives_no_more_false_ones_than_even_light(tmp_path, fall, organisms):
    frame = synthetic.draw(organisms, 600, 900, organisms=organisms, fall=fall)
    _, rois, _, flags = read(synthetic.write(tmp_path / "sample", [frame]))
    if organisms:
        assert score([frame], rois)[0] >= 0.98
        assert flags == []
    else:
        assert rois == []
        assert [flag.code for flag in flags] == ["empty_frames"]


def test_a_folder_of_fewer_frames_than_the_window_is_told(tmp_path):
    drawn = [synthetic.draw(seed) for seed in range(3)]
    sample = synthetic.write(tmp_path / "sample", drawn)
    (flag,) = read(sample)[3]
    assert flag.code == "short_series"
    assert "the background of 3 is a rolling ball's" in flag.text
    assert read(sample, background="ball")[3] == []  # that was asked for
    assert read(next(sample.iterdir()))[3] == []  # a single scan has no series


@pytest.mark.parametrize("polarity", ["dark", "bright"])
@pytest.mark.parametrize("background", ["median", "ball"])
def test_a_series_of_the_wrong_polarity_is_told(tmp_path, polarity, background):
    right = {"dark": "bright", "bright": "dark"}[polarity]
    drawn = synthetic.series(6, frames=6, empty=(2,), bright=right == "bright")
    sample = synthetic.write(tmp_path / "sample", drawn)
    flags = read(sample, polarity=polarity, background=background)[3]
    told = {flag.code: flag.text for flag in flags}
    assert told["polarity"].startswith("in 5 of 6 frames" if background == "median" else "in ")
    settled = read(sample, polarity=right, background=background)[3]
    assert "polarity" not in {flag.code for flag in settled}


@pytest.mark.parametrize("polarity", ["dark", "bright"])
def test_a_polarity_the_wrong_way_round_is_told(tmp_path, polarity):
    drawn = synthetic.draw(5, bright=polarity == "dark")
    image = drawn.image if polarity == "dark" else np.clip(drawn.image, 0, 200) + 55
    Image.fromarray(image.astype(np.uint8)).save(tmp_path / "frame.png")
    flags = read(tmp_path, polarity=polarity)[3]
    assert [flag.code for flag in flags] == ["empty_frames", "polarity"]
    other = {"dark": "bright", "bright": "dark"}[polarity]
    assert read(tmp_path, polarity=other)[3] == []


def test_a_background_beside_a_single_scan_belongs_to_its_files(tmp_path):
    (scan,) = synthetic.write(tmp_path / "scans", synthetic.series(1, 1, empty=())).iterdir()
    (scan.parent / "notes.txt").write_text("no picture")
    alone = frames.inventory(scan)
    assert alone == [f"{scan.name} {scan.stat().st_size}"]
    shutil.copy(scan, scan.parent / "background.png")
    assert len(frames.inventory(scan)) == 2 and set(alone) < set(frames.inventory(scan))

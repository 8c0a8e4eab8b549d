"""From raw files to rows: nothing that was listed is lost, and nothing half-written stays."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from seston import store
from seston.errors import SestonError
from seston.measure.grey import focus_of, luma
from seston.recorded import recorded_table, together
from seston.segment import segment
from synthetic import frames as synthetic_frames
from synthetic.flowcam import VOLUME_ML, write_run
from synthetic.images import damaged_png, encoded, picture, write_folder


class Shard:
    """A sheet in a folder, and what `segment` makes of it."""

    def __init__(self, folder, *rows, columns="sample path instrument datetime"):
        self.folder = folder
        self.sheet = folder / "samples.tsv"
        lines = [columns.split(), *(row.split() for row in rows)]
        self.sheet.write_text("".join("\t".join(line) + "\n" for line in lines))
        self.samples = [line[0] for line in lines[1:]]

    def run(self, out="out", max_rejected=1.0, **options):
        kinds = ("crops", "rejected", "effort", "recorded")
        paths = {kind: self.folder / out / f"{kind}.parquet" for kind in kinds}
        options = {"samples": self.samples, "max_rejected": max_rejected, **options}
        segment(sheet=self.sheet, **paths, **options)
        return [store.read_table(paths[kind], kind).to_pylist() for kind in kinds[:3]]

    def recorded(self, out="out"):
        return store.read_table(self.folder / out / "recorded.parquet", "recorded")


@pytest.fixture
def mixed(tmp_path):
    """A run with a bad row and a folder with a bad file, in one shard."""
    run = write_run(tmp_path / "run")
    run.rows[1]["image_x"] = "9999"
    run.write_list()
    write_folder(tmp_path / "crops", 4)
    (tmp_path / "crops" / "a.png").write_bytes(damaged_png(picture()))
    (tmp_path / "crops" / "b.png").write_bytes(encoded(picture(2, 40), "png"))
    return Shard(tmp_path, "run-1 run flowcam 2024-05-06", "bag crops images 2018-05-22T10:00")


def test_listed_is_used_and_rejected_for_every_sample(mixed):
    crops, rejected, effort = mixed.run()
    of = {row["sample"]: row for row in effort}
    counts = {
        name: [row[key] for key in ("listed", "used", "rejected")] for name, row in of.items()
    }
    assert counts == {"bag": [6, 4, 2], "run-1": [6, 5, 1]}
    found = {(row["sample"], row["roi"], row["reason"]) for row in rejected}
    assert found == {
        ("bag", "a.png", "corrupt"),
        ("bag", "b.png", "too_small"),
        ("run-1", "000002", "outside_collage"),
    }
    ids = [row["image_id"] for row in crops]
    assert ids == sorted(ids) and len(ids) == 9
    assert all(row["image_id"] == f"{row['sample']}/{row['roi']}" for row in crops)


def test_crops_keep_their_pixels_and_their_masks_are_measured(tmp_path):
    run = write_run(tmp_path / "run")
    crops, _, (effort,) = Shard(tmp_path, "run-1 run flowcam 2024-05-06").run()
    for row in crops:
        pixels = np.asarray(Image.open(io.BytesIO(row["crop"])))
        assert np.array_equal(pixels, run.crops[row["roi"]])
        assert (row["h"], row["w"]) == pixels.shape[:2]
        area = np.count_nonzero(run.masks[row["roi"]])
        assert (row["mask"], row["area_px"], row["pixel_um"]) == ("bin", area, 0.5)
        assert row["area_um2"] == pytest.approx(area / 4)
        assert np.pi / 4 * row["esd_um"] ** 2 == pytest.approx(area / 4)
        assert row["focus"] == focus_of(luma(pixels))
        assert row["vs_abd_um"] == int(row["roi"]) + 0.25
        assert row["timestamp"].second == (9 + int(row["roi"])) % 60
    assert effort["volume_ml"] == pytest.approx(VOLUME_ML)
    assert (effort["volume_source"], effort["dilution"], effort["pixel_um"]) == ("ctx", 4, 0.5)


def test_without_a_mask_or_a_scale_there_are_no_sizes(tmp_path):
    write_folder(tmp_path / "crops", 3)
    crops, _, (effort,) = Shard(tmp_path, "bag crops images 2018-05-22").run()
    assert {row["timestamp"].isoformat() for row in crops} == {"2018-05-22T10:00:00"}
    for key in ("pixel_um", "area_um2", "esd_um", "biovolume_um3", "carbon_pg", "vs_esd_um"):
        assert {row[key] for row in crops} == {None}
    assert {row["mask"] for row in crops} == {"crop"}
    assert all(row["area_px"] > 0 for row in crops)
    assert effort["flags"] == ["mask_crop"]
    assert effort["volume_ml"] is None and effort["volume_source"] is None
    assert effort["dilution"] == 1


def test_the_sheet_goes_before_the_instrument(tmp_path):
    write_run(tmp_path / "run")
    columns = "sample path instrument datetime volume_ml dilution pixel_um"
    row = "run-1 run flowcam 2024-05-01 2.5 10 0.25"
    crops, _, (effort,) = Shard(tmp_path, row, columns=columns).run()
    assert (effort["volume_ml"], effort["volume_source"], effort["dilution"]) == (2.5, "sheet", 10)
    assert effort["datetime"].isoformat() == "2024-05-01T00:00:00"
    assert {row["pixel_um"] for row in crops} == {0.25}
    assert crops[0]["area_um2"] == pytest.approx(crops[0]["area_px"] / 16)


def test_too_many_rejected_fail_the_shard_before_anything_is_written(mixed):
    assert mixed.run(max_rejected=0.25)  # 3 of 12: not more than a quarter
    with pytest.raises(SestonError) as error:
        mixed.run("second", max_rejected=0.24)
    message = str(error.value)
    assert "3 of 12" in message and "segment.max_rejected" in message
    for reason in ("1 corrupt, such as bag/a.png", "1 too_small", "1 outside_collage"):
        assert reason in message
    assert re.search(r"such as run-1/000002 \(run_00000\d\.tif\): box 9999,", message)
    assert not list((mixed.folder / "second").glob("*"))


def test_an_empty_sample_is_an_empty_shard(tmp_path):
    (tmp_path / "crops").mkdir()
    crops, rejected, (effort,) = Shard(tmp_path, "bag crops images 2018-05-22").run(
        max_rejected=0.0
    )
    assert (crops, rejected) == ([], [])
    assert (effort["listed"], effort["used"], effort["rejected"]) == (0, 0, 0)
    (warning,) = effort["warnings"]
    assert "a true zero?" in warning


@pytest.mark.parametrize(("bits", "told"), [(12, True), (16, False)])
def test_a_12_bit_camera_in_16_bit_files_is_told(tmp_path, bits, told):
    (tmp_path / "crops").mkdir()
    values = np.linspace(0, 2**bits - 1, 400).astype(np.uint16).reshape(20, 20)
    Image.fromarray(values).save(tmp_path / "crops" / "a.png")
    Image.fromarray(values // 2).save(tmp_path / "crops" / "b.tif")
    _, _, (effort,) = Shard(tmp_path, "bag crops images 2018-05-22").run()
    assert ("dark" in effort["flags"]) == told
    assert any("largest grey value is 16 of 255" in text for text in effort["warnings"]) == told


def test_two_runs_and_any_number_of_threads_give_the_same_bytes(mixed):
    for out, threads in (("one", 1), ("two", 1), ("three", 3)):
        mixed.run(out, threads=threads)
    for kind in ("crops", "rejected", "effort"):
        files = [mixed.folder / out / f"{kind}.parquet" for out in ("one", "two", "three")]
        assert len({file.read_bytes() for file in files}) == 1


def test_a_sample_that_is_not_in_the_sheet(mixed):
    with pytest.raises(SestonError, match="no sample nobody"):
        mixed.run(samples=["nobody"])


def test_a_broken_sample_of_another_shard_does_no_harm(mixed):
    with mixed.sheet.open("a") as file:
        file.write("other\tgone\timages\t\n")
    assert {row["sample"] for row in mixed.run()[2]} == {"bag", "run-1"}


def test_an_instrument_that_loses_organisms_is_a_programming_error(mixed, monkeypatch):
    from seston.instruments import images

    real = images.read
    lossy = lambda *arguments: (real(*arguments)[0], iter(list(real(*arguments)[1])[1:]))  # noqa: E731
    monkeypatch.setattr(images, "read", lossy)
    with pytest.raises(ValueError, match="6 listed"):
        mixed.run()


def test_the_fingerprint_tells_the_settings(mixed):
    for out, limit in (("a", 10**6), ("b", 10**6), ("c", 10**7)):
        mixed.run(out, max_pixels=limit)
    a, b, c = (
        store.read_metadata(mixed.folder / out / "crops.parquet")["fingerprint"] for out in "abc"
    )
    assert a == b != c
    assert re.fullmatch("[0-9a-f]{64}", a)


def test_every_field_that_the_instrument_wrote_is_kept(tmp_path):
    run = write_run(tmp_path / "run")
    shard = Shard(tmp_path, "run-1 run flowcam 2024-05-06")
    crops, *_ = shard.run()
    table = shard.recorded()
    assert table["image_id"].to_pylist() == [row["image_id"] for row in crops]
    assert table["image_id_recorded"].to_pylist() == [row["image_id"] for row in run.rows]
    assert table["raw_area"].to_pylist() == [float(row["raw_area"]) for row in run.rows]
    assert table["collage_file"].to_pylist() == [row["collage_file"] for row in run.rows]


def test_fields_of_two_instruments_stand_side_by_side(tmp_path):
    rows = [{"gain": 1, "site": "a"}, {"gain": 2.5}]
    one = recorded_table(["b", "a"], rows)
    assert one.to_pylist() == [
        {"image_id": "b", "gain": 1.0, "site": "a"},
        {"image_id": "a", "gain": 2.5, "site": None},
    ]
    mixed = recorded_table(["c", "d"], [{"gain": 1.5}, {"gain": "high"}])
    assert mixed["gain"].to_pylist() == ["1.5", "high"]
    joined = together([one, mixed])
    assert joined["gain"].to_pylist() == ["1", "2.5", "1.5", "high"]
    whole = together([recorded_table(["e"], [{"n": 1}]), recorded_table(["f"], [{"n": 0.5}])])
    assert whole["n"].to_pylist() == [1.0, 0.5]


def test_copies_of_an_image_are_kept_and_noted(tmp_path):
    write_folder(tmp_path / "one", 3)
    write_folder(tmp_path / "two", 2)
    day = "2018-05-22"
    crops, _, efforts = Shard(tmp_path, f"a one images {day}", f"b two images {day}").run()
    notes = {row["image_id"]: row["notes"] for row in crops}
    assert len(notes) == 5
    # write_folder draws the same pictures into every folder
    assert [name for name, note in notes.items() if "identical" in note.split(";")] == [
        row["image_id"] for row in crops if row["sample"] == "b"
    ]
    a, b = efforts
    assert "identical" not in a["flags"] and "identical" in b["flags"]
    assert any(
        text.startswith("2 images are copies of others, such as b/") for text in b["warnings"]
    )


def test_unreadable_frames_take_their_share_of_the_water_with_them(tmp_path):
    folder = tmp_path / "scans"
    drawn = synthetic_frames.series(1, 8, empty=())
    synthetic_frames.write(folder, drawn)
    for file in sorted(folder.iterdir())[:6]:
        file.write_bytes(file.read_bytes()[:1000])
    columns = "sample path instrument datetime volume_ml"
    shard = Shard(tmp_path, "a scans frames 2024-04-08 10", columns=columns)
    crops, rejected, (effort,) = shard.run()
    assert len(crops) > 2 * len(rejected) == 12
    assert (effort["frames"], effort["readable"], effort["volume_ml"]) == (8, 0.25, 10)
    with pytest.raises(SestonError, match="6 of 8 listed organisms \\(or frames\\)"):
        shard.run("again", max_rejected=0.7)


def test_what_is_listed_twice_was_there_once(tmp_path):
    run = write_run(tmp_path / "run")
    run.rows += run.rows[:3]
    run.write_list()
    _, rejected, (effort,) = Shard(tmp_path, "run-1 run flowcam 2024-05-06").run()
    assert [row["reason"] for row in rejected] == ["repeated_row"] * 3
    assert (effort["listed"], effort["used"], effort["readable"]) == (9, 6, 1)


def test_images_of_several_days_in_one_sample_are_told(tmp_path):
    write_folder(tmp_path / "bag", 2, date="20180522_100000")
    write_folder(tmp_path / "bag", 2, date="20180525_100000")
    _, _, (effort,) = Shard(tmp_path, "a bag images 2018-05-22").run()
    assert "several_days" in effort["flags"]
    (text,) = [text for text in effort["warnings"] if "several samples" in text]
    assert "from 2018-05-22 to 2018-05-25" in text

"""Archives for EcoTaxa: everything that is in a run is in them, once, and EcoTaxa takes it."""

import io
import logging
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ecotaxa_run import CLASSES, a_sample, read_archives, write_predictions, write_run
from seston.config import complete
from seston.errors import SestonError
from seston.export.ecotaxa.check import check_ecotaxa
from seston.export.ecotaxa.stage import export_ecotaxa
from seston.export.png import deflated

ROIS = ["1", "2", "sub folder/é“x”.jpeg", "sub-folder/'q\"q'.png", "$(touch pwned).png"]


@pytest.fixture
def run(tmp_path):
    """Three samples of two shards; sorted by their ids, `a-1` comes before `a`."""
    return write_run(
        tmp_path,
        [
            a_sample("a", ROIS, volume_ml=2.0, dilution=4.0, latitude=-33.123456, longitude=151.2),
            a_sample("b", [f"{number:03d}" for number in range(7)], depth_m=-2.5),
            a_sample("a-1", ["x.png"]),
        ],
        per_shard=2,
    )


def test_all_that_is_in_the_run_is_in_the_archives(run):
    export_ecotaxa(**run.given, archive_images=4)
    header, lines, pictures = read_archives(run.folder / "out")
    types = [line for line in lines if line["object_id"] == "[t]"]
    lines = [line for line in lines if line not in types]
    assert len(types) == 4 and all(
        {*line.values()} <= {"[t]", "[f]", line["archive"]} for line in types
    )
    assert [line["object_id"] for line in lines] == [*run.pixels] == sorted(run.pixels)
    assert len(lines) == len(pictures) == 13
    for line in lines:
        pixels = np.asarray(Image.open(io.BytesIO(pictures[line["img_file_name"]])))
        assert np.array_equal(pixels, run.pixels[line["object_id"]])
        assert line["sample_id"] == line["acq_id"] == line["process_id"]
        assert line["object_id"].startswith(f"{line['sample_id']}/")
    assert len({line["img_file_name"] for line in lines}) == 13
    told = {line["object_id"]: line for line in lines}
    assert told["a/1"]["object_time"] == told["a/2"]["object_time"] == "103000"  # one has no clock
    third = told["a/sub folder/é“x”.jpeg"]
    assert third["object_date"] == "20240506" and third["object_time"] == "103002"
    assert (third["object_area_px"], third["object_esd_um"]) == ("102", "12.3457")
    assert (third["object_at_border"], told["a/1"]["object_at_border"]) == ("1", "0")
    assert third["object_frame"] == "frame é 2" and third["object_notes"] == "blurred"
    assert (third["object_lat"], third["object_lon"]) == ("-33.123456", "151.2")
    assert told["b/003"]["object_depth_min"] == told["b/003"]["object_depth_max"] == "2.5"
    # 2 mL, of which half the images could be read, of water diluted to a quarter, in m³.
    assert float(third["sample_tot_vol"]) == pytest.approx(2e-6 * 0.5 / 4)
    assert third["acq_sub_part"] == "1" and told["b/003"]["acq_sub_part"] == ""
    # What nobody knows has no column.
    assert not {"object_vs_esd_um", "object_perimeter_px", "sample_group", "acq_run_mode"} & {
        *header
    }
    assert check_ecotaxa([run.folder / "out"]) == 0


def test_types_are_those_of_the_values(run):
    export_ecotaxa(**run.given, category="prediction", predictions=write_predictions(run))
    _, lines, _ = read_archives(run.folder / "out")
    types = lines.pop(0)
    for name in types.keys() - {"archive"}:
        numbers = pd.to_numeric(pd.Series([line[name] for line in lines if line[name]]), "coerce")
        if types[name] == "[f]":
            assert len(numbers) and not numbers.isna().any(), name
    texts = {name for name in types if types[name] == "[t]" and name.startswith("object_")}
    assert texts == {
        "object_id", "object_date", "object_time", "object_mask", "object_notes", "object_frame",
        "object_name", "object_label", "object_annotation_category", "object_annotation_status",
        "object_prediction",
    }  # fmt: skip


def test_two_exports_and_other_shards_give_the_same_bytes(run, tmp_path):
    samples = [a_sample("a", ROIS), a_sample("b", ["1", "2"]), a_sample("a-1", ["x.png"])]
    found = []
    for name, per_shard in (("one", 1), ("two", 1), ("three", 3)):
        other = write_run(tmp_path / name, samples, per_shard)
        export_ecotaxa(**other.given, archive_images=3)
        found.append({path.name: path.read_bytes() for path in (other.folder / "out").iterdir()})
    assert found[0] == found[1] == found[2]
    assert sorted(found[0]) == ["archives.tsv", *(f"ecotaxa_00{n}.zip" for n in (1, 2, 3))]


def test_the_list_of_archives_says_what_is_in_them(run):
    export_ecotaxa(**run.given, archive_images=6)
    listed = pd.read_csv(run.folder / "out" / "archives.tsv", sep="\t", dtype={"first_image": str})
    _, lines, _ = read_archives(run.folder / "out")
    for row in listed.itertuples():
        ids = [line["object_id"] for line in lines if line["archive"] == row.archive][1:]
        assert (len(ids), ids[0], ids[-1]) == (row.images, row.first_image, row.last_image)
        assert len({name.split("/")[0] for name in ids}) == row.samples
        assert (run.folder / "out" / row.archive).stat().st_size == row.bytes
    assert listed["images"].tolist() == [6, 6, 1]


def test_no_archive_is_larger_than_asked(tmp_path):
    run = write_run(tmp_path, [a_sample("a", [f"{number:04d}" for number in range(1500)])])
    export_ecotaxa(**run.given, archive_mb=1)
    listed = pd.read_csv(run.folder / "out" / "archives.tsv", sep="\t")
    assert len(listed) > 1 and listed["images"].sum() == 1500
    assert listed["bytes"].max() <= 1_000_000
    assert listed["bytes"].iloc[:-1].min() > 500_000  # nor are they needlessly small


def test_what_fails_leaves_nothing_behind_and_what_was_there_before(run):
    export_ecotaxa(**run.given)
    before = (run.folder / "out" / "ecotaxa_001.zip").read_bytes()
    (run.folder / "segment" / "s2" / "crops.parquet").unlink()
    with pytest.raises(SestonError, match=r"crops.parquet: file not found"):
        export_ecotaxa(**run.given)
    assert (run.folder / "out" / "ecotaxa_001.zip").read_bytes() == before
    assert sorted(path.name for path in run.folder.iterdir()) == ["out", "segment", "tables"]


def test_a_mistake_in_the_middle_leaves_no_folder(tmp_path):
    run = write_run(tmp_path, [a_sample("a", ["1"]), a_sample("b", ["1", "x\ty"])])
    with pytest.raises(SestonError, match=r"image 'b/x\\ty': EcoTaxa keeps ids .* rename its file"):
        export_ecotaxa(**run.given)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["segment", "tables"]


@pytest.mark.parametrize("roi", ["x" * 254, "x ", "a\nb", "a\rb"])
def test_ids_that_would_be_lost_are_refused(tmp_path, roi):
    run = write_run(tmp_path, [a_sample("a", [roi])])
    with pytest.raises(SestonError, match="could not be found again"):
        export_ecotaxa(**run.given)


def test_the_longest_id_is_taken(tmp_path):
    run = write_run(tmp_path, [a_sample("a", ["é" * 253])])
    export_ecotaxa(**run.given)
    assert check_ecotaxa([tmp_path / "out"]) == 0


def test_crops_of_another_run_are_refused(run, tmp_path):
    other = write_run(tmp_path / "other", [a_sample("a", ROIS), a_sample("b", ["007"])])
    shards = other.shards
    with pytest.raises(SestonError, match="do not hold the same images"):
        export_ecotaxa(**(run.given | {"segment_dir": other.folder / "segment", "shards": shards}))


def categories(run, **given):
    export_ecotaxa(**run.given, **given)
    header, lines, _ = read_archives(run.folder / "out")
    assert check_ecotaxa([run.folder / "out"]) == 0
    both = ("object_annotation_category", "object_annotation_status")
    if not {*both} & {*header}:
        return None
    return {line["object_id"]: tuple(line[name] for name in both) for line in lines[1:]}


def test_names_of_clusters_are_predictions_and_no_name_is_no_category(run):
    found = categories(run, category="name")
    assert {found[image] for image in found if image < "b"} == {("Daphnia", "predicted")}
    assert {found[image] for image in found if image > "b"} == {("", "")}


def test_no_categories(run):
    assert categories(run, category="none") is None


def test_predictions_come_with_their_doubts(run):
    found = categories(
        run, category="prediction", predictions=write_predictions(run, ["a/2", "b/000"])
    )
    images = [*run.pixels]
    for place, image in enumerate(images):
        said = ("", "") if image in ("a/2", "b/000") else (CLASSES[place % 2], "predicted")
        assert found[image] == said
    _, lines, _ = read_archives(run.folder / "out")
    line = next(line for line in lines if line["object_id"] == "a/2")
    assert line["object_prediction"] in CLASSES and line["object_probability"] == "0.75"
    assert line["process_classifier"] == "learned" and line["process_clusters"] == "c" * 64


def test_predictions_of_other_images_are_refused(run, tmp_path):
    other = write_run(tmp_path / "other", [a_sample("a", ROIS)])
    with pytest.raises(SestonError, match="predictions of other images"):
        export_ecotaxa(**run.given, category="prediction", predictions=write_predictions(other))


def test_predictions_need_a_classifier(run):
    with pytest.raises(SestonError, match=r"category is 'prediction', but there is no classifier"):
        export_ecotaxa(**run.given, category="prediction")


def test_labels_of_people_are_validated_and_those_of_instruments_are_not(run, tmp_path):
    found = categories(run, category="label")
    assert ("rotifer", "predicted") in found.values() and ("", "") in found.values()
    table = tmp_path / "labels.tsv"
    table.write_text("image_id\tlabel\tstatus\na/2\tNauplius<Crustacea\t\nb/001\thydra\tdubious\n")
    found = categories(run, category="label", labels=[table])
    assert found.pop("a/2") == ("Nauplius<Crustacea", "validated")
    assert {*found.values()} == {("", "")}


@pytest.mark.parametrize("name", ["x" * 251, "one\nclass"])
def test_categories_that_would_be_changed_are_refused(run, tmp_path, name):
    table = tmp_path / "labels.tsv"
    table.write_text(f'image_id\tlabel\na/2\t"{name}"\n')
    with pytest.raises(SestonError, match="EcoTaxa takes categories of at most 250 characters"):
        export_ecotaxa(**run.given, category="label", labels=[table])


def with_columns(folder, **further):
    return write_run(folder, [a_sample("a", ["1"], metadata=further)])


def test_further_columns_go_where_their_names_say(tmp_path):
    further = {
        "Ship name": "R/V É", "acq_sub_part": "0.25", "Process: by": "NA", "crew": "Anna",
        "sample_id": "17", "note": " two\n lines ", "sample_tot_vol": "3",
    }  # fmt: skip
    run = with_columns(tmp_path, **further)
    export_ecotaxa(**run.given, leave_out=["crew"])
    header, (_, line), _ = read_archives(tmp_path / "out")
    assert line["sample_ship_name"] == "R/V É" and line["acq_sub_part"] == "0.25"
    assert line["sample_id"] == "a" and line["sample_sample_id"] == "17"
    assert line["sample_note"] == "two lines" and line["sample_tot_vol"] == "3"
    assert not {"sample_crew", "process_by", "acq_sample_id"} & {*header}
    assert header.count("acq_sub_part") == 1
    assert check_ecotaxa([tmp_path / "out"]) == 0


def test_long_texts_are_cut_visibly_and_told(tmp_path, caplog):
    run = with_columns(tmp_path, note="ä" * 251, other="b" * 250)
    with caplog.at_level(logging.WARNING, "seston"):
        export_ecotaxa(**run.given)
    _, (_, line), _ = read_archives(tmp_path / "out")
    assert line["sample_note"] == "ä" * 249 + "…" and line["sample_other"] == "b" * 250
    assert caplog.messages == ["sample_note: 1 texts were longer than EcoTaxa takes; they end in …"]


@pytest.mark.parametrize(
    ("further", "leave_out", "told"),
    [
        (
            {"Ship name": "x", "ship-name": "y"},
            [],
            "'Ship name' and 'ship-name' .* both be sample_ship_name",
        ),
        ({"crew": "x"}, ["crw"], r"'crw' is no further column .*; did you mean 'crew'\?"),
        ({}, ["crew"], "there are none"),
        ({f"column {number}": "x" for number in range(40)}, [], r"takes 30 columns sample_…, but"),
    ],
)
def test_columns_that_cannot_be_exported_are_told(tmp_path, further, leave_out, told):
    run = with_columns(tmp_path, **further)
    with pytest.raises(SestonError, match=told):
        export_ecotaxa(**run.given, leave_out=leave_out)


def test_thirty_further_columns_are_taken(tmp_path):
    run = with_columns(tmp_path, **{f"column {number}": "x" for number in range(29)})
    export_ecotaxa(**run.given)  # the site is the thirtieth
    assert check_ecotaxa([tmp_path / "out"]) == 0


def test_pictures_are_made_smaller_and_stay_the_same(repository):
    for path in sorted((repository / "example" / "lake").rglob("*.jpeg"))[:3]:
        pixels = Image.open(path)
        stored = io.BytesIO()
        pixels.save(stored, "png", compress_level=0)
        small = deflated(stored.getvalue())
        assert len(small) < 0.8 * len(stored.getvalue())
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(small))), np.asarray(pixels))
        assert deflated(small) == small
        grey = io.BytesIO()
        pixels.convert("L").save(grey, "png", compress_level=0)
        again = np.asarray(Image.open(io.BytesIO(deflated(grey.getvalue()))))
        assert np.array_equal(again, np.asarray(pixels.convert("L")))


@pytest.mark.parametrize(("keep", "flip"), [(60, 0), (-1, 0), (None, 0), (None, 60)])
def test_damaged_pictures_do_not_pass(keep, flip):
    buffer = io.BytesIO()
    Image.fromarray(np.arange(400, dtype=np.uint8).reshape(20, 20)).save(buffer, "png")
    data = bytearray(buffer.getvalue()[:keep])
    if keep is None:
        data[flip] ^= 1
    with pytest.raises(ValueError, match="PNG"):
        deflated(bytes(data))


def test_an_image_too_large_for_an_archive_is_named(run, monkeypatch):
    from seston.export.ecotaxa import stage

    monkeypatch.setattr(stage, "deflated", lambda png: bytes(2_000_000))
    with pytest.raises(SestonError, match=r"a-1/x.png: with its 2000000 bytes .*archive_mb higher"):
        export_ecotaxa(**run.given, archive_mb=1)


def test_ids_of_a_sample_follow_each_other_across_archives(run):
    export_ecotaxa(**run.given, archive_images=2)
    _, lines, _ = read_archives(Path(run.folder / "out"))
    names = [line["img_file_name"] for line in lines if line["sample_id"] == "b"]
    numbers = [int(name[2:8]) for name in names]
    assert numbers[0] == 1 and all(after == before + 1 for before, after in pairwise(numbers))


def test_the_document_tells_all_settings_and_columns_of_samples(run, repository):
    text = (repository / "docs" / "exports.md").read_text(encoding="utf-8")
    settings = complete({"samples": "s.tsv"})["export"]["ecotaxa"]
    for name, value in settings.items():
        default = value if isinstance(value, str | int) else "[]"
        assert f"| `{name}` | `{default}` |" in text or f"| `{name}` | {default} |" in text
    export_ecotaxa(**run.given, category="prediction", predictions=write_predictions(run))
    header, _, _ = read_archives(run.folder / "out")
    told = [name for name in header if name.startswith(("sample_", "acq_", "process_"))]
    assert len(told) > 15
    assert [name for name in told if f"`{name}`" not in text] == []

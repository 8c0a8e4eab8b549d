"""Boxes, read back with pycocotools and by hand, over pictures whose organisms are known."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from PIL import Image
from pycocotools.coco import COCO

from ecotaxa_run import CLASSES
from seston import schemas, store
from seston.config import complete
from seston.errors import SestonError
from seston.export.boxes.stage import export_boxes
from seston.feasible import require_feasible
from seston.imaging.settings import FrameSettings
from seston.segment import segment
from synthetic.flowcam_run import complete_run
from synthetic.images import write_folder

FRAME = (120, 160)  # height, width
#: Left, top, width, height of dark rectangles in three frames.
DRAWN = {
    "0001.png": [(10, 20, 30, 18), (90, 60, 24, 40)],
    "0002.png": [(50, 50, 40, 25)],
    "day2/0001.tif": [(5, 70, 20, 33), (100, 10, 35, 22)],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A sheet with a FlowCam run, a tow of frames and a folder of crops; the table of images."""
    folder = tmp_path_factory.mktemp("boxes")
    complete_run(folder / "run", 8, side=256, classes=False)
    for name, boxes in DRAWN.items():
        path = folder / "tow" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full(FRAME, 220, np.uint8)
        for x, y, w, h in boxes:
            pixels[y : y + h, x : x + w] = 60
        Image.fromarray(pixels).save(path)
    write_folder(folder / "crops", 3)
    rows = ["sample\tpath\tinstrument\tdatetime"]
    for name, instrument in (("crops", "images"), ("run", "flowcam"), ("tow", "frames")):
        rows.append(f"{name}\t{name}\t{instrument}\t2024-05-06")
    (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    kinds = ("crops", "rejected", "recorded", "effort")
    paths = {kind: folder / "segment" / f"{kind}.parquet" for kind in kinds}
    frames = FrameSettings(background="none", margin_px=0, min_esd_px=5)
    names = ["crops", "run", "tow"]
    segment(sheet=folder / "samples.tsv", samples=names, max_rejected=1, frames=frames, **paths)
    crops = store.read_table(paths["crops"], "crops")
    columns = {field.name: pa.nulls(len(crops), field.type) for field in schemas.IMAGES}
    columns |= {name: crops[name] for name in crops.column_names if name in columns}
    columns["cluster"] = pa.array([row % 3 for row in range(len(crops))], pa.int32())
    columns["name"] = ["Daphnia" if row % 3 == 1 else "" for row in range(len(crops))]
    store.write_table(
        pa.table(columns), folder / "images.parquet", schemas.IMAGES, "images", "m", clusters="c"
    )
    return folder


def export(made: Path, out: Path, **more: object) -> Path:
    given = {"images": made / "images.parquet", "sheet": made / "samples.tsv", "boxes": out}
    export_boxes(**(given | more))
    return out


def copied(made: Path, folder: Path) -> Path:
    return Path(shutil.copytree(made, folder / "copy"))


def with_predictions(made: Path, folder: Path) -> tuple[Path, list[str]]:
    ids = pd.read_parquet(made / "images.parquet")["image_id"].tolist()
    said = [CLASSES[row % 2] for row in range(len(ids))]
    table = pa.table(
        {
            "image_id": ids, "prediction": said, "rejected": [row == 1 for row in range(len(ids))],
            **{name: [0.5] * len(ids) for name in ("raw", "calibrated", "corrected", "entropy")},
            "prior": ["training"] * len(ids),
        }
    )  # fmt: skip
    path = folder / "predictions.parquet"
    store.write_table(table, path, schemas.PREDICTIONS, "class_predictions", "learned")
    return path, [*said[:1], "unclassified", *said[2:]]


def test_coco_has_every_box_with_its_area_and_category(made, tmp_path):
    coco = COCO(str(export(made, tmp_path / "out") / "coco.json"))
    images = pd.read_parquet(made / "images.parquet")
    boxed = images[images["sample"] != "crops"].set_index("image_id")
    assert len(coco.anns) == len(boxed) == 8 + 5
    for box in coco.loadAnns(coco.getAnnIds()):
        row = boxed.loc[box["seston_image_id"]]
        assert box["bbox"] == [row["x"], row["y"], row["w"], row["h"]]
        assert box["area"] == row["w"] * row["h"]
        (picture,) = coco.loadImgs(box["image_id"])
        assert picture["file_name"] == f"{row['sample']}/{row['frame']}"
        (category,) = coco.loadCats(box["category_id"])
        assert category["name"] == (row["name"] or f"cluster {row['cluster']}")
    names = [category["name"] for category in coco.loadCats(coco.getCatIds())]
    assert names == ["Daphnia", "cluster 0", "cluster 2"]


def test_boxes_are_where_organisms_were_drawn(made, tmp_path):
    """Frames have rectangles at known places; of collages the crop itself lies there."""
    coco = COCO(str(export(made, tmp_path / "out") / "coco.json"))
    pictures = {picture["file_name"]: picture for picture in coco.dataset["images"]}
    for name, boxes in DRAWN.items():
        picture = pictures[f"tow/{name}"]
        assert (picture["height"], picture["width"]) == FRAME
        found = [box["bbox"] for box in coco.imgToAnns[picture["id"]]]
        assert len(found) == len(boxes)
        for x, y, w, h in boxes:
            near = min(found, key=lambda box: abs(box[0] - x) + abs(box[1] - y))
            assert np.abs(np.subtract(near, (x, y, w, h))).max() <= 3
    for name, picture in pictures.items():
        with Image.open(made / name) as image:
            assert image.size == (picture["width"], picture["height"])


def test_yolo_gives_the_same_boxes(made, tmp_path):
    out = export(made, tmp_path / "out")
    coco = COCO(str(out / "coco.json"))
    classes = (out / "yolo" / "classes.txt").read_text(encoding="utf-8").splitlines()
    about = yaml.safe_load((out / "yolo" / "data.yaml").read_text(encoding="utf-8"))
    assert (about["names"], about["nc"]) == (classes, len(classes))
    files = {path for path in (out / "yolo" / "labels").rglob("*.txt")}
    assert len(files) == len(coco.imgs)
    for picture in coco.dataset["images"]:
        path = out / "yolo" / "labels" / Path(picture["file_name"]).with_suffix(".txt")
        boxes = coco.imgToAnns[picture["id"]]
        lines = path.read_text().splitlines()
        assert len(lines) == len(boxes)
        for line, box in zip(lines, boxes, strict=True):
            number, *shares = line.split()
            x, y, w, h = map(float, shares)
            left, top = (x - w / 2) * picture["width"], (y - h / 2) * picture["height"]
            size = (w * picture["width"], h * picture["height"])
            assert np.allclose((left, top, *size), box["bbox"], atol=1e-4)
            assert classes[int(number)] == coco.cats[box["category_id"]]["name"]


def test_those_without_a_picture_are_counted_and_told(made, tmp_path, caplog):
    caplog.set_level("INFO", "seston")
    out = export(made, tmp_path / "out")
    told = pd.read_csv(out / "samples.tsv", sep="\t").set_index("sample")
    assert told.loc["crops"].tolist() == ["images", 3, 0, 0, 0]
    assert told.loc["tow"].tolist() == ["frames", 5, 5, 3, 0]
    assert "3 organisms of images have no box: no picture with more than one is kept" in (
        caplog.messages
    )
    assert told["boxes"].sum() == 13


def test_predictions_as_categories(made, tmp_path):
    path, said = with_predictions(made, tmp_path)
    out = export(made, tmp_path / "out", category="prediction", predictions=path)
    coco = COCO(str(out / "coco.json"))
    ids = pd.read_parquet(made / "images.parquet")["image_id"]
    expected = dict(zip(ids, said, strict=True))
    for box in coco.dataset["annotations"]:
        assert coco.cats[box["category_id"]]["name"] == expected[box["seston_image_id"]]


def test_without_categories_all_are_organisms(made, tmp_path):
    out = export(made, tmp_path / "out", category="none", formats=["coco"])
    told = json.loads((out / "coco.json").read_text(encoding="utf-8"))
    assert [category["name"] for category in told["categories"]] == ["organism"]
    assert not (out / "yolo").exists()


def test_only_yolo(made, tmp_path):
    out = export(made, tmp_path / "out", formats=["yolo"])
    assert {path.name for path in out.iterdir()} == {"yolo", "samples.tsv"}


def test_the_same_run_gives_the_same_bytes(made, tmp_path):
    folders = [export(made, tmp_path / name) for name in ("one", "two")]
    files = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder in folders
    ]
    assert files[0] == files[1] and len(files[0]) > 6


def test_all_pictures_that_are_missing_or_others_are_told_and_nothing_is_written(made, tmp_path):
    folder = copied(made, tmp_path)
    (folder / "tow" / "0002.png").unlink()
    Image.new("L", (40, 40)).save(folder / "tow" / "0001.png")
    (folder / "tow" / "day2" / "0001.tif").write_bytes(b"no picture")
    with pytest.raises(SestonError) as raised:
        export(folder, tmp_path / "out")
    told = str(raised.value)
    assert "3 pictures cannot be used" in told
    assert "tow/0002.png: no such file" in told
    assert "tow/0001.png: 40 x 40 px, but an organism has the box" in told
    assert "tow/day2/0001.tif: not readable" in told
    assert not (tmp_path / "out").exists()


def test_pictures_that_ask_to_be_turned_are_told(made, tmp_path, caplog):
    folder = copied(made, tmp_path)
    with Image.open(folder / "tow" / "0002.png") as image:
        exif = image.getexif()
        exif[274] = 6
        image.save(folder / "tow" / "0002.png", exif=exif)
    coco = COCO(str(export(folder, tmp_path / "out") / "coco.json"))
    (picture,) = [one for one in coco.dataset["images"] if one["file_name"] == "tow/0002.png"]
    assert (picture["height"], picture["width"]) == FRAME
    assert any("1 pictures ask to be turned" in message for message in caplog.messages)


def test_names_that_differ_in_the_ending_alone_are_refused_for_yolo(made, tmp_path):
    folder = copied(made, tmp_path)
    (folder / "tow" / "0002.png").rename(folder / "tow" / "0001.jpg")
    table = pd.read_parquet(folder / "images.parquet")
    renamed = store.read_table(folder / "images.parquet", "images")
    at = renamed.column_names.index("frame")
    frames = table["frame"].replace("0002.png", "0001.jpg").tolist()
    renamed = renamed.set_column(at, "frame", pa.array(frames, pa.string()))
    store.write_table(
        renamed, folder / "images.parquet", schemas.IMAGES, "images", "m", clusters="c"
    )
    with pytest.raises(SestonError, match=r"0001.jpg and tow/0001.png.*formats to \[coco\]"):
        export(folder, tmp_path / "out")
    assert export(folder, tmp_path / "out", formats=["coco"]).exists()


def test_a_frame_that_leads_out_of_its_folder_is_refused(made, tmp_path):
    folder = copied(made, tmp_path)
    table = store.read_table(folder / "images.parquet", "images")
    at = table.column_names.index("frame")
    frames = [
        "../secret.png" if name == "0002.png" else name for name in table["frame"].to_pylist()
    ]
    table = table.set_column(at, "frame", pa.array(frames, pa.string()))
    store.write_table(table, folder / "images.parquet", schemas.IMAGES, "images", "m", clusters="c")
    shutil.copy(folder / "tow" / "0001.png", folder / "secret.png")
    with pytest.raises(SestonError, match="leads out of the sample's folder"):
        export(folder, tmp_path / "out")


def test_a_run_without_organisms_gives_empty_files(made, tmp_path):
    images = tmp_path / "images.parquet"
    empty = schemas.IMAGES.empty_table()
    store.write_table(empty, images, schemas.IMAGES, "images", "m", clusters="c")
    out = export(made, tmp_path / "out", images=images)
    assert COCO(str(out / "coco.json")).anns == {}
    assert not list((out / "yolo" / "labels").iterdir())


def test_predictions_without_a_classifier_are_refused_at_the_start():
    config = complete({"samples": "s.tsv", "export": {"boxes": {"category": "prediction"}}})
    with pytest.raises(SestonError, match=r"export.boxes.category is 'prediction'"):
        require_feasible(config)


def test_the_document_tells_the_settings(repository):
    text = (repository / "docs" / "exports-boxes.md").read_text(encoding="utf-8")
    for name, value in complete({"samples": "s.tsv"})["export"]["boxes"].items():
        default = value if isinstance(value, str) else f"[{', '.join(value)}]"
        assert f"| `{name}` | `{default}` |" in text

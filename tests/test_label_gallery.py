"""All images of a run, page by page: the right ones, in the right order, with their pictures."""

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from naming_run import SHARDS, write_run
from seston import store
from seston.errors import SestonError
from seston.label.gallery import SIZE, Gallery
from seston.schemas import IMAGES


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    results = tmp_path_factory.mktemp("results")
    return results, write_run(results)


@pytest.fixture(scope="module")
def gallery(run):
    return open_gallery(run[0])


@pytest.fixture(scope="module")
def images(run):
    return run[1].set_index("image_id")


def open_gallery(results, shards=tuple(SHARDS)):
    return Gallery(
        results / "tables" / "images.parquet", results / "tiles", list(shards),
        results / "pretrained" / "embeddings", results / "index", seed=3,
    )  # fmt: skip


def ids(page):
    return [image["id"] for image in page["images"]]


def greys(page):
    """Return the grey of each picture of a page's sheet."""
    head, _, data = page["sheet"].partition(",")
    assert head == "data:image/webp;base64"
    sheet = np.asarray(Image.open(BytesIO(b64decode(data))).convert("L"), float)
    side, columns = page["side"], page["columns"]
    cells = [divmod(place, columns) for place in range(len(page["images"]))]
    return [
        sheet[row * side + 8 : (row + 1) * side - 8, at * side + 8 : (at + 1) * side - 8].mean()
        for row, at in cells
    ]


@pytest.mark.parametrize(
    ("order", "by"),
    [("typical", ["distance"]), ("edge", ["margin"]), ("odd", ["distance"]), ("random", None)],
)
def test_every_image_of_a_cluster_is_on_one_of_its_pages(gallery, images, order, by):
    mine = images[images["cluster"] == 2]
    pages = [gallery.members(2, order, page) for page in range(4)]
    found = [name for page in pages for name in ids(page)]
    if by:
        assert found == list(mine.sort_values(by, ascending=order != "odd").index)
    else:
        assert sorted(found) == sorted(mine.index) and found != sorted(found)
        assert ids(open_again := gallery.members(2, order, 0)) == found[:SIZE] and open_again
    assert [len(page["images"]) for page in pages] == [64, 64, 2, 0]
    assert {page["of"] for page in pages} == {130} and pages[3]["sheet"] == ""


def test_each_picture_is_that_of_its_image(gallery, images):
    for page in (gallery.members(1, "typical", 0), gallery.members(2, "odd", 1)):
        assert np.allclose(greys(page), images.loc[ids(page), "grey"], atol=3)


def test_what_is_told_of_an_image(gallery, images):
    told = {image["id"]: image for image in gallery.members(2, "typical", 0)["images"]}
    name = next(iter(told))
    assert told[name].keys() == {"id", "sample", "datetime", "esd_um"}
    assert told[name]["sample"] == name.partition("/")[0]
    assert told[name]["datetime"] == "2026-05-22T14:30:00"
    assert told[name]["esd_um"] == pytest.approx(images.loc[name, "esd_um"], rel=0.01)


def test_those_near_a_cluster_are_the_nearest_of_all_others(gallery, images):
    others = images[images["cluster"] != 1]
    centre = images.loc[images["cluster"] == 1, "place"].mean()
    page = gallery.near(1, 0)
    gaps = (others.loc[ids(page), "place"] - centre).abs().to_numpy()
    assert page["of"] == len(others) and not page["capped"]
    assert gaps.max() <= (others["place"] - centre).abs().nsmallest(SIZE).max() + 0.02  # of float16
    assert [image["cluster"] for image in page["images"]] == list(others.loc[ids(page), "cluster"])


def test_labelled_images_and_clusters_of_the_same_name_are_left_out(gallery, images):
    first = ids(gallery.near(0, 0))
    page = gallery.near(0, 0, same=[1], labelled={*first[:30], "not/there"})
    left = set(images.index[images["cluster"] == 2]) - set(first[:30])
    assert page["of"] == len(left) and set(ids(page)) <= left
    assert gallery.near(0, 0, same=[1, 2]) == page | {"of": 0, "images": [], "sheet": ""}


def test_images_that_are_not_of_the_run(gallery, images):
    assert gallery.unknown([images.index[3], "x/1", images.index[0], "", "x/1"]) == [
        "x/1",
        "",
        "x/1",
    ]


def test_an_order_that_is_none(gallery):
    with pytest.raises(ValueError, match="expected one of typical, random, edge, odd"):
        gallery.members(0, "best", 0)


def test_files_of_other_images_are_told(tmp_path):
    write_run(tmp_path)
    with pytest.raises(SestonError, match="no tile of image s3/0000"):
        open_gallery(tmp_path, ["day1"])
    path = tmp_path / "tables" / "images.parquet"
    store.write_table(store.read_table(path, "images").slice(1), path, IMAGES, "images", "i" * 64)
    gallery = open_gallery(tmp_path)
    with pytest.raises(
        SestonError, match=r"\(143 images\) and .*index \(144\) do not hold the same"
    ):
        gallery.near(0, 0)

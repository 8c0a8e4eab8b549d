"""Crops of chosen images out of a shard."""

import pyarrow as pa
import pytest

from seston import store
from seston.crops import read_crops
from seston.errors import SestonError
from seston.schemas import CROPS


@pytest.fixture
def crops(tmp_path):
    ids = ["a/1", "a/2", "b/1"]
    columns = {field.name: pa.nulls(3, field.type) for field in CROPS}
    columns["image_id"] = pa.array(ids, pa.string())
    columns["pixel_um"] = pa.array([0.5, None, 2.0], pa.float64())
    columns["crop"] = pa.array([name.encode() for name in ids], pa.binary())
    path = tmp_path / "crops.parquet"
    store.write_table(pa.table(columns), path, CROPS, "crops", "settings")
    return path


def test_asked_for_and_no_other(crops):
    assert read_crops(crops, ["b/1", "a/2"]) == {"a/2": (None, b"a/2"), "b/1": (2.0, b"b/1")}
    assert read_crops(crops, []) == {}


def test_missing_images_are_named(crops):
    with pytest.raises(SestonError, match=r"lacks 2 images .* such as a/3"):
        read_crops(crops, ["a/1", "a/3", "c/1"])


def test_missing_and_damaged_file(crops):
    with pytest.raises(SestonError, match="file not found"):
        read_crops(crops.parent / "none.parquet", ["a/1"])
    crops.write_bytes(crops.read_bytes()[:-20])
    with pytest.raises(SestonError, match="not a readable Parquet file"):
        read_crops(crops, ["a/1"])

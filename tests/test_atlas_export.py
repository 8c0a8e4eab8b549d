"""The table for Embedding Atlas, read back with pandas, Pillow and numpy only."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from PIL import Image

from ecotaxa_run import CLASSES, a_sample, write_predictions, write_run
from seston.config import complete
from seston.errors import SestonError
from seston.export.atlas.stage import export_atlas
from whole_run import CHOSEN, SHARDS, write_whole_run

SAMPLES = [a_sample("a", ["1", "2", "3"]), a_sample("a-1", ["1"]), a_sample("b", ["1", "2"])]


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path, SAMPLES, per_shard=2)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    return write_whole_run(tmp_path_factory.mktemp("whole"))


def given(run, **more: object) -> dict[str, object]:
    kept = {name: run.given[name] for name in ("images", "segment_dir", "shards")}
    return kept | {"atlas": run.folder / "atlas.parquet"} | more


def of_whole(results: Path, atlas: Path, **more: object) -> dict[str, object]:
    return {
        "images": results / "tables" / "images.parquet", "segment_dir": results / "segment",
        "shards": SHARDS, "embeddings_dir": results / CHOSEN / "embeddings",
        "index_dir": results / "index", "atlas": atlas,
    } | more  # fmt: skip


def opened(picture: dict[str, object]) -> np.ndarray:
    with Image.open(io.BytesIO(picture["bytes"])) as image:
        assert image.format == "PNG"
        return np.asarray(image)


def test_each_organism_is_a_row_with_its_values_and_its_very_pixels(run):
    export_atlas(**given(run))
    atlas = pd.read_parquet(run.folder / "atlas.parquet")
    images = pd.read_parquet(run.given["images"])
    assert atlas["image_id"].tolist() == list(run.pixels) == images["image_id"].tolist()
    for name in ("cluster", "sample", "site", "esd_um", "label", "notes", "instrument"):
        pd.testing.assert_series_equal(atlas[name], images[name])
    assert atlas["name"].tolist() == ["Daphnia"] * 4 + ["cluster 3"] * 2
    # The second has no clock of its own: that of its sample.
    dates = images["timestamp"].fillna(images["datetime"])
    assert images["timestamp"].isna().sum() == 1
    assert atlas["date"].tolist() == dates.tolist()
    for picture, pixels in zip(atlas["image"], run.pixels.values(), strict=True):
        assert np.array_equal(opened(picture), pixels)
    assert [picture["path"] for picture in atlas["image"]] == list(run.pixels)
    assert not {"prediction", "neighbors"} & set(atlas.columns)


def test_pictures_are_made_smaller_and_keep_their_proportions(run):
    export_atlas(**given(run, thumbnail_px=8))
    atlas = pd.read_parquet(run.folder / "atlas.parquet")
    for picture, pixels in zip(atlas["image"], run.pixels.values(), strict=True):
        height, width = opened(picture).shape[:2]
        longer = max(pixels.shape[:2])
        assert longer > 8 == max(height, width)
        assert abs(height - 8 * pixels.shape[0] / longer) <= 0.5
        assert abs(width - 8 * pixels.shape[1] / longer) <= 0.5
        assert abs(opened(picture).mean() - pixels.mean()) < 12


def test_predictions_are_told_and_the_unclassified_have_none(run):
    unsure = [*run.pixels][1]
    predictions = write_predictions(run, rejected=[unsure])
    export_atlas(**given(run, predictions=predictions))
    atlas = pd.read_parquet(run.folder / "atlas.parquet").set_index("image_id")
    assert atlas["prediction"].isna().sum() == 1 and pd.isna(atlas.loc[unsure, "prediction"])
    assert set(atlas["prediction"].dropna()) == set(CLASSES)
    assert (atlas["probability"] == np.float32(0.75)).all()


def test_predictions_of_others_are_refused_and_nothing_is_left(run, tmp_path):
    other = write_run(tmp_path / "other", SAMPLES[:2])
    with pytest.raises(SestonError, match="predictions of other images"):
        export_atlas(**given(run, predictions=write_predictions(other)))
    assert not (run.folder / "atlas.parquet").exists()


def test_neighbours_are_those_that_numpy_finds(results, tmp_path):
    export_atlas(**of_whole(results, tmp_path / "atlas.parquet", neighbors=4))
    atlas = pd.read_parquet(tmp_path / "atlas.parquet")
    rows: dict[str, np.ndarray] = {}
    for shard in SHARDS:
        with pa.memory_map(str(results / CHOSEN / "embeddings" / f"{shard}.arrow")) as source:
            table = pa.ipc.open_file(source).read_all()
        values = np.stack([np.asarray(row, np.float32) for row in table["embedding"].to_pylist()])
        rows |= dict(zip(table["image_id"].to_pylist(), values, strict=True))
    points = np.stack([rows[name] for name in atlas["image_id"]])
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    for row, near in enumerate(atlas["neighbors"]):
        expected = np.argsort(distances[row], kind="stable")[:4]
        assert near["ids"].tolist() == expected.tolist()
        np.testing.assert_allclose(near["distances"], distances[row][expected], rtol=1e-5)
    places = pd.read_parquet(results / "map.parquet").set_index("image_id")
    assert atlas["x"].tolist() == places.loc[atlas["image_id"], "x"].tolist()


def test_all_rows_have_as_many_neighbours_where_there_are_few_others(results, tmp_path):
    """Its graph measures stack them to an array."""
    export_atlas(**of_whole(results, tmp_path / "atlas.parquet", neighbors=100))
    atlas = pd.read_parquet(tmp_path / "atlas.parquet")
    stacked = np.stack([near["ids"] for near in atlas["neighbors"]])
    assert stacked.shape == (len(atlas), len(atlas) - 1)


def test_types_are_those_that_the_viewer_takes(results, tmp_path):
    """Pictures as struct of bytes and path; neighbours as struct of two lists."""
    export_atlas(**of_whole(results, tmp_path / "atlas.parquet", neighbors=2))
    schema = pq.read_schema(tmp_path / "atlas.parquet")
    assert str(schema.field("image").type) == "struct<bytes: binary, path: string>"
    near = schema.field("neighbors").type
    assert [near.field(place).name for place in range(2)] == ["ids", "distances"]


def test_the_same_run_gives_the_same_bytes_however_it_is_cut(tmp_path):
    written = []
    for per_shard in (1, 3):
        run = write_run(tmp_path / str(per_shard), SAMPLES, per_shard)
        export_atlas(**given(run))
        written.append((run.folder / "atlas.parquet").read_bytes())
    assert written[0] == written[1]


def test_neighbours_without_an_index_are_refused(run):
    with pytest.raises(SestonError, match="--index-dir"):
        export_atlas(**given(run, neighbors=3))


def test_the_index_of_another_run_is_refused(run, results):
    other = {"embeddings_dir": results / CHOSEN / "embeddings", "index_dir": results / "index"}
    with pytest.raises(SestonError, match="index of other images"):
        export_atlas(**given(run, neighbors=3, **other))


def test_a_run_without_organisms_gives_an_empty_table(tmp_path):
    run = write_run(tmp_path, [a_sample("a")])
    export_atlas(**given(run))
    assert len(pd.read_parquet(run.folder / "atlas.parquet")) == 0


def test_the_document_tells_settings_and_columns(run, repository):
    text = (repository / "docs" / "exports-atlas.md").read_text(encoding="utf-8")
    for name, value in complete({"samples": "s.tsv"})["export"]["atlas"].items():
        assert f"| `{name}` | {value} |" in text
    export_atlas(**given(run, predictions=write_predictions(run)))
    columns = [*pq.read_schema(run.folder / "atlas.parquet").names, "neighbors"]
    assert [name for name in columns if f"`{name}`" not in text] == []

import csv
import io
import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from seston import store
from seston.cluster.shards import EmbeddingShards
from seston.embed import embed
from seston.errors import SestonError
from seston.models.weights import backbone
from seston.runtime import proof
from seston.runtime.choice import runtime
from seston.schemas import CROPS, IMAGES
from seston.search import similar as module
from seston.search.index import make_index
from seston.search.query import embed_query, read_query
from seston.search.similar import similar
from seston.tiles import tiles
from shards_by_hand import write_shard

SHARDS = {"2018-05": ["lake-1/a", "lake-1/b", "lake-1/c"], "2018-06": ["lake-2/a", "sea-1/a"]}
IDS = [name for names in SHARDS.values() for name in names]


def drawn(number: int) -> bytes:
    """A dark disc, of another size for each number, on grey with some noise."""
    generator = np.random.default_rng(number)
    y, x = np.mgrid[:40, :50]
    pixels = np.where(np.hypot(y - 20, x - 25) < 4 + 3 * number, 60, 200)
    pixels = (pixels + generator.integers(-3, 4, pixels.shape)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write_tables(results: Path) -> None:
    for shard, names in SHARDS.items():
        columns = {field.name: pa.nulls(len(names), field.type) for field in CROPS}
        columns["image_id"] = pa.array(names)
        columns["pixel_um"] = pa.array([0.5 * (name != "sea-1/a") or None for name in names])
        columns["crop"] = pa.array([drawn(IDS.index(name)) for name in names])
        path = results / "segment" / shard / "crops.parquet"
        store.write_table(pa.table(columns), path, CROPS, "crops", "settings")
    columns = {field.name: pa.nulls(len(IDS), field.type) for field in IMAGES}
    days = [datetime(2018, 5, day) for day in (1, 1, 1, 2)]
    columns |= {
        "image_id": pa.array(IDS),
        "sample": pa.array([name.partition("/")[0] for name in IDS]),
        "datetime": pa.array([*days, None], pa.timestamp("us")),
        "cluster": pa.array([0, 0, 1, 1, 2], pa.int32()),
        "name": pa.array(["Ceratium", "Ceratium", "", "", ""]),
    }
    store.write_table(
        pa.table(columns), results / "tables" / "images.parquet", IMAGES, "images", "made"
    )
    (results / "chosen_model.txt").write_text("finetuned\n")
    (results / "settings.yaml").write_text(json.dumps({"segment": {"clean": True}}))


def index(results: Path) -> None:
    make_index(
        embeddings_dir=results / "finetuned" / "embeddings", shards=list(SHARDS), seed=1,
        index=results / "index" / "index.faiss", report=results / "index" / "index.json",
    )  # fmt: skip


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Embeddings on a line: lake-1/a at 0, b at 1, c at 3, lake-2/a at 6, sea-1/a at 10."""
    folder = tmp_path / "results"
    write_tables(folder)
    at = dict(zip(IDS, [0.0, 1.0, 3.0, 6.0, 10.0], strict=True))
    for shard, names in SHARDS.items():
        rows = [[at[name], 1.0] for name in names]
        (folder / "finetuned" / "embeddings").mkdir(parents=True, exist_ok=True)
        write_shard(folder / "finetuned" / "embeddings", shard, names, rows)
    index(folder)
    return folder


def ask(results: Path, target: str, **options: object) -> list[dict[str, str]]:
    out = results.parent / "found"
    similar(target, results=results, out=out, **options)  # type: ignore[arg-type]  # of the test
    with out.with_suffix(".tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_nearest_to_an_image_without_itself(results):
    rows = ask(results, "lake-1/c", n=3)
    assert [row["image_id"] for row in rows] == ["lake-1/b", "lake-1/a", "lake-2/a"]
    assert rows[0] == {
        "rank": "1", "image_id": "lake-1/b", "sample": "lake-1", "datetime": "2018-05-01T00:00:00",
        "cluster": "0", "name": "Ceratium", "distance": "2", "cosine": "0.894427",
    }  # fmt: skip
    # (3, 1) and (1, 1): 4 / sqrt(10 * 2) = 0.894427
    assert rows[2]["name"] == "" and rows[2]["distance"] == "3"
    with Image.open(results.parent / "found.png") as image:
        assert image.size == (12 + 4 * 162, 12 + 196)


def test_the_mosaic_shows_the_first_and_the_table_all(results, monkeypatch, caplog):
    monkeypatch.setattr(module, "DRAWN", 2)
    caplog.set_level("INFO", "seston")
    assert len(ask(results, "lake-1/c", n=3)) == 3
    with Image.open(results.parent / "found.png") as image:
        assert image.size == (12 + 3 * 162, 12 + 196)
    assert "found.png shows the first 2 of them" in caplog.text
    caplog.clear()
    assert len(ask(results, "lake-1/c", n=2)) == 2
    assert "shows the first" not in caplog.text


def test_there_are_no_more_than_the_others(results):
    rows = ask(results, "sea-1/a", n=50)
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4"]
    assert ask(results, "lake-2/a")[1]["datetime"] == ""


def test_its_own_sample_can_be_left_out(results):
    rows = ask(results, "lake-1/a", n=50, other_samples=True)
    assert [row["image_id"] for row in rows] == ["lake-2/a", "sea-1/a"]


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("lake-1/aa", "near it are lake-1/a"),
        ("lake-3/b", "near it are lake-1/b"),
        ("lake-3/x", r"near it are lake-2/…, lake-1/…"),
        ("c", "near it are lake-1/c"),
        ("nothing-like-it", "nor a file$"),
        ("x'); --", "nor a file$"),
    ],
)
def test_an_unknown_image_gets_ids_that_may_be_meant(results, target, near):
    with pytest.raises(SestonError, match=near):
        ask(results, target)


def test_what_is_wrong_is_told(results, tmp_path):
    with pytest.raises(SestonError, match="--n is 0"):
        ask(results, "lake-1/a", n=0)
    with pytest.raises(SestonError, match=r"chosen_model.txt.*--results"):
        ask(tmp_path / "nowhere", "lake-1/a")
    text = tmp_path / "text.png"
    text.write_text("no picture")
    with pytest.raises(SestonError, match="not usable as a picture"):
        ask(results, str(text))
    with pytest.raises(SestonError, match="is a folder; expected the id"):
        ask(results, str(tmp_path))
    with pytest.raises(SestonError, match="--other-samples"):
        ask(results, str(text), other_samples=True)
    (results / "settings.yaml").write_text("segment: 1")
    with pytest.raises(SestonError, match="not readable as the settings"):
        ask(results, str(text))
    (results / "tables" / "images.parquet").unlink()
    with pytest.raises(SestonError, match=r"images\.parquet: file not found"):
        ask(results, "lake-1/a")


def test_a_table_that_lacks_an_image_is_told(results):
    path = results / "tables" / "images.parquet"
    table = store.read_table(path, "images")
    store.write_table(table.slice(1), path, IMAGES, "images", "made")
    with pytest.raises(SestonError, match="no image lake-1/a"):
        ask(results, "lake-1/b")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose embeddings a small network made."""
    monkeypatch.setattr(proof, "SECONDS", 0.01)
    folder = tmp_path / "results"
    write_tables(folder)
    model = folder / "finetuned" / "model.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=1, model=model)
    for shard in SHARDS:
        crops = folder / "segment" / shard / "crops.parquet"
        tiles(crops=crops, tiles=folder / "tiles" / f"{shard}.arrow", size=32)
    runtime(
        model=model, tiles_dir=folder / "tiles", shards=list(SHARDS), engine="torch",
        runtime=folder / "finetuned" / "runtime", precision="fp32", device="cpu", batch_size=8,
    )  # fmt: skip
    for shard in SHARDS:
        embed(
            tiles=folder / "tiles" / f"{shard}.arrow", model=model,
            runtime=folder / "finetuned" / "runtime",
            embeddings=folder / "finetuned" / "embeddings" / f"{shard}.arrow",
        )  # fmt: skip
    index(folder)
    return folder


def test_a_picture_of_the_run_finds_itself_and_then_what_the_image_finds(run, tmp_path, caplog):
    caplog.set_level("INFO", "seston")
    picture = tmp_path / "unknown.png"
    picture.write_bytes(drawn(2))
    rows = ask(run, str(picture), n=4)
    assert rows[0]["image_id"] == "lake-1/c" and rows[0]["distance"] == "0"
    assert float(rows[0]["cosine"]) == pytest.approx(1, abs=1e-5)
    assert "unknown.png looks to the model like lake-1/c, which is rank 1" in caplog.text
    caplog.clear()
    by_id = ask(run, "lake-1/c", n=3)
    assert [row["image_id"] for row in rows[1:]] == [row["image_id"] for row in by_id]
    picture.write_bytes(drawn(9))
    assert float(ask(run, str(picture), n=1)[0]["distance"]) > 0
    assert "looks to the model like" not in caplog.text


def test_a_model_of_other_embeddings_is_refused(run):
    stored = EmbeddingShards(run / "finetuned" / "embeddings", list(SHARDS))
    row = embed_query(drawn(0), run / "finetuned", stored.fingerprint)
    assert np.array_equal(row, stored.take(stored.order[:1])[0])
    with pytest.raises(SestonError, match="not made by"):
        embed_query(drawn(0), run / "finetuned", "f" * 64)


def test_neighbours_in_a_picture_are_taken_out_if_the_run_does_so(tmp_path):
    pixels = np.full((60, 120), 200, np.uint8)
    pixels[20:40, 50:70] = 60
    alone = pixels.copy()
    pixels[25:35, 105:115] = 60
    path = tmp_path / "two.png"
    Image.fromarray(pixels).save(path)

    def shown(cleaned: bool) -> np.ndarray:
        with Image.open(io.BytesIO(read_query(path, cleaned))) as image:
            return np.asarray(image)

    assert np.array_equal(shown(False), pixels)
    assert np.array_equal(shown(True), alone)

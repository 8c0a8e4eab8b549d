"""The stage: which images, their pictures, and the file."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from seston import store
from seston.arrays import ArrayFile
from seston.attention import attention
from seston.errors import SestonError
from seston.models.backbones import Backbone, spec_of
from seston.models.model_file import card_of, read_model, write_model
from seston.models.weights import backbone
from seston.schemas import CROPS, EXAMPLES
from synthetic_tiles import write_tiles


def png_of(name: str) -> bytes:
    """Return a crop whose size and grey depend on its id: 30 wide, 10 to 29 high."""
    number = int(name.split("/")[1])
    data = io.BytesIO()
    Image.new("L", (30, 10 + number % 20), 100 + number).save(data, "PNG")
    return data.getvalue()


def write_shard(folder: Path, shard: str, counts: dict[str, int], **more: int) -> None:
    tiles = write_tiles(folder / "tiles" / f"{shard}.arrow", counts, **more)
    ids = ArrayFile(tiles, "tiles").ids.to_pylist()
    crops = {field.name: pa.nulls(len(ids), field.type) for field in CROPS}
    crops |= {"image_id": pa.array(ids, pa.string())}
    crops |= {"crop": pa.array([png_of(name) for name in ids], pa.binary())}
    path = folder / "segment" / shard / "crops.parquet"
    store.write_table(pa.table(crops), path, CROPS, "crops", "settings")


@pytest.fixture
def tiles_dir(tmp_path: Path) -> Path:
    write_shard(tmp_path, "one", {"bloom": 40, "b": 2}, seed=1)
    write_shard(tmp_path, "two", {"c": 5}, seed=2)
    return tmp_path / "tiles"


def run(tiles_dir: Path, pretrained: Path, out: Path, **more: object) -> None:
    given = {"shards": ["two", "one"], "images": 6, "seed": 0, **more}
    attention(
        tiles_dir=tiles_dir,
        segment_dir=tiles_dir.parent / "segment",
        pretrained=pretrained,
        attention=out,
        **given,
    )


def model(tmp_path: Path, name: str, seed: int) -> Path:
    path = tmp_path / f"{name}.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=seed, model=path)
    return path


def test_before_and_after_show_the_same_images_of_all_samples(
    tmp_path: Path, tiles_dir: Path
) -> None:
    out = tmp_path / "attention.npz"
    run(tiles_dir, model(tmp_path, "before", 1), out, finetuned=model(tmp_path, "after", 2))
    found = np.load(out, allow_pickle=False)
    assert found["ids"].dtype.kind == "U"
    samples = [one.split("/")[0] for one in found["ids"]]
    assert sorted(samples) == ["b", "b", "bloom", "bloom", "c", "c"]
    assert not found["chosen"].any() and found["chosen"].dtype == bool
    for name in ("pretrained", "finetuned"):
        assert (found[name].shape, found[name].dtype) == ((6, 2, 4, 4), np.float32)
        flow = found[f"{name}_rollout"]
        assert (flow.shape, flow.dtype) == ((6, 4, 4), np.float32)
    assert not np.array_equal(found["pretrained"], found["finetuned"])
    assert str(found["note"]) == ""
    one, two = (ArrayFile(tiles_dir / f"{name}.arrow", "tiles") for name in ("one", "two"))
    by_id = {
        name: tile
        for file in (one, two)
        for name, tile in zip(file.ids.to_pylist(), file.array(), strict=True)
    }
    for name, tile in zip(found["ids"], found["tiles"], strict=True):
        assert np.array_equal(tile, by_id[name])


def test_pictures_are_the_crops_in_squares(tmp_path: Path, tiles_dir: Path) -> None:
    out = tmp_path / "attention.npz"
    run(tiles_dir, model(tmp_path, "before", 1), out, ids=["c/00003", "bloom/00031"], images=4)
    found = np.load(out)
    assert found["pictures"].shape == (6, 256, 256, 3)
    assert found["pictures"].dtype == np.uint8
    for name, picture in zip(found["ids"], found["pictures"], strict=True):
        # A crop of one grey is padded with that grey: the square has no other.
        assert (picture == 100 + int(name.split("/")[1])).all()


def test_ids_asked_for_come_first_and_are_not_drawn_again(tmp_path: Path, tiles_dir: Path) -> None:
    out, asked = tmp_path / "attention.npz", ["c/00003", "b/00001", "c/00003", "b/00000"]
    run(tiles_dir, model(tmp_path, "before", 1), out, ids=asked, images=60)
    found = np.load(out)
    assert found["ids"][:3].tolist() == ["c/00003", "b/00001", "b/00000"]
    assert found["chosen"].tolist() == [True] * 3 + [False] * 44
    assert len(set(found["ids"])) == 47  # all there are, once
    run(tiles_dir, model(tmp_path, "before", 1), out, ids=asked, images=0)
    assert len(np.load(out)["pretrained"]) == 3


def test_unknown_ids_are_listed_with_near_ones(tmp_path: Path, tiles_dir: Path) -> None:
    out = tmp_path / "attention.npz"
    with pytest.raises(SestonError) as told:
        run(
            tiles_dir,
            model(tmp_path, "before", 1),
            out,
            ids=["c/00004", "c/0003", "blom/00001", "zzzz/1"],
        )
    message = str(told.value)
    assert "attention.ids: 3 of 4 are no organisms of this run" in message
    assert "c/0003 (did you mean c/00003" in message
    assert "blom/00001 (no sample blom; samples like it: bloom)" in message
    assert "zzzz/1 (no sample zzzz)" in message
    assert "; c/00004" not in message and not out.exists()


def test_two_runs_give_the_same_bytes(tmp_path: Path, tiles_dir: Path) -> None:
    before, outs = model(tmp_path, "before", 1), []
    for name in ("first", "second"):
        outs.append(tmp_path / f"{name}.npz")
        run(tiles_dir, before, outs[-1], shards=["one"], images=3, ids=["b/00001"])
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert "finetuned" not in np.load(outs[0])


def test_network_without_attention_leaves_a_note(tmp_path: Path, tiles_dir: Path) -> None:
    built = Backbone(spec_of("test_efficientnet"), 32)
    path = tmp_path / "cnn.safetensors"
    write_model(path, built, card_of(built, "random", None))
    assert read_model(path)[1].patch is None
    out = tmp_path / "attention.npz"
    run(tiles_dir, path, out, images=3)
    found = np.load(out)
    assert "test_efficientnet has no attention from a CLS token" in str(found["note"])
    assert "pretrained" not in found and len(found["tiles"]) == 3


def test_no_images_and_unfit_tiles(tmp_path: Path, tiles_dir: Path) -> None:
    before, out = model(tmp_path, "before", 1), tmp_path / "attention.npz"
    write_shard(tmp_path, "empty", {})
    run(tiles_dir, before, out, shards=["empty"])
    assert np.load(out)["pretrained"].shape == (0, 2, 4, 4)
    assert np.load(out)["pictures"].shape == (0, 256, 256, 3)
    write_shard(tmp_path, "large", {"a": 2}, size=64)
    with pytest.raises(SestonError, match="takes 32 px"):
        run(tiles_dir, before, out, shards=["large"])


def test_crops_of_another_run(tmp_path: Path, tiles_dir: Path) -> None:
    before, out = model(tmp_path, "before", 1), tmp_path / "attention.npz"
    write_tiles(tiles_dir / "two.arrow", {"c": 5, "d": 3})
    with pytest.raises(SestonError, match=r"crops\.parquet lacks 3 images .* such as d/00000"):
        run(tiles_dir, before, out, shards=["two"], images=10)


def write_examples(folder: Path, shown: dict[int, list[str]]) -> Path:
    """Write the typical organisms of each cluster, and one at random and one of its edge."""
    rows = [
        (cluster, kind, rank, name)
        for cluster, names in shown.items()
        for kind, some in (("edge", names[:1]), ("random", names[-1:]), ("typical", names))
        for rank, name in enumerate(some)
    ]
    cluster, kind, rank, ids = zip(*rows, strict=True)
    columns = {"cluster": cluster, "kind": kind, "rank": rank, "image_id": ids}
    columns |= {"pixel_um": [None] * len(ids), "crop": [png_of(name) for name in ids]}
    table = pa.table(columns, schema=EXAMPLES)
    path = folder / "examples.parquet"
    store.write_table(table, path, EXAMPLES, "examples", "x", clusters="clustering-1")
    return path


def test_the_most_typical_organism_of_each_cluster(tmp_path: Path, tiles_dir: Path) -> None:
    models = {"pretrained": model(tmp_path, "a", 1), "finetuned": model(tmp_path, "b", 2)}
    shown = {2: ["c/00001", "b/00000"], 0: ["bloom/00030", "bloom/00007"], 1: ["b/00001"]}
    first, out = ["bloom/00030", "b/00001", "c/00001"], tmp_path / "attention.npz"
    run(tiles_dir, **models, out=out, examples=write_examples(tmp_path, shown))
    found = np.load(out)
    assert str(found["clustering"]) == "clustering-1"
    assert found["clusters"].tolist() == [0, 1, 2]
    assert found["clusters_ids"].tolist() == first
    assert found["clusters_pictures"].shape == (3, 128, 128, 3)
    for name, picture in zip(first, found["clusters_pictures"], strict=True):
        assert (picture == 100 + int(name.split("/")[1])).all()
    # The same maps as of organisms that were asked for by id.
    asked = tmp_path / "asked.npz"
    run(tiles_dir, **models, out=asked, ids=first, images=0)
    for name in models:
        maps = np.load(asked)[f"{name}_rollout"]
        np.testing.assert_allclose(found[f"clusters_{name}"], maps, atol=1e-6)
    assert "clusters" not in np.load(asked) and len(found["ids"]) == 6


def test_clusters_after_the_largest_are_left_out(
    tmp_path: Path, tiles_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seston.attended.MOST_CLUSTERS", 2)
    out, shown = tmp_path / "attention.npz", {7: ["c/00001"], 0: ["b/00000"], 3: ["b/00001"]}
    examples = write_examples(tmp_path, shown)
    run(tiles_dir, model(tmp_path, "before", 1), out, examples=examples)
    assert np.load(out)["clusters"].tolist() == [0, 3]


def test_examples_of_another_run(tmp_path: Path, tiles_dir: Path) -> None:
    examples = write_examples(tmp_path, {0: ["b/00000"], 1: ["d/00000"]})
    with pytest.raises(SestonError, match=r"examples\.parquet: d/00000 has no tile in this run"):
        run(tiles_dir, model(tmp_path, "before", 1), tmp_path / "a.npz", examples=examples)

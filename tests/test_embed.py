import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from seston import embed as module
from seston import store
from seston.arrays import ArrayFile
from seston.embed import embed
from seston.errors import SestonError
from seston.models.model_file import card_of, read_model, write_model
from seston.models.weights import backbone
from seston.runtime import proof
from seston.runtime.choice import runtime
from seston.runtime.engine import Unavailable
from synthetic_tiles import write_tiles


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "SECONDS", 0.01)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=1, model=path)
    return path


def decide(tmp_path: Path, model: Path, engine: str = "torch", batch: int = 8) -> Path:
    """Fix a way to compute, without a choice."""
    where = tmp_path / f"runtime-{model.stem}-{engine}-{batch}"
    write_tiles(tmp_path / "decide" / "any.arrow", {"any": 12})
    runtime(
        model=model, tiles_dir=tmp_path / "decide", shards=["any"], runtime=where, engine=engine,
        precision="fp32", device="cpu", batch_size=batch,
    )  # fmt: skip
    return where


def run(
    tmp_path: Path, model: Path, tiles: Path, name: str = "out", where: Path | None = None
) -> Path:
    out = tmp_path / f"{name}.arrow"
    where = where or decide(tmp_path, model)
    embed(tiles=tiles, model=model, runtime=where, embeddings=out)
    return out


def rows(path: Path) -> np.ndarray:
    return ArrayFile(path, "embeddings").array().astype(float)


@pytest.fixture(params=["torch", "openvino"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "openvino":
        from seston.runtime.openvino_engine import import_openvino

        try:
            import_openvino()
        except Unavailable as error:
            pytest.skip(str(error))
    return request.param


def test_embeddings_are_those_of_the_network(tmp_path: Path, model: Path, engine: str) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 5, "b": 6})
    path = run(tmp_path, model, tiles, where=decide(tmp_path, model, engine))
    out, source = ArrayFile(path, "embeddings"), ArrayFile(tiles, "tiles")
    assert out.ids.equals(source.ids) and out.shape == (32,)
    assert out.array().dtype == np.float16
    network = read_model(model)[0].net
    # by hand: scale to [0, 1], the model's mean and deviation, CLS token after the norm
    images = (torch.from_numpy(source.array()).double() / 255 - 0.5) / 0.25
    with torch.inference_mode():
        expected = network(images.permute(0, 3, 1, 2).float())[:, 0].numpy()
    np.testing.assert_allclose(out.array(), expected, atol=2e-3)


def test_origin_is_recorded(tmp_path: Path, model: Path, engine: str) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 2})
    where = decide(tmp_path, model, engine)
    found = store.read_metadata(run(tmp_path, model, tiles, where=where))
    origin = read_model(model)[2]
    assert (found["model"], found["tiles"]) == (origin, "tiles-1")
    assert found["fingerprint"] == store.fingerprint("embeddings", origin, "tiles-1")
    assert (found["engine"], found["precision"], found["device"]) == (engine, "fp32", "cpu")


def test_batch_size_does_not_matter(tmp_path: Path, model: Path, engine: str) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 23})
    one, many = (decide(tmp_path, model, engine, batch) for batch in (1, 16))
    first, second = (run(tmp_path, model, tiles, where.name, where) for where in (one, many))
    assert np.abs(rows(first) - rows(second)).max() <= 1e-3


def test_shards_and_order_do_not_matter(tmp_path: Path, model: Path, engine: str) -> None:
    where = decide(tmp_path, model, engine)
    whole = write_tiles(tmp_path / "whole.arrow", {"a": 23})
    tiles = ArrayFile(whole, "tiles").array()
    order = np.random.default_rng(0).permutation(23)[:10]
    from seston.arrays import ArrayWriter

    part = tmp_path / "part.arrow"
    with ArrayWriter(part, "tiles", "tile", (32, 32, 3), np.uint8, "tiles-1") as writer:
        # in pieces, of which none is a whole batch
        writer.write([f"b/{i}" for i in range(3)], tiles[order[:3]])
        writer.write([f"b/{i}" for i in range(3, 10)], tiles[order[3:]])
    expected = rows(run(tmp_path, model, whole, "first", where))[order]
    found = rows(run(tmp_path, model, part, "second", where))
    assert np.abs(found - expected).max() <= 1e-3


def test_two_runs_give_the_same_bytes(tmp_path: Path, model: Path, engine: str) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 23})
    where = decide(tmp_path, model, engine)
    first, second = (run(tmp_path, model, tiles, name, where) for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_empty_shard_is_a_valid_file(tmp_path: Path, model: Path, engine: str) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {})
    path = run(tmp_path, model, tiles, where=decide(tmp_path, model, engine))
    out = ArrayFile(path, "embeddings")
    assert len(out) == 0 and out.shape == (32,)


def test_tiles_that_do_not_fit_are_refused(tmp_path: Path, model: Path) -> None:
    large = write_tiles(tmp_path / "large.arrow", {"a": 2}, size=64)
    with pytest.raises(SestonError, match=r"tiles of 64 px, but .* takes 32 px"):
        run(tmp_path, model, large)
    where = decide(tmp_path, model)
    told = json.loads((where / "runtime.json").read_text()) | {"trained_on": "tiles-9"}
    (where / "runtime.json").write_text(json.dumps(told))
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 2})
    with pytest.raises(SestonError, match="not made like the tiles"):
        run(tmp_path, model, tiles, where=where)


def test_runtime_of_another_model_is_refused(tmp_path: Path, model: Path) -> None:
    other = tmp_path / "other.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=2, model=other)
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 2})
    with pytest.raises(SestonError, match=r"model\.safetensors: found sha256 .* was made with"):
        run(tmp_path, model, tiles, where=decide(tmp_path, other))
    assert not (tmp_path / "out.arrow").exists()


def test_embedding_that_is_not_finite_names_its_tile(tmp_path: Path, model: Path) -> None:
    built = read_model(model)[0]
    with torch.no_grad():
        built.net.norm.weight.fill_(1e6)  # beyond float16
    broken = tmp_path / "broken.safetensors"
    write_model(broken, built, card_of(built, "random", None))
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 2})
    with pytest.raises(SestonError, match="2 tiles, such as a/00000, are not finite"):
        run(tmp_path, broken, tiles)
    assert not (tmp_path / "out.arrow").exists()


def test_gpu_that_is_not_there_is_replaced_aloud(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 20})
    where = decide(tmp_path, model)
    expected = rows(run(tmp_path, model, tiles, "plain", where))
    told = json.loads((where / "runtime.json").read_text())
    told |= {"device": "cuda", "precision": "bf16", "batch_size": 256}
    (where / "runtime.json").write_text(json.dumps(told))
    with caplog.at_level(logging.WARNING, "seston"):
        out = run(tmp_path, model, tiles, where=where)
    assert "torch bf16 on cuda was chosen" in caplog.text
    assert "this machine has no usable GPU: computing by torch fp32 on cpu" in caplog.text
    found = store.read_metadata(out)
    assert (found["engine"], found["precision"], found["device"]) == ("torch", "fp32", "cpu")
    np.testing.assert_array_equal(rows(out), expected)


def test_openvino_that_is_not_there_is_replaced_aloud(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(*given: object) -> None:
        raise Unavailable("OpenVINO is not installed")

    where = decide(tmp_path, model)
    told = json.loads((where / "runtime.json").read_text()) | {"engine": "openvino"}
    (where / "runtime.json").write_text(json.dumps(told))
    monkeypatch.setattr(module, "OpenVinoEngine", missing)
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 2})
    with caplog.at_level(logging.WARNING, "seston"):
        found = store.read_metadata(run(tmp_path, model, tiles, where=where))
    assert "OpenVINO is not installed: computing by torch fp32" in caplog.text
    assert found["engine"] == "torch"


def test_speed_and_waiting_are_logged(
    tmp_path: Path, model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 40})
    with caplog.at_level(logging.INFO, "seston"):
        run(tmp_path, model, tiles)
    assert " images/s, " in caplog.text and "% of the time waiting for data" in caplog.text


def test_embedding_a_vit_does_not_import_timm_or_torchvision(
    tmp_path: Path, model: Path, repository: Path
) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 2})
    where = decide(tmp_path, model)
    code = (
        "import sys; from pathlib import Path; from seston.embed import embed\n"
        f"embed(tiles=Path({str(tiles)!r}), model=Path({str(model)!r}),"
        f" runtime=Path({str(where)!r}), embeddings=Path({str(tmp_path / 'out.arrow')!r}))\n"
        "print(sorted({'timm', 'torchvision', 'openvino'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(repository / "workflow")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"

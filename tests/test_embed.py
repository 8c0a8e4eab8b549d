import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from seston import store
from seston.arrays import ArrayFile
from seston.embed import embed
from seston.errors import SestonError
from seston.models import hardware
from seston.models.hardware import choose_device, choose_precision
from seston.models.model_file import card_of, read_model, write_model
from seston.models.weights import backbone
from synthetic_tiles import write_tiles


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=1, model=path)
    return path


def run(tmp_path: Path, model: Path, tiles: Path, name: str = "out", batch: int = 8) -> Path:
    out = tmp_path / f"{name}.arrow"
    embed(tiles=tiles, model=model, embeddings=out, batch_size=batch, device="cpu")
    return out


def test_embeddings_are_those_of_the_network(tmp_path: Path, model: Path) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 5, "b": 6})
    out = ArrayFile(run(tmp_path, model, tiles), "embeddings")
    source = ArrayFile(tiles, "tiles")
    assert out.ids.equals(source.ids) and out.shape == (32,)
    assert out.array().dtype == np.float16
    network = read_model(model)[0].net
    # by hand: scale to [0, 1], the model's mean and deviation, CLS token after the norm
    images = (torch.from_numpy(source.array()).double() / 255 - 0.5) / 0.25
    with torch.inference_mode():
        expected = network(images.permute(0, 3, 1, 2).float())[:, 0].numpy()
    np.testing.assert_allclose(out.array(), expected, atol=2e-3)


def test_origin_is_recorded(tmp_path: Path, model: Path) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 2})
    found = store.read_metadata(run(tmp_path, model, tiles))
    origin = read_model(model)[2]
    assert (found["model"], found["tiles"]) == (origin, "tiles-1")
    assert found["fingerprint"] == store.fingerprint("embeddings", origin, "tiles-1")


def test_batch_size_does_not_matter(tmp_path: Path, model: Path) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 23})
    first = ArrayFile(run(tmp_path, model, tiles, "first", 1), "embeddings").array()
    second = ArrayFile(run(tmp_path, model, tiles, "second", 16), "embeddings").array()
    assert np.abs(first.astype(float) - second.astype(float)).max() <= 1e-3


def test_two_runs_give_the_same_bytes(tmp_path: Path, model: Path) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 23})
    first, second = run(tmp_path, model, tiles, "first"), run(tmp_path, model, tiles, "second")
    assert first.read_bytes() == second.read_bytes()


def test_empty_shard_is_a_valid_file(tmp_path: Path, model: Path) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {})
    out = ArrayFile(run(tmp_path, model, tiles), "embeddings")
    assert len(out) == 0 and out.shape == (32,)


def test_tiles_that_do_not_fit_are_refused(tmp_path: Path, model: Path) -> None:
    large = write_tiles(tmp_path / "large.arrow", {"a": 2}, size=64)
    with pytest.raises(SestonError, match=r"tiles of 64 px, but .* takes 32 px"):
        run(tmp_path, model, large)
    built = read_model(model)[0]
    trained = tmp_path / "trained.safetensors"
    write_model(trained, built, card_of(built, "dino from random", None, tiles="tiles-9"))
    with pytest.raises(SestonError, match="not made like the tiles"):
        run(tmp_path, trained, write_tiles(tmp_path / "tiles.arrow", {"a": 2}))


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


def test_precision_follows_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    monkeypatch.setattr(hardware, "_has_bf16", lambda device: True)
    assert choose_precision("auto", cpu) is torch.bfloat16
    monkeypatch.setattr(hardware, "_has_bf16", lambda device: False)
    assert choose_precision("auto", cpu) is torch.float32
    assert choose_precision("bf16", cpu) is torch.bfloat16
    with pytest.raises(SestonError, match="expected auto, bf16 or fp32"):
        choose_precision("fp16", cpu)


def test_bf16_stays_near_fp32(tmp_path: Path, model: Path) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 9})
    fp32 = ArrayFile(run(tmp_path, model, tiles), "embeddings").array().astype(float)
    out = tmp_path / "bf16.arrow"
    embed(tiles=tiles, model=model, embeddings=out, batch_size=8, device="cpu", precision="bf16")
    bf16 = ArrayFile(out, "embeddings").array().astype(float)
    cosine = (fp32 * bf16).sum(1) / np.linalg.norm(fp32, axis=1) / np.linalg.norm(bf16, axis=1)
    assert cosine.min() > 0.999


def test_unknown_and_absent_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SestonError, match="expected auto, cpu or cuda"):
        choose_device("gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SestonError, match="no usable GPU"):
        choose_device("cuda")
    assert choose_device("auto").type == "cpu"


def test_embedding_a_vit_does_not_import_timm_or_torchvision(
    tmp_path: Path, model: Path, repository: Path
) -> None:
    tiles = write_tiles(tmp_path / "tiles.arrow", {"a": 2})
    code = (
        "import sys; from pathlib import Path; from seston.embed import embed\n"
        f"embed(tiles=Path({str(tiles)!r}), model=Path({str(model)!r}),"
        f" embeddings=Path({str(tmp_path / 'out.arrow')!r}), batch_size=2, device='cpu')\n"
        "print(sorted({'timm', 'torchvision'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(repository / "workflow")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"

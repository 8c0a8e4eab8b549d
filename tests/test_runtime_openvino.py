"""Export with the transform folded in, OpenVINO's engine, and its telemetry."""

import builtins
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from seston.models.backbones import Backbone, images_of, spec_of
from seston.models.weights import backbone
from seston.runtime import proof
from seston.runtime.choice import runtime
from seston.runtime.engine import Unavailable, embed_array
from seston.runtime.export import TileNetwork, export
from seston.runtime.openvino_engine import FILES, OpenVinoEngine, import_openvino
from synthetic_tiles import write_tiles


@pytest.fixture(scope="session", autouse=True)
def _openvino() -> None:
    try:
        import_openvino()
    except Unavailable as error:
        pytest.skip(str(error))


def network(name: str = "vit_test_patch8", size: int = 32, feature: str | None = None) -> Backbone:
    torch.manual_seed(4)
    spec = spec_of(name)
    return Backbone(replace(spec, feature=feature or spec.feature), size).eval()


def tiles(count: int, size: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    export(network(), 8, folder)
    return folder


@pytest.mark.parametrize(
    ("name", "size", "feature", "folded"),
    [
        ("vit_test_patch8", 32, "cls", True),
        ("vit_test_patch8", 32, "mean", True),
        ("vit_small3_patch8_64", 64, None, True),
        ("vit_small_patch14_reg4_dinov2.lvd142m", 28, None, True),
        ("resnet18.a1_in1k", 64, None, False),
    ],
)
def test_uint8_tiles_give_what_the_backbone_gives(
    name: str, size: int, feature: str | None, folded: bool
) -> None:
    backbone = network(name, size, feature)
    source = torch.from_numpy(tiles(4, size))
    taking = TileNetwork(backbone)
    with torch.inference_mode():
        expected = backbone(images_of(source))
        found = taking(source)
    assert expected.std() > 0.01
    assert (found - expected).abs().max() < 1e-5 * expected.abs().max().clamp(min=1)
    assert bool((taking.backbone.std == 1).all()) == folded
    assert not (backbone.std == 1).all()  # the original keeps its transform


def test_exported_network_gives_what_the_backbone_gives(exported: Path) -> None:
    with torch.inference_mode():
        expected = network()(images_of(torch.from_numpy(tiles(21)))).numpy()
    rows = embed_array(OpenVinoEngine(exported, "fp32", threads=1), tiles(21))
    assert rows.dtype == np.float16 and rows.shape == expected.shape
    # half a unit in the last place of float16, and what float32 leaves open
    np.testing.assert_allclose(rows, expected, rtol=2**-11, atol=2e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_neighbours_order_threads_and_batches_do_not_matter(
    exported: Path, tmp_path: Path, threads: int
) -> None:
    first = embed_array(OpenVinoEngine(exported, "fp32", threads=1), tiles(40))
    engine = OpenVinoEngine(exported, "fp32", threads)
    assert np.array_equal(embed_array(engine, tiles(40)), first)
    order = np.random.default_rng(1).permutation(40)
    assert np.array_equal(embed_array(engine, tiles(40)[order]), first[order])
    assert np.array_equal(embed_array(engine, tiles(40)[17:20]), first[17:20])
    export(network(), 3, tmp_path)
    others = embed_array(OpenVinoEngine(tmp_path, "fp32", threads), tiles(40)).astype(float)
    assert np.abs(others - first).max() <= 1e-3


def test_values_beyond_float16_are_told_as_infinite(tmp_path: Path) -> None:
    broken = network()
    with torch.no_grad():
        broken.net.norm.weight.fill_(1e6)
    export(broken, 4, tmp_path)
    assert np.isinf(embed_array(OpenVinoEngine(tmp_path, "fp32", 1), tiles(4))).any()


def test_precision_the_processor_lacks_is_not_passed_off_as_another(exported: Path) -> None:
    openvino = import_openvino()
    able = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if able:
        rows = embed_array(OpenVinoEngine(exported, "bf16", 1), tiles(8)).astype(float)
        plain = embed_array(OpenVinoEngine(exported, "fp32", 1), tiles(8)).astype(float)
        assert 0 < np.abs(rows - plain).max() < 0.1
    else:
        with pytest.raises(Unavailable, match="does not compute in bf16 on this"):
            OpenVinoEngine(exported, "bf16", 1)


def test_without_openvino_it_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: object, **more: object) -> object:
        if name == "openvino":
            raise ImportError("none here")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(Unavailable, match="OpenVINO is not installed"):
        import_openvino()


def test_nothing_is_sent_and_nothing_written_to_home(tmp_path: Path, repository: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    code = """
import socket, sys
from pathlib import Path
def refuse(*given): raise AssertionError("a connection was tried")
socket.socket.connect = socket.getaddrinfo = refuse
from seston.models.backbones import Backbone, spec_of
from seston.runtime.export import export
from seston.runtime.openvino_engine import OpenVinoEngine
export(Backbone(spec_of("vit_test_patch8"), 32), 2, Path(sys.argv[1]))
OpenVinoEngine(Path(sys.argv[1]), "fp32", 1)
print(sorted(name for name in sys.modules if name.startswith("openvino_telemetry.")))
"""
    # CI would switch the telemetry off by itself.
    without = {"CI", "TF_BUILD", "GITHUB_ACTIONS", "JENKINS_URL", "GITLAB_CI", "TRAVIS"}
    given = {name: value for name, value in os.environ.items() if name not in without}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=given | {"HOME": str(home), "PYTHONPATH": str(repository / "workflow")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]" and "connection" not in done.stderr
    assert not list(home.iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"home", *FILES}


def test_embedding_through_openvino_imports_no_torch(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "SECONDS", 0.01)
    model, where = tmp_path / "model.safetensors", tmp_path / "runtime"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=1, model=model)
    shard = write_tiles(tmp_path / "tiles" / "a.arrow", {"a": 9})
    runtime(model=model, tiles_dir=shard.parent, shards=["a"], runtime=where, engine="openvino",
            precision="fp32")  # fmt: skip
    out = tmp_path / "out.arrow"
    code = (
        "import sys; from seston.cli import main; status = main(sys.argv[1:])\n"
        "print(status, sorted({'torch', 'timm', 'openvino_telemetry.main'} & set(sys.modules)))"
    )
    given = ["--tiles", shard, "--model", model, "--runtime", where, "--embeddings", out]
    done = subprocess.run(
        [sys.executable, "-c", code, "embed", *map(str, given)],
        env={"PYTHONPATH": str(repository / "workflow")},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "0 []", done.stderr
    assert "openvino fp32 on cpu" in done.stderr and out.exists()

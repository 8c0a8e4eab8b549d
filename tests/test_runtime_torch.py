"""The torch engine, and what is left out of the last block."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from seston.models.backbones import Backbone, spec_of
from seston.runtime.engine import Unavailable, embed_array
from seston.runtime.last_block import ClsBlock, shorten
from seston.runtime.record import Method
from seston.runtime.torch_engine import TorchEngine


def network(feature: str = "cls", name: str = "vit_test_patch8") -> Backbone:
    torch.manual_seed(4)
    return Backbone(replace(spec_of(name), feature=feature), 32).eval()


def tiles(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), np.uint8)


@pytest.mark.parametrize(
    ("feature", "short"),
    [("cls", True), ("cls@1", True), ("cls@1+cls@2", True), ("mean@1+cls@2", True),
     ("cls+mean", False), ("mean", False), ("cls@1+mean@2", False)],
)  # fmt: skip
def test_short_last_block_gives_the_same_features(feature: str, short: bool) -> None:
    images = torch.from_numpy(tiles(5)).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        expected = network(feature)(images)
        shortened = shorten(network(feature))
        found = shortened(images)
    assert isinstance(shortened.net.blocks[-1], ClsBlock) == short
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_short_last_block_keeps_layer_scale_and_registers() -> None:
    torch.manual_seed(0)
    spec = replace(spec_of("vit_test_patch8"), layer_scale=True, registers=4)
    built = Backbone(spec, 32).eval()
    with torch.no_grad():
        built.net.blocks[-1].ls1.gamma.fill_(0.7)
        built.net.blocks[-1].ls2.gamma.fill_(1.3)
        images = torch.rand(3, 3, 32, 32)
        expected = built(images)
        np.testing.assert_allclose(shorten(built)(images), expected, atol=2e-6)


def test_engine_pads_the_last_batch_and_gives_float16() -> None:
    engine = TorchEngine(network(), Method(), batch_size=4, threads=1)
    images = torch.from_numpy(tiles(10)).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        expected = network()(images).numpy()
    rows = embed_array(engine, tiles(10))
    assert rows.dtype == np.float16 and rows.shape == (10, 32)
    np.testing.assert_allclose(rows, expected, atol=2e-3)
    assert engine.prepare([tiles(10)[8:]])[0].shape == (4, 32, 32, 3)


def test_channels_last_and_compiled_networks_agree() -> None:
    plain = embed_array(TorchEngine(network(), Method(), 4, 1), tiles(6))
    for method in (Method(channels_last=True), Method(precision="bf16")):
        rows = embed_array(TorchEngine(network(), method, 4, 1), tiles(6)).astype(float)
        limit = 2e-3 if method.precision == "fp32" else 0.06
        assert np.abs(rows - plain).max() < limit, method


def test_compiled_is_compiled_for_one_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def compiled(module: torch.nn.Module, *, dynamic: bool) -> torch.nn.Module:
        asked.append(dynamic)
        return module

    monkeypatch.setattr(torch, "compile", compiled)
    TorchEngine(network(), Method(compiled=True), 4, 1)
    assert asked == [False]


def test_compiler_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(module: torch.nn.Module, *, dynamic: bool) -> object:
        def fail(tiles: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("no C++ compiler\nmore")

        return fail

    monkeypatch.setattr(torch, "compile", without)
    with pytest.raises(Unavailable, match=r"torch cannot compile: no C\+\+ compiler$"):
        TorchEngine(network(), Method(compiled=True), 4, 1)


def test_gpu_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(Unavailable, match="no usable GPU"):
        TorchEngine(network(), Method(device="cuda"), 4, 1)


def test_gpu_gives_what_the_cpu_gives() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no GPU on this machine")
    expected = embed_array(TorchEngine(network(), Method(), 4, 1), tiles(30)).astype(float)
    for precision, limit in (("fp32", 2e-3), ("fp16", 0.02)):
        method = Method(device="cuda", precision=precision)
        rows = embed_array(TorchEngine(network(), method, 8, 1), tiles(30))
        assert np.abs(rows - expected).max() < limit, precision

"""Files of tensors: what each fault is told as, and that no code is run."""

import argparse
import ast
import json
import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from seston.errors import SestonError
from seston.models.weights_file import content_fingerprint, load_safetensors, read_file


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(7)
    return {"a.weight": torch.rand(40, 50), "b": torch.rand(3).half(), "n": torch.tensor(5)}


def same(found: object, state: dict[str, torch.Tensor]) -> None:
    assert isinstance(found, dict) and found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)


@pytest.mark.parametrize("name", ["w.safetensors", "w", "w.pth"])
def test_content_decides_not_the_name(
    tmp_path: Path, state: dict[str, torch.Tensor], name: str
) -> None:
    save_file(state, tmp_path / name)
    same(read_file(tmp_path / name), state)
    torch.save(state, tmp_path / name)
    same(read_file(tmp_path / name), state)
    torch.save(state, tmp_path / name, _use_new_zipfile_serialization=False)
    same(read_file(tmp_path / name), state)


def test_file_in_the_cache_of_the_hub(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    # models--owner--name/snapshots/<commit>/model.safetensors -> ../../blobs/<sha256>
    root = tmp_path / "models--timm--tiny"
    (root / "blobs").mkdir(parents=True)
    (root / "snapshots" / "abc").mkdir(parents=True)
    save_file(state, root / "blobs" / "0f1e")
    link = root / "snapshots" / "abc" / "model.safetensors"
    link.symlink_to("../../blobs/0f1e")
    same(read_file(link), state)
    same(read_file(root / "blobs" / "0f1e"), state)
    with pytest.raises(SestonError, match=r"is a folder; give the file in it: model\.safetensors"):
        read_file(link.parent)


def test_arguments_of_a_training_are_plain_data(
    tmp_path: Path, state: dict[str, torch.Tensor]
) -> None:
    torch.save({"model": state, "args": argparse.Namespace(lr=0.1)}, tmp_path / "a.pth")
    found = read_file(tmp_path / "a.pth")
    assert isinstance(found, dict) and found["args"].lr == 0.1


class Malicious:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("how", ["zip", "legacy", "pickle"])
def test_code_in_a_file_is_not_run(tmp_path: Path, how: str) -> None:
    mark, path = tmp_path / "ran", tmp_path / "weights.pth"
    content = {"model": {"weight": torch.zeros(1)}, "extra": Malicious(mark)}
    if how == "pickle":
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=how == "zip")
    named = "" if how == "pickle" else r" \((posix|nt)\.system\)"
    with pytest.raises(SestonError, match=f"more than tensors{named} and might run code"):
        read_file(path)
    assert not mark.exists()
    # the fault is real: an unguarded reader runs it
    if how == "pickle":
        pickle.loads(path.read_bytes())
        assert mark.exists()


def test_nothing_in_the_package_loads_unsafely() -> None:
    package = Path(content_fingerprint.__code__.co_filename).parents[1]
    loads = [
        node
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("load", "loads", "read_pickle")
        and ast.unparse(node.func.value) in ("torch", "pickle", "pd", "joblib")
    ]
    assert loads
    for node in loads:
        assert ast.unparse(node.func) == "torch.load"
        assert "weights_only=True" in map(ast.unparse, node.keywords)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"\xef\xbb\xbf<html>", "a web page"),
        (b"", "empty"),
        (b"\x08\x01ONNX", "neither a safetensors nor a PyTorch file"),
        (b'{"error": "not found"}', "neither a safetensors nor a PyTorch file"),
    ],
)
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_files_that_are_no_weights(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SestonError, match=message):
        read_file(tmp_path / name)


@pytest.mark.parametrize("how", ["safetensors", "zip", "legacy"])
@pytest.mark.parametrize("kept", [0.99, 0.5, 0.02])
def test_truncated_file(
    tmp_path: Path, state: dict[str, torch.Tensor], how: str, kept: float
) -> None:
    path = tmp_path / "w"
    if how == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=how == "zip")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    # In an old file one cannot always tell half a name of a class from a strange one.
    told = "cut short" if (how, kept) != ("legacy", 0.02) else "more than tensors .* or is damaged"
    with pytest.raises(SestonError, match=told):
        read_file(path)


def test_one_flipped_bit_in_a_pytorch_file(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "w.pth"
    torch.save(state, path)
    data = bytearray(path.read_bytes())
    data[data.index(state["a.weight"].numpy().tobytes()) + 99] ^= 1
    path.write_bytes(data)
    assert torch.load(path, weights_only=True)["a.weight"].isfinite().all()  # passes unseen
    with pytest.raises(SestonError, match="damaged, the checksum"):
        read_file(path)


def test_damaged_header(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "w.safetensors"
    save_file(state, path)
    data = bytearray(path.read_bytes())
    data[12] ^= 0x80
    path.write_bytes(data)
    with pytest.raises(SestonError, match="not a whole safetensors file"):
        read_file(path)


def test_fingerprint_of_another_content(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "w.safetensors"
    card = json.dumps({"name": "x"})
    tags = {"seston.backbone": card, "seston.fingerprint": content_fingerprint(card, state)}
    save_file(state, path, tags)
    tensors, metadata = load_safetensors(path)
    same(tensors, state)
    assert metadata == tags
    copy = tmp_path / "copy"
    shutil.copy(path, copy)
    data = bytearray(copy.read_bytes())
    data[-3] ^= 1
    copy.write_bytes(data)
    with pytest.raises(SestonError, match=r"is not what was written .* damaged or changed"):
        load_safetensors(copy)
    save_file(state, copy, tags | {"seston.backbone": card.replace("x", "y")})
    with pytest.raises(SestonError, match="is not what was written"):
        read_file(copy)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SestonError, match="expected hub, bundled, random or the path"):
        read_file(tmp_path / "bundeld")

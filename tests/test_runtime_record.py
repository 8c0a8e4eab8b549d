import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from seston.errors import SestonError
from seston.runtime.record import Method, Runtime, digest, read_runtime, write_runtime


@pytest.fixture
def written(tmp_path: Path) -> Runtime:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "model.bin").write_bytes(b"exported")
    runtime = Runtime(
        Method("openvino", precision="bf16"),
        batch_size=16,
        model="m1",
        image_size=64,
        dim=384,
        trained_on=None,
        sha256={
            "model": sha256(b"weights").hexdigest(),
            "model.bin": sha256(b"exported").hexdigest(),
        },
        images_per_second={"torch fp32": 40.0},
        agreement={"torch fp32": {"labels": 1.0}},
        why="because",
        machine="paper",
    )
    write_runtime(runtime, tmp_path)
    return runtime


def test_what_is_written_is_read_again(tmp_path: Path, written: Runtime) -> None:
    assert read_runtime(tmp_path, tmp_path / "model.safetensors") == written
    plain = json.loads((tmp_path / "runtime.json").read_text())
    assert (plain["engine"], plain["device"], plain["precision"]) == ("openvino", "cpu", "bf16")


@pytest.mark.parametrize("name", ["model.safetensors", "model.bin"])
def test_file_that_changed_since_is_named(tmp_path: Path, written: Runtime, name: str) -> None:
    (tmp_path / name).write_bytes(b"another")
    told = rf"{name}: found sha256 {sha256(b'another').hexdigest()[:12]}, but .*runtime.json was"
    with pytest.raises(SestonError, match=told):
        read_runtime(tmp_path, tmp_path / "model.safetensors")
    (tmp_path / name).unlink()
    with pytest.raises(SestonError, match=rf"{name}: file not found"):
        read_runtime(tmp_path, tmp_path / "model.safetensors")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"engine": "torch"}'])
def test_unreadable_record_is_the_user_s_to_mend(tmp_path: Path, text: str) -> None:
    (tmp_path / "runtime.json").write_text(text)
    with pytest.raises(SestonError, match="not readable as a choice of runtime"):
        read_runtime(tmp_path, tmp_path / "model.safetensors")


def test_absent_record_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(SestonError, match=r"runtime.json: file not found; run the stage runtime"):
        read_runtime(tmp_path, tmp_path / "model.safetensors")


def test_methods_have_plain_names() -> None:
    assert str(Method()) == "torch fp32"
    fast = Method("torch", "cuda", "bf16", channels_last=True, compiled=True)
    assert str(fast) == "torch bf16 channels last compiled"
    assert str(replace(fast, channels_last=False)) == "torch bf16 compiled"


def test_digest_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert digest(tmp_path / "a").startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")

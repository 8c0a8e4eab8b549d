import json
from pathlib import Path

import pytest

from seston.errors import SestonError
from seston.models.header import read_header
from seston.models.model_file import read_model
from seston.models.weights import backbone


def test_header_says_what_the_model_file_says(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=1, model=path)
    found = read_header(path)
    assert found["kind"] == "model" and found["fingerprint"] == read_model(path)[2]
    assert json.loads(found["backbone"])["name"] == "vit_test_patch8"


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"\x02" + bytes(7) + b"[]", b"short"])
def test_what_is_no_model_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(SestonError, match=r"model\.safetensors: not a readable model file"):
        read_header(path)
    with pytest.raises(SestonError, match="none: file not found"):
        read_header(tmp_path / "none")


def test_weights_of_another_origin_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    header = b'{"__metadata__": {"format": "pt"}}'
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(SestonError, match="a file without Seston metadata"):
        read_header(path)

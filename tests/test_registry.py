"""Names of backbones, and what belongs to each."""

import re
from pathlib import Path

import pytest
import timm

from seston.errors import SestonError
from seston.models.registry import REGISTRY, spec_of

DOCS = Path(__file__).parents[1] / "docs" / "models.md"


def test_registry_agrees_with_timm_on_the_transform() -> None:
    for spec in REGISTRY.values():
        if spec.size is not None:
            config = timm.get_pretrained_cfg(spec.name)
            assert (spec.mean, spec.std) == (config.mean, config.std), spec.name
            assert spec.size == config.input_size[-1], spec.name


def test_name_with_and_without_its_tag() -> None:
    assert spec_of("vit_small_patch8_224") is spec_of("vit_small_patch8_224.dino")


def test_another_tag_is_taken_from_timm() -> None:
    assert spec_of("resnet18.tv_in1k").name == "resnet18.tv_in1k"


def test_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(SestonError, match=r"did you mean .*vit_small3_patch8_64"):
        spec_of("vit_small3_patch8_46")


@pytest.mark.parametrize("name", ["vit_small_patch8_242", "vit_small_patch8_224.dyno"])
def test_near_names_are_told_once_and_the_registrys_in_full_first(name: str) -> None:
    with pytest.raises(SestonError) as told:
        spec_of(name)
    near = str(told.value).split("did you mean ")[1].rstrip("?").split(" or ")
    assert near[0] == "vit_small_patch8_224.dino"
    assert len(near) == len({one.partition(".")[0] for one in near})
    full = {spec.name for spec in REGISTRY.values()}
    known = [one in full for one in near]
    assert known == sorted(known, reverse=True)


def test_spec_of_any_model_of_timm() -> None:
    vit, cnn = spec_of("test_vit"), spec_of("test_resnet")
    net = timm.create_model("test_vit", pretrained=False)
    assert (vit.patch, vit.dim, vit.depth) == (16, net.embed_dim, len(net.blocks))
    assert (cnn.patch, cnn.depth, cnn.feature, cnn.network) == (None, 0, "pool", "timm")


def test_documentation_lists_the_registry() -> None:
    table = DOCS.read_text(encoding="utf-8").split("## Which backbone")[1].split("\n## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")][1:]
    told = {
        name: numbers.strip()
        for _, names, _, numbers, *_ in rows
        for name, numbers in zip(re.findall(r"`([^`]+)`", names), numbers.split(","), strict=True)
    }
    lengths = {
        spec.name: str(spec.dim * (2 if spec.feature == "cls+mean" else 1))
        for spec in REGISTRY.values()
        if spec.name != "vit_test_patch8"
    }
    assert told == lengths

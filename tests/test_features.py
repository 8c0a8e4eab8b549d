"""The grammar of features, and that it needs no torch."""

import subprocess
import sys

import pytest

from seston.errors import SestonError
from seston.models.features import Part, parse_feature


@pytest.mark.parametrize(
    ("feature", "parts"),
    [
        ("pool", []),
        ("cls", [("cls", 12)]),
        ("mean", [("mean", 12)]),
        ("cls+mean", [("cls", 12), ("mean", 12)]),
        ("cls@9", [("cls", 9)]),
        ("cls@9+cls@12", [("cls", 9), ("cls", 12)]),
        ("mean@11", [("mean", 11)]),
        ("mean@1+cls", [("mean", 1), ("cls", 12)]),
    ],
)
def test_parts_in_the_order_given(feature: str, parts: list[tuple[str, int]]) -> None:
    assert parse_feature(feature, 12, "net") == tuple(Part(*part) for part in parts)


@pytest.mark.parametrize(
    "feature",
    ["csl", "", "cls@", "cls@0", "cls@x", "cls+", "+cls", "cls + mean", "pool+cls", "CLS"],
)
def test_typos_are_told_what_is_possible(feature: str) -> None:
    with pytest.raises(SestonError, match=r"backbone\.feature: found .*; expected auto, pool, or"):
        parse_feature(feature, 12, "net")


def test_block_that_the_network_does_not_have() -> None:
    with pytest.raises(SestonError, match="cls@9, but net has 8 blocks; use @1 to @8"):
        parse_feature("cls+cls@9", 8, "net")


def test_same_tokens_twice() -> None:
    with pytest.raises(SestonError, match="twice"):
        parse_feature("cls+cls@12", 12, "net")


def test_network_without_tokens_has_its_pool_alone() -> None:
    assert parse_feature("pool", 0, "resnet18") == ()
    with pytest.raises(SestonError, match=r"found cls, but resnet18 has neither .* use pool"):
        parse_feature("cls", 0, "resnet18")


def test_setting_can_be_checked_without_torch() -> None:
    code = "import sys, seston.models.features; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

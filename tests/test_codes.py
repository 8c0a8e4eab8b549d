"""Every code that a user can meet is explained in docs/codes.md, and no other is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from seston.change import group_words, methods, verdicts
from seston.community import record
from seston.instruments.frames.found import TEXTS
from seston.trust.flags import FLAGS, ODD

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "workflow" / "seston"
SECTIONS = {
    "Warnings of samples": "Flag",
    "Notes on images": "notes",
    "Rejections": "Rejection",
    "Flags of clusters": "cluster",
    "Flags of days, samples, groups and instruments": "circumstance",
    "Flags of trends": "trend",
    "Flags of the comparison of groups": "groups",
    "Flags of the community": "community",
}
#: How many codes each section has at least: guards the search itself.
LEAST = {"Flag": 40, "notes": 12, "Rejection": 25, "cluster": 15, "circumstance": 4}
LEAST |= {"trend": 10, "groups": 11, "community": 25}


def strings(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def written() -> dict[str, set[str]]:
    """Codes in the source: what Flag, Unusable, Rejection, `notes` and `reason` are given."""
    found: dict[str, set[str]] = {"Flag": set(), "notes": set(), "Rejection": set()}
    found |= {"cluster": set(FLAGS), "circumstance": set(ODD)}
    found["trend"] = set(methods.FLAGS) | set(verdicts.REFUSALS)
    found["groups"] = set(group_words.FLAGS)
    found["community"] = set(record.FLAGS) | set(record.REFUSALS)
    code = re.compile("[a-z]+(_[a-z]+)*")
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                place = {"Flag": 0, "Unusable": 0, "Rejection": 2}.get(name)
                if place is not None and len(node.args) > place:
                    kind = "Flag" if name == "Flag" else "Rejection"
                    found[kind].update(filter(code.fullmatch, strings(node.args[place])))
                owner = getattr(node.func, "value", None)
                if name in ("append", "extend") and getattr(owner, "id", "") == "notes":
                    found["notes"].update(filter(code.fullmatch, strings(node)))
            named = isinstance(node, ast.keyword) and node.arg == "notes"
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", 0)
            assigned = isinstance(node, ast.Assign | ast.AugAssign) and (
                getattr(target, "id", "") == "notes"
            )
            if isinstance(node, ast.Assign) and getattr(target, "id", "") == "reason":
                found["Rejection"].update(filter(code.fullmatch, strings(node.value)))
            if named or assigned:
                found["notes"].update(filter(code.fullmatch, strings(node.value)))
    found["notes"].add("identical")  # joined to those of a whole shard, in segment.py
    found["Flag"].update(TEXTS)
    found["Rejection"].discard("wrong_size")  # of a mask: told by the flag `mask_unusable`
    return found


def explained() -> dict[str, set[str]]:
    found = {}
    for section in (ROOT / "docs" / "codes.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        first_cells = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
        found[SECTIONS[title]] = {
            code for cell in first_cells for code in re.findall("`([a-z_]+)`", cell)
        }
    return found


@pytest.mark.parametrize("kind", LEAST)
def test_each_code_is_explained(kind):
    told, there = explained()[kind], written()[kind]
    assert len(there) >= LEAST[kind], sorted(there)
    assert sorted(there - told) == [], "not explained"
    assert sorted(told - there) == [], "explained, but never given"

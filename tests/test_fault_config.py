"""A file of settings that unfolds without end, or leads back to itself (fault 30)."""

import time
import tracemalloc

import pytest

from seston.errors import SestonError
from seston.yaml_file import require_readable


def bomb(levels: int, kind: str) -> str:
    """Nine times nine times nine …: a short file of 9**levels values."""
    lines = ["a0: &a0 " + ("[x, x]" if kind == "lists" else "{x: 1}")]
    for level in range(1, levels + 1):
        one = f"*a{level - 1}"
        inner = {
            "lists": "[" + ", ".join([one] * 9) + "]",
            "sections": "{" + ", ".join(f"k{number}: {one}" for number in range(9)) + "}",
            "merged": "{<<: [" + ", ".join([one] * 9) + "]}",
        }[kind]
        lines.append(f"a{level}: &a{level} {inner}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", ["lists", "sections", "merged"])
def test_aliases_that_swell_cost_no_time_and_no_memory(tmp_path, kind):
    path = tmp_path / "config.yaml"
    path.write_text("samples: samples.tsv\n" + bomb(20, kind))
    started = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(SestonError, match=r"config\.yaml, line \d+: with its aliases"):
            require_readable(path)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", ["a: &a [*a]", "cluster: &c {k: *c}", "a: &a [[x, {y: *a}]]"])
def test_aliases_that_lead_back_are_told(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(f"samples: samples.tsv\n{text}\n")
    with pytest.raises(SestonError, match=r"config\.yaml, line 2: an alias leads back"):
        require_readable(path)


def test_what_is_used_twice_is_fine(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("samples: s.tsv\ntrends: &t {period: day}\nother: *t\n" + bomb(3, "lists"))
    require_readable(path)

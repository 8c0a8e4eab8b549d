"""What fuzzing found and what it kept, again: no Atheris needed."""

import importlib
from pathlib import Path

import pytest

from fuzz import TARGETS

CORPUS = Path(__file__).parent / "fuzz" / "corpus"
KEPT = {target: sorted((CORPUS / target).iterdir()) for target in TARGETS}


@pytest.mark.parametrize("target", TARGETS)
def test_kept_inputs_are_refused_or_accounted_for(target, tmp_path):
    assert KEPT[target], "no input is kept"
    check = importlib.import_module(f"fuzz.{target}").check
    (tmp_path / "seeds").mkdir()
    (tmp_path / "bench").mkdir()
    for seed in importlib.import_module(f"fuzz.{target}").seeds(tmp_path / "seeds"):
        check(seed, tmp_path / "bench")
    for path in KEPT[target]:
        try:
            check(path.read_bytes(), tmp_path / "bench")
        except Exception as error:
            raise AssertionError(f"{path}: {error!r}") from error


def test_every_target_is_a_module_with_inputs_and_they_are_small():
    modules = {path.stem for path in CORPUS.parent.glob("*.py")}
    assert modules == {*TARGETS, "__init__", "tables", "run"}
    assert {path.name for path in CORPUS.iterdir()} == {*TARGETS}
    assert sum(path.stat().st_size for paths in KEPT.values() for path in paths) < 100_000

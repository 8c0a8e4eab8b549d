"""What the pages of docs/ tell people to type and to set is there."""

import inspect
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from itertools import takewhile
from pathlib import Path

import jsonschema
import pytest
import yaml

from conftest import REPOSITORY
from seston.cli import STAGES

DOCS = REPOSITORY / "docs"
READ = [REPOSITORY / "README.md", *sorted(DOCS.glob("*.md"))]
SCHEMA = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
#: Blocks of these pages that are settings of Snakemake's profiles, not of the run.
OF_PROFILES = {"set-resources", "default-resources", "slurm_account"}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text_of(page), re.M | re.S)
    return [re.sub(rf"^{indent}", "", block, flags=re.M) for indent, block in found]


def commands(page: Path) -> Iterator[list[str]]:
    """Yield what stands after ``python -m seston``, word by word."""
    for line in re.findall(r"python -m seston ([^`\n]*)", text_of(page)):
        yield shlex.split(line.split(" # ")[0].split(" > ")[0])


def sections(rule: dict, above: str = "") -> Iterator[str]:
    for name, inner in rule.get("properties", {}).items():
        yield f"{above}{name}"
        yield from sections(inner, f"{above}{name}.")


KEYS = set(sections(SCHEMA))


def rules() -> set[str]:
    text = "".join(path.read_text("utf-8") for path in [*REPOSITORY.glob("workflow/rules/*.smk")])
    text += (REPOSITORY / "Snakefile").read_text("utf-8")
    return set(re.findall(r"^ *(?:rule|checkpoint) (\w+):", text, re.M))


def test_commands_are_there_with_their_options():
    seen = 0
    for page in READ:
        for name, *words in commands(page):
            if name.startswith("<") or name == "…":
                continue
            assert name in STAGES, f"{page.name}: {name}"
            module, function = STAGES[name].split(":")
            known = inspect.signature(getattr(import_module(module), function)).parameters
            told = {word[2:].split("=")[0].replace("-", "_") for word in words if word[:2] == "--"}
            assert told <= set(known), f"{page.name}: {name} {told - set(known)}"
            seen += 1
    assert seen > 25


def test_settings_that_are_named_are_in_the_schema():
    tops = "|".join(SCHEMA["properties"])
    seen = 0
    for page in READ:
        for name in re.findall(rf"`((?:{tops})\.[a-z_]+(?:\.[a-z_]+)*)(?=[`:])", text_of(page)):
            if re.search(r"\.(tsv|yaml|parquet|json|md|zip|npz|txt|html|py|smk|csv)$", name):
                continue
            assert name in KEYS, f"{page.name}: {name}"
            seen += 1
    assert seen > 80


def test_defaults_that_are_told_are_those_of_the_schema():
    """Of tables that begin with "setting" and "default"."""
    seen = 0
    for page in READ:
        for section, table in re.findall(
            r"^\| setting \(`([a-z_.]+):`\) \| default .*\n\|[-| ]+\|\n((?:\|.*\n)+)",
            text_of(page),
            re.M,
        ):
            for names, told in re.findall(r"^\| (`.*?`) \| (.*?) \|", table, re.M):
                for name in re.findall("`([a-z_]+)`", names):
                    rule = SCHEMA
                    for part in f"{section}.{name}".split("."):
                        rule = rule["properties"][part]
                    # Told in words, or not at all: nothing is set.
                    plain = re.fullmatch(r"`.*`|[\d.]+", told)
                    written = yaml.safe_load(told.strip("`")) if plain else ""
                    assert written == rule["default"], f"{page.name}: {section}.{name}"
                    seen += 1
    assert seen > 20


def test_blocks_of_settings_are_valid():
    seen = 0
    for page in READ:
        for block in blocks(page, "yaml"):
            given = yaml.safe_load(block)
            if set(given) & OF_PROFILES:
                continue
            settings = {"samples": "samples.tsv"} | given
            # 2024-05-01 without quotation marks is a date to YAML, which the workflow takes.
            jsonschema.Draft202012Validator(SCHEMA).validate(settings)
            seen += 1
    assert seen > 10


def test_targets_of_snakemake_are_rules_or_files_of_a_run():
    known, seen = rules(), 0
    for page in READ:
        for line in re.findall(r"^ *snakemake +([^\n]*)", text_of(page), re.MULTILINE):
            line = re.sub(r"^--(?:cores|profile) \w+ |^-R ", "", line.split(" # ")[0])
            for word in takewhile(lambda word: not word.startswith("-"), shlex.split(line)):
                assert word in known or word.startswith("results/"), f"{page.name}: {line}"
                seen += 1
    assert seen > 12


@pytest.mark.parametrize("page", READ, ids=lambda page: page.name)
def test_benchmarks_that_are_named_are_there(page):
    for path in re.findall(r"\b(benchmarks/\w+\.py)\b", text_of(page)):
        assert (REPOSITORY / path).is_file(), path

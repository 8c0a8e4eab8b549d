"""docs/config.md: every setting as the schema has it, and the rules that read it."""

import importlib.util
import json
import re
import sys

import pytest
import yaml

from conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "config.md"
SCHEMA = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
TEXT = PAGE.read_text(encoding="utf-8")


def settings(section: dict, above: str = "") -> dict[str, dict]:
    """Return every setting of the schema by its full name."""
    found = {}
    for name, rule in section["properties"].items():
        inner = (
            settings(rule, f"{above}{name}.") if "properties" in rule else {f"{above}{name}": rule}
        )
        found |= inner
    return found


def told() -> dict[str, str]:
    """Return what the page says of each setting."""
    return dict(re.findall(r"^### (\S+)\n\n(.*?)(?=\n##|\Z)", TEXT, re.MULTILINE | re.DOTALL))


def test_the_page_is_what_the_schema_makes_of_it(monkeypatch):
    place = REPOSITORY / "docs" / "mkdocs" / "settings.py"
    spec = importlib.util.spec_from_file_location("settings_of_the_docs", place)
    writer = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec.loader.exec_module(writer)
    assert writer.page() == TEXT, "run: python docs/mkdocs/settings.py"


def test_every_setting_is_there_and_no_other():
    assert set(told()) == set(settings(SCHEMA))
    assert len(told()) > 100


@pytest.mark.parametrize("name", settings(SCHEMA))
def test_type_default_and_description_are_the_schemas(name):
    rule, text = settings(SCHEMA)[name], told()[name]
    first, _, rest = text.partition("\n\n")
    if "default" in rule:
        written = first.split("default `")[1].removesuffix("`")
        default = rule["default"]
        assert (
            written == default
            if isinstance(default, str) and default
            else (json.loads(written) == default)
        )
    else:
        assert first.endswith("**required**") and name in SCHEMA["required"]
    for value in rule.get("enum", []):
        assert f"`{value or json.dumps(value)}`" in first
    for limit in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if limit in rule:
            numbers = [float(one.replace(",", "")) for one in re.findall(r"-?\d[\d,.]*\b", first)]
            assert rule[limit] in numbers, limit
    assert " ".join(rule["description"].split()).rstrip(".") in rest.replace("\\", "")


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("cluster.coarse", ["tree"]),
        ("tiles.size", ["tiles", "backbone", "adopt"]),
        ("trends.alpha", ["changes", "groups"]),
        ("density.fit", ["map"]),
        ("segment.frames.split", ["segment"]),
        ("export.ecotaxa.archive_mb", ["ecotaxa"]),
        # By way of a constant above the rules, of the plan, and of a whole section.
        ("cluster.pca", ["sweep", "kmeans"]),
        ("backbone.weights", ["backbone"]),
        ("embed.engine", ["runtime", "embed_settings"]),
    ],
)
def test_rules_that_read_a_setting_are_named(name, rules):
    [named] = re.findall(r"^Read by (.*)\.$", told()[name], re.MULTILINE)
    assert re.findall(r"`(\w+)`", named) == rules


def test_every_setting_is_read_by_a_rule():
    """But the number of channels, of which there is one choice only."""
    silent = {name for name, text in told().items() if "\nRead by " not in text}
    assert silent == {"tiles.channels"}

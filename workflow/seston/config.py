"""The settings of a run: checked against the schema, with defaults filled in.

All mistakes are told at once, each with the path of its key.
"""

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from seston.errors import SestonError
from seston.mistakes import explain

SCHEMA = Path(__file__).parents[1] / "schemas" / "config.schema.yaml"


def complete(config: dict[str, Any], schema: Path = SCHEMA) -> dict[str, Any]:
    """Check a configuration and return it with every default filled in.

    Parameters
    ----------
    config : dict
        As read from ``config.yaml``.
    schema : pathlib.Path
        JSON schema (draft 2020-12) in YAML.

    Raises
    ------
    SestonError
        Listing every mistake.
    """
    rules = yaml.safe_load(schema.read_text(encoding="utf-8"))
    # `cluster:` with nothing behind it is a section that leaves all to the defaults.
    sections = {key for key, rule in rules["properties"].items() if rule.get("type") == "object"}
    config = {
        key: {} if value is None and key in sections else _dates_as_text(value)
        for key, value in config.items()
    }
    found = sorted(
        jsonschema.Draft202012Validator(rules).iter_errors(config),
        key=lambda error: list(map(str, error.absolute_path)),
    )
    # A value may break several rules (empty and of the wrong form): the sentence is the same.
    mistakes = list(dict.fromkeys(line for error in found for line in explain(error)))
    mistakes += list(_impossible(config))
    if mistakes:
        raise SestonError("config: " + "\n        ".join(mistakes))
    return _filled(config, rules)


def _impossible(value: Any, place: str = "") -> Iterator[str]:
    """Yield a sentence for what passes any range of the schema: .nan, .inf, text with a NUL."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{place}: found {value}, expected a finite number"
    elif isinstance(value, str) and "\0" in value:
        yield f"{place}: found a letter of value 0 in {value!r}, which no name of a file can have"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _impossible(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _impossible(inner, f"{place}, value {number}")


def _dates_as_text(value: Any) -> Any:
    """Return the settings with dates as ISO text: without quotes, YAML reads 2024-05-01 as one."""
    if isinstance(value, dict):
        return {key: _dates_as_text(inner) for key, inner in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _filled(value: dict[str, Any], rules: dict[str, Any]) -> dict[str, Any]:
    known = rules.get("properties", {})
    full = {key: value.get(key, rule.get("default")) for key, rule in known.items()}
    return {
        key: _filled(full[key], rule) if "properties" in rule else full[key]
        for key, rule in known.items()
    }

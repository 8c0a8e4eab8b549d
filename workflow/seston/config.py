"""The settings of a run: checked against the schema, with defaults filled in.

All mistakes are told at once, each with the path of its key and, for an
unknown key, the nearest known one.
"""

import difflib
import re
from collections.abc import Hashable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from seston.errors import SestonError

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
    mistakes = [line for error in found for line in _explain(error)]
    if mistakes:
        raise SestonError("config: " + "\n        ".join(mistakes))
    return _filled(config, rules)


def repeated_keys(path: Path) -> list[str]:
    """Return the keys that stand twice in one mapping of a YAML file, with lines.

    YAML readers keep the last of them without a word.
    """
    tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    return list(_repeated(tree, path)) if tree is not None else []


def _explain(error: jsonschema.ValidationError) -> Iterator[str]:
    where = ".".join(map(str, error.absolute_path)) or "top level"
    rule: Any = error.schema
    given: Any = error.instance
    if error.validator == "additionalProperties":
        known = list(rule.get("properties", {}))
        for key in sorted(set(given) - set(known), key=str):
            full = ".".join([*map(str, error.absolute_path), str(key)])
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = (
                f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known) or '-'}"
            )
            yield f"unknown key {full!r}; {hint}"
    elif error.validator == "required":
        yield f"{where}: {error.message}"
    else:
        about = " ".join(rule.get("description", "").split())
        if error.validator == "anyOf":  # jsonschema's own words name no type
            yield f"{where}: found {given!r} ({about}){_hint(given)}"
            return
        hint = _hint(given, rule.get("enum", ()))
        yield f"{where}: {error.message}{f' ({about})' if about else ''}{hint}"


def _hint(given: Any, words: Sequence[Any] = ()) -> str:
    """Say how YAML reads what people write, and which of the words they may have meant."""
    near = difflib.get_close_matches(given, map(str, words), n=1) if isinstance(given, str) else []
    if near:
        return f"; did you mean {near[0]!r}?"
    if isinstance(given, str) and re.fullmatch(r"[-+]?\d+e[-+]?\d+", given, re.IGNORECASE):
        digits, power = given.lower().split("e")
        return f"; YAML takes {given} for text: write {digits}.0e{int(power):+d}"
    if isinstance(given, bool):
        return "; YAML takes yes, no, on and off for true and false: quote the word"
    return ""


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


def _repeated(node: yaml.Node, path: Path) -> Iterator[str]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item, path)
    if isinstance(node, yaml.MappingNode):
        seen: dict[Hashable, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                first = seen[key.value]
                yield f"{path}, line {line}: {key.value!r} stands here and in line {first}"
            seen[key.value] = line
            yield from _repeated(value, path)

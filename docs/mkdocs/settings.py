"""The reference of all settings, docs/config.md, written from the schema.

Run it after a change of the schema or of what rules read: ``python docs/mkdocs/settings.py``.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parent))

from readers import readers

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
PAGE = ROOT / "docs" / "config.md"
HEAD = """# Settings

Every setting of a run, its type and range, its default, and the rules that read it. This page is
written from [the schema](../workflow/schemas/config.schema.yaml) by
`python docs/mkdocs/settings.py`; a test keeps the two equal.

* A configuration stands alone: your file, named with `--configfile`, takes the place of
  [config.yaml](../config.yaml). What you leave out takes the default given here, not the value that
  the example has.
* A key that is not listed here is an error, which names the nearest one that is.
* Paths are relative to the working directory.
* **Read by** names the rules that read the setting. When it changes, these run again, and whatever
  follows from them ([what runs again](../README.md#run-a-part-or-again)). The report and the
  manifest state all settings, so a changed setting makes these two again in any case.
  `finetune.method: none`, `cluster.frozen` and `classify.head` also decide which rules there are.

Partitions, memory, time and threads are no settings but stand in profiles:
[cluster.md](cluster.md).
"""
#: Where a section, or a single setting, is explained.
MORE = {
    "segment.frames": "[instruments.md](instruments.md#raw-frames-of-cameras-and-scanners)",
    "tiles": "[models.md](models.md#which-backbone)",
    "backbone": "[models.md](models.md)",
    "finetune": "[models.md](models.md#training-on-your-own-images)",
    "embed": "[models.md](models.md#how-embeddings-are-computed-embedengine)",
    "evaluate": "[models.md](models.md#did-training-help)",
    "cluster": "[clusters.md](clusters.md)",
    "cluster.sweep": "[clusters.md](clusters.md#how-many-clusters)",
    "density": "[clusters.md](clusters.md#from-embeddings-to-clusters)",
    "trends": "[trends.md](trends.md)",
    "labels": "[labels.md](labels.md)",
    "classify": "[semi-supervised.md](semi-supervised.md)",
    "classify.efficiency": "[semi-supervised.md](semi-supervised.md#how-few-labels-are-enough)",
    "report": "[pages.md](pages.md)",
    "export": "[exports.md](exports.md)",
}
#: So many rules read it that their names would not help.
MANY = 12


def page() -> str:
    """Return the text of docs/config.md."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    read_by = readers([key for key, rule in walk(schema) if "properties" not in rule])
    parts = [HEAD, "## General\n"]
    for key, rule in walk(schema):
        if "properties" in rule:
            parts.append(_section(key, rule))
        else:
            parts.append(_setting(key, rule, read_by[key], required=key in schema["required"]))
    return "\n".join(parts)


def walk(rule: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every section and setting with its key; of a section, first its settings."""
    inner = rule.get("properties", {})
    for name in sorted(inner, key=lambda name: "properties" in inner[name]):
        yield f"{above}{name}", inner[name]
        yield from walk(inner[name], f"{above}{name}.")


def kind(rule: dict[str, Any]) -> str:
    """Return the type and range of a value in words."""
    if "enum" in rule:
        values = [_code(value) for value in rule["enum"]]
        return values[0] if len(values) == 1 else f"one of {', '.join(values)}"
    if "const" in rule:
        return _code(rule["const"])
    if "anyOf" in rule:
        return ", or ".join(kind(one) for one in rule["anyOf"])
    return {
        "integer": lambda: f"whole number{_range(rule)}",
        "number": lambda: f"number{_range(rule)}",
        "boolean": lambda: "`true` or `false`",
        "string": lambda: _text(rule),
        "array": lambda: f"list of [{kind(rule['items'])}]{_length(rule)}",
        "object": lambda: f"names, each with [{kind(rule['additionalProperties'])}]",
    }[rule["type"]]()


def _section(key: str, rule: dict[str, Any]) -> str:
    text = f"## {key}\n\n{_sentence(rule['description'])}"
    more = MORE.get(key, "")
    export = f"exports-{key.removeprefix('export.').replace('_', '-')}.md"
    if key.startswith("export.") and (PAGE.parent / export).is_file():
        more = f"[{export}]({export})"
    return text + (f" More: {more}.\n" if more else "\n")


def _setting(key: str, rule: dict[str, Any], rules: list[str], *, required: bool) -> str:
    default = "**required**" if required else f"default {_code(rule['default'])}"
    text = f"### {key}\n\n{kind(rule)}; {default}\n\n{_sentence(rule['description'])}\n"
    if not rules:
        return text
    names = ", ".join(f"`{name}`" for name in rules)
    return f"{text}\nRead by {names if len(rules) < MANY else 'nearly all rules'}.\n"


def _sentence(text: str) -> str:
    """Return a description as a sentence; names of files below <model> are no tags."""
    text = " ".join(text.split()).replace("<", "\\<")
    return text if text.endswith((".", '"')) else f"{text}."


def _text(rule: dict[str, Any]) -> str:
    longest = f" of at most {rule['maxLength']} letters" if "maxLength" in rule else ""
    return f"text{longest}, not empty" if rule.get("minLength") else f"text{longest}"


def _range(rule: dict[str, Any]) -> str:
    """Return the limits of a number."""
    words = {
        "minimum": "from",
        "exclusiveMinimum": "above",
        "maximum": "to",
        "exclusiveMaximum": "below",
    }
    limits = [f"{word} {_plain(rule[key])}" for key, word in words.items() if key in rule]
    joined = (
        " and ".join(limits)
        if len(limits) == 2 and limits[1].startswith("below")
        else " ".join(limits)
    )
    unlike = f", not {_plain(rule['not']['const'])}" if "not" in rule else ""
    return f" {joined}{unlike}" if limits else ""


def _length(rule: dict[str, Any]) -> str:
    """Return how long a list may be."""
    least, most = rule.get("minItems", 0), rule.get("maxItems")
    if most is None:
        return f", at least {least} of them" if least else ""
    return f", {least} to {most} of them"


def _plain(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:f}".rstrip("0")


def _code(value: Any) -> str:
    if isinstance(value, float) and value < 0.001 and value:
        return f"`{_plain(value)}`"
    written = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return f"`{written}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

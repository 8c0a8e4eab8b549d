"""A file of settings before its values are taken: what YAML cannot read, or drops in silence."""

import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from seston.errors import SestonError


def require_readable(path: Path) -> None:
    """Raise `SestonError` for what a YAML reader stumbles over, or drops without a word.

    Told with their lines: text that is no YAML, keys that stand twice in one mapping (readers
    keep the last), and values that look like a date and are none of the calendar.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SestonError(
            f"{path}, line {line}: found byte {error.object[error.start]:#04x}, expected text in"
            " UTF-8; save the file in this encoding"
        ) from None
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        if _is_json(text):  # where tabs are welcome
            return
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SestonError(
            f"{path}{where}: not YAML: {error.problem}; each key is `name: value`, those of one"
            " section indented alike with spaces, never tabs"
        ) from None
    except yaml.YAMLError as error:
        raise SestonError(f"{path}: not YAML: {error}") from None
    mistakes = list(_mistakes(tree)) if tree is not None else []
    if mistakes:
        raise SestonError("\n        ".join(f"{path}, {mistake}" for mistake in mistakes))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _mistakes(node: yaml.Node) -> Iterator[str]:
    if isinstance(node, yaml.ScalarNode):
        yield from _no_date(node)
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _mistakes(item)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                yield f"line {line}: found a list or a section as a key, expected a name"
                continue
            if key.value in seen:
                yield (
                    f"line {line}: a key stands twice: {key.value!r} stands here and in line"
                    f" {seen[key.value]}"
                )
            seen[key.value] = line
            yield from _mistakes(value)


def _no_date(node: yaml.ScalarNode) -> Iterator[str]:
    try:
        yaml.constructor.SafeConstructor().construct_object(node)
    except ValueError as error:
        yield (
            f"line {node.start_mark.line + 1}: found {node.value}, expected a date of the calendar"
            f" as YYYY-MM-DD ({error})"
        )
    except yaml.YAMLError:  # tags of other tools: Snakemake says what it takes
        return

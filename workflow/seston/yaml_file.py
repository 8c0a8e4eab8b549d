"""A file of settings before its values are taken: what YAML cannot read, drops or alters."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import yaml

from seston.errors import SestonError
from seston.mistakes import SHOWN

#: Values that settings unfold to at most; the longest lists there are have some thousand.
_MOST_VALUES = 100_000
#: What makes a file a template for Snakemake (of YTE).
_TEMPLATE = "__use_yte__"
# What YAML 1.1 takes for other numbers than people do: 0123 for 83, 12:30 for 750.
_OCTAL = re.compile(r"[-+]?0[0-7_]*[1-9][0-7_]*")
_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")


def require_readable(path: Path) -> None:
    """Raise `SestonError` for what a YAML reader stumbles over, or drops or alters without a word.

    Told with their lines: text that is no YAML, keys that stand twice in one mapping (readers
    keep the last), values that look like a date and are none of the calendar, numbers that YAML
    reads as others, tags and templates (by which a file asks for more than values), and aliases
    that lead back to where they stand, or unfold to more than a machine holds.
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
        _require_small(path, tree, {})
        mistakes = list(_mistakes(tree, set())) if tree is not None else []
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
    except RecursionError:
        raise SestonError(f"{path}: nested too deeply; settings are in sections of keys") from None
    except (ValueError, OverflowError) as error:  # of an escaped letter beyond Unicode
        raise SestonError(f"{path}: not YAML: a letter that there is not ({error})") from None
    if mistakes:
        raise SestonError("\n        ".join(f"{path}, {mistake}" for mistake in mistakes))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _require_small(path: Path, node: yaml.Node | None, sizes: dict[int, int]) -> int:
    """Return how many values a node unfolds to, with those that aliases repeat."""
    if node is None or isinstance(node, yaml.ScalarNode):
        return 1
    if not sizes.setdefault(id(node), 0):  # 0 while it is being counted
        parts = chain(*node.value) if isinstance(node, yaml.MappingNode) else node.value
        size = 1
        for part in parts:
            if sizes.get(id(part)) == 0:
                line = part.start_mark.line + 1
                raise SestonError(f"{path}, line {line}: an alias leads back to where it stands")
            size += _require_small(path, part, sizes)
        if size > _MOST_VALUES:
            raise SestonError(
                f"{path}, line {node.start_mark.line + 1}: with its aliases it unfolds to more than"
                f" {_MOST_VALUES:,} values, expected some hundred at most"
            )
        sizes[id(node)] = size
    return sizes[id(node)]


def _mistakes(node: yaml.Node, seen: set[int]) -> Iterator[str]:
    """Yield the mistakes in a node and in all that it holds, each of them once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield from _misread(node)
    elif node.tag not in (yaml.resolver.Resolver.DEFAULT_MAPPING_TAG,
                          yaml.resolver.Resolver.DEFAULT_SEQUENCE_TAG):  # fmt: skip
        yield _tagged(node)
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _mistakes(item, seen)
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                yield f"line {line}: found a list or a section as a key, expected a name"
                continue
            if key.value in lines:
                yield (
                    f"line {line}: a key stands twice: {key.value!r} stands here and in line"
                    f" {lines[key.value]}"
                )
            lines[key.value] = line
            if key.value == _TEMPLATE:
                yield (
                    f"line {line}: found the key {_TEMPLATE}, with which Snakemake would run parts"
                    " of the file as Python; settings are values: write them out"
                )
            yield from _mistakes(value, seen)


def _misread(node: yaml.ScalarNode) -> Iterator[str]:
    """Yield what is wrong with a single value: another one than it looks like, or none."""
    line = f"line {node.start_mark.line + 1}: found {_cut(node.value)}"
    plain = node.style is None  # neither in quotes nor a block of text
    try:
        value = yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, LookupError, AttributeError):  # also of !!int '' and !!timestamp x
        yield _tagged(node)
    except ValueError as error:
        if node.tag == "tag:yaml.org,2002:timestamp":
            yield f"{line}, expected a date of the calendar as YYYY-MM-DD ({error})"
        else:
            yield f"{line}, expected a value that it can stand for ({error})"
    else:
        plain = plain and not isinstance(value, str)  # 08 is text: there is no eight among eights
        if plain and _OCTAL.fullmatch(node.value):
            shown = node.value.replace("_", "")
            yield (
                f"{line}, which YAML takes for {value}, by counting in eights; write"
                f" {int(shown)}, or '{node.value}' in quotes for text"
            )
        if plain and _SIXTIES.fullmatch(node.value):
            yield (
                f"{line}, which YAML takes for {value}, by counting in sixties; write"
                f" '{node.value}' in quotes for text"
            )


def _tagged(node: yaml.Node) -> str:
    tag = node.tag.replace("tag:yaml.org,2002:", "!!")
    return (
        f"line {node.start_mark.line + 1}: found the tag {_cut(tag)}, expected a plain value;"
        " settings take no tags, and nothing that a tag asks for is done"
    )


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + f" … ({len(text)} characters)"

"""Mistakes against the schema of the settings: what was found, and what is expected, in words."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema

#: Characters of a value that a sentence repeats.
SHOWN = 60


def explain(error: jsonschema.ValidationError) -> Iterator[str]:
    """Yield a sentence for each mistake that the validator found at one place.

    Unknown keys come with the nearest known one, values with what the rule expects and its
    description.
    """
    rule: Any = error.schema
    given: Any = error.instance
    if error.validator == "additionalProperties":
        known = list(rule.get("properties", {}))
        for key in sorted(set(given) - set(known), key=str):
            near = difflib.get_close_matches(str(key), known, n=1)
            here = ", ".join(known) or "-"
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {here}"
            yield f"unknown key {_place([*error.absolute_path, str(key)])!r}; {hint}"
    elif error.validator == "required":
        for key in sorted(set(rule["required"]) - set(given)):
            expected = _about(rule["properties"][key])
            yield f"{_place([*error.absolute_path, key])}: missing{expected}"
    else:
        hint = _hint(given, rule.get("enum", ()))
        yield (
            f"{_place(error.absolute_path)}: found {_shown(given)}, expected"
            f" {expected_by(rule)}{_about(rule)}{hint}"
        )


def expected_by(rule: Mapping[str, Any]) -> str:
    """Return what a rule of the schema expects, in words.

    ``{"type": "number", "exclusiveMinimum": 0, "maximum": 1}`` is
    ``"a number, above 0 and at most 1"``.
    """
    if "anyOf" in rule:
        return "; or ".join(map(expected_by, rule["anyOf"]))
    if "const" in rule:
        return _word(rule["const"])
    if "enum" in rule:
        return _either([_word(word) for word in rule["enum"]])
    kind = rule.get("type")
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _range(rule)
    if kind == "boolean":
        return "true or false"
    if kind == "array":
        most = f" of at most {rule['maxItems']}" if "maxItems" in rule else ""
        if "minItems" in rule:
            most = f" of at least {rule['minItems']}{most.replace(' of', ' and', 1)}"
        differing = ", no two alike" if rule.get("uniqueItems") else ""
        return f"a list in brackets{most}, each {expected_by(rule['items'])}{differing}"
    if kind == "object":
        keys = list(rule.get("properties", {}))
        named = f": {', '.join(keys)}" if keys else ""
        return f"keys of its own, indented below it{named}"
    most = f" of at most {rule['maxLength']} characters" if "maxLength" in rule else ""
    examples = [repr(example) for example in rule.get("examples", ())]
    like = f", such as {_either(examples)}" if examples else ""
    like = like or (" of the form that is described" if "pattern" in rule else "")
    return f"{'some text' if 'minLength' in rule else 'text'}{most}{like}"


def _range(rule: Mapping[str, Any]) -> str:
    low = [f"at least {rule['minimum']}"] if "minimum" in rule else []
    low += [f"above {rule['exclusiveMinimum']}"] if "exclusiveMinimum" in rule else []
    high = [f"at most {rule['maximum']}"] if "maximum" in rule else []
    high += [f"below {rule['exclusiveMaximum']}"] if "exclusiveMaximum" in rule else []
    within = " and ".join(low + high)
    if "minimum" in rule and "maximum" in rule:
        within = f"{rule['minimum']} to {rule['maximum']}"
    return (f", {within}" if within else "") + (
        f", but not {rule['not']['const']}" if "not" in rule else ""
    )


def _place(path: Sequence[Any]) -> str:
    """Return the path of a key with points: of a list's values, ``sweep.k, value 1``."""
    names = [str(part) for part in path if isinstance(part, str)]
    values = "".join(f", value {part + 1}" for part in path if isinstance(part, int))
    return (".".join(names) or "top level") + values


def _shown(given: Any) -> str:
    """Return a value as it stands in the file, cut where it is long."""
    if given is None:
        return "nothing"
    if isinstance(given, bool):
        return _word(given)
    text = repr(given)
    if len(text) <= SHOWN:
        return text
    many = f" ({len(given)} values)" if isinstance(given, list) else f" ({len(text)} characters)"
    return text[:SHOWN] + " …" + many


def _word(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _about(rule: Mapping[str, Any]) -> str:
    about = " ".join(rule.get("description", "").split())
    return f" ({about})" if about else ""


def _hint(given: Any, words: Sequence[Any]) -> str:
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

"""What the schema expects, in sentences; never in its own terms."""

import re

import jsonschema
import pytest
import yaml

from seston.config import SCHEMA, complete
from seston.errors import SestonError
from seston.mistakes import expected_by, explain


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"type": "integer"}, "a whole number"),
        ({"type": "integer", "minimum": 2}, "a whole number, at least 2"),
        ({"type": "integer", "minimum": 99, "maximum": 999}, "a whole number, 99 to 999"),
        ({"type": "number", "maximum": 3}, "a number, at most 3"),
        (
            {"type": "number", "exclusiveMinimum": 0.5, "exclusiveMaximum": 1},
            "a number, above 0.5 and below 1",
        ),
        (
            {"type": "integer", "minimum": 0, "not": {"const": 1}},
            "a whole number, at least 0, but not 1",
        ),
        ({"type": "boolean"}, "true or false"),
        ({"enum": ["day"]}, "day"),
        ({"enum": ["hour", "day", "week"]}, "hour, day or week"),
        ({"anyOf": [{"type": "integer"}, {"const": "auto"}]}, "a whole number; or auto"),
        ({"type": "string"}, "text"),
        ({"type": "string", "minLength": 1, "maxLength": 9}, "some text of at most 9 characters"),
        (
            {"type": "string", "pattern": "^x+$", "examples": ["x", "xx"]},
            "text, such as 'x' or 'xx'",
        ),
        ({"type": "string", "pattern": "^x+$"}, "text of the form that is described"),
        (
            {"type": "array", "maxItems": 4, "items": {"type": "number"}, "uniqueItems": True},
            "a list in brackets of at most 4, each a number, no two alike",
        ),
        (
            {"type": "array", "minItems": 1, "maxItems": 8, "items": {"type": "string"}},
            "a list in brackets of at least 1 and at most 8, each text",
        ),
        (
            {"type": "array", "minItems": 2, "items": {"type": "string"}},
            "a list in brackets of at least 2, each text",
        ),
        (
            {"type": "object", "properties": {"k": {}, "pca": {}}},
            "keys of its own, indented below it: k, pca",
        ),
    ],
)
def test_a_rule_in_words(rule, expected):
    assert expected_by(rule) == expected


def told(**settings) -> str:
    with pytest.raises(SestonError) as caught:
        complete({"samples": "s.tsv", **settings})
    return str(caught.value)


def test_a_sentence_says_what_was_found_what_is_expected_and_what_it_is_for():
    assert told(trends={"permutations": 10}).startswith(
        "config: trends.permutations: found 10, expected a whole number, 99 to 99999 (Random orders"
    )
    assert told(trends={"period": None}).startswith(
        "config: trends.period: found nothing, expected hour, day, week or month (Samples of"
    )
    assert told(segment={"clean": "ja"}).startswith(
        "config: segment.clean: found 'ja', expected true or false"
    )


def test_a_key_that_is_a_number_is_a_key():
    with pytest.raises(SestonError, match="unknown key '7'; known here: samples, seed"):
        complete({"samples": "s.tsv", 7: 1})


def test_a_value_of_a_list_is_counted_from_one():
    assert "cluster.sweep.k, value 2: found 'x', expected a whole" in told(
        cluster={"sweep": {"k": [3, "x"]}}
    )


def test_a_section_that_is_a_value_names_its_keys():
    assert "labels: found 'l.tsv', expected keys of its own, indented below it: file" in told(
        labels="l.tsv"
    )


def test_long_values_are_cut():
    text = told(attention={"ids": ["x"] * 65})
    assert "'x', … (65 values), expected a list in brackets of at most 64" in text
    assert text.count("'x'") < 20
    assert "… (302 characters), expected" in told(report={"title": "t" * 300})


def walk(rule, path=()):
    for key, inner in rule.get("properties", {}).items():
        yield (*path, key), inner
        yield from walk(inner, (*path, key))


class Odd:
    """A value of no type that a schema knows."""

    def __repr__(self):
        return "<odd>"


def test_no_setting_is_refused_in_the_schema_s_own_terms():
    rules = yaml.safe_load(SCHEMA.read_text())
    schema = jsonschema.Draft202012Validator(rules)
    paths = [path for path, _ in walk(rules)]
    assert len(paths) > 80
    for path in paths:
        settings: dict = {"samples": "s.tsv"}
        inner = settings
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        inner[path[-1]] = Odd()
        told = {line for error in schema.iter_errors(settings) for line in explain(error)}
        assert len(told) == 1
        (line,) = told
        assert line.startswith(f"{'.'.join(path)}: found <odd>, expected ")
        assert not re.search(r"is not of type|\^\(|minimum of|does not match|None", line)

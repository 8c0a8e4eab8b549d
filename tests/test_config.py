"""The settings: defaults, and every mistake told at once."""

from dataclasses import asdict

import pytest
import yaml

from seston.config import SCHEMA, complete
from seston.errors import SestonError
from seston.imaging.settings import FrameSettings


def test_defaults_are_filled_in_at_every_depth():
    full = complete({"samples": "s.tsv", "cluster": {"k": 7}})
    rules = yaml.safe_load(SCHEMA.read_text())["properties"]
    assert full["cluster"]["k"] == 7
    assert full["cluster"]["iterations"] == rules["cluster"]["properties"]["iterations"]["default"]
    assert full["tiles"] == {"size": 64, "channels": 3}
    assert set(full) == set(rules)


def test_every_key_of_the_shipped_config_is_known_and_every_known_key_is_shipped(repository):
    shipped = yaml.safe_load((repository / "config.yaml").read_text())
    full = complete(shipped)
    assert set(shipped) == set(full)
    for section, values in full.items():
        if isinstance(values, dict):
            assert set(shipped[section]) == set(values), section


def test_every_setting_has_a_description_and_a_default():
    def walk(rule, path):
        assert "description" in rule, path
        assert "default" in rule or path == ["samples"], path
        for key, inner in rule.get("properties", {}).items():
            walk(inner, [*path, key])

    for key, rule in yaml.safe_load(SCHEMA.read_text())["properties"].items():
        walk(rule, [key])


def test_an_unknown_key_names_the_nearest_known_one():
    with pytest.raises(SestonError, match=r"unknown key 'cluster.kk'; did you mean 'k'\?"):
        complete({"samples": "s.tsv", "cluster": {"kk": 3}})


def test_all_mistakes_are_told_at_once():
    with pytest.raises(SestonError) as caught:
        complete({"sede": 1, "tiles": {"size": "sixty"}, "cluster": {"k": 0, "refine": -1}})
    text = str(caught.value)
    for part in ("'sede'; did you mean 'seed'", "tiles.size", "cluster.k", "cluster.refine"):
        assert part in text
    assert "samples: missing (The sample sheet" in text


@pytest.mark.parametrize(
    ("setting", "value"),
    [("k", 1), ("k", 2.5), ("k", True), ("spherical", "yes"), ("model", "best")],
)
def test_wrong_types_and_ranges_are_refused(setting, value):
    with pytest.raises(SestonError, match=f"cluster.{setting}"):
        complete({"samples": "s.tsv", "cluster": {setting: value}})


def test_a_section_with_nothing_in_it_takes_the_defaults():
    assert complete({"samples": "s.tsv", "cluster": None}) == complete({"samples": "s.tsv"})


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("finetune: {learning_rate: 1e-4}", "write 1.0e-4"),
        ("finetune: {method: no}", "quote the word"),
    ],
)
def test_what_yaml_misreads_is_explained(written, hint):
    with pytest.raises(SestonError, match=hint):
        complete({"samples": "s.tsv", **yaml.safe_load(written)})


def test_a_number_written_as_the_hint_says_is_read():
    config = yaml.safe_load("samples: s.tsv\nfinetune: {learning_rate: 1.0e-4}")
    assert complete(config)["finetune"]["learning_rate"] == 1e-4


def test_the_settings_of_frames_have_one_default(repository):
    defaults = asdict(FrameSettings())
    assert complete({"samples": "s.tsv"})["segment"]["frames"] == defaults
    shown = yaml.safe_load((repository / "config.yaml").read_text())
    assert shown["segment"]["frames"] == defaults


def test_keys_that_are_the_user_s_own_survive():
    columns = {"log_esd_um": 0.5, "mean_grey": 1}
    assert (
        complete({"samples": "s.tsv", "cluster": {"columns": columns}})["cluster"]["columns"]
        == columns
    )


@pytest.mark.parametrize("k", [1, 0, -3, 2.5, "ten", None, True])
def test_a_number_of_clusters_is_a_number_or_auto(k):
    assert complete({"samples": "s.tsv", "cluster": {"k": "auto"}})["cluster"]["k"] == "auto"
    with pytest.raises(SestonError, match=r'cluster\.k: .*"auto" takes the number'):
        complete({"samples": "s.tsv", "cluster": {"k": k}})


def test_a_misspelt_word_names_the_nearest():
    with pytest.raises(
        SestonError, match=r"cluster\.balance: found 'densty'.*did you mean 'density'\?"
    ):
        complete({"samples": "s.tsv", "cluster": {"balance": "densty"}})


@pytest.mark.parametrize("written", ["2024-05-01", "'2024-05-01'"])
def test_a_date_may_stand_without_quotes(written):
    read = yaml.safe_load(f"samples: s.tsv\ntrends:\n  day_zero: {written}\n")
    assert complete(read)["trends"]["day_zero"] == "2024-05-01"


def test_a_time_is_no_date():
    read = yaml.safe_load("samples: s.tsv\ntrends:\n  day_zero: 2024-05-01 12:00:00\n")
    with pytest.raises(SestonError, match=r"trends\.day_zero"):
        complete(read)


def test_text_with_a_zero_byte_is_refused():
    with pytest.raises(SestonError, match=r"samples: found a letter of value 0 in 'a\\x00b'"):
        complete({"samples": "a\0b"})

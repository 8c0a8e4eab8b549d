"""What is known of a run before it starts."""

import pytest

from conftest import make_small
from seston.errors import SestonError
from seston.plan import plan_run


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Plan runs of the small project; arguments are sections of its settings."""
    make_small(tmp_path)
    monkeypatch.chdir(tmp_path)

    def make(**sections):
        return plan_run({"samples": "samples.tsv", "shard_by": "month", **sections})

    return make


def test_samples_of_a_month_share_a_shard(plan):
    made = plan()
    assert made.samples_of("2018-05") == ["2018-05-24", "2018-05-29"]
    assert made.samples_of("2018-06") == ["2018-06-02", "2018-06-06", "2018-06-10"]


@pytest.mark.parametrize(
    ("sections", "models"),
    [
        ({}, ["pretrained", "finetuned"]),
        ({"finetune": {"method": "none"}}, ["pretrained"]),
        # Who asks for the pre-trained model still sees what training would have given.
        ({"cluster": {"model": "pretrained"}}, ["pretrained", "finetuned"]),
    ],
)
def test_the_models_that_are_computed(plan, sections, models):
    assert plan(**sections).models == models


def test_a_fine_tuned_model_without_training_is_refused(plan):
    with pytest.raises(SestonError, match=r"finetune.method is 'none'"):
        plan(finetune={"method": "none"}, cluster={"model": "finetuned"})


@pytest.mark.parametrize(("section", "key"), [("labels", "file"), ("backbone", "weights")])
def test_a_file_that_is_not_there_is_named_with_its_setting(plan, section, key):
    with pytest.raises(SestonError, match=rf"{section}\.{key}: found 'mine.x'"):
        plan(**{section: {key: "mine.x"}})


def test_files_are_known_by_their_content(plan, tmp_path):
    assert plan().labels_file == [] and plan().labels_digest() == ""
    labels = tmp_path / "labels.tsv"
    before = plan(labels={"file": "labels.tsv"}).labels_digest()
    labels.touch()
    assert plan(labels={"file": "labels.tsv"}).labels_digest() == before
    labels.write_text(labels.read_text() + "x/1\tcopepod\n")
    assert plan(labels={"file": "labels.tsv"}).labels_digest() not in ("", before)


def test_a_key_that_stands_twice_is_an_error(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("samples: s.tsv\nseed: 1\nseed: 2\n")
    with pytest.raises(SestonError, match="a key stands twice"):
        plan_run({"samples": "s.tsv", "seed": 2}, [path])

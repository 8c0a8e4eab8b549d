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


@pytest.mark.parametrize(
    ("section", "key"), [("labels", "file"), ("backbone", "weights"), ("cluster", "names")]
)
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


def test_tables_of_labels_may_be_several_and_all_must_be_there(plan, tmp_path):
    (tmp_path / "more.tsv").write_text("image_id\tlabel\n")
    made = plan(labels={"file": ["labels.tsv", "more.tsv"]})
    assert made.labels_file == ["labels.tsv", "more.tsv"]
    before = made.labels_digest()
    (tmp_path / "more.tsv").write_text("image_id\tlabel\nx/1\tNA\n")
    assert made.labels_digest() != before
    with pytest.raises(SestonError, match=r"labels\.file: found 'none.tsv'"):
        plan(labels={"file": ["labels.tsv", "none.tsv"]})


def test_a_key_that_stands_twice_is_an_error(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("samples: s.tsv\nseed: 1\nseed: 2\n")
    with pytest.raises(SestonError, match="a key stands twice"):
        plan_run({"samples": "s.tsv", "seed": 2}, [path])


@pytest.fixture
def earlier(plan, tmp_path):
    """Stand-in for the results folder of an earlier run, as far as the plan looks into it."""
    (tmp_path / "year1").mkdir()
    (tmp_path / "year1" / "chosen_model.txt").write_text("finetuned\n")
    return "year1"


def test_frozen_clusters_need_no_training(plan, earlier):
    made = plan(cluster={"frozen": earlier}, finetune={"method": "dino"})
    assert made.frozen == ["year1"]
    assert made.models == ["pretrained"]
    assert plan().frozen == []


def test_a_frozen_run_that_is_none_is_refused(plan, earlier, tmp_path):
    with pytest.raises(SestonError, match=r"cluster\.frozen: found 'nowhere'"):
        plan(cluster={"frozen": "nowhere"})
    (tmp_path / "project/results").mkdir(parents=True)
    (tmp_path / "project/results/chosen_model.txt").write_text("pretrained\n")
    with pytest.raises(SestonError, match=r"did you mean project/results\?"):
        plan(cluster={"frozen": "project"})
    with pytest.raises(SestonError, match="the model is that of the earlier run"):
        plan(cluster={"frozen": earlier, "model": "finetuned"})


def test_a_run_cannot_freeze_the_folder_it_writes_to(plan, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "chosen_model.txt").write_text("pretrained\n")
    with pytest.raises(SestonError, match="is the folder that this run writes to"):
        plan(cluster={"frozen": "../" + tmp_path.name + "/results"})


def test_names_of_clusters_are_known_by_their_content(plan, tmp_path):
    names = tmp_path / "names.tsv"
    names.write_text("clustering\tcluster\tname\n")
    before = plan(cluster={"names": "names.tsv"}).names_digest()
    names.touch()
    assert plan(cluster={"names": "names.tsv"}).names_digest() == before
    names.write_text("clustering\tcluster\tname\n0123456789ab\t0\tcopepod\n")
    assert plan(cluster={"names": "names.tsv"}).names_digest() not in ("", before)


def test_columns_to_cluster_by_are_measurements(plan):
    columns = {"log_esd_um": 0.5, "mean_grey": 1}
    assert plan(cluster={"columns": columns}).config["cluster"]["columns"] == columns
    with pytest.raises(
        SestonError, match=r"cluster\.columns: found 'log_esd_mu'.* mean 'log_esd_um'"
    ):
        plan(cluster={"columns": {"log_esd_mu": 1, "area_px": 1}})
    learned = {"columns": ["log_esd_um", "mean_grey"]}
    assert plan(classify=learned).config["classify"]["columns"] == learned["columns"]
    with pytest.raises(SestonError, match=r"classify\.columns: found 'log_esd_mu'"):
        plan(classify={"columns": ["log_esd_mu"]})
    with pytest.raises(SestonError, match=r"classify\.columns: found 'auto' and 1 more"):
        plan(classify={"columns": ["auto", "mean_grey"]})


@pytest.mark.parametrize(
    "name",
    ["chosen_model.txt", "pretrained/model.safetensors", "pretrained/kmeans/centroids.npy",
     "pretrained/tree/coarse.tsv", "tables/images.parquet", "tables/cluster_names.tsv",
     "frozen/baseline.tsv"],
)  # fmt: skip
def test_whatever_changes_in_an_earlier_run_is_noticed(plan, earlier, tmp_path, name):
    (tmp_path / earlier / "chosen_model.txt").write_text("pretrained\n")
    before = plan(cluster={"frozen": earlier}).frozen_digest()
    path = tmp_path / earlier / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("pretrained\n\n")
    after = plan(cluster={"frozen": earlier}).frozen_digest()
    assert after != before
    path.touch()
    assert plan(cluster={"frozen": earlier}).frozen_digest() == after


def test_day_zero_is_a_date_of_the_calendar(plan):
    assert plan(trends={"day_zero": "2024-02-29"}).config["trends"]["day_zero"] == "2024-02-29"
    with pytest.raises(SestonError, match=r"trends\.day_zero: found '2023-02-29'"):
        plan(trends={"day_zero": "2023-02-29"})

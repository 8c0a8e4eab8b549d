"""What runs again after a change, and what does not: read from `snakemake -n`."""

import os
import shutil

import pytest

from conftest import REPOSITORY, Project

TESTS = {"changes", "groups", "community"}
PAGES = {"report", "map_page", "label_page", "manifest"}
BEHIND_NAMES = {"names", "tables", "trends"} | TESTS | PAGES
BEHIND_TABLES = {"trust"} | BEHIND_NAMES
SHOWN = {"examples", "attention"}
BEHIND_KMEANS = {"kmeans", "tree", "assign", "recluster", "settings"} | SHOWN | BEHIND_TABLES
# Planned while the choice is not known anew: where it stays as it was, only report and trends run.
BEHIND_CHOOSE = {"map", "index", "recluster"} | SHOWN | BEHIND_TABLES
BEHIND_EVALUATE = {"choose"} | BEHIND_CHOOSE
ONCE = {"finetune", "runtime", "evaluate", "kmeans", "tree"} | BEHIND_EVALUATE


def test_the_whole_plan_is_shown_before_anything_ran(new_project):
    plan = new_project().planned()
    assert plan["segment"] == plan["tiles"] == 2
    assert plan["embed"] == plan["assign"] == 4
    assert plan["runtime"] == plan["evaluate"] == plan["kmeans"] == plan["tree"] == 2
    assert all(plan[rule] == 1 for rule in ("backbone", "finetune", "attention", "settings"))
    assert all(plan[rule] == 1 for rule in BEHIND_EVALUATE)


@pytest.mark.parametrize(
    ("target", "last"),
    [
        ("segment_all", "segment"),
        ("tiles_all", "tiles"),
        ("embed_all", "embed"),
        ("evidence", "choose"),
        ("clusters", "assign"),
        ("trends", "trends"),
        ("report", "report"),
    ],
)
def test_a_named_target_runs_a_part(new_project, target, last):
    order = ["segment", "tiles", "embed", "evaluate", "choose", "assign", "trends", "report"]
    plan = new_project().planned(target)
    assert [rule for rule in order if rule in plan] == order[: order.index(last) + 1]


def test_nothing_runs_again_when_nothing_changed(project):
    assert project.planned() == {}


def test_a_touch_of_inputs_settings_and_code_runs_nothing(project):
    for name in ("samples.tsv", "labels.tsv", "config.yaml"):
        (project.folder / name).touch()
    for path in project.folder.glob("raw/*/*"):
        path.touch()
    for path in REPOSITORY.glob("workflow/**/*.py"):
        os.utime(path)
    assert project.planned() == {}


def test_a_fresh_clone_over_existing_results_runs_nothing(project, clone):
    assert Project(project.folder, clone).planned() == {}


def test_other_clusters_keep_everything_before_them(project):
    project.set("cluster", k=5)
    assert set(project.planned()) == {"sweep"} | BEHIND_KMEANS


def test_other_groups_leave_the_clusters_as_they_are(project):
    project.set("cluster", coarse=2)
    assert set(project.planned()) == {"tree", "settings"} | BEHIND_NAMES


def test_names_rename_and_no_more(project):
    project.set("cluster", names="names.tsv")
    (project.folder / "names.tsv").write_text("clustering\tcluster\tname\n")
    assert set(project.planned()) == {"settings"} | BEHIND_NAMES


def test_another_map_measures_anew_what_reads_density_clusters(project):
    project.set("density", neighbors=6)
    expected = {"map", "trust", "tables", "trends", "settings"} | TESTS | PAGES
    assert set(project.planned()) == expected


def test_a_changed_setting_is_not_told_by_printing_all_settings(project):
    project.set("report", title="Another title")
    printed = project.snakemake("--cores", "2", "--dry-run").stdout
    assert "Params have changed" in printed and "shard_by" not in printed


@pytest.mark.parametrize(
    ("section", "values", "expected"),
    [
        ("evaluate", {"criterion": "nmi"}, BEHIND_EVALUATE),
        ("cluster", {"model": "pretrained"}, BEHIND_EVALUATE),
        ("evaluate", {"folds": 2}, {"evaluate"} | BEHIND_EVALUATE),
        ("labels", {"file": ""}, {"evaluate"} | BEHIND_EVALUATE),
        ("trends", {"day_zero": "2018-05-20"}, {"trends", "report", "map_page"} | TESTS),
        ("trends", {"level": "coarse"}, {"report"} | TESTS),
        ("trends", {"alpha": 0.1}, {"changes", "groups", "report"}),
        ("trends", {"reclusterings": 3}, {"recluster", "changes", "groups", "report"}),
        ("trends", {"reclusterings": 0}, {"changes", "groups", "report"}),
        ("attention", {"ids": ["2018-06-02/none.jpeg"]}, {"attention", "report"}),
        (
            "embed",
            {"engine": "torch"},
            {"embed_settings", "runtime", "embed", "evaluate", "kmeans", "tree", "assign"}
            | BEHIND_EVALUATE,
        ),
        (
            "backbone",
            {"feature": "cls@1"},
            {"backbone", "embed", "assign"} | ONCE,
        ),
    ],
)
def test_another_setting_runs_what_reads_it_and_what_follows(project, section, values, expected):
    project.set(section, **values)
    assert set(project.planned()) == {"settings", "manifest"} | expected


def test_other_labels_only_measure_anew(project):
    labels = project.folder / "labels.tsv"
    labels.write_text(labels.read_text().replace("dinobryon", "ceratium", 1))
    assert set(project.planned()) == {"evaluate"} | BEHIND_EVALUATE


def test_a_setting_of_the_report_runs_only_the_pages(project):
    project.set("report", title="Another title")
    assert set(project.planned()) == {"settings"} | PAGES
    project.set("report", title="Plankton through time", sprites=True)
    assert set(project.planned()) == {"settings", "manifest", "report", "sprites", "map_page"}


def test_other_weights_under_the_same_name_run_everything_behind_them(new_project):
    project = new_project()
    project.set("finetune", method="none")
    project.run("results/pretrained/model.safetensors")
    weights = project.folder / "mine.safetensors"
    shutil.copy(project.folder / "results/pretrained/model.safetensors", weights)
    project.set("backbone", weights="mine.safetensors")
    project.run("results/pretrained/model.safetensors")
    weights.touch()
    assert project.planned("results/pretrained/model.safetensors") == {}
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert project.planned("results/pretrained/model.safetensors") == {"backbone": 1}


def test_one_step_is_run_again_by_name(project):
    plan = project.planned("-R", "embed")
    assert plan["embed"] == 4
    assert not set(plan) & {"segment", "tiles", "backbone", "finetune"}


def test_one_file_is_made_again_by_naming_it(project):
    (project.folder / "results/pretrained/clusters/2018-05.parquet").unlink()
    plan = project.planned("results/pretrained/clusters/2018-05.parquet")
    assert plan == {"assign": 1}


def test_a_new_sample_computes_its_own_period_and_what_runs_once(project):
    shutil.copytree(project.folder / "raw/2018-06-02", project.folder / "raw/new")
    with (project.folder / "samples.tsv").open("a") as sheet:
        sheet.write("new\traw/new\timages\t2018-07-01T12:00\tlake\t\n")
    plan = project.planned()
    assert plan["segment"] == plan["tiles"] == 1
    assert set(plan) == {"segment", "tiles", "embed", "assign"} | ONCE


def test_a_new_sample_without_training_embeds_only_its_own_period(new_project):
    project = new_project()
    project.set("finetune", method="none")
    project.run()
    shutil.copytree(project.folder / "raw/2018-06-02", project.folder / "raw/new")
    with (project.folder / "samples.tsv").open("a") as sheet:
        sheet.write("new\traw/new\timages\t2018-06-29T12:00\tlake\t\n")
    plan = project.planned()
    assert plan["segment"] == plan["tiles"] == plan["embed"] == plan["runtime"] == 1


def test_another_group_of_a_sample_leaves_its_images_alone(project):
    sheet = project.folder / "samples.tsv"
    sheet.write_text(sheet.read_text().replace("\tlake\t\n", "\tlake\tnorth\n", 1))
    assert set(project.planned()) == {"evaluate"} | BEHIND_EVALUATE


@pytest.mark.parametrize(
    ("module", "first"),
    [
        ("segment.py", "segment"),
        ("tiles.py", "tiles"),
        ("finetune.py", "finetune"),
        ("embed.py", "embed"),
        ("runtime/engine.py", "embed"),
        ("evaluate/stage.py", "evaluate"),
        ("evaluate/verdict.py", "choose"),
        ("cluster/kmeans.py", "kmeans"),
        ("trends/abundance.py", "trends"),
        ("change/stage.py", "changes"),
        ("community/stage.py", "community"),
        ("report/page/stage.py", "report"),
    ],
)
def test_an_edit_of_a_stage_runs_it_and_what_follows(project, clone, module, first):
    order = ["segment", "tiles", "finetune", "embed", "kmeans", "trends", "report"]
    if first in ("evaluate", "choose"):  # k-means does not wait for the choice
        order = [*order[:4], "evaluate", "choose", "map", *order[5:]]
    if first in ("changes", "community"):  # which do not wait for each other
        order = [*order[:5], first, "report"]
    path = clone / "workflow" / "seston" / module
    path.write_text(path.read_text() + "\nEDITED = True\n")
    plan = Project(project.folder, clone).planned()
    assert [rule for rule in order if rule in plan] == order[order.index(first) :]

"""`--sdm conda` and `--sdm apptainer`, with stand-ins for both: which python runs what."""

import os
import re
import shlex
import sys

import pytest
import yaml

from conftest import REPOSITORY

STAND_INS = REPOSITORY / "tests" / "fake_deployment"
#: what a CPU rule and a rule with torch make
MADE = ("results/segment/2018-05/crops.parquet", "results/pretrained/model.safetensors")


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """The folder in which the stand-ins note what they were asked."""
    folder = tmp_path / "notes"
    folder.mkdir()
    monkeypatch.setenv("FAKE_DEPLOYMENT", str(folder))
    monkeypatch.setenv("FAKE_PYTHON", sys.executable)
    monkeypatch.setenv("PATH", f"{STAND_INS}:{os.environ['PATH']}")
    # Of the shell that runs the tests: jobs must not need it.
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return folder


def ran(notes):
    """Return the environment and the PYTHONPATH of each stage that a stand-in's python ran."""
    lines = [line.split("|") for line in (notes / "ran").read_text().splitlines()]
    return {asked.split()[2]: (where, path) for where, path, asked in lines}


def test_conda_gives_each_rule_its_environment_and_our_package(new_project, notes):
    project = new_project()
    result = project.snakemake("--cores", "2", *MADE, "--sdm", "conda")
    assert result.returncode == 0, result.stdout + result.stderr
    stages = ran(notes)
    assert set(stages) == {"segment", "backbone"}
    for stage, file in {"segment": "cpu.yaml", "backbone": "gpu.yaml"}.items():
        where, path = stages[stage]
        asked = yaml.safe_load((project.folder / where / "environment.yaml").read_text())
        assert asked == yaml.safe_load((REPOSITORY / "envs" / file).read_text())
        # Snakemake takes PYTHONPATH out of the environment of conda jobs.
        assert path == str(REPOSITORY / "workflow")


def test_apptainer_runs_every_job_in_the_image(new_project, notes):
    project = new_project()
    image = project.folder / "seston.sif"
    image.touch()
    result = project.snakemake("--cores", "2", *MADE, "--sdm", "apptainer")
    assert result.returncode == 0, result.stdout + result.stderr
    package = str(REPOSITORY / "workflow")
    assert ran(notes) == {"segment": ("image", package), "backbone": ("image", package)}
    calls = [shlex.split(call) for call in (notes / "calls").read_text().splitlines()]
    assert len(calls) == 2
    for call in calls:
        assert call[call.index("bash") - 1] == image.name
        assert call[call.index("--home") + 1] == str(project.folder)
    assert project.planned(*MADE, "--sdm", "apptainer") == {}
    # Another way of deployment makes all anew, unless Snakemake is told to look away.
    assert {"segment", "backbone"} <= set(project.planned(*MADE))
    triggers = ("--rerun-triggers", "code", "input", "mtime", "params")
    assert project.planned(*MADE, *triggers) == {}


def test_arguments_of_apptainer_reach_it(new_project, notes):
    project = new_project()
    (project.folder / "seston.sif").touch()
    extra = "--nv --bind /somewhere"
    result = project.snakemake(
        "--cores", "1", "--sdm", "apptainer", "--apptainer-args", extra, MADE[1]
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert f" {extra} " in (notes / "calls").read_text()


def test_a_missing_image_is_told_before_anything_runs(new_project, notes):
    project = new_project()
    result = project.snakemake("--cores", "1", MADE[1], "--sdm", "apptainer")
    assert result.returncode != 0
    told = result.stdout + result.stderr
    assert re.search(rf"no seston\.sif in {re.escape(str(project.folder))}", told), told
    assert not (notes / "calls").exists()
    assert "Traceback" not in told

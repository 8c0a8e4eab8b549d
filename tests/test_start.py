"""What `snakemake` says before anything runs, where the settings cannot be followed."""

import json
import subprocess
import sys

import pytest
import yaml

from conftest import REPOSITORY, make_small


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "trends: {day_zero: 2024-13-01}",
            "config.yaml, line 2: found 2024-13-01, expected a date of the calendar",
        ),
        ("seed: [1", "config.yaml, line 3, column 1: not YAML"),
        ("seed: 1\nseed: 2", "config.yaml, line 3: a key stands twice"),
        ("trends: {level: label}", "trends.level is 'label', but there are no labels"),
    ],
)
def test_a_mistake_in_config_yaml_is_told_with_its_line_and_without_a_traceback(
    tmp_path, written, told
):
    folder = make_small(tmp_path).folder
    (folder / "config.yaml").write_text(f"samples: samples.tsv\n{written}\n")
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
    result = subprocess.run(  # without --configfile, as the README says
        [*snakemake, "--directory", str(folder), "--dry-run"], capture_output=True, text=True
    )
    printed = result.stdout + result.stderr
    assert result.returncode != 0 and told in printed, printed
    assert "Traceback" not in printed and "yaml/constructor" not in printed


def test_json_is_a_configuration_too(tmp_path):
    project = make_small(tmp_path)
    path = project.folder / "config.json"
    settings = yaml.safe_load((project.folder / "config.yaml").read_text())
    path.write_text(json.dumps(settings, indent="\t"))  # tabs, which YAML refuses
    command = project.command("--dry-run")
    command[command.index(str(project.folder / "config.yaml"))] = str(path)
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr

"""docs/cluster.md: what it tells people to type and to change is there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

from conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "cluster.md"


def blocks(language: str) -> list[str]:
    """Return the code blocks of this language."""
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", PAGE.read_text(), re.M | re.S)
    assert found
    return found


def commands(name: str) -> list[list[str]]:
    """Return the words of each command of this name in the code blocks."""
    lines = "".join(blocks("bash")).splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [line for line in words if line and line[0] == name]


def rules() -> dict[str, str]:
    """Return the text of each rule."""
    text = "".join(path.read_text() for path in sorted(REPOSITORY.glob("workflow/rules/*.smk")))
    heading = r"^ *(?:rule|checkpoint) (\w+):\n(.*?)(?=^ *(?:rule|checkpoint) |\Z)"
    return dict(re.findall(heading, text, re.M | re.S))


def test_snakemake_takes_every_command():
    from snakemake.cli import get_argument_parser

    os.environ.pop("SNAKEMAKE_PROFILE", None)
    parser = get_argument_parser()
    typed = commands("snakemake")
    assert len(typed) > 8
    for words in typed:
        # Raises SystemExit for what Snakemake does not know; lists swallow what follows them.
        args = parser.parse_args(words[1:])
        if args.configfile:
            assert list(map(str, args.configfile)) == ["my.yaml"], words


def test_resources_are_set_of_rules_that_there_are():
    known = rules()
    text = PAGE.read_text()
    named = re.findall(r"\b([a-z_]+):(mem_mb|gpu|gpu_model|staged|runtime)=", text)
    for block in blocks("yaml"):
        for rule, wanted in yaml.safe_load(block).get("set-resources", {}).items():
            named += [(rule, key) for key in wanted]
    assert len(named) > 6
    for rule, key in named:
        assert rule in known, rule
        # Model of a GPU and folder are not the rule's; all else it asks for itself.
        assert key in ("gpu_model", "tmpdir") or f"{key}=" in known[rule], f"{rule}: {key}"
    for rule in re.findall(r"--set-threads (\w+)=", text):
        assert "threads:" in known[rule]


def test_rules_with_a_gpu_are_those_named():
    asking = {name for name, body in rules().items() if "gpu=1" in body}
    [told] = re.findall(r"On GPU nodes, with one GPU each: (.*?)\.\n", PAGE.read_text(), re.S)
    assert set(re.findall(r"`(\w+)`", told)) == asking
    [without] = re.findall(r"compute on CPUs: `(.*?)`", PAGE.read_text(), re.S)
    # `kmeans` asks for one only where a setting says so.
    assert {one.split(":")[0] for one in without.split()[1:]} == asking - {"kmeans"}


def test_times_of_the_shard_rules_are_theirs():
    known = rules()
    [told] = re.findall(r"rule's `runtime` \((.*?)\)", PAGE.read_text(), re.S)
    pairs = re.findall(r"`(\w+)` (\d+)", told)
    assert len(pairs) == 3
    # "`segment` 60 minutes, `tiles` 30": as asked for on the first attempt.
    for rule, minutes in pairs:
        assert f"runtime=grow({minutes})" in known[rule], rule


def test_lines_to_change_stand_in_the_profile():
    text = PAGE.read_text()
    profile = (REPOSITORY / "profiles" / "slurm" / "config.yaml").read_text()
    partitions = yaml.safe_load(
        (REPOSITORY / "profiles" / "slurm" / "partitions.yaml").read_text()
    )["partitions"]
    assert "# slurm_account:" in profile and "`slurm_account:`" in text
    assert set(partitions) == {"cpu", "gpu"}
    limits = {key for one in partitions.values() for key in one}
    assert set(re.findall(r"`(max_\w+):`", text)) == limits
    for folder in re.findall(r"`(\.snakemake/slurm\w+)/`", text):
        assert f"-{'logdir' if folder.endswith('logs') else 'report-path'}: {folder}" in profile


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)(?:#([^)]*))?\)", PAGE.read_text())
    assert links
    for path, heading in links:
        target = (PAGE.parent / path).resolve()
        assert target.exists(), path
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(), re.M)
            assert heading in [
                re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in titles
            ]


def test_versions_are_those_of_the_setup():
    import tomllib

    asked = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["dependencies"]
    bounds = {re.split(r"[\[<>=]", one)[0]: re.search(r"[<>=].*", one)[0] for one in asked if one}
    installed = re.findall(r'"(snakemake[\w-]*)([<>=][^"]*)"', PAGE.read_text())
    assert dict(installed) == {
        name: bounds[name] for name in ("snakemake", "snakemake-executor-plugin-slurm")
    }


def test_commands_to_build_the_image_are_those_of_the_containerfile():
    told = (REPOSITORY / "Containerfile").read_text()
    for name in ("podman", "apptainer"):
        for words in commands(name):
            assert " ".join(words) in told


def test_the_plugin_writes_a_first_partitions_file(tmp_path):
    """With an answer of SLURM's own scontrol, shortened."""
    program = Path(sys.executable).with_name("generate-slurm-partition-config")
    answer = (
        "PartitionName=batch\n   MaxTime=2-00:00:00 MaxNodes=UNLIMITED\n"
        "   TotalCPUs=64 TotalNodes=2\n   TRES=cpu=64,mem=1T,node=2,gres/gpu=8\n"
    )
    scontrol = tmp_path / "scontrol"
    scontrol.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}END\n")
    scontrol.chmod(0o755)
    written = subprocess.run(
        [program],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    [limits] = yaml.safe_load(written)["partitions"].values()
    assert limits["max_threads"] == 32 and limits["max_gpu"] == 8
    # As the page says: memory is left to fill in.
    assert "max_mem_mb" not in limits


def test_folder_of_the_profile_is_linked_at_the_top():
    assert (REPOSITORY / "slurm").resolve() == REPOSITORY / Path("profiles/slurm")

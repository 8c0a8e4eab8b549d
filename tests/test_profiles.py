"""The profiles: a laptop by default, SLURM (stand-in commands) with --profile slurm."""

import csv
import os
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from conftest import REPOSITORY, Project, make_small

STAND_IN = REPOSITORY / "tests" / "fake_slurm"


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Stand-in SLURM commands on the PATH, noting every submission."""
    folder = tmp_path / "slurm"
    (folder / "jobs").mkdir(parents=True)
    monkeypatch.setenv("FAKE_SLURM", str(folder))
    monkeypatch.setenv("PATH", f"{STAND_IN}:{os.environ['PATH']}")
    return folder


def submissions(slurm: Path) -> dict[str, list[str]]:
    """Return the words of each sbatch call, by rule."""
    calls = {}
    for call in sorted(slurm.glob("jobs/*/call")):
        words = shlex.split(call.read_text())
        comment = next(word for word in words if "rule_" in word)
        rule = re.search(r"rule_([a-z_]+?)(_wildcards|/|$)", comment)
        calls[rule[1] if rule else comment] = words
    return calls


def value(words: list[str], option: str) -> str | None:
    """Return what follows an option, in either spelling, or None."""
    for position, word in enumerate(words):
        if word == option:
            return words[position + 1]
        if word.startswith(f"{option}="):
            return word.removeprefix(f"{option}=")
    return None


@pytest.fixture
def cloned(clone) -> Project:
    """A clone with a small sheet and config, where the README's commands are typed."""
    make_small(clone)
    return Project(clone, clone)


@pytest.fixture
def elsewhere(clone, tmp_path) -> Project:
    """The same with sheet, config and results in another folder than the clone."""
    make_small(tmp_path / "work")
    return Project(tmp_path / "work", clone)


def run_on_slurm(project, *arguments: str):
    return project.snakemake(
        # The literal command of the README; quicker looks at the state, for the stand-in only.
        "--profile",
        "slurm",
        "--slurm-init-seconds-before-status-checks",
        "1",
        "--max-status-checks-per-second",
        "2",
        "--latency-wait",
        "5",
        *arguments,
    )


def test_profile_slurm_submits_what_each_rule_asks_for(cloned, slurm):
    result = run_on_slurm(cloned, "embed_all")
    assert result.returncode == 0, result.stdout + result.stderr
    calls = submissions(slurm)
    assert {"segment", "tiles", "backbone", "finetune", "embed"} <= set(calls)
    for rule in ("finetune", "runtime", "embed"):
        assert value(calls[rule], "--gpus") == "1"
        assert value(calls[rule], "-p") == "gpu"
    for rule in ("segment", "tiles", "backbone"):
        assert value(calls[rule], "--gpus") is None
        assert value(calls[rule], "-p") == "cpu"
    # Threads as the rule says, not as many as this machine has; memory of the first attempt.
    assert value(calls["finetune"], "--cpus-per-task") == "8"
    assert value(calls["segment"], "--mem") == "4000"
    for words in calls.values():
        assert (value(words, "--job-name") or "").startswith("seston_")
        assert (value(words, "--output") or "").startswith(
            f"{cloned.folder}/.snakemake/slurm_logs/rule_"
        )
        assert "--requeue" in words
        # The stand-in's sacctmgr knows one account; the profile names none, so it is guessed.
        assert value(words, "-A") == "lab"
    [report] = cloned.folder.glob(".snakemake/slurm_efficiency/*.csv")
    with report.open() as table:
        used = list(csv.DictReader(table))
    assert len(used) == len(list(slurm.glob("jobs/*/call")))
    assert {row["MaxRSS_MB"] for row in used} == {"250.0"}
    assert cloned.planned("embed_all") == {}


def test_the_rules_that_compute_with_a_model_ask_for_a_gpu():
    text = "".join(path.read_text() for path in REPOSITORY.glob("workflow/rules/*.smk"))
    heading = r"^ *(?:rule|checkpoint) (\w+):\n"
    rules = dict(re.findall(heading + r"(.*?)(?=^ *(?:rule|checkpoint) |\Z)", text, re.M | re.S))
    asking = {name for name, body in rules.items() if "gpu=1" in body}
    with_torch = {name for name, body in rules.items() if "envs/gpu.yaml" in body}
    # `backbone` only reads and writes weights, `classifier` has a small head to train, which takes
    # no GPU; `kmeans` asks where cluster.device says so.
    expected = {"finetune", "runtime", "embed", "evaluate", "attention", "kmeans", "efficiency"}
    assert asking == with_torch - {"backbone", "classifier"} == expected


def test_a_job_that_failed_comes_back_with_more_memory(elsewhere, slurm):
    for image in elsewhere.folder.glob("raw/2018-05-*/*.jpeg"):
        image.write_bytes(b"not an image")
    result = run_on_slurm(elsewhere, "segment_all")
    assert result.returncode != 0
    asked = sorted(
        value(shlex.split(call.read_text()), "--mem") or ""
        for call in slurm.glob("jobs/*/call")
        if "2018-05" in call.read_text()
    )
    assert asked == ["12000", "4000", "8000"]
    # The other shard was not held up.
    assert (elsewhere.folder / "results/segment/2018-06/crops.parquet").is_file()


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"{path}: {old!r}"
    path.write_text(text.replace(old, new))


def test_the_site_changes_account_partitions_and_what_rules_ask_for(cloned, slurm):
    profile = cloned.workflow / "profiles" / "slurm"
    config = profile / "config.yaml"
    replace(config, "# slurm_account: my_account     #", "slurm_account: lab     #")
    replace(profile / "partitions.yaml", "\n  cpu:\n", "\n  batch:\n")
    replace(
        config,
        "default-resources:\n",
        "set-resources:\n  backbone:\n    mem_mb: 64000 * attempt\n    runtime: 90\n"
        f"    tmpdir: \"'{slurm}/scratch/$SLURM_JOB_ID'\"\ndefault-resources:\n",
    )
    result = run_on_slurm(
        cloned, "results/pretrained/model.safetensors", "results/embed_settings.json"
    )
    assert result.returncode == 0, result.stdout + result.stderr
    words = submissions(slurm)["backbone"]
    assert (value(words, "-A"), value(words, "-p")) == ("lab", "batch")
    assert (value(words, "--mem"), value(words, "-t")) == ("64000", "90")
    assert "trying to guess" not in result.stdout + result.stderr
    # The node fills in the number of its job; nothing is made where Snakemake runs.
    assert [made.name for made in (slurm / "scratch").iterdir()] == ["1"]


def test_plain_snakemake_takes_the_cores_of_this_machine(new_project):
    result = new_project().snakemake("--dry-run")
    assert result.returncode == 0, result.stdout + result.stderr


def profile_of_slurm() -> dict:
    return yaml.safe_load((REPOSITORY / "profiles" / "slurm" / "config.yaml").read_text())


def test_every_key_of_the_slurm_profile_is_an_option_of_the_locked_plugin():
    from snakemake.cli import get_argument_parser

    known = {word for action in get_argument_parser()._actions for word in action.option_strings}
    keys = [key for key in profile_of_slurm() if not key.startswith("__")]
    assert "executor" in keys and [key for key in keys if f"--{key}" not in known] == []


def test_the_plugin_reads_the_values_as_meant(monkeypatch):
    from snakemake.cli import parse_args
    from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

    monkeypatch.chdir(REPOSITORY)
    # Without a sheet: only the command line is read.
    monkeypatch.setattr(sys, "argv", ["snakemake", "--profile", "slurm"])
    _, args = parse_args(["--profile", "slurm"])
    settings = ExecutorPluginRegistry().get_plugin("slurm").get_settings(args)
    assert (settings.status_command, settings.status_attempts) == ("squeue", 60)
    assert settings.requeue and not settings.no_requeue
    # squeue forgets jobs after MinJobAge, 300 s by default: three looks must come before.
    assert 3 * settings.init_seconds_before_status_checks < 300
    # One cycle of looks outlasts minutes without SLURM's daemons.
    assert settings.status_attempts / args.max_status_checks_per_second >= 300
    assert settings.partition_config == REPOSITORY / "slurm" / "partitions.yaml"
    assert settings.efficiency_report and not settings.array_jobs
    assert args.scheduler == "greedy" and args.retries == 2 and args.keep_going


def test_the_partitions_take_every_rule_at_every_attempt():
    from types import SimpleNamespace

    from snakemake_executor_plugin_slurm.partitions import get_best_partition, read_partition_file

    partitions = read_partition_file(REPOSITORY / "profiles" / "slurm" / "partitions.yaml")
    quiet = SimpleNamespace(info=print, debug=print, warning=print)
    text = "".join(path.read_text() for path in REPOSITORY.glob("workflow/rules/*.smk"))
    heading = r"^ *(?:rule|checkpoint) (\w+):\n(.*?)(?=^ *(?:rule|checkpoint) |\Z)"
    asked = 0
    for name, body in re.findall(heading, text, re.M | re.S):
        numbers = dict(re.findall(r"(threads|mem_mb|runtime)(?:=grow\(|: )(\d+)", body))
        if "mem_mb" not in numbers:  # runs where Snakemake runs
            assert "localrule: True" in body, name
            continue
        for attempt in (1, 2, 3):
            wanted = {key: int(numbers[key]) * attempt for key in ("mem_mb", "runtime")}
            wanted["gpu"] = int("gpu=1" in body)
            job = SimpleNamespace(name=name, threads=int(numbers["threads"]), resources=wanted)
            expected = "gpu" if wanted["gpu"] else "cpu"
            assert get_best_partition(partitions, job, quiet) == expected, f"{name}, {attempt}"
            asked += 1
    assert asked > 60


def test_the_profile_names_the_versions_of_the_plugin_that_the_setup_installs():
    from packaging.requirements import Requirement

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    [asked] = [one for one in project["dependencies"] if "executor-plugin-slurm" in one]
    assert asked in (REPOSITORY / "profiles" / "slurm" / "config.yaml").read_text()
    lock = (REPOSITORY / "requirements.lock").read_text()
    pinned = re.search(r"^snakemake-executor-plugin-slurm==([\d.]+)", lock, re.MULTILINE)
    assert pinned and Requirement(asked).specifier.contains(pinned[1])


def test_every_value_of_the_slurm_profile_has_its_reason():
    lines = (REPOSITORY / "profiles" / "slurm" / "config.yaml").read_text().splitlines()
    keys = [n for n, line in enumerate(lines) if re.match(r"[a-z-]+:", line)]
    alone = [
        lines[n]
        for n in keys
        if not lines[n - 1].startswith("#") and n - 1 not in keys and "default" not in lines[n]
    ]
    assert alone in ([], ["executor: slurm"])


def test_conda_environments_pin_what_the_lock_pins_for_their_python():
    from packaging.requirements import Requirement

    lock = (REPOSITORY / "requirements.lock").read_text()
    found = map(Requirement, re.findall(r"^([\w.-]+==.*?) ?\\$", lock, re.MULTILINE))
    here = {"python_full_version": "3.11.9", "sys_platform": "linux"}
    pins = {
        one.name: str(one.specifier) for one in found if not one.marker or one.marker.evaluate(here)
    }
    for path in (REPOSITORY / "envs").glob("*.yaml"):
        python, *_, packages = yaml.safe_load(path.read_text())["dependencies"]
        assert python == "python =3.11"
        for package in packages["pip"]:
            one = Requirement(package)
            assert pins[one.name] == str(one.specifier), f"{path.name}: {package}"


def test_conda_environments_hold_what_their_rules_import():
    import ast
    import sys
    from importlib import metadata

    from packaging.requirements import Requirement

    from seston import lineage
    from seston.cli import STAGES

    def with_requirements(names: list[str]) -> set[str]:
        """Of these packages, all that pip installs with them."""
        found: set[str] = set()
        while names:
            name = names.pop().lower().replace("_", "-")
            if name in found:
                continue
            found.add(name)
            needs = map(Requirement, metadata.requires(name) or [])
            names += [
                one.name for one in needs if not one.marker or one.marker.evaluate({"extra": ""})
            ]
        return found

    installed = {}
    for path in (REPOSITORY / "envs").glob("*.yaml"):
        *_, packages = yaml.safe_load(path.read_text())["dependencies"]
        installed[path.name] = with_requirements([one.split("==")[0] for one in packages["pip"]])
    distributions = metadata.packages_distributions()
    rules = "".join(path.read_text() for path in REPOSITORY.glob("workflow/rules/*.smk"))
    for rule in re.split(r"^(?:rule|checkpoint) ", rules, flags=re.MULTILINE)[1:]:
        stage = re.search(r"^ +(?:exec )?python -m seston ([\w-]+)", rule, re.MULTILINE)
        if not stage:
            continue
        environment = re.search(r"envs/(\w+\.yaml)", rule)[1]
        module = STAGES[stage[1]].split(":")[0].removeprefix("seston.")
        for path in lineage._closure(lineage._file(module)):
            if path.suffix != ".py":
                continue
            for node in ast.walk(ast.parse(path.read_bytes())):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                for name in {name.split(".")[0] for name in names} - {"seston"}:
                    if name in sys.stdlib_module_names:
                        continue
                    needed = {one.lower().replace("_", "-") for one in distributions[name]}
                    assert needed & installed[environment], f"{stage[1]}: {path.name}: {name}"

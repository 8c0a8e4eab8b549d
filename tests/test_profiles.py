"""The profiles: a laptop by default, SLURM (stand-in commands) with --profile slurm."""

import os
import re
import shlex
from pathlib import Path

import pytest

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
    assert cloned.planned("embed_all") == {}


def test_the_rules_that_compute_with_a_model_ask_for_a_gpu():
    text = "".join(path.read_text() for path in REPOSITORY.glob("workflow/rules/*.smk"))
    heading = r"^ *(?:rule|checkpoint) (\w+):\n"
    rules = dict(re.findall(heading + r"(.*?)(?=^ *(?:rule|checkpoint) |\Z)", text, re.M | re.S))
    asking = {name for name, body in rules.items() if "gpu=1" in body}
    with_torch = {name for name, body in rules.items() if "envs/gpu.yaml" in body}
    # `backbone` only reads and writes weights; `kmeans` asks where cluster.device says so.
    expected = {"finetune", "runtime", "embed", "evaluate", "attention", "kmeans"}
    assert asking == with_torch - {"backbone"} == expected


def test_a_job_that_failed_comes_back_with_more_memory(cloned, slurm):
    for image in cloned.folder.glob("raw/2018-05-*/*.jpeg"):
        image.write_bytes(b"not an image")
    result = run_on_slurm(cloned, "segment_all")
    assert result.returncode != 0
    asked = sorted(
        value(shlex.split(call.read_text()), "--mem") or ""
        for call in slurm.glob("jobs/*/call")
        if "2018-05" in call.read_text()
    )
    assert asked == ["12000", "4000", "8000"]
    # The other shard was not held up.
    assert (cloned.folder / "results/segment/2018-06/crops.parquet").is_file()


def test_plain_snakemake_takes_the_cores_of_this_machine(new_project):
    result = new_project().snakemake("--dry-run")
    assert result.returncode == 0, result.stdout + result.stderr


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
    import yaml
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

    import yaml
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
        stage = re.search(r"^ +python -m seston ([\w-]+)", rule, re.MULTILINE)
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

"""What tests share: the repository, optional data, and running Snakemake as a user would."""

import csv
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """Data that does not ship with the project."""
    path = REPOSITORY.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("../shared/data is absent: it does not ship with the project")
    return path


class Project:
    """A folder with a sheet and a config, in which Snakemake runs.

    Parameters
    ----------
    folder : pathlib.Path
        The working directory, with config.yaml.
    workflow : pathlib.Path
        The checkout whose Snakefile runs.
    """

    def __init__(self, folder: Path, workflow: Path = REPOSITORY) -> None:
        self.folder, self.workflow = folder, workflow

    def command(self, *arguments: str) -> list[str]:
        command = [sys.executable, "-m", "snakemake", "--snakefile", self.workflow / "Snakefile"]
        command += ["--directory", self.folder, "--configfile", self.folder / "config.yaml"]
        return [*map(str, command), *arguments]

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.workflow,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def run(self, *targets: str) -> None:
        """Run to the end; show what was printed if it fails."""
        result = self.snakemake("--cores", "2", *targets)
        assert result.returncode == 0, result.stdout + result.stderr

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return how many jobs of each rule a dry run announces."""
        result = self.snakemake("--cores", "2", "--dry-run", *arguments)
        printed = result.stdout + result.stderr
        assert result.returncode == 0, printed
        jobs = re.findall(r"^(\w+) +(\d+)$", printed, re.MULTILINE)
        return {rule: int(count) for rule, count in jobs if rule not in ("total", "all")}

    def set(self, section: str, **values: object) -> None:
        """Change settings of one section in config.yaml."""
        path = self.folder / "config.yaml"
        config = yaml.safe_load(path.read_text())
        config.setdefault(section, {}).update(values)
        path.write_text(yaml.safe_dump(config))


SMALL = {
    "samples": "samples.tsv",
    "shard_by": "month",
    "backbone": {"name": "vit_test_patch8", "weights": "random"},
    "finetune": {"max_images": 32, "batch_size": 16, "local_crops": 1},
    "cluster": {"k": 4, "examples": 4},
    "density": {"neighbors": 5, "min_samples": 3},
    "attention": {"images": 3},
    "trends": {"period": "day"},
    "labels": {"file": "labels.tsv"},
}


def make_small(folder: Path) -> Project:
    """A lake on five days of two months, 12 labelled images each; a model that is soon trained."""
    folder.mkdir(parents=True, exist_ok=True)
    days = sorted((REPOSITORY / "example" / "lake").glob("2018-0[56]-*"))
    may = [day for day in days if day.name.startswith("2018-05")][:2]
    june = [day for day in days if day.name.startswith("2018-06")][:3]
    rows = ["sample\tpath\tinstrument\tdatetime\tsite\tgroup"]
    for day in may + june:
        (folder / "raw" / day.name).mkdir(parents=True)
        for image in sorted(day.glob("*.jpeg"), key=lambda path: path.stat().st_size)[:12]:
            shutil.copy(image, folder / "raw" / day.name)
        rows.append(f"{day.name}\traw/{day.name}\timages\t{day.name}T12:00\tlake\t")
    (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    with (REPOSITORY / "example" / "labels.tsv").open() as table:
        # The example's samples are named "lake-<day>", these "<day>".
        labels = {row["image_id"]: row["label"] for row in csv.DictReader(table, delimiter="\t")}
    lines = ["image_id\tlabel"]
    for image in sorted(folder.glob("raw/*/*.jpeg")):
        name = f"{image.parent.name}/{image.name}"
        lines.append(f"{name}\t{labels['lake-' + name]}")
    (folder / "labels.tsv").write_text("\n".join(lines) + "\n")
    (folder / "config.yaml").write_text(yaml.safe_dump(SMALL))
    return Project(folder)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """A small project that ran to its end. Copy it before changing anything."""
    project = make_small(tmp_path_factory.mktemp("finished") / "project")
    project.run()
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the finished small project, to change at will."""
    folder = tmp_path / "project"
    shutil.copytree(finished.folder, folder, symlinks=True)
    return Project(folder)


@pytest.fixture
def new_project(tmp_path) -> Callable[[], Project]:
    """Make small projects that have not run yet."""
    made: list[Project] = []

    def make() -> Project:
        made.append(make_small(tmp_path / f"new{len(made)}"))
        return made[-1]

    return make


def copy_checkout(target: Path) -> Path:
    """Copy the files of this checkout, as they are now, without the example."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source = REPOSITORY / name
        if source.exists() and not name.startswith("example/"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            # Without the times, as a fresh clone has its own.
            if source.is_symlink():
                (target / name).symlink_to(source.readlink())
            else:
                shutil.copyfile(source, target / name)
    return target


@pytest.fixture
def clone(tmp_path) -> Path:
    """The files of this checkout, in another place; without the example."""
    return copy_checkout(tmp_path / "clone")


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Project:
    """The example, run by plain `snakemake` as the README says; once for all workers of pytest."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / "demo"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        project = Project(folder)
        if not folder.exists():
            folder.mkdir()
            (folder / "example").symlink_to(REPOSITORY / "example")
            shutil.copy(REPOSITORY / "config.yaml", folder)
            # Which one is the fastest may differ from run to run, and so may the last digits.
            project.set("embed", engine="openvino")
        project.run()  # nothing to do for those who come later
    return project

"""Snakemake ended, killed, started twice, on a slow disk, without HOME: the files are the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from conftest import Project

pytestmark = pytest.mark.nightly

TARGETS = ("tiles_all",)
#: Jobs of `tiles` wait until they are let go.
HOLD = """
python() {
    if [ "$3" = tiles ]; then
        echo $$ >>"$FAULT/met"
        until [ -e "$FAULT/go" ]; do sleep 0.1; done
    fi
    command python "$@"
}
"""
#: What `tiles` writes is seen two seconds after it has ended.
LATE = """
python() {
    command python "$@"
    if [ "$3" = tiles ]; then
        echo "HOME=$HOME TMPDIR=$TMPDIR" >>"$FAULT/met"
        mv results/tiles/2018-05.arrow results/tiles/unseen
        (sleep 2; mv results/tiles/unseen results/tiles/2018-05.arrow) </dev/null &>/dev/null &
    fi
}
"""


class Disturbed:
    """A small project whose jobs meet a fault."""

    def __init__(self, project: Project, folder: Path, fault: str) -> None:
        self.project, self.folder = project, folder
        folder.mkdir()
        (folder / "fault.sh").write_text(fault)
        self.environment = {"BASH_ENV": str(folder / "fault.sh"), "FAULT": str(folder)}

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            self.project.command("--cores", "2", *arguments),
            cwd=self.project.workflow,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        printed = process.communicate(timeout=300)[0]
        return process.returncode, printed

    def met(self, count: int) -> list[int]:
        """Wait until so many jobs have met the fault; return their processes."""
        met = self.folder / "met"

        def jobs() -> list[int]:
            return list(map(int, met.read_text().split())) if met.exists() else []

        wait_until(lambda: len(jobs()) >= count, f"{count} jobs")
        return jobs()

    def let_go(self) -> None:
        (self.folder / "go").touch()


def wait_until(true: Callable[[], object], what: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.1)


def files(project: Project) -> dict[str, bytes]:
    """Return what lies in the folders of both stages, temporary files among it."""
    folder = project.folder / "results"
    paths = [*folder.glob("segment/**/*"), *folder.glob("tiles/**/*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.is_file()}


def test_terminated_killed_and_started_twice_while_its_jobs_live_on(
    new_project, finished, tmp_path
):
    # Fault cases 39, 40 and 46.
    run = Disturbed(new_project(), tmp_path / "fault", HOLD)
    first = run.start(*TARGETS)
    orphans = run.met(2)
    # A second one is refused, and the first is asked to end: it waits for its jobs.
    status, printed = run.run(*TARGETS)
    assert status != 0 and "cannot be locked" in printed and "--unlock" in printed
    first.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(3)
    # After so many seconds a cluster kills it. Its jobs know nothing of that.
    first.kill()
    first.wait()
    assert all(psutil.pid_exists(orphan) for orphan in orphans)
    status, printed = run.run(*TARGETS)
    assert status != 0 and "--unlock" in printed
    assert run.project.snakemake("--unlock").returncode == 0
    # The jobs of both write the same files at the same time.
    last = run.start(*TARGETS)
    run.met(4)
    run.let_go()
    printed = last.communicate(timeout=300)[0]
    assert last.returncode == 0, printed
    wait_until(lambda: not any(map(psutil.pid_exists, orphans)), "the end of the orphans")
    assert files(run.project) == files(finished)
    assert run.project.planned(*TARGETS) == {}


def test_ctrl_c_twice(new_project, finished, tmp_path):
    # Fault case 40: a terminal sends it to all processes of the group.
    run = Disturbed(new_project(), tmp_path / "fault", HOLD)
    first = run.start(*TARGETS)
    jobs = run.met(2)
    for _ in range(2):
        if first.poll() is None:
            os.killpg(first.pid, signal.SIGINT)
        time.sleep(0.5)
    printed = first.communicate(timeout=120)[0]
    assert first.returncode != 0, printed
    wait_until(lambda: not any(map(psutil.pid_exists, jobs)), "the end of the jobs")
    assert not [name for name in files(run.project) if name.startswith("tiles/")]
    run.let_go()
    run.project.run(*TARGETS)
    assert files(run.project) == files(finished)


def test_files_that_appear_late_are_waited_for_and_made_once(new_project, finished, tmp_path):
    # Fault case 45. Of case 44: no home to write to, and no folder for temporary files.
    run = Disturbed(new_project(), tmp_path / "fault", LATE)
    run.environment |= {"HOME": "/proc/none", "TMPDIR": "/proc/none"}
    run.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")  # Snakemake itself needs one
    tiles = "results/tiles/2018-05.arrow"
    status, printed = run.run("--latency-wait", "20", tiles)
    assert status == 0, printed
    assert "Waiting at most 20 seconds" in printed
    home, temporary = (run.folder / "met").read_text().split()
    assert home == "HOME=/proc/none"
    assert Path(temporary.removeprefix("TMPDIR=")).is_dir()  # Snakemake found another
    made, expected = files(run.project), files(finished)
    assert made == {name: expected[name] for name in expected if "2018-05" in name}
    assert run.project.planned(tiles) == {}


def test_files_from_the_future_and_from_before_make_nothing_run_again(project):
    # Fault case 49: a clock that was wrong for a while, in either direction.
    for days, pattern in ((400, "raw/*/*"), (400, "samples.tsv"), (400, "labels.tsv")):
        shift(project.folder, pattern, days)
    assert project.planned() == {}
    # All of a run together, as by a clock that jumps back before it.
    shift(project.folder, "results/**/*", -400)
    assert project.planned() == {}


def shift(folder: Path, pattern: str, days: float) -> None:
    """Put the times of files so many days away."""
    paths = [path for path in folder.glob(pattern) if path.is_file()]
    assert paths
    for path in paths:
        then = path.stat().st_mtime + 86_400 * days
        os.utime(path, (then, then))


def test_two_jobs_of_one_name_write_one_whole_file(finished, tmp_path):
    # Fault case 39, without Snakemake: whoever is last, the file is that of one of them.
    crops = finished.folder / "results/segment/2018-06/crops.parquet"
    tiles = tmp_path / "2018-06.arrow"
    command = [sys.executable, "-m", "seston", "tiles", "--crops", crops, "--size", "64"]
    environment = os.environ | {"PYTHONPATH": str(finished.workflow / "workflow")}
    both = [subprocess.Popen([*command, "--tiles", tiles], env=environment) for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert tiles.read_bytes() == (finished.folder / "results/tiles/2018-06.arrow").read_bytes()
    assert list(tmp_path.iterdir()) == [tiles]

"""The jobs of a small run, as Snakemake called them, each to be done again by itself.

A start of Snakemake costs 3 s, and a job's first seconds go to libraries that are loaded. Here a
job is a fork of a process that has loaded them (`load`), in a group of its own: nearly all of its
life is its own work, and hundreds of faults can be tried.
"""
# ruff: noqa: E402 - threads are limited before the libraries are loaded

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("workflow", "tests")]
from seston.threads import limit_threads

limit_threads(1)

from conftest import Project, make_small
from seston import cli

# Bash reads this before the command of each job: what is called, with which environment and
# standard input, and which files are new at its end. Jobs run one at a time.
RECORD = r"""
python() {
    if [ "$1 $2" != "-m seston" ]; then command python "$@"; return; fi
    local job="$RECORDED/$EPOCHREALTIME" status=0
    mkdir "$job"
    printf '%s\0' "${@:3}" >"$job/words"
    env -0 >"$job/environment"
    if [ -p /dev/stdin ]; then cat >"$job/stdin"; else : >"$job/stdin"; fi
    command python "$@" <"$job/stdin" || status=$?
    find results -newer "$job/stdin" -type f ! -path 'results/logs/*' \
        ! -path 'results/benchmarks/*' -print0 >"$job/made"
    return "$status"
}
exec() {
    if [ "$1" != python ]; then builtin exec "$@"; fi
    python "${@:2}"
    exit $?
}
"""
#: Of each run its own; and what Snakemake puts into folders.
NOT_RESULTS = ("logs", "benchmarks")
TIMESTAMP = ".snakemake_timestamp"


@dataclass
class Job:
    """One call of a stage.

    Attributes
    ----------
    stage : str
    words : list of str
        Its command line, from the stage on.
    environment : dict of str to str
    stdin : pathlib.Path
    made : list of str
        Files that it wrote, from the project's folder.
    seconds, writing : float
        How long it took when nobody disturbed it, and how long from its first file until the
        last one had its name; 0 before it was measured.
    """

    stage: str
    words: list[str]
    environment: dict[str, str]
    stdin: Path
    made: list[str]
    seconds: float = 0.0
    writing: float = 0.0

    @property
    def name(self) -> str:
        """The stage and the first file that it makes, such as ``tiles results/tiles/a.arrow``."""
        return f"{self.stage} {min(self.made)}"

    def start(self, folder: Path, temporary: Path, log: Path) -> "Process":
        """Start it in a group of its own, in another copy of the project."""
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if process == 0:
            self._live(folder, temporary, log)
        with suppress(OSError):  # it did so itself, or has ended
            os.setpgid(process, process)
        return Process(process)

    def _live(self, folder: Path, temporary: Path, log: Path) -> NoReturn:
        """Do what `python -m seston` does, and end."""
        status: object = 1
        try:
            os.setpgid(0, 0)
            with self.stdin.open("rb") as stdin, log.open("wb") as out:
                for number, file in enumerate((stdin, out, out)):
                    os.dup2(file.fileno(), number)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(self.environment | {"TMPDIR": str(temporary)})
            tempfile.tempdir = None
            sys.argv = ["seston", *self.words]
            status = cli.main(self.words)
        except SystemExit as end:
            status = end.code
        except BaseException:
            traceback.print_exc()
        finally:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status if isinstance(status, int) else status is not None)

    def clear(self, folder: Path) -> None:
        """Remove what it makes, as Snakemake does before a job."""
        for name in self.made:
            path = folder / name
            path.unlink(missing_ok=True)
            for above in path.relative_to(folder).parents:
                if len(above.parts) < 2 or _names(folder / above) - {TIMESTAMP}:
                    break
                shutil.rmtree(folder / above, ignore_errors=True)


class Process:
    """A job that was started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.status: int | None = None

    def poll(self) -> int | None:
        """Return its exit status, negative for a signal; None while it runs."""
        if self.status is None:
            ended, how = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(how) if ended else None
        return self.status

    def wait(self, seconds: float = float("inf")) -> int | None:
        """Return its exit status as soon as it has ended; None if it still runs after that time."""
        end = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < end:
            time.sleep(0.0005)
        return self.status

    def kill(self) -> None:
        """Send it SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)


def load(jobs: Iterable[Job]) -> None:
    """Load all that the stages of these jobs need."""
    for stage in {job.stage for job in jobs}:
        import_module(cli.STAGES[stage].partition(":")[0])


def small_project(folder: Path) -> Project:
    """Make the small project of the tests, with a longer training, classes and all pictures."""
    project = make_small(folder)
    project.set("finetune", epochs=20)
    project.set("labels", few=2)
    project.set("classify", head="linear", bootstraps=20, folds=3)
    project.set("report", sprites=True)
    return project


def record(project: Project, jobs: Path, *targets: str, network: bool) -> None:
    """Run a project to its end, one job at a time, and write down every call of a stage.

    Raises
    ------
    RuntimeError
        With what Snakemake printed, if it fails.
    """
    jobs.mkdir(parents=True)
    script = jobs / "record.sh"
    script.write_text(RECORD)
    command = project.command("--cores", "2", "--resources", "alone=1", "gpu=1")
    command += ["--default-resources", "alone=1", "--", *targets]
    done = subprocess.run(
        command if network else ["unshare", "--net", *command],
        cwd=project.workflow,
        env=plain_environment() | {"BASH_ENV": str(script), "RECORDED": str(jobs)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    script.rename(script.with_name("done.sh"))


def plain_environment() -> dict[str, str]:
    """Return the environment without what a shell for development sets."""
    left_out = ("PYTHONPATH", "OMP_NUM_THREADS")
    return {name: value for name, value in os.environ.items() if name not in left_out}


def read_jobs(folder: Path) -> list[Job]:
    """Return the jobs that were written down, in the order in which they ran."""
    jobs = []
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        words, environment, made = (
            (place / name).read_bytes().decode().split("\0")[:-1]
            for name in ("words", "environment", "made")
        )
        known = dict(line.split("=", 1) for line in environment)
        known.pop("BASH_ENV"), known.pop("RECORDED")
        jobs.append(Job(words[0], words, known, place / "stdin", sorted(made)))
    return jobs


def contents(folder: Path, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return the digest of each file of the results, by its name from the project's folder."""
    if names is None:
        names = (
            str(path.relative_to(folder))
            for path in (folder / "results").rglob("*")
            if path.is_file()
            and path.name != TIMESTAMP
            and path.relative_to(folder).parts[1] not in NOT_RESULTS
        )
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in names}


def measure(job: Job, folder: Path, temporary: Path, log: Path) -> int | None:
    """Do a job to its end; note how long it took and wrote. Return its exit status."""
    started = time.monotonic()
    process = job.start(folder, temporary, log)
    first = wait_for_writing(job, folder, process)
    status = process.wait()
    ended = time.monotonic()
    # Until the last file got its name; what follows is the end of the process, with nothing to hit.
    clock = time.time() - time.monotonic()
    made = [folder / name for name in job.made if (folder / name).exists()]
    last = max((path.stat().st_ctime for path in made), default=clock + ended) - clock
    job.seconds, job.writing = ended - started, max(last - first, 0.002)
    return status


def wait_for_writing(job: Job, folder: Path, process: Process) -> float:
    """Wait until there is a new file where the job writes, or it has ended; return the time."""
    places = {folder / name for path in job.made for name in list(Path(path).parents)[:-1]}
    before = {place: _names(place) for place in places}
    while process.poll() is None and all(_names(place) == before[place] for place in places):
        time.sleep(0.001)
    return time.monotonic()


def _names(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        return set()

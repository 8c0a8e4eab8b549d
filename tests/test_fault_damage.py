"""Files between stages that are cut off or empty: every stage that reads one says which it is."""

import multiprocessing
import os
import sys
from pathlib import Path

import pytest

from conftest import REPOSITORY
from seston.cli import STAGES, main

sys.path.append(str(REPOSITORY / "benchmarks"))

from recorded_jobs import Job, contents, read_jobs, record, small_project

#: Stages whose inputs are the whole run: `verify` is what finds damage there.
OF_ALL = ("manifest",)
#: What the stage reads that is given the folder of all results.
BELOW = {"choose": "*/evidence*.tsv"}
#: Seconds after which a stage counts as hanging.
PATIENCE = 300


class Damaged:
    """A finished run, and its jobs with one damaged file.

    Jobs are forks of one process that has imported all stages: a job alone takes two seconds to
    start, and what it says of a damaged file some hundredths.
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.log = folder, scratch / "log"
        self._processes = multiprocessing.get_context("forkserver")
        modules = {target.partition(":")[0] for target in STAGES.values()}
        self._processes.set_forkserver_preload(sorted(modules))

    def wrong_of(self, job: Job) -> list[str]:
        """Damage each input of a job in turn; return what was not told as it should be."""
        wrong = []
        before = {name: (self.folder / name).read_bytes() for name in job.made}
        for option, path in inputs(job, self.folder):
            whole = path.read_bytes()
            for cut in (len(whole) // 2, 0):
                path.write_bytes(whole[:cut])
                said = self._told(job, path, before)
                if said:
                    name = path.relative_to(self.folder)
                    wrong.append(f"{job.stage} {option} {name}, {cut} bytes: {said}")
            path.write_bytes(whole)
        return wrong

    def _told(self, job: Job, damaged: Path, before: dict[str, bytes]) -> str:
        status = self._run(job)
        printed = self.log.read_text()
        after = {name: (self.folder / name).read_bytes() for name in job.made}
        for name, content in before.items():
            (self.folder / name).write_bytes(content)
        if [*(self.folder / "results").rglob("*.tmp")]:
            return "left a temporary file"
        if status == 0:  # it reads other files of that folder only
            # A table of text that lost its last lines is still one: `verify` finds it.
            lines_lost = damaged.suffix == ".tsv" and damaged.stat().st_size > 0
            same = after == before or lines_lost
            return "" if same else "took it for whole, and wrote other files"
        _, error, message = printed.partition(f"seston {job.stage}: error: ")
        if "Traceback" in printed or status != 2 or not error:
            return f"status {status}: {printed[-300:]}"
        return "" if damaged.name in message else f"of another file: {message[:300]}"

    def _run(self, job: Job) -> int | None:
        process = self._processes.Process(
            target=call, args=(job.words, job.stdin, self.folder, self.log)
        )
        process.start()
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
        return process.exitcode


def call(words: list[str], stdin: Path, folder: Path, log: Path) -> None:
    """Do a job in the process that this is, with its own standard streams."""
    os.chdir(folder)
    os.dup2(os.open(stdin, os.O_RDONLY), 0)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.exit(main(words))


def inputs(job: Job, folder: Path) -> list[tuple[str, Path]]:
    """Return the files of the run that a job is given, each with its option.

    Of a folder one file of each name, or of each ending where shards give the names.
    """
    found: dict[tuple[str, str], Path] = {}
    option = ""
    for word in job.words[1:]:
        if word.startswith("--"):
            option, _, word = word.partition("=")
        path = folder / word
        if word == "results":
            files = sorted(path.glob(BELOW[job.stage]))
        elif word.startswith("results/") and path.exists():
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
        else:
            continue
        for file in files:
            own = file.name.startswith(".snakemake")  # of folders, gone when they are made anew
            if file.is_file() and not own and str(file.relative_to(folder)) not in job.made:
                of_shard = path.is_dir() and file.stem[:4].isdigit()
                found.setdefault((option, file.suffix if of_shard else file.name), file)
    return [(option, path) for (option, _), path in found.items()]


@pytest.mark.nightly
def test_every_stage_names_the_file_that_is_damaged(tmp_path):
    project = small_project(tmp_path / "project")
    record(project, tmp_path / "jobs", network=True)
    before = contents(project.folder)
    of_stage = {job.stage: job for job in read_jobs(tmp_path / "jobs")}
    assert len(of_stage) > 30
    damaged = Damaged(project.folder, tmp_path)
    wrong = [line for name, job in of_stage.items() if name not in OF_ALL
             for line in damaged.wrong_of(job)]  # fmt: skip
    assert not wrong, "\n".join(wrong)
    assert contents(project.folder) == before

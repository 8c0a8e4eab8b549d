"""kill -9 at random moments of all stages: no half file, and the tables of an undisturbed run.

    python benchmarks/kills.py [--moments 200] [--minutes 20] [--folder FOLDER] [--seed 1]

A small project (60 images of five samples in two shards) runs once undisturbed, without a network
where that may be taken away. Then, stage after stage, one of its jobs is started again by itself,
its outputs removed as Snakemake does, and it and all its children are killed:

* `life`    at a moment drawn evenly from the time that it takes;
* `writing` at a moment drawn evenly from the time between its first file and its last.

Every fourth time only the process that was started is killed: its children must end by themselves.
Then each output must be absent, or the very bytes of the undisturbed run, and nothing else may be
in the results but temporary files (`.*.tmp`), which no stage takes. The job is started again and
let go to its end: all files must be those of the undisturbed run, and no temporary file be left.
In every tenth moment, Snakemake itself and all its jobs are killed instead (`snakemake`); that run
is gone on with, killed again and again, until it ends, and its files are compared as well.

It goes on where it was ended, and ends after so many minutes; status 1 if anything was wrong.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from recorded_jobs import (
    ROOT,
    Job,
    Process,
    contents,
    load,
    measure,
    plain_environment,
    read_jobs,
    record,
    small_project,
    wait_for_writing,
)

from conftest import Project

#: Of this many moments, one is for Snakemake itself.
WHOLE = 10
#: Seconds after which a start of Snakemake is killed at the latest: several jobs.
LONGEST = 25.0
#: Seconds in which children must end once the process that started them is gone.
GRACE = 10.0
#: What must be empty or 0 in each moment.
BAD = ("wrong", "absent", "left", "different", "orphans", "status")
#: Where a training keeps what it has learned so far; it goes when the training ends.
RESUME = "results/resume/"


class Campaign:
    """The undisturbed run, its jobs, and what was seen so far.

    Parameters
    ----------
    folder : pathlib.Path
        Kept, so that the next call goes on there.
    seed : int
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.seen_file = folder / "moments.jsonl"
        self.work, self.temporary = folder / "work", folder / "tmp"
        code = _code()
        if folder.exists() and (folder / "code").exists():
            if (folder / "code").read_text() != code:
                raise SystemExit(
                    f"{folder} is of another version of Seston; remove it, or give another"
                )
        else:
            self._run_undisturbed(code)
        self.jobs = read_jobs(folder / "jobs")
        self.expected = json.loads((folder / "expected.json").read_text())
        # What differs between two undisturbed runs, such as the time in the manifest.
        self.varying = set(json.loads((folder / "varying.json").read_text()))
        for job, took in zip(
            self.jobs, json.loads((folder / "seconds.json").read_text()), strict=True
        ):
            job.seconds, job.writing = took
        load(self.jobs)
        self.stages = list(dict.fromkeys(job.stage for job in self.jobs))
        self.seen = _lines(self.seen_file)
        for name in ("work", "tmp"):
            shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(folder / "undisturbed", self.work, symlinks=True)
        self.temporary.mkdir()

    def _run_undisturbed(self, code: str) -> None:
        """Run the project, then each job again, to know how long it takes and what varies."""
        project = Project(self.folder / "undisturbed")
        if not (self.folder / "jobs" / "done.sh").exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            project = small_project(project.folder)
            alone = subprocess.run(["unshare", "--net", "true"], capture_output=True)
            print(f"the undisturbed run, network: {alone.returncode != 0}", flush=True)
            record(project, self.folder / "jobs", network=alone.returncode != 0)
        expected = contents(project.folder)
        jobs = read_jobs(self.folder / "jobs")
        unknown = expected.keys() - {name for job in jobs for name in job.made}
        print(f"{len(jobs)} jobs, {len(expected)} files; made without a stage: {sorted(unknown)}")
        load(jobs)
        again, temporary = self.folder / "again", self.folder / "tmp"
        shutil.rmtree(again, ignore_errors=True)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.copytree(project.folder, again, symlinks=True)
        temporary.mkdir()
        varying = []
        for job in jobs:
            job.clear(again)
            status = measure(job, again, temporary, self.folder / "log")
            if status:
                raise RuntimeError(f"{job.name}: status {status}\n{_tail(self.folder / 'log')}")
            found = contents(again, job.made)
            varying += [name for name in job.made if found[name] != expected[name]]
            # Or what follows would differ as well.
            for name in job.made:
                shutil.copy2(project.folder / name, again / name)
        print(f"varying between two undisturbed runs: {varying}", flush=True)
        for name, value in (
            ("expected", expected),
            ("varying", varying),
            ("seconds", [(job.seconds, job.writing) for job in jobs]),
        ):
            (self.folder / f"{name}.json").write_text(json.dumps(value))
        shutil.rmtree(again)
        (self.folder / "code").write_text(code)

    def moment(self, number: int) -> None:
        """Kill something, look, let it finish, look again; write down what was seen."""
        chance = np.random.default_rng([self.seed, number])
        if number % WHOLE == WHOLE - 1:
            seen = self.whole(chance)
        else:
            turn = number - number // WHOLE
            stage = self.stages[turn % len(self.stages)]
            jobs = [job for job in self.jobs if job.stage == stage]
            how = ("writing", "life")[(turn // len(self.stages)) % 2]
            seen = self.single(jobs[chance.integers(len(jobs))], how, chance)
        self.seen.append({"number": number} | seen)
        with self.seen_file.open("a") as file:
            file.write(json.dumps(self.seen[-1]) + "\n")

    def single(self, job: Job, how: str, chance: np.random.Generator) -> dict[str, Any]:
        """One moment of one job."""
        first_alone = bool(chance.random() < 0.25)
        early = 0  # how often it had ended before the moment came
        while True:
            job.clear(self.work)
            process = job.start(self.work, self.temporary, self.folder / "log")
            if how == "writing":
                started = wait_for_writing(job, self.work, process)
                delay = chance.uniform(0, job.writing)
            else:
                started, delay = time.monotonic(), chance.uniform(0, job.seconds)
            if process.wait(started + delay - time.monotonic()) is None:
                break
            early += 1
            job.seconds *= 0.9  # it is faster now than when it was measured
            job.writing *= 0.9
        orphans = _kill(process, first_alone)
        seen = self.look(set(job.made))
        status = measure(job, self.work, self.temporary, self.folder / "log")
        after = self.look(set())
        seen |= {
            "stage": job.stage, "job": job.name, "how": how, "alone": first_alone,
            "at": delay, "early": early, "orphans": orphans, "status": status,
            "left": after["temporary"], "different": after["wrong"] + after["absent"],
            "in_tmpdir": _empty(self.temporary),
        }  # fmt: skip
        if status or seen["different"]:
            seen["told"] = _tail(self.folder / "log")
            self.restore()
        return seen

    def whole(self, chance: np.random.Generator) -> dict[str, Any]:
        """One kill of Snakemake with all its jobs, in a run that goes on from kill to kill."""
        project, ended = Project(self.folder / "whole"), []
        while True:
            if not project.folder.exists():
                small_project(project.folder)
            process = self.snakemake(project)
            delay = chance.uniform(0, LONGEST)
            try:
                status = process.wait(delay)
            except subprocess.TimeoutExpired:
                break
            # It came to its end: the files must be right, and the next run starts anew.
            ended.append(self.compare_whole(project, status))
            shutil.rmtree(project.folder)
        _kill(process, alone=False)
        seen = self.look(set(self.expected), project.folder)
        subprocess.run(project.command("--unlock"), cwd=project.workflow, capture_output=True)
        return seen | {
            "stage": "snakemake", "job": "snakemake", "how": "life", "alone": False, "at": delay,
            "early": 0, "orphans": 0, "status": 0, "in_tmpdir": _empty(self.temporary),
            "left": [name for one in ended for name in one["left"]], "ended": len(ended),
            "different": [name for one in ended for name in one["different"]],
        }  # fmt: skip

    def finish_whole(self) -> dict[str, Any] | None:
        """Let the run that was killed so often come to its end; return what is wrong with it."""
        project = Project(self.folder / "whole")
        if not project.folder.exists():
            return None
        seen = self.compare_whole(project, self.snakemake(project).wait())
        shutil.rmtree(project.folder)
        return seen

    def snakemake(self, project: Project) -> subprocess.Popen:
        """Start Snakemake in a session of its own."""
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(
                project.command("--cores", "2"),
                cwd=project.workflow,
                env=plain_environment() | {"TMPDIR": str(self.temporary)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def compare_whole(self, project: Project, status: int) -> dict[str, Any]:
        """Return what is wrong with a run that came to its end."""
        seen = self.look(set(), project.folder)
        different = seen["wrong"] + seen["absent"]
        if status:
            different.append(f"status {status}: {_tail(self.folder / 'log')}")
        return {"left": seen["temporary"], "different": different}

    def look(self, may_lack: set[str], folder: Path | None = None) -> dict[str, Any]:
        """Compare the results with those of the undisturbed run.

        Returns
        -------
        dict
            ``wrong``: files of other bytes, and files that are not known; ``absent``: those that
            are wanted; ``whole`` and ``missing``: how many of those that may be absent are there,
            and are not; ``temporary``: what unfinished writing left.
        """
        folder = folder or self.work
        found = contents(folder)
        temporary = sorted({_temporary(name) for name in found} - {""})
        temporary += [
            str(path.relative_to(folder))
            for path in (folder / "results").rglob(".*.tmp")
            if path.is_dir() and str(path.relative_to(folder)) not in temporary
        ]
        mine = {name: digest for name, digest in found.items() if not _temporary(name)}
        wrong = [
            name
            for name, digest in mine.items()
            if not self.is_right(name, digest, folder, bool(may_lack))
        ]
        absent = self.expected.keys() - mine.keys()
        return {
            "wrong": wrong,
            "absent": sorted(absent - may_lack),
            "whole": len((may_lack & mine.keys()) - set(wrong)),
            "missing": len(may_lack & absent),
            "temporary": temporary,
        }

    def is_right(self, name: str, digest: str, folder: Path, unfinished: bool) -> bool:
        """Whether a file is that of the undisturbed run; of what varies, whether it can be read."""
        if name.startswith(RESUME):
            return unfinished and zipfile.ZipFile(folder / name).testzip() is None
        if name in self.varying:
            try:
                return bool(json.loads((folder / name).read_bytes()))
            except ValueError:
                return False
        return self.expected.get(name) == digest

    def restore(self) -> None:
        """Start the next moment from what is right, after something was wrong."""
        shutil.rmtree(self.work)
        shutil.copytree(self.folder / "undisturbed", self.work, symlinks=True)


def _code() -> str:
    """Return a digest of package and rules."""
    digest = sha256()
    for path in sorted((ROOT / "workflow").rglob("*")):
        if path.suffix in (".py", ".smk", ".yaml", ".js", ".css", ".html"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _kill(process: subprocess.Popen | Process, alone: bool) -> int:
    """Kill a process, alone or with all of its group; return how many outlive it."""
    if alone:
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + GRACE
    while members := list(_members(process.pid)):
        if time.monotonic() > end:
            os.killpg(process.pid, signal.SIGKILL)
            return len(members)
        time.sleep(0.01)
    return 0


def _members(group: int) -> Iterator[int]:
    """Yield the processes of a group that are alive."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, _, belongs = (place / "stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(belongs) == group and state != "Z":
            yield int(place.name)


def _temporary(name: str) -> str:
    """Return the unfinished file or folder that a file is or is in; empty for a finished one."""
    parts = Path(name).parts
    for count, part in enumerate(parts, 1):
        if part.startswith(".") and part.endswith(".tmp"):
            return str(Path(*parts[:count]))
    return ""


def _empty(folder: Path) -> list[str]:
    """Remove what lies in a folder; return the names."""
    found = sorted(folder.iterdir())
    for path in found:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    return [path.name for path in found]


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def table(seen: list[dict[str, Any]]) -> pd.DataFrame:
    """One row a stage: how many moments, and what was seen in them."""
    rows = pd.DataFrame(seen)
    count = {name: rows[name].map(len) for name in ("wrong", "temporary", "left", "different")}
    per = pd.DataFrame(
        {
            "stage": rows["stage"],
            "moments": 1,
            "while writing": (count["temporary"] > 0)
            | ((rows["whole"] > 0) & (rows["missing"] > 0)),
            "half or strange": count["wrong"] + rows["absent"].map(len),
            "outputs whole": rows["whole"],
            "outputs absent": rows["missing"],
            "left unfinished": count["temporary"],
            "not swept": count["left"],
            "different": count["different"],
            "orphans": rows["orphans"],
            "failed again": (rows["status"] != 0).astype(int),
            "in TMPDIR": rows["in_tmpdir"].map(len),
        }
    )
    sums = per.groupby("stage", sort=False).sum()
    return pd.concat([sums, sums.sum().to_frame("all").T])


def main() -> int:
    """Go on until all moments are there or the time is over; print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/seston-kills"))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    end = time.monotonic() + 60 * given.minutes
    campaign = Campaign(given.folder.resolve(), given.seed)
    while (number := len(campaign.seen)) < given.moments and time.monotonic() < end:
        campaign.moment(number)
    seen, last = campaign.seen, None
    if len(seen) >= given.moments:
        last = campaign.finish_whole()
    if seen:
        print(table(seen).to_string())
    for one in seen:
        for name in BAD[:4]:
            if one[name]:
                print(f"moment {one['number']}, {one['job']}: {name}: {', '.join(one[name])}")
        if "told" in one:
            print(one["told"])
    if last:
        print(f"the last run of Snakemake, let go to its end: {last}")
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    minutes = sum(each.ru_utime + each.ru_stime for each in used) / 60
    print(f"{len(seen)} of {given.moments} moments, {minutes:.1f} CPU-minutes in this call")
    bad = [one for one in seen if any(one[name] for name in BAD)]
    return int(bool(bad or (last and (last["left"] or last["different"]))))


if __name__ == "__main__":
    sys.exit(main())

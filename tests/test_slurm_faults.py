"""What goes wrong on a cluster, all of it in one run of a small project under a real SLURM.

The tables at the end must be those of a run that nobody disturbed. Snakemake is started three
times, because it is killed twice:

1. killed while the jobs of `segment` are about to write; the second does not look after them;
2. a job of `tiles` is cancelled, another gets no more time, SLURM's controller and its database go
   away meanwhile; `finetune` is preempted and gets SIGTERM; Snakemake is killed, and its jobs are
   cancelled, as docs/cluster.md says;
3. a job needs more memory than it asked for; a node dies, and with it another job.
"""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import Project, make_small
from slurm_cluster import Cluster, cluster, needs_slurm

pytestmark = needs_slurm

# With the threads of a laptop, on which the sums of a training depend.
TARGETS = ("--max-threads", "2", "clusters", "trends")

# Bash reads this before the command of each job. Each folder in $FAULTS is a fault: `where` says
# which commands it meets, `what` happens before them.
MEDDLE = """
meddle() {
    local fault
    for fault in "$FAULTS"/*; do
        [[ "$*" == $(<"$fault/where") ]] || continue
        echo "$SLURM_JOB_ID" >>"$fault/met"
        source "$fault/what"
    done
}
python() { meddle "$@"; command python "$@"; }
exec() { [ "$1" != python ] || meddle "${@:2}"; builtin exec "$@"; }
"""
# Waits to be let go.
HOLD = 'until [ -e "$fault/go" ]; do sleep 0.1; done'
# Takes, in each attempt, a quarter more memory than the first one asked for.
GREED = """
[ -e "$fault/bytes" ] ||
    echo $(($(squeue -h -j "$SLURM_JOB_ID" -o %m | numfmt --from=iec) * 5 / 4)) >"$fault/bytes"
command python -c "import time; all = b'.' * $(<"$fault/bytes"); time.sleep(3)"
"""


class Faults:
    """Faults that jobs meet before they start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "faults"
        self.folder.mkdir()
        (folder / "meddle.sh").write_text(MEDDLE)
        self.environment = {"BASH_ENV": str(folder / "meddle.sh"), "FAULTS": str(self.folder)}

    def add(self, name: str, where: str, what: str = HOLD) -> None:
        """Let `what` happen before all commands that the pattern `where` describes."""
        (self.folder / f".{name}").mkdir()
        (self.folder / f".{name}" / "where").write_text(where)
        (self.folder / f".{name}" / "what").write_text(what)
        (self.folder / f".{name}").rename(self.folder / name)

    def met(self, name: str, count: int = 1) -> list[str]:
        """Wait until jobs have met a fault so many times; return their ids in that order."""
        met = self.folder / name / "met"

        def jobs() -> list[str]:
            return met.read_text().split() if met.exists() else []

        wait_until(lambda: len(jobs()) >= count, f"{count} job(s) at {name}")
        return jobs()

    def let_go(self, name: str) -> None:
        (self.folder / name / "go").touch()


class Run:
    """One start of `snakemake --profile slurm`."""

    def __init__(self, project: Project, faults: Faults) -> None:
        self.output = project.folder / f"snakemake_{time.monotonic_ns()}.txt"
        command = project.command(
            *("--profile", "slurm", "--slurm-init-seconds-before-status-checks", "4"),
            *("--latency-wait", "10", *TARGETS),
        )
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                command,
                cwd=project.workflow,
                env=os.environ | faults.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    @property
    def printed(self) -> str:
        return self.output.read_text()

    @property
    def jobs(self) -> str:
        """The name of all its jobs in SLURM."""
        (name,) = re.findall(r"SLURM run ID: (\S+)", self.printed)
        return name

    def kill(self) -> None:
        assert self.process.poll() is None, self.printed
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Wait for its end, and hold it to success."""
        wait_until(lambda: self.process.poll() is not None, "the end of the run", 600)
        assert self.process.returncode == 0, self.printed


def wait_until(true: Callable[[], object], what: str, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.1)


# Seconds without SLURM's daemons: several looks at the jobs fail.
OUTAGE = 20

# Steps between two savings of a training that nobody asks to end.
SAVE_EVERY = 50

# The steps of the training are enough to disturb it three times.
EPOCHS = 120


def small(folder: Path) -> Project:
    project = make_small(folder)
    project.set("finetune", epochs=EPOCHS)
    return project


@pytest.fixture(scope="module")
def slurm(tmp_path_factory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("slurm"), node_cpus=16, node_mem=64000) as running:
        # A dead node is noticed soon; who is asked to end has the time that SLURM gives by default.
        with running.conf.open("a") as file:
            file.write("SlurmdTimeout=15\nKillWait=30\n")
        running.ask("scontrol", "reconfigure")
        yield running


class Story:
    """The disturbed run, from its first start to its end, and what was seen on the way."""

    def __init__(self, slurm: Cluster, folder: Path) -> None:
        self.slurm, self.folder = slurm, folder
        self.project = small(folder / "disturbed")
        self.undisturbed = small(folder / "undisturbed")
        self.faults = Faults(folder)
        self.runs: list[Run] = []

    def start(self) -> Run:
        self.runs.append(Run(self.project, self.faults))
        return self.runs[-1]

    def state(self, job: str) -> str:
        """What the accounting says of a job: squeue forgets those that ended."""
        return [row["State"] for row in self.slurm.jobs() if row["JobID"] == job][-1]

    def wait_for_end(self, *jobs: str) -> None:
        """Wait until none of these jobs waits, runs or is being ended."""
        wait_until(lambda: not self.slurm.ask("squeue", "--noheader", *jobs), "the end of jobs")

    def killed_while_jobs_write(self) -> None:
        first = self.start()
        self.faults.met("segment", 2)
        first.kill()
        self.locked = self.project.snakemake("--profile", "slurm", *TARGETS)
        self.unlocked = self.project.snakemake("--unlock")
        self.start()
        # The jobs of both runs, of the same two shards.
        self.writers = self.faults.met("segment", 4)
        self.writing = [self.state(job) for job in self.writers]
        self.faults.let_go("segment")

    def cancelled_and_out_of_time(self) -> None:
        self.cancelled, self.late = self.faults.met("tiles", 2)[:2]
        self.slurm.ask("scontrol", "update", f"JobId={self.late}", "TimeLimit=1")
        self.slurm.ask("scancel", self.cancelled)
        # To the end: a node whose job cannot report it would be drained.
        self.wait_for_end("--jobs", self.cancelled)

    def daemons_gone(self) -> None:
        self.slurm.testbed("stop", "slurmctld")
        self.slurm.testbed("stop", "slurmdbd")
        time.sleep(OUTAGE)
        self.slurm.testbed("start", "slurmdbd")
        self.slurm.testbed("start", "slurmctld")
        # While the late job goes on until its time is over: what the run would have been.
        self.undisturbed.run(*TARGETS)
        wait_until(lambda: self.state(self.late) == "TIMEOUT", "the end of its time")

    def training_disturbed(self) -> None:
        self.trainings = [self.training(1)]
        (job,) = self.faults.met("training")
        self.slurm.ask("scontrol", "requeue", job)
        self.trainings.append(self.training(2))
        self.slurm.ask("scancel", "--signal=TERM", job)
        self.trainings.append(self.training(3))

    def training(self, attempt: int) -> str:
        """Wait until an attempt of the training takes steps; return what it said until then."""
        self.faults.met("training", attempt)
        log = self.project.folder / "results" / "logs" / "finetune.log"
        wait_until(lambda: "process(es)" in log.read_text(), "steps of the training")
        return log.read_text()

    def killed_and_cleaned_up(self) -> None:
        second = self.runs[-1]
        second.kill()
        self.slurm.ask("scancel", "--name", second.jobs)
        self.wait_for_end("--name", second.jobs)
        self.unlocked_again = self.project.snakemake("--unlock")
        self.start()
        self.trainings.append(self.training(4))

    def out_of_memory(self) -> None:
        self.greedy = self.faults.met("greed", 2)
        wait_until(lambda: self.state(self.greedy[1]) == "COMPLETED", "the second attempt")

    def node_dies(self) -> None:
        (job,) = self.faults.met("node")
        node = self.slurm.ask("squeue", "-h", "--format=%N", "-j", job).strip()
        self.slurm.testbed("crash", node)
        self.dead_node = node
        self.on_dead_node = self.faults.met("node", 2)
        self.faults.let_go("node")
        self.runs[-1].end()


@pytest.fixture(scope="module")
def story(slurm: Cluster, tmp_path_factory) -> Iterator[Story]:
    story = Story(slurm, tmp_path_factory.mktemp("faults"))
    story.faults.add("segment", "* segment *")
    story.faults.add("tiles", "* tiles *")
    story.faults.add("training", "* finetune *", ":")
    story.faults.add("greed", "* assign *finetuned*2018-05*", GREED)
    story.faults.add("node", "* assign *finetuned*2018-06*")
    try:
        story.killed_while_jobs_write()
        story.cancelled_and_out_of_time()
        story.daemons_gone()
        story.faults.let_go("tiles")
        story.training_disturbed()
        story.killed_and_cleaned_up()
        story.out_of_memory()
        story.node_dies()
        story.rows = slurm.jobs()
        yield story
    finally:
        for run in story.runs:
            run.process.kill()
        print(*(run.printed for run in story.runs), sep="\n=====\n")


def files(project: Project) -> dict[Path, bytes]:
    """Tables of the run, and of every shard."""
    folder = project.folder / "results"
    paths = [*folder.glob("tables/*"), *folder.glob("segment/*/*"), *folder.glob("*/clusters/*")]
    return {path.relative_to(folder): path.read_bytes() for path in paths}


def test_the_tables_are_those_of_an_undisturbed_run(story):
    expected, found = files(story.undisturbed), files(story.project)
    assert len(expected) > 20 and found.keys() == expected.keys()
    assert [path for path in expected if found[path] != expected[path]] == []


def test_nothing_is_left_over_and_nothing_is_made_again(story):
    assert list(story.project.folder.glob("results/**/.*.tmp")) == []
    assert list(story.project.folder.glob("results/resume/*")) == []
    assert story.project.planned(*TARGETS) == {}


def attempts(story: Story, *ids: str) -> list[dict[str, str]]:
    """What the accounting has of these jobs, as often as each was started."""
    return [row for row in story.rows if row["JobID"] in ids]


def comes_back(story: Story, job: str) -> tuple[dict[str, str], dict[str, str]]:
    """The first and the only other attempt of a job, of which the second succeeded."""
    (first,) = attempts(story, job)
    alike = [row for row in story.rows if row["Comment"] == first["Comment"]]
    (second,) = (row for row in alike if int(row["JobID"]) > int(job))
    assert second["State"] == "COMPLETED"
    return first, second


def megabytes(row: dict[str, str]) -> float:
    return float(row["ReqMem"].removesuffix("M"))


def minutes(row: dict[str, str]) -> int:
    hours, rest, _ = row["Timelimit"].split(":")
    return 60 * int(hours) + int(rest)


def test_a_second_snakemake_waits_for_unlock(story):
    assert story.locked.returncode != 0
    assert "locked" in story.locked.stdout + story.locked.stderr
    assert story.unlocked.returncode == story.unlocked_again.returncode == 0


def test_jobs_of_a_killed_snakemake_may_write_beside_those_of_the_next(story):
    assert story.writing == ["RUNNING"] * 4
    rows = attempts(story, *story.writers)
    assert len({row["JobName"] for row in rows}) == 2
    assert [row["State"] for row in rows] == ["COMPLETED"] * 4


def test_a_cancelled_job_and_one_out_of_time_come_back_with_more(story):
    cancelled, after_cancel = comes_back(story, story.cancelled)
    assert cancelled["State"].startswith("CANCELLED")
    late, after_late = comes_back(story, story.late)
    assert late["State"] == "TIMEOUT"
    # What the late one had asked for was changed, but both are of one rule.
    assert minutes(after_cancel) == minutes(after_late) == 2 * minutes(cancelled)


def test_a_job_out_of_memory_comes_back_with_more(story):
    first, second = comes_back(story, story.greedy[0])
    assert first["State"] in ("FAILED", "OUT_OF_MEMORY")
    assert story.greedy == [first["JobID"], second["JobID"]]
    assert megabytes(second) == 2 * megabytes(first)


def test_a_training_goes_on_wherever_it_was_ended(story):
    ended = [re.findall(r"going on after step (\d+) of", said) for said in story.trainings]
    assert ended[0] == [] and len(ended) == 4
    steps = [int(step) for (step,) in ended[1:]]
    assert 0 < steps[0] < steps[1] < steps[2]
    # Saved when it was asked to end, not only at times.
    assert any(step % SAVE_EVERY for step in steps)
    jobs = story.faults.met("training", 4)
    # Put back by SLURM, then given anew by Snakemake, then by the next Snakemake.
    assert jobs[0] == jobs[1] and len(set(jobs)) == 3


def test_a_job_of_a_dead_node_runs_once_on_another(story):
    (job,) = set(story.on_dead_node)
    rows = attempts(story, job)
    assert [row["State"] for row in rows] == ["NODE_FAIL", "COMPLETED"]
    assert rows[0]["NodeList"] == story.dead_node != rows[1]["NodeList"]
    assert [row for row in story.rows if row["Comment"] == rows[0]["Comment"]] == rows

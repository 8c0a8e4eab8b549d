"""A real SLURM on this machine, for as long as a test file needs one."""

import csv
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

TESTBED = Path(__file__).with_name("slurm_testbed")
DAEMONS = ("munged", "mariadbd", "slurmdbd", "slurmctld", "slurmd", "sbatch")
#: what is asked of the accounting about each job
FIELDS = "JobID JobName Partition State ExitCode ReqMem Timelimit AllocTRES NodeList Comment"


def _why_not() -> str:
    """Return why no cluster can be started here; empty where one can."""
    if sys.platform != "linux":
        return "SLURM needs Linux"
    if os.geteuid() != 0:
        return "a SLURM of our own needs root"
    places = f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin:/sbin"
    missing = [name for name in DAEMONS if shutil.which(name, path=places) is None]
    if missing:
        return f"no {', '.join(missing)} here: tests/slurm_testbed install"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        return "no leave to make a mount namespace"
    return ""


REASON = _why_not()
needs_slurm = pytest.mark.skipif(bool(REASON), reason=REASON)


class Cluster:
    """A running cluster of simulated nodes; `SLURM_CONF` in the environment leads to it.

    Parameters
    ----------
    folder : pathlib.Path
        Of its configuration, state and logs.
    shape : dict of str to int
        Settings of the testbed, as `node_cpus`; its head has them all.
    """

    def __init__(self, folder: Path, shape: dict[str, int]) -> None:
        self.folder = folder
        self.settings = {f"SLURM_TESTBED_{key.upper()}": str(value) for key, value in shape.items()}
        self.settings["SLURM_TESTBED_DIR"] = str(folder)
        # It goes down with this process, even if that is killed.
        self.settings["SLURM_TESTBED_OWNER"] = str(os.getpid())

    @property
    def conf(self) -> Path:
        return self.folder / "etc" / "slurm.conf"

    def testbed(self, *words: str) -> None:
        """Run a command of the testbed: up, down, stop DAEMON, start DAEMON, crash NODE."""
        result = subprocess.run(
            [TESTBED, *words],
            env=os.environ | self.settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert result.returncode == 0, result.stderr

    def ask(self, *words: str) -> str:
        """Return what a command of SLURM prints."""
        result = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, f"{' '.join(words)}: {result.stderr}"
        return result.stdout

    def jobs(self) -> list[dict[str, str]]:
        """Return what the accounting knows of each job, in the order of their ids.

        Memory is in MB. A job that was requeued has a row for each time. `Comment` is
        rule_<rule>_wildcards_<values> where the executor plugin of Snakemake submitted it.
        """
        options = ["--allocations", "--parsable2", "--delimiter=\t", "--units=M", "--duplicates"]
        options += ["--starttime=now-7days"]  # else those of before midnight are left out
        table = self.ask("sacct", *options, f"--format={','.join(FIELDS.split())}")
        rows = list(csv.DictReader(table.splitlines(), delimiter="\t"))
        return sorted(rows, key=lambda row: int(row["JobID"]))


@contextmanager
def cluster(folder: Path, **shape: int) -> Iterator[Cluster]:
    """Start a cluster, and end it with all of its jobs.

    Several may run beside each other, as test files on several workers of pytest do.

    Parameters
    ----------
    folder : pathlib.Path
        Of its configuration, state and logs; a short path, since sockets are in it.
    shape : int
        Settings of the testbed, as ``node_cpus=8``.
    """
    nodes = shape.get("cpu_nodes", 2) + shape.get("gpu_nodes", 1)
    one = Cluster(folder, shape | {"port": free_ports(2 + nodes)})
    with pytest.MonkeyPatch.context() as patch:
        try:
            one.testbed("up")
            patch.setenv("SLURM_CONF", str(one.conf))
            yield one
        finally:
            one.testbed("down")


def free_ports(number: int) -> int:
    """Return the first of so many TCP ports in a row that nothing listens on.

    Each worker of pytest looks in places of its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for first in count(16800 + 1000 * worker, 100):
        try:
            for port in range(first, first + number):
                with socket.create_server(("", port)):
                    pass
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")  # the count does not end

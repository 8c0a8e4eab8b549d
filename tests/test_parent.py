"""A worker whose parent was killed ends as well."""

import signal
import subprocess
import sys
import textwrap
from contextlib import suppress

import psutil
import pytest

from seston.parent import end_with_parent

STAGE = textwrap.dedent(
    """
    import os, sys, time
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context
    from seston.parent import end_with_parent

    if __name__ == "__main__":
        with ProcessPoolExecutor(1, get_context("spawn"), initializer=end_with_parent) as pool:
            print(pool.submit(os.getpid).result(), flush=True)
            if sys.argv[1] == "busy":
                pool.submit(time.sleep, 600)
            sys.stdin.read()  # until it is killed, or told to end
    """
)


@pytest.fixture
def start(tmp_path):
    """Start a stage with one worker; give both."""
    (tmp_path / "stage.py").write_text(STAGE)
    started = []

    def start(what: str) -> tuple[subprocess.Popen, psutil.Process]:
        command = [sys.executable, tmp_path / "stage.py", what]
        stage = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(stage)
        worker = psutil.Process(int(stage.stdout.readline()))
        started.append(worker)
        assert worker.ppid() == stage.pid
        return stage, worker

    yield start
    for process in started:
        with suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.mark.parametrize("what", ["idle", "busy"])
def test_a_worker_ends_with_the_process_that_started_it(start, what):
    stage, worker = start(what)
    stage.kill()
    assert stage.wait(10) == -signal.SIGKILL
    worker.wait(30)  # raises if it goes on


def test_a_stage_that_ends_by_itself_takes_its_worker_along(start):
    stage, worker = start("idle")
    stage.communicate("")
    assert stage.returncode == 0
    assert not worker.is_running()


def test_it_is_for_workers_only():
    with pytest.raises(RuntimeError, match="did not start"):
        end_with_parent()

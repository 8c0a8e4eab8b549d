"""What a stage cost, as the kernel counted it, and the last line of its log."""

import logging
import re
import subprocess
import sys
from types import ModuleType

import pytest

from seston import cli
from seston.usage import usage

#: Takes 300 MB and half a second of CPU, itself or in a child.
WORK = """
import subprocess, sys, time
work = '''
import time
taken = bytearray(300_000_000)
for place in range(0, len(taken), 4096):
    taken[place] = 1
while time.process_time() < 0.5:
    pass
'''
if {child}:
    subprocess.run([sys.executable, "-c", work], check=True)
else:
    exec(work)
from seston.usage import usage
print(*usage())
"""


@pytest.mark.parametrize("child", [False, True])
def test_time_and_memory_of_process_and_children(child):
    command = [sys.executable, "-c", WORK.format(child=child)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, peak = map(float, told.split())
    assert 0.5 <= seconds < 5
    assert 300_000_000 / 2**20 <= peak < 400


def test_memory_is_not_that_of_the_process_it_came_from():
    taken = bytearray(300_000_000)
    taken[::4096] = b"1" * len(taken[::4096])
    command = [sys.executable, "-c", "from seston.usage import usage; print(usage()[1])"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert float(told) < 150 < usage()[1]


@pytest.fixture
def made_up(monkeypatch):
    module = ModuleType("made_up")
    exec("def work() -> None:\n    'Do nothing.'", module.__dict__)
    monkeypatch.setitem(sys.modules, "made_up", module)
    for stage in ("tree", "check"):
        monkeypatch.setitem(cli.STAGES, stage, "made_up:work")


def test_the_log_of_a_job_says_what_it_took(made_up, caplog):
    caplog.set_level(logging.INFO, "seston")
    assert cli.main(["tree"]) == 0
    assert re.fullmatch(r"tree: took [\d.]+ CPU-s and at most \d+ MB", caplog.messages[-1])


def test_people_are_not_told(made_up, caplog):
    caplog.set_level(logging.INFO, "seston")
    assert cli.main(["check"]) == 0
    assert caplog.messages == []

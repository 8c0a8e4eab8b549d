"""Names for unfinished files, and what becomes of those that killed processes left."""

import os
import subprocess
import sys
import time

import pytest

from seston import temporary
from seston.folders import whole_folder


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def left_by(path, host: str, process: int, seconds_ago: float = 0):
    left = path.parent / f".{path.name}.{host}.{process}.0011aabb.tmp"
    left.touch()
    then = time.time() - seconds_ago
    os.utime(left, (then, then))
    return left


def test_two_names_are_never_the_same(tmp_path):
    assert temporary.beside(tmp_path / "a") != temporary.beside(tmp_path / "a")
    assert temporary.beside(tmp_path / "deep" / "a").parent.is_dir()


def test_what_a_dead_process_of_this_machine_left_is_removed_at_once(tmp_path, dead):
    path, mine = tmp_path / "a.arrow", temporary.beside(tmp_path / "a.arrow")
    host = mine.name.split(".")[-4]
    killed = left_by(path, host, dead)
    living = left_by(path, host, os.getppid(), seconds_ago=10 * 86_400)
    of_another_file = left_by(tmp_path / "b.arrow", host, dead)
    temporary.beside(path)
    assert sorted(tmp_path.iterdir()) == sorted([living, of_another_file])
    assert not killed.exists()


def test_what_another_machine_left_is_removed_after_a_day_without_a_write(tmp_path, dead):
    path = tmp_path / "a.arrow"
    # Its processes cannot be asked; that one has such a number here says nothing.
    old = left_by(path, "node17", os.getpid(), seconds_ago=86_400 + 60)
    fresh = left_by(path, "node17", dead, seconds_ago=86_400 - 60)
    temporary.beside(path)
    assert fresh.exists() and not old.exists()


def test_an_unfinished_folder_of_a_dead_process_goes_and_that_of_a_living_one_stays(tmp_path, dead):
    place = tmp_path / "figures"
    with whole_folder(place) as mine:
        (mine / "mine").touch()
        killed = mine.with_name(mine.name.replace(f".{os.getpid()}.", f".{dead}."))
        killed.mkdir()
        (killed / "half").touch()
        with whole_folder(place) as other:
            (other / "other").touch()
        assert mine.is_dir() and [file.name for file in place.iterdir()] == ["other"]
    assert [file.name for file in place.iterdir()] == ["mine"]
    assert list(tmp_path.iterdir()) == [place]


SWAPS = """
import sys
from pathlib import Path
from seston.folders import whole_folder

for number in range(300):
    with whole_folder(Path(sys.argv[1])) as new:
        for name in ("a", "b"):
            (new / name).write_text(f"{sys.argv[2]} {number}")
"""


def test_two_processes_that_write_one_folder_leave_a_whole_one(tmp_path):
    place = tmp_path / "figures"
    command = [sys.executable, "-c", SWAPS, str(place)]
    writers = [subprocess.Popen([*command, str(number)]) for number in range(2)]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    assert sorted(file.name for file in place.iterdir()) == ["a", "b"]
    assert (place / "a").read_text() == (place / "b").read_text()
    assert list(tmp_path.iterdir()) == [place]

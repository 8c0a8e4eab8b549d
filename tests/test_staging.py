import signal
import subprocess
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

import pytest

from seston import staging
from seston.errors import SestonError
from seston.staging import on_own_disk
from small_training import make_run, train


@pytest.fixture
def own_disk(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_copies_are_there_until_the_end(tmp_path, own_disk):
    files = [tmp_path / "a.arrow", tmp_path / "b.arrow"]
    for file in files:
        file.write_bytes(file.name.encode() * 1000)
    with on_own_disk(files) as near:
        assert near.parent == own_disk
        assert {path.name: path.read_bytes() for path in near.iterdir()} == {
            file.name: file.read_bytes() for file in files
        }
    assert list(own_disk.iterdir()) == []


def test_copies_go_when_the_work_fails(tmp_path, own_disk):
    (tmp_path / "a").touch()
    with pytest.raises(KeyError), on_own_disk([tmp_path / "a"]):
        raise KeyError
    assert list(own_disk.iterdir()) == []


def test_too_little_space_is_told_before_anything_is_copied(tmp_path, own_disk, monkeypatch):
    (tmp_path / "a").write_bytes(bytes(1001))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(staging.shutil, "disk_usage", lambda _: usage(1000, 0, 1000))
    monkeypatch.setattr(staging.shutil, "copyfile", lambda *_: pytest.fail("copied"))
    with pytest.raises(SestonError, match=r"TMPDIR"), on_own_disk([tmp_path / "a"]):
        pass
    assert list(own_disk.iterdir()) == []


def test_missing_file_is_named(tmp_path, own_disk):
    with (
        pytest.raises(SestonError, match=r"absent\.arrow"),
        on_own_disk([tmp_path / "absent.arrow"]),
    ):
        pass


@pytest.mark.parametrize("processes", [1, 2])
def test_training_from_the_own_disk_gives_the_same_model(tmp_path, own_disk, processes):
    run = make_run(tmp_path)
    plain = train(run, "plain", processes=processes, device="cpu")
    near = train(run, "near", processes=processes, device="cpu", staged=True)
    assert near.read_bytes() == plain.read_bytes()
    assert not list(own_disk.glob("*seston*"))  # torch leaves a folder of its own


def test_training_reads_the_copies(tmp_path, own_disk, monkeypatch):
    run, opened = make_run(tmp_path), []
    from seston import finetune as stage

    whole = stage.Tiles
    monkeypatch.setattr(
        stage, "Tiles", lambda folder, shards: opened.append(folder) or whole(folder, shards)
    )
    train(run, staged=True)
    assert [folder.parent for folder in opened] == [own_disk]


CANCELLED = """
import os, signal, sys, tempfile
from pathlib import Path
from seston.staging import on_own_disk
tempfile.tempdir = sys.argv[1]
with on_own_disk([Path(sys.argv[2])]) as near:
    os.kill(os.getpid(), signal.SIGTERM)
"""


def test_copies_go_when_the_job_is_cancelled(tmp_path, own_disk):
    (tmp_path / "a").touch()
    command = [sys.executable, "-c", CANCELLED, str(own_disk), str(tmp_path / "a")]
    assert subprocess.run(command).returncode == 128 + signal.SIGTERM
    assert list(own_disk.iterdir()) == []


def test_copies_of_a_killed_job_go_with_the_next_one(tmp_path, own_disk):
    (tmp_path / "a").touch()
    killed = CANCELLED.replace("SIGTERM", "SIGKILL")
    command = [sys.executable, "-c", killed, str(own_disk), str(tmp_path / "a")]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    (left,) = own_disk.iterdir()
    assert left.stat().st_mode & 0o777 == 0o700
    with on_own_disk([tmp_path / "a"]) as near:
        assert list(own_disk.iterdir()) == [near] != [left]
    assert list(own_disk.iterdir()) == []

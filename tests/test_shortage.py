"""Full disks, closed folders and too little memory: told in one line, and nothing half is kept."""

import errno
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
import torch

from fault_processes import WRITERS, apart
from seston import cli, store
from seston.shortage import in_words
from shards_by_hand import write_shard
from synthetic.images import write_folder

TESTS = Path(__file__).parent
PLAIN = {
    "PYTHONPATH": f"{TESTS.parent / 'workflow'}:{TESTS}",
    "PATH": os.environ["PATH"],
    "OMP_NUM_THREADS": "1",
}


@pytest.fixture(scope="module")
def crops(tmp_path_factory) -> Path:
    """Sixty organisms, as `segment` gives them."""
    folder = tmp_path_factory.mktemp("crops")
    write_folder(folder / "a", 60)
    sheet = folder / "samples.tsv"
    sheet.write_text("sample\tpath\tinstrument\tdatetime\na\ta\timages\t2018-05-22\n")
    given = ["segment", "--sheet", str(sheet), "--samples", "a", "--max-rejected", "1"]
    for kind in ("crops", "rejected", "recorded", "effort"):
        given += [f"--{kind}", str(folder / f"{kind}.parquet")]
    assert cli.main(given) == 0
    return folder / "crops.parquet"


@pytest.fixture(scope="module")
def disk(tmp_path_factory, crops) -> dict:
    """What became of each kind of writing on a disk of 256 kB."""
    command = apart()
    if command is None:
        pytest.skip("no disk of a few kB: this user may mount nothing, not even apart (unshare)")
    folder = tmp_path_factory.mktemp("disk")
    command += [sys.executable, TESTS / "fault_processes.py", folder, crops]
    done = subprocess.run(command, capture_output=True, text=True, env=PLAIN)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_told_by_every_writer_and_nothing_is_left(disk, name):
    seen = disk["writers"][name]
    assert seen["kind"] == "OSError"
    told = seen["told"]
    assert told.count("\n") == 0 and f"/results/{name}" in told and ".tmp" not in told
    assert "No space left on device" in told and "bytes of it were written" in told
    assert "bytes are free" in told and "make room" in told
    assert seen["left"] == [] and seen["after"] == [name]


@pytest.mark.parametrize(
    ("where", "words"), [("full", "No space left on device"), ("closed", "Read-only file system")]
)
def test_a_stage_says_so_in_one_line_and_ends_with_2(disk, where, words):
    seen = disk["stage"][where]
    assert seen["status"] == 2 and seen["files"] == []
    (line,) = (line for line in seen["said"].splitlines() if "error" in line)
    assert line.startswith("seston tiles: error: ") and words in line and "results/tiles" in line
    assert "Traceback" not in seen["said"]


def test_with_room_again_the_same_command_ends(disk):
    assert disk["stage"]["room"]["status"] == 0
    assert disk["stage"]["room"]["files"] == ["tiles/a.arrow"]


def test_a_quota_is_told_as_a_full_disk_is(tmp_path):
    with pytest.raises(OSError) as raised, store.atomic(tmp_path / "a.tsv") as temporary:
        temporary.write_text("12345")
        raise OSError(errno.EDQUOT, "Disk quota exceeded")
    told = in_words(raised.value)
    assert told.startswith(f"{tmp_path}/a.tsv: Disk quota exceeded (5 bytes of it were written, ")
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_reading_keeps_its_own_name(tmp_path):
    with pytest.raises(OSError) as raised, store.atomic(tmp_path / "a.tsv"):
        raise OSError(errno.EACCES, "Permission denied", "raw/x.png")
    assert in_words(raised.value).startswith("raw/x.png: Permission denied; let this user")


def test_other_errors_are_bugs_and_keep_their_traceback(tmp_path):
    with pytest.raises(RuntimeError, match="shapes"), store.atomic(tmp_path / "a"):
        raise RuntimeError("shapes do not match")
    others = (RuntimeError("x"), ValueError("x"), OSError(errno.EIO, "Input/output error", "a"))
    assert [in_words(error) for error in others] == [None] * 3


def test_a_file_that_cannot_be_closed_leaves_nothing(tmp_path, monkeypatch):
    class Full:
        def __init__(self, *given: object) -> None:
            self.place = Path(given[0])
            self.place.write_bytes(b"half")

        def __enter__(self):
            return self

        def __exit__(self, *error: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def write_batch(self, *given: object) -> None: ...

    monkeypatch.setattr(pa.ipc, "new_file", Full)
    with pytest.raises(OSError, match="No space left"):
        write_shard(tmp_path, "a", ["s/1"], np.ones((1, 4)))
    assert list(tmp_path.iterdir()) == []


#: Sizes that no machine gives: as numpy, torch, OpenCV and Arrow tell it.
ASKED_TOO_MUCH = {
    "numpy": lambda: np.ones(1 << 60, np.uint8),
    "torch": lambda: torch.empty(1 << 60, dtype=torch.uint8),
    "opencv": lambda: cv2.resize(np.zeros((9, 9), np.uint8), (1 << 29, 1 << 29)),
    "arrow": lambda: pa.default_memory_pool() and pa.allocate_buffer(1 << 60),
}


@pytest.mark.parametrize("library", ASKED_TOO_MUCH)
def test_too_little_memory_is_told_with_the_setting(library):
    with pytest.raises(Exception) as raised:
        ASKED_TOO_MUCH[library]()
    told = in_words(raised.value)
    assert told.startswith("out of memory (") and told.count("\n") == 0
    assert "mem_mb" in told and "shard_by" in told


def test_a_stage_under_a_limit_of_memory_ends_with_2(crops, tmp_path):
    # As by `ulimit -v`, which some clusters set.
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, crops, tmp_path / "a.arrow"],
        capture_output=True, text=True,
        env=PLAIN,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "seston tiles: error: out of memory" in done.stderr and "mem_mb" in done.stderr
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []


# The libraries are there already; what the tiles take is what is missing.
LIMITED = """
import resource, sys
from pathlib import Path
from seston import cli, tiles
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + (4 << 20),) * 2)
sys.exit(cli.main(["tiles", "--crops", sys.argv[1], "--size", "4096", "--tiles", sys.argv[2]]))
"""


def test_a_helper_that_was_killed_is_told():
    assert "for want of memory" in in_words(BrokenProcessPool("terminated abruptly"))


def test_without_a_place_for_temporary_files_it_is_said_what_to_set(monkeypatch):
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/none", "/proc"])
    with pytest.raises(FileNotFoundError) as raised:
        tempfile._get_default_tempdir()
    assert "set $TMPDIR" in in_words(raised.value)

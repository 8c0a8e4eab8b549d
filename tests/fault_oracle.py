"""What must be true of a fault in the input, whichever it is.

`Bench` runs the real stage: the bad is told with a reason, the good images beside are used, what is
listed is used or rejected, nothing half-written stays, the input is as it was, nothing outside
the data's folder was opened; and once the fault is mended, the files are those of a run that
never had it, byte by byte.
"""

import io
import os
import shutil
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seston import store
from seston.errors import SestonError
from seston.segment import segment
from seston.sheet import read_sheet
from synthetic.images import encoded, picture, write_folder

KINDS = ("crops", "rejected", "effort", "recorded")
GOOD = {f"20180522_100000_{number:04d}.png" for number in range(3)}

_opened: list[str] | None = None


def _watch(event: str, arguments: tuple) -> None:
    if event == "open" and _opened is not None and isinstance(arguments[0], str | bytes):
        _opened.append(os.fsdecode(arguments[0]))


sys.addaudithook(_watch)


@contextmanager
def watched():
    """Collect the paths of all files that Python opens."""
    global _opened
    _opened = paths = []
    try:
        yield paths
    finally:
        _opened = None


class Bench:
    """Three good images in a bag, room for bad ones, and a secret that nobody may read."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.root = root
        self.data = root / "data"
        self.secret = root / "outside" / "secret.tif"
        self.secret.parent.mkdir()
        self.secret.write_bytes(encoded(picture(60, 90), "tiff"))
        self.lay_out()

    def lay_out(self) -> None:
        """Write what is sound: three images and their line of the sheet."""
        self.bag = write_folder(self.data / "bag", 3)
        self.header = "sample path instrument datetime"
        self.rows = ["bag bag images 2018-05-22T10:00"]

    def put(self, name: str, content: bytes) -> None:
        (self.bag / name).write_bytes(content)

    @property
    def sheet(self) -> Path:
        path = self.data / "samples.tsv"
        lines = [self.header, *self.rows]
        path.write_text("".join("\t".join(line.split(" ")) + "\n" for line in lines))
        return path

    def snapshot(self) -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_size, path.stat().st_mtime_ns)
            for path in sorted(self.root.rglob("*"))
            if path.parent.name != "out" and stat.S_ISREG(path.lstat().st_mode)
        }

    def run(self, **options) -> None:
        """Run the stage and hold it to what must be true in every case."""
        out = self.root / "out"
        options = {
            "sheet": self.sheet,
            "samples": [row.split(" ")[0] for row in self.rows],
            "max_rejected": 1.0,
            **{kind: out / f"{kind}.parquet" for kind in KINDS},
            **options,
        }
        before = self.snapshot()
        with watched() as opened:
            segment(**options)
        tables = {kind: store.read_table(out / f"{kind}.parquet", kind) for kind in KINDS}
        self.crops, self.rejected, self.effort, _ = (tables[kind].to_pylist() for kind in KINDS)
        outside = self.secret.parent.resolve()
        assert not [path for path in opened if Path(path).resolve().is_relative_to(outside)]
        assert self.snapshot() == before or self.vanishing
        assert sorted(path.name for path in out.iterdir()) == sorted(
            f"{kind}.parquet" for kind in KINDS
        )
        for row in self.effort:
            assert row["listed"] == row["used"] + row["rejected"]
            used = [crop for crop in self.crops if crop["sample"] == row["sample"]]
            refused = [each for each in self.rejected if each["sample"] == row["sample"]]
            assert (len(used), len(refused)) == (row["used"], row["rejected"])
        assert all(each["reason"] and each["detail"] for each in self.rejected)
        assert {f"bag/{name}" for name in GOOD} <= {*self.ids}

    vanishing = False

    def repaired(self) -> None:
        """Mend what is wrong with the input: the files are those of a run that never saw it."""
        self.monkeypatch.undo()
        self.vanishing = False
        shutil.rmtree(self.data)
        self.lay_out()
        written = []
        for _ in range(2):  # over what there is, then anew
            self.run()
            assert not self.rejected and {*self.ids} == {f"bag/{name}" for name in GOOD}
            written.append([(self.root / "out" / f"{k}.parquet").read_bytes() for k in KINDS])
            shutil.rmtree(self.root / "out")
        assert written[0] == written[1]

    @property
    def ids(self) -> list[str]:
        return [crop["image_id"] for crop in self.crops]

    @property
    def reasons(self) -> dict[str, str]:
        return {each["roi"]: each["reason"] for each in self.rejected}

    def pixels(self, roi: str) -> np.ndarray:
        (crop,) = (each["crop"] for each in self.crops if each["roi"] == roi)
        return np.asarray(Image.open(io.BytesIO(crop)))

    def notes(self, roi: str) -> str:
        (notes,) = (each["notes"] for each in self.crops if each["roi"] == roi)
        return notes

    def flags(self, sample: str = "bag") -> dict[str, str]:
        (row,) = (row for row in self.effort if row["sample"] == sample)
        return dict(zip(row["flags"], row["warnings"], strict=True))

    def rejects(self, reason: str, *names: str, **options) -> None:
        """Run, and find these files, and no others, rejected for this reason."""
        self.run(**options)
        assert self.reasons == dict.fromkeys(names, reason)

    def apart(self, limit_gb: float = 6.0, timeout: float = 60.0) -> int:
        """Run in a process of its own, and return how much its memory grew, MB."""
        code = (
            "import resource, sys; from pathlib import Path; from seston.segment import segment\n"
            f"resource.setrlimit(resource.RLIMIT_AS, ({int(limit_gb * 1e9)},) * 2)\n"
            f"sys.path.append({str(Path(__file__).parent)!r})\n"
            f"paths = {{kind: Path({str(self.root)!r}) / 'out' / (kind + '.parquet')"
            f" for kind in {KINDS}}}\n"
            "def run(*samples): segment(sheet=Path(sys.argv[1]), samples=[*samples],"
            " max_rejected=1.0, **paths)\n"
            "run('warm')\n"
            "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "run('bag')\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
        )
        write_folder(self.data / "warm", 2)
        bag, self.rows = self.rows, [*self.rows, "warm warm images 2018-05-22"]
        sheet, self.rows = self.sheet, bag
        done = subprocess.run(
            [sys.executable, "-c", code, sheet],
            capture_output=True, text=True, timeout=timeout,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return int(done.stdout.splitlines()[-1]) // 1024

    def mistakes(self) -> str:
        """Return what the sheet is refused with, before any work."""
        with pytest.raises(SestonError) as raised:
            read_sheet(self.sheet)
        with pytest.raises(SestonError):
            self.run()
        assert not (self.root / "out").exists()
        return str(raised.value)

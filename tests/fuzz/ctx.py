"""FlowCam's account of a run: `.ctx`, and the run summary behind the first NUL, if there is one."""

import math
from collections.abc import Iterator
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.flowcam.ctx import read_context
from seston.instruments.flowcam.effort import Listed, effort_of
from seston.instruments.flowcam.list_rows import Fields
from synthetic.flowcam import write_run
from synthetic.flowcam_run import complete_run


def seeds(folder: Path) -> Iterator[bytes]:
    """Yield contexts with run summaries, and contexts alone."""
    run = complete_run(folder / "whole", 2)
    summary = run.list.with_name(f"{run.list.stem}_run_summary.txt").read_bytes()
    yield run.list.with_suffix(".ctx").read_bytes() + b"\0" + summary
    few = write_run(folder / "few", 1)
    plain = few.list.with_suffix(".ctx").read_bytes()
    yield plain
    yield plain.replace(b"4", b"0") + b"UseManualVolume=1\r\nManualVolumeML=2.5\r\n"
    yield b"[Fluid]\nTotalVolumeML=0.75\nCalibConstant=1.7076\n[Camera]\nAutoTriggerFlag=0\n"
    yield b"\0Date/Time:\n\tStart:  2024-04-08 10:32:45\nRun:\n\tFluid Volume Imaged: 0,0421 ml\n"


def check(data: bytes, folder: Path) -> None:
    """Raise where the context is not refused, and a number of it cannot be used."""
    context, _, told = data.partition(b"\0")
    ctx, summary = folder / "run.ctx", folder / "run_run_summary.txt"
    ctx.write_bytes(context)
    summary.write_bytes(told)
    try:
        found = read_context(ctx, summary)
    except SestonError as error:
        assert ctx.name in str(error)
        return
    for value in (found.pixel_um, found.dilution, found.volume_ml):
        assert value is None or 0 < value < math.inf
    for value in (found.stated_volume_ml, found.stated_count, found.frames, found.total_ml):
        assert value is None or 0 <= value < 2**63
    for time in (found.start, found.stated_start):
        assert time is None or 1980 <= time.year <= 2100
    effort = effort_of(Listed(Fields((), ()), []), found)
    assert (effort.volume_ml is None) == (effort.volume_source is None)
    assert all(flag.code and flag.text for flag in effort.flags)

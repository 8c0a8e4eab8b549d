"""FlowCam's outlines: each line is an outline or told as unreadable; masks lie in their boxes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seston.instruments.flowcam.outlines import enclosed, length, read_outlines
from synthetic.flowcam_run import complete_run

SHAPE = (40, 60)  # height, width of the box that outlines are drawn in


def seeds(folder: Path) -> Iterator[bytes]:
    """Yield outlines with holes and of several parts."""
    run = complete_run(folder / "run", 8)
    yield run.list.with_suffix(".edg").read_bytes()
    yield b"1,4,5,5,1357\n1,8,20,20,12345678\n2,0,3,3,\n3,4,0,0,1357\n"
    yield b"1,4,5,5,1357\n1,4,x,5,1357\n2,5,5,5,1357\nx,4,5,5,1357\n\n"


def check(data: bytes, folder: Path) -> None:
    """Raise where a line is lost, or a mask is drawn of an outline that does not fit."""
    path = folder / "run.edg"
    path.write_bytes(data)
    found = read_outlines(path)
    assert found.unreadable == sorted(set(found.unreadable))
    kept = [outline for outlines in found.of.values() for outline in outlines]
    assert len(kept) + len(found.unreadable) <= data.count(b"\n") + 1
    broken = [identity for identity, outlines in found.of.items() if not outlines]
    assert len(broken) <= len(found.unreadable)
    for outlines in found.of.values():
        x, y = (outlines[0].x - 20, outlines[0].y - 20) if outlines else (0, 0)
        mask = enclosed(outlines, x, y, SHAPE)
        assert mask is None or (mask.shape == SHAPE and mask.any())
        for outline in outlines:
            steps = length(outline)
            assert (
                np.isnan(steps)
                or len(outline.chain) <= steps + 1e-6 <= 1.5 * len(outline.chain) + 1
            )
            assert mask is None or mask[outline.y - y, outline.x - x]

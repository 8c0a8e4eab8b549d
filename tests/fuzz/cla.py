"""FlowCam's classifications: refused as a whole, or every id in its class."""

from collections.abc import Iterator
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.flowcam.classes import are_of_another_list, label_of, read_classes
from synthetic.flowcam_run import complete_run


def seeds(folder: Path) -> Iterator[bytes]:
    """Yield classifications: one, two of which one differs, none."""
    run = complete_run(folder / "run", 12)
    plain = run.list.with_suffix(".cla").read_bytes()
    yield plain
    two = plain.split(b"\n", 2)[2]
    yield b"v3\n2\n" + two + two.replace(b"odd", b"even")
    yield b"v3\n0\n"
    yield plain[:-9]


def check(data: bytes, folder: Path) -> None:
    """Raise where classes are read of what is none, or an id stands in no class."""
    path = folder / "run.cla"
    path.write_bytes(data)
    try:
        classes = read_classes(path)
    except SestonError as error:
        assert "line " in str(error) and path.name in str(error)
        return
    assert sum(map(len, classes.values())) <= data.count(b"\n") + 1
    for identity, told in classes.items():
        assert 0 <= identity < 10**9 and told
        label = label_of(told)
        assert (label is None) == (len({name for _, name in told}) > 1)
    assert not are_of_another_list(classes, set())

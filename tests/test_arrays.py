"""Memory-mapped rows with ids."""

import numpy as np
import pytest

from seston.arrays import ROWS_A_BATCH, ArrayFile, ArrayWriter
from seston.errors import SestonError


def write(path, rows, dtype=np.float16, ids=None):
    ids = ids or [f"s/{n:06d}" for n in range(len(rows))]
    with ArrayWriter(path, "things", "thing", rows.shape[1:], dtype, "me", model="m") as writer:
        half = len(rows) // 2
        writer.write(ids[:half], rows[:half])
        writer.write(ids[half:], rows[half:])
    return ids


@pytest.mark.parametrize("dtype", [np.uint8, np.float16])
@pytest.mark.parametrize("count", [0, 1, 3 * ROWS_A_BATCH + 7])
def test_rows_come_back_as_they_were(tmp_path, count, dtype):
    rows = np.random.default_rng(0).integers(0, 200, (count, 2, 3)).astype(dtype)
    ids = write(tmp_path / "a.arrow", rows, dtype)
    file = ArrayFile(tmp_path / "a.arrow", "things")
    assert (len(file), file.shape, file.fingerprint) == (count, (2, 3), "me")
    assert file.metadata["model"] == "m"
    assert file.ids.to_pylist() == ids
    assert file.array().dtype == dtype
    assert np.array_equal(file.array(), rows)
    blocks = list(file.blocks(100))
    assert max((len(block) for block in blocks), default=0) <= 100
    assert sum(map(len, blocks)) == count
    if count > 1:
        places = np.array([count - 1, 0, ROWS_A_BATCH, ROWS_A_BATCH - 1, 0])
        assert np.array_equal(file.take(places), rows[places])


def test_blocks_are_not_copies(tmp_path):
    write(tmp_path / "a.arrow", np.ones((10, 4), np.float16))
    (first, *_) = ArrayFile(tmp_path / "a.arrow", "things").blocks()
    assert not first.flags.owndata and not first.flags.writeable


def test_rows_of_another_shape_or_type_are_refused_and_leave_no_file(tmp_path):
    for rows in (
        np.ones((2, 5), np.float16),
        np.ones((2, 4), np.float32),
        np.ones((3, 4), np.float16),
    ):
        with (
            pytest.raises(ValueError, match="expected 2 rows"),
            ArrayWriter(tmp_path / "a.arrow", "things", "thing", (4,), np.float16, "me") as writer,
        ):
            writer.write(["a", "b"], rows)
    assert list(tmp_path.iterdir()) == []


def test_damaged_and_foreign_files_are_told_by_name(tmp_path):
    path = tmp_path / "a.arrow"
    with pytest.raises(SestonError, match="not found"):
        ArrayFile(path, "things")
    write(path, np.ones((10, 4), np.float16))
    with pytest.raises(SestonError, match="expected tiles"):
        ArrayFile(path, "tiles")
    data = path.read_bytes()
    for damaged in (b"", data[: len(data) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(SestonError, match=r"a\.arrow.*delete it"):
            ArrayFile(path, "things")

"""Memory-mapped rows with ids."""

import numpy as np
import pyarrow as pa
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


def read_all(path):
    file = ArrayFile(path, "things")
    return file.ids.to_pylist(), file.array()


@pytest.mark.parametrize("dtype", [np.uint8, np.float16])
def test_one_changed_byte_anywhere_is_told_or_changes_nothing(tmp_path, dtype):
    rows = np.random.default_rng(0).integers(1, 200, (2 * ROWS_A_BATCH + 7, 5)).astype(dtype)
    path = tmp_path / "a.arrow"
    ids = write(path, rows, dtype)
    whole = path.read_bytes()
    values, names = whole.index(rows[3].tobytes()), whole.index(b"s/000900")
    ends = np.random.default_rng(1).integers(0, 1500, 60)  # header and footer are at the ends
    inside = np.random.default_rng(2).integers(0, len(whole), 60)
    told = 0
    for place in (values, names, *ends, *(-1 - ends), *inside):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        try:
            found = read_all(path)
        except SestonError as error:
            told += 1
            assert str(path) in str(error)
            assert place not in (values, names) or "not what was written" in str(error)
        else:  # what only fills gaps, or is told by its schema
            assert place not in (values, names)
            assert found[0] == ids and np.array_equal(found[1], rows)
    assert told > 100


def test_a_hole_of_zeros_is_told_with_its_rows(tmp_path):
    rows = np.random.default_rng(0).normal(size=(3 * ROWS_A_BATCH, 4)).astype(np.float16)
    path = tmp_path / "a.arrow"
    write(path, rows)
    data = bytearray(path.read_bytes())
    start = data.index(rows[2 * ROWS_A_BATCH + 5].tobytes())
    data[start : start + 800] = bytes(800)  # as a killed writer of a memory map leaves it
    path.write_bytes(data)
    file = ArrayFile(path, "things")
    with pytest.raises(SestonError, match=r"a\.arrow.*rows \d+ to \d+ are not what was written"):
        list(file.blocks())


def test_files_without_checksums_are_read(tmp_path):
    rows = np.ones((10, 4), np.float16)
    write(tmp_path / "a.arrow", rows)
    with pa.memory_map(str(tmp_path / "a.arrow")) as source:
        table = pa.ipc.open_file(source).read_all()
        with pa.ipc.new_file(str(tmp_path / "old.arrow"), table.schema) as old:
            old.write_table(table)
    assert np.array_equal(read_all(tmp_path / "old.arrow")[1], rows)

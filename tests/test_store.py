"""Files between stages: whole or not there, checked when written and when read."""

import subprocess
import sys
import textwrap

import pyarrow as pa
import pytest

from seston import store
from seston.errors import SestonError

SCHEMA = pa.schema([("image_id", pa.string()), ("value", pa.int32())])


def table(*ids):
    return pa.table(
        {"image_id": pa.array(ids, pa.string()), "value": pa.array(range(len(ids)), pa.int64())}
    )


def write(path, *ids, made_by="me", kind="things"):
    store.write_table(table(*ids), path, SCHEMA, kind, made_by, shard="may")


def test_a_table_comes_back_with_its_origin(tmp_path):
    path = tmp_path / "deep" / "t.parquet"
    write(path, "a/1", "a/2")
    back = store.read_table(path, "things")
    assert back.schema.types == SCHEMA.types
    assert back.to_pydict() == {"image_id": ["a/1", "a/2"], "value": [0, 1]}
    found = store.read_metadata(path)
    assert (found["kind"], found["fingerprint"], found["shard"]) == ("things", "me", "may")
    assert store.read_table(path, "things", ["value"]).column_names == ["value"]


def test_further_columns_follow_those_of_the_schema(tmp_path):
    more = table("a").add_column(0, "bag", pa.array(["x"]))
    store.write_table(more, tmp_path / "t.parquet", SCHEMA, "things", "me")
    names = store.read_table(tmp_path / "t.parquet", "things").column_names
    assert names == ["image_id", "value", "bag"]


@pytest.mark.parametrize("ids", [("b", "a"), ("a", "a")])
def test_ids_must_ascend(tmp_path, ids):
    with pytest.raises(ValueError, match="ascending"):
        write(tmp_path / "t.parquet", *ids)
    assert list(tmp_path.iterdir()) == []


def test_columns_must_be_there_and_fit(tmp_path):
    with pytest.raises(ValueError, match="value"):
        store.write_table(table("a").select(["image_id"]), tmp_path / "t", SCHEMA, "things", "me")
    wrong = table("a").set_column(1, "value", pa.array(["x"]))
    with pytest.raises(pa.ArrowInvalid):
        store.write_table(wrong, tmp_path / "t", SCHEMA, "things", "me")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_is_told_by_name(tmp_path):
    path = tmp_path / "t.parquet"
    with pytest.raises(SestonError, match="not found"):
        store.read_table(path, "things")
    write(path, "a", "b")
    with pytest.raises(SestonError, match="expected crops"):
        store.read_table(path, "crops")
    data = path.read_bytes()
    for damaged in (b"", data[: len(data) // 2], data[:20] + bytes([data[20] ^ 0xFF]) + data[21:]):
        path.write_bytes(damaged)
        with pytest.raises(SestonError, match=r"t\.parquet.*delete it"):
            store.read_table(path, "things")


def test_metadata_of_a_damaged_file_are_told_by_name(tmp_path):
    parquet, arrow = tmp_path / "t.parquet", tmp_path / "t.arrow"
    write(parquet, "a", "b")
    with pa.ipc.new_file(str(arrow), SCHEMA) as file:
        file.write_table(table("a", "b").cast(SCHEMA))
    for path in (parquet, arrow):
        data = path.read_bytes()
        for damaged in (b"", b"x" * 40, data[: len(data) // 2], data[:-3]):
            path.write_bytes(damaged)
            told = rf"{path.name}: not a readable {path.suffix[1:].title()} file .*delete it"
            with pytest.raises(SestonError, match=told):
                store.read_metadata(path)
            with pytest.raises(SestonError, match=told):
                store.common_fingerprint([path])
        path.unlink()
        with pytest.raises(SestonError, match="file not found"):
            store.common_fingerprint([path])


def test_fingerprints_part_what_differs():
    prints = {
        store.fingerprint("a", "b"), store.fingerprint("ab"), store.fingerprint("b", "a"),
        store.fingerprint("a", b"b"), store.fingerprint("a", "b", None),
    }  # fmt: skip
    assert len(prints) == 5
    assert store.fingerprint("tiles", 64) == store.fingerprint("tiles", 64)


def test_a_mix_of_origins_is_refused_naming_both(tmp_path):
    a, b = tmp_path / "a.parquet", tmp_path / "b.parquet"
    write(a, "a", made_by="x")
    write(b, "b", made_by="x")
    assert store.common_fingerprint([a, b]) == "x"
    write(b, "b", made_by="y")
    with pytest.raises(SestonError, match=r"b\.parquet.*a\.parquet"):
        store.common_fingerprint([a, b])
    with pytest.raises(SestonError, match="no shard"):
        store.common_fingerprint([])


def test_two_tables_must_hold_the_same_images(tmp_path):
    a, b = pa.chunked_array([["a", "b"]]), pa.chunked_array([["a"], ["b"]])
    store.require_same_ids("x", a, "y", b)
    with pytest.raises(SestonError, match=r"x \(2 rows\) and y \(1 rows\)"):
        store.require_same_ids("x", a, "y", b.slice(0, 1))


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "f.txt"
    store.write_text("old µ\n", path)
    with pytest.raises(RuntimeError), store.atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_bytes() == "old µ\n".encode()
    assert list(tmp_path.iterdir()) == [path]


KILLED_WRITERS = textwrap.dedent(
    """
    import os, random, signal, sys, time
    from pathlib import Path
    from seston import store

    def write_for_ever(path):
        number = 0
        while True:
            with store.atomic(path) as temporary, temporary.open("w") as file:
                for line in range(2000):
                    file.write(f"{number}\\n")
            number += 1

    path, chance = Path(sys.argv[1]), random.Random(1)
    for _ in range(60):
        child = os.fork()
        if child == 0:
            write_for_ever(path)
        time.sleep(chance.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        lines = path.read_text().splitlines() if path.exists() else None
        state = "absent" if lines is None else "whole" if lines == [lines[0]] * 2000 else "half"
        print(state, len(list(path.parent.glob(".file.*"))))
    store.write_text("end", path)
    print(*[found.name for found in path.parent.iterdir()])
    """
)


def test_a_writer_killed_at_any_moment_leaves_a_whole_file_or_none(tmp_path):
    command = [sys.executable, "-c", KILLED_WRITERS, str(tmp_path / "file")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    *rounds, at_the_end = printed.splitlines()
    states, leftovers = zip(*(line.split() for line in rounds), strict=True)
    assert len(states) == 60
    assert set(states) <= {"absent", "whole"} and states.count("whole") > 30
    assert set(leftovers) == {"0", "1"}, "some were killed at work; the next one sweeps"
    assert at_the_end == "file"


def test_the_temporary_file_of_a_running_process_is_left_alone(tmp_path):
    path = tmp_path / "file"
    with store.atomic(path) as mine:
        mine.write_text("mine")
        store.write_text("other", path)
        assert mine.exists() and path.read_text() == "other"
    assert path.read_text() == "mine"

"""Tables in parts: the same table as in one piece, in bounded memory, whole or not at all."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seston import store
from seston.errors import SestonError
from seston.id_order import in_order, rows_of_samples
from seston.parts import TableReader, TableWriter

SCHEMA = pa.schema([("image_id", pa.string()), ("size", pa.int32())])


def some(first, last):
    return pa.table(
        {
            "image_id": [f"s/{number:04d}" for number in range(first, last)],
            "size": pa.array(range(first, last), pa.int64()),  # cast to that of the schema
        }
    )


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "table.parquet"
    with TableWriter(path, SCHEMA, "sizes", "made-by", group=10, clusters="c") as writer:
        for first, last in [(0, 0), (0, 1), (1, 4), (4, 17), (17, 40), (40, 43)]:
            writer.write(some(first, last))
        assert writer.rows == 43
    return path


def test_what_is_written_in_parts_is_the_whole(written):
    table = store.read_table(written, "sizes")
    assert table["size"].to_pylist() == list(range(43))
    assert table.schema.remove_metadata() == SCHEMA
    assert store.metadata(table.schema)["fingerprint"] == "made-by"
    assert store.metadata(table.schema)["clusters"] == "c"


def test_small_parts_are_compressed_together_and_large_ones_cut(written):
    facts = pq.read_metadata(written)
    sizes = [facts.row_group(group).num_rows for group in range(facts.num_row_groups)]
    assert sizes == [10, 7, 10, 10, 3, 3]


@pytest.mark.parametrize("later", [some(3, 5), some(0, 1), some(5, 7).take([1, 0])])
def test_ids_out_of_order_are_refused_and_leave_nothing(tmp_path, later):
    path = tmp_path / "table.parquet"
    with (
        pytest.raises(ValueError, match="not strictly ascending"),
        TableWriter(path, SCHEMA, "sizes", "made-by", group=2) as writer,
    ):
        writer.write(some(0, 4))
        writer.write(later)
    assert not list(tmp_path.iterdir())


def test_a_missing_column_is_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="columns missing: size"),
        TableWriter(tmp_path / "t.parquet", SCHEMA, "sizes", "x") as writer,
    ):
        writer.write(some(0, 4).select(["image_id"]))


def test_parts_are_all_rows_in_order(written):
    table = TableReader(written, "sizes")
    assert len(table) == 43
    parts = list(table.parts(["size"], 4))
    assert max(map(len, parts)) == 4
    assert [size for part in parts for size in part["size"].to_pylist()] == list(range(43))


@pytest.mark.parametrize(("first", "count"), [(0, 1), (9, 2), (10, 7), (5, 38), (42, 1), (16, 1)])
def test_rows_are_read_from_wherever_they_are(written, first, count):
    table = TableReader(written, "sizes")
    table.rows(11, 3, ["size"])  # what was read before does not matter
    found = table.rows(first, count, ["size", "image_id"])
    assert found["size"].to_pylist() == list(range(first, first + count))


def test_missing_damaged_and_other_files_are_told(tmp_path, written):
    with pytest.raises(SestonError, match="file not found"):
        TableReader(tmp_path / "none.parquet", "sizes")
    with pytest.raises(SestonError, match="found sizes"):
        TableReader(written, "crops")
    data = bytearray(written.read_bytes())
    data[60] ^= 0xFF  # within the first page
    written.write_bytes(data)
    with pytest.raises(SestonError, match="not a readable Parquet file"):
        list(TableReader(written, "sizes").parts(["image_id", "size"]))


def shard(*ids):
    return pa.table({"image_id": pa.array(ids, pa.string()), "of": pa.array(ids, pa.string())})


def test_samples_of_all_shards_come_in_the_order_of_their_ids():
    # "b-1/" comes before "b/", as "-" comes before "/"
    tables = [shard("b/1", "b/2", "d/x/1"), shard(), shard("a/9", "b-1/1", "c/1", "c/10", "c/2")]
    together = in_order(tables)["of"].to_pylist()
    assert together == sorted(name for table in tables for name in table["of"].to_pylist())
    places = rows_of_samples([table["image_id"] for table in tables])
    assert [tuple(of) for of in places] == [
        ("a", 2, 0, 1), ("b-1", 2, 1, 1), ("b", 0, 0, 2), ("c", 2, 2, 3), ("d", 0, 2, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("other", [shard("b/1"), shard("c/2", "c/1"), shard("b/11")])
def test_repeated_and_unsorted_ids_are_refused(other):
    with pytest.raises(ValueError, match="not strictly ascending"):
        in_order([shard("b/1", "b/2"), other])


def test_no_organism_at_all_is_an_empty_table():
    assert in_order([shard(), shard()]).column_names == ["image_id", "of"]

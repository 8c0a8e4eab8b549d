"""The tables read by other programs, as docs/exports-tables.md says; nothing of Seston reads."""

import csv
import re
from collections import Counter
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from whole_run import DAYS, write_whole_run

DOCUMENT = Path(__file__).parents[1] / "docs" / "exports-tables.md"
IMAGES = "'results/tables/images.parquet'"
COUNTED = ("abundance", "abundance_coarse", "abundance_name")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    write_whole_run(folder)
    return folder


@pytest.fixture
def folder(whole, monkeypatch) -> Path:
    monkeypatch.chdir(whole)
    return whole


def tsv(name: str) -> str:
    return f"read_csv('results/tables/{name}.tsv', delim = '\\t', header = true)"


def test_every_statement_of_the_document_runs_and_counts_right(folder):
    used = sum(images for day in DAYS.values() for images in day.values())
    clusters, sites, counted, sizes = (duckdb.sql(text).fetchall() for text in blocks("sql"))
    assert sum(images for _, images in clusters) == used
    assert sites == [("lake", used, 3, None)]
    assert counted == clusters
    assert sum(images for *_, images in sizes) == used


def test_duckdb_has_the_rows_and_columns_that_the_schema_has(folder):
    described = duckdb.sql(f"DESCRIBE SELECT * FROM {IMAGES}").fetchall()
    assert [row[0] for row in described] == pq.read_schema(
        folder / "results" / "tables" / "images.parquet"
    ).names
    types = {row[0]: row[1] for row in described}
    assert types["timestamp"] == "TIMESTAMP" and types["esd_px"] == "DOUBLE"
    assert types["cluster"] == "INTEGER" and types["at_border"] == "BOOLEAN"


def test_organisms_joined_with_samples_are_as_many_as_were_used(folder):
    joined = duckdb.sql(
        f"SELECT s.sample, s.used, count(i.image_id) FROM {tsv('samples')} AS s"
        f" LEFT JOIN {IMAGES} AS i USING (sample) GROUP BY ALL ORDER BY s.sample"
    ).fetchall()
    planted = {name: images for day in DAYS.values() for name, images in day.items()}
    assert joined == [(name, count, count) for name, count in sorted(planted.items())]


@pytest.mark.parametrize("table", COUNTED)
def test_sums_of_the_abundances_are_counts_of_organisms(folder, table):
    per_day = duckdb.sql(
        f"SELECT strftime(period::DATE, '%Y-%m-%d'), sum(count) FROM {tsv(table)} GROUP BY ALL"
    ).fetchall()
    found = duckdb.sql(
        f"SELECT strftime(datetime, '%Y-%m-%d'), count(*) FROM {IMAGES} GROUP BY ALL"
    ).fetchall()
    assert dict(per_day) == dict(found) == {day: sum(of.values()) for day, of in DAYS.items()}


def test_each_cluster_of_each_day_counts_the_same(folder):
    counted = duckdb.sql(
        f"SELECT strftime(period::DATE, '%Y-%m-%d'), cluster, count FROM {tsv('abundance')}"
        " WHERE count > 0"
    ).fetchall()
    with (folder / "results" / "tables" / "abundance.tsv").open() as file:
        lines = sum(int(row["count"]) > 0 for row in csv.DictReader(file, delimiter="\t"))
    found = duckdb.sql(f"SELECT strftime(datetime, '%Y-%m-%d'), cluster FROM {IMAGES}").fetchall()
    assert len(counted) == lines
    assert {(day, cluster): count for day, cluster, count in counted} == Counter(found)


def test_pandas_as_the_document_says(folder, capsys):
    (text,) = [block for block in blocks("python") if "pandas" in block]
    exec(compile(text, str(DOCUMENT), "exec"), {})
    assert re.search(r"^lake +15$", capsys.readouterr().out, re.MULTILINE)


def test_polars_as_the_document_says(folder, capsys):
    pytest.importorskip("polars", reason="polars is not installed: no part of the environment")
    (text,) = [block for block in blocks("python") if "polars" in block]
    exec(compile(text, str(DOCUMENT), "exec"), {})
    images = pd.read_parquet("results/tables/images.parquet")
    told = capsys.readouterr().out
    for cluster, count in images["cluster"].value_counts().items():
        assert re.search(rf"│ {cluster} +┆ {count} +│", told)


def test_every_table_is_read_without_hints(folder):
    tables = sorted((folder / "results" / "tables").glob("*.tsv"))
    assert len(tables) > 7
    for path in tables:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file, delimiter="\t")
        found = duckdb.sql(f"SELECT * FROM read_csv('{path}', delim = '\\t', header = true)")
        assert found.columns == header, path.name
        assert len(found) == len(rows), path.name

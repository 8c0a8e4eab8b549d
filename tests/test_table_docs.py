"""docs/tables.md has every table of results/tables, and every column that its writer declares."""

import re
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from seston import quality, schemas
from seston.change import group_rows
from seston.change import stage as changes
from seston.classify import calibration_error, efficiency_table, judge, risk, sample_shares
from seston.community.stage import TABLES as COMMUNITY
from seston.frozen import comparison, sightings
from seston.naming.table import name_table
from seston.tables import sample_lines
from seston.trends import calendar, summary
from seston.trust import lines
from seston.trust.circumstances import OF_IMAGES, OF_SAMPLES
from seston.trust.kmeans_density import Overlap
from seston.trust.profile import Profile

ROOT = Path(__file__).parents[1]
LEVELS = {"": "cluster", "_coarse": "coarse", "_name": "name", "_label": "label", "_class": "class"}


class Row(NamedTuple):
    """A row of the document: the columns it tells of, and its other cells."""

    names: list[str]
    unit: str
    says: str
    empty: str


def documented() -> dict[str, list[Row]]:
    """Return the rows of each table."""
    found = {}
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    for section in text.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        rows = []
        for line in re.findall(r"^\| (`.*) \|$", body, re.MULTILINE):
            first, *others = line.split(" | ")
            assert len(others) == 3, f"{title}: {line}"
            rows.append(Row(re.findall("`([^`]+)`", first), *others))
        for path in re.findall("`([^`]+)`", title):
            assert path not in found
            found[path] = rows
    return found


def header(text: str) -> list[str]:
    return text.splitlines()[0].split("\t")


def of_clusters() -> list[str]:
    about = Profile(*[np.empty(0)] * len(Profile.__dataclass_fields__))
    lives = dict.fromkeys((*OF_SAMPLES, *OF_IMAGES))
    return header(lines.cluster_lines(about, SimpleNamespace(lives=lives), []))


def declared() -> dict[str, list[str]]:
    """Return the columns of each table, as its writer has them."""
    levels = {
        f"abundance{suffix}": [level if name == "class" else name for name in summary.COLUMNS]
        for suffix, level in LEVELS.items()
    }
    tables = levels | COMMUNITY | {
        "samples": header(sample_lines(schemas.EFFORT.empty_table(), [])),
        "quality": quality.HEADER,
        "cluster_names": name_table(None, pd.Series([], dtype=int), "").columns,
        "clusters": of_clusters(), "circumstances": lines.ODD, "strangest": lines.STRANGEST,
        "kmeans_density": Overlap._fields, "periods": calendar.COLUMNS,
        "trend_tests": changes.TESTS, "timing": changes.TIMING, "harmonics": changes.HARMONICS,
        "change_points": changes.CHANGE_POINTS, "groups": group_rows.COLUMNS,
        "group_effects": group_rows.EFFECT_COLUMNS, "curves": group_rows.CURVE_COLUMNS,
        "classifier_scores": judge.SCORES, "classifier_classes": judge.CLASSES,
        "classifier_confusion": judge.CONFUSION,
        "classifier_reliability": ["stage", *calibration_error.RELIABILITY],
        "classifier_risk": ["stage", *risk.RISK], "class_frequencies": sample_shares.COLUMNS,
        "label_efficiency": efficiency_table.COLUMNS,
        "label_efficiency_ratio": efficiency_table.RATIOS,
        "drift": comparison.COLUMNS, "new_types": sightings.COLUMNS,
    }  # fmt: skip
    columns = {f"{name}.tsv": list(names) for name, names in tables.items()}
    organisms = {
        "images.parquet": schemas.IMAGES.names, "predictions.parquet": schemas.PREDICTIONS.names
    }  # fmt: skip
    return organisms | columns


@pytest.mark.parametrize("table", declared())
def test_every_column_is_told_once(table):
    told = list(chain.from_iterable(row.names for row in documented()[table]))
    if table.startswith("abundance"):  # one section, in which the class has the name of its level
        own = LEVELS[table.removesuffix(".tsv").removeprefix("abundance")]
        told = [name for name in told if name == own or name not in LEVELS.values()]
    assert sorted(told) == sorted(declared()[table])


@pytest.mark.parametrize("table", sorted({*declared()} - {"images.parquet", "clusters.tsv"}))
def test_columns_stand_in_the_order_of_the_file(table):
    """Of the two others columns are told in groups."""
    told = list(chain.from_iterable(row.names for row in documented()[table]))
    columns = declared()[table]
    assert [name for name in told if name in columns] == columns


def test_every_table_that_a_rule_writes_is_told_and_no_other():
    rules = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "workflow" / "rules").glob("*.smk")
    )
    written = set(re.findall(r'results/tables/(\w+\.(?:tsv|parquet))"', rules))
    assert len(written) > 25
    assert written == set(documented()) == set(declared())


def test_each_row_has_a_unit_a_meaning_and_what_empty_says():
    for table, rows in documented().items():
        for row in rows:
            assert row.unit and row.says and row.empty, f"{table}: {row.names}"


def test_units_agree_with_names():
    units = {"um": "µm", "um2": "µm²", "um3": "µm³", "ml": "mL", "share": "share"}
    for table, rows in documented().items():
        for row in rows:
            for name in row.names:
                unit = units.get(name.rsplit("_", 1)[-1])
                told = row.unit in (unit, "see there", "µm/px", "word", "1/mL", "µm³/mL")
                assert unit is None or told, f"{table}: {name} in {row.unit}"


def test_links_lead_to_sections():
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([\w.]+)(?:#([\w-]+))?\)", text)
    assert len(links) > 15
    for page, anchor in links:
        heads = re.findall("^#+ (.*)$", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
        assert not anchor or anchor in anchors, f"{page}#{anchor}"

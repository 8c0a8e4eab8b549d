"""Candidates for new types: where they were seen, and their examples as the report reads them."""

from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from seston.errors import SestonError
from seston.frozen.new_types import Candidate
from seston.frozen.sightings import COLUMNS, candidate_table
from seston.report.given.drift import read_drift
from seston.tsv import write_tsv
from synthetic_findings import CLUSTERING, write_drift

IDS = ["a/one;1.png", 'a/the "2".png', "b/µ [3], 4.png", "b/5.png"]
DAYS = [datetime(2025, 5, 2), datetime(2025, 5, 1), datetime(2025, 5, 9), None]
SAMPLES = pd.DataFrame({"sample": ["a", "b"], "site": "", "group": "", "datetime": ""})


@pytest.fixture
def table():
    images = pa.table(
        {
            "image_id": IDS,
            "sample": ["a", "a", "b", "b"],
            "datetime": pa.array(DAYS, pa.timestamp("us")),
            "cluster": pa.array([3, 1, 3, 0], pa.int32()),
        }
    )
    one = Candidate(np.arange(2), np.zeros(2, np.float32), 0.5, 1.5, 0, 0.01)
    near = np.array([0.3, 0.1, 0.2, 9.0])
    return candidate_table([one], np.array([0, 0, 0, -1]), near, images)


def test_a_candidate_has_the_images_that_are_nearer_to_it(table):
    (row,) = table.to_dict("records")
    assert list(row) == COLUMNS
    assert (row["images"], row["far"], row["samples"], row["nearest_cluster"]) == (3, 2, 2, 3)
    assert (row["first"], row["last"]) == ("2025-05-01", "2025-05-09")


def told(table, tmp_path):
    paths = write_drift(tmp_path, SAMPLES, [])
    write_tsv(dict(table), paths["new_types"])
    return read_drift(
        paths["drift"], paths["drift_json"], paths["new_types"], tmp_path / "kmeans.json",
        CLUSTERING, 6, SAMPLES,
    )  # fmt: skip


def test_examples_of_any_name_reach_the_report_the_most_typical_first(table, tmp_path):
    assert told(table, tmp_path).examples() == [IDS[1], IDS[2], IDS[0]]


def test_examples_that_are_no_list_are_told(table, tmp_path):
    table["examples"] = "a/1;a/2"
    with pytest.raises(SestonError, match=r"new_types\.tsv: expected lists of ids in JSON"):
        told(table, tmp_path)

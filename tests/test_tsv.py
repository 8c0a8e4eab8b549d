"""Tables as text: pandas reads them as they were, and writes the same bytes."""

import numpy as np
import pandas as pd
import pytest

from seston.tsv import as_tsv, write_tsv

COLUMNS = {
    "name": ["Cyclotella", 'the "large"', "tab\there", "", "two\nlines"],
    "share": np.array([1 / 3, np.nan, 1e-9, 123456789.0, 2.0], np.float64),
    "single": np.array([0.1, 1, np.nan, 2.5, 1e6], np.float32),
    "count": np.arange(5),
    "day": ["2024-05-01", None, "2024-05-02", None, ""],
}


def test_the_bytes_are_those_of_pandas(tmp_path):
    write_tsv(COLUMNS, tmp_path / "a.tsv")
    pd.DataFrame(COLUMNS).to_csv(
        tmp_path / "b.tsv", sep="\t", index=False, float_format="%.6g", lineterminator="\n"
    )
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()


def test_a_frame_is_written_as_its_columns_are(tmp_path):
    write_tsv(COLUMNS, tmp_path / "a.tsv")
    write_tsv(dict(pd.DataFrame(COLUMNS)), tmp_path / "b.tsv")
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()


def test_numbers_among_texts_have_their_six_digits(tmp_path):
    write_tsv({"overlap": ["", 1 / 3, 2]}, tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_text() == 'overlap\n""\n0.333333\n2\n'


def test_without_rows_the_header_stands(tmp_path):
    write_tsv({"a": [], "b": []}, tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_text() == "a\tb\n"


def test_columns_of_other_lengths_leave_the_old_file(tmp_path):
    (tmp_path / "a.tsv").write_text("old")
    with pytest.raises(ValueError, match="shorter"):
        write_tsv({"a": [1, 2], "b": [1]}, tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_text() == "old"


def test_numbers_have_six_digits_and_the_unknown_is_empty():
    rows = [
        (1, 0.123456789, float("nan")),
        (None, float("inf"), ""),
        (np.int64(2), np.float32(1e-9), "a\tb"),
    ]
    assert as_tsv(("a", "b", "c"), rows) == 'a\tb\tc\n1\t0.123457\t\n\t\t\n2\t1e-09\t"a\tb"\n'

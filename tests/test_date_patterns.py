"""Dates by regular expressions of the user: those that find them, and those that are refused."""

import time
from datetime import datetime

import pytest

from seston.instruments.date_patterns import check_pattern, clock_by, date_by, time_of_picture
from seston.instruments.dates import BadClock

SPC = "SPC-EAWAG-0P5X-1526947357532857-1089211110251-001479-018-2234-622-60-52.jpeg"


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        (r"^SPC-[^-]+-[^-]+-(?P<epoch_us>\d+)", SPC, datetime(2018, 5, 22, 0, 2, 37, 532857)),
        (r"t(?P<epoch_ms>\d+)", "t1526947357532.png", datetime(2018, 5, 22, 0, 2, 37, 532000)),
        (r"t(?P<epoch_s>\d+)", "t1526947357.png", datetime(2018, 5, 22, 0, 2, 37)),
        (r"_(\S+)_", "a_2018-05-22T14:30:05+02:00_b", datetime(2018, 5, 22, 12, 30, 5)),
        (r"(?P<day>\d\d)\.(?P<month>\d\d)\.(?P<year>\d{4})", "22.05.2018", datetime(2018, 5, 22)),
        (r"(?P<day>\d\d)(?P<month>[A-Z][a-z]+)(?P<year>\d{4})", "replicate3-08April2024",
         datetime(2024, 4, 8)),
        (r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(-(?P<hour>\d\d))?", "20180522", None),
        (r"(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)", "2018/05/22/a.png",
         datetime(2018, 5, 22)),
        (r"(\d{4}-\d\d-\d\d)", "a.png", None),
    ],
)  # fmt: skip
def test_dates_by_a_pattern_of_the_user(pattern, name, expected):
    if "hour" in pattern:  # a group that is not met is 0
        expected = datetime(2018, 5, 22)
    check_pattern(pattern)
    assert date_by(pattern, name) == clock_by(pattern, name) == expected


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (r"-(?P<epoch_us>\d+)-", "SPC-0-1"),
        (r"-(?P<epoch_s>\d+)-", "SPC-" + "9" * 40 + "-1"),
        (r"(\d{4}-\d\d-\d\d)", "2018-02-30"),
        (r"(?P<year>\d{4})(?P<month>\w\w)(?P<day>\d\d)", "2018xx22"),
    ],
)
def test_a_pattern_that_finds_no_real_date_finds_a_bad_clock(pattern, name):
    assert date_by(pattern, name) is None
    with pytest.raises(BadClock):
        clock_by(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(", "not a regular expression"),
        (r"\d{8}", "found groups 0; expected named groups"),
        (r"(\d{4})(\d\d)", "found groups 2; expected"),
        (r"(?P<yr>\d{4})", "found groups yr; expected"),
        (r"(?P<year>\d{4})-(?P<month>\d\d)", "year, month and day at least"),
        (r"(?P<year>.)(?P<month>.)(?P<day>.)(?P<second>.)", "from the left"),
        (r"(?P<epoch_s>\d+)(?P<epoch_ms>\d+)", "or one of epoch_s, epoch_ms, epoch_us"),
        (r"((?:a+)+)$", "may take for ever"),
        (r"(([a-z]*,)*)", "found groups 2"),
        (r"((?:x\d+){2,})", "may take for ever"),
    ],
)
def test_patterns_that_cannot_work_are_refused(pattern, told):
    with pytest.raises(ValueError, match=told):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"(?:a+-)?(\d{8})", r"([^)(+*]+)", r"\(+(\d{8})\)+"])
def test_single_repeats_are_no_danger(pattern):
    check_pattern(pattern)


def test_a_slow_pattern_sees_the_end_of_a_long_name_only():
    start = time.process_time()
    assert date_by(r"a*a*(\d{8})$", "a" * 100_000 + "20180522") == datetime(2018, 5, 22)
    assert date_by(r"a*a*(\d{8})$", "a" * 100_000) is None
    assert time.process_time() - start < 1


def test_the_name_goes_before_exif_and_the_file_before_its_folders():
    exif = "2019:01:02 03:04:05"
    assert time_of_picture("b/20180522_143005.png", exif, None) == datetime(2018, 5, 22, 14, 30, 5)
    assert time_of_picture("b/one.png", exif, None) == datetime(2019, 1, 2, 3, 4, 5)
    assert time_of_picture("b/one.png", None, None) is None
    pattern = r"(\d{4}-\d\d-\d\d)"
    assert time_of_picture("2018-05-22/2018-05-23.png", exif, pattern) == datetime(2018, 5, 23)
    assert time_of_picture("2018-05-22/one.png", exif, pattern) == datetime(2018, 5, 22)
    with pytest.raises(BadClock):
        time_of_picture("one.png", "1970:01:01 00:00:00", pattern)

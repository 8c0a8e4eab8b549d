"""Dates in names and text, and the clocks that were wrong."""

from datetime import datetime

import pytest

from seston.instruments.dates import (
    BadClock,
    clock_in_name,
    date_in_name,
    parse_datetime,
    parse_exif,
)

SPC = "SPC-EAWAG-0P5X-1526947357532857-1089211110251-001479-018-2234-622-60-52.jpeg"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (SPC, datetime(2018, 5, 22, 0, 2, 37, 532857)),
        ("x-1526947357532857-2018-12-28-60.jpeg", datetime(2018, 5, 22, 0, 2, 37, 532857)),
        ("1526947357532.png", datetime(2018, 5, 22, 0, 2, 37, 532000)),
        ("cam_20180522_000237_17.png", datetime(2018, 5, 22, 0, 2, 37)),
        ("D20130526T095207_IFCB013_00001.png", datetime(2013, 5, 26, 9, 52, 7)),
        ("2018-05-22", datetime(2018, 5, 22)),
        ("2018-05-22T14:30:05.png", datetime(2018, 5, 22, 14, 30, 5)),
        ("2018-05-22_143005", datetime(2018, 5, 22, 14, 30, 5)),
        ("bag 3 20180522", datetime(2018, 5, 22)),
        ("2018-02-30", None),
        ("1018-05-22", None),
        ("sample-12345678", None),
        ("image_0001.png", None),
    ],
)  # fmt: skip
def test_dates_in_names(name, expected):
    assert date_in_name(name) == clock_in_name(name) == expected


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (SPC.replace("1526947357532857", "0"), "1970-01-01 00:00:00"),
        (SPC.replace("1526947357532857", "12345678901"), "1970-01-01 03:25:45"),
        ("crop_0000000000000000.png", "1970-01-01 00:00:00"),
        ("crop_9526947357532857.png", "2271-11-24"),
        ("cam_19700101_000012_17.png", "1970-01-01 00:00:12"),
        ("cam_21010101_000000.png", "2101-01-01"),
    ],
)
def test_a_clock_that_is_wrong_is_told_from_a_name_without_one(name, told):
    assert date_in_name(name) is None
    with pytest.raises(BadClock, match=told):
        clock_in_name(name)


def test_a_wrong_clock_does_not_hide_a_date():
    assert clock_in_name("0000000000000000_2018-05-22.png") == datetime(2018, 5, 22)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2018:05:22 14:30:05", datetime(2018, 5, 22, 14, 30, 5)),
        ("2018:05:22 14:30:05\0", datetime(2018, 5, 22, 14, 30, 5)),
        ("2018:05:22 14:30:05+02:00", datetime(2018, 5, 22, 12, 30, 5)),
    ],
)
def test_times_of_exif(text, expected):
    assert parse_exif(text) == expected


@pytest.mark.parametrize(
    "text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "1970:01:01 00:00:00", ""]
)
def test_exif_of_a_camera_without_a_clock(text):
    with pytest.raises(BadClock):
        parse_exif(text)


@pytest.mark.parametrize("text", ["2018", "1970-01-01", "2101-01-01", "0001-01-01T00:00+05:00"])
def test_text_that_is_no_date(text):
    with pytest.raises(ValueError):
        parse_datetime(text)

"""What is odd about the samples, told by sample and kind."""

import csv

import pyarrow as pa

from seston import schemas
from seston.quality import quality_lines


def lines(efforts=(), crops=(), rejected=()):
    tables = [
        pa.Table.from_pylist(list(rows), schema=schema)
        for rows, schema in (
            (efforts, schemas.EFFORT),
            (crops, schemas.CROPS),
            (rejected, schemas.REJECTED),
        )
    ]
    return list(csv.reader(quality_lines(*tables).splitlines(), delimiter="\t"))[1:]


def test_each_kind_of_note_is_counted_per_sample_and_names_its_first():
    crops = [
        {"image_id": f"{sample}/{number}", "sample": sample, "notes": notes}
        for sample, number, notes in [
            ("a", 1, ""),
            ("a", 2, "bad_clock"),
            ("a", 3, "bad_clock;identical"),
            ("b", 1, "identical"),
        ]
    ]
    assert lines(crops=crops) == [
        ["a", "image", "bad_clock", "2", "a/2"],
        ["a", "image", "identical", "1", "a/3"],
        ["b", "image", "identical", "1", "b/1"],
    ]


def test_warnings_notes_and_rejections_of_a_sample_stand_together():
    efforts = [
        {"sample": "b", "flags": [], "warnings": []},
        {
            "sample": "a",
            "flags": ["trigger_mode", "edited_run"],
            "warnings": ["too high; so\tbeware", "fewer"],
        },
    ]
    crops = [{"image_id": "a/1", "sample": "a", "notes": "flat"}]
    refused = {"path": "p", "reason": "truncated"}
    rejected = [
        {"sample": "a", "roi": "2", "detail": "cut", **refused},
        {"sample": "a", "roi": "3", "detail": "cut too", **refused},
    ]
    found = lines(efforts, crops, rejected)
    assert found == [
        ["a", "sample", "trigger_mode", "1", "too high; so\tbeware"],
        ["a", "sample", "edited_run", "1", "fewer"],
        ["a", "image", "flat", "1", "a/1"],
        ["a", "rejected", "truncated", "2", "2: cut"],
    ]

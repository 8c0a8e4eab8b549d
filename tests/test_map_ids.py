"""Names of organisms: whatever they look like, the same come back."""

import hashlib

import pyarrow as pa
import pytest

from seston.report.map.columns import Blocks
from seston.report.map.ids import encode_rois
from synthetic_map import read_rois


def encoded(names):
    blocks = Blocks()
    facts = encode_rois(pa.array(names, pa.string()), blocks)
    size = sum(len(data) for _, data in blocks.data.values())
    return facts, read_rois(facts, lambda name: blocks.data[name][1], len(names)), size


@pytest.mark.parametrize(
    "names",
    [
        ["1"],
        ["1", "10", "100", "1000", "11", "2"],  # as text sorts numbers
        ["00001", "00002", "00007"],
        ["1", "01", "001", "0", "00", "10"],  # only their zeros tell them apart
        ["20240501123456789012345", "20240501123456789012346"],  # longer than any integer
        ["1234567890", "123456789012", "1234567890123"],  # runs of several lengths
        ["SPC-0P5X-1527900390720214-0368-015.jpeg", "SPC-0P5X-1527900390720999-0369-1.jpeg"],
        ["a/1.png", "a/2.png", "b/3.png", "b/c/4.png"],  # paths below the sample
        ["no number"],
        ["", "x"],
        ["7", "</script><img src=x>", "\u202e9", "tab\t1", "line\n2", 'quote"3', "é5"],
        ["a+b(c)*[4]^$", "a+b(c)*[5]^$", "8|9", "{2}"],
        ["\\d{1,9}", "(?P<f0>1)", "5\n"],
    ],
)  # fmt: skip
def test_the_same_names_come_back(names):
    facts, found, _ = encoded(names)
    assert found == names
    assert facts["kind"] == "patterns"


def test_numbers_of_an_instrument_cost_next_to_nothing():
    names = sorted(str(number) for number in range(1, 20_001) if number % 9)
    facts, found, size = encoded(names)
    assert found == names
    assert facts["pattern"] is None
    assert size < 0.5 * len(names)  # bytes each; their text alone takes 4.7


def test_names_that_are_no_numbers_are_kept_as_text():
    names = sorted(hashlib.sha256(str(i).encode()).hexdigest() for i in range(400))
    names += ["</script>", "\u2028", 'a"b\\c', "line\nbreak"]
    facts, found, _ = encoded(names)
    assert facts["kind"] == "text"
    assert found == names


def test_no_names_at_all():
    _, found, _ = encoded([])
    assert found == []

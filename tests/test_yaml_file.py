"""What is wrong with a file of settings before anybody reads its values."""

import pytest

from seston.errors import SestonError
from seston.yaml_file import require_readable


@pytest.fixture
def told(tmp_path):
    """Return what is told of a file with this text, without its path."""

    def look(text: str) -> str:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        with pytest.raises(SestonError) as caught:
            require_readable(path)
        return str(caught.value).replace(str(path), "FILE")

    return look


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "seed: 1\ncluster:\n  k: 3\n", "day_zero: 2024-02-29\n", "a: '0123'\n",
     '{\n\t"seed": 1\n}\n', "day_zero: 2024-05-01 12:00:00\n"],
)  # fmt: skip
def test_a_file_that_can_be_read_passes(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    require_readable(path)


def test_keys_that_stand_twice_are_told_with_both_lines(told):
    text = "seed: 1\ncluster:\n  k: 3\n  refine: 1\n  k: 4\nlist:\n- {a: 1, a: 2}\nseed: 2\n"
    assert [line.strip() for line in told(text).splitlines()] == [
        "FILE, line 5: a key stands twice: 'k' stands here and in line 3",
        "FILE, line 7: a key stands twice: 'a' stands here and in line 7",
        "FILE, line 8: a key stands twice: 'seed' stands here and in line 1",
    ]


@pytest.mark.parametrize(
    ("date", "why"),
    [("2024-13-01", "month must be in 1..12"), ("2023-02-29", "day is out of range for month")],
)
def test_a_date_that_no_calendar_has(told, date, why):
    expected = f"FILE, line 2: found {date}, expected a date of the calendar as YYYY-MM-DD ({why})"
    assert told(f"trends:\n  day_zero: {date}\n") == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("seed: 1\n\tk: 2\n", "line 2, column 1"),
        ("a: [1, 2\nb: 3\n", "line 2, column 2"),
        ("a: b: c\n", "line 1, column 5"),
        ("title: 'open\n", "line 2, column 1"),
    ],
)
def test_text_that_is_no_yaml_is_told_with_its_place(told, text, place):
    assert told(text).startswith(f"FILE, {place}: not YAML: ")


def test_text_in_another_encoding_is_told_with_its_line(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_bytes("seed: 1\ntitle: Plöner See\n".encode("latin-1"))
    with pytest.raises(SestonError, match=r"line 2: found byte 0xf6, expected text in UTF-8"):
        require_readable(path)


def test_a_key_in_brackets_is_told(told):
    found = "FILE, line 2: found a list or a section as a key, expected a name"
    assert told("seed: 1\n{title}: 2\n") == found


@pytest.mark.parametrize(
    ("written", "taken_for", "meant"),
    [("0123", "83, by counting in eights", "write 123, or '0123'"),
     ("-017", "-15, by counting in eights", "write -17, or '-017'"),
     ("12:30:00", "45000, by counting in sixties", "write '12:30:00'"),
     ("1:30.5", "90.5, by counting in sixties", "write '1:30.5'")],
)  # fmt: skip
def test_numbers_that_yaml_reads_as_others(told, written, taken_for, meant):
    said = told(f"a: 1\nb: {written}\n")
    assert said.startswith(f"FILE, line 2: found {written}, which YAML takes for {taken_for}; ")
    assert meant in said


@pytest.mark.parametrize(
    "plain", ["0", "0.5", "1_000", "0x1F", "2024-05-01", "10", "-3", "1.10", "08", "1:08:99"]
)
def test_numbers_that_are_what_they_look_like(tmp_path, plain):
    (tmp_path / "config.yaml").write_text(f"a: {plain}\n")
    require_readable(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    "written",
    ['!!python/object/apply:os.system ["touch {mark}"]', "!!python/name:os.system", "!mine 3",
     "!mine {{a: 1}}", "!!python/object/new:os.system [x]", "!!set {{a}}"],
)  # fmt: skip
def test_tags_are_refused_and_nothing_is_done(told, tmp_path, written):
    mark = tmp_path / "pwned"
    said = told("seed: 1\nk: " + written.format(mark=mark) + "\n")
    assert said.startswith("FILE, line 2: found the tag !") and "take no tags" in said
    assert not mark.exists()


def test_a_template_whose_parts_would_be_run_is_refused(told):
    said = told("seed: 1\n__use_yte__: true\nsamples: ?open('x')\n")
    assert said.startswith("FILE, line 2: found the key __use_yte__")

"""Tables of labels as people write them, with their byte-order marks, line ends and slips."""

import pytest

from seston.errors import SestonError
from seston.labels.table import read_agreed, read_labels


def write(tmp_path, data: bytes):
    path = tmp_path / "labels.tsv"
    path.write_bytes(data)
    return path


def test_names_that_look_like_gaps_survive_and_other_columns_are_ignored(tmp_path):
    text = "who\timage_id\tlabel\nme\ta/1\tNA\nme\ta/2\tnan\nme\ta/3\t None \n\n\ta/4\t\n"
    found = read_labels(write(tmp_path, text.encode()))
    assert found == {"a/1": "NA", "a/2": "nan", "a/3": "None"}


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        lambda text: text.encode("latin-1"),
        lambda text: text.encode("utf-16"),
    ],
    ids=["mark and CRLF", "latin-1", "utf-16"],
)
def test_encodings_and_line_ends(tmp_path, encode):
    path = write(tmp_path, encode("image_id\tlabel\na/1\tDaphnia épineuse\n"))
    assert read_labels(path) == {"a/1": "Daphnia épineuse"}


def test_all_conflicts_and_faulty_lines_are_told_with_their_lines(tmp_path):
    text = "image_id\tlabel\na/1\tx\na/1\tx\na/1\ty\na/2\n\tz\na/2\tw\na/2\tv\n"
    with pytest.raises(SestonError) as error:
        read_labels(write(tmp_path, text.encode()))
    told = str(error.value)
    assert "4 faulty lines" in told
    assert "line 4: a/1 is 'y', but 'x' in line 2; keep one" in told
    assert "line 5: found 1 cells, expected 2" in told and "line 6: no image_id" in told
    assert "line 8: a/2 is 'v', but 'w' in line 7" in told


def test_many_mistakes_are_counted(tmp_path):
    rows = "".join(f"\tx{number}\n" for number in range(13))
    with pytest.raises(SestonError, match=r"13 faulty lines(?s:.*)line 11: no(?s:.*)and 3 more"):
        read_labels(write(tmp_path, f"image_id\tlabel\n{rows}".encode()))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("image_id,label\na/1,x\n", "line 1: no column image_id and label; found image_id,label,"),
        ("image_id\tclass\na/1\tx\n", "no column label"),
        ("label\timage_id\tlabel\n", "column label twice"),
        ("image_id\tlabel\na/1\t\n", "no labels"),
        ("image_id\tlabel\tutc\tutc\n", "column utc twice"),
        (
            "image_id\tlabel\tstatus\na/1\tx\tdubious\n",
            r"no labels \(not taken: 1 image whose labels are predicted or dubious\)",
        ),
        ("", "no labels"),
    ],
)
def test_a_table_that_is_none(tmp_path, text, told):
    with pytest.raises(SestonError, match=told):
        read_labels(write(tmp_path, text.encode()))


HEADER = "image_id\tlabel\tstatus\tannotator\n"


def test_labels_on_which_annotators_disagree_do_not_hold_and_are_counted(tmp_path):
    rows = [
        "a/1\tx\tvalidated\tAB", "a/1\tx\tvalidated\tCD",
        "a/2\tx\tvalidated\tAB", "a/2\ty\tvalidated\tCD", "a/2\ty\tvalidated\tEF",
        "a/3\tx\tValidated\tAB", "a/3\ty\tdubious\tCD", "a/3\tz\tpredicted\tmodel",
        "a/4\ty\tdubious\tAB",
        "a/5\ty\tpredicted\t",
        "a/6\tz\t\t",
    ]  # fmt: skip
    labels = read_agreed(write(tmp_path, (HEADER + "\n".join(rows)).encode()))
    assert labels.by_image == {"a/1": "x", "a/3": "x", "a/6": "z"}
    assert (labels.disputed, labels.not_taken) == (1, 2)
    assert labels.left_out == (
        "not taken: 1 image on which annotators disagree and 2 images whose labels are predicted"
        " or dubious"
    )


def test_one_annotator_says_one_thing_of_an_image(tmp_path):
    rows = "a/1\tx\tsure\tAB\na/2\tx\t\tAB\na/2\ty\t\tAB\na/3\tx\t\tAB\na/3\tx\tdubious\tAB\n"
    with pytest.raises(SestonError) as error:
        read_labels(write(tmp_path, (HEADER + rows).encode()))
    told = str(error.value)
    assert "line 2: status 'sure': expected one of predicted, validated, dubious" in told
    assert "line 4: a/2 is 'y', but 'x' in line 3; keep one" in told
    assert "line 6: a/3 is 'x' (dubious), but 'x' (validated) in line 5; keep one" in told


def test_absent_file(tmp_path):
    with pytest.raises(SestonError, match=r"none\.tsv: the table of labels cannot be read"):
        read_labels(tmp_path / "none.tsv")

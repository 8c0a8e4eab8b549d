"""The checker of archives for EcoTaxa: it finds each kind of mistake, and says where."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from seston.cli import main
from seston.export.ecotaxa.check import check_ecotaxa
from seston.export.ecotaxa.encoding import encoding_mistake
from seston.export.ecotaxa.rules import degrees, is_table
from synthetic.images import huge_png

MARK = "\ufeff"
HEADER = {
    "img_file_name": "[t]", "object_id": "[t]", "object_lat": "[f]", "object_lon": "[f]",
    "object_date": "[t]", "object_time": "[t]", "object_area": "[f]", "object_note": "[t]",
    "object_annotation_category": "[t]", "object_annotation_status": "[t]",
    "sample_id": "[t]", "acq_id": "[t]",
}  # fmt: skip
LINE = ("a.png", "o1", "47.5", "-8.25", "20240506", "235959", "1.5", "fine", "Copepoda<Crustacea",
        "predicted", "s1", "q1")  # fmt: skip


def png(mode="L", kind="png"):
    buffer = io.BytesIO()
    Image.new(mode, (5, 4)).save(buffer, kind)
    return buffer.getvalue()


def table(*lines, header=HEADER, mark=MARK):
    rows = [tuple(header), tuple(header.values()), *lines]
    return (mark + "".join("\t".join(row) + "\n" for row in rows)).encode()


def archive(path, files):
    with zipfile.ZipFile(path, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def told(capsys, *paths):
    """What is printed of mistakes, without the folder of the archives; the status agrees."""
    status = check_ecotaxa([*paths])
    printed = capsys.readouterr().out.splitlines()
    mistakes = [
        line.strip().replace(f"{paths[0].parent}/", "") for line in printed if line[:2] == "  "
    ]
    assert status == (1 if mistakes else 0)
    assert (printed[-1] == "as EcoTaxa wants it") == (not mistakes)
    return mistakes


def changed(**cells):
    return tuple((dict(zip(HEADER, LINE, strict=True)) | cells).values())


def of_table(tmp_path, capsys, data, **more):
    files = {"ecotaxa_1.tsv": data, "a.png": png(), "b.png": png()} | more
    return told(capsys, archive(tmp_path / "x.zip", files))


def test_a_good_archive_as_zip_and_as_folder(tmp_path, capsys):
    two = changed(img_file_name="sub/b.jpg", object_id="o2", object_lat="-47°30 30")
    files = {
        "in/ecotaxa_1.tsv": table(LINE, two), "in/a.png": png("RGB"),
        "in/sub/b.jpg": png(kind="jpeg"),
        "in/ecotaxa_2.txt": table(changed(img_file_name="c.gif", object_id="o3"), mark=""),
        "in/c.gif": png(kind="gif"), "readme.md": b"hello",
    }  # fmt: skip
    assert told(capsys, archive(tmp_path / "x.zip", files)) == []
    with zipfile.ZipFile(tmp_path / "x.zip") as file:
        file.extractall(tmp_path / "folder")
    assert told(capsys, tmp_path / "folder") == []
    check_ecotaxa([tmp_path / "x.zip"])
    assert "tables 2, images 3, objects 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        ({"img_file_name": ""}, "img_file_name", "empty; every line needs it"),
        ({"object_id": " "}, "object_id", "empty; every line needs it"),
        ({"object_id": "x" * 256}, "object_id", "found 256 characters"),
        ({"img_file_name": "none.png"}, "img_file_name", "no picture 'none.png' in the archive"),
        ({"img_file_name": "A.png"}, "img_file_name", "no picture 'A.png' in the archive"),
        ({"img_file_name": "../a.png"}, "img_file_name", "expected a path within the archive"),
        ({"img_file_name": "/a.png"}, "img_file_name", "expected a path within the archive"),
        ({"object_lat": "90.1"}, "object_lat", "expected degrees from -90 to 90"),
        ({"object_lat": "47,5"}, "object_lat", "expected degrees from -90 to 90"),
        ({"object_lat": "90°00 01"}, "object_lat", "expected degrees from -90 to 90"),
        ({"object_lon": "-180.5"}, "object_lon", "expected degrees from -180 to 180"),
        ({"object_date": "20240230"}, "object_date", "expected a date of the calendar"),
        ({"object_date": "6.5.2024"}, "object_date", "expected a date of the calendar"),
        ({"object_date": "2024-0506"}, "object_date", "expected a date of the calendar"),
        ({"object_time": "240000"}, "object_time", "expected a time"),
        ({"object_time": "10h30"}, "object_time", "expected a time"),
        ({"object_time": "1:2:3"}, "object_time", "expected a time"),
        ({"object_area": "1,5"}, "object_area", "expected a number"),
        ({"object_area": "-inf"}, "object_area", "expected a number"),
        ({"object_area": "big"}, "object_area", "expected a number"),
        ({"object_note": "x" * 251}, "object_note", "found 251 characters"),
        ({"object_note": "NaN"}, "object_note", "leave the cell empty"),
        ({"acq_id": "x" * 256}, "acq_id", "found 256 characters"),
        ({"object_annotation_status": "guessed"}, "object_annotation_status", "found 'guessed'"),
        ({"object_annotation_status": "Noid"}, "object_annotation_status", "found 'Noid'"),
        ({"object_annotation_status": ""}, "object_annotation_category", "but no status"),
        ({"object_annotation_category": ""}, "object_annotation_status", "but no category"),
    ],
)
def test_each_faulty_cell_is_told_with_file_line_and_column(tmp_path, capsys, cells, column, said):
    good = changed(img_file_name="b.png", object_id="o2")
    (only,) = of_table(tmp_path, capsys, table(good, changed(**cells)))
    assert only.startswith(f"x.zip/ecotaxa_1.tsv, line 4, column {column}: ")
    assert said in only


@pytest.mark.parametrize(
    "cells",
    [
        {"object_lat": "nan"}, {"object_area": "NA"}, {"object_area": "1e-3"}, {"object_area": ""},
        {"object_date": "2024-05-06"}, {"object_time": "320"}, {"object_time": "0320"},
        {"object_time": "03:20:01"}, {"object_annotation_status": "Validated"},
        {"object_annotation_status": "noid"}, {"object_annotation_category": "NA"},
        {"object_annotation_category": "", "object_annotation_status": ""},
        {"object_id": "x" * 255}, {"object_note": "x" * 250}, {"object_lon": "180"},
        {"sample_id": "", "acq_id": ""}, {"object_lat": "89°59 60"},
    ],
)  # fmt: skip
def test_what_ecotaxa_takes_is_not_told(tmp_path, capsys, cells):
    assert of_table(tmp_path, capsys, table(changed(**cells))) == []


def header(**more):
    return {name: kind for name, kind in (HEADER | more).items() if kind}


@pytest.mark.parametrize(
    ("more", "column", "said"),
    [
        ({"img_file_name": ""}, "img_file_name", "is missing"),
        ({"object_id": ""}, "object_id", "is missing"),
        (
            {"sample_id": "", "sample_ship": "[t]"},
            "sample_id",
            "is missing, as there is sample_ship",
        ),
        (
            {"acq_id": "", "acq_instrument": "[t]"},
            "acq_id",
            "is missing, as there is acq_instrument",
        ),
        ({"process_pixel": "[t]"}, "process_id", "is missing, as there is process_pixel"),
        ({"object_area": "[n]"}, "object_area", "found type '[n]' in line 2"),
        ({"object_area": "f"}, "object_area", "found type 'f' in line 2"),
        ({"ship": "[t]"}, "ship", "unknown"),
        ({"ship_name": "[t]"}, "ship_name", "unknown"),
        ({"object_": "[t]"}, "object_", "unknown"),
        ({"img_size": "[f]"}, "img_size", "unknown"),
        ({"Object_Area ": "[f]"}, "object_area", "stands there twice"),
        (
            {f"object_t{n}": "[t]" for n in range(20)},
            "object_…",
            "21 columns object_… of type [t]",
        ),
        (
            {f"object_n{n}": "[f]" for n in range(500)},
            "object_…",
            "501 columns object_… of type [f]",
        ),
        (
            {f"sample_n{n}": "[f]" for n in range(31)},
            "sample_…",
            "31 columns sample_… of type [t]",
        ),
    ],
)
def test_each_faulty_header_is_told(tmp_path, capsys, more, column, said):
    names = header(**more)
    cells = dict(zip(HEADER, LINE, strict=True))
    line = tuple(cells.get(name, "") for name in names)
    found = of_table(tmp_path, capsys, table(line, header=names))
    assert len(found) == 1 and found[0].startswith(
        f"x.zip/ecotaxa_1.tsv, line 1, column {column}: "
    )
    assert said in found[0]


def test_the_most_columns_are_taken(tmp_path, capsys):
    names = header(
        **{f"object_t{n}": "[t]" for n in range(19)}, **{f"object_n{n}": "[f]" for n in range(499)},
        **{f"sample_n{n}": "[f]" for n in range(30)},
    )  # fmt: skip
    line = (*LINE, *[""] * (len(names) - len(LINE)))
    assert of_table(tmp_path, capsys, table(line, header=names)) == []


def test_cells_of_other_tables_are_text_whatever_their_type_says(tmp_path, capsys):
    names = header(sample_ship="[f]")
    assert of_table(tmp_path, capsys, table((*LINE, "Polarstern"), header=names)) == []


@pytest.mark.parametrize(("cells", "count"), [(LINE[:-1], 11), ((*LINE, "more"), 13)])
def test_lines_of_another_length_are_told(tmp_path, capsys, cells, count):
    (only,) = of_table(tmp_path, capsys, table(cells))
    assert only == f"x.zip/ecotaxa_1.tsv, line 3: found {count} cells, expected 12 as in line 1"


def test_lines_are_counted_as_in_an_editor(tmp_path, capsys):
    two_lines = changed(img_file_name="b.png", object_id="o2", object_note='"two\nlines"')
    (only,) = of_table(tmp_path, capsys, table(two_lines, (), changed(object_area="x")))
    assert only.startswith("x.zip/ecotaxa_1.tsv, line 6, column object_area")


def test_objects_stand_once_over_all_tables_and_archives(tmp_path, capsys):
    first = archive(tmp_path / "1.zip", {"ecotaxa_1.tsv": table(LINE), "a.png": png()})
    again = {"ecotaxa_1.tsv": table(LINE, LINE), "a.png": png()}
    second = archive(tmp_path / "2.zip", again)
    found = told(capsys, first, second)
    assert found == [
        f"2.zip/ecotaxa_1.tsv, line {line}, column object_id: 'o1' with 'a.png' stands in"
        " 1.zip/ecotaxa_1.tsv, line 3 too"
        for line in (3, 4)
    ]


def test_an_object_may_have_several_pictures(tmp_path, capsys):
    assert of_table(tmp_path, capsys, table(LINE, changed(img_file_name="b.png"))) == []
    check_ecotaxa([tmp_path / "x.zip"])
    assert "images 2, objects 1" in capsys.readouterr().out


def test_an_acquisition_is_of_one_sample(tmp_path, capsys):
    other = changed(img_file_name="b.png", object_id="o2", sample_id="s2")
    (only,) = of_table(tmp_path, capsys, table(LINE, other))
    assert only.startswith("x.zip/ecotaxa_1.tsv, line 4, column acq_id: 'q1' is of sample 's2'")


def sixteen_bits():
    buffer = io.BytesIO()
    Image.fromarray(np.arange(20, dtype=np.uint16).reshape(4, 5)).save(buffer, "png")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (png(kind="tiff"), "found TIFF, expected one of PNG, JPEG, GIF"),
        (sixteen_bits(), "found pixels of I;16, expected 8 bits"),
        (png()[:45], "not a readable picture"),
        (b"", "not a readable picture"),
        (b"<html>", "not a readable picture"),
        (huge_png(10_000), "larger than the"),
        (huge_png(30_000), "larger than the"),
    ],
)
def test_pictures_are_read(tmp_path, capsys, picture, said):
    (only,) = of_table(tmp_path, capsys, table(LINE), **{"a.png": picture})
    assert only.startswith("x.zip/ecotaxa_1.tsv, line 3, column img_file_name: 'a.png': ")
    assert said in only


def test_tables_must_go_by_their_name(tmp_path, capsys):
    files = {"Ecotaxa_1.tsv": table(LINE), "table.tsv": table(LINE), "a.png": png()}
    first, second = told(capsys, archive(tmp_path / "x.zip", files))
    assert first.startswith("x.zip: found 'Ecotaxa_1.tsv': its name must begin with 'ecotaxa'")
    assert second == "x.zip: no table ecotaxa….tsv or ecotaxa….txt in it; found 'Ecotaxa_1.tsv'"
    assert (
        is_table("deep/er/ecotaxa.txt")
        and not is_table("ecotaxa/x.tsv")
        and not is_table("ecotaxa.csv")
    )


@pytest.mark.parametrize("lines", [(), None])
def test_a_table_without_lines_is_told(tmp_path, capsys, lines):
    data = table() if lines == () else MARK.encode()
    found = of_table(tmp_path, capsys, data)
    assert found[-1] == "x.zip: no line below the types: nothing to import"


def test_types_are_needed(tmp_path, capsys):
    data = (MARK + "\t".join(HEADER) + "\n" + "\t".join(LINE) + "\n").encode()
    assert of_table(tmp_path, capsys, data)[0].startswith(
        "x.zip/ecotaxa_1.tsv, line 1, column img_"
    )


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        (b"a\nb\n", 0, ""),
        ("a\né\n".encode("latin-1"), 0, ""),
        ("\ufeffa\né\n".encode(), 0, ""),
        (
            "a\nb\né\n".encode(),
            3,
            "'é' in UTF-8 without a byte order mark, which EcoTaxa reads as 'Ã©'",
        ),
        (b"\xef\xbb\xbfa\n\xe9\n", 2, "not UTF-8, which the mark at the beginning promises"),
        ("a\n".encode("utf-16"), 1, "text in UTF-16"),
    ],
)
def test_letters_that_would_be_garbled_are_told(data, line, said):
    _, found, text = encoding_mistake(io.BytesIO(data))
    assert found == line and (said in text if said else text == "")


def test_garbled_letters_are_told_with_their_line(tmp_path, capsys):
    data = table(changed(object_note="née"), mark="")
    (only,) = of_table(tmp_path, capsys, data)
    assert only.startswith("x.zip/ecotaxa_1.tsv, line 3: 'é' in UTF-8 without a byte order mark")


def test_many_mistakes_are_counted(tmp_path, capsys):
    lines = [changed(object_id=f"o{number}", object_area="x") for number in range(70)]
    found = of_table(tmp_path, capsys, table(*lines))
    assert len(found) == 51 and found[-1] == "and 20 more"


def test_a_damaged_archive(tmp_path, capsys):
    path = archive(tmp_path / "x.zip", {"ecotaxa_1.tsv": table(LINE), "a.png": png()})
    data = bytearray(path.read_bytes())
    place = data.index(b"predicted")
    data[place] ^= 1
    path.write_bytes(data)
    (only,) = told(capsys, path)[:1]
    assert only.startswith("x.zip/ecotaxa_1.tsv: cannot be read (Bad CRC-32")
    path.write_bytes(data[:100])
    assert main(["check-ecotaxa", str(path)]) == 2
    assert "not a readable zip file" in capsys.readouterr().err
    assert main(["check-ecotaxa", str(tmp_path / "none.zip")]) == 2
    assert "no such file or folder" in capsys.readouterr().err


def test_the_command_says_so_by_its_status(tmp_path, capsys):
    good = archive(tmp_path / "ecotaxa_1.zip", {"ecotaxa.tsv": table(LINE), "a.png": png()})
    assert main(["check-ecotaxa", str(good)]) == 0
    archive(tmp_path / "ecotaxa_2.zip", {"ecotaxa.tsv": table(LINE)})
    assert main(["check-ecotaxa", str(tmp_path)]) == 1  # all archives of the folder
    printed = capsys.readouterr().out
    assert "EcoTaxa would refuse this, or lose something: 2 mistakes" in printed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("47°30 00", 47.5),
        ("-8°00 36", -8.01),
        ("-0°30 00", -0.5),
        ("12.25", 12.25),
        ("x", None),
        ("-inf", None),
    ],
)
def test_degrees(text, value):
    assert degrees(text) == (value if value is None else pytest.approx(value))

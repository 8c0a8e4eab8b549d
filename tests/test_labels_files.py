"""Tables of labels of several forms, and the images of a run that they speak of."""

import pyarrow as pa
import pytest

from seston.errors import SestonError
from seston.labels.files import ALIKE, SEVERAL, UNKNOWN, read_rows, told_of

IDS = pa.chunked_array(
    [["D20220519T124533_IFCB134/00001", "D20220519T124533_IFCB134/00002", "lake/a.1.png"],
     ["lake/cope/b.PNG", "pond/a.1.png", "pond/c.jpg"]]
)  # fmt: skip
ECOTAXA = (
    "object_id\timg_file_name\tobject_annotation_category\tobject_annotation_status"
    "\tobject_annotation_person_name\tobject_lat\n"
)


def write(path, text):
    path.write_text(text)
    return path


def said(told):
    return [
        (row.image_id, row.label, row.annotator, int(place), why)
        for row, place, why in zip(told.rows, told.places, told.why, strict=True)
    ]


def test_objects_of_ecotaxa_are_found_by_their_id_or_by_the_name_of_their_picture(tmp_path):
    rows = [
        "[t]\t[t]\t[t]\t[t]\t[t]\t[f]",
        "D20220519T124533_IFCB134_00002\t\tNA<other\tvalidated\tAnna\t47",
        "x1\tb.png\tcyclops<Copepoda\tpredicted\t\t47",
        "x2\tpictures/c.jpg\tnan\tValidated\tBen\t47",
        "x3\ta.1.png\tdaphnia\tvalidated\tBen\t47",
        "x4\tz.png\tdaphnia\tdubious\tBen\t47",
        "x5\tz5.png\t\t\t\t47",
        "lake/a.1.png\tq.png\thydra\tdiscarded\tBen\t47",
    ]
    path = write(tmp_path / "export.txt", ECOTAXA + "\n".join(rows) + "\n")
    told = told_of([path], IDS)
    assert said(told) == [
        ("D20220519T124533_IFCB134/00002", "NA<other", "Anna", 1, ""),
        # Without its ending b is one image only; with it, and in small letters, none.
        ("lake/cope/b.PNG", "cyclops<Copepoda", "", 3, ""),
        ("pond/c.jpg", "nan", "Ben", 5, ""),
        ("x3", "daphnia", "Ben", -1, SEVERAL),
        ("x4", "daphnia", "Ben", -1, UNKNOWN),
        ("lake/a.1.png", "hydra", "Ben", 2, ""),
    ]
    assert [row.status for row in told.rows] == [
        "validated", "predicted", "validated", "validated", "dubious", "discarded",
    ]  # fmt: skip
    assert [row.line for row in told.rows] == [3, 4, 5, 6, 7, 9]


def test_the_sample_of_an_object_settles_which_image_it_is(tmp_path):
    header = ECOTAXA.replace("object_lat", "sample_id")
    path = write(tmp_path / "e.tsv", f"{header}a.1.png\ta.1.png\tdaphnia\tvalidated\tBen\tpond\n")
    assert said(told_of([path], IDS)) == [("pond/a.1.png", "daphnia", "Ben", 4, "")]


def test_an_object_of_several_pictures_is_one(tmp_path):
    rows = "x2\tc.jpg\tdaphnia\tvalidated\tBen\t\nx2\td.jpg\tdaphnia\tvalidated\tBen\t\n"
    path = write(tmp_path / "e.tsv", ECOTAXA + rows)
    assert len(told_of([path], IDS).rows) == 1
    path = write(tmp_path / "e.tsv", ECOTAXA + rows.replace("daphnia", "cyclops", 1))
    with pytest.raises(SestonError, match=r"line 3: x2 is 'daphnia', but 'cyclops' in line 2"):
        told_of([path], IDS)


def test_objects_that_cannot_be_told_apart_are_not_guessed(tmp_path):
    ids = pa.chunked_array([["lake/7", "lake/b/a7.png", "lake/c.png"]])
    rows = "7\t7.png\tdaphnia\tvalidated\t\t\n"  # a number is no name
    rows += "x\tone/a7.png\thydra\tvalidated\t\t\ny\ttwo/a7.png\thydra\tvalidated\t\t\n"
    rows += "z\tc.png\tfish\tvalidated\t\t\n"
    told = told_of([write(tmp_path / "e.tsv", ECOTAXA + rows)], ids)
    assert told.why == [UNKNOWN, ALIKE, ALIKE, ""] and told.places.tolist() == [-1, -1, -1, 2]


def test_all_faulty_lines_of_ecotaxa_are_told(tmp_path):
    rows = [
        "\tb.png\tdaphnia\tvalidated\t\t",
        "x1\tb.png\tdaphnia\tsure\t\t",
        "x2\tb.png\t\tvalidated\t\t",
        "x3\tb.png",
        "x4\tb.png\tdaphnia\t\t\t",
    ]
    path = write(tmp_path / "e.tsv", ECOTAXA + "\n".join(rows) + "\n")
    with pytest.raises(SestonError) as error:
        read_rows(path)
    assert str(error.value).splitlines() == [
        f"{path}: 5 faulty lines of labels",
        "  line 2: no object_id",
        "  line 3: object_annotation_status 'sure': expected one of predicted, validated, dubious,"
        " discarded",
        "  line 4: validated, but no object_annotation_category",
        "  line 5: found 2 cells, expected 6",
        "  line 6: object_annotation_status '': expected one of predicted, validated, dubious,"
        " discarded",
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04rest", "an archive.*unpack it"),
        (b"v3\n1\n", r"VisualSpreadsheet.*set labels\.use to 'recorded'"),
        (b"object_id\tobject_annotation_category\n", "no column object_annotation_status"),
        (b"object_annotation_category\n", "no column object_id and object_annotation_status"),
        (b"image_id;label\na;b\n", "no column image_id and label"),
        (b"", "no labels"),
    ],
)
def test_what_is_no_table_of_labels_is_told_what_it_is(tmp_path, content, told):
    path = tmp_path / "labels.tsv"
    path.write_bytes(content)
    with pytest.raises(SestonError, match=told):
        read_rows(path)


def test_several_tables_of_several_people_speak_of_one_image(tmp_path):
    table = "image_id\tlabel\tannotator\n"
    one = write(tmp_path / "one.tsv", f"{table}pond/c.jpg\tNA\tAnna\nelse/1\tNone\tAnna\n")
    two = write(tmp_path / "two.tsv", f"{ECOTAXA}c\tc.jpg\tcyclops\tvalidated\tBen\t\n")
    told = told_of([one, two, one], IDS)  # named twice, read once
    assert said(told) == [
        ("pond/c.jpg", "NA", "Anna", 5, ""),
        ("else/1", "None", "Anna", -1, UNKNOWN),
        ("pond/c.jpg", "cyclops", "Ben", 5, ""),
    ]
    assert [row.file for row in told.rows] == [one, one, two]


def test_one_annotator_who_says_two_things_in_two_tables_is_told_both_places(tmp_path):
    one = write(tmp_path / "one.tsv", "image_id\tlabel\npond/c.jpg\tNA\n")
    two = write(tmp_path / "two.tsv", "image_id\tlabel\tstatus\npond/c.jpg\tcyclops\tvalidated\n")
    with pytest.raises(SestonError, match=r"column annotator\n  .*two\.tsv, line 2: .*is 'cyclops',"
                       r" but 'NA' in .*one\.tsv, line 2"):  # fmt: skip
        told_of([one, two], IDS)
    # What a model guessed contradicts nobody.
    write(two, "image_id\tlabel\tstatus\npond/c.jpg\tcyclops\tpredicted\n")
    assert len(told_of([one, two], IDS).rows) == 2


def test_tables_of_another_run_are_refused_together(tmp_path):
    one = write(tmp_path / "one.tsv", "image_id\tlabel\nold/1\tNA\n")
    two = write(tmp_path / "two.tsv", f"{ECOTAXA}o\to.png\tcyclops\tvalidated\tBen\t\n")
    with pytest.raises(SestonError, match=r"none of their 2 ids.*'old/1'.*IFCB134/00001'"):
        told_of([one, two], IDS)

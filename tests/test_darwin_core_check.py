"""The checker of Darwin Core archives: one planted mistake, one sentence with its place."""

import zipfile

import pytest

from found_run import here, write_found
from seston.cli import main
from seston.export.darwin_core.described import MOST_XML
from seston.export.darwin_core.stage import export_darwin_core

EVENT, OCCURRENCE, FACT = "event.txt", "occurrence.txt", "extendedmeasurementorfact.txt"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files of an archive of two events: two classes in a, one of them in b."""
    folder = tmp_path_factory.mktemp("run")
    run = write_found(
        folder,
        [(here("a"), {"Asterionella": 2, "Daphnia": 1}), (here("b"), {"Daphnia": 3})],
    )
    export_darwin_core(
        **run.given, absences=0.0, dataset_id="x", dataset_name="t", institution="I",
        licence="CC0-1.0", contact="Doe, Jane", email="j@example.org",
        archive=folder / "a.zip", left_out=folder / "l.tsv",
    )  # fmt: skip
    with zipfile.ZipFile(folder / "a.zip") as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def pack(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def edited(text, line, term, cell):
    """The table with one cell changed."""
    rows = [row.split("\t") for row in text.split("\n")]
    rows[line - 1][rows[0].index(term)] = cell
    return "\n".join("\t".join(row) for row in rows)


def check(path, capsys):
    status = main(["check-darwin-core", str(path)])
    printed = capsys.readouterr()
    return status, printed.out + printed.err


def test_what_seston_writes_is_as_it_should_be(files, tmp_path, capsys):
    status, told = check(pack(tmp_path / "a.zip", files), capsys)
    assert status == 0 and told.endswith("as Darwin Core and OBIS want it\n")
    assert "2 of Event, 4 of Occurrence, " in told
    assert files[OCCURRENCE].count("absent") == 1


@pytest.mark.parametrize(
    ("file", "line", "term", "cell", "told"),
    [
        (EVENT, 3, "eventID", "x:a", "'x:a' stands in a line before too; ids occur once"),
        (EVENT, 2, "eventDate", "2024-02-30", "found '2024-02-30', expected a date of ISO 8601"),
        (EVENT, 2, "eventDate", "", "empty, and there is no parent event"),
        (EVENT, 2, "decimalLatitude", "91", "found '91', expected degrees from -90 to 90"),
        (EVENT, 2, "decimalLongitude", "11,4", "found '11,4', expected degrees from -180 to 180"),
        (EVENT, 2, "maximumDepthInMeters", "1", "found 1.5, but the maximum is 1"),
        (EVENT, 2, "sampleSizeUnit", "", "is empty, but there is a sampleSizeValue"),
        (OCCURRENCE, 2, "eventID", "x:c", "no event 'x:c' in the core"),
        (OCCURRENCE, 2, "occurrenceID", "", "empty; every line needs it"),
        (OCCURRENCE, 2, "scientificName", "", "empty; every line needs it"),
        (OCCURRENCE, 2, "individualCount", "0", "found 0, but occurrenceStatus is 'present'"),
        (OCCURRENCE, 2, "individualCount", "2.5", "found '2.5', expected a whole number from 0"),
        (OCCURRENCE, 2, "occurrenceStatus", "Present", "expected present or absent"),
        (OCCURRENCE, 2, "basisOfRecord", "machine", "found 'machine', expected Human"),
        (OCCURRENCE, 2, "identificationVerificationStatus", "yes", "expected PredictedByM"),
        (OCCURRENCE, 2, "scientificNameID", "urn:lsid:marinespecies.org:taxname:1.", "a number"),
        (OCCURRENCE, 4, "scientificName", "Daphnia", "'Daphnia' is both present and absent"),
        (FACT, 2, "eventID", "x:c", "no event 'x:c' in the core"),
        (FACT, -3, "occurrenceID", "x:a:no", "no occurrence 'x:a:no'"),
        (FACT, 2, "measurementValue", "", "empty; every line needs it"),
        (FACT, 2, "measurementTypeID", "VOLXXXXX", "expected an address"),
        (FACT, 2, "measurementTypeID", "http://vocab.nerc.ac.uk/P01/VOLXXXXX", "expected http://vocab"),
    ],
)  # fmt: skip
def test_a_planted_mistake_is_told_with_its_place(
    files, tmp_path, capsys, file, line, term, cell, told
):
    lines = files[file].count("\n")
    line = line if line > 0 else lines + line
    wrong = files | {file: edited(files[file], line, term, cell)}
    path = pack(tmp_path / "a.zip", wrong)
    status, printed = check(path, capsys)
    assert status == 1
    mine = [one for one in printed.splitlines() if told in one]
    assert mine, printed
    where = "minimumDepthInMeters" if told.startswith("found 1.5") else term
    where = "occurrenceStatus" if "both present" in told else where
    at = [one for one in mine if f"{path}/{file}, line {line}, column {where}: " in one]
    if "both present" in told:  # of two lines, the later one is named
        at = [one for one in mine if f"column {where}: " in one]
    assert at, printed


@pytest.mark.parametrize(
    "cell", ["2024", "2024-05", "2024-05-06", "2024-05-06T10:30", "2024-05-06T10:30:00Z",
             "2024-05-06/2024-05-07", "2024-05-06T10:30:00+02:00/2024-05-06T11:00:00+02:00"],
)  # fmt: skip
def test_dates_of_all_forms_are_taken(files, tmp_path, capsys, cell):
    right = files | {EVENT: edited(files[EVENT], 2, "eventDate", cell)}
    assert check(pack(tmp_path / "a.zip", right), capsys)[0] == 0


def test_lines_that_are_too_short_and_columns_that_are_missing(files, tmp_path, capsys):
    short = files | {EVENT: files[EVENT] + "x:c\n"}
    status, told = check(pack(tmp_path / "a.zip", short), capsys)
    assert status == 1 and "event.txt, line 4: found 1 cells, expected 28" in told
    meta = files["meta.xml"].replace("terms/occurrenceStatus", "terms/occurrenceRemarks")
    status, told = check(pack(tmp_path / "b.zip", files | {"meta.xml": meta}), capsys)
    assert status == 1
    assert (
        "occurrence.txt, line 1, column occurrenceStatus: is missing; every line needs it" in told
    )


def test_other_forms_of_tables_are_read(files, tmp_path, capsys):
    """Commas and quotes, no header, and values that hold for all lines, as others write them."""
    rows = [line.split("\t") for line in files[EVENT].splitlines()[1:]]
    place = files[EVENT].split("\n")[0].split("\t").index("geodeticDatum")
    text = "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in rows) + "\r\n"
    core, rest = files["meta.xml"].split("</core>")
    core = core.replace(r'fieldsTerminatedBy="\t"', 'fieldsTerminatedBy=","')
    core = core.replace('fieldsEnclosedBy=""', 'fieldsEnclosedBy="&quot;"')
    core = core.replace('ignoreHeaderLines="1"', 'ignoreHeaderLines="0"')
    core = core.replace(f'<field index="{place}" ', '<field default="EPSG:4326" ')
    path = pack(tmp_path / "a.zip", files | {EVENT: text, "meta.xml": f"{core}</core>{rest}"})
    status, told = check(path, capsys)
    assert status == 0 and "2 of Event" in told, told


@pytest.mark.parametrize(
    ("gone", "status", "told"),
    [
        ("meta.xml", 2, "no meta.xml in it: not a Darwin Core archive"),
        ("eml.xml", 1, "meta.xml: found metadata 'eml.xml', expected a file of the archive"),
        (OCCURRENCE, 1, "table 'occurrence.txt' is not in the archive"),
    ],
)
def test_files_that_are_missing(files, tmp_path, capsys, gone, status, told):
    left = {name: text for name, text in files.items() if name != gone}
    found, printed = check(pack(tmp_path / "a.zip", left), capsys)
    assert found == status and told in printed


def test_files_that_cannot_be_read(files, tmp_path, capsys):
    path = tmp_path / "a.zip"
    path.write_text("no zip")
    assert check(path, capsys)[0] == 2
    status, told = check(pack(path, files | {"eml.xml": "<eml"}), capsys)
    assert status == 2 and "a.zip/eml.xml: not readable as XML" in told
    status, told = check(
        pack(path, files | {"eml.xml": "<eml><dataset><title/></dataset></eml>"}), capsys
    )
    assert status == 1 and "no title of the dataset" in told and "no contact" in told
    status, told = check(pack(path, files | {"meta.xml": "<archive/>"}), capsys)
    assert status == 2 and "expected one core" in told
    status, told = check(pack(path, files | {"meta.xml": "<a>" + " " * MOST_XML}), capsys)
    assert status == 2 and "meta.xml: 16,777,219 bytes, expected 16,777,216 at most" in told
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("meta.xml", files["meta.xml"])
        start = len(archive.filelist[0].FileHeader())
    data = path.read_bytes()
    path.write_bytes(data[:start] + b"\xff" * 8 + data[start + 8 :])  # zlib's own error
    status, told = check(path, capsys)
    assert status == 2 and "meta.xml: not readable as XML (Error -3" in told
    data = pack(path, files).read_bytes()
    place = data.index(b"x:a:Asterionella")
    path.write_bytes(data[:place] + b"?" + data[place + 1 :])
    status, told = check(path, capsys)
    assert status == 2 and "occurrence.txt: cannot be read" in told

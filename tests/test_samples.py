"""The sample sheet: every mistake at once, with its line; shards and what they depend on."""

import dataclasses
import os
import shutil
import zipfile
from datetime import datetime

import pytest

from seston import schemas
from seston.columns import OPTIONAL, REQUIRED, RESERVED
from seston.errors import SestonError
from seston.samples import cut_into_shards, raw_digest, sheet_digest
from seston.sheet import read_sheet
from synthetic.flowcam import START, write_run
from synthetic.ifcb import write_bin
from synthetic.images import encoded, picture, write_folder


@pytest.fixture
def data(tmp_path):
    """A FlowCam run, a folder of dated crops and one of undated ones."""
    write_run(tmp_path / "run")
    write_folder(tmp_path / "crops")
    write_folder(tmp_path / "undated", date="image")
    return tmp_path


def sheet(folder, *lines, name="samples.tsv", encoding="utf-8", newline="\n"):
    path = folder / name
    text = newline.join("\t".join(line) for line in lines) + newline
    path.write_bytes(text.encode(encoding))
    return path


HEADER = ("sample", "path", "instrument")


def mistakes(path):
    with pytest.raises(SestonError) as error:
        read_sheet(path)
    first, *rest = str(error.value).splitlines()
    assert str(path) in first
    return [line.strip() for line in rest] or [first]


def test_a_full_row(data):
    columns = (*HEADER, *OPTIONAL, "bag", "operator")
    row = ("a.1_B-2", "crops", "images", "2018-05-22T14:30:00+02:00", r"_(?P<epoch_s>\d+)_",
           "lake", "north", "2.5", "4", "0.5", "47.4", "-8.6", "3", "7", "Zoë")  # fmt: skip
    (sample,) = read_sheet(sheet(data, columns, row))
    assert dataclasses.asdict(sample) == {
        "sample": "a.1_B-2", "path": data / "crops", "place": "crops", "instrument": "images",
        "datetime": datetime(2018, 5, 22, 12, 30), "date_pattern": r"_(?P<epoch_s>\d+)_",
        "site": "lake", "group": "north",
        "volume_ml": 2.5, "dilution": 4.0, "pixel_um": 0.5, "latitude": 47.4, "longitude": -8.6,
        "depth_m": 3.0, "metadata": {"bag": "7", "operator": "Zoë"}, "line": 2,
    }  # fmt: skip


def test_dates_come_from_the_instrument_where_the_sheet_has_none(data):
    (data / "run" / "run.ctx").rename(data / "run.ctx")
    lines = [HEADER, ("run", "run", "flowcam"), ("crops", "crops", "images")]
    run, crops = read_sheet(sheet(data, *lines))
    assert (run.datetime - START).seconds == 1, "the first particle"
    assert crops.datetime == datetime(2018, 5, 22, 10)
    (data / "run.ctx").rename(data / "run" / "run.ctx")
    assert read_sheet(sheet(data, *lines))[0].datetime == START
    assert (run.site, run.group, run.volume_ml, run.metadata) == ("", "", None, {})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(data, encoding, newline):
    lines = [(*HEADER, "note"), ("a", "crops", "images", '"bag ""3"", north"'), ("", "", "", "")]
    path = sheet(data, *lines, encoding=encoding, newline=newline)
    assert read_sheet(path)[0].metadata == {"note": 'bag "3", north'}


def test_paths_are_relative_to_the_sheet_or_absolute(data, monkeypatch):
    path = sheet(data, HEADER, ("a", "crops", "images"), ("b", str(data / "run"), "flowcam"))
    monkeypatch.chdir("/")
    assert [sample.path for sample in read_sheet(path)] == [data / "crops", data / "run"]


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("sample", "a b", "expected letters, digits"),
        ("sample", ".hidden", "neither '.' (a hidden folder) nor '-' (an option"),
        ("sample", "-x", "neither '.' (a hidden folder) nor '-' (an option"),
        ("sample", "", "expected letters, digits"),
        ("sample", "größe", "expected letters, digits"),
        ("path", "", "path is empty"),
        ("path", "gone", "no such file or folder"),
        ("path", "x" * 300, "path"),
        ("instrument", "flowcm", "did you mean 'flowcam'?"),
        ("instrument", "FlowCam", "did you mean 'flowcam'?"),
        ("instrument", "", "expected one of flowcam, ifcb, frames, images"),
        ("instrument", "ifcb", "found a folder, expected the .adc of one IFCB bin"),
        ("date_pattern", "([0-9]+", "not a regular expression (missing )"),
        ("instrument", "flowcam", "no .lst file"),
        ("datetime", "22.5.2018", "expected ISO 8601"),
        ("datetime", "2021-02-30", "no such day; expected ISO 8601"),
        ("datetime", "2021-13-01T10:00", "no such day; expected ISO 8601"),
        ("datetime", "2021-02-03T25:00", "'2021-02-03T25:00': expected ISO 8601"),
        ("datetime", "0018-05-22", "expected ISO 8601"),
        ("datetime", "0001-01-01T00:00:00+05:00", "expected ISO 8601"),
        ("datetime", "9999-12-31T23:00:00-05:00", "expected ISO 8601"),
        ("volume_ml", "3,5", "write the decimal sign as a point"),
        ("volume_ml", "0", "expected a number above 0"),
        ("volume_ml", "-1", "expected a number above 0"),
        ("volume_ml", "nan", "expected a number above 0"),
        ("volume_ml", "NA", "leave the cell empty if unknown"),
        ("dilution", "0", "expected a number above 0"),
        ("dilution", "1:10", "expected a number above 0; write 10"),
        ("pixel_um", "inf", "expected a number above 0"),
        ("latitude", "91", "from -90 to 90"),
        ("longitude", "-181", "from -180 to 180"),
        ("depth_m", "deep", "expected a number"),
    ],
)
def test_a_wrong_cell_is_told_with_its_line(data, column, cell, expected):
    good = dict.fromkeys((*REQUIRED, *OPTIONAL), "") | {
        "sample": "a", "path": "crops", "instrument": "images", "datetime": "2018-05-22",
    }  # fmt: skip
    rows = [
        tuple(good),
        tuple(good.values()),
        tuple((good | {"sample": "b", column: cell}).values()),
    ]
    (mistake,) = mistakes(sheet(data, *rows))
    assert mistake.startswith("line 3: ") and expected in mistake
    assert cell in mistake or column in ("path", "instrument")


def test_all_mistakes_are_told_at_once(data):
    path = sheet(
        data,
        (*HEADER, "datetime", "volume_ml"),
        ("a", "crops", "images", "2018-05-22", ""),
        ("a", "nowhere", "imges", "May", "3,5"),
        (),
        ("b", "crops", "images", "2018-05-22"),
        ("c", "undated", "images", "", ""),
        ("a", "crops", "images", "2018-05-22", "1"),
    )
    found = mistakes(path)
    assert [text.split(":")[0] for text in found] == [
        *["line 3"] * 5, "line 5", "line 6", "line 7",
    ]  # fmt: skip
    assert "stands in line 2 too" in found[0]
    assert "found 4 cells, expected 5" in found[5]
    assert "fill in datetime" in found[6]
    assert "stands in line 2 too" in found[7]


def test_samples_that_differ_by_case_only(data):
    path = sheet(data, HEADER, ("A", "crops", "images"), ("a", "run", "flowcam"))
    (mistake,) = mistakes(path)
    assert mistake.startswith("line 3: sample 'a': line 2 has 'A'")


def test_no_organism_is_counted_in_two_samples(data):
    write_folder(data / "crops" / "inner" / "most")
    (data / "link").symlink_to("crops")
    run = write_run(data / "crops" / "run")
    write_run(data / "run" / "later")
    path = sheet(
        data,
        HEADER,
        ("most", "crops/inner/most", "images"),
        ("outer", "crops", "images"),
        ("again", "./crops/", "images"),
        ("linked", "link", "images"),
        ("collages", str(run.folder), "flowcam"),
        ("run", "run", "flowcam"),
        ("list", "run/run.lst", "flowcam"),
        ("later", "run/later", "flowcam"),
    )
    found = mistakes(path)
    assert [text.split(":")[0] for text in found] == [f"line {n}" for n in (2, 4, 5, 6, 8)]
    for text, line in zip(found, (3, 3, 3, 3, 7), strict=True):
        assert f"line {line}" in text
    assert ["the same" in text for text in found] == [False, True, True, False, False]


def test_two_lists_in_one_folder_are_two_samples(data):
    run = write_run(data / "two")
    (data / "two" / "b.lst").write_bytes(run.list.read_bytes())
    path = sheet(data, HEADER, ("a", "two/two.lst", "flowcam"), ("b", "two/b.lst", "flowcam"))
    assert len(read_sheet(path)) == 2


def test_files_of_the_named_samples_only_are_looked_into(data):
    rows = [("a", "crops", "images"), ("b", "gone", "images"), ("c", "undated", "images")]
    path = sheet(data, HEADER, *rows)
    assert [sample.sample for sample in read_sheet(path, only=["a"])] == ["a"]
    assert [sample.sample for sample in read_sheet(path, only=["a", "nobody"])] == ["a"]
    assert len(mistakes(path)) == 2
    with pytest.raises(SestonError, match="line 3: path 'gone'"):
        read_sheet(path, only=["b"])
    with pytest.raises(SestonError, match="line 4: instrument 'imges'"):
        read_sheet(sheet(data, HEADER, *rows[:2], ("c", "undated", "imges")), only=["a"])


def test_a_folder_that_cannot_be_read_is_told_with_its_line(data, refuse):
    inner = data / "crops" / "inner"
    inner.mkdir()
    path = sheet(data, HEADER, ("a", "crops", "images"))
    refuse(inner)
    (mistake,) = mistakes(path)
    assert mistake.startswith("line 2: ") and f"{inner}: the folder cannot be read" in mistake
    dated = sheet(data, (*HEADER, "datetime"), ("a", "crops", "images", "2018-05-22"))
    with pytest.raises(SestonError, match=f"{inner}: the folder cannot be read"):
        raw_digest(read_sheet(dated))
    refuse(data / "crops")
    assert "crops: the folder cannot be read" in mistakes(dated)[0]


@pytest.fixture
def refuse(monkeypatch):
    """Let a folder be unreadable: a mode of 0 would not stop root."""
    real = os.scandir

    def refuse(folder):
        def scan(path):
            if os.fspath(path) == os.fspath(folder):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return real(path)

        monkeypatch.setattr(os, "scandir", scan)

    return refuse


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("sample", "path"), "column 'instrument' is missing"),
        (
            ("sample", "path", "instrment"),
            "column 'instrument' is missing; did you mean 'instrment'?",
        ),
        (("Sample", "path", "instrument"), "found column 'Sample'; write 'sample'"),
        ((*HEADER, "volume ml"), "write 'volume_ml'"),
        ((*HEADER, "site", "site"), "column 'site' stands there twice"),
        ((*HEADER, "", "x"), "column 4 has no name"),
        ((*HEADER, "cluster"), "column 'cluster' is one that Seston writes itself"),
        ((*HEADER, "volume_source"), "column 'volume_source' is one that Seston writes itself"),
        ((*HEADER, "date"), "column 'date': did you mean 'datetime'?"),
        ((*HEADER, "timestamp"), "column 'timestamp': did you mean 'datetime'?"),
        ((*HEADER, "Volume"), "column 'Volume': did you mean 'volume_ml'?"),
        ((*HEADER, "long"), "column 'long': did you mean 'longitude'?"),
        ((*HEADER, "depth"), "column 'depth': did you mean 'depth_m'?"),
        ((*HEADER, "pixel_size_um"), "column 'pixel_size_um': did you mean 'pixel_um'?"),
        ((*HEADER, "longitud"), "found column 'longitud'; write 'longitude'"),
        ((*HEADER, "pixel size"), "column 'pixel size': did you mean 'pixel_um'?"),
        (("sample,path,instrument",), "save the sheet with tabs"),
        (("sample;path;instrument",), "save the sheet with tabs"),
    ],
)
def test_wrong_headers(data, header, expected):
    assert expected in "\n".join(mistakes(sheet(data, header, ("a", "crops", "images"))))


def test_a_column_beside_the_one_it_might_have_meant_is_metadata(data):
    columns = (*HEADER, "depth_m", "depth", "station")
    row = ("a", "crops", "images", "3", "shallow", "B7")
    (sample,) = read_sheet(sheet(data, columns, row))
    assert (sample.depth_m, dict(sample.metadata)) == (3.0, {"depth": "shallow", "station": "B7"})
    both = sheet(data, (*HEADER, "datetime", "timestamp"), ("a", "crops", "images", "", ""))
    assert "column 'timestamp' is one that Seston writes itself" in mistakes(both)[0]


def test_what_spreadsheets_save_by_themselves_is_named(data):
    book = data / "samples.xlsx"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    (told,) = mistakes(book)
    assert "an Excel" in told and "save it as tab-separated text" in told
    rows = [HEADER, ("a", "crops", "images")]
    (told,) = mistakes(sheet(data, *rows, encoding="utf-16"))
    assert "UTF-16; save it as tab-separated text in UTF-8" in told


def test_a_run_listed_as_images_is_told_with_its_line(data):
    (mistake,) = mistakes(sheet(data, HEADER, ("a", "run", "images")))
    assert mistake.startswith("line 2: ") and "write flowcam" in mistake


def test_sheets_that_are_none(data):
    assert "not found" in mistakes(data / "gone.tsv")[0]
    assert "no samples" in mistakes(sheet(data, HEADER))[0]
    (data / "empty.tsv").write_text("\n")
    assert "empty" in mistakes(data / "empty.tsv")[0]
    latin = sheet(data, (*HEADER, "note"), ("a", "crops", "images", "Zoë"), encoding="latin-1")
    assert "line 2: not UTF-8" in mistakes(latin)[0]
    quotes = sheet(data, (*HEADER, "note"), ("a", "crops", "images", '"open'), ("b",))
    assert "line 2" in mistakes(quotes)[0] and "quotes" in mistakes(quotes)[0]
    assert "cannot be read" in mistakes(data)[0]


def test_columns_of_the_tables_are_reserved():
    """A further column of the sheet may not take the place of one of ours."""
    ours = {*schemas.IMAGES.names, *schemas.EFFORT.names}
    assert {*REQUIRED, *OPTIONAL} | RESERVED >= ours
    assert not RESERVED & {*REQUIRED, *OPTIONAL}


def dated(data, *dates):
    rows = [(f"s{number:04d}", f"s{number}", "images", date) for number, date in enumerate(dates)]
    for _, path, *_ in rows:
        (data / path).mkdir()
    return read_sheet(sheet(data, (*HEADER, "datetime"), *reversed(rows)))


def test_shards_by_period(data):
    samples = dated(
        data, "2018-12-31", "2019-01-01T23:59", "2019-01-06", "2019-01-07", "2018-12-30"
    )
    names = {by: list(cut_into_shards(samples, by)) for by in ("day", "week", "month", "sample")}
    assert names == {
        "day": ["2018-12-30", "2018-12-31", "2019-01-01", "2019-01-06", "2019-01-07"],
        "week": ["2018-W52", "2019-W01", "2019-W02"],
        "month": ["2018-12", "2019-01"],
        "sample": ["s0000", "s0001", "s0002", "s0003", "s0004"],
    }
    week = [sample.sample for sample in cut_into_shards(samples, "week")["2019-W01"]]
    assert week == ["s0000", "s0001", "s0002"]


def test_too_many_shards_name_a_period_that_fits(data):
    (sample,) = dated(data, "2018-05-22")
    at = lambda number: datetime.fromordinal(730_000 + number)  # noqa: E731
    many = [dataclasses.replace(sample, sample=f"s{n}", datetime=at(n)) for n in range(1001)]
    with pytest.raises(SestonError, match=r"1001 shards.*shard_by: week \(144 shards\)"):
        cut_into_shards(many, "day")
    assert len(cut_into_shards(many[:1000], "day")) == 1000


def test_names_too_long_for_a_command_line_name_a_period_that_fits(data):
    (sample,) = dated(data, "2018-05-22")
    many = [
        dataclasses.replace(
            sample, sample=f"{n:099d}", datetime=datetime(2018, 5, 1 + n // 400, n % 24)
        )
        for n in range(1001)
    ]
    with pytest.raises(SestonError, match=r"2018-05 has 1001 samples.*shard_by: day \(3 shards\)"):
        cut_into_shards(many, "month")
    assert len(cut_into_shards(many[:1000], "month")) == 1, "100,000 characters just fit"
    one_day = [dataclasses.replace(sample, datetime=many[0].datetime) for sample in many]
    with pytest.raises(SestonError, match="several runs"):
        cut_into_shards(one_day, "day")
    longer = [
        dataclasses.replace(sample, sample=f"{n:0199d}") for n, sample in enumerate(one_day[:600])
    ]
    with pytest.raises(SestonError, match=r"shard_by: sample \(600 shards\)"):
        cut_into_shards(longer, "day")


def test_the_digest_of_a_shard_follows_the_paths(data):
    write_folder(data / "more")
    run = write_run(data / "two")
    (data / "two" / "b.lst").write_bytes(run.list.read_bytes())

    def digest(first, second, file, folder=data):
        columns = (*HEADER, "datetime")
        day = "2018-05-22"
        rows = [("a", first, "images", day), ("b", second, "images", day)]
        rows += [("c", file, "flowcam", day)]
        return raw_digest(read_sheet(sheet(folder, columns, *rows)))

    before = digest("crops", "more", "two/two.lst")
    swapped = digest("more", "crops", "two/two.lst")
    other_list = digest("crops", "more", "two/b.lst")
    assert len({before, swapped, other_list}) == 3
    assert digest("./crops", str(data / "more"), "run/../two/two.lst") == before, "the same place"


def test_the_digest_of_a_run_follows_what_is_read_only(data):
    path = sheet(data, HEADER, ("b", "run", "flowcam"))
    before = raw_digest(read_sheet(path))
    for name in ("labels.csv", ".DS_Store", "Thumbs.db", "rawfile_000001.tif", "._run.tif"):
        (data / "run" / name).write_bytes(b"stray")
    assert raw_digest(read_sheet(path)) == before
    seen = {before}
    for name in ("run.ctx", "run.lst", "run_000001.tif", "run_000002_bin.tif"):
        with (data / "run" / name).open("ab") as file:
            file.write(b"\n")
        seen.add(raw_digest(read_sheet(path)))
    (data / "run" / "run_run_summary.txt").write_text("Mode: AutoImage")
    seen.add(raw_digest(read_sheet(path)))
    assert len(seen) == 6


def test_the_digest_of_a_shard_follows_its_rows_and_files(data):
    lines = [(*HEADER, "site"), ("a", "crops", "images", "x"), ("b", "run", "flowcam", "x")]
    path = sheet(data, *lines)
    before = raw_digest(read_sheet(path))
    assert raw_digest(read_sheet(path)) == before
    os.utime(data / "run" / "run.lst")
    os.utime(path)
    assert raw_digest(read_sheet(path)) == before, "a touch is no change"
    moved = shutil.copytree(data, data.parent / f"{data.name}-moved")
    assert raw_digest(read_sheet(moved / "samples.tsv")) == before, "nor is a move"
    shutil.rmtree(moved)
    other_site = [lines[0], *[(*line[:3], "y") for line in lines[1:]]]
    assert raw_digest(read_sheet(sheet(data, *other_site))) == before, "a site cuts nothing anew"
    seen = {before}
    volume = [(*HEADER, "volume_ml"), ("a", "crops", "images", "2"), ("b", "run", "flowcam", "")]
    seen.add(raw_digest(read_sheet(sheet(data, *volume))))
    sheet(data, *lines)
    (data / "crops" / "new.png").write_bytes(encoded(picture(), "png"))
    seen.add(raw_digest(read_sheet(path)))
    with (data / "run" / "run.lst").open("a") as file:
        file.write("\n")
    seen.add(raw_digest(read_sheet(path)))
    assert len(seen) == 4


def test_the_digest_of_the_sheet_follows_every_cell(data):
    def digest(site, bag):
        columns = (*HEADER, "site", "bag")
        return sheet_digest(read_sheet(sheet(data, columns, ("a", "crops", "images", site, bag))))

    assert digest("x", "1") == digest("x", "1")
    assert len({digest("x", "1"), digest("y", "1"), digest("x", "2"), digest("x1", "")}) == 4


def test_the_example_has_all_its_months(repository):
    samples = read_sheet(repository / "example" / "samples.tsv")
    lake = [sample for sample in samples if sample.site == "lake"]
    assert len(lake) == 48
    assert list(cut_into_shards(lake, "month")) == [f"2018-{month:02d}" for month in range(5, 13)]
    groups = sorted(sample.group for sample in samples if sample.site == "culture")
    assert groups == ["nitrate", "sulfate", "sulfate"]


def test_a_bin_that_is_given_by_two_of_its_files_counts_once(tmp_path):
    write_bin(tmp_path, [], name="D20220522T003051_IFCB134")
    rows = [(name, f"D20220522T003051_IFCB134.{name}", "ifcb") for name in ("adc", "hdr")]
    (mistake,) = mistakes(sheet(tmp_path, HEADER, *rows))
    assert mistake.startswith("line 3: ") and "the same as in line 2" in mistake

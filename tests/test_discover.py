"""Discovery: a first sample sheet for a folder of data, and notes on what was passed over."""

import io
import os
import tarfile
import time
import zipfile
from datetime import datetime, timedelta
from zlib import crc32

import numpy as np
import pytest
from PIL import Image

from seston.discover import discover, find_samples, unique_names
from seston.errors import SestonError
from seston.recognise import Found
from seston.sheet import read_sheet
from synthetic.flowcam import START, write_run
from synthetic.ifcb import V2_NAME, shapes, write_bin
from synthetic.images import encoded, picture, write_folder


@pytest.fixture
def data(tmp_path):
    """A FlowCam run, a folder of dated crops and one of undated ones."""
    write_run(tmp_path / "run")
    write_folder(tmp_path / "crops")
    write_folder(tmp_path / "undated", date="image")
    return tmp_path


def found_in(folder):
    """Return (path below the folder, instrument) of what is found, and the notes as one text."""
    found, notes = find_samples(folder)
    kinds = [(str(one.path.relative_to(folder)), one.instrument) for one in found]
    return kinds, "\n".join(notes)


def test_discovery_writes_a_sheet_that_can_be_read(data, monkeypatch, capsys):
    write_run(data / "cruise" / "run")
    write_folder(data / "crops" / "inner")
    write_bin(data, shapes(2))
    write_bin(data, shapes(2), dialect="a")
    (data / "D20130526T101010_IFCB013.adc").touch()
    old = data / "old"
    old.mkdir()
    (old / "old.lst").write_text("shopping\nmilk\n")
    (old / "old_000001.tif").write_bytes(b"")
    monkeypatch.chdir(data)
    discover(data)
    printed = capsys.readouterr()
    rows = [line.split("\t") for line in printed.out.splitlines()]
    assert rows[0][4:] == ["site", "group", "volume_ml", "dilution", "pixel_um"]
    assert all(row[4:] == [""] * 5 for row in rows[1:]), "for people to fill in"
    assert [row[:4] for row in rows] == [
        ["sample", "path", "instrument", "datetime"],
        ["D20130526T095207_IFCB013", "D20130526T095207_IFCB013.adc", "ifcb", "2013-05-26T09:52:07"],
        ["D20130526T101010_IFCB013", "D20130526T101010_IFCB013.adc", "ifcb", "2013-05-26T10:10:10"],
        ["IFCB5_2012_028_081515", "IFCB5_2012_028_081515.adc", "ifcb", "2012-01-28T08:15:15"],
        ["inner", "crops/inner", "images", "2018-05-22T10:00:00"],
        ["run", "cruise/run", "flowcam", START.isoformat()],
        [f"{data.name}_run", "run", "flowcam", START.isoformat()],
        ["undated", "undated", "images", ""],
    ]
    for note in (
        "IFCB013: an IFCB bin without its .hdr and .roi", "old.lst", "crops: images beside",
        "undated: no date",
    ):  # fmt: skip
        assert note in printed.err
    (data / "samples.tsv").write_text(printed.out)
    dated = [line for line in printed.out.splitlines() if "undated" not in line]
    (data / "samples.tsv").write_text("\n".join(dated) + "\n")
    assert [sample.sample for sample in read_sheet(data / "samples.tsv")] == [
        row[0] for row in rows[1:-1]
    ]


def test_bins_in_a_tree_of_days(tmp_path):
    for day in (26, 27):
        folder = tmp_path / "D2013" / f"D201305{day}"
        for hour in (9, 10):
            write_bin(folder, shapes(1), name=f"D201305{day}T{hour:02d}5207_IFCB013")
    name = "D20130527T120000_IFCB013"
    for aside in ("skip", "Beads"):
        write_bin(tmp_path / "D2013" / aside, shapes(1), name=name)
    beads = {"sampleType": "Beads"}
    write_bin(folder, shapes(1), name="D20130527T115207_IFCB013", dialect="c", header=beads)
    found, notes = find_samples(tmp_path)
    assert [one.path.name for one in found] == [
        f"D201305{day}T{hour:02d}5207_IFCB013.adc" for day in (26, 27) for hour in (9, 10)
    ]
    assert {one.instrument for one in found} == {"ifcb"}
    assert found[0].datetime == datetime(2013, 5, 26, 9, 52, 7)
    text = "\n".join(notes)
    assert len(notes) == 3
    assert "D2013/skip: put aside" in text and "D2013/Beads: put aside" in text
    assert "D20130527T115207_IFCB013: a run of calibration beads, passed over" in text


def test_a_bin_with_parts_missing_is_listed_by_what_is_there(tmp_path):
    for suffix in (".adc", ".roi", ".hdr"):
        written = write_bin(tmp_path / suffix[1:], shapes(1))
        written.file(suffix).unlink()
    (tmp_path / "other").mkdir()
    for name in ("scene.hdr", "cells.roi"):  # of image processing programs
        (tmp_path / "other" / name).write_text("ENVI\n")
    kinds, notes = found_in(tmp_path)
    assert kinds == [
        (f"adc/{V2_NAME}.hdr", "ifcb"),
        (f"hdr/{V2_NAME}.adc", "ifcb"),
        (f"roi/{V2_NAME}.adc", "ifcb"),
    ]
    for suffix in ("adc", "roi", "hdr"):
        assert f"{suffix}/{V2_NAME}: an IFCB bin without its .{suffix}" in notes


def test_a_bin_of_another_name_is_dated_by_its_header(tmp_path):
    taken = {"sampleTime": "2013-05-26T09:52:07Z"}
    write_bin(tmp_path, shapes(1), name="tank_7", header=taken)
    write_bin(tmp_path, shapes(1), name="tank_8", dialect="c")
    found, notes = find_samples(tmp_path)
    assert [one.datetime for one in found] == [datetime(2013, 5, 26, 9, 52, 7), None]
    assert notes == [f"{tmp_path / 'tank_8'}: no date in its name; fill in the column datetime"]


def test_real_bins_are_found(shared):
    kinds, notes = found_in(shared / "ifcb")
    assert len(kinds) == 12 and {instrument for _, instrument in kinds} == {"images", "ifcb"}
    assert [path for path, kind in kinds if kind == "images"] == [
        "expected-png-minmax-stretched/D20220522T000439_IFCB134"
    ]
    assert "without its .roi" in notes


def archive(path, names):
    content = encoded(picture(), "png")
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as file:
            for name in names:
                file.writestr(name, content)
        return
    with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as file:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz", "tgz"])
def test_an_archive_of_pictures_is_a_sample(tmp_path, ending):
    archive(tmp_path / f"bag3.{ending}", ["notes.txt", "a/2018-05-22T10-00-00.png"])
    archive(tmp_path / f"papers.{ending}", ["paper.pdf"])
    (tmp_path / f"cut.{ending}").write_bytes((tmp_path / f"bag3.{ending}").read_bytes()[:100])
    os.mkfifo(tmp_path / f"pipe.{ending}")
    found, notes = find_samples(tmp_path)
    assert found == [Found(tmp_path / f"bag3.{ending}", "images", found[0].datetime, True)]
    assert f"{found[0].datetime:%Y-%m-%d}" == "2018-05-22"
    assert unique_names(found) == ["bag3"]
    text = "\n".join(notes)
    assert f"papers.{ending}: no picture among" in text and f"cut.{ending}" in text


def test_a_sheet_counts_no_picture_twice(tmp_path, monkeypatch, capsys):
    """What lies beside other samples is told, not listed: the sheet would be refused."""
    write_folder(tmp_path / "crops")
    archive(tmp_path / "crops" / "more-2018-05-23.zip", ["a.png"])
    write_run(tmp_path / "run")
    archive(tmp_path / "run" / "copy-2018-05-23.zip", ["a.png"])
    kinds, notes = found_in(tmp_path)
    assert kinds == [("crops/more-2018-05-23.zip", "images"), ("run", "flowcam")]
    assert f"{tmp_path / 'crops'}: images beside other samples, passed over" in notes
    assert "copy-2018-05-23.zip: beside a FlowCam run, passed over" in notes
    monkeypatch.chdir(tmp_path)
    discover(tmp_path)
    (tmp_path / "samples.tsv").write_text(capsys.readouterr().out)
    assert len(read_sheet(tmp_path / "samples.tsv")) == 2


def test_large_pictures_are_proposed_as_frames(tmp_path):
    for name, size in (("scans", (1001, 1000)), ("crops", (1000, 1000))):
        folder = tmp_path / f"{name}-2024-05-06"
        folder.mkdir()
        os.mkfifo(folder / "a.png")
        Image.new("L", size).save(folder / "b.png")
        (folder / "c.png").write_bytes(b"")
    kinds, notes = found_in(tmp_path)
    assert kinds == [("crops-2024-05-06", "images"), ("scans-2024-05-06", "frames")]
    assert "b.png has 1001 x 1000 px, so its pictures are taken for raw frames" in notes
    assert "write images as instrument" in notes and notes.count("\n") == 0


def test_a_picture_is_not_decoded_to_learn_its_size(tmp_path, recwarn):
    folder = tmp_path / "bombs-2024-05-06"
    folder.mkdir()
    small = encoded(np.zeros((1, 1), np.uint8), "png")
    head = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + small[24:29]
    (folder / "a.png").write_bytes(small[:12] + head + crc32(head).to_bytes(4, "big") + small[33:])
    began = time.process_time()
    kinds, _ = found_in(tmp_path)
    assert kinds[0][1] == "frames" and time.process_time() - began < 0.5
    assert not [warning for warning in recwarn if "Bomb" in warning.category.__name__]


def test_pictures_of_several_days_in_one_folder_are_told(tmp_path):
    first = datetime(2024, 5, 6, 10)
    for name, hours in (("bottles", 25), ("cast", 24), ("many", 3 * 24)):
        (tmp_path / name).mkdir()
        for number in range(2500 if name == "many" else 2):
            taken = first + timedelta(hours=hours) * number
            taken = first + timedelta(hours=hours) if name == "many" and number == 2499 else taken
            taken = first if name == "many" and number < 2499 else taken
            (tmp_path / name / f"{taken:%Y%m%d_%H%M%S}_{number:05d}.png").touch()
    _, notes = found_in(tmp_path)
    told = [note for note in notes.splitlines() if " in one sample" in note]
    assert [note.split(" to ")[0] for note in told] == [
        f"{tmp_path / name}: names from 2024-05-06" for name in ("bottles", "many")
    ]
    assert "to 2024-05-07 in one sample" in told[0] and "make a folder for each" in told[0]
    assert "to 2024-05-09 in one sample" in told[1], "the last of very many is looked at"


def test_two_lists_of_the_same_collages_are_told(tmp_path):
    run = write_run(tmp_path / "run")
    (run.folder / "sorted.lst").write_bytes(run.list.read_bytes())
    other = run.list.read_text().replace("run_0000", "other_0000")
    (run.folder / "third.lst").write_text(other)
    kinds, notes = found_in(tmp_path)
    assert kinds == [(f"run/{name}.lst", "flowcam") for name in ("run", "sorted", "third")]
    told = "sorted.lst: names the same collages as run.lst, so particles would count twice"
    assert told in notes and "third.lst" not in notes


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Müll", "Muell"), ("Mu\u0308ll", "Muell"), ("Straße Ü", "Strasse-Ue"), ("Saône", "Saone"),
     ("Øresund", "Oeresund"), ("Čáp", "Cap"), ("海", "sample")],
)  # fmt: skip
def test_letters_with_accents_are_spelled_without(tmp_path, folder, name):
    found = [Found(tmp_path / folder, "images", None)]
    assert unique_names(found) == [name]


def test_discovery_tells_of_folders_it_cannot_read(data, monkeypatch, capsys):
    """A mode of 0 would not stop root."""
    real, closed = os.scandir, os.fspath(data / "undated")

    def scan(path):
        if os.fspath(path) == closed:
            raise PermissionError(13, "Permission denied", closed)
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    discover(data)
    printed = capsys.readouterr()
    assert f"{data / 'undated'}: cannot be read (Permission denied), passed over" in printed.err
    assert "undated" not in printed.out and "crops" in printed.out


def test_a_name_that_is_not_utf8_is_passed_over(tmp_path, capsys):
    write_folder(tmp_path / os.fsdecode(b"caf\xe9"))
    write_folder(tmp_path / "tea")
    discover(tmp_path)
    printed = capsys.readouterr()
    assert "caf\\xe9: a name that is not UTF-8, passed over" in printed.err
    assert len(printed.out.splitlines()) == 2


def test_discovered_names_differ_by_more_than_case(data, monkeypatch, capsys):
    write_folder(data / "north" / "Crops")
    monkeypatch.chdir(data)
    discover(data)
    names = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert len({name.casefold() for name in names}) == len(names)
    assert {"crops", "north_Crops"} <= set(names)


def test_the_current_folder_as_a_sample(tmp_path, monkeypatch, capsys):
    write_folder(tmp_path / "bag")
    monkeypatch.chdir(tmp_path / "bag")
    discover(tmp_path / "bag")
    assert capsys.readouterr().out.splitlines()[1].split("\t")[:3] == ["bag", ".", "images"]


def test_discovery_of_nothing(tmp_path):
    with pytest.raises(SestonError, match="neither FlowCam runs"):
        discover(tmp_path)
    with pytest.raises(SestonError, match="no such folder"):
        discover(tmp_path / "gone")


def test_a_large_tree_asks_only_for_headers(tmp_path, monkeypatch):
    """No question to the file server per file but one for the header of each bin."""
    name = "D20130526T{:02d}{:02d}00_IFCB013"
    names = [name.format(hour, minute) for hour in range(10) for minute in range(10)]
    first = write_bin(tmp_path / "D20130526", shapes(1), name=names[0])
    for other in names[1:]:
        for suffix in (".adc", ".hdr", ".roi"):
            os.link(first.file(suffix), tmp_path / "D20130526" / f"{other}{suffix}")
    asked = []
    real = os.stat
    monkeypatch.setattr(os, "stat", lambda path, **named: asked.append(path) or real(path, **named))
    found, notes = find_samples(tmp_path)
    assert len(found) == 100 and notes == []
    assert len(unique_names(found)) == 100
    assert len(asked) <= 100 + 10

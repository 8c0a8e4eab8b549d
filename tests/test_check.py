"""`check` reads all that a sheet names, says what it finds, and writes nothing."""

import pytest

from seston.check import check
from seston.errors import SestonError
from synthetic.flowcam import write_run
from synthetic.images import damaged_png, picture, write_folder


@pytest.fixture
def sheet(tmp_path):
    """A run with a bad row, a folder with a damaged picture, an empty folder."""
    run = write_run(tmp_path / "run")
    run.rows[1]["image_x"] = "9999"
    run.write_list()
    write_folder(tmp_path / "crops", 4)
    (tmp_path / "crops" / "a.png").write_bytes(damaged_png(picture()))
    (tmp_path / "empty").mkdir()
    path = tmp_path / "samples.tsv"
    rows = [
        ("sample", "path", "instrument", "datetime"),
        ("run-1", "run", "flowcam", "2024-05-06T07:08"),
        ("bag", "crops", "images", "2018-05-22"),
        ("none", "empty", "images", "2018-05-23"),
    ]
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    return path


def test_each_sample_is_a_line_with_its_counts_volume_and_dates(sheet, capsys):
    before = sorted(sheet.parent.rglob("*"))
    check(sheet)
    head, run, bag, none, *_ = (line.split() for line in capsys.readouterr().out.splitlines())
    assert head[:4] == ["sample", "instrument", "listed", "readable"]
    # write_run's own volume, and the first of its particles' days
    assert run == ["run-1", "flowcam", "6", "5", "0.01", "ctx", "2024-05-06", "07:08", "2024-05-06"]
    assert bag == ["bag", "images", "5", "4", "unknown", "-", "2018-05-22", "00:00", "2018-05-22"]
    assert none == ["none", "images", "0", "0", "unknown", "-", "2018-05-23", "00:00", "unknown"]
    assert sorted(sheet.parent.rglob("*")) == before, "nothing is written"


def test_what_is_odd_is_told_by_kind_with_the_samples(sheet, capsys):
    check(sheet)
    out = capsys.readouterr().out
    assert "3 samples: 11 organisms listed, 9 readable, 2 not" in out
    assert "rejected as outside_collage (1 sample)\n  run-1: 1, such as 000002: box 9999," in out
    assert "rejected as corrupt (1 sample)\n  bag: 1, such as a.png: " in out
    assert "none: no picture (png, jpg, tif) found in empty: a true zero?" in out


def test_a_sample_that_cannot_be_read_does_not_hide_the_others(sheet, capsys):
    (sheet.parent / "run" / "run.ctx").write_text("no section\n")
    with pytest.raises(SestonError, match=r"would stop at\n  run-1: .*run\.ctx, line 1"):
        check(sheet)
    out = capsys.readouterr().out
    assert "run-1  flowcam     -" in out and "bag    images      5" in out


def test_what_the_workflow_would_stop_at_is_told(sheet, capsys, tmp_path):
    for name in ("20180522_100000_0000", "20180522_100000_0001", "20180522_100000_0002"):
        (tmp_path / "crops" / f"{name}.png").write_bytes(b"")
    with pytest.raises(SestonError, match=r"stop at\n  shard 2018-W21: 4 of 5 listed"):
        check(sheet)
    config = tmp_path / "my.yaml"
    config.write_text("segment: {max_rejected: 0.8}\n")
    check(sheet, config=config)


def test_the_largest_shard_is_told(sheet, capsys, tmp_path):
    check(sheet)
    assert "makes 2 shards; the largest, 2024-W19, has 5 organisms" in capsys.readouterr().out
    config = tmp_path / "my.yaml"
    config.write_text("shard_by: sample\n")
    write_folder(tmp_path / "empty", 7)
    check(sheet, config=config)
    assert "sample makes 3 shards; the largest, none, has 7 organisms" in capsys.readouterr().out


def test_copies_are_told_across_samples(sheet, capsys, tmp_path):
    write_folder(tmp_path / "empty", 2)  # the same drawings as in crops
    check(sheet)
    assert "identical (1 sample)\n  none: 2 images are copies" in capsys.readouterr().out


def test_the_settings_of_a_configuration_are_taken(sheet, capsys, tmp_path):
    config = tmp_path / "my.yaml"
    config.write_text("samples: other.tsv\nsegment:\n  max_pixels: 10\n  max_rejected: 1\n")
    check(sheet, config=config)
    assert "rejected as too_large" in capsys.readouterr().out
    config.write_text("samples: other.tsv\nsegment:\n  max_pixel: 10\n")
    with pytest.raises(SestonError, match="did you mean 'max_pixels'"):
        check(sheet, config=config)
    with pytest.raises(SestonError, match=r"gone\.yaml: cannot be read"):
        check(sheet, config=tmp_path / "gone.yaml")

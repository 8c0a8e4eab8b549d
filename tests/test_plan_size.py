"""What planning very many samples costs: questions to the file server, jobs; not seconds."""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml

from conftest import SMALL, Project
from seston.discover import discover
from seston.errors import SestonError
from seston.instruments import INSTRUMENTS
from seston.instruments.names import is_archive, is_image, kind_of
from seston.plan import plan_run
from synthetic import many_samples
from synthetic.images import encoded, picture, write_archive

SETTINGS = {"samples": "samples.tsv", "shard_by": "month"}
SHAPES = {
    "flowcam": many_samples.flowcam,
    "ifcb": many_samples.ifcb,
    "archives": many_samples.archives,
    "crops": many_samples.crops,
}
#: More than a month of bags and fjord, one sample each a day.
SAMPLES, ORGANISMS = 300, 60


@pytest.fixture
def written(tmp_path, monkeypatch, capsys):
    """Write raw files of a shape and the sheet that `seston samples` makes; give the folder."""
    monkeypatch.chdir(tmp_path)

    def write(shape: str, samples: int = SAMPLES, organisms: int = ORGANISMS) -> Path:
        SHAPES[shape](tmp_path / "raw", samples, organisms)
        capsys.readouterr()
        discover(Path("raw"))
        (tmp_path / "samples.tsv").write_text(capsys.readouterr().out)
        return tmp_path

    return write


def undated(folder: Path) -> None:
    """Empty the dates of the sheet, the fourth column."""
    lines = (folder / "samples.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines]
    rows[1:] = [[*row[:3], "", *row[4:]] for row in rows[1:]]
    (folder / "samples.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))


@pytest.mark.parametrize("shape", SHAPES)
def test_samples_of_each_shape_fall_into_their_months(written, shape):
    written(shape)
    plan = plan_run(SETTINGS)
    bins = shape == "ifcb"  # 24 a day, others 8; from the first of January 2018
    days = {"2018-01": 12.5} if bins else {"2018-01": 31, "2018-02": 6.5}
    found = {name: len(samples) for name, samples in plan.shards.items()}
    assert found == {name: count * (24 if bins else 8) for name, count in days.items()}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_job_looks_for_dates_that_the_sheet_lacks(written, shape):
    folder = written(shape)
    dated = plan_run(SETTINGS).shards
    undated(folder)
    found = plan_run(SETTINGS, look=False).shards
    assert found == plan_run(SETTINGS).shards
    assert {name: len(samples) for name, samples in found.items()} == {
        name: len(samples) for name, samples in dated.items()
    }


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Give the questions to the disk about raw files: name of the function and path."""
    questions: list[tuple[str, str]] = []
    for name in ("listdir", "scandir", "stat", "lstat"):
        real = getattr(os, name)

        def ask(path=".", *, name=name, real=real, **named):
            if str(path).startswith(f"{tmp_path}/raw/"):
                questions.append((name, str(path)))
            return real(path, **named)

        monkeypatch.setattr(os, name, ask)
    return questions


@pytest.mark.parametrize("shape", SHAPES)
def test_a_job_plans_the_same_without_a_question_about_raw_files(written, asked, shape):
    folder = written(shape)
    looked = plan_run(SETTINGS)
    shutil.rmtree(folder / "raw")
    assert len(asked) >= SAMPLES
    asked.clear()
    assert plan_run(SETTINGS, look=False) == looked
    assert asked == []
    with pytest.raises(SestonError, match=f"{SAMPLES} mistakes in the sample sheet"):
        plan_run(SETTINGS)


@pytest.mark.parametrize(("shape", "most"), [("flowcam", 2), ("ifcb", 0), ("crops", 2)])
def test_a_start_lists_no_folder_more_than_twice(written, asked, shape, most):
    written(shape, 40)
    asked.clear()
    plan = plan_run(SETTINGS)
    for shard in plan.shards:
        plan.raw_digest(shard)
    listed = Counter(path for name, path in asked if name in ("listdir", "scandir"))
    assert sorted(listed.values()) == [most] * (40 if most else 0)


def test_sizes_of_collages_come_with_the_listing_of_their_folder(written, asked):
    folder = written("flowcam", 8)
    asked.clear()
    for run in sorted((folder / "raw").glob("*/*")):
        names = INSTRUMENTS["flowcam"].inventory(run)
        assert len(names) == 2 + 2 * -(-ORGANISMS // many_samples.ON_A_COLLAGE)
        assert all(int(name.rsplit(" ", 1)[1]) > 0 for name in names)
    assert not [path for _, path in asked if path.endswith(".tif")]


def test_months_are_a_few_jobs_each(tmp_path):
    jobs = []
    for months in (1, 4):
        folder = tmp_path / f"{months}"
        (folder / "raw").mkdir(parents=True)
        rows = ["sample\tpath\tinstrument\tdatetime"]
        for month in range(1, months + 1):
            write_archive(folder / "raw" / f"{month}.zip", {"a.png": encoded(picture(), "PNG")})
            rows.append(f"{month}\traw/{month}.zip\timages\t2018-{month:02}-01")
        (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
        (folder / "config.yaml").write_text(yaml.safe_dump({**SMALL, "labels": {"file": ""}}))
        jobs.append(sum(Project(folder).planned().values()))
    each = (jobs[1] - jobs[0]) / 3
    # Cut, tiles; embeddings and clusters of two models. Fifty years of months are 600 shards.
    assert each == 6 and jobs[0] + 599 * each <= 5000


def test_a_job_on_a_node_reads_raw_files_of_its_own_shard_only(new_project):
    project = new_project()
    shutil.rmtree(project.folder / "raw" / "2018-05-24")
    job = ["--target-jobs", "segment:shard=2018-06", "--allowed-rules", "segment"]
    node = project.snakemake("--cores", "1", *job, "--mode", "remote", "--dry-run")
    assert node.returncode == 0 and "segment" in node.stdout, node.stdout + node.stderr
    start = project.snakemake("--cores", "1", "--dry-run")
    assert start.returncode != 0 and "2018-05-24" in start.stdout + start.stderr


@pytest.mark.parametrize(
    ("name", "image", "archive"),
    [
        ("a.png", True, False),
        ("in/b.JPEG", True, False),
        (".png", False, False),
        ("in/.c.png", False, False),
        (".in/c.png", True, False),
        ("png", False, False),
        ("d.png.txt", False, False),
        ("e.tar.gz", False, True),
        (".e.zip", False, False),
        ("f.TGZ", False, True),
    ],
)
def test_pictures_and_archives_are_known_by_their_names(name, image, archive):
    assert is_image(name) == (kind_of(name) is not None) == image
    assert is_archive(name) == archive

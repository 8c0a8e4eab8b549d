"""Out to EcoTaxa and back: what people validate there are labels here, and no organism is lost."""

import csv
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from ecotaxa_run import a_sample, write_predictions, write_run
from seston.export.ecotaxa.stage import export_ecotaxa
from seston.labels.files import told_of
from seston.labels.words import gather

NAMES = ["1", "2", "sub folder/é“x”.jpeg", "sub/'q\"q'.png", "sub/Q.png", "sub/q.png", "NA", "17.5"]
VALIDATED = "Nauplius<Crustacea"


@pytest.fixture
def run(tmp_path):
    """Names that differ in little, in two samples alike."""
    samples = [a_sample(name, NAMES) for name in ("lake", "lake-2", "Pond")]
    return write_run(tmp_path, samples)


def tables(folder: Path) -> list[Path]:
    """The tables of all archives, unpacked."""
    for archive in folder.glob("*.zip"):
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder / "unpacked")
    return sorted((folder / "unpacked").glob("ecotaxa*.tsv"))


def validate(path: Path, every: int, keep: tuple[str, ...] = ()) -> None:
    """Edit a table as people do: each n-th organism validated; perhaps other columns left out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, types, *lines = csv.reader(file, delimiter="\t")
    category, status = (
        header.index(f"object_annotation_{name}") for name in ("category", "status")
    )
    for line in lines[::every]:
        line[category], line[status] = VALIDATED, "validated"
    kept = [place for place, name in enumerate(header) if not keep or name in keep]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerows([row[place] for place in kept] for row in (header, types, *lines))


def ids(run) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(run.pixels)])


@pytest.mark.parametrize(
    "keep",
    [(), ("object_id", "object_annotation_category", "object_annotation_status")],
    ids=["as it is", "columns that are needed only"],
)
def test_every_organism_comes_back_as_itself(run, keep):
    given = run.given | {"predictions": write_predictions(run, ["lake/1"])}
    export_ecotaxa(**given, category="prediction", archive_images=7)
    found = tables(run.folder / "out")
    assert len(found) == 4
    for path in found:
        validate(path, every=3, keep=keep)
    told = told_of(found, ids(run))
    assert {*told.why} == {""}
    rows = dict(zip((row.image_id for row in told.rows), told.places.tolist(), strict=True))
    # One is neither predicted nor validated: nothing is said of it.
    silent = {*run.pixels} - {*rows}
    assert silent <= {"lake/1"} and [*run.pixels].index("lake/1") % 7 % 3
    assert all(rows[image] == place for place, image in enumerate(run.pixels) if image in rows)
    validated = {row.image_id for row in told.rows if row.status == "validated"}
    images = [*run.pixels]
    batches = [images[start : start + 7] for start in range(0, len(images), 7)]
    assert validated == {image for batch in batches for image in batch[::3]}
    assert {row.label for row in told.rows if row.status == "validated"} == {VALIDATED}


def test_only_what_is_validated_is_learned_and_the_rest_is_listed(run):
    export_ecotaxa(**run.given, category="prediction", predictions=write_predictions(run))
    (path,) = tables(run.folder / "out")
    validate(path, every=4)
    crops = pa.table({"image_id": ids(run)})
    words, source = gather(crops, [], [path], "auto")
    assert source == "file" and len(words) == len(run.pixels)
    assert words["why"].value_counts().to_dict() == {"predicted": 18, "": 6}
    learned = words[words["why"] == ""]
    assert learned["image_id"].tolist() == [*run.pixels][::4] and {*learned["label"]} == {VALIDATED}


def test_labels_go_out_as_validated_and_come_back_the_same(run, tmp_path):
    mine = tmp_path / "mine.tsv"
    said = {
        image: ("diatom", "NA", "Copepoda")[place % 3] for place, image in enumerate(run.pixels)
    }
    with mine.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerows([("image_id", "label"), *said.items()])
    export_ecotaxa(**run.given, category="label", labels=[mine])
    told = told_of(tables(run.folder / "out"), ids(run))
    assert {row.image_id: row.label for row in told.rows} == said
    assert {row.status for row in told.rows} == {"validated"} and {*told.why} == {""}

"""What exports of occurrences need of the settings: all that is missing at once, and only then."""

import pytest

from found_run import here, write_found
from seston.config import complete
from seston.errors import SestonError
from seston.export.darwin_core.stage import export_darwin_core
from seston.export.found.asked import digest_of, taxa_for
from seston.export.shark.stage import export_shark

FILLED = {
    "dataset_id": "x", "institution": "I", "licence": "CC0-1.0", "contact": "Doe", "email": "e",
}  # fmt: skip


def settings(taxa="", head="none", **export):
    return complete(
        {"samples": "s.tsv", "classify": {"head": head}, "export": {"taxa": taxa, **export}}
    )


def test_all_that_is_missing_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrong = {"category": "prediction", "contact": " ", "published": "2024-02-30"}
    with pytest.raises(SestonError) as caught:
        taxa_for(settings(darwin_core=wrong), "darwin_core")
    told = str(caught.value).splitlines()
    assert told[0] == (
        "config: export.darwin_core.dataset_id is empty: give what all ids begin with, as"
        " 'urn:myinstitute:lake-2024'"
    )
    keys = [line.split()[0].rstrip(":") for line in [told[0].removeprefix("config: "), *told[1:]]]
    assert keys == [
        *(f"export.darwin_core.{name}" for name in FILLED), "export.taxa",
        "export.darwin_core.published", "export.darwin_core.category",
    ]  # fmt: skip


def test_a_table_that_is_not_there_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = settings("taxa.tsv", "linear", darwin_core=FILLED | {"category": "prediction"})
    for export in ("darwin_core", "shark"):
        with pytest.raises(
            SestonError, match=r"export.taxa: found 'taxa.tsv'.*there is no such file"
        ):
            taxa_for(config, export)
    (tmp_path / "taxa.tsv").write_text("class\tscientific_name\n")
    before = digest_of(["taxa.tsv"])
    assert taxa_for(config, "darwin_core") == taxa_for(config, "shark") == ["taxa.tsv"]
    (tmp_path / "taxa.tsv").write_text("class\tscientific_name\na\tDaphnia\n")
    assert len(before) == 64 and digest_of(["taxa.tsv"]) != before


def test_the_flat_table_needs_nothing(tmp_path):
    assert taxa_for(settings(), "shark") == []
    run = write_found(tmp_path, [(here("a"), {"": 3})])  # nobody named anything
    export_shark(images=run.images, samples=run.samples, absences=0.0, table=tmp_path / "s.tsv")
    head, row = (line.split("\t") for line in (tmp_path / "s.tsv").read_text().splitlines())
    cells = dict(zip(head, row, strict=True))
    assert (cells["CLASS_NAME"], cells["COUNT"], cells["UNCLASSIFIED_COUNTS"]) == ("", "", "3")


@pytest.mark.parametrize("absences", [-0.1, 1.5, "some", True])
def test_shares_are_shares_or_none(absences):
    with pytest.raises(SestonError, match=r"export.shark.absences"):
        settings(shark={"absences": absences})
    assert settings(shark={"absences": "none"})["export"]["shark"]["absences"] == "none"


def test_a_licence_is_one_that_obis_takes(tmp_path):
    with pytest.raises(SestonError, match=r"export.darwin_core.licence: found 'CC-BY-SA-4.0'"):
        settings(darwin_core={"licence": "CC-BY-SA-4.0"})


def test_what_fails_leaves_what_was_there(tmp_path):
    run = write_found(tmp_path, [(here("a"), {"Daphnia": 1})])
    given = run.given | FILLED | {"dataset_name": "t", "archive": tmp_path / "a.zip"}
    export_darwin_core(**given, left_out=tmp_path / "l.tsv")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run.taxa.write_text("class\tscientific_name\nDaphnia\tDaphnia_sp\n")
    with pytest.raises(SestonError, match="1 mistake in the table of taxa"):
        export_darwin_core(**given, left_out=tmp_path / "l.tsv")
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert after.pop("taxa.tsv") != before.pop("taxa.tsv") and after == before

"""Archives and flat tables as users get them: `snakemake darwin_core shark`."""

from collections import Counter

import duckdb
import yaml
from dwca.read import DwCAReader

from conftest import Project
from seston.config import complete

DWC = "http://rs.tdwg.org/dwc/terms/"
DATASET = {
    "category": "label", "dataset_id": "urn:lake", "institution": "Lake {Institute} $HOME",
    "licence": "CC0-1.0", "contact": "Doe, Jane", "email": "jane@example.org",
}  # fmt: skip


def test_both_are_made_when_asked_for_and_again_when_they_would_differ(project: Project):
    failed = project.snakemake("--cores", "2", "--dry-run", "darwin_core")
    told = failed.stdout + failed.stderr
    assert failed.returncode
    for part in ("darwin_core.dataset_id is empty", "licence is empty", "export.taxa is empty"):
        assert part in told
    assert project.planned() == {}  # what is missing for an archive stops nothing else
    sheet = project.folder / "samples.tsv"
    head, *rows = sheet.read_text().splitlines()
    lines = [f"{head}\tlatitude\tlongitude\tSHIPC", *(f"{row}\t47.37\t8.67\t77SE" for row in rows)]
    sheet.write_text("\n".join(lines) + "\n")
    labels = (project.folder / "labels.tsv").read_text().splitlines()[1:]
    counts = Counter(tuple(line.replace("/", "\t").split("\t")[::2]) for line in labels)
    classes = sorted({name for _, name in counts})
    taxa = [f"{name}\tTaxon {chr(97 + n)}\t{n + 1}" for n, name in enumerate(classes)]
    table = project.folder / "taxa.tsv"
    table.write_text("class\tscientific_name\taphia_id\n" + "\n".join(taxa) + "\n")
    project.set("export", taxa="taxa.tsv", darwin_core=DATASET, shark={"category": "label"})
    project.run("darwin_core", "shark")
    out = project.folder / "results" / "export"
    found = Counter()
    with DwCAReader(str(out / "darwin_core.zip")) as archive:
        for event in archive.rows:
            assert event.data[f"{DWC}institutionCode"] == DATASET["institution"]
            sample = event.id.removeprefix("urn:lake:")
            for row in event.extensions:
                if row.rowtype == f"{DWC}Occurrence":
                    name = row.data[f"{DWC}verbatimIdentification"]
                    found[sample, name] = int(row.data[f"{DWC}individualCount"])
    assert found == counts and counts.total() == 60  # nor zeros: no volume is known
    assert (out / "darwin_core_left_out.tsv").read_text().count("\n") == 1
    flat = duckdb.sql(
        "select SMPNO, CLASS_NAME, COUNT::int, SHIPC"
        f" from read_csv('{out}/shark.tsv', delim='\t', header=true, all_varchar=true)"
    ).fetchall()
    assert {(sample, name): count for sample, name, count, _ in flat} == found
    assert {row[3] for row in flat} == {"77SE"}
    assert project.planned("darwin_core", "shark") == {}
    table.write_text(table.read_text().replace("Taxon a", "Taxon z"))
    assert project.planned("darwin_core", "shark") == {"darwin_core": 1, "shark": 1}


def test_the_document_tells_all_settings_and_columns(repository):
    text = (repository / "docs" / "exports-darwin-core.md").read_text(encoding="utf-8")
    full = complete({"samples": "s.tsv"})["export"]
    for name in ("darwin_core", "shark"):
        for key, value in full[name].items():
            shown = yaml.safe_dump(value).split("\n")[0] if value != "" else '""'
            assert f"| `{key}` | `{shown}` |" in text, key

"""A run as RO-Crate: read back by the validator of the profiles, by rocrate, and as plain JSON."""

import html.parser
import json
import re
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from crate_validator import issues, terms
from seston.cli import main
from seston.config import complete
from seston.errors import SestonError
from seston.provenance.crate.raw import shown_place
from seston.provenance.crate.stage import crate
from whole_run import DAYS, write_whole_run

#: What the profiles recommend and a run cannot honestly tell; docs/provenance.md names them.
UNTOLD = {
    "process-run-crate-0.5_3.2",  # a web page of the workflow
    "process-run-crate-0.5_5.1",  # the same, as its id
    "process-run-crate-0.5_8.6",  # an agent
    "ro-crate-1.1_22.2",  # an author
    "ro-crate-1.1_22.3",  # a publisher
    "workflow-ro-crate-1.0_6.1",  # a README
    "workflow-ro-crate-1.0_6.2",
}


def describe(results: Path, sheet: Path | None = None, **more: str) -> Path:
    crate(
        results=results, sheet=sheet or results.parent / "samples.tsv",
        **({"title": "Lake & sea"} | more), workflow=results / "workflow",
        page=results / "ro-crate-preview.html", metadata_file=results / "ro-crate-metadata.json",
    )  # fmt: skip
    return results


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return describe(write_whole_run(tmp_path_factory.mktemp("whole")))


@pytest.fixture
def results(whole, tmp_path) -> Path:
    """A copy, to describe otherwise."""
    shutil.copy(whole.parent / "samples.tsv", tmp_path)
    return Path(shutil.copytree(whole, tmp_path / "results"))


def graph(results: Path) -> dict[str, dict]:
    told = json.loads((results / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    found = {entity["@id"]: entity for entity in told["@graph"]}
    assert len(found) == len(told["@graph"])
    return found


@pytest.mark.parametrize("profile", ["process-run-crate-0.5", "workflow-run-crate-0.5"])
def test_the_validator_finds_nothing_that_must_be_and_is_not(whole, tmp_path, profile):
    assert issues(whole, profile, tmp_path) == []


def test_what_should_be_and_is_not_is_what_nobody_told(whole, tmp_path):
    found = issues(whole, "workflow-run-crate-0.5", tmp_path, recommended=True)
    assert {issue.partition(":")[0] for issue in found} == UNTOLD


def test_who_ran_it_is_told_when_the_settings_say_so(results, tmp_path):
    describe(
        results, agent="Ada Algae", agent_page="https://orcid.org/0000-0002-1825-0097",
        license="https://creativecommons.org/licenses/by/4.0/",
    )  # fmt: skip
    found = issues(results, "workflow-run-crate-0.5", tmp_path / "cache", recommended=True)
    told = {issue.partition(":")[0] for issue in found}
    affiliation = {"ro-crate-1.1_30.2", "ro-crate-1.1_30.3"}
    assert told == UNTOLD - {"process-run-crate-0.5_8.6", "ro-crate-1.1_22.2"} | affiliation
    of = graph(results)
    assert of["#run"]["agent"] == {"@id": "https://orcid.org/0000-0002-1825-0097"}
    assert of["https://orcid.org/0000-0002-1825-0097"]["@type"] == "Person"
    assert of["./"]["license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}


def test_the_validator_would_find_what_is_wrong(results, tmp_path):
    """Else the tests above would say nothing."""
    path = results / "ro-crate-metadata.json"
    text = path.read_text(encoding="utf-8")
    told = json.loads(text)
    for entity in told["@graph"]:
        entity.pop("instrument", None)
    path.write_text(json.dumps(told))
    assert any("instrument" in one for one in issues(results, "process-run-crate-0.5", tmp_path))
    path.write_text(text)
    (results / "tables" / "images.parquet").unlink()
    found = issues(results, "process-run-crate-0.5", tmp_path)
    assert any("tables/images.parquet" in one for one in found)


def test_every_term_has_a_meaning(whole):
    """Keys that the context does not know would be dropped by readers of linked data."""
    told = json.loads((whole / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    address, own = told["@context"]
    known = terms() | own
    keys = {key for entity in told["@graph"] for key in entity}
    types = [entity["@type"] for entity in told["@graph"]]
    keys |= {one for kind in types for one in ([kind] if isinstance(kind, str) else kind)}
    assert {key for key in keys if not key.startswith("@") and key not in known} == set()
    assert address.endswith("/1.1/context")


def test_rocrate_reads_it_and_finds_every_file(whole):
    read = ROCrate(whole)
    assert read.name == "Lake & sea"
    assert read.mainEntity.id == "workflow/Snakefile"
    for entity in read.data_entities:
        assert (whole / entity.id).exists(), entity.id
    (run,) = read.get_by_type("CreateAction")
    assert run["instrument"].id == "workflow/Snakefile"
    assert {one.id for one in run["object"]} == {"settings.yaml", "#samples", "#seed"}
    assert "tables/abundance.tsv" in {one.id for one in run["result"]}


def test_every_file_of_the_manifest_is_described_once_with_its_true_checksum(whole):
    of = graph(whole)
    made = json.loads((whole / "report" / "manifest.json").read_text(encoding="utf-8"))["files"]
    folders = [id for id in of if id.endswith("/") and id not in ("./", "tables/", "workflow/")]
    for name in made:
        within = [folder for folder in folders if name.startswith(folder)]
        assert (name in of) != bool(within), name
    single = [id for id, entity in of.items() if entity["@type"] == "File"]
    assert len(single) > 30
    for name in single:
        content = (whole / name).read_bytes()
        assert of[name]["sha256"] == sha256(content).hexdigest()
        assert of[name]["contentSize"] == str(len(content))
    count = sum(name.startswith("segment/") for name in made)
    assert of["segment/"]["description"].startswith("organisms cut out")
    assert f"{count} files, " in of["segment/"]["description"]


def test_all_links_lead_to_something_that_is_described_or_a_web_page(whole):
    of = graph(whole)
    text = (whole / "ro-crate-metadata.json").read_text(encoding="utf-8")
    targets = set(re.findall(r'"@id": "([^"]+)"', text))
    assert {id for id in targets if id not in of and not id.startswith("https://")} == set()


def test_samples_are_told_by_name_and_their_files_are_not_in_the_crate(whole):
    of = graph(whole)
    samples = {name: images for day in DAYS.values() for name, images in day.items()}
    held = {one["@id"] for one in of["#samples"]["hasPart"]} - {"#sample-sheet"}
    assert held == {f"#sample/{name}" for name in samples}
    assert of["#sample/b"]["identifier"] == "b"
    assert "6 listed = 5 used + 1 rejected" in of["#sample/b"]["description"]
    sheet = (whole.parent / "samples.tsv").read_bytes()
    assert of["#sample-sheet"]["sha256"] == sha256(sheet).hexdigest()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("bags/run1", "bags/run1"),
        ("/home/anna/data/run1", "run1"),
        ("../../anna/run1/", "run1"),
        ("C:\\Users\\anna\\run1", "run1"),
        ("./run1", "run1"),
    ],
)
def test_paths_that_name_people_or_machines_are_cut(path, shown):
    assert shown_place(path) == shown


def test_commit_libraries_and_machine_are_those_of_the_manifest(whole):
    of = graph(whole)
    told = json.loads((whole / "report" / "manifest.json").read_text(encoding="utf-8"))
    assert of["#workflow-sources"]["value"] == told["workflow"]["sources"]
    if told["workflow"]["commit"]:
        assert of["#workflow-commit"]["value"] == told["workflow"]["commit"]
    software = {e["name"]: e["version"] for e in of.values() if e["@type"] == "SoftwareApplication"}
    assert software["numpy"] == told["run"]["libraries"]["numpy"]
    assert software["Python"] == told["run"]["libraries"]["python"]
    assert of["#machine-cores"]["value"] == str(told["run"]["hardware"]["cores"])
    assert of["#run"]["endTime"] == told["run"]["written"]
    assert "startTime" not in of["#run"] and "agent" not in of["#run"]


def test_the_rules_of_the_workflow_are_in_the_crate(whole, repository):
    assert (whole / "workflow" / "Snakefile").read_bytes() == (
        repository / "Snakefile"
    ).read_bytes()
    rules = {path.name for path in (whole / "workflow" / "workflow" / "rules").iterdir()}
    assert rules == {path.name for path in (repository / "workflow" / "rules").glob("*.smk")}


def test_the_same_run_gives_the_same_bytes(results):
    names = ("ro-crate-metadata.json", "ro-crate-preview.html")
    before = [(results / name).read_bytes() for name in names]
    describe(results)
    assert [(results / name).read_bytes() for name in names] == before


def test_texts_of_people_are_no_html_in_the_page(results):
    describe(results, title="<script>alert(1)</script>", license="<img src=x onerror=alert(1)>")
    seen: list[str] = []

    class Tags(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            seen.append(tag)

    text = (results / "ro-crate-preview.html").read_text(encoding="utf-8")
    Tags().feed(text)
    assert "h1" in seen and not {"script", "img"} & set(seen)
    assert "&lt;script&gt;alert(1)" in text and "&lt;img src=x" in text
    assert not re.search(r"(?:src|href)=[\"']?https?://(?!\S*(?:pypi|python|w3id|spdx))", text)
    assert graph(results)["./"]["name"] == "<script>alert(1)</script>"


def test_the_crate_is_no_stray_file(whole, capsys):
    assert main(["verify", str(whole)]) == 0, capsys.readouterr().out


def test_a_sheet_of_other_samples_is_refused(results, tmp_path):
    sheet = tmp_path / "other.tsv"
    lines = (tmp_path / "samples.tsv").read_text().splitlines()
    sheet.write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(SestonError, match="other samples than those of the results, such as 'c'"):
        describe(results, sheet)


def test_another_workflow_than_that_of_the_run_is_refused(results, monkeypatch):
    from seston.provenance.crate import stage

    monkeypatch.setattr(stage, "sources_digest", lambda checkout: "0" * 64)
    with pytest.raises(SestonError, match="snakemake -R manifest crate"):
        describe(results)


def test_the_document_tells_the_settings(repository):
    text = (repository / "docs" / "provenance.md").read_text(encoding="utf-8")
    for name in complete({"samples": "s.tsv"})["export"]["crate"]:
        assert f"`{name}`" in text

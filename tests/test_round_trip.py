"""From clusters to names and back: named in the browser, and found again wherever names stand."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from browser import needs_browser
from chromium import open_chromium
from conftest import Project
from test_reruns import BEHIND_NAMES

NAMES = {0: "Dinobryon", 1: 'Müll & "Staub" </script>', 2: "Asplanchna"}
#: What no name changes, and what takes longest to make.
UNTOUCHED = (
    "tables/clusters.tsv", "tables/circumstances.tsv", "examples.parquet", "map.parquet",
    "reclusterings.parquet", "index/index.faiss", "attention.npz", "finetuned/model.safetensors",
)  # fmt: skip


@contextmanager
def served(project: Project) -> Iterator[str]:
    """Serve the naming page as a user would; give its address."""
    command = [sys.executable, "-m", "seston", "label", "results", "--annotator", "AB"]
    server = subprocess.Popen(
        command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/[0-9a-f]{32}/", line)
        assert found, line + server.stderr.read()
        yield found[0]
    finally:
        server.send_signal(signal.SIGINT)
        said = server.communicate(timeout=20)[1]
    assert server.returncode == 0, said
    assert "set cluster.names to" in said


def name_in_the_page(address: str, profile: Path) -> None:
    """Name clusters 0 and 2 by the keyboard and 1 by a button, each saved at once."""
    page = open_chromium(profile)
    try:
        page.open(address)
        for cluster, name in NAMES.items():
            page.type("#find", str(cluster))
            page.click("#list button")
            page.wait(f"document.querySelector('#heading').textContent.includes('{cluster}')")
            page.wait("Seston.view.images.length > 0")
            page.press("/", *name)
            if cluster == 1:
                page.click("#do-dubious")
            else:
                page.press("Enter")
            told = "document.querySelector('#told').textContent"
            page.wait(f"{told}.includes('Saved') && {told}.includes({json.dumps(name)})")
        assert page.errors == []
    finally:
        page.close()


@pytest.fixture(scope="module")
def before(finished) -> dict[str, int]:
    """Return when the untouched files of the finished run were written."""
    results = finished.folder / "results"
    return {name: (results / name).stat().st_mtime_ns for name in UNTOUCHED}


@needs_browser
def test_names_given_in_the_browser_stand_in_tables_and_pages(project, before, tmp_path):
    profile = tmp_path / "profile"
    profile.mkdir()
    with served(project) as address:
        name_in_the_page(address, profile)

    # What was saved is an input of the workflow, which makes anew what names stand in and no more.
    project.set("cluster", names="cluster_names.tsv")
    assert set(project.planned()) == {"settings"} | BEHIND_NAMES
    project.run()
    results = project.folder / "results"
    assert {name: (results / name).stat().st_mtime_ns for name in UNTOUCHED} == before
    assert project.planned() == {}

    named = pd.read_csv(results / "tables/cluster_names.tsv", sep="\t", keep_default_na=False)
    shown = named.set_index("cluster")["name"].to_dict()
    assert shown == NAMES | {3: ""}
    assert set(named.annotator[:3]) == {"AB"}
    assert named.status.tolist()[:3] == ["validated", "dubious", "validated"]
    called = NAMES | {3: "cluster 3"}

    images = pd.read_parquet(results / "tables/images.parquet", columns=["cluster", "name"])
    expected = images.cluster.map(NAMES)
    assert images.name.fillna("").tolist() == expected.fillna("").tolist()

    for table, column in (
        ("abundance_name", "name"), ("timing", "class"), ("trend_tests", "class"),
        ("groups", "class"),
    ):  # fmt: skip
        rows = pd.read_csv(results / f"tables/{table}.tsv", sep="\t")
        assert set(rows[column].dropna()) == set(called.values()), table
    counted = pd.read_csv(results / "tables/abundance_name.tsv", sep="\t").groupby("name")["count"]
    sizes = images.cluster.map(called).value_counts().to_dict()
    assert counted.sum().to_dict() == sizes

    exported = pd.concat(pd.read_csv(path, dtype=str) for path in results.glob("report/data/*.csv"))
    written = set(exported.astype(str).to_numpy().ravel())
    assert set(NAMES.values()) <= written
    for page in ("index", "map", "label"):
        text = (results / f"report/{page}.html").read_text()
        assert "Dinobryon" in text and "Asplanchna" in text, page
        assert '"Staub" </script>' not in text, page

"""Whole runs of next to nothing, of one picture only, and of names that would do harm."""

import shutil
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import yaml

from conftest import REPOSITORY, SMALL, Project

pytestmark = pytest.mark.nightly

PICTURES = sorted((REPOSITORY / "example" / "lake").glob("2018-05-*/*.jpeg"))
EVIL = (
    "</script><script>document.title='evil'</script>",
    '"><img src=x onerror=document.title=1>',
    "\u202egnp.exe",
    "x" * 5000,
    "<!--<script>",
    "a\u2028b",
    "=HYPERLINK(1)",
    "@SUM(A1)",
    "$(touch pwned)",
    "`touch pwned`; touch pwned",
)


def make(folder: Path, samples: dict[str, list[Path]], columns: dict, **settings) -> Project:
    """Make a project without fine-tuning, of these pictures of each day."""
    rows = []
    for day, pictures in samples.items():
        place = folder / "raw" / day
        place.mkdir(parents=True)
        for number, picture in enumerate(pictures):
            shutil.copy(picture, place / f"{number:02d}.jpeg")
        row = {"sample": f"s{day}", "path": f"raw/{day}", "instrument": "images", "datetime": day}
        rows.append(row | {name: values[len(rows)] for name, values in columns.items()})
    folder.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_csv(folder / "samples.tsv", sep="\t", index=False)
    config = {key: value for key, value in SMALL.items() if key != "labels"}
    config |= {"finetune": {"method": "none"}} | settings
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return Project(folder)


def failed(project: Project) -> str:
    """Run a project that must fail; return what was printed, which has no traceback."""
    result = project.snakemake("--cores", "2", "--keep-going")
    printed = result.stdout + result.stderr
    assert result.returncode != 0 and "Traceback" not in printed
    assert not [*(project.folder / "results").rglob("*.tmp")]
    return printed


class Elements(HTMLParser):
    """The names of all elements of a page, its title, and its policy for scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: Iterable[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        known = dict(attributes)
        if known.get("http-equiv") == "Content-Security-Policy":
            self.policy = known["content"] or ""


def test_too_few_images_are_told_with_what_to_do(tmp_path):
    none = failed(make(tmp_path / "none", {"2018-05-22": []}, {}))
    assert "no images to cluster: add samples" in none
    one = failed(make(tmp_path / "one", {"2018-05-22": PICTURES[:1]}, {}, cluster={"k": 2}))
    assert "cluster.k is 2, but there is 1 image" in one and "add samples" in one


def test_three_images_of_one_day_are_a_report(tmp_path):
    settings = {"cluster": {"k": 2, "examples": 4}}
    project = make(tmp_path / "three", {"2018-05-22": PICTURES[:15:5]}, {}, **settings)
    project.run()
    tables = project.folder / "results" / "tables"
    tests = pd.read_csv(tables / "trend_tests.tsv", sep="\t")
    assert tests["flags"].str.contains("too_few_periods").all()
    clusters = pd.read_csv(tables / "clusters.tsv", sep="\t")
    assert clusters["images"].sum() == 3 and clusters["flags"].str.contains("tiny").all()
    assert (project.folder / "results" / "report" / "index.html").stat().st_size > 10_000


def test_images_that_are_all_the_same_are_a_report(tmp_path):
    days = {f"2018-05-{day}": PICTURES[:1] * 4 for day in (22, 23, 24)}
    project = make(tmp_path / "same", days, {})
    project.run()
    tables = project.folder / "results" / "tables"
    images = pd.read_parquet(tables / "images.parquet")
    assert len(images) == 12 and images["cluster"].nunique() == 1
    assert images["notes"].str.contains("identical").sum() == 11
    clusters = pd.read_csv(tables / "clusters.tsv", sep="\t")
    assert clusters["flags"].str.contains("empty").sum() == len(clusters) - 1 == 3


def test_evil_names_change_nothing(tmp_path):
    days = {f"2018-05-{20 + day}": PICTURES[6 * day : 6 * day + 6] for day in range(10)}
    project = make(
        tmp_path / "evil", days,
        {"site": [EVIL[day % 2] for day in range(10)], "group": EVIL, "who": EVIL[::-1]},
        cluster={"k": 3, "examples": 4}, labels={"file": "labels.tsv"}, trends={"level": "label"},
        report={"title": "=1</title><script>x</script>"[:200]},
    )  # fmt: skip
    for picture in (project.folder / "raw").rglob("03.jpeg"):
        picture.rename(picture.with_name(f"{EVIL[8]} {EVIL[4]}.jpeg"))
    ids = [
        f"s{path.parent.name}/{path.name}"
        for path in sorted((project.folder / "raw").rglob("*.jpeg"))
    ]
    labels = {"image_id": ids, "label": [EVIL[place % 8] for place in range(len(ids))]}
    pd.DataFrame(labels).to_csv(project.folder / "labels.tsv", sep="\t", index=False)
    project.run()
    results = project.folder / "results"
    assert not [*project.folder.rglob("pwned*")] and not Path("pwned").exists()
    images = pd.read_parquet(results / "tables" / "images.parquet")
    assert sorted(images["image_id"]) == sorted(ids)
    found = pd.read_csv(
        results / "tables" / "abundance_label.tsv", sep="\t", keep_default_na=False, dtype=str
    )
    assert {*EVIL[:8]} <= {*found["label"]}
    for page in (results / "report").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        elements = Elements(text)
        assert "default-src 'none'" in elements.policy, page
        assert "script-src 'sha256-" in elements.policy, page
        assert "unsafe" not in elements.policy.partition("script-src")[2].partition(";")[0], page
        assert "document.title='evil'</script>" not in text, page
        assert "<img src=x" not in text, page
    for table in (results / "report").rglob("*.csv"):
        cells = pd.read_csv(table, dtype=str, keep_default_na=False).to_numpy().ravel()
        assert not [cell for cell in cells if cell.startswith(("=", "@"))], table


def test_the_order_of_the_sheet_and_the_number_of_threads_do_not_matter(new_project):
    # Without training: that sums in the order of its threads, as docs/cluster.md says.
    expected, project = new_project(), new_project()
    for one in (expected, project):
        one.set("finetune", method="none")
    expected.run()
    sheet = project.folder / "samples.tsv"
    head, *rows = sheet.read_text().splitlines()
    sheet.write_text("\n".join([head, *rows[::-1]]) + "\n")
    result = project.snakemake("--cores", "1")
    assert result.returncode == 0, result.stdout + result.stderr
    for name in ("images.parquet", "abundance.tsv", "clusters.tsv", "trend_tests.tsv"):
        one, other = (run.folder / "results" / "tables" / name for run in (expected, project))
        assert one.read_bytes() == other.read_bytes(), name
    assert not [*(project.folder / "results").rglob("*.tmp")]

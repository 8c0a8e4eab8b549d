"""The page's section on classes from labels."""

import re
from pathlib import Path

import pandas as pd
import pytest

from seston.report.figures.site_figures import SiteFigures
from seston.report.figures.studio import Drawn
from seston.report.page.embedded import figures_of
from synthetic_classifier import CLASSES, write_classifier
from synthetic_results import Site, write_results
from test_report import EVIL, Reader, drawn, table_of, words

DAYS = ("2024-05-01", "2024-05-02", "2024-05-04", "2024-05-05")
BAGS = Site("bags", ("bag 1", "bag 2"), DAYS, 25, 1.8, 0.5)
PUDDLE = Site("puddle", ("",), ("2024-05-03",), 20)
SETTINGS = {"calibration": "temperature", "prior": "em", "quantify": "em", "max_error": 0.02}


def build(folder: Path, *sites: Site, evil: str = "", **told) -> Path:
    given = write_results(
        folder / "in", sites=sites, clusters=5, attention=None, evil=evil, classify=SETTINGS
    )
    return drawn(
        given | write_classifier(folder / "in", given, evil=evil, **told), folder / "report",
        quick=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("classes"), BAGS, PUDDLE, evil=EVIL)


def section(page: Path, name: str) -> str:
    """Return the source of a section."""
    source = page.read_text(encoding="utf-8")
    return source.split(f'<section id="{name}">')[1].split("</section>")[0]


def test_the_summary_tells_how_far_classes_can_be_told_and_of_drift(page):
    told = section(page, "summary")
    assert "1,500 labelled images taught a classifier 9 classes" in told
    assert "In 2 of 9 samples the images are unlike the labelled ones." in told
    assert 'href="#classes"' in told


def test_answers_come_first_then_warnings_then_figures_then_tables(page):
    told = section(page, "classes")
    places = [told.index(one) for one in (
        'class="answers"', "Found well", "Before you use these counts", "How well each class is",
        "What is taken for what", "Is it as sure as it is right?", "Do the counts come out right?",
        "The most frequent classes through time, ", 'aria-label="Samples unlike',
        'aria-label="Classes from labels"', 'aria-label="Scores of the classifier"',
    )]  # fmt: skip
    assert places == sorted(places)


def test_every_class_has_its_row_with_its_verdict(page):
    rows = table_of(page, "Classes from labels")
    assert rows[0][:4] == ["class", "verdict", "labelled", "days"]
    told = {row[0].strip(): row for row in rows[1:]}
    assert set(told) - set(CLASSES) == {next(iter(told))}  # the first has the evil name
    assert told["nauplius"][1] == "cannot be judged" and told["nauplius"][3] == "1"
    assert told["Asterionella"][1] == "found well"
    shares = pd.read_csv(page.parents[1] / "in/classifier_classes.tsv", sep="\t", index_col="class")
    recall = shares.loc["Asterionella", "recall_corrected"]
    assert told["Asterionella"][5] == f"{100 * recall:.1f}\u202f%"


def test_drifted_samples_are_tabled_with_the_reason(page):
    rows = table_of(page, "Samples unlike the labelled images")
    assert [row[0] for row in rows[1:]] == ["puddle-all-2024-05-03-0", "bags-bag2-2024-05-05-0"]
    assert rows[1][4].startswith("far from all labels")


def test_the_course_of_a_drifted_site_says_so(page):
    told = section(page, "classes")
    bags, puddle = (told.index(f'id="figure-class_{one}') for one in ("curves_01", "dots_02"))
    assert "In 1 of 8 samples here the images are unlike" in told[bags:puddle]
    assert "In 1 of 1 sample here the images are unlike" in told[puddle:]


def test_every_figure_and_every_number_is_there(page):
    figures = {path.stem for path in (page.parent / "figures").glob("class_*.png")}
    whole = {"class_recall", "class_confusion", "class_reliability", "class_counts"}
    # Of the site with several days curves, of the other one dots.
    assert sorted(name[:13] for name in figures - whole) == ["class_curves_", "class_dots_02"]
    assert whole < figures
    for name in ("classifier_classes", "classifier_scores", "class_frequencies", "left_out"):
        told = pd.read_csv(page.parents[1] / f"in/{name}.tsv", sep="\t", keep_default_na=False)
        written = pd.read_csv(page.parent / f"data/{name}.csv", keep_default_na=False)
        assert written.columns.tolist() == told.columns.tolist()
        assert len(written) == len(told)
    heat = pd.read_csv(next((page.parent / "data").glob("heatmap_normalised_class_*.csv")))
    assert "NA" in set(heat["class"].fillna("NA"))


def test_evil_names_stay_text(page):
    reader = Reader(page)
    assert [tag for tag, given in reader.tags if "onerror" in given] == []
    assert "</script><img src=x onerror=document.title='evil'>" in words(page)


def test_the_figure_of_a_site_is_hidden_with_it():
    curves = {"recall": ["class_recall"], "curves b": ["class_curves_02_b"]}
    both = Drawn(sites=[SiteFigures("a"), SiteFigures("b")], classifier=curves)
    assert [figures_of(one, both) for one in both.sites] == [[], ["class_curves_02_b"]]


def test_methods_and_works_are_told(page):
    told = words(page)
    assert "A multinomial logistic regression learned 9 classes from 1,500 labelled images" in told
    assert "Saerens M., Latinne P., Decaestecker C. (2002)" in told


def test_every_link_to_a_section_leads_somewhere(page):
    source = page.read_text(encoding="utf-8")
    anchors = set(re.findall(r'href="#([\w-]+)"', source))
    assert "classes" in anchors
    assert anchors <= set(re.findall(r'id="([\w-]+)"', source))


def test_without_drift_it_says_so_and_warns_of_none(tmp_path):
    told = section(build(tmp_path, PUDDLE, drift=False), "classes")
    assert "No sample looks unlike the labelled images." in told
    assert "unlike the labelled images</b>" not in told


def test_without_a_classifier_there_is_no_section(tmp_path):
    given = write_results(tmp_path / "in", sites=(PUDDLE,), clusters=3, attention=None)
    page = drawn(given, tmp_path / "report", quick=True)
    source = page.read_text(encoding="utf-8")
    assert 'id="classes"' not in source and "Classes from labels" not in source
    assert not list((page.parent / "figures").glob("class_*"))

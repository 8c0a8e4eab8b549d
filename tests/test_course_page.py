"""The page's sections on trends, groups and community."""

import re
from pathlib import Path

import pandas as pd
import pytest

from seston.report.figures.site_figures import SiteFigures
from seston.report.figures.studio import Drawn
from seston.report.page.embedded import LADDER, shown_sites
from synthetic_course import write_course
from synthetic_findings import write_findings
from synthetic_results import Site, write_results
from test_report import EVIL, Reader, drawn, table_of, words

DAYS = ("2024-05-01", "2024-05-02", "2024-05-04", "2024-05-05")
BAGS = Site("bags", ("bag 1", "bag 2"), DAYS, 25, 1.8, 0.5)
PUDDLE = Site("puddle", ("",), ("2024-05-03",), 20)
NAMES = {0: "Dinobryon", 2: "Ceratium"}


def build(folder: Path, *sites: Site, evil: str = "", refused: bool = False) -> Path:
    given = write_results(folder / "in", sites=sites, clusters=5, attention=None, evil=evil)
    given |= write_findings(folder / "in", given, names=NAMES, sweep=False, evil=evil)
    course = write_course(folder / "in", given, refused=refused, evil=evil)
    return drawn(given | course, folder / "report", quick=True)


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("course"), BAGS, evil=EVIL)


def section(page: Path, name: str) -> str:
    """Return the source of a section."""
    source = page.read_text(encoding="utf-8")
    return source.split(f'<section id="{name}">')[1].split("</section>")[0]


def test_the_summary_tells_what_changed_before_any_figure(page):
    told = section(page, "summary")
    assert "1 of 4 classes rise and 1 fall; " in told and "; the groups differ in 1 class." in told
    assert 'href="#trends"' in told


def test_the_answer_comes_first_then_the_warnings_then_the_figures(page):
    told = section(page, "trends")
    places = [told.index(one) for one in (
        'class="answers"', "Tests made here", "Before you believe a trend", "The succession.",
        "What rises and what falls.", 'aria-label="Trends at',
    )]  # fmt: skip
    assert places == sorted(places)


def test_trends_are_tabled_with_intervals_and_flags(page):
    rows = table_of(page, f"Trends at bags{EVIL}")
    assert rows[0][:4] == ["class", "verdict", "change a day", "q"]
    assert rows[1][1:3] == ["↗ rises", "+5.1\u202f% +3.0\u202f% to +7.3\u202f%"]
    assert rows[1][-1] == "vanishes"
    assert rows[2][1] == "↘ falls"
    assert rows[-1][1:3] == ["refused", "–"]


def test_groups_and_community_are_told(page):
    groups, community = section(page, "groups"), section(page, "community")
    assert "since 2024-05-02: most in bag 2" in groups
    assert "No difference shown" in groups
    assert "groups differ in composition (PERMANOVA p = 0.004" in community
    assert "PERMDISP p = 0.31" in community
    assert "not tested (too few periods" in community


def test_every_table_is_in_the_data_whole(page):
    tables = {path.stem for path in (page.parent / "data").glob("*.csv")}
    assert {"trend_tests", "timing", "harmonics", "groups", "curves", "diversity"} <= tables
    told = pd.read_csv(page.parents[1] / "in/trend_tests.tsv", sep="\t")
    written = pd.read_csv(page.parent / "data/trend_tests.csv")
    pd.testing.assert_series_equal(written["q"], told["q"])
    assert len(written) == len(told) == 3 * 5 + 1  # classes at the site, in two groups; rejects


def test_each_figure_that_applies_is_in_the_page(page):
    names = [a["id"] for tag, a in Reader(page).tags if tag == "figure" and "id" in a]
    for kind in ("succession", "days", "slopes", "groups", "diversity", "ordination", "turnover"):
        assert any(name.startswith(f"figure-{kind}_01") for name in names), kind
    days = next((page.parent / "figures").glob("days_01_*.webp"))
    assert f'href="figures/{days.name}"' in section(page, "trends")


def test_text_from_the_tables_stays_text(page):
    source = page.read_text(encoding="utf-8")
    assert "<img src=x" not in source
    for tag, attributes in Reader(page).tags:
        for name in ("src", "href"):
            target = attributes.get(name) or "#"
            pages = ("index.html", "map.html", "label.html")
            assert target.startswith(("data:", "#", "figures/", "data/", *pages)), (tag, target)
            if target.startswith(("figures/", "data/")) and not target.endswith(".pdf"):
                assert (page.parent / target).exists(), target
        assert tag != "img" or len(attributes["alt"] or "") > 20


def test_without_its_pictures_the_page_is_small(page):
    bare = re.sub(r'src="data:[^"]*"', "", page.read_text(encoding="utf-8"))
    assert len(bare.encode()) < 1.5e6


def test_methods_are_told_by_the_stages_and_cited(page):
    told = section(page, "methods")
    for one in ("Slopes are of Sen", "A spline of time", "Equal effort", "Benjamini Y., Yekut"):
        assert one in told


def test_one_period_is_no_trend_and_reads_well(tmp_path):
    page = build(tmp_path, PUDDLE, refused=True)
    text, told = words(page), section(page, "trends")
    assert "No trend was tested here: that takes 10 sampled periods." in text
    assert "classes were not tested: fewer than 10 sampled periods (1 at most here)." in told
    assert "Before you believe" not in told
    assert "<table>" not in told
    assert "<figure" not in told
    assert 'id="groups"' not in page.read_text(encoding="utf-8")


def test_so_many_figures_that_none_could_be_read_are_left_beside_the_page():
    sites = [SiteFigures(str(n), effort=f"effort_{n}") for n in range(20)]
    few, much = Drawn(sites=sites), Drawn(sites=sites)
    much.course = {
        str(n): {"slopes": [f"slopes_{n}_{part}" for part in range(49)]} for n in range(20)
    }
    assert len(shown_sites(few, LADDER[0])) == LADDER[0].sites == 12
    assert len(shown_sites(much, LADDER[0])) == 2  # 50 figures of each site, at most 120
    much.course = {"0": {"slopes": [str(n) for n in range(500)]}}
    assert len(shown_sites(much, LADDER[0])) == 1

"""Snakemake's own report of a finished run: figures, tables and captions, and no network."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from browser import asked, needs_browser, open_page
from conftest import REPOSITORY

RULES = "\n".join(path.read_text() for path in (REPOSITORY / "workflow/rules").glob("*.smk"))


@pytest.fixture(scope="module")
def packed(finished, tmp_path_factory) -> Path:
    """The unpacked zip of a finished run; beside it, the run."""
    folder = tmp_path_factory.mktemp("snakemake-report")
    result = finished.snakemake("--report", str(folder / "report.zip"))
    assert result.returncode == 0, result.stdout + result.stderr
    with zipfile.ZipFile(folder / "report.zip") as zipped:
        zipped.extractall(folder)
    return folder / "report"


@pytest.fixture(scope="module")
def held(packed) -> dict[str, dict]:
    """Return what the report's page holds of each result, by its path."""
    page = (packed / "report.html").read_text()
    block = re.search(r"var results = (\{.*?\});\s*\n", page, re.DOTALL)
    return json.loads(block[1])


def test_every_figure_has_a_title_a_chapter_and_a_caption(finished, held):
    drawn = sorted(finished.folder.glob("results/report/figures/*.png"))
    assert len(drawn) > 20
    for path in drawn:
        shown = held[str(path.relative_to(finished.folder))]
        assert shown["labels"]["figure"] != path.stem, "a figure that shown.smk does not know"
        # The first paragraph is its own, the last one that of all figures.
        first, *_, last = re.findall(r"<p>(.*?)</p>", shown["caption"], re.DOTALL)
        assert first != last and "results/report/data" in last, path.stem


def test_every_table_has_a_title_and_a_caption(finished, held):
    for path in finished.folder.glob("results/tables/*.tsv"):
        shown = held[str(path.relative_to(finished.folder))]
        assert shown["labels"]["table"] and len(shown["caption"]) > 100, path.name


def test_no_caption_has_a_mistake_and_no_page_is_missing(held):
    for path, shown in held.items():
        assert shown["caption"].strip(), path
        assert "system-message" not in shown["caption"], path
        assert "{" not in shown["caption"], path
    pages = {path: shown["labels"]["page"] for path, shown in held.items() if "html" in path}
    assert pages == {
        "results/report/index.html": "Report",
        "results/report/map.html": "Map of all organisms",
        "results/report/label.html": "Naming and checking clusters",
    }


def test_every_table_that_a_rule_marks_has_its_caption():
    marked = re.findall(r"table\(\s*\"[^\"]*/([^\"/]+)\.tsv\"", RULES)
    captions = {path.stem for path in (REPOSITORY / "workflow/report/tables").glob("*.rst")}
    assert len(marked) == len(set(marked)) > 25
    assert set(marked) == captions


def test_every_kind_of_figure_has_its_caption():
    kinds = re.findall(r'^    "(\w+)": \("', RULES, re.MULTILINE)
    captions = (REPOSITORY / "workflow/report/figures.rst").read_text()
    assert len(kinds) > 20
    assert set(kinds) == set(re.findall(r'^  "(\w+)": ', captions, re.MULTILINE)) | {
        "diversity_clusters"  # the same caption
    }


@needs_browser
def test_the_report_opens_without_network_and_shows_pages_and_figures(packed, tmp_path):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    page = packed / "report.html"
    browser = open_page(page, tmp_path / "profile")
    try:
        wait = WebDriverWait(browser, 20)

        def press(place: str, number: int = 0) -> None:
            wait.until(lambda _: browser.find_elements(By.XPATH, place))[number].click()

        def press_row(text: str, icon: int) -> None:
            """Press the eye (0) or the (i) (1) in the row of this text."""
            press(f"//tr[td[normalize-space()='{text}']]//a", icon)

        assert "one row per organism" in browser.find_element(By.TAG_NAME, "body").text
        for text in ("Figures", "2 Through time"):
            press(f"//nav//a[normalize-space()='{text}']")
        press_row("Succession: who comes early, who late", 0)
        picture = wait.until(
            lambda _: browser.find_element(By.CSS_SELECTOR, "img[src*='succession']")
        )
        wait.until(lambda _: picture.get_property("naturalWidth") > 500)
        press_row("Succession: who comes early, who late", 1)
        wait.until(lambda _: "with typical organisms" in browser.page_source)
        browser.get(page.as_uri())
        press("//nav//a[normalize-space()='Report']")
        press_row("Report", 0)
        wait.until(lambda _: browser.find_element(By.CSS_SELECTOR, "iframe[src*='index.html']"))
        browser.switch_to.frame(browser.find_element(By.CSS_SELECTOR, "iframe"))
        wait.until(lambda _: "Plankton through time" in browser.page_source)
        # Files lie apart here: no link leads to one that is not beside the page.
        assert browser.find_element(By.ID, "apart").is_displayed()
        links = "return [...document.links].map((link) => link.getAttribute('href'))"
        assert {link[0] for link in browser.execute_script(links)} == {"#"}
        wanted = asked(browser.get_log("performance"), page)
        assert not [address for address in wanted if not address.startswith(("file:", "data:"))]
        severe = [one for one in browser.get_log("browser") if one["level"] == "SEVERE"]
        assert not severe
    finally:
        browser.quit()

"""From page to page in real browsers, all opened from files: a row of links, and the light."""

from pathlib import Path

import pytest

from bidi import Page
from browser import needs_browser
from chromium import open_chromium
from firefox import needs_firefox, open_firefox
from label_pages import write_page
from seston.report.locked import locked_page
from seston.report.map.stage import map_page
from synthetic_map import organisms, write_map_run

GROUND = "getComputedStyle(document.body).backgroundColor"
DARK = "rgb(15, 22, 25)"
HERE = "document.querySelector('.pages [aria-current]')"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(open_firefox, marks=needs_firefox, id="firefox"),
        pytest.param(open_chromium, marks=needs_browser, id="chromium"),
    ],
)
def browser(request, tmp_path_factory):
    profile, downloads = tmp_path_factory.mktemp("profile"), tmp_path_factory.mktemp("downloads")
    browser = request.param(profile, downloads)
    browser.size(1366, 768)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The map of one run, the naming page of another, and a page that is only a row of links."""
    run = tmp_path_factory.mktemp("run") / "results"
    naming, _ = write_page(run)
    given = write_map_run(tmp_path_factory.mktemp("map"), organisms({"a": ["1", "2", "3"]}))
    map_page(**given | {"html": naming.with_name("map.html")})
    templates = tmp_path_factory.mktemp("templates")
    (templates / "index.css").write_text("")
    (templates / "index.html.j2").write_text(
        "<!doctype html><style>{{ style }}</style><header class=top>"
        '{% include "pages.html.j2" %}<button id=light hidden>Light or dark</button></header>'
        "<a id=deep href='map.html#cluster=1'>map</a><script>{{ script }}"
        "window.__ready = true</script>"
    )
    text = locked_page(templates, "index", {}, [])
    naming.with_name("index.html").write_text(text, encoding="utf-8")
    return naming.parent


@pytest.fixture
def page(browser, folder) -> Page:
    browser.open(folder / "index.html")
    browser.value("localStorage.clear()")
    for name in ("map", "label"):  # where each page is a place of its own
        browser.open(folder / f"{name}.html")
        browser.value("localStorage.clear()")
    browser.open(folder / "index.html")
    browser.errors.clear()
    return browser


def follow(page: Page, selector: str, to: str) -> None:
    page.click(selector)
    page.wait(f"location.pathname.endsWith('/{to}') && window.__ready === true", 30)


def test_the_row_stands_at_the_same_place_and_says_where_one_is(page, folder):
    boxes = []
    for name, word in (("index", "Report"), ("map", "Map"), ("label", "Names")):
        page.open(folder / f"{name}.html")
        assert page.value(f"{HERE}.textContent") == word
        links = "[...document.querySelectorAll('.pages a')].map((a) => a.textContent)"
        assert page.value(links) == ["Report", "Map", "Names"]
        box = page.value("document.querySelector('.pages').getBoundingClientRect().toJSON()")
        boxes.append((box["x"], box["y"], box["width"]))
    assert boxes[0] == boxes[1] == boxes[2]
    assert boxes[0][1] < 20 and boxes[0][0] < 20


def test_what_was_chosen_on_one_page_holds_on_the_others(page):
    assert page.value(GROUND) != DARK
    page.click("#light")
    assert page.value(GROUND) == DARK
    follow(page, ".pages [href^=label]", "label.html")
    assert page.value(GROUND) == DARK
    page.value("() => { document.querySelector('.pages [href^=map]').focus(); }", 0)
    page.press("Enter")
    page.wait("location.pathname.endsWith('/map.html') && window.__ready === true", 30)
    assert page.value(GROUND) == DARK
    page.click("#light")
    assert page.value(GROUND) != DARK
    page.value("location.reload()")
    page.wait("performance.getEntriesByType('navigation')[0].type === 'reload' && window.__ready")
    assert page.value(GROUND) != DARK
    follow(page, ".pages [href^=index]", "index.html")
    assert page.value(GROUND) != DARK
    assert page.errors == []


def test_a_place_in_another_page_is_kept_with_the_choice(page):
    page.click("#light")
    follow(page, "#deep", "map.html")
    assert page.value("[location.search, location.hash]") == ["?light=dark", "#cluster=1"]
    assert page.value("seston.map.colouring.name") == "cluster"


def test_names_given_in_the_browser_are_there_whichever_link_led_to_them(page, folder):
    follow(page, ".pages [href^=label]", "label.html")
    page.press("/", *"Dinobryon", "Enter")
    page.wait("Seston.journal.actions.length === 1")
    page.open(folder / "index.html")
    page.click("#light")
    follow(page, ".pages [href^=label]", "label.html")
    assert page.value("location.search") == "?light=dark"
    assert page.value("[...Seston.state.names.values()].map((row) => row.name)") == ["Dinobryon"]
    assert page.errors == []

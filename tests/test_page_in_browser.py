"""The report in a real browser, opened from a file with the network cut off."""

from pathlib import Path

import pytest

from browser import asked, needs_browser, open_page
from synthetic_classifier import write_classifier
from synthetic_course import write_course
from synthetic_findings import write_findings
from synthetic_results import Site, write_results
from test_report import EVIL, drawn

pytestmark = needs_browser

SHORE = Site("shore", ("",), ("2020-01-06", "2020-01-13", "2020-01-20"), 20, 2.0, 0.5)


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    given = write_results(folder / "in", sites=(SHORE,), clusters=3, evidence="worse", evil=EVIL)
    given |= write_findings(folder / "in", given, names={0: "Dinobryon"}, drift=True, evil=EVIL)
    given |= write_course(folder / "in", given, evil=EVIL)
    given |= write_classifier(folder / "in", given, evil=EVIL)
    return drawn(given, folder / "report")


@pytest.fixture(scope="module")
def browser(page, tmp_path_factory):
    browser = open_page(page, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def logs(browser) -> dict[str, list]:
    """What the browser noted while it opened the page; reading it empties the log."""
    return {kind: browser.get_log(kind) for kind in ("browser", "performance")}


def test_no_error_in_the_console(logs):
    assert [entry["message"] for entry in logs["browser"]] == []


def test_nothing_is_asked_from_outside(logs, page):
    found = asked(logs["performance"], page)
    assert page.as_uri() in found
    assert [url for url in found if not url.startswith((page.as_uri(), "data:"))] == []


def test_every_picture_is_there(browser):
    widths = browser.execute_script("return [...document.images].map(i => i.naturalWidth)")
    assert len(widths) >= 8
    assert min(widths) > 0


def test_evil_names_change_nothing(browser):
    assert browser.title == "Plankton through time"
    for section in ("quality", "time", "evidence", "trust", "strangest", "drift", "classes"):
        text = browser.execute_script(f"return document.getElementById('{section}').innerText")
        assert "<img src=x onerror=document.title='evil'>" in text, section


def test_nothing_is_wider_than_the_screen(browser):
    browser.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")
    for width in (1366, 683, 480):  # 683: the first, at 200 %
        browser.set_window_size(width, 768)
        inside, page = browser.execute_script(
            "return [document.documentElement.clientWidth, document.documentElement.scrollWidth]"
        )
        assert page <= inside, width
    browser.set_window_size(1366, 768)
    browser.execute_script("for (const d of document.querySelectorAll('details')) d.open = false")


def test_a_worse_model_is_told_of_before_any_scrolling(browser):
    browser.execute_script("scrollTo(0, 0)")
    box = browser.find_element("css selector", "#summary .warning")
    assert box.is_displayed()
    assert box.rect["y"] + box.rect["height"] < 768
    assert "Training on these images made the model worse." in box.text


def test_heads_of_the_attention_unfold_by_keyboard(browser):
    from selenium.webdriver.common.keys import Keys

    [summary] = [
        one
        for one in browser.find_elements("css selector", "#model summary")
        if one.text == "Each head by itself"
    ]
    picture = browser.find_element("css selector", "#figure-attention_heads img")
    assert not picture.is_displayed()
    summary.send_keys(Keys.ENTER)
    assert picture.is_displayed()
    summary.send_keys(Keys.ENTER)
    assert not picture.is_displayed()


def test_cards_can_be_sorted_and_found_by_keyboard(browser):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select

    def shown(name: str) -> list[int]:
        return browser.execute_script(
            "return [...document.querySelectorAll('#cluster-grid > li')]"
            f".filter(c => c.checkVisibility()).map(c => Number(c.dataset.{name}))"
        )

    assert shown("count") == sorted(shown("count"), reverse=True)
    Select(browser.find_element(By.ID, "order")).select_by_value("size")
    assert shown("size") == sorted(shown("size"))
    Select(browser.find_element(By.ID, "order")).select_by_value("count")
    assert shown("count") == sorted(shown("count"), reverse=True)
    find = browser.find_element(By.ID, "find")
    find.send_keys("2")
    assert shown("cluster") == [2]
    find.send_keys("9")
    assert shown("cluster") == []
    assert "29" in browser.find_element(By.ID, "found").text


def test_cards_can_be_chosen_by_flag_group_and_name(browser):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select

    def shown() -> list[int]:
        return browser.execute_script(
            "return [...document.querySelectorAll('#cluster-grid > li')]"
            ".filter(c => c.checkVisibility()).map(c => Number(c.dataset.cluster)).sort()"
        )

    find, show = browser.find_element(By.ID, "find"), Select(browser.find_element(By.ID, "show"))
    find.clear()
    find.send_keys("dino")
    assert shown() == [0]
    find.clear()
    find.send_keys(" ")
    assert shown() == [0, 1, 2]
    for value, left in (("flag:one_day", [1]), ("flag:", [0]), ("coarse:2", [2]), ("", [0, 1, 2])):
        show.select_by_value(value)
        assert shown() == left, value
    show.select_by_value("flag:one_day")
    assert browser.find_element(By.ID, "found").text == "1 of 3 cards"
    # A link to a card that is hidden brings it back.
    browser.execute_script("document.querySelector('#trust a[href=\"#cluster-2\"]').click()")
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert shown() == [0, 1, 2]


def test_a_card_unfolds_by_keyboard_by_a_link_and_with_all_others(browser):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    def folded() -> list[bool]:
        cards = "[...document.querySelectorAll('#cluster-grid .foot > details')]"
        return browser.execute_script(f"return {cards}.map(card => !card.open)")

    def boards() -> list[str]:
        shown = browser.find_elements(By.CSS_SELECTOR, "#cluster-2 figcaption")
        return [one.text.split(maxsplit=1)[1] for one in shown if one.is_displayed()]

    unfold = browser.find_element(By.ID, "unfold")
    if unfold.text == "Unfold all":  # an earlier test folded what was open
        unfold.send_keys(Keys.ENTER)
    assert folded() == [False] * 3
    assert unfold.text == "Fold all"
    unfold.send_keys(Keys.ENTER)
    assert folded() == [True] * 3
    # What a cluster is judged by is always there.
    assert boards() == ["drawn at random"]
    browser.find_element(By.CSS_SELECTOR, "#cluster-2 .foot summary").send_keys(Keys.ENTER)
    assert boards() == ["drawn at random", "most typical"]
    unfold.send_keys(Keys.ENTER)
    unfold.send_keys(Keys.ENTER)
    browser.execute_script("location.hash = ''; location.hash = 'cluster-2'")
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert sorted(folded()) == [False, True, True]
    unfold.send_keys(Keys.ENTER)


def test_the_strangest_lead_to_their_places_on_the_map(browser):
    pairs = browser.execute_script(
        "const told = (one, link) =>"
        " [link.className, decodeURIComponent(link.hash), one.querySelector('.id').innerText];"
        "return [...document.querySelectorAll('#strangest li')].map(one =>"
        " [...one.querySelectorAll('a[href^=map]')].map(link => told(one, link)))"
    )
    assert len(pairs) > 2
    for picture, name in pairs:
        assert picture == ["picture", f"#id={name[2]}", name[2]]
        assert name == ["", f"#id={name[2]}", name[2]]


def test_every_section_can_be_reached_at_1366_px(browser):
    links = browser.find_elements("css selector", "#sections a")
    assert len(links) == len(browser.find_elements("css selector", "main > section"))
    assert len(links) >= 14
    high = browser.execute_script("return innerHeight")
    for link in links:
        box = browser.execute_script("return arguments[0].getBoundingClientRect()", link)
        assert link.is_displayed()
        assert 0 <= box["top"] < box["bottom"] <= high
        assert browser.find_elements("css selector", link.get_dom_attribute("href"))


def test_the_section_being_read_is_marked(browser):
    browser.execute_script(
        "document.documentElement.style.scrollBehavior = 'auto';"
        "document.getElementById('clusters').scrollIntoView()"
    )
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    [current] = browser.find_elements("css selector", "#sections a[aria-current]")
    assert current.text == "Clusters"
    browser.execute_script("scrollTo(0, 0)")


def test_on_a_narrow_screen_the_sections_unfold_by_keyboard(browser):
    from selenium.webdriver.common.keys import Keys

    browser.set_window_size(683, 768)
    menu = browser.find_element("id", "menu")
    link = browser.find_element("css selector", "#sections a")
    assert not link.is_displayed()
    menu.send_keys(Keys.ENTER)
    assert link.is_displayed()
    assert menu.get_dom_attribute("aria-expanded") == "true"
    link.send_keys(Keys.ESCAPE)
    assert not link.is_displayed()
    assert browser.switch_to.active_element == menu
    browser.set_window_size(1366, 768)
    assert not menu.is_displayed()
    assert link.is_displayed()


def test_a_table_is_ordered_by_its_heads(browser):
    def column() -> list[float]:
        return browser.execute_script(
            "return [...document.querySelectorAll('table.sortable tbody tr')]"
            ".map(row => Number(row.cells[4].textContent.replaceAll(',', '')))"
        )

    first = column()
    head = browser.find_element("css selector", "table.sortable th:nth-child(5)")
    button = head.find_element("css selector", "button")
    assert button.text == "listed"
    for order, expected in (
        ("descending", sorted(first, reverse=True)), ("ascending", sorted(first)), (None, first),
    ):  # fmt: skip
        button.click()
        assert head.get_dom_attribute("aria-sort") == order
        assert column() == expected
    assert len(set(first)) > 1


def test_the_methods_can_be_copied_or_are_marked(browser):
    copy = "return document.getElementById('methods-text').innerText"
    text = browser.execute_script(copy)
    browser.execute_script(
        "Object.defineProperty(navigator, 'clipboard',"
        " {value: {writeText: async (text) => { window.copied = text; }}, configurable: true})"
    )
    button = browser.find_element("id", "copy")
    button.click()
    assert browser.find_element("id", "copied").text == "Copied."
    copied = browser.execute_script("return window.copied")
    assert "Images of 3 samples" in copied
    assert "\n\nReferences\n\nAbnar S., Zuidema W. (2020)" in copied
    browser.execute_script(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})"
    )
    button.click()
    assert "press Ctrl+C" in browser.find_element("id", "copied").text
    marked = browser.execute_script("return getSelection().toString()")
    assert " ".join(marked.split()) == " ".join(text.split())


def test_cards_lead_to_map_and_naming(browser):
    links = [
        link.get_dom_attribute("href")
        for link in browser.find_elements("css selector", "#cluster-1 .links a")
    ]
    assert links == ["map.html#cluster=1", "label.html#cluster=1"]


def test_light_and_dark_can_be_changed(browser):
    from selenium.webdriver.common.by import By

    def ground() -> str:
        return browser.execute_script("return getComputedStyle(document.body).backgroundColor")

    before = ground()
    browser.find_element(By.ID, "light").click()
    assert ground() != before
    browser.find_element(By.ID, "light").click()
    assert ground() == before


def test_folded_text_is_unfolded_on_paper(browser):
    closed = "return document.querySelectorAll('details:not([open])').length"
    assert browser.execute_script(closed) > 0
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script(closed) == 0

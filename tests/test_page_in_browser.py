"""The report in a real browser, opened from a file with the network cut off."""

import json
import shutil
from pathlib import Path

import pytest

from synthetic_results import Site
from test_report import EVIL, build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="needs chromium and chromedriver on the PATH"
)

SHORE = Site("shore", ("",), ("2020-01-06", "2020-01-13", "2020-01-20"), 20, 2.0, 0.5)
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1366,768",
)  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("page"), sites=(SHORE,), clusters=3, evil=EVIL)


@pytest.fixture(scope="module")
def browser(page, tmp_path_factory):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    driver.get(page.as_uri())
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def logs(browser) -> dict[str, list]:
    """What the browser noted while it opened the page; reading it empties the log."""
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    return {kind: browser.get_log(kind) for kind in ("browser", "performance")}


def test_no_error_in_the_console(logs):
    assert [entry["message"] for entry in logs["browser"]] == []


def test_nothing_is_asked_from_outside(logs, page):
    messages = [json.loads(entry["message"])["message"] for entry in logs["performance"]]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
        and message["params"]["documentURL"].startswith(page.as_uri())  # not the browser's own tab
    ]
    assert page.as_uri() in asked
    assert [url for url in asked if not url.startswith((page.as_uri(), "data:"))] == []


def test_every_picture_is_there(browser):
    widths = browser.execute_script("return [...document.images].map(i => i.naturalWidth)")
    assert len(widths) >= 8
    assert min(widths) > 0


def test_evil_names_change_nothing(browser):
    assert browser.title == "Plankton through time"
    text = browser.execute_script("return document.getElementById('quality').innerText")
    assert "<img src=x onerror=document.title='evil'>" in text


def test_nothing_is_wider_than_the_screen(browser):
    for width in (1366, 480):
        browser.set_window_size(width, 768)
        inside, page = browser.execute_script(
            "return [document.documentElement.clientWidth, document.documentElement.scrollWidth]"
        )
        assert page <= inside, width
    browser.set_window_size(1366, 768)


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

"""The naming page as `seston label` serves it: every image, and every action saved at once."""

import errno
import threading

import pytest

from browser import needs_browser
from chromium import open_chromium
from label_pages import write_page
from naming_run import CLUSTERING
from seston.label.api import Api
from seston.label.book import Book
from seston.label.journal import Journal
from seston.label.server import open_gallery
from seston.label.site import Site
from seston.labels.table import read_labels
from seston.naming.names import read_names

pytestmark = needs_browser

TOLD = "document.getElementById('told').textContent"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    results = tmp_path_factory.mktemp("run") / "results"
    _, images = write_page(results)
    return results, images, open_gallery(results)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = open_chromium(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def served(run, browser, tmp_path):
    """The page, and the book that the server keeps."""
    results, _, gallery = run
    names, labels = tmp_path / "names.tsv", tmp_path / "labels.tsv"
    with Book(CLUSTERING, 3, gallery.unknown, names, labels, "AB") as book:
        site = Site(Api(book, gallery), results / "report")
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        browser.site = site
        try:
            browser.open(site.url)
            yield browser, book
        finally:
            site.shutdown()
            site.server_close()
            thread.join()


def shown(page):
    return page.value("Seston.view.images.map(({ id }) => id)")


def test_a_name_is_in_the_file_before_the_page_says_so(served):
    page, book = served
    page.press("/", *"Dinobryon", "Enter")
    page.wait(f"{TOLD}.endsWith('Saved.')")
    [row] = read_names(book.names).rows
    assert (row.cluster, row.name, row.status, row.annotator) == (2, "Dinobryon", "validated", "AB")
    assert page.value("document.getElementById('annotator').readOnly")
    page.click("#undo")
    page.wait(f"{TOLD}.startsWith('Undone')")
    assert read_names(book.names).rows == ()
    page.click("#files-open")
    assert str(book.names) in page.value("document.getElementById('saved-in').textContent")
    page.press("Escape")


def test_a_new_start_opens_the_first_that_is_to_do(served):
    page, _ = served
    page.press("/", *"Dinobryon", "Enter")
    page.wait("Seston.view.one.cluster === 1 && Seston.view.images.length")
    page.open("about:blank", ready=False)
    page.open(page.site.url)
    assert page.value("Seston.view.one.cluster") == 1
    page.open("about:blank", ready=False)
    page.open(f"{page.site.url}#cluster=2")  # the address says which
    assert page.value("Seston.view.one.cluster") == 2


def test_all_images_page_by_page_each_with_its_picture(served, run):
    page, _ = served
    images = run[1]
    mine = images[images["cluster"] == 2].sort_values("distance")["image_id"].tolist()
    found = shown(page)
    for number in (1, 2):
        page.press("]")
        page.wait(f"Seston.view.page === {number} && Seston.view.images.length")
        found += shown(page)
    assert found == mine and len(mine) == 130
    assert "129–130 of 130" in page.value("document.getElementById('of').textContent")
    assert page.value("document.getElementById('on').disabled")
    page.press("4")
    page.wait("Seston.view.order === 'odd' && Seston.view.images.length === 64")
    assert shown(page) == mine[::-1][:64]
    seen = page.value(
        """(async () => {
          const { sheet } = Seston.view, all = new Image();
          all.src = sheet.url;
          await all.decode();
          const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
          canvas.width = canvas.height = 512;
          pen.drawImage(all, 0, 0);
          return Seston.view.images.map(({ place: p }) =>
            pen.getImageData((p % 8) * 64 + 32, Math.floor(p / 8) * 64 + 32, 1, 1).data[0]);
        })()"""
    )
    grey = images.set_index("image_id")["grey"]
    assert all(abs(a - b) <= 3 for a, b in zip(seen, grey[mine[::-1][:64]], strict=True))


def test_split_out_and_grow_page_after_page(served, run):
    page, book = served
    page.value("Seston.open(0)")
    page.press("g")
    page.wait("Seston.view.order === 'near' && Seston.view.images.length === 64")
    page.press("/", *"Rotifer", "Enter")  # it stays: the page is accepted by this name
    page.wait("Seston.state.names.size === 1")
    first = shown(page)
    near = run[1].set_index("image_id")["cluster"]
    assert set(near[first[:9]]) == {1} and set(near[first[9:]]) == {2}
    page.click("#images > :nth-child(1)")
    page.press("f")
    page.wait(
        "Seston.state.labels.size === 63 && !Seston.state.labels.has(Seston.view.images[1].id)"
    )
    assert read_labels(book.labels) == dict.fromkeys(first[1:], "Rotifer")
    second = shown(page)
    assert not set(second) & set(first) and len(second) == 63  # the refused one is passed by
    page.click("#images > :nth-child(2)")
    page.press("n")  # none of these
    page.wait("Seston.view.passed.size === 64 && Seston.view.images.length === 12")
    assert not set(shown(page)) & {*first, *second}
    third = shown(page)
    page.press("1")
    page.wait("Seston.view.order === 'typical' && Seston.view.images.length === 5")
    page.press("g")  # it goes on where one was
    page.wait("Seston.view.order === 'near' && Seston.view.images.length")
    assert shown(page) == third
    page.press("n")
    page.wait("document.getElementById('of').textContent.includes('all looked at')")
    page.press("1")
    page.wait("Seston.view.order === 'typical' && Seston.view.images.length === 5")
    page.click("#images > :nth-child(1)")
    page.press("s", *"Bosmina", "Enter")
    page.wait(f"{TOLD}.includes('Bosmina')")
    assert read_labels(book.labels)[shown(page)[0]] == "Bosmina"


def test_a_full_disk_is_told_and_nothing_pretends_to_be_saved(served, monkeypatch):
    page, book = served

    def full(self, actions):
        raise OSError(errno.ENOSPC, "No space left on device", str(book.names))

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "save", full)
        page.press("/", *"Dinobryon", "Enter")
        page.wait(f"{TOLD}.includes('nothing was saved')")
    assert "No space left on device" in page.value(TOLD)
    assert page.value("Seston.state.names.size") == 0 and not book.names.exists()
    assert page.value("document.getElementById('name').value") == "Dinobryon"
    page.press("Enter")  # there is space again
    page.wait("Seston.state.names.size === 1")
    assert len(read_names(book.names).rows) == 1


def test_what_another_window_said_is_shown(served):
    page, book = served
    book.save([{"verb": "name", "cluster": 1, "name": "Ceratium", "aphia_id": None}])
    page.value("void dispatchEvent(new Event('focus'))")
    page.wait("Seston.state.names.get(1)?.name === 'Ceratium'")
    assert "Ceratium" in page.value("document.getElementById('list').textContent")


def test_a_table_edited_meanwhile_is_shown_when_one_comes_back(served):
    page, book = served
    page.press("/", *"Dinobrion", "Enter")
    page.wait(f"{TOLD}.endsWith('Saved.')")
    page.press("p")
    page.wait("Seston.view.one.cluster === 2")
    book.names.write_text(book.names.read_text().replace("Dinobrion", "Dinobryon"))
    page.value("void dispatchEvent(new Event('focus'))")
    page.wait("Seston.state.names.get(2).name === 'Dinobryon'")
    # What was not typed here is no word against it.
    assert page.value("document.getElementById('name').value") == "Dinobryon"
    assert page.value(TOLD).startswith("1 change made elsewhere")


def test_an_answer_from_before_an_action_does_not_hide_it(served):
    page, _ = served
    page.value(
        """void (() => {
          const real = fetch;
          globalThis.fetch = async (path, options) => {
            const answer = await real(path, options);
            if (path === "api/journal") await new Promise((then) => setTimeout(then, 400));
            return answer;
          };
        })()"""
    )
    page.value("void dispatchEvent(new Event('focus'))")  # a click into the window, at once saved
    page.press("j")
    page.wait(f"{TOLD}.endsWith('Saved.')")
    page.value("new Promise((then) => setTimeout(then, 500))")
    assert page.value("Seston.state.names.get(2)?.name") == "junk"


def test_a_key_pressed_twice_decides_nothing_that_nobody_saw(served):
    page, book = served
    page.press("j", "j", "f")
    page.wait("Seston.view.one.cluster === 1 && Seston.view.images.length")
    page.value("new Promise((then) => setTimeout(then, 200))")
    assert [action["cluster"] for action in book.actions] == [2]
    page.press("j")
    page.wait("Seston.state.names.size === 2")


def test_a_server_that_is_gone_is_told(served):
    page, _ = served
    page.site.shutdown()
    page.site.server_close()
    page.value("void (globalThis.fetch = () => Promise.reject(new TypeError('refused')))")
    page.press("/", *"Dinobryon", "Enter")
    page.wait(f"{TOLD}.includes('the server does not answer')")
    assert page.value("Seston.state.names.size") == 0
    page.press("Escape", "Escape", "u")
    page.value("Seston.open(1)")  # nothing of another cluster stands under its number
    assert page.value("document.getElementById('of').textContent").endswith("could not be read.")
    assert page.value("document.querySelectorAll('#images > *').length") == 0

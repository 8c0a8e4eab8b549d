"""The naming page opened from a file, in both browsers, with the network cut off."""

import json
import random
import time
from pathlib import Path

import pytest

from browser import needs_browser
from chromium import open_chromium
from firefox import needs_firefox, open_firefox
from label_pages import EVIL, arguments, write_page
from naming_run import CLUSTERING, write_names
from seston.label.page import label_page
from seston.label.state import fold
from seston.label.tables import labels_table, names_table, read_names_table, start_actions
from seston.labels.table import read_labels
from seston.naming.names import read_names
from seston.naming.rows import STATUS
from seston.schemas import FORMAT

TOLD = "document.getElementById('told').textContent"
SHARE = "document.getElementById('share').textContent"
OPEN = "Seston.view.one.cluster"
BROWSERS = [
    pytest.param(open_firefox, marks=needs_firefox, id="firefox"),
    pytest.param(open_chromium, marks=needs_browser, id="chromium"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    results = tmp_path_factory.mktemp("run") / "results"
    return results, *write_page(results)


@pytest.fixture(scope="module", params=BROWSERS)
def browser(request, tmp_path_factory):
    profile, downloads = tmp_path_factory.mktemp("profile"), tmp_path_factory.mktemp("downloads")
    browser = request.param(profile, downloads)
    browser.downloads = downloads
    browser.size(1366, 768)
    yield browser
    browser.close()


@pytest.fixture
def page(browser, run):
    """The page as at first, in a browser that knows nothing."""
    browser.errors.clear()
    browser.requests.clear()
    browser.open(run[1])
    browser.value("localStorage.clear()")
    browser.open(run[1])
    yield browser
    assert browser.errors == []
    asked = [url for url in browser.requests if not url.startswith(("data:", "blob:"))]
    assert {url.partition("#")[0] for url in asked} <= {run[1].as_uri()}


def names(page):
    """Return the names and statuses by cluster, as the page holds them."""
    said = page.value("[...Seston.state.names].map(([c, row]) => [c, row.name, row.status])")
    return {cluster: (name, status) for cluster, name, status in said}


def labels(page):
    said = page.value("[...Seston.state.labels].map(([id, words]) => [id, ...words.values()])")
    return {image: [word["label"] for word in words] for image, *words in said}


def opened(page, cluster):
    page.wait(f"{OPEN} === {cluster} && Seston.view.sheet")


def name(page, text):
    before = page.value("Seston.journal.actions.length")
    page.press("/", *text, "Enter")
    page.wait(f"Seston.journal.actions.length > {before}")


def downloaded(page, button):
    """Return the file that a button of the dialog gives."""
    for old in page.downloads.iterdir():
        old.unlink()
    page.click("#files-open")
    page.click(f"#{button}")
    for _ in range(200):
        ready = [one for one in page.downloads.iterdir() if one.suffix in (".tsv", ".jsonl")]
        if ready and ready[0].stat().st_size:
            break
        time.sleep(0.05)
    page.press("Escape")
    [file] = ready
    return file


def test_the_largest_cluster_is_shown_first_with_its_own_pictures(page, run):
    assert page.value(OPEN) == 2
    grey = run[2].set_index("image_id")["grey"]
    seen = page.value(
        """(async () => {
          const { images, sheet } = Seston.view, all = new Image();
          all.src = sheet.url;
          await all.decode();
          const canvas = Object.assign(document.createElement("canvas"), all);
          canvas.width = all.naturalWidth; canvas.height = all.naturalHeight;
          const pen = canvas.getContext("2d");
          pen.drawImage(all, 0, 0);
          const at = (p) => [p % sheet.columns * 64 + 32, Math.floor(p / sheet.columns) * 64 + 32];
          return images.map(({ id, place }) => [id, pen.getImageData(...at(place), 1, 1).data[0]]);
        })()"""
    )
    assert len(seen) == 20
    assert all(abs(found - grey[image]) <= 3 for image, found in seen)
    assert "1–20 of 130" in page.value("document.getElementById('of').textContent")
    assert "holds no more" in page.value("document.getElementById('of').textContent")


def test_name_validate_merge_junk_and_next_by_keys(page):
    name(page, "Dinobryon")
    opened(page, 1)
    assert names(page) == {2: ("Dinobryon", "validated")}
    assert page.value(TOLD) == "Cluster 2: Dinobryon (a new name)."
    assert page.value("document.activeElement.id") == "images"  # keys work
    assert page.value(SHARE).startswith("90.3 % of images reviewed · 1 of 3 clusters")
    page.press("a")  # without a name nothing is validated
    page.wait(f"{TOLD} === 'Type a name first.'")
    page.press("Escape", "m")
    page.wait("document.getElementById('merge').open")
    page.press(*"dino", "Enter")
    opened(page, 0)
    assert names(page)[1] == ("Dinobryon", "validated")
    assert page.value("Seston.journal.actions.at(-1).merged_into") == 2
    page.press("j")
    page.wait("Seston.state.names.size === 3")
    assert names(page)[0] == ("junk", "validated")
    assert page.value(SHARE).startswith("100.0 %")
    page.wait(f"{TOLD}.endsWith('All clusters of the list are reviewed.')")


def test_a_name_is_offered_once_to_merge_into(page):
    name(page, "Dinobryon")
    opened(page, 1)
    name(page, "Dinobryon")
    opened(page, 0)
    page.press("m")
    page.wait("document.getElementById('merge').open")
    offered = "[...document.querySelectorAll('#merge-list li')].map((one) => one.textContent)"
    assert page.value(offered) == ["Dinobryon2 clusters, 139 images"]
    page.press("1", "Enter")  # by the number of either
    page.wait("Seston.state.names.size === 3")
    assert page.value("Seston.journal.actions.at(-1).merged_into") == 1


def test_what_is_searched_is_opened(page):
    page.click("#find")
    page.press("7", "Enter")  # there is none: nobody names another one instead
    assert page.value("document.activeElement.id") == "find"
    assert not page.value("document.getElementById('none').hidden")
    page.value("document.getElementById('find').select()")
    page.press("0", "Enter")
    opened(page, 0)
    page.press("/", *"Rotifer", "Enter")
    page.wait("Seston.state.names.size === 1")
    assert names(page) == {0: ("Rotifer", "validated")}
    page.click("#find")
    page.press(*"rot", "Down")
    assert page.value("document.activeElement.getAttribute('aria-label')").startswith("Cluster 0, ")
    assert page.value(f"[{OPEN}, Seston.listed()]") == [2, [0]]
    page.press("Enter")
    opened(page, 0)
    assert page.value(TOLD) == ""  # what was told is of another cluster


def test_no_name_begins_with_the_key_that_leads_to_it(page):
    page.press("a")
    page.wait(f"{TOLD} === 'Type a name first.'")
    page.press("/", *"a/b")
    assert page.value("document.getElementById('name').value") == "a/b"
    page.click("#list li:last-child button")
    opened(page, 0)
    assert page.value("document.activeElement.id") != "name"
    page.value("document.getElementById('name').focus()")
    page.value("Seston.open(1)")
    assert page.value("document.activeElement === document.body")


def test_next_is_the_one_behind_also_where_the_list_shows_what_is_to_do(page):
    page.value(
        """void (() => {
          const show = document.getElementById("show");
          show.value = "todo";
          show.dispatchEvent(new Event("input"));
        })()"""
    )
    page.value("Seston.open(1)")
    page.press("j")
    opened(page, 0)  # not 2, the first of the list
    page.press("j")
    opened(page, 2)


def test_passing_on_counts_as_reviewed_and_changes_no_name(page):
    page.press("n")
    opened(page, 1)
    assert names(page) == {}
    assert page.value(SHARE).startswith("90.3 %")
    assert page.value("Seston.journal.actions.at(-1).verb") == "seen"
    page.press("p")
    opened(page, 2)


def test_doubt_and_undo(page):
    page.press("/", *"Ceratium")
    page.press("Escape", "Escape", "n")  # what is typed is not lost by going on
    page.wait(f"{TOLD}.includes('not said yet')")
    page.press("d")
    opened(page, 1)
    assert names(page) == {2: ("Ceratium", "dubious")}
    page.press("u")
    opened(page, 2)
    assert names(page) == {}
    page.press("u")
    page.wait(f"{TOLD}.includes('Nothing of yours')")


def test_names_used_are_offered_and_written_in_one_way(page):
    page.click("#aphia")
    page.press(*"160570", "Escape")
    name(page, "Ceratium hirundinella")
    opened(page, 1)
    page.press("/", *"hir", "Down")
    offered = "[...document.querySelectorAll('#names [role=option]')].map((one) => one.textContent)"
    assert page.value(offered) == ["Ceratium hirundinella130 images"]
    page.press("Enter", "Enter")
    opened(page, 0)
    name(page, "CERATIUM  Hirundinella")
    assert {said for said, _ in names(page).values()} == {"Ceratium hirundinella"}
    taxa = page.value("[...Seston.state.names.values()].map((row) => row.aphia_id)")
    assert taxa == [160570] * 3
    page.click("#aphia")
    page.value("document.getElementById('aphia').select()")
    page.press("7", "Enter")
    page.wait(f"{TOLD}.includes('has AphiaID 160570 in cluster 2: one name is one taxon')")


def test_a_key_that_is_held_down_decides_once(page):
    for repeat in (False, True, True):
        page.value(
            """(repeat) => void document.body.dispatchEvent(
              new KeyboardEvent("keydown", { key: "j", bubbles: true, repeat }))""",
            repeat,
        )
        opened(page, 1)
    assert names(page) == {2: ("junk", "validated")}


def test_split_out_and_take_back(page):
    ids = page.value("Seston.view.images.map(({ id }) => id)")
    page.click("#images > :nth-child(2)")
    page.press("Right", "Right", " ")
    assert page.value("[...Seston.view.selected]") == [ids[1], ids[3]]
    page.press("s", *"Bosmina", "Enter")
    page.wait("Seston.state.labels.size === 2")
    assert labels(page) == {ids[1]: ["Bosmina"], ids[3]: ["Bosmina"]}
    shown = "document.querySelector('#images > :nth-child(4) .label').textContent"
    assert page.value(shown) == "Bosmina"
    page.click("#images > :nth-child(4)")
    page.click("#do-unlabel")
    page.wait("Seston.state.labels.size === 1")
    page.press("u")
    page.wait("Seston.state.labels.size === 2")


def test_grow_takes_what_is_not_clicked(page):
    page.press("g")
    page.wait("Seston.view.order === 'near' && Seston.view.images.length === 14")
    assert page.value("document.getElementById('do-accept').disabled")
    name(page, "Dinobryon")
    ids = page.value("Seston.view.images.map(({ id }) => id)")
    page.click("#images > :nth-child(1)")
    page.press("f")
    page.wait("Seston.state.labels.size === 13")
    assert labels(page) == {image: ["Dinobryon"] for image in ids[1:]}
    page.wait("Seston.view.images.length === 0")
    page.press("u")
    page.wait("Seston.view.images.length === 13")  # the one that was refused stays away


def test_growing_tells_shortly_in_which_cluster_an_image_is(page):
    page.value("Seston.open(1)")
    name(page, "Rotifer")
    page.value("Seston.open(2, 'near')")
    page.wait("Seston.view.images.length === 14")
    first, last = (
        page.value(f"(() => {{ const c = document.querySelector('#images > :{which}-child');"
                   " return [c.querySelector('.size').textContent, c.ariaLabel]; })()")
        for which in ("first", "last")
    )  # fmt: skip
    assert first[0] == "1 Rotifer" and first[1].endswith(", cluster 1 Rotifer")
    assert last[0] == "cluster 0" and last[1].endswith(", cluster 0")


def test_what_was_said_is_there_when_the_page_opens_again(page, run):
    page.click("#annotator")
    page.press(*"CD", "Enter")
    name(page, "Dinobryon")
    page.open(run[1])
    assert names(page) == {2: ("Dinobryon", "validated")}
    assert page.value(OPEN) == 1  # the first that is to do
    assert page.value("Seston.journal.actions[0].annotator") == "CD"
    assert page.value("document.getElementById('annotator').value") == "CD"


def test_what_the_run_took_up_since_is_not_undone_by_what_the_browser_kept(browser, run, tmp_path):
    def made_with(told):
        table = write_names(tmp_path / "names.tsv", told)
        label_page(**arguments(run[0], names=table, html=html))
        browser.open(html)

    html = tmp_path / "label.html"
    made_with({0: "Rotifer"})
    browser.value("localStorage.clear()")
    browser.open(html)
    name(browser, "Dinobrion")  # cluster 2
    made_with({0: "Rotifer", 2: "Dinobrion"})
    assert browser.value("[...Seston.state.names.values()].map((row) => row.name)") == [
        "Rotifer",
        "Dinobrion",
    ]
    browser.press("u")  # the run knows it by now
    browser.wait(f"{TOLD}.includes('cluster 2, Dinobrion, was said before too')")
    browser.value("Seston.open(1)")
    name(browser, "Ceratium")
    made_with({2: "Dinobryon"})  # mended in a spreadsheet, where one was taken out
    for _ in range(2):
        said = {cluster: told for cluster, (told, _) in names(browser).items()}
        assert said == {1: "Ceratium", 2: "Dinobryon"}
        browser.open(html)


def test_downloads_are_what_the_server_would_write(page, run):
    name(page, 'Rotifer "small"')
    page.click("#images > :nth-child(1)")
    page.press("s", *"Ké", "Enter")
    page.wait("Seston.state.labels.size === 1")
    header, *lines = downloaded(page, "get-journal").read_text().splitlines()
    assert json.loads(header) == {"kind": "journal", "format": FORMAT, "clustering": CLUSTERING}
    state = fold(map(json.loads, lines))
    table = downloaded(page, "get-names")
    assert table.name == "cluster_names.tsv"
    assert table.read_bytes() == names_table(state, CLUSTERING, {}).encode()
    assert [row.name for row in read_names(table).rows] == ['Rotifer "small"']
    table = downloaded(page, "get-labels")
    assert table.read_bytes() == labels_table(state, {}).encode()
    assert list(read_labels(table).values()) == ["Ké"]


def test_a_journal_of_another_joins_and_one_of_another_clustering_does_not(page):
    action = {
        "id": "0" * 12, "utc": "2020-01-01T00:00:00Z", "annotator": "EF", "verb": "name",
        "cluster": 0, "name": "Asterionella", "aphia_id": None, "status": "dubious",
    }  # fmt: skip
    put = """(lines) => {
      const given = new DataTransfer();
      given.items.add(new File([lines.map((line) => JSON.stringify(line) + "\\n").join("")], "j"));
      const field = document.getElementById("put-journal");
      field.files = given.files;
      field.dispatchEvent(new Event("change"));
    }"""
    head = {"kind": "journal", "format": FORMAT, "clustering": CLUSTERING}
    page.value(put, [head | {"clustering": "d" * 64}, action])
    page.wait(f"{TOLD}.includes('of clustering dddddddddddd')")
    assert names(page) == {}
    for _ in range(2):  # twice is once
        page.value(put, [head, [action], {"closed": "2020-01-01T00:00:01Z"}])
        page.wait("Seston.state.names.size === 1")
    assert names(page) == {0: ("Asterionella", "dubious")}
    assert page.value("Seston.journal.actions.length") == 1
    page.press("u")  # that of another is not mine to undo
    page.wait(f"{TOLD}.includes('Nothing of yours')")
    for wrong in ({"verb": "label"}, action | {"verb": "label", "images": 5}, None, {"verb": "x"}):
        page.value(put, [head, action | {"id": "1" * 12}, wrong])  # none of it is kept
        page.wait(f"{TOLD}.includes('is no action')")
        page.value("void Seston.tell('')")
    assert page.value("Seston.journal.actions.length") == 1


def test_nothing_is_said_to_be_saved_that_is_not(page):
    page.value("void (Storage.prototype.setItem = () => { throw new Error('it is full'); })")
    page.press("/", *"Dinobryon", "Enter")
    page.wait(f"{TOLD}.includes('nothing was saved')")
    assert names(page) == {}
    assert page.value("document.getElementById('told').classList.contains('wrong')")


def test_both_languages_fold_a_journal_alike(page, tmp_path):
    evil = [EVIL, "a\U0001f980b", "a\ufb00b", 'say "x"', "\u03a9mega", "\U0001f600"]
    rng, actions = random.Random(1), []
    for number in range(80):
        action = {"id": f"{number:012x}", "utc": f"2026-05-{1 + number % 9:02}T00:00:00Z",
                  "annotator": rng.choice(("AB", "cd", ""))}  # fmt: skip
        images = [f"s/{rng.choice(evil)}{image}" for image in range(4)]
        cluster, status = rng.randrange(9), rng.choice(STATUS)
        actions.append(action | rng.choice([
            {"verb": "name", "cluster": cluster, "name": rng.choice(evil), "status": status,
             "aphia_id": rng.choice((None, 7))},
            {"verb": "unname", "cluster": cluster},
            {"verb": "seen", "cluster": cluster, "page": 0},
            {"verb": "label", "images": images, "label": rng.choice(evil), "status": status},
            {"verb": "label", "images": images, "label": "", "status": "validated"},
            {"verb": "undo", "of": f"{rng.randrange(number + 1):012x}"},
        ]))  # fmt: skip
    state, more = fold(actions), {1: {"my notes": 'a "b"\tc'}, 40: {"my notes": "d"}}
    told = page.value(
        """(actions, more) => {
          const state = Seston.fold(actions);
          return [Seston.namesTable(state, "c1", more), Seston.labelsTable(state)];
        }""",
        actions,
        more,
    )
    assert len(state.names) > 3 and len(state.labels) > 10
    assert told == [names_table(state, "c1", more), labels_table(state, {})]


def test_evil_names_change_nothing(browser, run, tmp_path):
    table = write_names(tmp_path / "names.tsv", {0: EVIL})
    results = run[0]
    html = tmp_path / "evil.html"
    label_page(**arguments(results, names=table, title=EVIL, html=html))
    browser.open(html)
    browser.value("localStorage.clear()")
    name(browser, EVIL.replace("\u202e", "x"))
    browser.press("n", "m")
    browser.wait("document.getElementById('merge').open")
    browser.press("Escape")
    assert browser.value("document.title").startswith("Naming clusters: </script><img src=x")
    assert browser.value("document.images.length") == 0
    assert browser.value("Seston.state.names.get(0).name") == EVIL
    assert start_actions(table)[0]["name"] == EVIL and read_names_table(table)[0].rows


def test_usable_when_small(page):
    for width, height in ((1366, 768), (683, 384), (480, 800)):
        page.size(width, height)
        inside, whole = page.value(
            "[document.documentElement.clientWidth, document.documentElement.scrollWidth]"
        )
        assert whole <= inside, width
        page.click("#images > :nth-child(3)")
        assert page.value("Seston.view.selected.size") == 1
        page.press("Escape")
    page.size(1366, 768)
    box = page.value("document.getElementById('do-next').getBoundingClientRect().bottom")
    assert box < 300  # all verbs above the images, none out of sight
    page.press("g")
    name(page, "x" * 200)
    for width in (480, 1366):
        page.size(width, 768)
        assert page.value("document.documentElement.scrollWidth") <= width


def test_a_link_opens_a_cluster_and_help_lists_every_key(page, run):
    page.open(f"{run[1].as_uri()}#cluster=0")
    page.wait(f"{OPEN} === 0")
    page.press("?")
    page.wait("document.getElementById('help').open")
    told = page.value("[...document.querySelectorAll('#help kbd')].map((one) => one.textContent)")
    keys = page.value("[...document.querySelectorAll('[aria-keyshortcuts]')].map((one) =>"
                      " one.getAttribute('aria-keyshortcuts'))")  # fmt: skip
    missing = {key.replace("Escape", "Esc").replace("-", "−") for key in keys} - set(told)
    assert missing <= {"2", "3"}  # 1–4
    page.press("Escape")


def test_images_can_be_larger_and_smaller(page):
    width = "document.querySelector('#images .picture').offsetWidth"
    page.press("+")
    assert page.value(width) == 120
    page.press("-", "-", "-", "-", "-")
    assert page.value(width) == 56


def test_light_and_dark_can_be_changed(page):
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.value(ground)
    page.click("#light")
    assert page.value(ground) != before


def test_a_page_without_clusters_says_so(browser, run, tmp_path):
    text = Path(run[1]).read_text()
    start = text.index('id="facts">') + len('id="facts">')
    end = text.index("</script>", start)
    facts = json.loads(text[start:end]) | {"clusters": [], "n": 0}
    empty = tmp_path / "empty.html"
    empty.write_text(text[:start] + json.dumps(facts) + text[end:])
    browser.open(empty)
    assert browser.value(TOLD) == "This run has no clusters."

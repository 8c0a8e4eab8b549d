"""The map in real browsers, opened from a file with the network cut off."""

import csv
import io
import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.path import Path as Outline
from PIL import Image

from bidi import Page
from browser import needs_browser
from chromium import open_chromium
from firefox import needs_firefox, open_firefox
from seston.report.drawing.class_colours import class_colours
from seston.report.map.sprites import sprites
from seston.report.map.stage import map_page
from synthetic_map import colour, organisms, write_map_run

EVIL = "</script><img src=x onerror=document.title='evil'>\u2028\u202e\t\"'"
SAMPLES = {
    "a": [str(number) for number in range(1, 120)],
    "a-1": [f"{number:05d}" for number in range(1, 80)],
    "b_2024": [f"SPC-{number * 7919}-{number:03d}.jpeg" for number in range(1, 90)],
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("chromium", marks=needs_browser),
        pytest.param("firefox", marks=needs_firefox),
    ],
)
def browser(request, tmp_path_factory):
    """A browser that has no WebGL."""
    profile = tmp_path_factory.mktemp(request.param)
    downloads = tmp_path_factory.mktemp("downloads")
    if request.param == "chromium":
        page = open_chromium(profile, downloads, "--disable-3d-apis")
    else:
        page = open_firefox(profile, downloads, webgl_disabled=True)
    page.downloads = downloads
    page.size(1366, 768)
    yield page
    page.close()


def written(folder: Path, table: pd.DataFrame, **more) -> Path:
    arguments = write_map_run(folder, table) | more
    map_page(**arguments)
    return arguments["html"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    table = organisms(SAMPLES)
    return table.assign(name=["=1+1" if name == "Ceratium" else name for name in table["name"]])


@pytest.fixture(scope="module")
def html(tmp_path_factory, table) -> Path:
    """All pictures lie in the page."""
    return written(tmp_path_factory.mktemp("map"), table, day_zero="2024-05-01")


@pytest.fixture
def page(browser, html) -> Page:
    browser.errors.clear()
    browser.requests.clear()
    browser.open("about:blank", ready=False)
    browser.open(html)
    return browser


def settle(page: Page) -> None:
    """Wait until what was asked for is drawn."""
    page.value("new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))")


def places(page: Page, table: pd.DataFrame) -> np.ndarray:
    """Return where each organism should be in the window, by the page's view alone."""
    x, y, scale, wide, high, ratio = page.value(
        "(() => { const {x, y, scale, wide, high, ratio} = seston.map.view;"
        " return [x, y, scale, wide, high, ratio]; })()"
    )
    left, top = page.value(
        "(() => { const b = document.getElementById('map').getBoundingClientRect();"
        " return [b.left, b.top]; })()"
    )
    across = (table["map_x"].to_numpy() - x) * scale + wide / 2
    down = (y - table["map_y"].to_numpy()) * scale + high / 2
    return np.column_stack([across / ratio + left, down / ratio + top])


def alone(spots: np.ndarray, at_least: float = 12) -> list[int]:
    """Return the rows that no other is near, away from the tools."""
    rows = []
    for row, spot in enumerate(spots):
        far = np.hypot(*(spots - spot).T)
        far[row] = np.inf
        if far.min() > at_least and spot[1] > 130 and 20 < spot[0] < 1000:
            rows.append(row)
    return rows


def card(page: Page) -> dict[str, str]:
    """Return what the card says, once it has said it."""
    page.wait(
        "!document.getElementById('card').hidden && document.getElementById('card-id').textContent"
    )
    settle(page)
    facts = page.value(
        "[...document.querySelectorAll('#card dt')]"
        ".map((term) => [term.textContent, term.nextSibling.textContent])"
    )
    return {"id": page.value("document.getElementById('card-id').textContent"), **dict(facts)}


def hover(page: Page, row: int, spots: np.ndarray) -> dict[str, str]:
    page.move(*(spots[row] + 60))
    page.move(*spots[row])
    page.wait(f"document.getElementById('card').dataset.row === '{row}'")
    return card(page)


def colours_of(page: Page) -> int:
    """Return how many pixels of the map have a colour."""
    return page.value(
        "(() => { const c = document.getElementById('organisms');"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
        " for (let i = 0; i < d.length; i += 4)"
        " { const rgb = [d[i], d[i + 1], d[i + 2]];"
        "   n += d[i + 3] > 0 && Math.max(...rgb) - Math.min(...rgb) > 30; }"
        " return n; })()"
    )


def text(page: Page, selector: str) -> str:
    return page.value("(s) => document.querySelector(s).textContent", selector)


def test_it_opens_in_silence_and_asks_for_nothing(page, html):
    assert page.errors == []
    assert [url for url in page.requests if not url.startswith((html.as_uri(), "data:"))] == []
    assert page.value("document.title") == "A fjord · map"
    assert page.value("document.getElementById('problem').hidden")
    assert page.value("document.createElement('canvas').getContext('webgl') === null")
    assert colours_of(page) > 500


def test_the_card_is_of_the_organism_under_the_mouse(page, table):
    spots = places(page, table)
    for row in alone(spots)[::12][:4]:
        given, seen = table.iloc[row], hover(page, row, spots)
        assert seen["id"] == given["image_id"]
        assert seen["Cluster"].split(" ")[0] == str(given["cluster"])
        assert (given["name"] in seen["Cluster"]) or not given["name"]
        assert seen["Sample of"] == f"{given['datetime']:%Y-%m-%d %H:%M}"
        assert seen["Group"] == given["group"]
        size = float(seen["Size (ESD)"].split()[1])
        assert size == pytest.approx(given["esd_um"], rel=0.03)
        shown = page.value(
            "[...document.getElementById('card-picture').getContext('2d')"
            ".getImageData(64, 64, 1, 1).data]"
        )
        assert np.abs(np.array(shown[:3]) - colour(row)).max() < 16
    page.move(700, 20)
    page.wait("document.getElementById('card').hidden")


def test_a_card_that_is_kept_open_stays_on_the_way_to_its_buttons(page, table):
    spots = places(page, table)
    kept, other = alone(spots)[:2]
    page.drag([tuple(spots[kept])])
    page.wait(f"document.getElementById('card').dataset.row === '{kept}'")
    page.move(*(spots[other] + 5))
    page.move(*spots[other])
    page.wait(f"seston.map.cursor === {other}")
    settle(page)
    assert page.value("document.getElementById('card').dataset.row") == str(kept)
    page.click("#card-close")
    page.move(*(spots[other] + 5))
    page.move(*spots[other])
    page.wait(f"document.getElementById('card').dataset.row === '{other}'")


def test_an_outline_gives_the_list_of_what_lies_in_it(page, table):
    spots = places(page, table)
    middle = spots[table["cluster"] == 2].mean(axis=0)
    outline = [
        middle + 90 * np.array(step) for step in ((-1.6, -1), (1.5, -0.7), (0.9, 1.2), (-0.5, 0.2))
    ]
    page.click("[data-tool=lasso]")
    page.drag([*(tuple(place) for place in outline), tuple(outline[0])])
    inside = Outline(np.round(outline)).contains_points(spots)
    assert 10 < inside.sum() < len(table) - 10
    page.wait("!document.getElementById('selection').hidden")
    assert text(page, "#selected").startswith(f"{inside.sum()} images from ")
    assert f"{inside.sum()} images selected" in text(page, "#status")

    for old in page.downloads.iterdir():
        old.unlink()
    page.click("#download")
    listed = read_csv(page.downloads)
    chosen = table[inside]
    assert [row["image_id"] for row in listed] == chosen["image_id"].tolist()
    assert [int(row["cluster"]) for row in listed] == chosen["cluster"].tolist()
    safe = chosen["name"].replace("=1+1", "'=1+1")  # no formula
    assert [row["name"] for row in listed] == safe.tolist()
    assert "'=1+1" in safe.tolist()
    assert [row["group"] for row in listed] == chosen["group"].tolist()

    page.press("Escape")
    page.wait("document.getElementById('selection').hidden")


def read_csv(folder: Path) -> list[dict[str, str]]:
    """Return the rows of the one file that was downloaded there."""
    for _ in range(200):
        files = [file for file in folder.glob("*.csv") if file.stat().st_size]
        if files and not list(folder.glob("*.part")) and not list(folder.glob("*.crdownload")):
            return list(csv.DictReader(io.StringIO(files[0].read_text(encoding="utf-8"))))
        time.sleep(0.05)
    raise TimeoutError("nothing was downloaded")


def test_only_what_is_shown_is_selected(page, table):
    page.click("#group-filter input")  # bag 1 goes
    page.click('#legend [data-class="0"] .class')  # so does the largest cluster
    settle(page)
    left = (table["group"] == "bag 2") & (table["cluster"] != largest(table))
    assert text(page, "#counts").startswith(f"{left.sum()} of {len(table)} images")
    page.click("#select-view")
    assert text(page, "#selected").startswith(f"{left.sum()} images from ")
    assert (
        text(page, "#filter-told") == f"{table.loc[left, 'sample'].nunique()} of 3 samples shown."
    )


def test_the_legend_counts_what_the_filter_leaves(browser, tmp_path):
    table = organisms(SAMPLES)
    bag_2 = (table["group"] == "bag 2").to_numpy()
    cluster = np.where(bag_2 & (table["cluster"] == 0), 1, table["cluster"])  # 0: only in bag 1
    table = table.assign(cluster=cluster, name="")
    browser.open(written(tmp_path, table))
    browser.click("#group-filter > span:nth-of-type(2) .only")  # bag 2
    assert legend(browser) == {
        **{f"cluster {c}": (str((cluster[bag_2] == c).sum()), False) for c in (1, 2)},
        "cluster 0": ("0", True),
    }
    assert list(legend(browser))[-1] == "cluster 0"
    assert text(browser, "#legend-told") == "2 of 2 shown. 1 filtered out."
    settle(browser)
    assert sorted(labels_drawn(browser)) == ["1", "2"]
    browser.click("#group-filter > span:nth-of-type(2) .only")  # once more: all
    assert text(browser, "#legend-told") == "3 of 3 shown."
    assert legend(browser)["cluster 0"] == (str((cluster == 0).sum()), False)
    assert sorted(labels_drawn(browser)) == ["0", "1", "2"]


def legend(page: Page) -> dict[str, tuple[str, bool]]:
    """Return the count of each class as it stands in the legend, and whether it is dimmed."""
    rows = page.value(
        "[...document.querySelectorAll('#legend li')].map((row) => [row.querySelector('.name')"
        ".textContent, row.querySelector('.many').textContent, row.classList.contains('gone')])"
    )
    return {name: (count, gone) for name, count, gone in rows}


def labels_drawn(page: Page) -> list[str]:
    """Return the words that are written on the map when it is drawn once more."""
    return page.value(
        "(() => { const words = []; const brush = document.getElementById('map').getContext('2d');"
        " brush.fillText = (text) => words.push(text); seston.drawOverlay(seston.map, brush);"
        " delete brush.fillText; return words; })()"
    )


def test_what_is_selected_and_not_shown_is_told(page, table):
    page.click("#select-view")
    assert text(page, "#selected-hidden") == ""
    page.click('#legend [data-class="0"] .class')
    away = (table["cluster"] == largest(table)).sum()
    assert text(page, "#selected-hidden").startswith(f"{away} of them not shown")
    assert text(page, "#selected").startswith(f"{len(table)} images from ")
    page.click("#legend-all")
    assert text(page, "#selected-hidden") == ""


def largest(table: pd.DataFrame) -> int:
    return int(table["cluster"].value_counts().index[0])


def test_a_class_alone_has_fewer_pixels(page, table):
    settle(page)
    before = colours_of(page)
    page.click('#legend [data-class="1"] .only')
    settle(page)
    alone = colours_of(page)
    assert 0 < alone < 0.6 * before
    assert text(page, "#legend-told") == "1 of 3 shown."
    page.click("#legend-all")
    settle(page)
    assert colours_of(page) == before


def test_days_filter(page, table):
    page.value("document.getElementById('from').focus()")
    page.press("Right", "Right")
    late = table["datetime"] >= "2024-05-03"
    assert text(page, "#range") == "2024-05-03 · day 2"
    settle(page)
    assert text(page, "#counts").startswith(f"{late.sum()} of {len(table)} images")


def test_classes_of_every_colouring_hold_all_organisms(page, table):
    choices = page.value("[...document.querySelectorAll('#colour-by option')].map((o) => o.value)")
    assert choices[:6] == ["cluster", "name", "coarse", "density_cluster", "day", "group"]
    assert {"esd_um", "solidity", "distance_percentile"} <= set(choices)
    for choice in choices:
        page.value("async (name) => { await seston.map.colourBy(name); }", choice)
        counts = page.value("seston.map.colouring.classes.map((one) => one.count)")
        assert sum(counts) == len(table), choice
        if choice == "density_cluster":
            noise = page.value("seston.map.colouring.classes.at(-1)")
            assert (noise["label"], noise["count"]) == ("in none", (table[choice] < 0).sum())
        if choice == "group":
            assert counts == table["group"].value_counts().sort_index().tolist()
    assert page.errors == []


def test_parts_of_a_measurement_have_round_borders_and_right_counts(page, table):
    page.value("seston.map.colourBy('solidity').then(() => null)")
    rows = page.value("seston.map.colouring.classes.map(({label, count}) => [label, count])")
    given = table["solidity"].to_numpy()
    for label, count in rows[1:-2]:
        low, high = (float(word) for word in label.split(" to "))
        near = np.abs(given[:, None] - [low, high]).min() < 0.003  # codes are steps of 1/254
        assert abs(((given >= low) & (given < high)).sum() - count) <= (2 if near else 0)
        assert round(high - low, 6) in (0.05, 0.1)
    page.value("seston.map.colourBy('esd_um').then(() => null)")
    first, *_, last, unknown = page.value("seston.map.colouring.classes.map((one) => one.label)")
    assert re.fullmatch(r"under \d+ µm", first)
    assert re.fullmatch(r"\d+ µm and more", last)
    assert unknown == "not measured"


def test_search_by_id(page, table):
    row = 130
    page.type("#search", table["image_id"][row])
    page.press("Enter")
    page.wait(f"document.getElementById('card').dataset.row === '{row}'")
    assert card(page)["id"] == table["image_id"][row]
    assert np.allclose(places(page, table)[row], centre(page), atol=1.5)

    page.type("#search", "spc-7919-")
    page.press("Enter")
    page.wait("document.getElementById('card-id').textContent === 'b_2024/SPC-7919-001.jpeg'")

    page.type("#search", "0007")
    page.press("Enter")
    page.wait("document.querySelectorAll('#found li').length")
    wanted = [one for one in table["image_id"] if "0007" in one]
    found = page.value("[...document.querySelectorAll('#found li')].map((e) => e.textContent)")
    assert found == wanted

    page.type("#search", "nobody")
    page.press("Enter")
    page.wait("document.getElementById('found-told').textContent === 'No id holds “nobody”.'")


def test_ids_found_are_cleared_and_a_new_search_closes_the_card(page, table):
    page.type("#search", "0007")
    page.press("Enter")
    page.wait("document.querySelectorAll('#found li').length")
    page.click("#found button")
    page.wait("!document.getElementById('card').hidden")
    page.type("#search", "0002")
    page.press("Enter")
    page.wait("document.getElementById('found').textContent.includes('0002')")
    assert page.value("seston.map.pinned") == -1
    assert page.value("document.getElementById('card').hidden")
    high = "document.getElementById('hits').getBoundingClientRect().height"
    assert 30 < page.value(high) < 260
    page.click("#found-clear")
    assert text(page, "#found") == text(page, "#found-told") == ""
    assert page.value("document.getElementById('search').value") == ""
    assert page.value(high) <= 1


def test_an_address_of_a_cluster_closes_the_card(page, table):
    row = int(np.flatnonzero(table["cluster"] == 0)[0])
    page.value("(row) => seston.map.pin(row)", row)
    page.wait(f"document.getElementById('card').dataset.row === '{row}'")
    links = "[...document.querySelectorAll('#card a')].map((a) => a.getAttribute('href'))"
    assert page.value(links)[:2] == ["index.html#cluster-0", "label.html#cluster=0"]
    page.value("() => { location.hash = '#cluster=2'; }", 0)
    members = (table["cluster"] == 2).sum()
    page.wait(f"document.getElementById('counts').textContent.startsWith('{members} of')")
    assert page.value("document.getElementById('card').hidden")


def centre(page: Page) -> list[float]:
    return page.value(
        "(() => { const b = document.getElementById('map').getBoundingClientRect();"
        " return [b.left + b.width / 2, b.top + b.height / 2]; })()"
    )


def test_addresses_lead_to_a_cluster_and_to_an_image(browser, html, table):
    browser.open("about:blank", ready=False)
    browser.open(f"{html.as_uri()}#cluster=2")
    settle(browser)
    members = (table["cluster"] == 2).sum()
    assert text(browser, "#counts").startswith(f"{members} of {len(table)} images")
    row = 200
    browser.value(
        "(id) => { location.hash = `#id=${encodeURIComponent(id)}`; }", table["image_id"][row]
    )
    browser.wait(f"document.getElementById('card').dataset.row === '{row}'")
    browser.value("() => { location.hash = '#cluster=77'; }", 0)
    browser.wait("document.getElementById('found-told').textContent.includes('“77”')")


def test_all_by_keys(page, table):
    page.value("document.getElementById('light').focus()")
    page.press("Tab")
    page.wait("document.activeElement.id === 'map'")
    page.press("+", "+", "+", "Left", "Up", "Shift+Left")
    settle(page)
    spots = places(page, table)
    nearest = int(np.hypot(*(spots - centre(page)).T).argmin())
    page.value("(row) => seston.map.view.goTo(row)", nearest)
    page.press("Shift+Right", "Shift+Left")
    page.wait(f"document.getElementById('card').dataset.row === '{nearest}'")
    page.press("Enter")
    page.wait(f"seston.map.pinned === {nearest}")
    assert table["image_id"][nearest] in text(page, "#status")
    page.press("Escape")
    page.wait("document.getElementById('card').hidden")
    page.press("0", "a")
    page.wait(
        f"document.querySelector('#selected').textContent.trim().startsWith('{len(table)} images')"
    )
    page.press("/")
    page.wait("document.activeElement.id === 'search'")


def test_pictures_are_drawn_where_there_is_room(page, table):
    row = alone(places(page, table))[5]
    page.value("(row) => { seston.map.view.goTo(row); seston.map.view.zoom(20); }", row)
    time.sleep(0.3)  # sheets are decoded
    settle(page)
    spots = places(page, table)
    seen = Image.open(io.BytesIO(page.picture())).convert("RGB")
    beside = seen.getpixel((int(spots[row][0]) + 14, int(spots[row][1]) + 14))
    assert np.abs(np.array(beside) - colour(row)).max() < 16
    page.move(*(spots[row] + 17))  # on the picture
    page.wait(f"document.getElementById('card').dataset.row === '{row}'")
    page.click("#show-pictures")
    settle(page)
    seen = Image.open(io.BytesIO(page.picture())).convert("RGB")
    beside = seen.getpixel((int(spots[row][0]) + 14, int(spots[row][1]) + 14))
    assert np.abs(np.array(beside) - colour(row)).max() > 16


def test_it_moves_and_comes_nearer(page):
    start = page.value("({...seston.map.view})")
    x, y = centre(page)
    page.wheel(x, y, -240)
    settle(page)
    nearer = page.value("({...seston.map.view})")
    assert nearer["scale"] > 1.3 * start["scale"]
    assert nearer["x"] == pytest.approx(start["x"], abs=0.02)
    page.drag([(x, y), (x + 40, y), (x + 100, y + 50)])
    moved = page.value("({...seston.map.view})")
    assert moved["x"] == pytest.approx(nearer["x"] - 100 / nearer["scale"], rel=1e-3)
    assert moved["y"] == pytest.approx(nearer["y"] + 50 / nearer["scale"], rel=1e-3)


def test_a_map_that_is_slow_to_draw_is_moved_first(page):
    page.value(
        "() => { let now = 0; performance.now = () => (now += 100);"
        " window.setTimeout = (act) => { window.later = act; return 1; };"
        " seston.map.redraw(); }",
        0,
    )
    settle(page)
    page.click("#show-pictures")
    page.value("(() => { seston.map.view.zoom(1.5); seston.map.view.move(-50, 30); })()")
    settle(page)
    box = page.value("document.getElementById('map').getBoundingClientRect().toJSON()")
    inner = (300, 200, int(box["width"]) - 200, int(box["height"]) - 150)
    pictures = [Image.open(io.BytesIO(page.picture())).convert("L").crop(inner)]
    style = "document.getElementById('organisms').style.transform"
    assert page.value(style).startswith("translate(")
    page.value("later()")
    settle(page)
    assert page.value(style) == "none"
    pictures.append(Image.open(io.BytesIO(page.picture())).convert("L").crop(inner))
    # Dots are of other size and sharpness; where there are any is the same.
    first, last = (np.asarray(one.reduce(16), float) for one in pictures)
    assert np.corrcoef(first.ravel(), last.ravel())[0, 1] > 0.9


def test_two_fingers(page):
    start = page.value("({...seston.map.view})")
    x, y = centre(page)

    def finger(name: str, side: int) -> dict:
        moves = [
            {"type": "pointerMove", "x": round(x + side * far), "y": round(y)} for far in (40, 80)
        ]
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        actions = [moves[0], down, moves[1], up]
        return {
            "type": "pointer",
            "id": name,
            "parameters": {"pointerType": "touch"},
            "actions": actions,
        }

    page.send(
        "input.performActions", context=page.context, actions=[finger("a", -1), finger("b", 1)]
    )
    end = page.value("({...seston.map.view})")
    assert end["scale"] == pytest.approx(2 * start["scale"], rel=0.02)
    assert end["x"] == pytest.approx(start["x"], abs=3 / start["scale"])


@pytest.mark.parametrize(("wide", "high", "ratio"), [(1366, 768, 1), (683, 384, 2)])
def test_it_fits_the_window(page, wide, high, ratio):
    page.size(wide, high, ratio)
    try:
        page.wait(f"document.getElementById('map').width >= {ratio} * 600")
        assert page.value("document.documentElement.scrollWidth") <= wide
        box = page.value("document.getElementById('map').getBoundingClientRect().toJSON()")
        assert box["width"] >= 0.7 * wide
        assert box["height"] >= 0.6 * high
        assert page.value("document.getElementById('map').width") == round(box["width"] * ratio)
        for tool in ("rectangle", "lasso", "move"):
            page.click(f"[data-tool={tool}]")
            assert page.value("seston.map.tool") == tool
        page.click("#filter-all, #legend-none")
    finally:
        page.size(1366, 768)


def test_it_comes_back_from_where_it_is_not_laid_out(page):
    before = page.value("document.getElementById('map').width")
    page.value("() => { document.getElementById('stage').style.display = 'none'; }", 0)
    settle(page)
    settle(page)
    page.value("() => { document.getElementById('stage').style.display = ''; }", 0)
    settle(page)
    settle(page)
    assert page.value("document.getElementById('problem').hidden")
    assert page.value("document.getElementById('map').width") == before
    assert colours_of(page) > 500


def test_light_and_dark(page):
    light = page.value("getComputedStyle(document.getElementById('stage')).backgroundColor")
    before = page.value("document.querySelector('#legend .swatch').style.backgroundColor")
    page.click("#light")
    assert page.value("getComputedStyle(document.getElementById('stage')).backgroundColor") != light
    assert page.value("document.querySelector('#legend .swatch').style.backgroundColor") != before
    page.click("#light")


def test_colours_of_a_selection_are_those_of_the_legend_in_both_lights(page):
    page.click("#select-view")
    for _ in range(2):
        page.click("#light")
        swatch, bar = (
            page.value(f"document.querySelector('{what}').style.backgroundColor")
            for what in ("#legend .swatch", "#composition .share")
        )
        assert bar == swatch


def test_clusters_have_the_colours_of_the_report_in_both_lights(page, table):
    for dark in (False, True):
        page.value("(theme) => { document.documentElement.dataset.theme = theme; }",
                   "dark" if dark else "light")  # fmt: skip
        page.value("dispatchEvent(new Event('light'))")
        swatches = page.value(
            "[...document.querySelectorAll('#legend li')].map((row) =>"
            " [row.textContent, row.querySelector('.swatch').style.backgroundColor])"
        )
        for cluster, hexed in enumerate(class_colours(3, dark=dark)):
            bytes_ = ", ".join(str(one) for one in bytes.fromhex(hexed[1:]))
            name = table["name"][table["cluster"] == cluster].iloc[0]
            called = f"{cluster} · {name}" if name else f"cluster {cluster}"
            [colour] = [colour for words, colour in swatches if words.startswith(called)]
            assert colour == f"rgb({bytes_})"
    page.value("() => { delete document.documentElement.dataset.theme; }", 0)


def test_each_class_that_goes_by_looks_has_a_picture_of_one_of_its_own(page, table):
    def pictured(column):
        page.value("async (name) => { await seston.map.colourBy(name); }", column)
        page.value("new Promise((done) => setTimeout(done, 300))")  # sheets are decoded
        return page.value(
            "[...document.querySelectorAll('#legend li')].map((row) => [row.textContent,"
            " [...row.querySelector('canvas')?.getContext('2d').getImageData(32, 32, 1, 1).data"
            " ?? []]])"
        )

    colours = np.array([colour(row) for row in range(len(table))])
    for column in ("cluster", "name"):
        found = pictured(column)
        assert len(found) == 3
        for words, seen in found:
            row = np.abs(colours - seen[:3]).max(axis=1).argmin()
            assert np.abs(colours[row] - seen[:3]).max() < 12
            assert words.startswith(table["name"][row] or ("no name", "cluster 1")) or (
                words.startswith(f"{table['cluster'][row]} · {table['name'][row]}")
            )
    assert {len(seen) for _, seen in pictured("day")} == {0}


def test_a_damaged_page_says_so(browser, html, tmp_path):
    whole = html.read_text(encoding="utf-8")
    start = whole.index(">", whole.index('id="x"')) + 1
    damaged = tmp_path / "map.html"
    damaged.write_text(whole[:start] + "AAAA" + whole[whole.index("<", start) :], encoding="utf-8")
    browser.open(damaged, ready=False)
    browser.wait("!document.getElementById('problem').hidden")
    assert text(browser, "#problem").startswith("Something failed: ")
    assert not browser.value("window.__ready")


def test_of_others_the_nearest_picture_is_shown_and_said_to_be_so(browser, tmp_path, table):
    html = written(tmp_path, table, thumbnails=40)
    browser.open(html)
    assert "40 of 287 pictures lie in this page" in text(browser, "#pictures-told")
    rows = set(browser.value("[...seston.map.pictures.rows]"))
    spots = places(browser, table)
    row = next(row for row in alone(spots) if row not in rows)
    hover(browser, row, spots)
    other = int(browser.value("document.getElementById('card').dataset.pictureOf"))
    far = np.hypot(*(spots - spots[row]).T)
    assert other == min(rows, key=lambda one: far[one])
    assert table["image_id"][other] in text(browser, "#card-whose")


def test_pictures_of_all_come_from_beside_the_page(browser, tmp_path, table):
    folder = tmp_path / "report" / "sprites"
    given = write_map_run(tmp_path, table)
    for shard in given["shards"]:
        sprites(tiles=given["tiles_dir"] / f"{shard}.arrow", folder=folder / shard)
    map_page(**given | {"thumbnails": 40, "sprites_dir": folder})
    browser.open(given["html"])
    rows = set(browser.value("[...seston.map.pictures.rows]"))
    spots = places(browser, table)
    for row in [row for row in alone(spots) if row not in rows][:3]:
        hover(browser, row, spots)
        assert browser.value("document.getElementById('card').dataset.pictureOf") == str(row)
        assert browser.value("document.getElementById('card-whose').hidden")
        box = browser.value(
            "document.getElementById('card-picture').getBoundingClientRect().toJSON()"
        )
        seen = Image.open(io.BytesIO(browser.picture())).convert("RGB")
        middle = seen.getpixel(
            (int(box["x"] + box["width"] / 2), int(box["y"] + box["height"] / 2))
        )
        assert np.abs(np.array(middle) - colour(row)).max() < 16


def test_pictures_that_are_gone_are_told(browser, tmp_path, table):
    folder = tmp_path / "report" / "sprites"
    given = write_map_run(tmp_path, table)
    sprites(tiles=given["tiles_dir"] / "a.arrow", folder=folder / "a")
    map_page(**given | {"thumbnails": 40, "sprites_dir": folder})
    (folder / "a" / "0000.webp").unlink()
    browser.open(given["html"])
    rows = set(browser.value("[...seston.map.pictures.rows]"))
    spots = places(browser, table)
    hover(browser, next(row for row in alone(spots) if row not in rows), spots)
    assert not browser.value("document.getElementById('card-whose').hidden")
    said = "document.getElementById('pictures-told').textContent"
    browser.wait(f"{said} === 'sprites/a/0000.webp is not there, or no picture.'")


def test_evil_names_change_nothing(browser, tmp_path):
    table = organisms(
        {f"a{EVIL}".replace("/", ""): ["1", "2", f"x{EVIL}"], "b": ["1", "2"]},
        names=(EVIL,), site=EVIL, group=[f"={EVIL}", EVIL, EVIL, EVIL, EVIL], clusters=2,
    )  # fmt: skip
    browser.errors.clear()
    browser.open(written(tmp_path, table, title=EVIL))
    for choice in ("name", "group", "cluster"):
        browser.value("async (name) => { await seston.map.colourBy(name); }", choice)
        assert (
            browser.value("document.getElementById('legend').textContent").count("<img src=x") > 0
        )
    browser.click("#select-view")
    for row in range(len(table)):
        browser.value("(row) => seston.map.pin(row)", row)
        browser.wait(f"document.getElementById('card').dataset.row === '{row}'")
        assert text(browser, "#card-id") == table["image_id"][row]
    assert "evil'" in browser.value("document.title")  # as text, unchanged
    assert browser.value("document.images.length") == 0
    assert browser.errors == []


def test_more_than_255_clusters(browser, tmp_path):
    rois = [f"{number:04d}" for number in range(900)]
    table = organisms({"a": rois}, cluster=np.arange(900) % 300, coarse=0, name="")
    browser.open(written(tmp_path, table))
    assert browser.value("document.querySelectorAll('#legend li').length") == 300
    browser.type("#legend-search", "299")
    assert browser.value("document.querySelectorAll('#legend li:not([hidden])').length") == 1
    browser.click("#legend li:not([hidden]) .only")
    settle(browser)
    assert text(browser, "#counts").startswith("3 of 900 images")
    assert "1 of 300 shown" in text(browser, "#legend-told")


def test_one_organism_alone(browser, tmp_path):
    table = organisms({"a": ["1"]}, cluster=0, density_cluster=-1, name="", esd_um=np.nan)
    browser.errors.clear()
    browser.open(written(tmp_path, table))
    assert browser.value("document.getElementById('filters').hidden")
    x, y = centre(browser)
    hover(browser, 0, np.array([[x, y]]))
    assert card(browser)["Density cluster"] == "in none"
    browser.click("#select-view")
    assert text(browser, "#selected") == "1 image from 1 sample."
    assert browser.errors == []


def test_no_pictures_and_no_sizes_at_all(browser, tmp_path):
    table = organisms(SAMPLES, esd_um=np.nan, solidity=np.nan)
    given = {"thumbnails": 0, "measurements": ["esd_um", "solidity"]}
    browser.errors.clear()
    browser.open(written(tmp_path, table, **given))
    assert text(browser, "#counts").startswith(f"{len(table)} images shown")
    assert text(browser, "#pictures-told") == "No pictures lie in this page."
    assert "Size (ESD): nothing known" in text(browser, "#colour-by")
    browser.value("(row) => seston.map.pin(row)", 7)
    browser.wait("document.getElementById('card').dataset.row === '7'")
    assert text(browser, "#card-whose") == "No picture lies in this page."
    assert browser.errors == []

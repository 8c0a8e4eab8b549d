"""docs/ as a site: built without a warning, nothing from outside, every link leads somewhere."""

import fnmatch
import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from browser import needs_browser
from chromium import open_chromium
from conftest import REPOSITORY
from firefox import needs_firefox, open_firefox

DOCS = REPOSITORY / "docs"
SETTINGS = DOCS / "mkdocs" / "mkdocs.yml"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.glob("*.md"))
#: What people read on a code host: the pages, and what stands beside the code.
READ = [*DOCS.glob("*.md"), *(REPOSITORY / name for name in (
    "README.md", "CHANGELOG.md", "workflow/README.md", "profiles/README.md", "example/README.md",
    "recipes/bundled/README.md", "workflow/seston/models/bundled/README.md",
))]  # fmt: skip
#: Attributes by which a browser fetches something by itself.
FETCHED = {"src", "srcset", "poster", "data", "background"}
FETCHED_LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "preconnect",
    "manifest",
    "modulepreload",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The built site; a warning of MkDocs is an error."""
    if not importlib.util.find_spec("material"):
        pytest.skip("mkdocs-material is not installed: the site of docs/ is not built")
    target = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", SETTINGS, "-d", target],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return target


class Page(HTMLParser):
    """What a page links to, what it makes a browser fetch, and the places in it."""

    def __init__(self, path: Path):
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.places: set[str] = set()
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        about = {name: value or "" for name, value in attrs}
        self.places.update(about[name] for name in ("id", "name") if name in about)
        self.fetched += [value for name, value in about.items() if name in FETCHED]
        if tag == "link" and set(about.get("rel", "").split()) & FETCHED_LINKS:
            self.fetched.append(about["href"])
        elif "href" in about:
            self.links.append(about["href"])

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        self.text += data


def pages(site: Path) -> dict[str, Page]:
    found = {path.relative_to(site).as_posix(): Page(path) for path in site.rglob("*.html")}
    assert len(found) > len(PAGES)
    return found


def is_outside(address: str) -> bool:
    return bool(urlsplit(address).netloc)


def test_nothing_is_fetched_from_outside(site):
    for name, page in pages(site).items():
        assert page.fetched, name
        assert not [address for address in page.fetched if is_outside(address)], name
    for sheet in site.rglob("*.css"):
        addresses = re.findall(r"url\([\"']?([^)\"']*)|@import\s*[\"']([^\"']*)", sheet.read_text())
        assert not [one for pair in addresses for one in pair if is_outside(one)], sheet


def test_every_link_and_place_is_there(site):
    there = pages(site)
    checked = 0
    for name, page in there.items():
        for address in [*page.links, *page.fetched]:
            if is_outside(address) or re.match(r"(mailto|data|javascript):", address):
                continue
            # The page of what is not found is made for any place on a server.
            path, _, place = unquote(address).partition("#")
            if name == "404.html" and path.startswith("/"):
                path = path.lstrip("/")
            target = (site / name).parent / path if path else site / name
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{name}: {address}"
            key = os.path.relpath(target, site)
            if place and key in there:
                assert place in there[key].places, f"{name}: {address}"
                checked += 1
    assert checked > 100


def test_every_page_is_in_the_navigation(site):
    named: list[str] = []

    def walk(entry):
        if isinstance(entry, str):
            named.append(entry)
        else:
            for inner in entry.values() if isinstance(entry, dict) else entry:
                walk(inner)

    # The slugs of sections are a function of Python, which is not asked here.
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
    walk(yaml.load(SETTINGS.read_text(encoding="utf-8"), loader)["nav"])
    # Pages of one kind are named by a pattern.
    named = [one for name in named for one in (fnmatch.filter(PAGES, name) or [name])]
    named = [name for name in named if "*" not in name]
    assert len(named) == len(set(named))
    assert set(named) == {"index.md", *PAGES}
    home = pages(site)["index.html"]
    assert {name.replace(".md", ".html") for name in named} <= {
        *map(unquote, home.links),
        "index.html",
    }


def test_formulas_are_drawn_by_the_browser_alone(site):
    written = {
        name: re.findall(
            r"\$\$.+?\$\$|(?<![\w$`'])\$[^$\n`]+\$(?!\w)", (DOCS / name).read_text("utf-8")
        )
        for name in PAGES
    }
    assert len(written["semi-supervised.md"]) > 8
    for name, formulas in written.items():
        page = (site / name.replace(".md", ".html")).read_text(encoding="utf-8")
        assert page.count("<math ") >= len(formulas), name
        assert "arithmatex" not in page, name


def test_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in (DOCS / "images").iterdir()}
    assert max(sizes.values()) < 150_000, sizes
    assert sum(sizes.values()) < 1_000_000, sizes


def without_code(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```|`[^`\n]*`(?!\])", "", text, flags=re.DOTALL | re.MULTILINE)


def sections(text: str) -> set[str]:
    """Return the places of a page, as code hosts name them."""
    found: set[str] = set()
    blocks = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    for title in re.findall(r"^#+ +(.*?) *$", blocks, re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        number = 1
        while slug in found:
            slug = f"{slug.removesuffix(f'-{number - 1}')}-{number}"
            number += 1
        found.add(slug)
    return found


@pytest.mark.parametrize("page", READ, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_links_hold_on_a_code_host(page):
    for address in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text(encoding="utf-8"))):
        if is_outside(address):
            continue
        path, _, place = unquote(address).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), address
        assert target.is_relative_to(REPOSITORY), address
        if place:
            assert target.suffix == ".md", address
            assert place in sections(target.read_text(encoding="utf-8")), address


def blocks_of(text: str) -> dict[str, int]:
    """Return how many lists, entries, blocks of code, tables and headings CommonMark finds."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = [token.tag for token in tokens if token.nesting >= 0]
    names = ("ul", "ol", "li", "table", "tr", "h1", "h2", "h3")
    fences = sum(token.type in ("fence", "code_block") for token in tokens)
    return {name: kinds.count(name) for name in names} | {"pre": fences}


@pytest.mark.parametrize("name", ["index.md", *PAGES])
def test_pages_are_read_as_a_code_host_reads_them(site, name):
    source = REPOSITORY / "README.md" if name == "index.md" else DOCS / name
    page = (site / name.replace(".md", ".html")).read_text(encoding="utf-8")
    [article] = re.findall(r"<article.*?</article>", page, re.DOTALL)
    wanted = blocks_of(source.read_text(encoding="utf-8"))
    found = {tag: len(re.findall(rf"<{tag}[ >]", article)) for tag in wanted}
    assert found == wanted


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("chromium", marks=needs_browser),
        pytest.param("firefox", marks=needs_firefox),
    ],
)
def browser(request, tmp_path_factory):
    """A browser with the network cut off."""
    profile = tmp_path_factory.mktemp(request.param)
    page = open_chromium(profile) if request.param == "chromium" else open_firefox(profile)
    yield page
    page.close()


def test_search_works_from_disk(browser, site):
    browser.size(1366, 768)
    browser.open(site / "tables.html", ready=False)
    browser.type("input.md-search__input", "trends.alpha")
    first = "document.querySelector('.md-search-result__item a[href*=config]')"
    browser.wait(first, 30)
    assert browser.value(f"{first}.href").startswith((site / "config.html").as_uri())
    browser.press("Escape")
    assert not browser.errors
    assert {urlsplit(address).scheme for address in browser.requests} <= {"file", "data", "about"}


def test_no_page_is_wider_than_a_phone(browser, site):
    browser.size(390, 844)
    for page in sorted(site.glob("*.html")):
        browser.open(page, ready=False)
        wide = browser.value("document.documentElement.scrollWidth")
        assert wide <= 390, page.name
        # What does not fit scrolls by itself: no picture, paragraph or formula runs out.
        outside = browser.value(
            "[...document.querySelectorAll('article img, article p, article math')].filter("
            " e => !e.closest('.md-typeset__scrollwrap, .formula')"
            " && e.getBoundingClientRect().right > 391"
            ").map(e => e.outerHTML.slice(0, 80))"
        )
        assert not outside, page.name

"""Pages from templates: what is data stays data, and what may run is named by its digest."""

import base64
import hashlib
import html
import json
import re

import pytest

from seston.report.locked import data_block, locked_page

EVIL = "</script><script>alert('&')</script>\u2028<!--"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "p.html.j2").write_text(
        "<style>{{ style }}</style>¦{{ style_hash }}¦{{ said }}¦{{ block }}¦"
        "<script>{{ script }}</script>¦{{ script_hash }}"
    )
    (tmp_path / "p.css").write_text("p > b { color: red }")
    (tmp_path / "a.js").write_text('const a = 1 < 2 && "x";')
    (tmp_path / "b.js").write_text("const b = 2;")
    return tmp_path


def parts(folder) -> list[str]:
    values = {"said": EVIL, "block": data_block({"name": EVIL})}
    return locked_page(folder, "p", values, ["a.js", "b.js"]).split("¦")


def test_text_of_the_data_is_no_markup(folder):
    style, _, said, *_ = parts(folder)
    assert "<" not in said and "script" in said
    assert "p > b { color: red }" in style


def test_a_block_of_data_ends_no_element_and_says_what_was_given(folder):
    block = parts(folder)[3]
    assert not set("<>&\u2028") & set(block)
    assert json.loads(block) == {"name": EVIL}


def test_not_a_number_is_no_json():
    with pytest.raises(ValueError):
        data_block({"x": float("nan")})


def test_the_digests_are_those_of_the_text_between_the_tags(folder):
    style, style_hash, _, _, script, script_hash = parts(folder)
    for text, told in ((style, style_hash), (script, script_hash)):
        inside = text.partition(">")[2].rpartition("</")[0]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert html.unescape(told) == f"'sha256-{digest}'"
    assert "const a" in script and script.index("const a") < script.index("const b")


def test_a_page_names_the_three_and_says_which_one_it_is(folder):
    (folder / "map.html.j2").write_text('{% include "pages.html.j2" %}')
    (folder / "map.css").write_text("")
    row = locked_page(folder, "map", {}, [])
    links = re.findall(r'<a href="([^"]+)"([^>]*)>(\w+)</a>', row)
    assert [(href, word) for href, _, word in links] == [
        ("index.html", "Report"), ("map.html", "Map"), ("label.html", "Names"),
    ]  # fmt: skip
    assert [bool(here) for _, here, _ in links] == [False, True, False]

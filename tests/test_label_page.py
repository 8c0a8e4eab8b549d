"""The naming page as it is written: what it holds, and what it refuses."""

import io
import json
import re
from base64 import b64decode

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from label_pages import EVIL, arguments, write_page
from naming_run import CLUSTERING, SIZES, write_names
from seston.errors import SestonError
from seston.label import page as module
from seston.label.page import label_page


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    results = tmp_path_factory.mktemp("run") / "results"
    html, images = write_page(results)
    return results, html.read_text(), images


def facts_of(text):
    return json.loads(re.search(r'id="facts">(.*?)</script>', text)[1])


def sheet_of(text, cluster):
    data = re.search(rf'id="sheet-{cluster}">(.*?)</script>', text)[1]
    return np.asarray(Image.open(io.BytesIO(b64decode(data))))


def test_clusters_by_size_with_what_is_known_of_them(run):
    facts = facts_of(run[1])
    assert facts["n"] == sum(SIZES) and facts["clustering"] == CLUSTERING
    assert [one["cluster"] for one in facts["clusters"]] == [2, 1, 0]
    assert [one["count"] for one in facts["clusters"]] == [130, 9, 5]
    assert [one["stability"] for one in facts["clusters"]] == [0.5, 0.8, None]
    assert [code for code, _ in facts["clusters"][2]["flags"]] == ["tiny", "loose"]
    assert all(means for one in facts["clusters"] for _, means in one["flags"])


def test_orders_and_those_near(run):
    _, text, images = run
    largest = facts_of(text)["clusters"][0]
    shown = {
        order: [largest["ids"][place] for place in some]
        for order, some in largest["places"].items()
    }
    mine = images[images["cluster"] == 2]
    assert shown["typical"] == mine.sort_values("distance")["image_id"].head(20).tolist()
    assert shown["odd"] == mine.sort_values("distance")["image_id"].tolist()[::-1][:20]
    assert shown["edge"] == mine.sort_values("margin")["image_id"].head(20).tolist()
    assert set(shown["random"]) <= set(mine["image_id"]) and len(set(shown["random"])) == 20
    # Clusters stand on a line at 0, 10 and 20: all of 1 come before all of 0.
    others = images[images["cluster"] != 2].set_index("image_id")["cluster"]
    assert others[shown["near"]].tolist() == [1] * 9 + [0] * 5
    assert [largest["of"][place] for place in largest["places"]["near"]] == [1] * 9 + [0] * 5


def test_each_picture_is_that_of_its_image(run):
    _, text, images = run
    grey = images.set_index("image_id")["grey"]
    for one in facts_of(text)["clusters"]:
        sheet = sheet_of(text, one["cluster"])
        for place, name in enumerate(one["ids"]):
            row, column = divmod(place, 8)
            middle = sheet[row * 64 + 32, column * 64 + 32]
            assert abs(int(middle[0]) - grey[name]) <= 3, name


def test_size_and_time_of_images(run):
    _, text, images = run
    one = facts_of(text)["clusters"][0]
    size = images.set_index("image_id")["esd_um"]
    assert one["when"][0] == "2026-05-22T14:30:00"
    for name, um in zip(one["ids"], one["esd"], strict=True):
        assert um is None if pd.isna(size[name]) else abs(um / size[name] - 1) < 0.006


def test_two_builds_are_the_same(run, tmp_path):
    results, text, _ = run
    label_page(**arguments(results, html=tmp_path / "again.html"))
    assert (tmp_path / "again.html").read_text() == text


def test_names_of_the_run_and_columns_of_the_user_are_in_the_page(run, tmp_path):
    results, _, _ = run
    names = write_names(tmp_path / "names.tsv", {1: EVIL})
    header, *lines = names.read_text().splitlines()
    notes = ["", "sure", ""]
    rows = [f"{line}\t{note}" for line, note in zip(lines, notes, strict=True)]
    names.write_text("\n".join([f"{header}\tnote", *rows]))
    label_page(**arguments(results, names=names, title=EVIL, html=tmp_path / "p.html"))
    text = (tmp_path / "p.html").read_text()
    facts = facts_of(text)
    [start] = facts["start"]
    assert start["cluster"] == 1 and "onerror" in start["name"]
    assert facts["more"] == {"1": {"note": "sure"}}
    assert "<img src=x" not in text


def test_a_page_that_would_be_too_large_holds_fewer(run, tmp_path, monkeypatch, caplog):
    results, _, _ = run
    caplog.set_level("INFO", "seston")
    monkeypatch.setattr(module, "BUDGET", 9000)
    label_page(**arguments(results, html=tmp_path / "p.html"))
    facts = facts_of((tmp_path / "p.html").read_text())
    assert facts["asked"] == 20 and facts["shown"] < 20
    assert len(facts["clusters"][0]["places"]["odd"]) == facts["shown"]
    assert "20 were asked for" in caplog.text


def test_one_image_and_an_empty_cluster(tmp_path, monkeypatch):
    monkeypatch.setattr("naming_run.SIZES", (1, 0))
    monkeypatch.setattr("naming_run.SHARDS", {"day1": ("s1",)})
    html, _ = write_page(tmp_path / "results")
    one, none = facts_of(html.read_text())["clusters"]
    assert one["ids"] == ["s1/0000"] and one["esd"] == [None]
    assert one["places"] == {
        "typical": [0], "random": [0], "edge": [0], "odd": [0], "near": []
    }  # fmt: skip
    assert none["count"] == 0 and none["ids"] == [] and 'id="sheet-1"' not in html.read_text()


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("clusters", lambda text: text.replace("2\t130", "7\t130"), "tells of 3 clusters"),
        ("clusters", lambda text: text.replace("stability", "steady"), "not readable"),
        ("names", lambda text: text.replace(CLUSTERING, "d" * 64), "of clustering dddddddd"),
    ],
)
def test_tables_that_do_not_fit_are_refused(run, tmp_path, table, change, said):
    given = arguments(run[0], html=tmp_path / "p.html")
    changed = tmp_path / "table.tsv"
    changed.write_text(change(given[table].read_text()))
    with pytest.raises(SestonError, match=said):
        label_page(**given | {table: changed})
    assert not (tmp_path / "p.html").exists()


def test_images_without_embeddings_are_told(run, tmp_path):
    with pytest.raises(SestonError, match=r"embeddings \(.* do not hold the same images"):
        label_page(**arguments(run[0], shards=["day1"], html=tmp_path / "p.html"))

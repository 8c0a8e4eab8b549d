"""The numbers, the words and the whole of the report."""

import csv
import json
import os
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seston.errors import SestonError
from seston.folders import whole_folder
from seston.report import wording
from seston.report.drawing import periods, spreadsheets, style
from seston.report.given import attention_values, evidence, measures, verdict
from seston.report.given.results import read_results
from seston.report.page.stage import report
from seston.report.words import methods, summary
from seston.trends.periods import start_of_period
from synthetic_results import Site, write_results

SHORE = Site("shore", ("",), ("2020-01-06", "2020-01-13", "2020-02-10"), 30, 2.0, 0.5)
TANK = Site("tank", ("a", "b"), ("2020-01-06",), 20)
EVIL = "</script><img src=x onerror=document.title='evil'>\"'$\\frac{"


def build(folder: Path, quick: bool = False, **options) -> Path:
    """Write a report of invented results; return its page."""
    return drawn(write_results(folder / "in", **options), folder / "report", quick)


def drawn(given: dict, out: Path, quick: bool = False) -> Path:
    """Write a report of these results; quick: coarse, without PDFs and attention maps."""
    with pytest.MonkeyPatch.context() as patch:
        if quick:
            given = {name: value for name, value in given.items() if name != "attention"}
            patch.setattr(style, "DPI", 50)
            patch.setattr(style, "save_pdf", lambda *_: None)
        report(**given, html=out / "index.html", figures=out / "figures", data=out / "data")
    return out / "index.html"


class Reader(HTMLParser):
    """Collects the tags, the text and the policy of a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, str] = {}
        self.words = ""
        self._open = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes) -> None:
        self.tags.append((tag, dict(attributes)))
        self._open = tag

    def handle_endtag(self, tag) -> None:
        self._open = ""

    def handle_data(self, data) -> None:
        if self._open in ("script", "style", "title"):
            self.inside[self._open] = self.inside.get(self._open, "") + data
        else:
            self.words += data


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("report"), sites=(SHORE, TANK), clusters=3, evil=EVIL)


def words(page: Path) -> str:
    return " ".join(Reader(page).words.split())


class Table(HTMLParser):
    """Collects the rows of the table that is labelled so."""

    def __init__(self, page: Path, label: str) -> None:
        super().__init__()
        self.label, self.rows, self._inside, self._cell = label, [], False, False
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes) -> None:
        self._inside |= dict(attributes).get("aria-label") == self.label
        self._cell |= tag in ("td", "th")
        if self._inside and tag == "tr":
            self.rows.append([])
        elif self._inside and tag in ("td", "th"):
            self.rows[-1].append("")
        elif self._inside and tag == "small":
            self.rows[-1][-1] += " "

    def handle_endtag(self, tag) -> None:
        self._inside &= tag != "table"
        self._cell &= tag not in ("td", "th")

    def handle_data(self, data) -> None:
        if self._inside and self._cell:
            self.rows[-1][-1] += data


def table_of(page: Path, label: str) -> list[list[str]]:
    return Table(page, label).rows


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, "0"), (1234.5, "1,230"), (0.01234, "0.0123"), (-2.5, "\u22122.5"), (None, "–"),
     (float("nan"), "–"), (2e-7, "2.00e-07")],
)  # fmt: skip
def test_numbers_read_as_people_write_them(value, told):
    assert wording.number(value) == told


def test_shares_and_lengths():
    assert [wording.percent(v) for v in (0, 0.0004, 0.0321, 1)] == [
        "0.0\u202f%", "<\u202f0.1\u202f%", "3.2\u202f%", "100.0\u202f%",
    ]  # fmt: skip
    assert wording.micrometres(999) == "999\u202fµm"
    assert wording.micrometres(1500) == "1.5\u202fmm"
    assert wording.listing(["a"]) == "a"
    assert wording.listing("abc") == "a, b and c"
    assert wording.listing("abcdefgh", most=3) == "a, b and 6 more"
    assert wording.file_name(3, "Löch / Ness") == "03_l-ch-ness"
    assert wording.file_name(3, "湖") == "03"


def test_the_books_of_each_sample_are_checked_against_the_rows():
    samples = pd.DataFrame(
        {
            "sample": list("abcd"),
            "listed": [3, 2, 1, 1],
            "used": [2, 2, 1, 0],
            "rejected": [1, 0, 1, 1],
        }
    )
    images = pd.DataFrame({"sample": ["a", "a", "b", "c", "x"]})
    rejected = pd.DataFrame({"sample": ["a", "c", "d"]})
    # a: sound. b: two used, one row. c: one listed, two told. d: sound. x: nobody knows it.
    assert summary.wrong_books(images, samples, rejected) == ("b", "c", "x")


def test_sizes_fall_into_bins_that_all_clusters_share():
    images = pd.DataFrame(
        {
            "cluster": [0, 0, 0, 1, 1],
            "site": ["sea", "lake", "sea", "sea", "sea"],
            "esd_um": [10.0, 100.0, np.nan, 1000.0, np.nan],
            "pixel_um": [1.0, 1.0, np.nan, np.nan, np.nan],
        }
    )
    edges = summary.size_bins(images["esd_um"].to_numpy())
    assert len(edges) == summary.HISTOGRAM_BINS + 1
    first, second, empty = summary.cluster_facts(images, [1, 0, 7], edges)
    assert (first.cluster, first.count, first.measured, first.share) == (0, 3, 2, 0.6)
    assert first.median_esd == 55.0
    assert first.sites == (("sea", 2 / 3), ("lake", 1 / 3))
    assert sum(first.histogram) == 2
    assert second.histogram[-1] == 1
    assert [one.pixel_known for one in (first, second, empty)] == [True, False, False]
    assert (empty.cluster, empty.count, empty.median_esd, empty.histogram) == (7, 0, None, ())


def test_no_size_known_gives_no_bins():
    assert len(summary.size_bins(np.array([np.nan, 0.0]))) == 0


def test_rejects_are_counted_by_reason():
    rejected = pd.DataFrame(
        {
            "sample": ["a", "b", "b"],
            "roi": ["1", None, "2"],
            "reason": ["truncated", "empty", "empty"],
            "detail": ["cut at 50 %", "", "0 bytes"],
        }
    )
    assert summary.rejects_by_reason(rejected) == [
        ("empty", 2, "b"),
        ("truncated", 1, "a/1: cut at 50 %"),
    ]


def test_oddities_are_counted_by_kind_and_routine_ones_come_last():
    rows = [
        ("a", "sample", "mask_crop", 1, "9 of 9"),
        ("b", "sample", "mask_crop", 1, "5 of 5"),
        ("b", "sample", "edited_run", 1, "an edited run"),
        ("a", "image", "identical", 3, "a/1"),
        ("b", "image", "identical", 2, "b/7"),
        ("b", "rejected", "truncated", 1, "b/8: cut"),
    ]
    quality = pd.DataFrame(rows, columns=["sample", "about", "code", "count", "detail"])
    kinds = summary.oddities(quality)
    told = [(kind.code, kind.samples, kind.images, kind.sample, kind.detail) for kind in kinds]
    assert told == [
        ("edited_run", 1, None, "b", "an edited run"),
        ("mask_crop", 2, None, "a", "9 of 9"),
        ("identical", 2, 5, "a", "a/1"),
    ]


def test_the_calendar_has_every_period_and_shortens_only_long_ones():
    assert periods.calendar(["2020-01-20", "2020-01-06"], "week") == [
        "2020-01-06", "2020-01-13", "2020-01-20",
    ]  # fmt: skip
    mornings = [f"2024-05-{day:02d}T08:00" for day in range(1, 8)]
    columns = periods.calendar(mornings, "hour")  # of 145 hours
    assert columns == [mornings[0], *(one for start in mornings[1:] for one in (None, start))]
    assert len(periods.calendar(mornings[:3], "hour")) == 49  # wide enough to be seen
    assert periods.calendar(["2020-03-01", "2020-01-01"], "month") == [
        "2020-01-01", "2020-02-01", "2020-03-01",
    ]  # fmt: skip
    assert periods.calendar(["2017-11-18", "2024-04-08", "2024-04-09"], "day") == [
        "2017-11-18", None, "2024-04-08", "2024-04-09",
    ]  # fmt: skip


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_every_start_of_a_period_is_in_the_calendar(period):
    times = pd.Series(pd.date_range("2019-12-29 23:00", periods=120, freq="19h"))
    starts = start_of_period(times, period)
    assert periods.calendar(starts.tolist(), period) == sorted(set(starts))


def test_each_group_weighs_the_same_and_gaps_stay_unknown():
    rows = pd.DataFrame(
        {
            "group": ["a", "b", "a"], "cluster": [4, 4, 4], "period": ["p", "p", "r"],
            "share": [0.2, 0.4, 0.0],
        }
    )  # fmt: skip
    matrix = periods.mean_of_groups(rows, "share", [4, 9], ["p", "q", "r"])
    np.testing.assert_allclose(matrix, [[0.3, np.nan, 0.0], [np.nan] * 3])


def test_rows_sum_to_one_and_are_ordered_by_their_centre():
    matrix = np.array([[1.0, np.nan, 3.0], [0.0, np.nan, 0.0]])
    scaled = periods.rows_to_one(matrix)
    np.testing.assert_allclose(scaled, [[0.25, np.nan, 0.75], [0.0, np.nan, 0.0]])
    np.testing.assert_allclose(periods.centre_of_gravity(scaled), [1.5, np.nan])


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-a", "-inf", "@SUM(A1)", "\t=1", "\r=1"])
def test_formulas_are_quoted_in_csv(text, tmp_path):
    spreadsheets.write_csv(pd.DataFrame({"name": [text], "value": [-1.5]}), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        [row] = csv.DictReader(file)
    assert row == {"name": "'" + text.replace("\r", "\n"), "value": "-1.5"}


@pytest.mark.parametrize("text", ["-33.5", "+1", "-1e-05", "2"])
def test_numbers_in_text_stay_numbers_in_csv(text, tmp_path):
    spreadsheets.write_csv(pd.DataFrame({"longitude": [text]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == f"longitude\n{text}\n"


def test_unknown_is_an_empty_cell(tmp_path):
    table = pd.DataFrame(
        {"a": [None, "x"], "b": [np.nan, 2.0], "c": pd.to_datetime([None, "2020-01-06"])}
    )
    spreadsheets.write_csv(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "a,b,c\n,,\nx,2,2020-01-06 00:00:00\n"


def test_a_folder_is_swapped_whole_or_not_at_all(tmp_path):
    place = tmp_path / "figures"
    for text in ("first", "second"):
        with whole_folder(place) as new:
            (new / text).touch()
    assert [p.name for p in place.iterdir()] == ["second"]
    with pytest.raises(RuntimeError), whole_folder(place) as new:
        (new / "third").touch()
        raise RuntimeError
    assert [p.name for p in place.iterdir()] == ["second"]
    assert [p.name for p in tmp_path.iterdir()] == ["figures"]


def test_settings_are_listed_flat():
    settings = {"seed": 1, "cluster": {"k": 4, "x": None}, "labels": {}}
    assert methods.flat_settings(settings) == [("seed", "1"), ("cluster.k", "4"), ("cluster.x", "")]


def test_the_page_tells_the_numbers_of_the_tables(page):
    samples = pd.read_csv(page.parents[1] / "in/samples.tsv", sep="\t")
    text = words(page)
    used, listed = samples["used"].sum(), samples["listed"].sum()
    assert listed == used + 3
    assert f"{listed:,} images listed" in text
    assert f"({listed:,} = {used:,} + 3)" in text
    assert "known for 3 of 5 samples" in text
    assert "1.5 mL volume analysed" in text
    assert "One day was sampled: no trend." in text
    assert "fewer than 3 samples" in text
    assert "fine-tuned without labels on the same images by DINO" in text
    assert "batches of at most 64, learning rate 0.0001, multiplied by 0.75 per layer" in text
    assert "the embedding is the class token after block 9 and the mean of the patches" in text
    assert "computed with OpenVINO, bf16 on the CPU" in text
    assert f"No concentrations for tank{EVIL.split('<')[0]}" in text
    assert Reader(page).inside["title"] == "Plankton through time"


def test_the_page_is_whole_safe_and_small(page):
    read = Reader(page)
    policy = next(a["content"] for _, a in read.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:; ")
    for tag in ("style", "script"):
        digest = b64encode(sha256(read.inside[tag].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    for tag, attributes in read.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href", "xlink:href"):
            target = attributes.get(name) or "#"
            if target.startswith(("index.html", "map.html", "label.html")):
                continue  # made by stages of their own
            assert target.startswith(("data:", "#", "figures/", "data/")), (tag, target)
            if target.startswith(("figures/", "data/")):
                assert (page.parent / target).exists(), target
    assert page.stat().st_size < 10e6


def test_the_quality_of_each_sample_is_told(page):
    told = pd.read_csv(page.parent / "data/sample_quality.csv")
    samples = pd.read_csv(page.parents[1] / "in/samples.tsv", sep="\t")
    assert sorted(told["sample"]) == sorted(samples["sample"])
    assert told["focus"].eq(10).all()
    lost = pd.read_csv(page.parent / "data/sample_rejects.csv")
    assert lost.drop(columns="sample").to_numpy().sum() == 3
    text = words(page)
    assert "of 9 checks" in text or "checks of 9" in text
    assert "3 images of" in text
    assert len(table_of(page, "Samples")) == 1 + len(samples)


def test_each_card_shows_its_boards_where_the_model_looks_and_where_to_go(page):
    source = page.read_text(encoding="utf-8")
    for cluster in range(3):
        card = source[source.index(f'id="cluster-{cluster}"') :]
        card = card[: card.index("</p>\n</div>\n</li>")]
        assert "most typical</figcaption>" in card
        assert f"A typical organism of cluster {cluster}, and where the model looks" in card
        assert f'href="map.html#cluster={cluster}"' in card
        assert f'href="label.html#cluster={cluster}"' in card
    values = pd.read_csv(page.parent / "data/attention_clusters.csv")
    assert len(values) == 3 * 2 * 64


def test_every_picture_has_words_for_those_who_do_not_see_it(page):
    pictures = [attributes for tag, attributes in Reader(page).tags if tag == "img"]
    assert len(pictures) >= 10
    assert all(len(a["alt"] or "") > 20 for a in pictures)


def test_text_from_data_stays_text(page):
    source = page.read_text(encoding="utf-8")
    assert EVIL in unescape(source)
    assert "<img src=x" not in source
    assert source.count("</script>") == 1


def test_every_figure_is_there_as_png_and_pdf(page):
    figures = page.parent / "figures"
    names = {path.stem for path in figures.glob("*.png")}
    mosaics = {f"mosaic_cluster_{c:03d}" for c in range(3)}
    assert mosaics <= names
    assert {path.stem for path in figures.glob("*.pdf")} == names - mosaics | {"mosaics"}


def test_every_number_drawn_is_in_the_data(page):
    data = page.parent / "data"
    shares = pd.read_csv(next(data.glob("heatmap_normalised_cluster_01_*.csv")))
    np.testing.assert_allclose(shares.groupby("cluster")["share_of_own_total"].sum(), 1)
    concentrations = pd.read_csv(next(data.glob("heatmap_concentrations_cluster_01_*.csv")))
    told = pd.read_csv(page.parents[1] / "in/abundance.tsv", sep="\t")
    told = told[told["site"].str.startswith("shore")].set_index(["cluster", "period"])
    drawn = concentrations.set_index(["cluster", "period"])["concentration_per_ml"]
    np.testing.assert_allclose(drawn, told.loc[drawn.index, "concentration_per_ml"], rtol=1e-6)
    images = pd.read_parquet(page.parents[1] / "in/images.parquet")
    places = pd.read_csv(data / "map.csv")
    assert places["image_id"].tolist() == images["image_id"].tolist()
    np.testing.assert_allclose(places["map_x"], images["map_x"], rtol=1e-6)
    treatments = pd.read_csv(data / "samples.csv")["treatment"]
    assert treatments.str.startswith("'=1+1").all()


def test_two_runs_give_the_same_bytes(page, tmp_path):
    code = (
        "import test_report as t; t.build"
        f"(t.Path({str(tmp_path)!r}), sites=(t.SHORE, t.TANK), clusters=3, evil=t.EVIL)"
    )
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent / "workflow")])
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env=os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": "7"},
    )
    first, second = (
        {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}
        for root in (page.parent, tmp_path / "report")
    )
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_without_volume_attention_history_or_sizes(tmp_path):
    bare = build(tmp_path, quick=True, sites=(TANK,), clusters=2, attention=None)
    text = words(bare)
    assert "unknown volume analysed" in text
    assert "Pixel size unknown." in text
    assert "No mask: size not measured." not in text
    assert "pre-trained, not fine-tuned" in text
    assert "What the model looks at" not in text
    assert not list(bare.parent.glob("figures/heatmap_*"))


def test_a_size_is_missing_for_want_of_a_mask_where_the_pixel_size_is_known(tmp_path):
    given = write_results(tmp_path / "in", sites=(SHORE,), clusters=2, attention=None)
    table = pq.read_table(given["images"])
    column = table.schema.get_field_index("esd_um")
    none = pa.nulls(len(table), table.schema.field(column).type)
    pq.write_table(table.set_column(column, table.schema.field(column), none), given["images"])
    page = drawn(given, tmp_path / "report", quick=True)
    text = words(page)
    assert "No mask: size not measured." in text
    assert "Pixel size unknown." not in text


def test_intervals_are_told_of_only_where_one_is_drawn(tmp_path):
    sites = (Site("alone", ("",), ("2020-01-06",), 12), Site("pair", ("",), ("2020-01-06",), 12))
    given = write_results(tmp_path / "in", sites=sites, clusters=2, attention=None)
    table = pd.read_csv(given["abundance"], sep="\t")
    table.loc[table["site"] == "alone", ["share_low", "share_high"]] = (0.0, 1.0)
    table.to_csv(given["abundance"], sep="\t", index=False)
    page = drawn(given, tmp_path / "report", quick=True)
    alone, pair = words(page).split("Share of each cluster among")[1:3]
    assert "No intervals: no two samples could be compared." in alone
    assert "% intervals" not in alone
    assert "with 95 % intervals (samples are the sampling unit)" in pair


def test_one_sample_and_no_group(tmp_path):
    one = Site("", ("",), ("2020-01-06",), 12)
    page = build(tmp_path, sites=(one,), clusters=2, attention="pretrained")
    text = words(page)
    assert "1 sample from 1 day (2020-01-06) at 1 site" in text
    assert "What changed" not in text  # nobody asked
    assert not {"#trends", "#groups", "#community"} & {a.get("href") for _, a in Reader(page).tags}
    assert "unnamed site" in text
    assert "nothing was fine-tuned" in text


@pytest.mark.parametrize(("period", "named"), [("week", "Monday"), ("month", "first day")])
def test_the_words_are_of_the_period(tmp_path, period, named):
    text = words(build(tmp_path, True, sites=(SHORE,), clusters=2, attention=None, period=period))
    assert f"over all sampled {period}s sum to 1" in text
    assert f"A {period} is named by its {named}." in text
    assert f"Bars: images behind each {period}," in text
    assert f"computed per {period} with" in text


def test_settings_are_told_as_they_were(tmp_path):
    title = "🦠 Plankton µ"
    page = build(
        tmp_path, quick=True, sites=(SHORE,), clusters=2, report={"title": title},
        finetune={"max_images": 40, "learning_rate": 1e-05, "method": "simclr"},
    )  # fmt: skip
    assert Reader(page).inside["title"] == title
    text = words(page)
    assert "without labels on 40 of these images, drawn anew for each epoch" in text
    assert "drawn anew for each epoch and evenly from the samples, by SimCLR (Chen et al" in text
    assert "learning rate 1e-05" in text


def test_numbers_and_surrogates_of_json_are_read(tmp_path):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2, attention=None)
    told = json.loads(given["settings"].read_text(encoding="utf-8"))
    told["finetune"]["learning_rate"], told["report"]["title"] = 1e-05, "🦠"
    given["settings"].write_text(json.dumps(told))  # the emoji as two escapes
    results = read_results(**given)
    assert results.setting("finetune", "learning_rate") == 1e-05
    assert results.setting("report", "title") == "🦠"
    given["settings"].write_text("seed: 1\n")
    with pytest.raises(SestonError, match=r"settings\.yaml: not JSON"):
        read_results(**given)


def moved(given: dict, name: str, folder: Path) -> dict:
    """Move an input into the folder of a model."""
    depth = {"kmeans": 1, "runtime": 1, "model": 0}[name]
    old = given[name]
    new = folder.joinpath(*old.parts[-1 - depth :])
    new.parent.mkdir(parents=True, exist_ok=True)
    return given | {name: old.rename(new)}


def test_the_model_is_the_chosen_one(tmp_path):
    given = write_results(tmp_path, sites=(TANK,), clusters=2)
    results = read_results(**given)
    assert (results.model, results.card["feature"]) == ("finetuned", "cls@9+mean")
    assert results.runtime["engine"] == "openvino"


@pytest.mark.parametrize("name", ["kmeans", "runtime", "model"])
def test_files_of_another_model_than_the_chosen_one_are_refused(tmp_path, name):
    given = write_results(tmp_path, sites=(TANK,), clusters=2)
    with pytest.raises(SestonError, match=r"is of the pretrained model, but .* chose the finetune"):
        read_results(**moved(given, name, tmp_path / "pretrained"))


def test_a_clustering_outside_the_folder_of_a_model_is_refused(tmp_path):
    given = write_results(tmp_path, sites=(TANK,), clusters=2)
    with pytest.raises(SestonError, match=r"expected <model>/kmeans/kmeans\.json"):
        read_results(**moved(given, "kmeans", tmp_path / "other"))


def test_a_runtime_of_other_weights_is_refused(tmp_path):
    given = write_results(tmp_path, sites=(TANK,), clusters=2)
    told = json.loads(given["runtime"].read_text()) | {"model": "0" * 64}
    given["runtime"].write_text(json.dumps(told))
    with pytest.raises(SestonError, match=r"runtime\.json is of a model 000000000000, but .* bbbb"):
        read_results(**given)


@pytest.mark.parametrize(
    ("change", "told"),
    [({"chosen": "both"}, "chosen is 'both'"), ({"reasons": None}, "reasons missing"),
     ({"chosen": "pretrained", "fingerprints": {}}, "chosen is 'pretrained'")],
)  # fmt: skip
def test_a_verdict_that_says_too_little_is_refused(tmp_path, change, told):
    given = write_results(tmp_path, sites=(TANK,), clusters=2, attention=None)
    said = json.loads(given["verdict"].read_text()) | change
    given["verdict"].write_text(json.dumps({k: v for k, v in said.items() if v is not None}))
    with pytest.raises(SestonError, match=told):
        read_results(**given)


def test_evidence_of_each_model_is_wanted_once(tmp_path):
    given = write_results(tmp_path, sites=(TANK,), clusters=2)
    before, after = given["evidence"]
    with pytest.raises(SestonError, match=r"one <model>/evidence\.tsv per model"):
        read_results(**given | {"evidence": [before, before]})
    with pytest.raises(SestonError, match="but the evidence is of pretrained"):
        read_results(**given | {"evidence": [before]})
    after.write_text(after.read_text().replace("0.6758", "lots", 1))
    with pytest.raises(SestonError, match=r"evidence\.tsv: column value: expected numbers"):
        read_results(**given)


def test_better_is_told_with_its_figures(tmp_path):
    page = build(tmp_path, quick=True, sites=(TANK,), clusters=2)
    text = words(page)
    assert (
        "This report uses the fine-tuned model: by 5 nearest neighbours on the label set"
        " \u201clake\u201d, it is no worse than the pre-trained one."
    ) in text
    assert "The fine-tuned model is worse" not in text
    # 0.62 times 1.09 is 0.6758; 0.71 times 1.09 is 0.7739, its interval from 0.7439 on.
    rows = [row for row in table_of(page, "Evidence by labels") if len(row) > 1]
    assert rows[0] == ["measure", "pre-trained", "fine-tuned", "after training", "by chance",
                       "images", "groups"]  # fmt: skip
    assert [cell.replace("\u202f", " ") for cell in rows[1][1:]] == [
        "62.0 % 58.0 to 66.0 %", "67.6 % 63.6 to 71.6 %",
        "+5.6 points better, intervals overlap", "8.0 %", "4,000", "22",
    ]  # fmt: skip
    assert rows[3][3] == "+6.4 points better, intervals apart"
    assert len(rows) == 1 + 7 * 2


def test_worse_is_told_at_once_and_the_pretrained_model_is_used(tmp_path):
    text = words(build(tmp_path, quick=True, sites=(TANK,), clusters=2, evidence="worse"))
    summary_text = text[: text.index("Data quality", 200)]
    assert "Training on these images made the model worse." in summary_text
    assert "measured by 5 nearest neighbours on the label set" in text
    assert "So the pre-trained model made all clusters, maps and trends of this page." in text
    assert "A copy that was fine-tuned on the same images by DINO" in text
    assert "was compared with it and not used" in text
    assert "pre-trained; fine-tuning was not used" in text


def test_a_worse_model_that_the_settings_ask_for_is_warned_of(tmp_path):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2)
    said = json.loads(given["verdict"].read_text()) | {"worse": True, "decided_by": "settings"}
    given["verdict"].write_text(json.dumps(said))
    page = drawn(given, tmp_path / "report", quick=True)
    text = words(page)
    assert "This report uses the fine-tuned model, because the settings ask for it." in text
    assert "It made this page all the same" in text


def test_without_labels_what_is_absent_is_said(tmp_path):
    page = build(tmp_path, quick=True, sites=(TANK,), clusters=2, evidence="unlabelled", evil=EVIL)
    text = words(page)
    assert "Not measured labels: no labels</script><img" in text
    assert not (page.parent / "figures/evidence_labels.png").exists()
    assert (page.parent / "figures/evidence_label_free.png").exists()
    assert "<img src=x" not in page.read_text(encoding="utf-8")


def test_one_model_alone_is_shown_without_comparison(tmp_path):
    page = build(tmp_path, sites=(TANK,), clusters=2, attention=None)
    text = words(page)
    assert "What the model can tell apart" in text
    assert "it is the only one of this run" in text
    assert "after training" not in text
    header, first = table_of(page, "Confounding")[:2]
    assert header == ["measure", "pre-trained", "by chance", "images", "groups"]
    assert first[:3] == ["sample", "31.0\u202f% 29.0 to 33.0\u202f%", "2.0\u202f%"]
    assert "The day can be told from the embedding in 34.0 % of cases, 2.0 % by chance." in text
    assert "Of the differences in brightness, 66.0 % can be read from it (R²), 0.0 %" in text


def test_figures_that_one_model_lacks(tmp_path):
    page = build(tmp_path, quick=True, sites=(TANK,), clusters=2, evidence="gaps")
    [nmi, *_] = [row for row in table_of(page, "Evidence by labels") if "NMI" in row[0]]
    assert nmi[1:4] == ["0.480", "–", ""]
    assert not [row for row in table_of(page, "Confounding") if row[0] == "instrument"]
    assert "confounding: instrument: one instrument only" in words(page)


def test_all_evidence_is_in_the_data(tmp_path):
    page = build(tmp_path, quick=True, sites=(TANK,), clusters=2)
    told = pd.read_csv(page.parent / "data/evidence.csv")
    for model in ("pretrained", "finetuned"):
        source = pd.read_csv(tmp_path / "in" / model / "evidence.tsv", sep="\t")
        mine = told[told["model"] == model].drop(columns="model").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine[source.columns], source, check_dtype=False)


def one_row(before: tuple, after: tuple, better: str, measure: str = "knn_5") -> evidence.Row:
    both = (pd.Series(figures, ["value", "low", "high"]) for figures in (before, after))
    found = dict(zip(measures.MODELS, both, strict=True))
    return evidence.Row("labels", measure, "", better, found)


@pytest.mark.parametrize(
    ("before", "after", "better", "told", "apart"),
    [((0.5, 0.4, 0.6), (0.7, 0.65, 0.75), "higher", "better", True),
     ((0.5, 0.4, 0.6), (0.7, 0.55, 0.75), "higher", "better", False),
     ((0.5, 0.4, 0.6), (0.2, 0.1, 0.3), "higher", "worse", True),
     ((0.5, 0.4, 0.6), (0.2, 0.1, 0.3), "lower", "better", True),
     ((0.5, np.nan, np.nan), (0.6, 0.5, 0.7), "higher", "better", None),
     ((0.5, 0.4, 0.6), (0.5, 0.4, 0.6), "higher", "", False),
     ((0.5, 0.4, 0.6), (0.9, 0.8, 1.0), "", "", True)],
)  # fmt: skip
def test_what_a_change_means(before, after, better, told, apart):
    row = one_row(before, after, better)
    assert row.change == pytest.approx(after[0] - before[0])
    assert (row.told, row.apart) == (told, apart)


def test_starts_of_kmeans_are_no_samples_and_what_does_not_show_is_no_change():
    row = one_row((0.0484, 0.0484, 0.0484), (0.0483, 0.0483, 0.0483), "higher", measure="ami")
    assert (row.told, row.apart) == ("", None)
    row = one_row((0.4, 0.4, 0.4), (0.5, 0.5, 0.5), "higher", measure="nmi")
    assert (row.told, row.apart) == ("better", None)


@pytest.mark.parametrize(
    ("criterion", "words"),
    [("labels:knn_5:a:b", "5 nearest neighbours on the label set \u201ca:b\u201d"),
     ("labels:nmi:a,b", "clusters: NMI on the label sets \u201ca\u201d and \u201cb\u201d"),
     ("label-free", "signs of harm"), ("", "")],
)  # fmt: skip
def test_the_criterion_in_words(criterion, words):
    assert verdict.Verdict("pretrained", criterion, "evidence", False, (), {}).yardstick == words


@pytest.mark.parametrize(
    ("name", "value", "told", "change"),
    [("knn_5", 0.0321, "3.2\u202f%", "+3.2 points"),
     ("uniformity", -2.4, "\u22122.40", "\u22122.40"),
     ("nmi", 0.4996, "0.500", "+0.500"), ("effective_rank", 123.4, "123", "+123"),
     ("ami", -0.0004, "0.000", "\u00b10.000"), ("day", 0.0002, "0.0\u202f%", "\u00b10.0 points"),
     ("brightness", -0.02, "\u22122.0\u202f%", "\u22122.0 points")],
)  # fmt: skip
def test_figures_read_by_their_kind(name, value, told, change):
    assert measures.measure_of(name).text(value) == told
    assert measures.measure_of(name).step(value) == change


def test_features_in_words():
    assert methods.feature_words("cls@9+cls@12") == (
        "the class token after block 9 and the class token after block 12"
    )
    assert methods.feature_words("pool") == "the pooled features"
    assert methods.feature_words("") == ""


def test_more_attention_maps_than_fit_are_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(attention_values, "MOST_IMAGES", 3)
    monkeypatch.setattr(attention_values, "IN_FIGURE", 2)
    monkeypatch.setattr(style, "save_pdf", lambda *_: None)
    page = build(tmp_path, sites=(TANK,), clusters=2, attention="pretrained")
    assert "The first 3 of 8 organisms with attention maps are drawn" in words(page)
    assert "1 more organism" in words(page)
    table = pd.read_csv(page.parent / "data/attention.csv")
    assert table["image_id"].nunique() == 3
    names = {path.stem for path in page.parent.glob("figures/attention*.png")}
    assert names == {"attention_1", "attention_2", "attention_heads"}


def test_attention_maps_without_pictures_are_refused(tmp_path):
    given = write_results(tmp_path, sites=(TANK,), clusters=2, attention="pretrained")
    with np.load(given["attention"]) as arrays:
        kept = {name: arrays[name] for name in arrays if name != "pictures"}
    np.savez(given["attention"], **kept)
    with pytest.raises(SestonError, match=r"attention\.npz: pictures missing"):
        read_results(**given)


def test_nothing_used_is_told(tmp_path):
    none = Site("shore", ("",), ("2020-01-06",), 0)
    empty = build(tmp_path, sites=(none,), clusters=2, attention=None)
    assert "None of the 3 images listed could be used." in words(empty)
    assert {path.stem for path in empty.parent.glob("figures/*")} == {"samples"}


def test_books_that_do_not_balance_are_shouted(tmp_path):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2, attention=None)
    samples = pd.read_csv(given["samples"], sep="\t")
    samples.loc[0, "listed"] += 1
    samples.to_csv(given["samples"], sep="\t", index=False)
    page = drawn(given, tmp_path / "report", quick=True)
    assert f"does not hold for {samples.loc[0, 'sample']}." in words(page)


def test_a_missing_column_is_the_users_to_mend(tmp_path):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2, attention=None)
    given["samples"].write_text("sample\tsite\nx\ty\n")
    with pytest.raises(SestonError, match=r"samples\.tsv: columns missing: group, datetime"):
        report(**given, html=tmp_path / "i.html", figures=tmp_path / "f", data=tmp_path / "d")


@pytest.mark.parametrize(
    ("name", "wrong", "told"),
    [
        ("kmeans", '{"k": 2, "fingerprint": "other"}', "of different clusterings"),
        ("samples", None, r"samples\.tsv: not readable"),
        ("images", "PK", r"images\.parquet: not a readable Parquet file"),
        ("attention", "PK", r"attention\.npz: not readable"),
        ("attention", "", r"attention\.npz: not readable"),
        ("samples", "sample\tsite\nx\ty", r"samples\.tsv: ends in the middle of a line"),
    ],
)
def test_results_that_do_not_belong_together_are_refused(tmp_path, name, wrong, told):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2, attention="pretrained")
    given[name].unlink() if wrong is None else given[name].write_text(wrong)
    with pytest.raises(SestonError, match=told):
        report(**given, html=tmp_path / "i.html", figures=tmp_path / "f", data=tmp_path / "d")
    assert not (tmp_path / "f").exists()


def test_examples_of_another_clustering_are_refused(tmp_path):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2, attention=None)
    organisms = pq.read_table(given["images"])
    other = pa.array((organisms["cluster"].to_numpy() + 1) % 2, pa.int32())
    column = organisms.schema.get_field_index("cluster")
    pq.write_table(organisms.set_column(column, "cluster", other), given["images"])
    with pytest.raises(SestonError, match="shows organisms in other clusters"):
        report(**given, html=tmp_path / "i.html", figures=tmp_path / "f", data=tmp_path / "d")


@pytest.mark.parametrize(
    ("column", "wrong", "told"),
    [
        ("cluster", 2, "tells of cluster 2, but .* has the clusters 0 to 1"),
        ("period", "2020-01-05", "differ in what was sampled: site 'tank', group 'a', day 2020-01"),
        ("site", "pond", "site 'pond', group 'a', day 2020-01-06 is only in .*abundance"),
    ],
)
def test_abundances_of_other_results_are_refused(tmp_path, column, wrong, told):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2, attention=None)
    table = pd.read_csv(given["abundance"], sep="\t")
    table.loc[table.index[:2], column] = wrong
    table.to_csv(given["abundance"], sep="\t", index=False)
    with pytest.raises(SestonError, match=told):
        report(**given, html=tmp_path / "i.html", figures=tmp_path / "f", data=tmp_path / "d")


def test_the_stage_needs_no_torch():
    code = (
        "import sys, seston.report.page.stage;"
        " print({'torch', 'timm', 'pandas'} & set(sys.modules))"
    )
    path = str(Path(__file__).parents[1] / "workflow")
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.stdout.strip() == "{'pandas'}"


def test_water_without_an_organism_is_a_zero_and_not_a_gap(tmp_path):
    days = ("2024-05-01", "2024-05-03")
    found = Site("sea", ("",), days, 40, 1.8, 0.5)
    nothing = Site("sea", ("",), ("2024-05-02",), 0, 1.8, 0.5)
    page = build(tmp_path, quick=True, sites=(found, nothing), clusters=2, attention=None)
    table = pd.read_csv(page.parent / "data" / "heatmap_concentrations_cluster_01_sea.csv")
    assert sorted(table["period"].unique()) == ["2024-05-01", "2024-05-02", "2024-05-03"]
    assert (table.loc[table["period"] == "2024-05-02", "concentration_per_ml"] == 0).all()


def test_what_is_not_known_of_the_model_is_not_told(tmp_path):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2, attention=None)
    del given["runtime"], given["model"]
    text = words(drawn(given, tmp_path / "report", quick=True))
    assert "pre-trained, not fine-tuned; seed 1" in text
    assert "Embeddings were computed with" not in text

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
from seston.report import attention_panels, folders, methods, periods, summary, wording
from seston.report.pages import report
from seston.report.results import read_results
from seston.trends.periods import start_of_period
from synthetic_results import Site, write_results

SHORE = Site("shore", ("",), ("2020-01-06", "2020-01-13", "2020-02-10"), 30, 2.0, 0.5)
TANK = Site("tank", ("a", "b"), ("2020-01-06",), 20)
EVIL = "</script><img src=x onerror=document.title='evil'>\"'$\\frac{"


def build(folder: Path, **options) -> Path:
    """Write a report of invented results; return its page."""
    given = write_results(folder / "in", **options)
    out = folder / "report"
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


def test_lines_are_cut_where_sampling_paused():
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-03", "2020-03-01"], "datetime64[D]")
    assert periods.stretches(days) == [slice(0, 3), slice(3, 4)]
    assert periods.stretches(days[:1]) == [slice(0, 1)]


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-a", "-inf", "@SUM(A1)", "\t=1", "\r=1"])
def test_formulas_are_quoted_in_csv(text, tmp_path):
    folders.write_csv(pd.DataFrame({"name": [text], "value": [-1.5]}), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        [row] = csv.DictReader(file)
    assert row == {"name": "'" + text.replace("\r", "\n"), "value": "-1.5"}


@pytest.mark.parametrize("text", ["-33.5", "+1", "-1e-05", "2"])
def test_numbers_in_text_stay_numbers_in_csv(text, tmp_path):
    folders.write_csv(pd.DataFrame({"longitude": [text]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == f"longitude\n{text}\n"


def test_unknown_is_an_empty_cell(tmp_path):
    table = pd.DataFrame(
        {"a": [None, "x"], "b": [np.nan, 2.0], "c": pd.to_datetime([None, "2020-01-06"])}
    )
    folders.write_csv(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "a,b,c\n,,\nx,2,2020-01-06 00:00:00\n"


def test_a_folder_is_swapped_whole_or_not_at_all(tmp_path):
    place = tmp_path / "figures"
    for text in ("first", "second"):
        with folders.whole_folder(place) as new:
            (new / text).touch()
    assert [p.name for p in place.iterdir()] == ["second"]
    with pytest.raises(RuntimeError), folders.whole_folder(place) as new:
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
            assert target.startswith(("data:", "#", "figures/", "data/")), (tag, target)
            if target.startswith(("figures/", "data/")):
                assert (page.parent / target).exists(), target
    assert page.stat().st_size < 10e6


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
    shares = pd.read_csv(next(data.glob("heatmap_share_01_*.csv")))
    np.testing.assert_allclose(shares.groupby("cluster")["share_of_own_total"].sum(), 1)
    concentrations = pd.read_csv(next(data.glob("heatmap_concentration_01_*.csv")))
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
    bare = build(tmp_path, sites=(TANK,), clusters=2, attention=None)
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
    out = tmp_path / "report"
    report(**given, html=out / "index.html", figures=out / "figures", data=out / "data")
    text = words(out / "index.html")
    assert "No mask: size not measured." in text
    assert "Pixel size unknown." not in text


def test_intervals_are_told_of_only_where_one_is_drawn(tmp_path):
    sites = (Site("alone", ("",), ("2020-01-06",), 12), Site("pair", ("",), ("2020-01-06",), 12))
    given = write_results(tmp_path / "in", sites=sites, clusters=2, attention=None)
    table = pd.read_csv(given["abundance"], sep="\t")
    table.loc[table["site"] == "alone", ["share_low", "share_high"]] = (0.0, 1.0)
    table.to_csv(given["abundance"], sep="\t", index=False)
    out = tmp_path / "report"
    report(**given, html=out / "index.html", figures=out / "figures", data=out / "data")
    alone, pair = words(out / "index.html").split("Share of each cluster among")[1:3]
    assert "No intervals: no two samples could be compared." in alone
    assert "% intervals" not in alone
    assert "with 95 % intervals (samples are the sampling unit)" in pair


def test_one_sample_and_no_group(tmp_path):
    one = Site("", ("",), ("2020-01-06",), 12)
    text = words(build(tmp_path, sites=(one,), clusters=2, attention="pretrained"))
    assert "1 sample from 1 day (2020-01-06) at 1 site" in text
    assert "unnamed site" in text
    assert "nothing was fine-tuned" in text


@pytest.mark.parametrize(("period", "named"), [("week", "Monday"), ("month", "first day")])
def test_the_words_are_of_the_period(tmp_path, period, named):
    text = words(build(tmp_path, sites=(SHORE,), clusters=2, attention=None, period=period))
    assert f"over all sampled {period}s sum to 1" in text
    assert f"A {period} is named by its {named}." in text
    assert f"Bars: images behind each {period}," in text
    assert f"computed per {period} with" in text


def test_settings_are_told_as_they_were(tmp_path):
    title = "🦠 Plankton µ"
    page = build(
        tmp_path, sites=(SHORE,), clusters=2, report={"title": title},
        finetune={"max_images": 40, "learning_rate": 1e-05},
    )  # fmt: skip
    assert Reader(page).inside["title"] == title
    text = words(page)
    assert "without labels on 40 of these images, drawn anew for each epoch" in text
    assert "learning rate 1e-05" in text


def test_numbers_and_surrogates_of_json_are_read(tmp_path):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2, attention=None)
    told = json.loads(given["settings"].read_text(encoding="utf-8"))
    told["finetune"]["learning_rate"], told["report"]["title"] = 1e-05, "🦠"
    given["settings"].write_text(json.dumps(told))  # the emoji as two escapes
    results = read_results(**{"attention": None, "history": None} | given)
    assert results.setting("finetune", "learning_rate") == 1e-05
    assert results.setting("report", "title") == "🦠"
    given["settings"].write_text("seed: 1\n")
    with pytest.raises(SestonError, match=r"settings\.yaml: not JSON"):
        read_results(**{"attention": None, "history": None} | given)


def test_the_model_is_that_of_the_clustering_and_not_of_the_settings(tmp_path):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2, attention="finetuned")
    assert read_results(**given).model == "finetuned"
    other = tmp_path / "pretrained/kmeans/kmeans.json"
    other.parent.mkdir(parents=True)
    given["kmeans"].rename(other)
    assert read_results(**given | {"kmeans": other}).model == "pretrained"
    lost = other.rename(tmp_path / "kmeans.json")
    with pytest.raises(SestonError, match=r"expected <model>/kmeans/kmeans\.json"):
        read_results(**given | {"kmeans": lost})


def test_more_attention_maps_than_fit_are_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(attention_panels, "MOST_IMAGES", 5)
    page = build(tmp_path, sites=(TANK,), clusters=2)
    assert "The first 5 of 16 organisms with attention maps are drawn" in words(page)
    assert pd.read_csv(page.parent / "data/attention.csv")["image_id"].nunique() == 5


def test_nothing_used_is_told(tmp_path):
    none = Site("shore", ("",), ("2020-01-06",), 0)
    empty = build(tmp_path, sites=(none,), clusters=2, attention=None)
    assert "None of the 3 images listed could be used." in words(empty)
    assert list(empty.parent.glob("figures/*")) == []


def test_books_that_do_not_balance_are_shouted(tmp_path):
    given = write_results(tmp_path / "in", sites=(TANK,), clusters=2, attention=None)
    samples = pd.read_csv(given["samples"], sep="\t")
    samples.loc[0, "listed"] += 1
    samples.to_csv(given["samples"], sep="\t", index=False)
    out = tmp_path / "report"
    report(**given, html=out / "index.html", figures=out / "figures", data=out / "data")
    assert f"does not hold for {samples.loc[0, 'sample']}." in words(out / "index.html")


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
        ("cluster", 2, "counts cluster 2, but .* has the clusters 0 to 1"),
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
    code = "import sys, seston.report.pages; print({'torch', 'timm', 'pandas'} & set(sys.modules))"
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
    page = build(tmp_path, sites=(found, nothing), clusters=2, attention=None)
    table = pd.read_csv(page.parent / "data" / "heatmap_concentration_01_sea.csv")
    assert sorted(table["period"].unique()) == ["2024-05-01", "2024-05-02", "2024-05-03"]
    assert (table.loc[table["period"] == "2024-05-02", "concentration_per_ml"] == 0).all()

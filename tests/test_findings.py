"""What the report shows of the clusters: names, trust, tree, strangest organisms, drift."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from seston.errors import SestonError
from seston.report.drawing.mosaics import Crop
from seston.report.figures import drift_figure, trust_figure
from seston.report.given import drift, oddities, organism_crops, origin, strangest
from seston.report.given.findings import read_findings
from seston.report.given.names import Names
from seston.report.given.results import read_results
from seston.report.words import clustering_words
from synthetic_findings import SENTENCES, write_findings
from synthetic_results import Site, write_results
from test_report import EVIL, Reader, drawn, table_of, words

SHORE = Site("shore", ("",), ("2020-01-06", "2020-01-13", "2020-02-10"), 60, 2.0, 0.5)
NAMES = {0: "Cyclotella", 3: "Dinobryon", 4: "Cyclotella"}


def make(folder: Path, sites=(SHORE,), clusters: int = 6, **told) -> dict[str, Any]:
    """Write results and findings; return the options of `report`."""
    given = write_results(folder, sites=sites, clusters=clusters, attention=None)
    return given | write_findings(folder, given, **told)


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("findings")
    frozen = {"cluster": {"frozen": "../last year/results"}}
    given = write_results(folder / "in", sites=(SHORE,), clusters=6, attention=None, **frozen)
    given |= write_findings(folder / "in", given, names=NAMES, drift=True, evil=EVIL)
    return drawn(given, folder / "report", quick=True)


def read(given: dict[str, Any]):
    """Read the findings among these options."""
    new = {
        "clusters", "clusters_json", "circumstances", "strangest", "density_table", "names",
        "abundance_coarse", "abundance_name", "abundance_label", "tree", "sweep", "drift",
        "drift_json", "new_types",
    }  # fmt: skip
    results = read_results(**{name: value for name, value in given.items() if name not in new})
    return read_findings(
        results,
        kmeans=given["kmeans"],
        segment_dir=given["rejected_dir"],
        shards=given["shards"],
        **{name: value for name, value in given.items() if name in new},
    )


def cards(page: Path) -> dict[int, dict[str, str | None]]:
    found = [attributes for _, attributes in Reader(page).tags if "data-cluster" in attributes]
    return {int(one["data-cluster"] or -1): one for one in found}


def test_a_card_tells_name_group_flags_and_trust(page):
    text = words(page)
    assert "Dinobryon" + EVIL + " (cluster 3)" in text
    mine = text[text.index("(cluster 0)") :]
    assert "coarse group 0; dubious, AphiaID 149619, by EW</script>" in mine[:200]
    assert "unstable stability 0.83 Clustering resampled images does not find" in text
    assert "one day 62.5 % on 2020-01-06</script>" in text
    # What the cluster is otherwise like is told where the pictures made it, not of any bloom.
    assert "split by sample 62.5 % in level, otherwise like cluster 7" in text
    assert "one sample 62.5 % in level It lives in one sample." in text
    assert "stability 0.95 0.87 to 1.00 near-duplicates 3.1 % focus 210" in text
    kept = cards(page)
    assert kept[1]["data-flags"] == "unstable one_day"
    assert [kept[c]["data-coarse"] for c in range(6)] == ["0", "1", "2", "0", "1", "2"]
    assert float(kept[0]["data-stability"] or 0) == pytest.approx(0.95)


def test_each_flag_is_explained_and_counted(page):
    rows = {row[0].removeprefix("⚑ "): row[1:] for row in table_of(page, "Flags")[1:]}
    again = "Clustering resampled images does not find this cluster again."
    assert rows["unstable"] == ["1", again, "1"]
    assert rows["blur"] == ["0", SENTENCES["blur"], "–"]
    assert rows["from the future"] == ["1", "", "4"]


def test_clusters_are_listed_by_size_with_their_trust(page):
    told = pd.read_csv(page.parents[1] / "in/clusters.tsv", sep="\t")
    order = told.sort_values(["images", "cluster"], ascending=[False, True])["cluster"].tolist()
    rows = table_of(page, "Trust in each cluster")[1:]
    titles = [row[0].split("<")[0] for row in rows]
    assert titles == [f"{c} {NAMES[c]}" if c in NAMES else f"cluster {c}" for c in order]
    first = told.set_index("cluster").loc[order[0]]
    assert rows[0][1] == str(first["images"])
    assert rows[0][4] == f"{first['compactness']:.2f}"
    kept = pd.read_csv(page.parent / "data/trust.csv")
    assert kept["cluster"].tolist() == order
    np.testing.assert_allclose(kept["stability"], told["stability"][order], rtol=1e-6)


def test_the_clustering_as_a_whole_is_judged(page):
    text = words(page)
    assert "Mean silhouette 0.12: near 1 clusters lie far apart" in text
    assert "NMI 0.51, AMI 0.50 and ARI 0.29. 1 is the same; AMI and ARI are 0 as by chance" in text
    assert "10.0 % of the images are noise" in text


def test_what_differs_about_days_and_instruments_is_told(page):
    rows = table_of(page, "Days, samples and instruments that differ")[1:]
    assert [row[0] for row in rows] == ["instrument", "day"]
    assert rows[0][3] == "pictures darker by 3 grey levels; pictures less sharp, by a factor of 0.5"
    assert rows[1][3].endswith("by one step; 75.0\u202f% in clusters of its own")


def test_the_number_of_clusters_is_explained(page):
    text = words(page)
    assert "6 clusters were asked for; the rule would have taken 7." in text
    assert "7 clusters: the silhouette is the highest." in text
    assert "But nobody knows." in text
    groups = table_of(page, "Coarse groups")[1:]
    assert [row[:2] for row in groups] == [["0", "2"], ["1", "2"], ["2", "2"]]
    assert groups[2][2] == "2, 5"
    assert groups[1][2].startswith("1, 4 Cyclotella")


def test_the_strangest_stand_with_id_cluster_and_reason(page):
    told = pd.read_csv(page.parents[1] / "in/strangest.tsv", sep="\t")
    text = words(page)
    section = text[text.index("The strangest organisms") :]
    assert f"These {strangest.MOST} fit their clusters least." in section
    places = [section.index(name) for name in told["image_id"][: strangest.MOST]]
    assert places == sorted(places)
    assert told["image_id"][strangest.MOST] not in section
    assert f"All {len(told)} with distances" in section
    assert "blurred</script><img" in section


def test_frozen_clusters_are_told_of_at_the_top(page):
    text = words(page)
    summary = text[: text.index("Data quality", 300)]
    assert "Clusters of an earlier run, not renumbered. New images were given to the" in summary
    assert "clusters of ../last year/results" in summary
    assert "were taken over unchanged from an earlier run (../last year/results)" in text


def test_the_model_of_an_earlier_run_is_not_told_from_these_settings(page):
    text = words(page)
    assert "model of the earlier runfine-tuned there; feature" in text
    assert "embedded with the model of the earlier run at ../first year/results" in text
    assert "fine-tuned there (network vit_small3_patch8_64; weights: bundled); the" in text
    assert "given to the nearest centroid of the earlier run, found there by k-means" in text
    assert "This report uses the model of the earlier run, fine-tuned there: it is" in text
    assert "pre-trained" not in text[: text.index("To cite")]
    assert [row[0] for row in table_of(page, "Confounding")[:1]] == ["measure"]
    assert table_of(page, "Confounding")[0][1] == "earlier run's"


@pytest.mark.parametrize(
    ("source", "earlier", "training"),
    [
        ("dino from bundled", {}, "fine-tuned there without labels by DINO (Caron et al. 2021)"),
        ("bundled", {"chosen": "pretrained"}, "not fine-tuned there"),
        ("/of/runs from May/w.pth", {}, "not fine-tuned there"),
        ("", {"chosen": "finetuned"}, "fine-tuned there"),
        ("", {}, ""),
    ],
)
def test_how_an_earlier_run_made_its_model(source, earlier, training):
    found = origin.adopted_model("old/results", {"source": source}, earlier)
    assert found is not None
    assert (found.run, found.training) == ("old/results", training)
    first = origin.adopted_model("old/results", {}, {"clustered_in": "older/results"})
    assert first is not None and first.run == "older/results"
    assert origin.adopted_model("", {"source": source}, earlier) is None


def test_the_weights_of_a_network_in_words():
    assert origin.weights("dino from hub") == "pre-trained weights of timm, Wightman 2019"
    assert origin.weights("bundled") == "weights: bundled"
    assert origin.weights("") == ""


def test_clusters_that_are_not_seen_again_are_gathered(tmp_path):
    one = Site("", ("",), ("2020-01-06",), 1)
    frozen = {"cluster": {"frozen": "old/results"}}
    given = write_results(tmp_path / "in", (one,), clusters=3, attention=None, **frozen)
    given |= write_findings(tmp_path / "in", given, names={0: "A", 1: "B", 2: "C"})
    page = drawn(given, tmp_path / "report", quick=True)
    [seen] = cards(page)
    empty = [f"{cluster} {name}" for cluster, name in enumerate("ABC") if cluster != seen]
    assert f"Not seen this time: {empty[0]} and {empty[1]}." in words(page)


def drift_of(
    clusters: list[list],
    candidates: int = 0,
    samples: tuple = (0, 0),
    freedom: int = 9,
    earlier: int = 1,
    same: tuple[str, ...] = (),
) -> list[str]:
    columns = ["level", "cluster", "images", "tested", "share", "expected", "drift"]
    sums = [sum(row[place] for row in clusters) for place in (1, 2)]
    rows = [["all", np.nan, *sums, 0.0, 0.0093, 0], *(["cluster", *row] for row in clusters)]
    table = pd.DataFrame(rows, columns=columns)
    told = {"same_samples": list(same),
            "earlier": {"images": 5643, "latest": "2024-04-08", "samples": earlier,
                        "scatter": {"samples": {"freedom": freedom}}}}  # fmt: skip
    by_sample = pd.DataFrame({"sample": list("ab"), "drift": samples})
    moved = table[(table["level"] == "cluster") & (table["drift"] == 1)]
    types = pd.DataFrame(index=range(candidates))
    return drift.drift_words(drift.Drift(table, by_sample, moved, told, types, []))


def test_what_was_compared_and_what_was_found_in_words():
    nothing = [[0, 1289, 1289, 0, 0.01, 0], [26, 40, 0, 0, 0.01, 0], [27, 8, 0, 0, 0.01, 0],
               [28, 0, 0, 0, 0.01, 0]]  # fmt: skip
    assert drift_of(nothing) == [
        "1,289 of 1,337 images are compared with 5,643 up to 2024-04-08; 48 are in 2 clusters too"
        " small in the earlier run to have a limit (26 and 27).",
        "0.0\u202f% lie beyond the limit of their cluster; expected are 0.9\u202f%.",
        "No sample and no cluster differs from the earlier run.",
        "No group of images may be a new type (one like a known type cannot be told in this way).",
    ]
    some = drift_of([[0, 9, 9, 0.1, 0.01, 1]], candidates=2, samples=(1, 1))
    assert some[0] == "9 of 9 images are compared with 5,643 up to 2024-04-08."
    assert some[2] == "2 samples and 1 cluster differ from the earlier run."
    assert some[3].startswith("2 groups of images may be new types (but one like")
    assert drift_of([[0, 9, 9, 0.1, 0.01, 1]])[2].startswith("No sample and 1 cluster differs")
    one = drift_of([[5, 1, 0, 0, 0.01, 0]], candidates=1, freedom=0)
    assert one[0].endswith("; 1 is in 1 cluster too small in the earlier run to have a limit (5).")
    assert one[1] == "The earlier run has one sample only: drift cannot be told from chance."
    assert one[2].startswith("1 group of images may be a new type (but")
    none = drift_of([[5, 1, 0, 0, 0.01, 0]], freedom=0, earlier=7, same=("a", "b", "c", "d"))
    assert none[1] == "No cluster had images enough in the earlier run: drift cannot be told."
    assert none[2] == (
        "4 of the samples are in the earlier run too (a, b, c, …): their drift says nothing."
    )


def test_clusters_of_one_name_are_one_curve(page):
    told = pd.read_csv(page.parents[1] / "in/abundance_name.tsv", sep="\t")
    present = told.groupby("name")["count"].sum().gt(0).sum()
    text = words(page)
    assert f"{present} names. Clusters of one name are one curve; those without a name" in text
    labels = [tags.get("alt") or "" for _, tags in Reader(page).tags]
    assert any(f"the {present} most frequent names at shore" in label for label in labels)


def test_instruments_and_sites_coincide_where_no_site_has_two():
    samples = pd.DataFrame({"site": ["a", "b", "b"], "instrument": ["x", "y", "y"]})
    assert oddities.instrument_is_site(samples)
    assert not oddities.instrument_is_site(samples.assign(instrument="x"))
    assert not oddities.instrument_is_site(samples.assign(instrument=["x", "y", "x"]))
    assert not oddities.instrument_is_site(samples[["site"]])
    shared = samples.assign(site=["a", "b", "c"], instrument=["x", "y", "y"])
    assert oddities.instrument_is_site(shared)


@pytest.mark.parametrize("coincide", [True, False])
def test_a_flag_of_an_instrument_says_when_it_may_be_the_site(tmp_path, coincide):
    given = make(tmp_path / "in", sites=(SHORE, Site("tank", ("",), SHORE.days, 60)))
    samples, clusters = (pd.read_csv(given[n], sep="\t") for n in ("samples", "clusters"))
    if coincide:
        samples.loc[samples["site"] == "tank", "instrument"] = "ifcb"
        samples.to_csv(given["samples"], sep="\t", index=False)
    clusters["flags"] = ["one_instrument", *[""] * 5]
    clusters.to_csv(given["clusters"], sep="\t", index=False)
    text = words(drawn(given, tmp_path / "report", quick=True))
    aside = "62.5 % from the instrument level (or the site: here the two coincide)"
    assert (aside in text) == coincide
    assert ("Each instrument has only its own sites here." in text) == coincide


def test_columns_that_many_images_lack_are_cautioned_of():
    missing = {"log_esd_um": 60, "focus": 50}
    assert clustering_words.cautions({"n": 1000, "space": {"missing": missing}}) == [
        "60 of 1,000 images (6.0\u202f%) lack log_esd_um and were clustered with its mean: to"
        " which cluster they went may owe to that."
    ]
    assert clustering_words.cautions({"k": 4}) == []


def test_drift_is_told_by_sample_cluster_and_candidate(page):
    text = words(page)
    assert "Filled: shore-all-2020-01-13-0." in text
    [row] = table_of(page, "Clusters that changed")[1:]
    assert row == ["cluster 1", "60", "10.0\u202f% 5.0\u202f% to 20.0\u202f%", "0.9\u202f%"]
    assert "Candidate 1 11 images counted as cluster 1; in 2 samples, 2020-01-06 to" in text
    assert "the earlier run had 3 images like these" in text
    files = {path.name for path in (page.parent / "figures").glob("mosaic_candidate*.png")}
    assert files == {"mosaic_candidate_000.png", "mosaic_candidate_001.png"}


def test_names_stand_in_figures_and_tables_by_level(page):
    data = page.parent / "data"
    told = pd.read_csv(page.parents[1] / "in/abundance_name.tsv", sep="\t")
    shares = pd.read_csv(data / "heatmap_normalised_name_01_shore.csv")
    assert set(shares["name"]) <= set(told["name"])
    assert "Cyclotella" in set(shares["name"])
    np.testing.assert_allclose(shares.groupby("name")["share_of_own_total"].sum(), 1, 1e-6)
    coarse = pd.read_csv(data / "heatmap_normalised_coarse_01_shore.csv")
    assert sorted(coarse["coarse"].unique()) == [0, 1, 2]


def test_the_page_stays_safe_and_small(page):
    source = page.read_text(encoding="utf-8")
    assert "<img src=x" not in source
    assert page.stat().st_size < 10e6
    for tag, attributes in Reader(page).tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href"):
            target = attributes.get(name) or "#"
            pages = ("index.html", "map.html", "label.html")
            assert target.startswith(("data:", "#", "figures/", "data/", *pages)), (tag, target)
            if target.startswith("data/"):
                assert (page.parent / target).exists(), target
        assert tag != "img" or len(attributes["alt"] or "") > 20


@pytest.mark.parametrize("left_out", ["density", "sweep", "names", "all"])
def test_whatever_is_not_there_is_left_out(tmp_path, left_out):
    if left_out == "all":
        given = write_results(tmp_path / "in", sites=(SHORE,), clusters=6, attention=None)
    else:
        named = {} if left_out == "names" else NAMES
        some = {left_out: False} if left_out != "names" else {}
        given = make(tmp_path / "in", names=named, **some)
    text = words(drawn(given, tmp_path / "report", quick=True))
    headings = {
        "density": "Beside the density clusters", "sweep": "were asked for",
        "names": "By cluster.", "all": "How far to trust the clusters",
    }  # fmt: skip
    for what, heading in headings.items():
        assert (heading in text) == (what != left_out and left_out != "all"), heading
    assert "Clusters of an earlier run" not in text


def test_one_image_and_an_empty_cluster(tmp_path):
    one = Site("", ("",), ("2020-01-06",), 1)
    given = make(tmp_path / "in", sites=(one,), clusters=2, drift=False)
    text = words(drawn(given, tmp_path / "report", quick=True))
    assert "The strangest organisms" in text
    assert "No image belongs to this cluster." in text


def other(path: Path, key: str) -> None:
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told | {key: "0" * 64}))


@pytest.mark.parametrize(
    ("option", "file", "key", "told"),
    [
        ("clusters_json", "", "clustering", r"clusters\.json is of the clustering 000000000000"),
        ("drift_json", "", "clustering", r"drift\.json is of the clustering 000000000000"),
        ("tree", "tree.json", "kmeans", r"tree\.json is of the clustering 000000000000"),
        ("sweep", "sweep.json", "embeddings", r"sweep\.json is of the embeddings 000000000000"),
    ],
)
def test_findings_of_another_clustering_are_refused(tmp_path, option, file, key, told):
    given = make(tmp_path, drift=True)
    other(given[option] / file, key)
    with pytest.raises(SestonError, match=told):
        read(given)


@pytest.mark.parametrize(
    ("option", "column", "value", "told"),
    [
        ("names", "clustering", "0" * 64, r"cluster_names\.tsv is of the clustering 0000000"),
        ("names", "cluster", 6, "tells of cluster 6, but .* has the clusters 0 to 5"),
        ("clusters", "cluster", 5, "expected each of the 6 clusters"),
        ("strangest", "cluster", 5, "in another cluster than the table of organisms"),
        ("strangest", "image_id", "nobody", "'nobody' in another cluster .* it is not there"),
        ("density_table", "cluster", 9, "tells of cluster 9"),
        ("abundance_coarse", "count", 1000, "abundance_coarse.tsv: .* organisms of"),
        ("abundance_name", "period", "2020-01-05", "abundance_name.tsv: .* organisms of"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tmp_path, option, column, value, told):
    given = make(tmp_path, names=NAMES)
    table = pd.read_csv(given[option], sep="\t", dtype=str, keep_default_na=False)
    table.loc[0, column] = str(value)
    table.to_csv(given[option], sep="\t", index=False)
    with pytest.raises(SestonError, match=told):
        read(given)


def test_groups_of_some_clusters_only_are_refused(tmp_path):
    given = make(tmp_path)
    coarse = given["tree"] / "coarse.tsv"
    coarse.write_text(coarse.read_text().partition("\n")[0] + "\n")
    with pytest.raises(SestonError, match=r"coarse\.tsv: groups of 0 clusters, but .* has 6"):
        read(given)


def test_without_labels_their_table_has_no_rows_and_is_no_level(tmp_path):
    given = make(tmp_path)
    head, _, rows = given["abundance_name"].read_text().partition("\n")
    table = tmp_path / "abundance_label.tsv"
    table.write_text(head.replace("name", "label") + "\n")
    assert set(read(given | {"abundance_label": table}).levels) == {"coarse"}
    table.write_text(head.replace("name", "label") + "\n" + rows.partition("\n")[0] + "\n")
    with pytest.raises(SestonError, match="by clusters"):
        read(given | {"abundance_label": table})


def test_tables_without_what_tells_of_them_are_refused(tmp_path):
    given = make(tmp_path)
    del given["clusters_json"]
    with pytest.raises(SestonError, match="--clusters and --clusters-json go together"):
        read(given)


def test_an_organism_without_a_crop_is_told(tmp_path):
    given = make(tmp_path)
    with pytest.raises(SestonError, match="no crop of nobody in any shard"):
        organism_crops.find_crops(given["rejected_dir"], ["a", "b"], ["nobody"])
    ids = pq.read_table(given["rejected_dir"] / "b" / "crops.parquet")["image_id"].to_pylist()
    found = organism_crops.find_crops(given["rejected_dir"], ["a", "b"], ids[:2])
    assert sorted(found) == ids[:2]
    assert found[ids[0]].pixel_um == 2.0


@pytest.mark.parametrize(
    ("size", "shown"), [((400, 100), (200, 50)), ((20, 10), (80, 40)), ((1, 900), (1, 200))]
)
def test_thumbnails_keep_their_shape_within_limits(size, shown):
    picture = organism_crops.thumbnail(Crop(Image.new("RGB", size), 1.0))
    assert (picture.width, picture.height) == shown


def test_pairs_of_clusters_are_ordered_along_the_diagonal():
    table = pd.DataFrame(
        [(0, 5, 90), (0, -1, 10), (1, 4, 60), (1, 5, 20), (2, -1, 5), (3, 4, 2)],
        columns=["cluster", "density_cluster", "images"],
    )
    both = trust_figure.overlap(table)
    assert both.density == [5, 4, trust_figure.NOISE]  # 110 and 62 images
    assert both.clusters == [0, 3, 1, 2]  # within a column the purest first
    np.testing.assert_allclose(both.values, [[0.9, 0, 0.1], [0, 1, 0], [0.25, 0.75, 0], [0, 0, 1]])


def test_density_clusters_beyond_the_largest_are_taken_together(monkeypatch):
    monkeypatch.setattr(trust_figure, "MOST_COLUMNS", 1)
    monkeypatch.setattr(trust_figure, "MOST_ROWS", 1)
    table = pd.DataFrame(
        [(0, 0, 50), (0, 1, 30), (0, 2, 20), (1, 0, 9)],
        columns=["cluster", "density_cluster", "images"],
    )
    both = trust_figure.overlap(table)
    assert (both.clusters, both.density) == ([0], [0, trust_figure.OTHERS])
    np.testing.assert_allclose(both.values, [[0.5, 0.5]])


def test_only_unstable_clusters_are_hollow():
    table = pd.DataFrame(
        {"cluster": [4, 2, 7], "stability": [0.9, 0.3, np.nan], "stability_low": [0.8, 0.2, np.nan],
         "stability_high": [1.0, 0.4, np.nan], "flags": ["", "tiny;unstable", "empty"]}
    )  # fmt: skip
    [axes] = trust_figure.draw_stability(table, lambda c: f"name {c}").axes
    assert [one.get_text() for one in axes.get_yticklabels()] == ["name 4", "name 2"]
    faces = axes.collections[-1].get_facecolors()
    assert faces[1].tolist() == [1, 1, 1, 1]
    assert faces[0].tolist() != [1, 1, 1, 1]
    figure = trust_figure.draw_stability(table, str, (0.6, 0.75))
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.6", "0.75"]
    assert len(figure.legends[0].get_texts()) == 2
    [key] = trust_figure.draw_stability(table[:1]).legends[0].get_texts()
    assert key.get_text() == "stability with interval"


def test_samples_that_drifted_are_filled():
    table = pd.DataFrame(
        {"site": "s", "group": ["", ""], "datetime": ["2020-01-02T00:00:00", "2020-01-01T10:00:00"],
         "share": [0.2, 0.01], "share_low": [0.1, 0.0], "share_high": [0.3, 0.02],
         "expected": [0.009, 0.01], "drift": [1, 0]}
    )  # fmt: skip
    [axes] = drift_figure.draw_drift(table).axes
    np.testing.assert_allclose(axes.collections[-1].get_offsets()[:, 1], [1.0, 20.0])
    assert axes.collections[-1].get_facecolors()[0].tolist() == [1, 1, 1, 1]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [1.0, 0.9])


def test_the_strangest_are_drawn_with_their_captions():
    table = pd.DataFrame({"rank": [1, 2], "image_id": ["a/1", "b/" + "x" * 80], "cluster": [0, 3]})
    crops = {name: Crop(Image.new("RGB", (30, 20)), um) for name, um in
             zip(table["image_id"], (2.0, np.nan), strict=True)}  # fmt: skip
    figure = strangest.draw_strangest(table, crops, Names(names={3: "Cyclotella"}))
    told = [text.get_text().split("\n") for text in figure.texts]
    assert told[0] == ["1: cluster 0", "a/1"]
    assert told[1][0] == "2: 3 Cyclotella"
    assert [len(line) for line in told[1][1:]] == [19, 19, 19]
    scales = [len(axes.texts) for axes in figure.axes]
    assert scales == [1, 0]  # a bar only where the pixel size is known


def test_the_clustering_in_words():
    space = {"pca": 50, "whiten": True, "components": 50, "columns": {"log_esd_um": 0.5},
             "missing": {"log_esd_um": 12}}  # fmt: skip
    kmeans = {
        "k": 30, "k_chosen_by": "sweep", "trained_on": 1200, "starts": 5, "iterations": 25,
        "init": "greedy k-means++", "refine": 5, "balance": "sample", "spherical": True,
        "space": space, "device": {"asked": "gpu", "runs": "torch on gpu", "why": "it has one"},
    }  # fmt: skip
    told = clustering_words.clustering_words(kmeans, {"cluster": {"k": "auto", "frozen": ""}})
    assert told == [
        "Embeddings were clustered by k-means (FAISS, Johnson et al. 2021; k = 30, found by a"
        " sweep over k; the best of 5 starts; at most 25 iterations from centroids by greedy"
        " k-means++ on 1,200 images, then 5 over all)",
        "Clustered were 50 principal components of the embeddings, whitened, log_esd_um"
        " (weight 0.5; its mean for 12 images without it) and all scaled to length one",
        "For the training every sample weighed the same",
        "Centroids were computed by PyTorch on a GPU",
    ]


def test_a_plain_clustering_in_words():
    assert clustering_words.clustering_words({"k": 4}, {}) == [
        "Embeddings were clustered by k-means (FAISS, Johnson et al. 2021; k = 4)"
    ]
    fell = {"k": 4, "device": {"asked": "gpu", "runs": "cpu", "why": "no GPU"}, "spherical": True,
            "space": {"pca": 0, "whiten": False, "columns": {}}}  # fmt: skip
    assert clustering_words.clustering_words(fell, {})[1:] == [
        "Clustered were embeddings scaled to length one",
        "A GPU was asked for, but the CPU computed: no GPU",
    ]


def test_names_of_clusters_and_groups():
    names = Names(names={1: "Cyclotella", 2: "Asterionella formosa var. gracillima"},
                  coarse={0: 1, 1: 0, 2: 0})  # fmt: skip
    assert [names.title(c) for c in (0, 1)] == ["cluster 0", "1 Cyclotella"]
    assert names.labels([0, 2]) == ["0", "2 Asterionella formosa var.…"]
    assert names.groups() == {0: [1, 2], 1: [0]}
    assert names.group_title(1) == "group 1"
    assert names.group_title(0) == "group 0 (Asterionella formos…)"
    assert [names.heading(c) for c in (0, 1)] == ["Cluster 0", "Cyclotella (cluster 1)"]
    some = Names(names={3: "Diatoms"}, coarse=dict.fromkeys(range(4), 8))
    assert some.group_title(8) == "group 8 (Diatoms + 3 unnamed)"


def test_the_table_of_crops_is_only_read_as_far_as_needed(tmp_path):
    given = make(tmp_path)
    ids = pq.read_table(given["rejected_dir"] / "a" / "crops.parquet")["image_id"].to_pylist()
    (given["rejected_dir"] / "b" / "crops.parquet").unlink()
    assert sorted(organism_crops.find_crops(given["rejected_dir"], ["a", "b"], ids[:1])) == ids[:1]

"""What is drawn of a site, from whatever tables there are."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from readable import assert_readable
from series_tables import Tables, tables
from seston.report.drawing import style
from seston.report.drawing.drawings import Drawings
from seston.report.figures import site_figures
from seston.report.given import series
from seston.report.given.course import Course
from seston.report.given.findings import Findings
from seston.report.given.levels import Merged
from seston.report.given.names import Names
from seston.report.given.results import Results


def results_of(made: Tables, level: str = "name", period: str = "day", day_zero: str = ""):
    samples = pd.DataFrame({"site": ["s", "s", "t"], "volume_ml": [1.0, np.nan, np.nan]})
    trends = {"level": level, "period": period, "day_zero": day_zero}
    given = {"abundance": made.abundance, "samples": samples, "settings": {"trends": trends}}
    return Results(**dict.fromkeys((field.name for field in fields(Results)), None) | given)


def merged(made: Tables, keys: list[str]) -> Merged:
    """Every two clusters are one class."""
    table = made.abundance.assign(cluster=made.abundance["cluster"] // 2)
    numbers = ["count", "share", "concentration_per_ml"]
    sums = table.groupby(["site", "group", "period", "cluster"], as_index=False)[numbers].sum()
    other = table.drop(columns=[*numbers, "class"]).drop_duplicates(
        ["site", "group", "period", "cluster"]
    )
    return Merged(sums.merge(other), keys, [key.upper() for key in keys])


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draw a site; return what was drawn, the figures by name, and the folder of numbers."""
    figures = {}

    def save(figure, folder, name):
        figures[name] = figure
        return folder / f"{name}.png"

    monkeypatch.setattr(style, "save_png", save)
    monkeypatch.setattr(style, "save_pdf", lambda *_: None)

    def draw(results, findings=None, site="s"):
        one = site_figures.draw_site(
            1, site, results, findings or Findings(), Drawings(tmp_path, tmp_path)
        )
        return one, figures, tmp_path

    return draw


def test_a_site_has_effort_maps_and_curves(drawn):
    made = tables(groups=2, classes=4, missing=(5,))
    findings = Findings(course=Course(tables={"periods": made.periods.assign(site="s")}))
    one, figures, folder = drawn(results_of(made), findings)
    assert one.periods == 11
    assert one.groups == ["bag 1", "fjord"]
    assert (one.kind, one.kinds, one.drawn, one.clusters) == ("cluster", 4, 4, 4)
    assert (one.intervals, one.few, one.gaps_cut, one.dots) == (True, False, False, None)
    assert (one.volume_known, one.volume_of) == (1, 2)
    assert one.figures() == [
        "effort_01_s", "heatmap_normalised_cluster_01_s", "heatmap_shares_cluster_01_s",
        "heatmap_concentrations_cluster_01_s", "curves_01_s",
    ]  # fmt: skip
    assert set(one.figures()) == set(figures)
    for figure in figures.values():
        assert_readable(figure)
    shares = pd.read_csv(folder / "heatmap_shares_cluster_01_s.csv")
    assert list(shares) == ["cluster", "period", "share"]
    effort = pd.read_csv(folder / "effort_01_s.csv")
    np.testing.assert_allclose(effort["water_ml"], made.effort["water_ml"], rtol=1e-5)


def test_what_is_tested_is_drawn_first_and_in_full(drawn):
    made = tables(classes=4)
    levels = {"coarse": merged(made, ["0", "1"]), "label": merged(made, ["ceratium", "daphnia"])}
    one, figures, folder = drawn(results_of(made, "label"), Findings(levels=levels))
    assert (one.kind, one.kinds, one.clusters) == ("label", 2, 4)
    assert list(one.maps) == ["label", "cluster", "coarse"]
    assert one.maps["label"].concentrations
    assert (one.maps["coarse"].shares, one.maps["coarse"].concentrations) == (None, None)
    titles = {axes.get_title(loc="left") for axes in figures["curves_01_s"].axes}
    assert titles - {""} == {"CERATIUM", "DAPHNIA"}
    told = pd.read_csv(folder / "heatmap_shares_label_01_s.csv")
    assert set(told["label"]) == {"ceratium", "daphnia"}
    assert (folder / "trends_coarse_01_s.csv").exists()


def test_a_map_of_a_single_row_is_only_drawn_of_what_is_tested(drawn):
    made = tables(classes=2)  # `merged` makes one of them
    levels = {"coarse": merged(made, ["0"]), "label": merged(made, ["ceratium"])}
    one, _, folder = drawn(results_of(made, "label"), Findings(levels=levels))
    assert list(one.maps) == ["label", "cluster"]
    assert (folder / "trends_coarse_01_s.csv").exists()


def test_one_period_is_drawn_as_dots(drawn):
    one, figures, _ = drawn(results_of(tables(classes=3, periods=1, samples=2)))
    assert (one.dots, one.curves, one.effort, one.maps) == ("dots_01_s", None, None, {})
    assert (one.periods, one.drawn, one.few) == (1, 3, True)
    assert list(figures) == ["dots_01_s"]


def test_a_site_without_organisms_has_no_figure(drawn):
    one, figures, _ = drawn(results_of(tables()), site="t")
    assert (one.periods, one.figures(), figures) == (0, [], {})


def test_periods_in_which_nothing_was_found_have_effort_but_no_curves(drawn):
    made = tables(periods=3)
    blank = made.abundance.assign(count=0, share=np.nan, concentration_per_ml=0.0)
    one, _, _ = drawn(results_of(Tables(blank, made.periods, made.groups)))
    assert (one.curves, one.maps, one.effort) == (None, {}, "effort_01_s")


def test_classes_are_called_as_in_the_tables_of_trends():
    made = tables(classes=3, periods=2)
    names = Names({1: "Ceratium"})
    plain = series.series_of("s", results_of(made, "cluster"), Findings(names=names))
    assert plain.rows["class"].unique().tolist() == ["0", "1", "2"]
    assert plain.title(1) == "1 Ceratium"
    unnamed = series.series_of("s", results_of(made, "name"), Findings())
    assert unnamed.rows["class"].unique().tolist() == ["cluster 0", "cluster 1", "cluster 2"]
    both = merged(made, ["Ceratium", "cluster 2"])
    named = series.series_of("s", results_of(made, "name"), Findings(levels={"name": both}))
    assert named.rows["class"].unique().tolist() == ["Ceratium", "cluster 2"]
    assert (named.kind, named.title(0)) == ("name", "CERATIUM")


def test_without_the_table_of_periods_effort_is_that_of_the_counts():
    made = tables(groups=2, periods=3)
    effort = series.series_of("s", results_of(made), Findings()).effort
    expected = made.effort.sort_values(["group", "period"])["images"].tolist()
    assert effort.sort_values(["group", "period"])["images"].tolist() == expected
    assert effort["water_ml"].isna().all()


def test_the_groups_with_the_most_organisms_are_drawn():
    made = tables(groups=11, periods=2)
    found = series.series_of("s", results_of(made, day_zero="2024-05-06"), Findings())
    counts = made.abundance.groupby("group")["count"].sum()
    assert set(found.groups) == set(counts.nlargest(8).index)
    assert found.more_groups == 3
    assert found.time.day_zero == "2024-05-06"

"""Label efficiency: curves, ratios, and the stage that draws them."""

import numpy as np
import pandas as pd
import pytest

from readable import assert_readable
from seston.classify.variants import VARIANTS
from seston.report.drawing import style
from seston.report.figures import efficiency_ratio_figure, label_efficiency_figure
from seston.report.figures.efficiency_stage import efficiency_figures

FRACTIONS = (0.01, 0.1, 1.0)
NAMES = list(VARIANTS)


def table(variants: list[str], seeds: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        [
            {
                "variant": name, "fraction": fraction, "labels": round(5000 * fraction) + seed,
                "seed": seed, "correction": correction, "micro": rng.uniform(0.6, 0.9),
                "macro": rng.uniform(0.3, 0.8), "nll": rng.uniform(0.2, 2),
                "ece": rng.uniform(0, 0.1), "classwise_ece": rng.uniform(0, 0.01),
                "steps": 0 if name == "linear" else 400, "seconds": rng.uniform(1, 900),
            }
            for name in variants for fraction in FRACTIONS for seed in range(seeds)
            for correction in ("none", "one_versus_rest", "multiclass", "em")
        ]
    )  # fmt: skip


def ratios(variants: list[str], against: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"measure": measure, "variant": name, "against": other, "fraction": fraction,
             "ratio": times / fraction**0.5, "low": times / fraction**0.5 / 2,
             "high": 2 * times / fraction**0.5, "note": ""}
            for measure in efficiency_ratio_figure.TITLES for name in variants
            for other, times in against.items() for fraction in FRACTIONS
        ]
    )  # fmt: skip


@pytest.mark.parametrize(("variants", "seeds"), [(1, 1), (8, 3)])
def test_every_number_of_variants_can_be_read(variants, seeds):
    rows, some = table(NAMES[:variants], seeds), NAMES[:variants]
    title = dict((name, VARIANTS[name].title) for name in NAMES).get
    assert_readable(label_efficiency_figure.draw_efficiency(rows, some, title))
    assert_readable(label_efficiency_figure.draw_cost(rows, some, title))
    found = ratios(some, {"supervised_adamw": 2.0})
    assert_readable(efficiency_ratio_figure.draw_ratio(found, some, "supervised_adamw", title))


def test_intervals_are_student_s_over_seeds():
    rows = pd.DataFrame(
        {"variant": "linear", "fraction": 0.1, "labels": [9, 10, 11], "macro": [0.4, 0.5, 0.6]}
    )
    [found] = label_efficiency_figure.summary(rows, "macro").to_dict("records")
    assert found["labels"] == 10 and found["mean"] == pytest.approx(0.5)
    # t of 0.975 with 2 degrees of freedom is 4.303; the standard error 0.1 over the root of 3.
    assert found["high"] - 0.5 == pytest.approx(4.3027 * 0.1 / 3**0.5, rel=1e-4)
    assert found["low"] == pytest.approx(1 - found["high"])
    single = label_efficiency_figure.summary(rows.iloc[:1], "macro")
    assert single["mean"].tolist() == [0.4] and single["low"].isna().all()


def test_a_curve_is_of_its_own_variant_and_correction():
    rows = table(["linear", "mlp"])
    figure = label_efficiency_figure.draw_efficiency(rows, ["linear", "mlp"])
    raw, corrected = figure.axes[:2]
    for axes, correction in ((raw, "none"), (corrected, "multiclass")):
        mine = rows[(rows["variant"] == "mlp") & (rows["correction"] == correction)]
        second = [one for one in axes.lines if one.get_color() == style.COLOURS[1]]
        [line] = [one for one in second if one.get_linestyle() == "-"]
        np.testing.assert_allclose(line.get_ydata(), mine.groupby("fraction")["macro"].mean())


def test_axes_reach_as_low_as_what_they_show():
    rows = table(["linear"])
    rows["macro"] = rows["macro"].where(rows["correction"] != "one_versus_rest", 0.01)
    figure = label_efficiency_figure.draw_efficiency(rows, ["linear"])
    least = rows.loc[rows["correction"].isin(["none", "multiclass"]), "macro"].min()
    low = figure.axes[0].get_ylim()[0]
    assert low <= least < low + 0.1


def test_a_head_that_is_solved_has_no_steps_to_draw():
    steps = label_efficiency_figure.draw_cost(table(["linear"]), ["linear"]).axes[3]
    assert steps.get_ylim() == (0, 1.05) and steps.get_yscale() == "linear"


def test_the_ratio_is_told_against_the_best_from_scratch():
    found = ratios(["linear"], {"supervised_sgd": 3.0, "supervised_adamw": 2.0})
    assert efficiency_ratio_figure.hardest(found) == "supervised_adamw"
    assert efficiency_ratio_figure.hardest(found.iloc[:0]) == ""
    figure = efficiency_ratio_figure.draw_ratio(found, ["linear"], "supervised_adamw")
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), [20, 2 * 10**0.5, 2])


def test_intervals_without_an_end_leave_the_panel_and_bounds_are_hollow():
    found = ratios(["linear"], {"supervised_adamw": 2.0})
    found.loc[found["fraction"] == 1, ["high", "note"]] = [np.nan, "at least: never as right"]
    figure = efficiency_ratio_figure.draw_ratio(found, ["linear"], "supervised_adamw")
    panel = figure.axes[0]
    tops = [segment[1, 1] for segment in panel.collections[0].get_segments()]
    assert tops[2] > panel.get_ylim()[1] > max(tops[:2])
    hollow = [line for line in panel.lines if line.get_markerfacecolor() == "white"]
    assert [line.get_ydata().tolist() for line in hollow] == [[2.0]]


def test_the_stage_draws_all_and_writes_the_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "DPI", 40)
    variants = NAMES[:9]
    table(variants).to_csv(tmp_path / "a.tsv", sep="\t", index=False)
    found = ratios(variants[:8], {"supervised_adamw": 2.0})
    found.to_csv(tmp_path / "b.tsv", sep="\t", index=False)
    efficiency_figures(
        table=tmp_path / "a.tsv", ratio=tmp_path / "b.tsv", figures=tmp_path / "figures",
        data=tmp_path / "data",
    )  # fmt: skip
    drawn = {path.stem for path in (tmp_path / "figures").glob("*.png")}
    assert drawn == {path.stem for path in (tmp_path / "figures").glob("*.pdf")}
    assert drawn == {"label_efficiency", "label_efficiency_2", "label_cost", "label_cost_2",
                     "label_ratio"}  # fmt: skip
    written = pd.read_csv(tmp_path / "data/label_efficiency_ratio.csv")
    np.testing.assert_allclose(written["ratio"], found["ratio"], rtol=1e-5)


def test_nothing_to_compare_with_is_no_ratio(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "DPI", 40)
    table(["linear"]).to_csv(tmp_path / "a.tsv", sep="\t", index=False)
    ratios([], {}).reindex(
        columns=["measure", "variant", "against", "note", "fraction", "ratio", "low", "high"]
    ).to_csv(tmp_path / "b.tsv", sep="\t", index=False)
    efficiency_figures(
        table=tmp_path / "a.tsv", ratio=tmp_path / "b.tsv", figures=tmp_path / "figures",
        data=tmp_path / "data",
    )  # fmt: skip
    assert not list((tmp_path / "figures").glob("label_ratio*"))

"""Each sample's effort, rejects, focus and warnings; what of them asks for a look."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seston.report.figures import quality_figure
from seston.report.given.sample_quality import SampleQuality, sample_quality
from seston.report.given.warning_topics import REST, ROUTINE, TOPICS, topic_of
from seston.report.words import checks, summary
from seston.report.words.checks import Check


def samples(**changed) -> pd.DataFrame:
    """Three samples: two of bag 1, in the wrong order, and one of bag 0."""
    table = pd.DataFrame(
        {
            "sample": ["late", "early", "other"],
            "site": "fjord",
            "group": ["bag 1", "bag 1", "bag 0"],
            "datetime": ["2024-05-02T09:00:00", "2024-05-01T09:00:00", ""],
            "listed": [20, 10, 1],
            "used": [17, 10, 0],
            "rejected": [3, 0, 1],
            "volume_ml": [0.5, np.nan, -1.0],
            "warnings": ["", "w", ""],
        }
    )
    return table.assign(**changed)


def images() -> pd.DataFrame:
    focus = [*range(1, 18), *[100.0] * 10]
    name = ["late"] * 17 + ["early"] * 10
    return pd.DataFrame({"sample": name, "focus": focus, "cluster": 0, "density_cluster": np.nan})


REJECTED = pd.DataFrame(
    {
        "sample": ["late", "late", "late", "other"],
        "roi": list("abcd"),
        "reason": ["flat", "corrupt", "corrupt", "corrupt"],
        "detail": "",
    }
)
QUALITY = pd.DataFrame(
    [
        ("early", "sample", "clock_mismatch", 1, "two clocks"),
        ("early", "sample", "mask_crop", 1, "10 of 10"),
        ("late", "image", "identical", 4, "late/1"),
        ("late", "sample", "of_tomorrow", 1, "a code of a later version"),
        ("late", "rejected", "flat", 1, ""),
    ],
    columns=["sample", "about", "code", "count", "detail"],
)
CIRCUMSTANCES = pd.DataFrame(
    [
        ("day", "2024-05-01", "odd_light;displaced"),
        ("sample", "late", "odd_focus"),
        ("instrument", "early", "odd_focus"),  # an instrument's name is none of a sample
    ],
    columns=["what", "level", "flags"],
)


@pytest.fixture
def known() -> SampleQuality:
    return sample_quality(samples(), images(), REJECTED, QUALITY, CIRCUMSTANCES)


def test_samples_stand_by_group_and_time(known):
    assert known.table["sample"].tolist() == ["other", "early", "late"]


def test_focus_is_the_median_and_the_quartiles(known):
    late = known.table.iloc[2]
    # Of 1 … 17: the 5th, the 9th and the 13th.
    assert (late["focus_low"], late["focus"], late["focus_high"]) == (5, 9, 13)
    assert known.table["focus"].isna().tolist() == [True, False, False]


def test_a_volume_that_is_not_above_zero_is_unknown(known):
    assert known.table["volume_ml"].tolist()[2] == 0.5
    assert known.table["volume_ml"].isna().tolist() == [True, True, False]


def test_rejects_stand_by_reason_the_most_frequent_first(known):
    assert known.reasons.to_dict("list") == {"corrupt": [1, 0, 2], "flat": [0, 0, 1]}


def test_odd_are_the_sample_and_its_day(known):
    assert known.table["odd_focus"].tolist() == [False, False, True]
    assert known.table["odd_light"].tolist() == [False, True, False]


def test_the_usual_is_no_mark_and_what_nobody_knows_is_one(known):
    marked = {name: some.tolist() for name, some in known.topics.items() if some.any()}
    assert marked == {
        "clocks": [False, True, False],
        "counted twice": [False, False, True],
        REST: [False, False, True],
    }
    assert known.table["codes"].tolist() == ["", "clock_mismatch mask_crop", "of_tomorrow"]


def test_without_images_rejects_and_circumstances():
    none = sample_quality(samples(), images()[:0], REJECTED[:0], QUALITY[:0], None)
    assert none.reasons.shape == (3, 0)
    assert not none.topics.any(axis=None)
    assert not none.table[["odd_focus", "odd_light"]].any(axis=None)
    assert none.table["focus"].isna().all()


def test_every_code_of_a_topic_is_documented_and_of_one_topic():
    text = (Path(__file__).parents[1] / "docs/codes.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    documented = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    codes = [code for some in TOPICS.values() for code in some]
    assert set(codes) <= documented
    assert len(codes) == len(set(codes))
    assert set(ROUTINE) <= set(codes)
    assert topic_of("clock_mismatch") == "clocks"


def answers(table: pd.DataFrame, known: SampleQuality, quality=QUALITY) -> dict[str, Check]:
    totals = summary.totals(images(), table, REJECTED)
    return {one.title: one for one in checks.checks(totals, known, quality)}


def test_each_question_has_an_answer(known):
    told = answers(samples(), known)
    assert {title for title, one in told.items() if not one.sound} == {
        "rejected", "volume", "clocks", "focus", "light", "counted twice", REST,
    }  # fmt: skip
    assert told["books"].told[0].startswith("listed = used + rejected holds for every sample (31 =")
    assert told["rejected"].told == (
        "4 images of 31 (12.9\u202f%) in 2 samples.",
        # 3 of 20; the one of 1 says nothing.
        "More than 10.0\u202f% of the images of late were rejected.",
    )
    assert told["volume"].told[0].startswith("Known for 1 of 3 samples: without a volume")
    assert told["clocks"].told == ("clock_mismatch (1 sample).",)
    assert told["focus"].told[0].startswith("1 sample differs from the others (2024-05-02)")
    assert told["counted twice"].told == ("identical (4 images).",)
    assert told["masks and sizes"].told == ("As usual: mask_crop (1 sample).",)


def test_sound_data_say_so():
    sound = samples(listed=[17, 10, 0], used=[17, 10, 0], rejected=0, volume_ml=0.5)
    known = sample_quality(sound, images(), REJECTED[:0], QUALITY[:0], None)
    totals = summary.totals(images(), sound, REJECTED[:0])
    told = checks.checks(totals, known, QUALITY[:0])
    assert all(one.sound for one in told)
    assert {one.title: one.told for one in told}["volume"] == ("Known for every sample (3).",)


def test_books_that_do_not_balance_are_the_first_answer(known):
    told = answers(samples(listed=[21, 10, 1]), known)
    assert not told["books"].sound
    assert "does not hold for late." in told["books"].told[0]


def many_samples(number: int) -> SampleQuality:
    rng = np.random.default_rng(1)
    made = pd.DataFrame(
        {
            "sample": [f"s{i}" for i in range(number)], "site": "", "group": "",
            "datetime": "2024-05-01T00:00:00", "listed": 100, "used": 90, "rejected": 10,
            "volume_ml": np.where(np.arange(number) % 3, 0.5, np.nan),
        }
    )  # fmt: skip
    lost = pd.DataFrame(
        {
            "sample": made["sample"].repeat(3).to_numpy(),
            "reason": rng.choice([f"reason {i}" for i in range(14)], 3 * number),
        }
    )
    return sample_quality(made, images(), lost, QUALITY, None)


@pytest.mark.parametrize(("number", "columns", "most"), [(1, 1, 1), (240, 240, 1), (500, 240, 3)])
def test_many_samples_share_columns(number, columns, most):
    made = quality_figure.columns_of(number)
    assert (len(made.rows), made.most) == (columns, most)
    assert np.concatenate(made.rows).tolist() == list(range(number))


def test_columns_add_up_what_is_known():
    made = quality_figure.Columns([np.array([0, 1]), np.array([2])])
    values = np.array([1.0, 2.0, np.nan])
    np.testing.assert_array_equal(made.of(values, np.sum), [3.0, np.nan])


def test_rare_reasons_are_one_row():
    reasons = many_samples(50).reasons
    shown = quality_figure.shown_reasons(reasons)
    assert list(shown)[-1] == "5 other reasons"
    assert shown.shape[1] == quality_figure.MOST_REASONS
    assert shown.to_numpy().sum() == reasons.to_numpy().sum() == 150


@pytest.mark.parametrize("number", [1, 200, 1000])
def test_the_picture_is_drawn_for_any_number_of_samples(number):
    figure = quality_figure.draw_quality(many_samples(number))
    figure.draw_without_rendering()
    bars = figure.axes[0].patches
    assert len(bars) == min(number, quality_figure.MOST_COLUMNS)
    assert sum(bar.get_height() for bar in bars) == 100 * number


def test_a_panel_without_anything_is_left_out():
    sound = samples(listed=[17, 10, 0], used=[17, 10, 0], rejected=0, volume_ml=0.5)
    known = sample_quality(sound, images(), REJECTED[:0], QUALITY[:0], None)
    labels = [axes.get_ylabel() for axes in quality_figure.draw_quality(known).axes]
    assert labels == ["images\nlisted", "volume,\nmL", "focus"]

"""What to know before one believes a trend: refusals, flags and series of the camera itself."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seston.report.given.course import WHOLE, Course
from seston.report.wording import THIN, count, listing, many, number, percent, sentence
from seston.report.words.trend_words import SERIES, of_classes, rate, unit_at
from seston.trends.effort import FEW
from seston.trends.periods import DAYS, Period

#: What the flags of trends mean, in the order of their weight.
FLAGS = {
    "sign_flips_when_pooled": (
        "Within the groups it goes one way, and the other when they are pooled: the groups were"
        " sampled unevenly. What stands here is the trend within them; do not pool."
    ),
    "vanishes": (
        "It is not found again in half of the clusterings made anew: it may owe its being to"
        " where the borders between clusters happen to lie."
    ),
    "too_few_periods": "Too few sampled periods for any verdict.",
    "mostly_absent": "It is not there in most periods: a test of ranks has little to go by.",
}


SHARES = "share_only"  # a flag of all classes of a site, told once
#: What the families of tests are called.
FAMILIES = {
    "classes_site": "of classes",
    "classes_group": "of classes in single groups",
    "images": "of rejected or noise images",
    "timing": "of timing",
    "harmonics": "of rhythms",
}


@dataclass(frozen=True)
class Warned:
    """A warning: its head, what it means, and of which classes it is true."""

    head: str
    means: str
    classes: str = ""


def warnings(course: Course, site: str) -> list[Warned]:
    """Return all warnings of a site, the weightiest first; none where nothing was tested."""
    tests = course.rows("trend_tests", site)
    if tests["verdict"].isin(["", "refused"]).all():
        return []
    told = [*_flagged(course, of_classes(tests)), *_shares(course, site), *_series(course, site)]
    told += [*_far_apart(course, site), *_few(course, site)]
    if not course.fact("reclusterings", "runs") and course.level != "label":
        told.append(
            Warned(
                "Clusters taken as given",
                "No clustering was made anew (trends.reclusterings), so nothing tells which trends"
                " depend on where the borders between clusters lie.",
            )
        )
    return told


def refusals(course: Course, site: str) -> list[str]:
    """Return why classes were not tested, in sentences."""
    rows = of_classes(course.rows("trend_tests", site))
    refused = rows[rows["verdict"] == "refused"]
    told = []
    for code, some in refused.groupby(refused["flags"].str.split(";").str[0], sort=True):
        what = many(len(some), "class was", "classes were")
        told.append(f"{what} not tested: {_reason(course, str(code), some)}.")
    return told


def sentence_on_tests(course: Course, site: str) -> str:
    """Return how many tests were made and how they are held together; empty without any."""
    rows = of_classes(course.rows("trend_tests", site))
    if not rows["p"].notna().any():
        return ""
    made = course.fact("trend_tests", "sites", {}).get(site, {}).get("tests", {})
    families = [f"{count(n)} {FAMILIES.get(name, name)}" for name, n in made.items() if n]
    told = f"Tests made here: {listing(families, 9)}; each kind is a family of its own. "
    return (
        f"{told if families else ''}Where q \u2264 {number(course.alpha)}, at most"
        f" {number(100 * course.alpha)}{THIN}% of what is told of a family is expected to be chance"
        " (false discovery rate, Benjamini and Yekutieli 2001)."
    )


def meaning(course: Course, stage: str, code: str) -> str:
    """Return what a flag or a refusal means: as the stage put it, or in our words."""
    told: dict[str, str] = {}
    for name in ("refusals", "flags", "sentences"):
        told |= course.fact(stage, name, {})
    return sentence(str(told.get(code) or FLAGS.get(code, "")))


def _flagged(course: Course, rows: pd.DataFrame) -> list[Warned]:
    found: dict[str, list[str]] = {code: [] for code in FLAGS}
    for row in rows[rows["verdict"] != "refused"].to_dict("records"):
        for code in (one for one in row["flags"].split(";") if one not in ("", SHARES)):
            found.setdefault(code, []).append(course.title(row["class"]))
    tested = int((rows["verdict"] != "refused").sum())
    return [
        Warned(
            code.replace("_", " ").capitalize(),
            meaning(course, "trend_tests", code),
            "all of them" if len(names) == tested > 1 else listing(names, 10),
        )
        for code, names in found.items()
        if names
    ]


def _shares(course: Course, site: str) -> list[Warned]:
    """Return a warning where trends are of shares, with the reason."""
    tests = course.rows("trend_tests", site)
    if not (tests["verdict"].ne("refused") & tests["measure"].eq("share")).any():
        return []
    why = course.fact("trend_tests", "sites", {}).get(site, {}).get("why", "")
    because = sentence(why)
    return [
        Warned(
            "Shares, not numbers",
            f"{f'{because} ' if because else ''}A share falls when others bloom: what rises or"
            " falls here does so against the mean of all classes.",
        )
    ]


def _series(course: Course, site: str) -> list[Warned]:
    """Return a warning for rejected or noise images whose share moves."""
    rows, unit = course.rows("trend_tests", site), unit_at(course, site)
    moving = rows[
        (rows["scope"] == "site")
        & (rows["class"] == WHOLE)
        & rows["measure"].isin(list(SERIES))
        & rows["verdict"].isin(["rises", "falls"])
    ]
    return [
        Warned(
            f"{SERIES[row['measure']].capitalize()}: their share {row['verdict']} too",
            f"Odds {rate(row, unit, course.sure)}. Look whether light, focus or bubbles changed"
            " before you take the trends for life.",
        )
        for row in moving.to_dict("records")
    ]


def _few(course: Course, site: str) -> list[Warned]:
    """Return a warning where periods of a group have few samples."""
    periods = course.rows("periods", site)
    sampled = periods[periods["sampled"] == 1]
    share = float(sampled["few_samples"].eq(1).mean()) if len(sampled) else 0.0
    if not share:
        return []
    which = f"{percent(share)} of the" if share < 1 else "All"
    single, filled = "", ""
    if sampled["group"].nunique() > 1:
        single = ", each group by itself,"
        filled = f" Bars of all groups together are hollow only where these have fewer than {FEW}."
    return [
        Warned(
            "Few samples",
            f"{which} sampled {_period(course)}s{single} have fewer than {FEW} samples; how much"
            f" samples scatter is then judged from other {_period(course)}s, or from how"
            f" neighbouring ones differ (column note of the abundances).{filled}",
        )
    ]


def _far_apart(course: Course, site: str) -> list[Warned]:
    """Return a warning where periods are so short that most of them were not sampled."""
    rows, period = course.rows("periods", site), _period(course)
    calendar = np.unique(rows["period"])
    steps = np.diff(np.flatnonzero(np.isin(calendar, rows.loc[rows["sampled"] == 1, "period"])))
    step = float(np.median(steps)) if len(steps) else 1.0
    if step <= 1:
        return []
    days, lengths = step * DAYS[period], [(name, DAYS[name]) for name in DAYS]
    longer = [name for name, long in lengths if long > DAYS[period] and long >= 0.9 * days]
    better = longer[0] if longer else "" if period == "month" else "month"
    advice = f" A longer trends.period ({better}) would suit this sampling." if better else ""
    return [
        Warned(
            f"Most {period}s not sampled",
            f"The median step from one sampled {period} to the next is {number(step)} {period}s, so"
            f" most of the calendar, of periods.tsv and of the heat maps is a gap.{advice}",
        )
    ]


def _period(course: Course) -> Period:
    return course.settings.get("period", "day")


def _reason(course: Course, code: str, some: pd.DataFrame) -> str:
    if code == "too_few_periods":
        least = course.fact("trend_tests", "least_periods", 10)
        most = int(some["periods"].max()) if some["periods"].notna().any() else 0
        return f"fewer than {least} sampled periods ({most} at most here)"
    means = meaning(course, "trend_tests", code)
    return means[:1].lower() + means[1:].rstrip(".") if means else code.replace("_", " ")

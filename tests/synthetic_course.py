"""Invented trends, differences between groups and communities of `synthetic_results`."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seston import store
from seston.report.given.course_columns import TABLES
from seston.report.given.course_files import CourseFiles

VERDICTS = ("rises", "falls", "none", "none", "refused")
LABELS = ("early", "late", "transient", "persistent", "")
#: Flags of the first classes, one of them unknown to this version.
FLAGS = ("vanishes", "sign_flips_when_pooled", "", "from_the_future", "mostly_absent")


def write_course(
    folder: Path, given: dict[str, Any], *, level: str = "name", refused: bool = False,
    evil: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Write all tables of trends, groups and community; return these options of `report`.

    Parameters
    ----------
    folder : Path
    given : dict
        As `write_results` and `write_findings` returned them.
    level : str
        Of the classes; its abundances must be given.
    refused : bool
        Whether no class was tested, for too few periods.
    evil : str
        Is put into every free text.
    """
    abundance = _read(given["abundance" if level == "cluster" else f"abundance_{level}"])
    samples, rng = _read(given["samples"]), np.random.default_rng(5)
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for site, rows in abundance.groupby("site", sort=True):
        classes, groups = rows[level].unique().tolist(), sorted(rows["group"].unique())
        periods, volume = sorted(rows["period"].unique()), samples["volume_ml"].notna().any()
        at = {"site": site}
        tables["periods"] += [at | one for one in _periods(rows, groups, volume)]
        tests = _tests(classes, groups, periods, volume, refused, evil)
        tables["trend_tests"] += [at | one for one in tests]
        tables["timing"] += [at | one for one in _timing(classes, periods)]
        if len(periods) > 2:
            tables["harmonics"].append(at | _rhythm(classes[0]))
            tables["change_points"].append(
                at | {"group": groups[0], "class": classes[0], "period": periods[1],
                      "before": 1.5, "after": 12.25, "penalty": 3.2}
            )  # fmt: skip
        if len(groups) > 1:
            for name, found in _groups(classes, groups, periods).items():
                tables[name] += [at | one for one in found]
        for name, found in _community(classes, groups, periods, rng, evil).items():
            tables[name] += [at | one for one in found]
    made = {
        "tests": {"classes_site": 4, "images": 1},
        "why": "the volume is known in 1 of 1" + evil,
    }
    trends = {
        "level": level, "alpha": 0.05, "least_periods": 10, "fdr": "Benjamini-Yekutieli",
        "sites": dict.fromkeys(abundance["site"].unique(), made),
        "notes": {"slope": "slopes are of Sen" + evil},
    }  # fmt: skip
    told = {
        "trend_tests_json": trends,
        "groups_json": {"level": level, "notes": ["A spline of time" + evil]},
        "community_json": {"level": level, "notes": ["Equal effort" + evil]},
        "reclusterings_json": {"clustering": "c" * 64, "runs": 10},
    }
    paths = {name: folder / f"{name}.tsv" for name in TABLES}
    for name, rows in tables.items():
        columns = ["site", *TABLES[name].texts, *TABLES[name].numbers]
        table = pd.DataFrame(rows, columns=columns)
        store.write_text(table.to_csv(sep="\t", index=False, float_format="%.6g"), paths[name])
    for name, facts in told.items():
        paths[name] = folder / f"{name.removesuffix('_json')}.json"
        store.write_text(json.dumps(facts), paths[name])
    return {"course": CourseFiles(**paths)}


def _read(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path, sep="\t", dtype=str, na_filter=False)
    numbers = [
        "samples",
        "count",
        "images",
        "share",
        "few_samples",
        "volume_ml",
        "concentration_per_ml",
    ]
    for name in table.columns.intersection(numbers):
        table[name] = pd.to_numeric(table[name].replace("", None))
    return table


def _periods(rows: pd.DataFrame, groups: list[str], volume: bool) -> list[dict[str, Any]]:
    first, last = min(rows["period"]), max(rows["period"])
    found = rows.groupby(["group", "period"])[["samples", "images", "few_samples"]].first()
    told = []
    for group in groups:
        for day in pd.date_range(first, last).strftime("%Y-%m-%d"):
            one: dict[str, Any] = {"group": group, "period": day, "sampled": 0}
            if (group, day) in found.index:
                there = found.loc[(group, day)].astype(int).to_dict()
                n = there["images"]
                one |= there | {"sampled": 1, "listed": n + 2, "rejected": 2, "noise": n // 10}
                one |= {"rejected_share": 2 / (n + 2), "noise_share": n // 10 / n if n else None}
                one |= {f"{of}_{end}": x for of in ("rejected", "noise")
                        for end, x in (("low", 0.01), ("high", 0.3))}  # fmt: skip
                one |= {"samples_with_volume": int(volume), "analysed_ml": 0.5 if volume else None}
            told.append(one)
    return told


def _tests(
    classes: list[str], groups: list[str], periods: list[str], volume: bool, refused: bool,
    evil: str,
) -> list[dict[str, Any]]:  # fmt: skip
    told = []
    for place, name in enumerate([*classes, ""]):
        verdict = "refused" if refused else VERDICTS[place % len(VERDICTS)] if name else "none"
        slope = {"rises": 0.05, "falls": -0.03, "none": 0.001}.get(verdict)
        flags = ["too_few_periods"] if refused else [FLAGS[place % len(FLAGS)]] if name else []
        one: dict[str, Any] = {
            "class": name, "periods": len(periods), "first": periods[0], "last": periods[-1],
            "gaps": 1, "verdict": verdict, "flags": ";".join(filter(None, flags)),
            "measure": ("concentration" if volume else "share") if name else "rejected_share",
            "reclusterings": 10, "reclusterings_same": 4 if "vanishes" in flags else 9,
        }  # fmt: skip
        if slope is not None:
            one |= {"lag1": 0.31, "p": 0.001 * (place + 1), "q": 0.01 * (place + 1)}
            one |= {"slope_per_day": slope, "slope_low": slope - 0.02, "slope_high": slope + 0.02}
            one |= {"direction": int(np.sign(slope)) if verdict != "none" else 0,
                    "pooled_slope": -slope}  # fmt: skip
        told.append(one | {"scope": "site", "group": ""})
        if len(groups) > 1 and name:
            told += [one | {"scope": "group", "group": group} for group in groups]
    return told


def _timing(classes: list[str], periods: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "class": name, "periods": len(periods), "images": 50 - place,
            "centre": periods[place % len(periods)], "centre_low": periods[0],
            "centre_high": periods[-1], "spread_days": 3.5, "p": 0.002, "q": 0.01,
            "occupied": 0.8, "first_seen": periods[0], "last_seen": periods[-1],
            "peak": periods[place % len(periods)], "label": LABELS[place % len(LABELS)],
            "shown": place % 2,
            "order": place + 1, "flags": "",
        }
        for place, name in enumerate(classes)
    ]  # fmt: skip


def _rhythm(name: str) -> dict[str, Any]:
    return {
        "group": "", "class": name, "cycle": "diel", "hours": 24, "cycles": 3, "samples": 40,
        "amplitude": 2.1, "amplitude_low": 1.6, "amplitude_high": 2.8, "peak": 13.5, "p": 0.0004,
        "q": 0.002,
    }  # fmt: skip


def _groups(classes: list[str], groups: list[str], periods: list[str]) -> dict[str, list]:
    told: dict[str, list] = {"groups": [], "group_effects": [], "curves": []}
    for place, name in enumerate(classes):
        since = periods[1 % len(periods)] if place == 0 else ""
        told["groups"].append(
            {"class": name, "samples": 30, "groups": len(groups), "family": "negative binomial",
             "offset": "log volume", "spline_df": 4, "dispersion": 1.4, "p_time": 0.01,
             "q_time": 0.03, "p_groups": 0.002 + 0.3 * place, "q_groups": 0.01 + 0.3 * place,
             "p_interaction": 0.2, "q_interaction": 0.4, "since": since, "reclusterings": 10,
             "reclusterings_same": 9, "flags": ""}
        )  # fmt: skip
        for nth, group in enumerate(groups):
            ratio = 2.0 ** (nth - 1)
            told["group_effects"].append(
                {"class": name, "group": group, "ratio": ratio, "ratio_low": 0.7 * ratio,
                 "ratio_high": 1.4 * ratio, "p": 0.01, "q": 0.04, "unit": "per mL"}
            )  # fmt: skip
            told["curves"] += [
                {"class": name, "group": group, "period": period, "fitted": 3.0 * ratio,
                 "fitted_low": 2.0 * ratio, "fitted_high": 4.5 * ratio, "unit": "per mL"}
                for period in periods
            ]  # fmt: skip
    return told


def _community(
    classes: list[str], groups: list[str], periods: list[str], rng, evil: str
) -> dict[str, list]:
    told: dict[str, list] = {"diversity": [], "turnover": [], "ordination": [], "permanova": [],
                             "synchrony": []}  # fmt: skip
    for group in groups:
        for at, period in enumerate(periods):
            told["diversity"] += [
                {"group": group, "period": period, "what": what, "samples": 1, "images": 40,
                 "coverage": 0.95, "equal": 20, "order": order, "hill": 6.0 - order + 0.1 * at,
                 "hill_low": 4.0 - order, "hill_high": 8.0 - order, "at_coverage": 0.9,
                 "hill_at_coverage": 5.5 - order}
                for what in ("class", "cluster") for order in (0, 1, 2)
            ]  # fmt: skip
            told["ordination"] += [
                {"method": method, "group": group, "period": period,
                 **dict(zip(("axis1", "axis2", "axis3"), rng.normal(size=3), strict=True))}
                for method in ("bray_curtis", "aitchison")
            ]  # fmt: skip
        told["turnover"] += [
            {"group": group, "period": before, "next_period": after, "days": 7,
             "bray_curtis": 0.25, "bray_curtis_by_chance": 0.11, "aitchison": 3.1, "gained": 1,
             "lost": 2, "per_day": 0.04}
            for before, after in pairwise(periods)
        ]  # fmt: skip
    if len(groups) > 1:
        told["permanova"] = [
            {"method": "bray_curtis", "groups": len(groups), "periods": len(periods),
             "block_days": 4, "permutations": 999, "f": 3.2, "r2": 0.21, "p": 0.004,
             "dispersion_f": 1.1, "dispersion_p": 0.31, "note": "blocks of 4 days" + evil},
            {"method": "aitchison", "groups": len(groups), "periods": len(periods),
             "note": "too few periods" + evil},
        ]  # fmt: skip
        told["synchrony"] = [
            {"class": name, "groups": len(groups), "periods": len(periods),
             "synchrony": 0.9 - 0.3 * place, "synchrony_low": 0.5 - 0.3 * place,
             "synchrony_high": 0.95 - 0.3 * place, "p": 0.01, "q": 0.01 + 0.1 * place}
            for place, name in enumerate(classes)
        ]  # fmt: skip
    return told

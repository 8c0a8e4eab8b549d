"""The figures of finished campaigns as the tables of docs/scale.md."""

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pandas as pd
from simulated.campaign.cost import busy_s, disk_mb, growth, jobs_of, rules_of
from simulated.campaign.goal import CORES, goal_s
from simulated.campaign.outcome import Outcome, outcome_of
from simulated.campaign.sessions import sessions_of

BEGIN, END = "<!-- campaign: begin -->", "<!-- campaign: end -->"


def table_of(campaigns: Mapping[int, Path]) -> str:
    """Return the tables of campaigns by their number of organisms, in Markdown."""
    if not campaigns:
        return "No campaign has come to its end."
    jobs = {count: jobs_of(folder) for count, folder in campaigns.items()}
    parts = [
        _settings(campaigns),
        _by_rule({count: rules_of(table) for count, table in jobs.items()}),
        _by_run(campaigns, jobs),
        _planted(campaigns),
        _goal(max(campaigns), campaigns[max(campaigns)], jobs[max(campaigns)]),
    ]
    return "\n\n".join(parts)


def put_into(document: Path, text: str) -> None:
    """Replace what stands between the two marks in a document."""
    before, begin, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{document}: found no {BEGIN} … {END} to put the tables between")
    document.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _truth(folder: Path) -> dict:
    return json.loads((folder / "truth" / "campaign.json").read_text())


def _settings(campaigns: Mapping[int, Path]) -> str:
    told = []
    for count, folder in campaigns.items():
        changes = _truth(folder)["changes"]
        text = ", ".join(
            f"`{section}.{key}: {value}`"
            for section, values in changes.items()
            for key, value in values.items()
        )
        told.append(f"* {count:,} organisms: {text or 'the settings of the benchmark as they are'}")
    return "Settings that were changed:\n\n" + "\n".join(told)


def _by_rule(rules: Mapping[int, pd.DataFrame]) -> str:
    counts = list(rules)
    head = ["rule", "jobs", *(f"CPU-s, {count:,}" for count in counts)]
    head += [f"growth to {count:,}" for count in counts[1:]]
    head += [f"peak MB, {count:,}" for count in counts]
    largest = rules[counts[-1]].sort_values("cpu_s", ascending=False)
    grown = [
        growth(rules[few]["cpu_s"], rules[many]["cpu_s"], many / few)
        for few, many in pairwise(counts)
    ]
    rows = []
    for rule, cost in largest.iterrows():
        row = [f"`{rule}`", f"{cost['jobs']:.0f}"]
        row += [_cell(rules[count]["cpu_s"], rule, ",.1f") for count in counts]
        row += [_cell(exponents, rule, ".2f") for exponents in grown]
        row += [_cell(rules[count]["peak_mb"], rule, ",.0f") for count in counts]
        rows.append(row)
    return _markdown(head, rows)


def _cell(values: pd.Series, rule: object, form: str) -> str:
    value = values.get(rule)
    return "-" if value is None or pd.isna(value) else format(value, form)


def _by_run(campaigns: Mapping[int, Path], jobs: Mapping[int, pd.DataFrame]) -> str:
    columns: list[list[str]] = []
    for count, folder in campaigns.items():
        sessions, sizes = sessions_of(folder), disk_mb(folder)
        wall = sum(session["wall_s"] for session in sessions)
        columns.append([
            f"{len(jobs[count])}",
            f"{sessions[-1]['cores']:.0f}",
            f"{len(sessions)}",
            f"{wall:,.0f}",
            f"{wall - busy_s(folder):,.0f}",
            f"{jobs[count]['cpu_s'].sum():,.0f}",
            f"{sum(session['cpu_s'] for session in sessions):,.0f}",
            f"{max(session['peak_mb'] for session in sessions):,.0f}",
            *(f"{sizes.get(name, 0):,.0f}" for name in ("raw", "segment", "tiles", "embeddings")),
            f"{sum(sizes.values()):,.0f}",
        ])  # fmt: skip
    names = [
        "jobs", "cores", "sessions (a run that was cut goes on in another one)", "wall s",
        "… of which no job ran, s", "CPU-s of all jobs", "CPU-s of Snakemake itself",
        "peak MB of Snakemake itself", "MB of raw files", "MB of organisms (`segment`)",
        "MB of tiles", "MB of embeddings, both models", "MB in all",
    ]  # fmt: skip
    rows = [[name, *(column[at] for column in columns)] for at, name in enumerate(names)]
    return _markdown(["", *(f"{count:,} organisms" for count in campaigns)], rows)


def _planted(campaigns: Mapping[int, Path]) -> str:
    told = {
        count: outcome_of(folder, _truth(folder)["planted"]) for count, folder in campaigns.items()
    }
    form = Outcome("{:,}", "{}", "{:.2f}", "{:.2f}", "{}", "{:.0%}")
    names = Outcome(
        "organisms in the tables",
        "clusters of one blooming kind (more than half)",
        "order of their centres in time against the planted one (rank correlation)",
        "days between a cluster's centre in time and that of its organisms (median)",
        "group above the others in the kind that was planted so",
        "samples with the volume that was planted, undiluted",
    )
    rows = [
        [names[at], *(form[at].format(outcome[at]) for outcome in told.values())]
        for at in range(len(names))
    ]
    bag = _truth(next(iter(campaigns.values())))["planted"]["bag"]
    return _markdown(["", *map("{:,} organisms".format, campaigns)], rows) + f"\n\nPlanted: {bag}."


def _goal(count: int, folder: Path, jobs: pd.DataFrame) -> str:
    ends = goal_s(folder, jobs, count)
    rows = [
        [f"`{rule}`", f"{end:,.0f}"] for rule, end in sorted(ends.items(), key=lambda one: one[1])
    ]
    return (
        f"**Computed, not measured**: {count:,} organisms on {CORES} cores and one H200, from the"
        " rates above, each job of the CPU on one core.\n\n"
        + _markdown(["rule", "ends after s"], rows)
    )

"""What is sound about the data of a run, and what needs a look: one answer to each question."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from seston.report.given.sample_quality import ODD, SampleQuality
from seston.report.given.warning_topics import ALL, ROUTINE, topic_of
from seston.report.wording import count, listing, many, percent
from seston.report.words.summary import Totals

MUCH = 0.1  # of a sample's images; where more were rejected, its counts need a look
AT_LEAST = 10  # images listed, for a share of them to mean anything
MOST_NAMED = 3


@dataclass(frozen=True)
class Check:
    """A question about the data: whether all is sound, and what was found, in sentences."""

    title: str
    sound: bool
    told: tuple[str, ...]


def checks(totals: Totals, known: SampleQuality, quality: pd.DataFrame) -> list[Check]:
    """Return the answers, in the order of the page.

    Parameters
    ----------
    totals : Totals
    known : SampleQuality
    quality : pandas.DataFrame
        Warnings, notes and rejections (``quality.tsv``).
    """
    told = quality[quality["about"] != "rejected"]
    by_topic = {topic: told[told["code"].map(topic_of) == topic] for topic in ALL}
    answers = [_books(totals), _rejects(totals, known), _volume(totals, by_topic["volume"])]
    answers += [_warned(topic, by_topic[topic]) for topic in ("clocks",)]
    answers += [_pictures("focus", known), _pictures("light", known, by_topic["light"])]
    rest = [topic for topic in ALL if topic not in ("volume", "clocks", "light")]
    return answers + [_warned(topic, by_topic[topic]) for topic in rest]


def _books(totals: Totals) -> Check:
    if totals.wrong:
        return Check("books", False, (
            f"listed = used + rejected does not hold for {listing(totals.wrong)}. Do not use these"
            " numbers; delete the results of these samples and run again.",
        ))  # fmt: skip
    return Check("books", True, (
        f"listed = used + rejected holds for every sample ({count(totals.listed)} ="
        f" {count(totals.used)} + {count(totals.rejected)}), checked against the rows of the"
        " tables.",
    ))  # fmt: skip


def _rejects(totals: Totals, known: SampleQuality) -> Check:
    if not totals.rejected:
        return Check("rejected", True, ("Nothing was rejected.",))
    table = known.table
    share = table["rejected"] / table["listed"].where(table["listed"] >= AT_LEAST)
    much = table["sample"][share > MUCH].tolist()
    told = [
        f"{many(totals.rejected, 'image')} of {count(totals.listed)}"
        f" ({percent(totals.rejected / totals.listed)})"
        f" in {many(int((table['rejected'] > 0).sum()), 'sample')}."
    ]
    if much:
        told.append(
            f"More than {percent(MUCH)} of the images of {listing(much, MOST_NAMED)} were rejected."
        )
    return Check("rejected", not much, tuple(told))


def _volume(totals: Totals, warned: pd.DataFrame) -> Check:
    found = _codes(warned)
    if totals.with_volume < totals.samples:
        found.insert(0, (
            f"Known for {count(totals.with_volume)} of {many(totals.samples, 'sample')}: without a"
            " volume there are shares only, no concentrations. Give volume_ml in the sample sheet."
        ))  # fmt: skip
    sound = f"Known for every sample ({count(totals.samples)})."
    return Check("volume", not found, tuple(found) or (sound,))


def _pictures(what: str, known: SampleQuality, warned: pd.DataFrame | None = None) -> Check:
    """Return whether the pictures of some samples differ in focus or light."""
    odd = known.table[ODD[what]].to_numpy(bool)
    found = [] if warned is None else _codes(warned)
    if odd.any():
        days = known.table["datetime"][odd].str[:10]
        named = listing(sorted({day for day in days if day}), MOST_NAMED)
        which = many(int(odd.sum()), "sample differs", "samples differ")
        found.insert(0, (
            f"{which} from the others ({named}): trends through these dates may follow the camera."
        ))  # fmt: skip
    if not known.table["focus"].notna().any() and what == "focus":
        return Check(what, False, ("Not measured.",))
    return Check(what, not found, tuple(found) or ("No sample or day stands out.",))


def _warned(topic: str, warned: pd.DataFrame) -> Check:
    found = _codes(warned)
    usual = _codes(warned, usual=True)
    return Check(topic, not found, tuple(found + usual) or ("No warning.",))


def _codes(warned: pd.DataFrame, usual: bool = False) -> list[str]:
    """Return a sentence of all codes and how many samples or images have each; none of none."""
    some = warned[warned["code"].isin(ROUTINE) == usual]
    parts = list(_counted(some))
    lead = "As usual: " if usual else ""
    return [f"{lead}{listing(parts, 8)}."] if parts else []


def _counted(warned: pd.DataFrame) -> Iterable[str]:
    for (code, about), rows in warned.groupby(["code", "about"], sort=True):
        number = int(rows["count"].sum()) if about == "image" else rows["sample"].nunique()
        yield f"{code} ({many(int(number), str(about))})"

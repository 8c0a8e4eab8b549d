"""Which classes are found well, and which are not to be trusted, in plain sentences."""

import numpy as np
import pandas as pd

from seston.report.given.classifier import Classifier, Row
from seston.report.wording import count, listing, many, number, percent, short
from seston.report.words.trend_words import Answer, first_ones

#: Shares of what is found, and right, from which on a class is told as found well or badly.
WELL, BADLY = 0.7, 0.5
SOURCES = {
    "file": "from tables of labels",
    "recorded": "from the instrument's own files",
    "folders": "from the names of folders",
}
LEAST_CONFUSED, MOST_CONFUSED = 2, 5  # images of a pair that is told; pairs
GRADES = ("well", "between", "badly", "untested")


def grade(row: Row) -> str:
    """Return one of `GRADES` for a row of ``classifier_classes.tsv``.

    Well: the lower limit of the recall and what the correction leaves of recall and precision are
    at least `WELL`. Badly: the upper limit, or one of the two others, is below `BADLY`, or nothing
    is called so. Untested: all its labels are of one day (or sample), so that what judged them had
    never seen the class.
    """
    if row["units"] < 2:
        return "untested"
    corrected = np.nan_to_num([row["recall_corrected"], row["precision_corrected"]]).min()
    if min(row["recall_low"], corrected) >= WELL:
        return "well"
    return "badly" if min(row["recall_high"], corrected) < BADLY else "between"


def graded(classifier: Classifier) -> dict[str, list[Row]]:
    """Return the rows of the classes by grade, those with the most labels first."""
    rows = classifier.classes.sort_values(["labelled", "class"], ascending=[False, True])
    found: dict[str, list[Row]] = {one: [] for one in GRADES}
    for row in rows.to_dict("records"):
        found[grade(row)].append(row)
    return found


def headline(classifier: Classifier) -> str:
    """Return in one or two sentences how far classes can be told, and a warning of drift."""
    found, score = graded(classifier), classifier.score(classifier.correction)
    told = (
        f"{count(score['images'])} labelled images taught a classifier"
        f" {many(len(classifier.classes), 'class', 'classes')}: on {classifier.unit}s that it had"
        f" not seen, it names {percent(score['micro'])} of the images rightly and finds"
        f" {percent(score['macro'])} of the average class."
    )
    well, bad = len(found["well"]), len(found["badly"]) + len(found["untested"])
    told += f" {many(well, 'class is', 'classes are')} found well"
    if bad:
        told += f", {count(bad)} {'is' if bad == 1 else 'are'} not to be trusted"
    odd = len(classifier.drifted)
    if odd:
        of = many(classifier.frequencies["sample"].nunique(), "sample")
        told += f". In {count(odd)} of {of} the images are unlike the labelled ones"
    return f"{told}."


def answers(classifier: Classifier) -> list[Answer]:
    """Return the answers that come before any figure."""
    score, raw = classifier.score(classifier.correction), classifier.score("none", calibrated=False)
    found = graded(classifier)
    told = [
        *_labels(classifier),
        Answer("Judged", [_judged(classifier, score)]),
        *_names(classifier, "Found well", found["well"], labels=False),
        *_names(classifier, "In between", found["between"], labels=False),
        *_names(classifier, "Not to be trusted", found["badly"], labels=True),
        *_names(classifier, "Cannot be judged", found["untested"], labels=True),
        *_confused(classifier),
        Answer("Counts", [_counts(score, raw)]),
        Answer("Confidence", [_confidence(score, raw)]),
    ]
    return [*told, Answer("Unclassified", [_rejected(classifier)])]


def _labels(classifier: Classifier) -> list[Answer]:
    """Tell where the labels are from; nothing of a classifier of an earlier run."""
    known = classifier.labels
    if not known:
        return []
    people = {name or "not told": n for name, n in known["annotators"].items()}
    source = SOURCES.get(known["source"], known["source"])
    told = f"of {many(known['organisms'], 'image')}, {source}"
    if set(people) != {"not told"}:
        by = listing(f"{short(name)} ({many(n, 'label')})" for name, n in people.items())
        told += f", by {by}"
    return [Answer("Labels", [told])]


def _confused(classifier: Classifier) -> list[Answer]:
    """Return the pairs of classes that most images are mistaken in, after the correction."""
    rows = classifier.confusion
    wrong = rows[
        (rows["correction"] == classifier.correction) & (rows["true"] != rows["predicted"])
    ]
    wrong = wrong[wrong["count"] >= LEAST_CONFUSED]
    wrong = wrong.sort_values(["count", "true", "predicted"], ascending=[False, True, True])
    each = [
        f"{classifier.title(row['true'])} for {classifier.title(row['predicted'])}"
        f" ({many(int(row['count']), 'image')})"
        for row in wrong.head(MOST_CONFUSED).to_dict("records")
    ]
    return [Answer("Most often mistaken", each)] if each else []


def _judged(classifier: Classifier, score: Row) -> str:
    units = many(int(score["units"]), classifier.unit)
    micro, macro = (
        f"{percent(score[name])} ({percent(score[f'{name}_low'])} to"
        f" {percent(score[f'{name}_high'])})"
        for name in ("micro", "macro")
    )
    return (
        f"{many(int(score['images']), 'labelled image')} of {units}, each by a copy of the"
        f" classifier that learned nothing from its {classifier.unit}: {micro} are named rightly;"
        f" of the average class {macro} are found"
    )


def _names(classifier: Classifier, head: str, rows: list[Row], *, labels: bool) -> list[Answer]:
    if not rows:
        return []
    return [Answer(head, first_ones([_class(classifier, row, labels) for row in rows]))]


def _class(classifier: Classifier, row: Row, labels: bool) -> str:
    right = row["precision_corrected"]
    told = [f"{percent(row['recall_corrected'])} found"]
    told += [f"{percent(right)} right"] if right == right else ["never named"]
    if labels:
        told.append(many(int(row["labelled"]), "label"))
    return f"{classifier.title(row['class'])} ({', '.join(told)})"


def _counts(score: Row, raw: Row) -> str:
    """Return by which factor counts of the average class are off; log errors are natural."""
    now, before = (float(np.exp(one["log_count_error"])) for one in (score, raw))
    return (
        f"summed probabilities of the labelled images are off by a factor of {number(now)} in the"
        f" average class; by {number(before)} as they were learned"
    )


def _confidence(score: Row, raw: Row) -> str:
    now, before = (f"{number(100 * one['ece'], 2)} percentage points" for one in (score, raw))
    return (
        f"a stated probability is off by {now} on the average (expected calibration error); as it"
        f" was learned, by {before}"
    )


def _rejected(classifier: Classifier) -> str:
    told = classifier.reject
    threshold, coverage, error = told["threshold"], told["coverage"], told["error"]
    if error is None or coverage is None or threshold is None:
        most = percent(classifier.told["max_error"])
        return f"all images: none can be named so surely that at most {most} are wrong"
    wrong = f"{percent(error)} are expected to be wrong (at most {percent(told['error_high'])})"
    if coverage >= 1:
        return f"no image: of all of them {wrong}"
    return (
        f"images of which no class has a probability of at least {number(threshold, 2)}: of the"
        f" labelled ones {percent(1 - coverage)}; of the others {wrong}"
    )


def class_rows(classifier: Classifier) -> pd.DataFrame:
    """Return the table of the page: every class with its title, colour and grade."""
    rows = classifier.classes.sort_values(["labelled", "class"], ascending=[False, True])
    return rows.assign(
        title=[classifier.title(name) for name in rows["class"]],
        colour=[classifier.colours[name] for name in rows["class"]],
        grade=[grade(row) for row in rows.to_dict("records")],
    )

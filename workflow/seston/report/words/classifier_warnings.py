"""What to know before one uses counts of classes from labels."""

from seston.report.given.classifier import Classifier
from seston.report.wording import count, listing, many, number, sentence
from seston.report.words.classifier_words import graded
from seston.report.words.trend_warnings import Warned

FEW = 20  # labelled images below which a class is told to have few
MOST_CLASSES, MOST_SAMPLES = 8, 12


def warnings(classifier: Classifier) -> list[Warned]:
    """Return all warnings, the weightiest first."""
    told = [_drift(classifier), _alone(classifier), _few(classifier), _disagree(classifier)]
    return [one for one in (*told, _left_out(classifier)) if one is not None]


def _drift(classifier: Classifier) -> Warned | None:
    odd = classifier.drifted
    if odd.empty:
        return None
    of = many(classifier.frequencies["sample"].nunique(), "sample")
    return Warned(
        f"{count(len(odd))} of {of} unlike the labelled images",
        "What the classifier says there rests on likenesses that nobody has looked at. Label some"
        " of their images (python -m seston suggest results) before you use these counts. Why each"
        " of them is told stands in the table below.",
        listing(odd["sample"], MOST_SAMPLES),
    )


def _alone(classifier: Classifier) -> Warned | None:
    rows = graded(classifier)["untested"]
    if not rows:
        return None
    one = classifier.unit
    return Warned(
        f"Labels of one {one} only",
        f"Whatever judged that {one} had not learned the class at all, so nothing is known of how"
        f" well it is found. Label it on a second {one}.",
        listing((classifier.title(row["class"]) for row in rows), MOST_CLASSES),
    )


def _few(classifier: Classifier) -> Warned | None:
    few = classifier.classes[classifier.classes["labelled"] < FEW]
    if few.empty:
        return None
    return Warned(
        f"Fewer than {FEW} labels",
        "Recall and precision are known roughly at best, and where others are frequent the"
        " correction may leave nothing of such a class.",
        listing((classifier.title(name) for name in few["class"]), MOST_CLASSES),
    )


def _disagree(classifier: Classifier) -> Warned | None:
    """Tell where people disagree: nobody can be more right than they are of one mind."""
    differ, several = (int(classifier.labels.get(key, 0)) for key in ("disagree", "several"))
    if not differ:
        return None
    alpha = classifier.labels.get("alpha")
    of_one_mind = "" if alpha is None else f"; Krippendorff's alpha is {number(alpha, 2)}"
    return Warned(
        "People disagree",
        f"In {count(differ)} of {many(several, 'image')} with several labels{of_one_mind}. A"
        " classifier that is judged by them cannot be more right than they are of one mind.",
    )


def _left_out(classifier: Classifier) -> Warned | None:
    lost = classifier.left_out
    if lost is None or lost.empty:
        return None
    reasons = lost["why"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    told = listing((f"{why} ({count(n)})" for why, n in reasons.items()), 6)
    return Warned(f"{many(len(lost), 'label')} not used", f"{sentence(told)} See left_out.csv.")

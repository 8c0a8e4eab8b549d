"""Draw how well classes from labels are told, and their course; write the numbers behind it."""

from seston.report.drawing import trend_curves
from seston.report.drawing.drawings import Drawings
from seston.report.figures import period_dots
from seston.report.figures.class_gains_figure import draw_gains, parts
from seston.report.figures.confusion_figure import confusion_of, draw_confusion, most_frequent
from seston.report.figures.count_scatter_figure import draw_counts
from seston.report.figures.reliability_figure import draw_reliability
from seston.report.given.classifier import LEVEL, Classifier
from seston.report.given.findings import Findings
from seston.report.given.results import Results
from seston.report.given.series import sampled, series_of
from seston.report.wording import file_name


def draw_classifier(
    results: Results, findings: Findings, drawings: Drawings
) -> dict[str, list[str]]:
    """Draw what there is, by what it shows; nothing without a classifier.

    Returns
    -------
    dict of str to list of str
        The names of the figures: `recall`, `confusion`, `reliability`, `counts`; by site its
        `curves`.
    """
    known = findings.classifier
    if known is None:
        return {}
    for name, table in known.tables().items():
        drawings.write(name, table)
    drawn = _judged(known, drawings)
    for position, site in enumerate(results.sites, start=1):
        course = _course(site, file_name(position, site), results, findings, drawings)
        if course is not None:
            drawn[f"curves {site}"] = [course]
    return drawn


def _judged(known: Classifier, drawings: Drawings) -> dict[str, list[str]]:
    drawn: dict[str, list[str]] = {"recall": []}
    for part, rows in enumerate(parts(known.classes), start=1):
        figure = draw_gains(rows, known.title, known.unit)
        drawn["recall"].append(drawings.keep("class_recall" + f"_{part}" * (part > 1), figure))
    order = most_frequent(known.confusion)
    used = dict.fromkeys(("none", known.correction))
    found = {one: confusion_of(known.confusion, one, order) for one in used}
    drawn["confusion"] = [drawings.keep("class_confusion", draw_confusion(found, known.title))]
    figure = draw_reliability(known.reliability, known.risk, known.reject)
    drawn["reliability"] = [drawings.keep("class_reliability", figure)]
    figure = draw_counts(known.classes, known.colours, known.title)
    drawn["counts"] = [drawings.keep("class_counts", figure)]
    return drawn


def _course(
    site: str, stem: str, results: Results, findings: Findings, drawings: Drawings
) -> str | None:
    """Draw the most frequent classes of a site through time, or as dots in its one period."""
    merged, series = findings.levels[LEVEL], series_of(site, results, findings)
    rows = sampled(merged.table, site)
    curves = rows["period"].nunique() > 1
    most = (trend_curves if curves else period_dots).most_classes(series.groups)
    top = trend_curves.biggest(rows, "cluster", most)
    if rows.empty or not top:
        return None
    if not curves:
        figure = period_dots.draw_dots(rows, top, series.groups, merged.title)
        return drawings.keep(f"class_dots_{stem}", figure)
    figure = trend_curves.draw_curves(
        rows, series.effort, top, series.groups, series.time, merged.title
    )
    return drawings.keep(f"class_curves_{stem}", figure)

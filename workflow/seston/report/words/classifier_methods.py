"""How classes were learned from labels, judged and counted: a paragraph for a paper."""

from typing import Any

from seston.report.given.classifier import Classifier
from seston.report.wording import many, percent

HEADS = {
    "linear": "A multinomial logistic regression",
    "mlp": "A network with one hidden layer",
}
SAMPLING = {
    "balanced": "all classes weighing the same",
    "sqrt": "classes weighing as the root of their labels",
    "natural": "classes weighing as they were labelled",
    "logit_adjusted": "logits adjusted for how often each was labelled (Menon et al. 2021)",
}
CALIBRATION = {
    "temperature": "by temperature scaling (Guo et al. 2017)",
    "bcts": "by bias-corrected temperature scaling (Alexandari et al. 2020)",
    "vector": "by vector scaling (Guo et al. 2017)",
}
PRIOR = {
    "em": "corrected for the class frequencies of each sample, found by expectation maximisation",
    "training": "corrected for the class frequencies of the labels",
}
METHODS = {
    "em": "by expectation maximisation (Saerens et al. 2002)",
    "pacc": "by probabilistic adjusted classify-and-count (Bella et al. 2010)",
    "probabilistic": "as means of corrected probabilities (Bella et al. 2010)",
    "count": "by counting the most probable classes",
}


def paragraphs(classifier: Classifier | None, settings: dict[str, Any]) -> list[str]:
    """Return one paragraph; none without a classifier.

    Parameters
    ----------
    classifier : Classifier or None
    settings : dict
        All settings of the run.
    """
    if classifier is None:
        return []
    chosen, made = classifier.settings, classifier.told
    unit, score = classifier.unit, classifier.score(classifier.correction)
    who = ""
    if settings.get("labels", {}).get("annotators") == "dawid_skene":
        who = " Labels of several people were combined after Dawid and Skene (1979)."
    calibrated = CALIBRATION.get(made["calibration"])
    told = (
        f"{HEADS.get(made['head'], 'A classifier')} learned"
        f" {many(len(classifier.classes), 'class', 'classes')} from"
        f" {many(int(score['images']), 'labelled image')} of {many(int(score['units']), unit)} on"
        f" the embeddings{_measured(made.get('columns', []))},"
        f" {SAMPLING.get(made['sampling'], '')}; labels entered neither"
        f" embeddings nor clusters.{who} It was judged by cross-fitting: every labelled image was"
        f" classified by a copy that had learned nothing from its {unit}. "
    )
    if calibrated:
        told += f"Logits were calibrated {calibrated} through the correction of the prior. "
    if how := PRIOR.get(chosen.get("prior", "")):
        told += f"Probabilities were {how} (Saerens et al. 2002). "
    told += (
        "Images whose most probable class had a lower probability than leaves at most"
        f" {percent(made['max_error'])} wrong were left unclassified (Geifman and El-Yaniv"
        " 2017). Shares of the classes in samples were estimated"
        f" {METHODS.get(chosen.get('quantify', ''), '')}, with intervals from"
        f" {chosen.get('bootstraps')} draws of images and of labelled {unit}s."
    )
    return [told]


def _measured(columns: list[str]) -> str:
    """Return what else was learned from: `` and two measurements (esd_um, mean_grey)``."""
    if not columns:
        return ""
    return (
        f" and {many(len(columns), 'measurement')} ({', '.join(columns)}; together as strong as the"
        " embedding)"
    )

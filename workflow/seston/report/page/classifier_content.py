"""What the page says of classes from labels."""

from typing import Any

import numpy as np

from seston.report.given.classifier import Classifier
from seston.report.words import classifier_warnings, classifier_words

MOST_ROWS = 60
GRADES = {
    "well": "found well",
    "between": "in between",
    "badly": "not to be trusted",
    "untested": "cannot be judged",
}


def classifier_values(classifier: Classifier | None) -> dict[str, Any]:
    """Return what the template of this section shows; nothing without a classifier."""
    if classifier is None:
        return {"class_headline": ""}
    rows = classifier_words.class_rows(classifier)
    off = np.exp(classifier.scores["log_count_error"])
    return {
        "classifier": classifier,
        "class_headline": classifier_words.headline(classifier),
        "class_answers": classifier_words.answers(classifier),
        "class_warnings": classifier_warnings.warnings(classifier),
        "class_rows": rows.head(MOST_ROWS).to_dict("records"),
        "class_grades": GRADES,
        "class_limits": (classifier_words.WELL, classifier_words.BADLY),
        "class_drift": classifier.drifted.head(MOST_ROWS).to_dict("records"),
        "class_drift_at": classifier.drifted["site"].value_counts().to_dict(),
        "class_samples_at": classifier.frequencies.groupby("site")["sample"].nunique().to_dict(),
        "class_scores": classifier.scores.assign(off=off).to_dict("records"),
    }

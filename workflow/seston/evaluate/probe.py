"""What a linear model reads from embeddings it has not seen: classes, and continuous values."""

import warnings

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold, KFold
from sklearn.preprocessing import StandardScaler

#: inverse strengths of the penalty that are tried, and penalties of the ridge
STRENGTHS = (1e-3, 1e-2, 1e-1)
PENALTIES = tuple(10.0**power for power in range(-1, 6))
ITERATIONS = 100


def linear_probe(
    rows: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    units: npt.NDArray[np.int64],
    folds: int,
) -> npt.NDArray[np.int64]:
    """Return the class that a logistic regression gives to each organism of a unit it never saw.

    Features are standardised, classes weigh the same. The penalty is chosen within the
    units of training, by one of their own folds.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, d)
    labels : ndarray of int64, shape (n,)
    units : ndarray of int64, shape (n,)
        At least two; organisms of a unit stay together.
    folds : int

    Returns
    -------
    ndarray of int64, shape (n,)
        -1 where the training units had one class only, so that nothing could be learnt.
    """
    answers = np.full(len(labels), -1, np.int64)
    for train, test in _folds(units, folds):
        if len(np.unique(labels[train])) < 2:
            continue
        strength = _choose_strength(rows[train], labels[train], units[train], folds)
        scale = StandardScaler().fit(rows[train])
        model = _fit(scale.transform(rows[train]), labels[train], [strength])[0]
        answers[test] = model.predict(scale.transform(rows[test]))
    return answers


def ridge_predictions(
    rows: npt.NDArray[np.float32], values: npt.NDArray[np.float64], folds: int, seed: int
) -> npt.NDArray[np.float64]:
    """Return what ridge regressions, trained on other organisms, predict for each.

    Folds are random: asked is what the embedding holds, not whether it carries over. The
    penalty is chosen by leave-one-out within the training (Golub, Heath & Wahba 1979).
    """
    predicted = np.empty(len(values))
    for train, test in KFold(folds, shuffle=True, random_state=seed).split(rows):
        scale = StandardScaler().fit(rows[train])
        model = RidgeCV(PENALTIES).fit(scale.transform(rows[train]), values[train])
        predicted[test] = model.predict(scale.transform(rows[test]))
    return predicted


def _choose_strength(
    rows: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    units: npt.NDArray[np.int64],
    folds: int,
) -> float:
    if len(np.unique(units)) < 2:
        return STRENGTHS[0]
    train, test = _folds(units, folds)[0]
    if len(np.unique(labels[train])) < 2:
        return STRENGTHS[0]
    scale = StandardScaler().fit(rows[train])
    models = _fit(scale.transform(rows[train]), labels[train], STRENGTHS)
    seen = scale.transform(rows[test])
    with warnings.catch_warnings():
        # Classes that only training holds are answers here, never questions.
        warnings.filterwarnings("ignore", message="y_pred contains classes not in y_true")
        scores = [balanced_accuracy_score(labels[test], model.predict(seen)) for model in models]
    return STRENGTHS[int(np.argmax(scores))]


def _folds(
    units: npt.NDArray[np.int64], folds: int
) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    split = GroupKFold(min(folds, len(np.unique(units))))
    return list(split.split(units, groups=units))


def _fit(
    rows: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], strengths: tuple | list
) -> list[LogisticRegression]:
    """Fit one model per strength, the most penalised first: each starts where that ended."""
    models: list[LogisticRegression] = []
    with warnings.catch_warnings():
        # A probe that is stopped early is a slightly more penalised one.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for strength in strengths:
            model = LogisticRegression(
                C=strength, max_iter=ITERATIONS, tol=1e-3, class_weight="balanced", warm_start=True
            )
            if models:
                model.coef_, model.intercept_ = models[-1].coef_, models[-1].intercept_
            models.append(model.fit(rows, labels))
    return models

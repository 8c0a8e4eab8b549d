"""Samples so unlike the labelled images that what is said of the classifier may not hold."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seston.classify.correction import corrected
from seston.classify.drift import Usual, unlike, unsureness, usual
from seston.classify.held_out import answers
from seston.classify.saved import Classifier

Floats = npt.NDArray[np.float64]

#: Chance of a warning about a sample like the labelled ones.
ALARM = 0.01
#: Share of a sample's images without a measurement that leads to a warning.
LACKING = 0.1
_SAID = {
    "distance": "images are farther from labelled ones than those of one {unit} are from others",
    "unsureness": "images are less like any one class than labelled ones are",
}


@dataclass(frozen=True)
class Watch:
    """What is usual of labelled images, by two measures of strangeness.

    Attributes
    ----------
    learned : Classifier
    usual : dict of str to Usual
        Of the distance from the nearest labelled image of another unit, and of how unsure the
        class is.
    """

    learned: Classifier
    usual: dict[str, Usual]

    @classmethod
    def of(cls, learned: Classifier) -> "Watch":
        """Make one of the held-out answers of a classifier."""
        held = learned.held_out
        # Classes as they seem, not as people say: of a new sample only that is known, and on the
        # lake's own days warnings by true classes and EM came three times too often.
        seem = answers(learned, learned.calibrator.kind)["multiclass"].posterior
        strange: dict[str, npt.NDArray] = {
            "distance": held.distance,
            "unsureness": unsureness(seem),
        }
        found = {name: usual(values, seem, held.units) for name, values in strange.items()}
        return cls(learned, found)

    def note(self, distance: npt.NDArray, posterior: Floats, lacking: npt.NDArray[np.bool_]) -> str:
        """Say in what a sample is unlike the labelled images; "" where it is not.

        Parameters
        ----------
        distance : ndarray, shape (n,)
            Of its images from the nearest labelled one.
        posterior : ndarray, shape (n, K)
            Calibrated, under the training prior.
        lacking : ndarray of bool, shape (n,)
            Images without a measurement that the classifier learned from.
        """
        if not len(distance):
            return ""
        under_labels = corrected(posterior, self.learned.training_prior, self.learned.label_prior)
        share = under_labels.mean(axis=0)
        strange = {"distance": distance, "unsureness": unsureness(under_labels)}
        found = {name: unlike(self.usual[name], values, share) for name, values in strange.items()}
        told = [
            _SAID[name].format(unit=self.learned.card.unit_kind) + f" (p {one.p:.2g})"
            for name, one in found.items()
            if one.p * len(found) < ALARM
        ]
        if lacking.mean() > LACKING:
            told.append(
                f"{lacking.sum()} of {len(lacking)} images lack a measurement that the classifier"
                " learned from (their size, if that of a pixel is not known)"
            )
        return "; ".join(told)

"""What each figure about a model means, in words for people who do not train networks."""

from dataclasses import dataclass

from seston.report.wording import MINUS, THIN, number

#: How models are called; in the order of before and after.
MODELS = {"pretrained": "pre-trained", "finetuned": "fine-tuned"}


@dataclass(frozen=True)
class Measure:
    """A figure about a model.

    Attributes
    ----------
    name : str
        For figures and tables.
    means : str
        Completes the sentence "It tells …".
    percent : bool
        Whether it is a share.
    """

    name: str
    means: str
    percent: bool = False

    def text(self, value: float | None) -> str:
        """Return a value as the page prints it."""
        if value is None or value != value:
            return number(None)
        return self._signed(value, MINUS if value < 0 else "") + f"{THIN}%" * self.percent

    def interval(self, low: float, high: float) -> str:
        """Return an interval, the sign of percent only once."""
        return f"{self.text(low).removesuffix(f'{THIN}%')} to {self.text(high)}"

    def step(self, change: float) -> str:
        """Return a difference with its sign; between shares it is in percentage points."""
        sign = MINUS if change < 0 else "+"
        return self._signed(change, sign, zero="\u00b1") + " points" * self.percent

    def visible(self, change: float) -> bool:
        """Return whether a difference is more than what is lost in printing."""
        return not self.step(change).startswith("\u00b1")

    def _signed(self, value: float, sign: str, zero: str = "") -> str:
        size = abs(value) * (100 if self.percent else 1)
        digits = 1 if self.percent else 3 if size < 1 else 2
        text = f"{size:.{digits}f}" if size < 100 or self.percent else number(size)
        return (sign if text.strip("0.") else zero) + text


MEASURES = {
    "knn_5": Measure(
        "5 nearest neighbours",
        "how often the five most similar images from other days or samples vote for the right"
        " name; every name counts the same",
        percent=True,
    ),
    "knn_20": Measure("20 nearest neighbours", "the same with twenty images", percent=True),
    "linear_probe": Measure(
        "linear classifier",
        "how often a simple classifier gives the right name to images of days or samples"
        " it has not seen; every name counts the same",
        percent=True,
    ),
    "nmi": Measure(
        "clusters: NMI", "how much clusters and names tell of each other: 0 nothing, 1 everything"
    ),
    "ami": Measure("clusters: AMI", "the same, less what chance would give: 0 is chance"),
    "ari": Measure(
        "clusters: ARI",
        "whether clusters and names put the same pairs of images together: 0 is chance, 1 always",
    ),
    "purity": Measure(
        "clusters: purity",
        "the share of images that carry the commonest name of their cluster",
        percent=True,
    ),
    "neighbour_agreement": Measure(
        "known again",
        "how often an image that was turned, mirrored and lit otherwise"
        " is most similar to its own original",
        percent=True,
    ),
    "feature_std": Measure(
        "spread",
        "how much the features differ between images: 0 is a collapse, all look the same;"
        " 1 is all directions alike",
    ),
    "effective_rank": Measure(
        "effective rank", "how many independent directions the embedding makes use of"
    ),
    "uniformity": Measure(
        "uniformity",
        "how evenly the images are spread over all directions: 0 is a collapse, lower is more even",
    ),
    "alignment": Measure(
        "alignment",
        "how far apart two altered views of one image lie: 0 is the same place, also in a collapse",
    ),
}

#: What must not be told from an embedding; the words complete "X can be told from the embedding".
CONFOUNDERS = {
    "sample": "the sample",
    "day": "the day",
    "instrument": "the instrument",
    "group": "the group",
    "brightness": "the brightness",
    "size": "the size",
}
#: Their limits are of starts of k-means: whether they overlap says nothing about other samples.
OF_STARTS = ("nmi", "ami", "ari", "purity")
#: Told as a share of the differences between images (R²), not as a share of right guesses.
CONTINUOUS = ("brightness", "size")


def measure_of(name: str) -> Measure:
    """Return what is known of a measure; one that is new keeps its own name."""
    if name in CONFOUNDERS:
        return Measure(name, "", percent=True)
    return MEASURES.get(name) or Measure(name.replace("_", " "), "")

"""Where the model is from: made for this run, or taken over from an earlier one."""

from dataclasses import dataclass
from typing import Any

from seston.report.given.measures import MODELS

METHODS = {"dino": "DINO (Caron et al. 2021)", "simclr": "SimCLR (Chen et al. 2020)"}
WEIGHTS = {"hub": "pre-trained weights of timm, Wightman 2019"}


@dataclass(frozen=True)
class Adopted:
    """The model of an earlier run.

    Attributes
    ----------
    run : str
        Results folder of the run that made the clusters, and its model with them.
    method : str
        By what it was fine-tuned there; empty if it was not, or if its card does not tell.
    tuned : bool or None
        Whether it was fine-tuned there; None if nothing tells.
    """

    run: str
    method: str
    tuned: bool | None

    @property
    def kind(self) -> str:
        """Whether it was fine-tuned, in words; empty if nothing tells."""
        return {True: "fine-tuned there", False: "not fine-tuned there", None: ""}[self.tuned]

    @property
    def training(self) -> str:
        """The same, with the method."""
        by = f" without labels by {self.method}" if self.method else ""
        return self.kind + by


def adopted_model(frozen: str, card: dict[str, Any], earlier: dict[str, Any]) -> Adopted | None:
    """Return where the model was taken over from; None if this run made its own.

    Parameters
    ----------
    frozen : str
        The setting ``cluster.frozen``.
    card : dict
        Of the model's file; its source is such as ``dino from bundled`` after a fine-tuning.
    earlier : dict
        What was noted when the model was taken over (``adopted.json``, also in ``drift.json``).
    """
    if not frozen:
        return None
    source = str(card.get("source", ""))
    method = _parts(source)[0]
    tuned = bool(method) if source else None
    if "chosen" in earlier:
        tuned = earlier["chosen"] == "finetuned"
    run = str(earlier.get("clustered_in") or frozen)
    return Adopted(run, METHODS[method] if tuned and method else "", tuned)


def weights(source: str) -> str:
    """Return the weights that a network started from, in words; empty if unknown.

    Parameters
    ----------
    source : str
        Of the settings (``bundled``) or of a card (``dino from bundled``).
    """
    start = _parts(source)[1]
    return WEIGHTS.get(start, f"weights: {start}" if start else "")


def model_names(adopted: Adopted | None) -> dict[str, str]:
    """Return how the models are called; one that was taken over is neither before nor after."""
    return dict(MODELS) if adopted is None else dict.fromkeys(MODELS, "earlier run's")


def _parts(source: str) -> tuple[str, str]:
    """Return the method of a fine-tuning, if there was one, and what it started from."""
    method, _, start = source.partition(" from ")
    return (method, start) if method in METHODS else ("", source)

"""The ways to learn from labels that label efficiency compares, by name.

A variant is what it starts from and a course of phases: a head learns on the features of a network
that stays as it is, or network and head learn together. All are tuned by the same small search:
so many settings, judged by the same number on organisms that none of them saw.
"""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from seston.classify.sampling import Sampling
from seston.errors import SestonError

#: A ResNet that a few thousand images can fill: the fair baseline of training from scratch.
SMALL_NETWORK = "resnet10t"

Phase = Literal["head", "all"]


@dataclass(frozen=True)
class Variant:
    """One way to learn from labels.

    Attributes
    ----------
    name : str
    title : str
        What people call it.
    phases : tuple of {"head", "all"}
        ``head``: the head alone, on features that the network gives in evaluation mode, once.
        ``all``: network and head together.
    random : bool
        The network starts from random weights, not from the run's model.
    network : str
        Which network that is; "" the one of the run's model.
    head : {"linear", "mlp"}
        What the phase ``head`` learns. A linear head is solved, not trained.
    optimiser : {"adamw", "sgd"}
        Of the phase ``all``.
    sampling : {"natural", "sqrt", "balanced", "logit_adjusted"}
        Of each phase, in order.
    said_by : {"all", "one", "random"}
        Whose labels are learned: the vote shares of all annotators, those of one annotator alone
        (of most labels), or for each image those of one annotator drawn at random.
    binary : bool
        Two classes only: those that are named as noise, and all others.
    measured : bool
        The head learns from size, shape and grey levels too.
    refitted : bool
        With the setting that was best on validation, the head learns anew from these labels too.
    """

    name: str
    title: str
    phases: tuple[Phase, ...] = ("head",)
    random: bool = False
    network: str = ""
    head: Literal["linear", "mlp"] = "linear"
    optimiser: Literal["adamw", "sgd"] = "adamw"
    sampling: tuple[Sampling, ...] = ("balanced",)
    said_by: Literal["all", "one", "random"] = "all"
    binary: bool = False
    measured: bool = False
    refitted: bool = False

    @property
    def from_scratch(self) -> bool:
        """Whether labelled images alone taught its features."""
        return self.random and "all" in self.phases

    @property
    def rates(self) -> tuple[float, ...]:
        """Learning rates that are tried in the phase ``all``."""
        return _RATES[self.optimiser, self.random]

    @property
    def layer_decay(self) -> float:
        """Factor of the learning rate from each block to the one before."""
        return 1.0 if self.random else 0.75


#: A network that has learned before forgets at the rates that random weights need.
_RATES = {
    ("adamw", False): (3e-5, 1e-4, 3e-4),
    ("adamw", True): (3e-4, 1e-3, 3e-3),
    ("sgd", False): (1e-3, 3e-3, 1e-2),
    ("sgd", True): (1e-2, 3e-2, 1e-1),
}
#: Penalties of a linear head that are tried: as many as there are rates.
PENALTIES = (300.0, 30.0, 3.0)


def _variants() -> tuple[Variant, ...]:
    linear = Variant("linear", "linear head")
    tuned = Variant("finetuned_adamw", "fine-tuned (AdamW)", ("all",))
    scratch = replace(
        tuned, name="supervised_adamw", title="from scratch (AdamW)", random=True,
        network=SMALL_NETWORK,
    )  # fmt: skip
    by_start = {"linear": linear, "finetuned": tuned, "supervised": scratch}
    words = {"linear": "linear head", "finetuned": "fine-tuned", "supervised": "from scratch"}
    return (
        linear,
        replace(linear, name="linear_measured", title="linear head, measurements too",
                measured=True),
        replace(linear, name="linear_refitted", title="linear head, learned anew from all labels",
                measured=True, refitted=True),
        replace(linear, name="linear_natural", title="linear head, natural sampling",
                sampling=("natural",)),
        replace(linear, name="linear_sqrt", title="linear head, square-root sampling",
                sampling=("sqrt",)),
        replace(linear, name="linear_adjusted", title="linear head, logit adjustment",
                sampling=("logit_adjusted",)),
        replace(linear, name="linear_random", title="linear head on random weights", random=True),
        replace(linear, name="mlp", title="head of two layers", head="mlp"),
        tuned,
        replace(tuned, name="finetuned_sgd", title="fine-tuned (SGD)", optimiser="sgd"),
        replace(tuned, name="lp_ft", title="linear head, then fine-tuned", phases=("head", "all"),
                sampling=("balanced", "balanced")),
        replace(tuned, name="retrained", title="fine-tuned naturally, head retrained balanced",
                phases=("all", "head"), sampling=("natural", "balanced")),
        scratch,
        replace(scratch, name="supervised_sgd", title="from scratch (SGD)", optimiser="sgd"),
        replace(scratch, name="supervised_vanilla", title="from scratch, natural sampling",
                sampling=("natural",)),
        replace(scratch, name="supervised_same", title="from scratch, the network of the model",
                network=""),
        *(replace(way, name=f"binary_{name}", title=f"noise or not: {words[name]}", binary=True)
          for name, way in by_start.items()),
        *(replace(way, name=f"one_annotator_{name}", title=f"one annotator: {words[name]}",
                  said_by="one") for name, way in by_start.items()),
        replace(linear, name="random_annotator", title="an annotator drawn for each image",
                said_by="random"),
    )  # fmt: skip


VARIANTS = {variant.name: variant for variant in _variants()}


def variant_of(name: str) -> Variant:
    """Return the variant of this name.

    Raises
    ------
    SestonError
        If there is none, with the nearest name.
    """
    if name in VARIANTS:
        return VARIANTS[name]
    near = get_close_matches(name, VARIANTS, 1)
    raise SestonError(
        f"classify.efficiency.variants: found {name!r}, expected some of {', '.join(VARIANTS)}"
        + (f"; did you mean {near[0]!r}?" if near else "")
    )

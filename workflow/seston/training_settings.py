"""What a training depends on."""

from dataclasses import dataclass
from typing import Literal

from seston.errors import SestonError


@dataclass(frozen=True)
class Settings:
    """What a training depends on besides its tiles and its start weights.

    See `finetune` for the meaning of each.
    """

    method: Literal["dino", "simclr"]
    epochs: int
    max_images: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    local_crops: int
    global_size: int
    local_size: int
    global_area: tuple[float, float]
    local_area: tuple[float, float]
    prototypes: int
    momentum: float | None
    warmup: float
    frozen: float
    clip: float
    seed: int
    accumulate: int = 1
    layer_decay: float = 1.0
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    projection: int = 2048
    temperature: float = 0.2
    optimiser: Literal["adamw", "lars"] = "adamw"
    head: Literal["anchored", "random"] = "anchored"

    def __post_init__(self) -> None:
        """Refuse what no training can be done with."""
        rules = {
            "epochs": (self.epochs >= 1, "at least 1"),
            "batch_size": (self.batch_size >= 2, "at least 2"),
            "accumulate": (1 <= self.accumulate <= self.batch_size, "from 1 to batch_size"),
            "layer_decay": (0 < self.layer_decay <= 1, "above 0, at most 1 (none)"),
            "prototypes": (self.prototypes >= 2, "at least 2"),
            "temperature": (self.temperature > 0, "above 0"),
            "optimiser": (self.optimiser in ("adamw", "lars"), "adamw or lars"),
            "head": (self.head in ("anchored", "random"), "anchored or random"),
            "momentum": (
                self.momentum is None or 0 <= self.momentum < 1,
                "from 0 to below 1, or none for one that fits the number of steps",
            ),
            "frozen": (self.frozen >= 0, "at least 0"),
            "warmup": (0 <= self.warmup < 1, "from 0 to below 1"),
            "clip": (self.clip > 0, "above 0"),
        }
        for name, (holds, expected) in rules.items():
            if not holds:
                found = getattr(self, name)
                raise SestonError(f"finetune.{name}: found {found}, expected {expected}")

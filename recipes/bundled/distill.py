"""Distil a convolutional teacher into the first blocks of DINOv2: the bundled weights.

    python recipes/bundled/distill.py --tiles results/tiles --teacher teacher.safetensors \
        --start dinov2.safetensors --model vit_small3_patch8_64.safetensors

A student of three blocks learns, from crops of every tile, what the teacher sees in the whole of
it (see `targets`). CLS token and mean of the patches learn it each through a linear head, so that
either is a feature of its own. The heads begin as ridge regressions: from the first step on the
gradient speaks of the features, not of a head that knows nothing.
"""

import argparse
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow"))
from targets import first_blocks, targets_of, teacher_features

from seston.augment import Crop, random_crops
from seston.collection import Tiles
from seston.models.backbones import Backbone, images_of, spec_of
from seston.models.hardware import choose_device, repeatable
from seston.models.model_file import card_of, read_model, write_model
from seston.models.optimiser import is_decayed
from seston.models.schedules import cosine

log = logging.getLogger("seston")

STUDENT = "vit_small3_patch8_64"
SIZE = 64
SOURCE = "EfficientNet-Lite0 distilled into blocks 1-3 of DINOv2 ViT-S/14"
#: the usual crop, cheap and of a part, and the one of nearly the whole tile as when embedding
PART, WHOLE = Crop(48, (0.35, 0.8)), Crop(SIZE, (0.7, 1.0))
#: every so many steps crops are whole
WHOLE_EVERY = 4
WARMUP = 0.05
WEIGHT_DECAY = 0.05
BETAS = (0.9, 0.98)
CLIP = 1.0
#: images for the heads' first regression, and its penalty, of the mean variance of the features
RIDGE_IMAGES, RIDGE = 3000, 0.01


@dataclass(frozen=True)
class Settings:
    """How long and how fast; `images` counts crops."""

    images: int = 92_000
    batch_size: int = 32
    learning_rate: float = 1e-4
    seed: int = 1

    @property
    def steps(self) -> int:
        """Steps of the optimiser."""
        return self.images // self.batch_size

    def rate(self, step: int) -> float:
        """Return the learning rate: it rises at first, and falls to 1 % on a cosine."""
        falling = cosine(self.learning_rate, 0.01 * self.learning_rate, step / self.steps)
        return falling * min(1.0, (step + 1) / (WARMUP * self.steps))


class Distillation:
    """The student, its two heads and what it is to learn.

    Parameters
    ----------
    student : Backbone
        With its start weights, on the device to train on.
    tiles : Tiles
    targets : Tensor
        (n, components), rows of unit length.
    settings : Settings
    """

    def __init__(
        self, student: Backbone, tiles: Tiles, targets: Tensor, settings: Settings
    ) -> None:
        self.student, self.tiles, self.targets, self.settings = student, tiles, targets, settings
        self.device = student.mean.device
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.rng = np.random.default_rng(settings.seed)
        wide = student.spec.dim, targets.shape[1]
        self.heads = [nn.Linear(*wide).to(self.device) for _ in range(2)]
        named = list(student.net.named_parameters())
        decayed = [value for name, value in named if is_decayed(name, value)]
        others = [value for name, value in named if not is_decayed(name, value)]
        decayed += [value for head in self.heads for value in head.parameters()]
        groups = [
            {"params": decayed, "weight_decay": WEIGHT_DECAY},
            {"params": others, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, settings.learning_rate, BETAS)

    def features(self, places: np.ndarray, crop: Crop) -> tuple[Tensor, Tensor]:
        """Return CLS token and mean of the patches, each (n, dim), of a crop of each tile."""
        images = images_of(torch.from_numpy(self.tiles.take(places)).to(self.device))
        crops = random_crops(images, crop, self.generator)
        tokens = self.student.net(self.student.normalise(crops))
        return tokens[:, 0], tokens[:, self.student.prefix :].mean(1)

    @torch.no_grad()
    def begin(self) -> list[float]:
        """Start the heads by ridge regression; return the mean cosine each reaches."""
        count = min(RIDGE_IMAGES, len(self.tiles))
        chosen = self.rng.choice(len(self.tiles), count, replace=False)
        parts = [self.features(part, PART) for part in np.array_split(chosen, -(-count // 100))]
        wanted, reached = self.targets[chosen].to(self.device), []
        for head, features in zip(
            self.heads, map(torch.cat, zip(*parts, strict=True)), strict=True
        ):
            weight = ridge(features, wanted, RIDGE)
            head.weight.copy_(weight.T)
            head.bias.copy_(wanted.mean(0) - features.mean(0) @ weight)
            reached.append(F.cosine_similarity(head(features), wanted).mean().item())
        return reached

    def batches(self) -> Iterator[np.ndarray]:
        """Yield places of tiles for every step: all of them in random order, then again."""
        order = np.empty(0, np.int64)
        for _ in range(self.settings.steps):
            while len(order) < self.settings.batch_size:
                order = np.concatenate([order, self.rng.permutation(len(self.tiles))])
            yield order[: self.settings.batch_size]
            order = order[self.settings.batch_size :]

    def losses(self) -> Iterator[float]:
        """Take all steps, yielding the loss of each: 1 - cosine, mean of the two heads."""
        self.student.train()
        for step, places in enumerate(self.batches()):
            for group in self.optimizer.param_groups:
                group["lr"] = self.settings.rate(step)
            features = self.features(places, PART if step % WHOLE_EVERY else WHOLE)
            wanted = self.targets[places].to(self.device)
            guesses = [head(part) for head, part in zip(self.heads, features, strict=True)]
            likeness = [F.cosine_similarity(guess, wanted).mean() for guess in guesses]
            loss = 1 - torch.stack(likeness).mean()
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.student.parameters(), CLIP)
            self.optimizer.step()
            yield loss.item()
        self.student.eval()


def ridge(features: Tensor, wanted: Tensor, penalty: float) -> Tensor:
    """Return the weights (dim, components) of the ridge regression of `wanted`, both centred."""
    centred = features - features.mean(0)
    square = centred.T @ centred
    square.diagonal().add_(penalty * square.diagonal().mean())
    return torch.linalg.solve(square, centred.T @ (wanted - wanted.mean(0)))


def distill(
    tiles: Tiles, teacher: Path, start: Path, model: Path, settings: Settings
) -> list[float]:
    """Make the weights and write them, float16; return the loss of every step."""
    device = choose_device("auto")
    torch.manual_seed(settings.seed)
    targets = targets_of(teacher_features(read_model(teacher)[0].to(device), tiles))
    student = Backbone(spec_of(STUDENT), SIZE)
    first_blocks(student, start)
    training = Distillation(student.to(device), tiles, targets, settings)
    log.info("%d tiles; heads begin at cosine %s", len(tiles), np.round(training.begin(), 3))
    losses = []
    for step, loss in enumerate(training.losses(), 1):
        losses.append(loss)
        if step % 50 == 0 or step == settings.steps:
            log.info("step %d of %d: loss %.4f", step, settings.steps, np.mean(losses[-50:]))
    write_model(model, student.cpu(), card_of(student, SOURCE, None), torch.float16)
    return losses


def main() -> None:
    """Read the options and train."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description="The bundled weights, from tiles and two models.")
    parser.add_argument("--tiles", type=Path, required=True, help="folder of the tiles")
    parser.add_argument("--shards", nargs="*", help="their names; default: all")
    parser.add_argument("--teacher", type=Path, required=True, help="model file of the teacher")
    parser.add_argument("--start", type=Path, required=True, help="weights file of DINOv2 ViT-S/14")
    parser.add_argument("--model", type=Path, required=True, help="model file to write")
    parser.add_argument("--images", type=int, default=Settings.images, help="crops to learn from")
    parser.add_argument("--batch-size", type=int, default=Settings.batch_size)
    parser.add_argument("--learning-rate", type=float, default=Settings.learning_rate)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    repeatable(given.threads, choose_device("auto"))
    shards = given.shards or sorted(path.stem for path in given.tiles.glob("*.arrow"))
    settings = Settings(given.images, given.batch_size, given.learning_rate, given.seed)
    distill(Tiles(given.tiles, shards), given.teacher, given.start, given.model, settings)


if __name__ == "__main__":
    main()

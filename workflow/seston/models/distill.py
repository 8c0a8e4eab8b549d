"""Distillation: learn the features of a trained network (after Romero et al. 2015).

It needs a teacher, so it is no choice of the workflow's configuration: it is the recipe of
the bundled weights, and a way to make others, by ``python -m seston finetune``.
"""

from pathlib import Path
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seston.errors import SestonError
from seston.models.backbones import Backbone
from seston.models.method import Method, Share, Views
from seston.models.model_file import read_model


def likeness_loss(guess: Tensor, target: Tensor) -> Tensor:
    """Return ``1 - cosine`` of the rows of `guess` and `target`, both (n, dim), averaged."""
    return 1 - F.cosine_similarity(guess, target, dim=-1).mean()


class Distill(Method):
    """A backbone, linear heads that guess the teacher's feature, and the frozen teacher.

    The teacher sees the student's views, resized to the size its model file was made for
    and with its own normalisation. Its features are standardised per dimension, by mean
    and deviation over the first `CALIBRATION` images of the training; without that a few
    strong dimensions make up most of the cosine.

    Each part of the student's feature (CLS token, mean of the patches) has its own head,
    so that both come to hold what the teacher sees.

    Parameters
    ----------
    backbone : Backbone
        The student.
    teacher : Backbone
        Not changed.
    """

    head: nn.ModuleList
    seen: Tensor
    total: Tensor
    squares: Tensor
    CALIBRATION = 1024

    def __init__(self, backbone: Backbone, teacher: Backbone) -> None:
        parts = max(1, len(backbone.parts))
        heads = [nn.Linear(backbone.length // parts, teacher.length) for _ in range(parts)]
        super().__init__(backbone, nn.ModuleList(heads))
        self.teacher = teacher.requires_grad_(False)
        self.register_buffer("seen", torch.zeros((), dtype=torch.float64))
        self.register_buffer("total", torch.zeros(teacher.length, dtype=torch.float64))
        self.register_buffer("squares", torch.zeros(teacher.length, dtype=torch.float64))

    def train(self, mode: bool = True) -> Self:
        """Set the student's mode; the teacher's norms never learn."""
        super().train(mode)
        self.teacher.eval()
        return self

    def loss(self, views: Views, progress: float) -> tuple[Tensor, Tensor]:
        """Return the loss over the global crops, and the student's features of them."""
        images = torch.cat(views[0])
        return self.imitation(images, self.target(images))

    def descend(self, share: Share) -> tuple[Tensor, Tensor]:
        """Add this process's part of the gradient; see `Method.descend`.

        The teacher looks at the whole batch before the student does, as its features are
        standardised over all of them.
        """
        seen = []
        for part in share.parts:
            images = torch.cat(share.views(part)[0])
            with share.computing():
                seen.append(self.look(images))
        self.observe(torch.cat(seen))
        total, features = torch.zeros((), device=images.device), []
        for part, raw in zip(share.parts, seen, strict=True):
            images = torch.cat(share.views(part)[0])
            with share.computing():
                loss, feature = self.imitation(images, self.standardised(raw))
            loss = loss * ((part.stop - part.start) / share.images)
            loss.backward()
            total += loss.detach()
            features.append(feature)
        return total, torch.cat(features)

    def imitation(self, images: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss against what the teacher sees, and the student's features."""
        features = self.backbone(images).float()
        parts = features.chunk(len(self.head), 1)
        guesses = [head(part).float() for head, part in zip(self.head, parts, strict=True)]
        losses = [likeness_loss(guess, target) for guess in guesses]
        return torch.stack(losses).mean(), features.detach()

    def target(self, images: Tensor) -> Tensor:
        """Return the teacher's standardised features, (n, length of the teacher's feature)."""
        features = self.look(images)
        self.observe(features)
        return self.standardised(features)

    @torch.no_grad()
    def look(self, images: Tensor) -> Tensor:
        """Return the teacher's features, (n, length), float64."""
        size = (self.teacher.image_size,) * 2
        if images.shape[2:] != size:
            images = F.interpolate(images, size, mode="bilinear", antialias=True)
        return self.teacher(images).double()

    def observe(self, features: Tensor) -> None:
        """Take the teacher's features of a batch into mean and deviation, at the beginning."""
        if self.seen < self.CALIBRATION:
            count = features.new_tensor([len(features)])
            sums = [count, features.sum(0), features.square().sum(0)]
            total = self.ranks.sum_(torch.cat(sums))
            self.seen += total[0]
            self.total += total[1:].chunk(2)[0]
            self.squares += total[1:].chunk(2)[1]

    def standardised(self, features: Tensor) -> Tensor:
        """Return the features with mean 0 and deviation 1 over the images observed."""
        mean = self.total / self.seen
        variance = (self.squares / self.seen - mean.square()).clamp(min=1e-12)
        return ((features - mean) / variance.sqrt()).float()


def read_teacher(method: str, teacher: Path | None) -> tuple[Backbone | None, str | None]:
    """Return the teacher and the fingerprint of its file, or two times None without one.

    Raises
    ------
    SestonError
        If distillation has no teacher, or another method has one.
    """
    if (method == "distill") != (teacher is not None):
        raise SestonError(
            f"finetune: method {method} with teacher {teacher}; distill needs a teacher (a model"
            " file of the stage backbone), the other methods take none"
        )
    if teacher is None:
        return None, None
    backbone, _, fingerprint = read_model(teacher)
    return backbone, fingerprint

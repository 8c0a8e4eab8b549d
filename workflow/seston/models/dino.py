"""DINO: self-distillation with no labels (Caron et al. 2021)."""

import copy
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seston.errors import SestonError
from seston.models.backbones import Backbone
from seston.models.method import Method, Views


class Head(nn.Module):
    """Projection of a feature to prototypes: MLP, unit length, unit prototypes."""

    def __init__(
        self, dim: int, prototypes: int, hidden: int = 1024, bottleneck: int = 256
    ) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(dim, hidden),
            nn.GELU(),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.Linear(hidden, bottleneck),
        )
        self.last = nn.Linear(bottleneck, prototypes, bias=False)
        for layer in (*self.mlp, self.last):
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Return the cosine with each prototype, (n, prototypes)."""
        projected = F.normalize(self.mlp(features), dim=-1)
        return projected @ F.normalize(self.last.weight, dim=-1).T


class AnchoredHead(nn.Module):
    """Projection of a feature whose prototypes are images: linear, unit length, unit prototypes.

    A head of random weights needs thousands of steps before its outputs mean something, which a
    pre-trained backbone spends on forgetting. This one means something from the first step: its
    projection starts as the principal components of the features, half whitened, and its
    prototypes as the projections of images (`anchor`).
    """

    #: exponent of the spread that half whitening leaves: 1 keeps the features, 0 whitens them
    KEPT = 0.5
    #: directions of less spread than this share of the widest hold rounding: they are left out
    LEAST = 1e-3

    def __init__(self, dim: int, prototypes: int, bottleneck: int = 256) -> None:
        super().__init__()
        self.project = nn.Linear(dim, min(dim, bottleneck))
        self.last = nn.Linear(min(dim, bottleneck), prototypes, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Return the cosine with each prototype, (n, prototypes)."""
        projected = F.normalize(self.project(features), dim=-1)
        return projected @ F.normalize(self.last.weight, dim=-1).T

    @torch.no_grad()
    def anchor(self, features: Tensor) -> None:
        """Start from the features (n, dim) of n images; of few images, prototypes repeat.

        In float64 on the CPU, so that all devices start alike.

        Raises
        ------
        SestonError
            If all features are the same, or not finite.
        """
        known = features.cpu().double()
        middle = known.mean(0)
        if not (known - middle).norm() > 1e-6 * known.norm():
            raise SestonError(
                f"finetune: the backbone gives no features that tell {len(known)} images apart;"
                " use another one, or finetune.method: none"
            )
        _, spreads, components = torch.linalg.svd(known - middle, full_matrices=False)
        shares = spreads / spreads[0]
        scale = torch.where(shares > self.LEAST, shares ** (self.KEPT - 1), 0.0)
        weight = (components * scale[:, None])[: self.project.out_features]
        self.project.weight.zero_()[: len(weight)] = weight.to(self.project.weight)
        self.project.bias.zero_()[: len(weight)] = -(weight @ middle).to(self.project.bias)
        rows = torch.arange(self.last.out_features, device=features.device) % len(features)
        self.last.weight.copy_(F.normalize(self.project(features)[rows], dim=-1))


def dino_loss(
    student: list[Tensor], teacher: list[Tensor], center: Tensor, cold: float, warm: float = 0.1
) -> Tensor:
    """Return the cross-entropy between teacher and student over all pairs of views.

    ``-sum softmax((t - center) / cold) * log_softmax(s / warm)``, averaged over
    images and over every pair but a view with itself (equation 3 of the paper).

    Parameters
    ----------
    student : list of Tensor
        Outputs (n, prototypes) of all crops, the global ones first.
    teacher : list of Tensor
        Outputs of the global crops, in the same order.
    center : Tensor
        Running mean of the teacher's outputs, (prototypes,).
    cold, warm : float
        Temperatures of teacher (sharpening) and student.
    """
    targets = [((view - center) / cold).softmax(-1) for view in teacher]
    guesses = [(view / warm).log_softmax(-1) for view in student]
    pairs = [
        -(target * guess).sum(-1).mean()
        for i, target in enumerate(targets)
        for j, guess in enumerate(guesses)
        if i != j
    ]
    return torch.stack(pairs).mean()


class DINO(Method):
    """A student, and a teacher that is the student's running average.

    Parameters
    ----------
    backbone : Backbone
        The start of both.
    prototypes : int
        Outputs of the head.
    head : {'anchored', 'random'}
        A head that starts from the backbone's features, or the paper's with random weights.
    """

    head: Head | AnchoredHead
    center: Tensor
    #: temperature of the teacher: at the start, and after the first `WARM` of the training
    COLD = (0.04, 0.07)
    WARM = 0.3
    #: momentum of the center
    CENTERING = 0.9

    def __init__(
        self,
        backbone: Backbone,
        prototypes: int = 1024,
        head: Literal["anchored", "random"] = "anchored",
    ) -> None:
        kind = AnchoredHead if head == "anchored" else Head
        super().__init__(backbone, kind(backbone.length, prototypes))
        self.teacher = copy.deepcopy(self.backbone).requires_grad_(False)
        self.teacher_head = copy.deepcopy(self.head).requires_grad_(False)
        self.register_buffer("center", torch.zeros(prototypes))
        self._outputs: list[Tensor] = []

    def loss(self, views: Views, progress: float) -> tuple[Tensor, Tensor]:
        """Return the loss over all pairs of crops, and the student's features.

        The center stays until `after_step`, so that all parts of a batch see the same.
        """
        with torch.no_grad():
            targets = self.teacher_head(self.teacher(torch.cat(views[0]))).float()
        features = [self.backbone(torch.cat(crops)) for crops in views if crops]
        outputs = self.head(torch.cat(features)).float()
        cold = self.COLD[0] + (self.COLD[1] - self.COLD[0]) * min(1.0, progress / self.WARM)
        images = len(views[0][0])
        loss = dino_loss(
            list(outputs.split(images)), list(targets.split(images)), self.center, cold
        )
        self._outputs.append(torch.cat([targets.sum(0), targets.new_tensor([len(targets)])]))
        return loss, features[0].detach().float()

    @property
    def anchors(self) -> int:
        """Images whose features the head starts from."""
        return self.head.last.out_features if isinstance(self.head, AnchoredHead) else 0

    def anchor(self, features: Tensor) -> None:
        """Start both heads from the features of images."""
        if isinstance(self.head, AnchoredHead):
            self.head.anchor(features)
            self.ranks.take_from_first(self.head.parameters())
            self.teacher_head.load_state_dict(self.head.state_dict())

    def held(self) -> list[nn.Parameter]:
        """Return the prototypes: they wait until the features have settled."""
        return list(self.head.last.parameters())

    @torch.no_grad()
    def after_step(self, momentum: float) -> None:
        """Move center and teacher: ``t = momentum * t + (1 - momentum) * s``.

        The center follows the mean of the teacher's outputs for the whole batch. Running
        statistics of batch norms are not averaged: the teacher keeps its own, of the crops
        it sees itself.
        """
        if self._outputs:
            total = self.ranks.sum_(torch.stack(self._outputs).sum(0))
            self.center.lerp_(total[:-1] / total[-1], 1 - self.CENTERING)
            self._outputs.clear()
        for slow, fast in ((self.teacher, self.backbone), (self.teacher_head, self.head)):
            for average, now in zip(slow.parameters(), fast.parameters(), strict=True):
                average.lerp_(now, 1 - momentum)

    @property
    def result(self) -> Backbone:
        """The teacher's backbone, which does better than the student's."""
        return self.teacher

"""A network with its transform and its feature: images in, one vector each out."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from seston.errors import SestonError
from seston.models import timm_vit
from seston.models.features import parse_feature
from seston.models.registry import REGISTRY, Spec, import_timm, spec_of
from seston.models.vit import ViT

__all__ = ["REGISTRY", "Backbone", "Spec", "images_of", "import_timm", "spec_of"]


class Backbone(nn.Module):
    """A network, its transform and its feature.

    Parameters
    ----------
    spec : Spec
    image_size : int
        Side of the tiles it is to embed; position embeddings are stored for it.

    Raises
    ------
    SestonError
        If `image_size` is not a whole number of patches, or the network has no such feature.

    Notes
    -----
    Blocks after the last one the feature takes are not built: they would cost time in
    every embedding and never learn.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, spec: Spec, image_size: int) -> None:
        super().__init__()
        self.spec, self.image_size = spec, image_size
        self.parts = parse_feature(spec.feature, spec.depth, spec.name)
        if spec.patch is not None and image_size % spec.patch:
            below = image_size // spec.patch * spec.patch
            raise SestonError(
                f"backbone {spec.name}: tiles of {image_size} px are not a whole number of its"
                f" patches of {spec.patch} px; set tiles.size to {below or spec.patch}"
                f" or {below + spec.patch}"
            )
        #: blocks the network has, of the `spec.depth` of its architecture
        self.depth = max((part.block for part in self.parts), default=spec.depth)
        self.net = _network(spec, image_size, self.depth)
        if not self.has_cls and any(part.token == "cls" for part in self.parts):
            raise SestonError(
                f"backbone.feature: found {spec.feature}, but {spec.name} has no CLS token;"
                " use mean, pool or auto"
            )
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(spec.std).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return the features, (n, length), of images (n, 3, h, w) in [0, 1]."""
        images = self.normalise(images)
        if not self.parts:
            return self.net(images)
        blocks = {part.block for part in self.parts}
        if isinstance(self.net, ViT):
            tokens = self.net.tokens(images, blocks)
        else:
            tokens = timm_vit.tokens(self.net, images, blocks)
        taken = [
            tokens[part.block][:, 0]
            if part.token == "cls"
            else tokens[part.block][:, self.prefix :].mean(1)
            for part in self.parts
        ]
        return torch.cat(taken, 1)

    def attentions(self, images: Tensor) -> Iterable[Tensor]:
        """Give each block's attention to normalised images; nothing if it cannot be had.

        Each is (n, heads, to, from) over all tokens: CLS first, then the patches from
        `prefix` on. Rows sum to 1.
        """
        if isinstance(self.net, ViT):
            return self.net.attentions(images)
        return timm_vit.attentions(self.net, images) if self.has_cls else []

    @property
    def length(self) -> int:
        """Length of the feature vector."""
        return self.spec.dim * max(1, len(self.parts))

    @property
    def prefix(self) -> int:
        """Tokens before those of the patches: CLS and registers."""
        return self.net.prefix if isinstance(self.net, ViT) else timm_vit.prefix_of(self.net)

    @property
    def has_cls(self) -> bool:
        """Whether the first token is a CLS token."""
        return getattr(self.net, "cls_token", None) is not None

    def normalise(self, images: Tensor) -> Tensor:
        """Apply the mean and deviation of the images it was trained on."""
        return (images - self.mean) / self.std


def images_of(tiles: Tensor) -> Tensor:
    """Return tiles (n, h, w, 3) uint8 as images (n, 3, h, w) float32 in [0, 1]."""
    return tiles.permute(0, 3, 1, 2).float() / 255


def _network(spec: Spec, image_size: int, depth: int) -> nn.Module:
    if spec.network == "vit" and spec.feature == "pool":
        raise SestonError(
            f"backbone.feature: found pool, but {spec.name} has no pooling of its own; use cls,"
            " mean, cls+mean or auto"
        )
    if spec.network == "vit" and spec.patch is not None:
        return ViT(
            grid=image_size // spec.patch,
            patch=spec.patch,
            dim=spec.dim,
            depth=depth,
            heads=spec.heads,
            layer_scale=spec.layer_scale,
            registers=spec.registers,
        )
    more = {} if spec.patch is None else {"img_size": image_size}
    more |= {"dynamic_img_size": True} if spec.depth else {}
    net = import_timm().create_model(spec.name, pretrained=False, num_classes=0, **more)
    if spec.feature != "pool":
        timm_vit.cut(net, depth)
    return net

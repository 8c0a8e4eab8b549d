"""The backbones by name: network, patch, transform and which feature is taken."""

import difflib
import os
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

import torch
from torch import Tensor, nn

from seston.errors import SestonError
from seston.models.vit import ViT

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
#: For networks trained here from the start; grey images stay grey.
MIDDLE = ((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))

Feature = Literal["cls", "mean", "cls+mean", "pool"]


@dataclass(frozen=True)
class Spec:
    """What belongs to a backbone, whatever its weights.

    Attributes
    ----------
    name : str
        timm's name with its tag, or a name of our own.
    patch : int or None
        Pixels along one side of a patch; None for a convolutional network.
    dim : int
        Width of the network; twice that is the length of a ``"cls+mean"`` feature.
    mean, std : tuple of float
        Of the training images, per channel, in [0, 1].
    feature : str
        ``"cls"``, ``"mean"`` (of the patch tokens), ``"cls+mean"`` (both, one after the
        other) or ``"pool"`` (timm's own).
    depth, heads, registers : int
    layer_scale : bool
        Shape of the transformer; unused for other networks.
    size : int or None
        Side of the images the hub's weights were trained on; None: no such weights.
    """

    name: str
    patch: int | None
    dim: int
    mean: tuple[float, ...] = IMAGENET[0]
    std: tuple[float, ...] = IMAGENET[1]
    feature: Feature = "cls"
    depth: int = 12
    heads: int = 6
    layer_scale: bool = False
    registers: int = 0
    size: int | None = 224


_SPECS = (
    Spec("vit_tiny_patch8_64", 8, 192, *MIDDLE, "cls+mean", heads=3, size=None),
    Spec("vit_small_patch8_224.dino", 8, 384),
    Spec("vit_small_patch16_224.dino", 16, 384),
    Spec("vit_base_patch8_224.dino", 8, 768, heads=12),
    Spec("vit_small_patch14_dinov2.lvd142m", 14, 384, layer_scale=True, size=518),
    Spec("vit_small_patch14_reg4_dinov2.lvd142m", 14, 384, layer_scale=True, registers=4, size=518),
    Spec("resnet18.a1_in1k", None, 512, feature="pool"),
    Spec("resnet50.a1_in1k", None, 2048, feature="pool"),
    Spec("tf_efficientnet_lite0.in1k", None, 1280, (0.5,) * 3, (0.5,) * 3, feature="pool"),
    # for tests: 32 thousand parameters
    Spec("vit_test_patch8", 8, 32, *MIDDLE, depth=2, heads=2, size=None),
)
REGISTRY = {spec.name.partition(".")[0]: spec for spec in _SPECS}


class Backbone(nn.Module):
    """A network with its transform: images in, one feature vector each out.

    Parameters
    ----------
    spec : Spec
    image_size : int
        Side of the tiles it is to embed; position embeddings are stored for it.

    Raises
    ------
    SestonError
        If `image_size` is not a whole number of patches.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, spec: Spec, image_size: int) -> None:
        super().__init__()
        self.spec, self.image_size = spec, image_size
        if spec.patch is not None and image_size % spec.patch:
            below = image_size // spec.patch * spec.patch
            raise SestonError(
                f"backbone {spec.name}: tiles of {image_size} px are not a whole number of its"
                f" patches of {spec.patch} px; set tiles.size to {below or spec.patch}"
                f" or {below + spec.patch}"
            )
        self.net = _network(spec, image_size)
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(spec.std).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return the features, (n, length), of images (n, 3, h, w) in [0, 1]."""
        out = self.net(self.normalise(images))
        if not isinstance(self.net, ViT):
            return out
        parts = {"cls": out[:, 0], "mean": out[:, self.net.prefix :].mean(1)}
        return torch.cat([parts[part] for part in self.spec.feature.split("+")], 1)

    @property
    def length(self) -> int:
        """Length of the feature vector."""
        return self.spec.dim * (1 + (self.spec.feature == "cls+mean"))

    def normalise(self, images: Tensor) -> Tensor:
        """Apply the mean and deviation of the images it was trained on."""
        return (images - self.mean) / self.std


def images_of(tiles: Tensor) -> Tensor:
    """Return tiles (n, h, w, 3) uint8 as images (n, 3, h, w) float32 in [0, 1]."""
    return tiles.permute(0, 3, 1, 2).float() / 255


def spec_of(name: str) -> Spec:
    """Return the spec of a name in the registry (the tag may be left out) or in timm.

    Raises
    ------
    SestonError
        If neither knows the name, with the nearest names.
    """
    known = REGISTRY.get(name.partition(".")[0])
    if known is not None and name in (known.name, known.name.partition(".")[0]):
        return known
    timm = import_timm()
    bare, _, tag = name.partition(".")
    if timm.is_model(name) and (not tag or timm.is_model_pretrained(name)):  # is_model ignores tags
        return _timm_spec(name)
    own = difflib.get_close_matches(bare, REGISTRY, 3)
    others = [other for other in timm.list_models() if other not in REGISTRY]
    near = [REGISTRY[key].name for key in own] + difflib.get_close_matches(name, others, 2)
    raise SestonError(
        f"backbone.name: {name} is neither in the registry nor a model of timm {timm.__version__};"
        f" did you mean {' or '.join(near) or ', '.join(spec.name for spec in _SPECS)}?"
    )


def import_timm() -> ModuleType:
    """Import timm (seconds) with the hub's telemetry off."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    import timm

    return timm


def _timm_spec(name: str) -> Spec:
    timm = import_timm()
    net = timm.create_model(name, pretrained=False, num_classes=0)
    config = net.pretrained_cfg
    patches = getattr(getattr(net, "patch_embed", None), "patch_size", None)
    return Spec(
        name,
        patches[0] if patches else None,
        net.num_features,
        tuple(config["mean"]),
        tuple(config["std"]),
        "pool",
        size=config["input_size"][-1],
    )


def _network(spec: Spec, image_size: int) -> nn.Module:
    if spec.patch is not None and spec.feature != "pool":
        return ViT(
            grid=image_size // spec.patch,
            patch=spec.patch,
            dim=spec.dim,
            depth=spec.depth,
            heads=spec.heads,
            layer_scale=spec.layer_scale,
            registers=spec.registers,
        )
    more = {} if spec.patch is None else {"img_size": image_size, "dynamic_img_size": True}
    return import_timm().create_model(spec.name, pretrained=False, num_classes=0, **more)

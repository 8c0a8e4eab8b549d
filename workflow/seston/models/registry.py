"""The backbones by name: network, patch, transform and which feature is taken."""

import difflib
import os
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

from seston.errors import SestonError
from seston.models import timm_vit

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
#: What TensorFlow's networks were trained with.
HALF = ((0.5,) * 3, (0.5,) * 3)
#: For networks trained here from the start; grey images stay grey.
MIDDLE = ((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


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
        Width of the network: the length of each part of a feature.
    mean, std : tuple of float
        Of the training images, per channel, in [0, 1].
    feature : str
        What is taken unless the user says otherwise; see `features`.
    depth : int
        Blocks whose tokens can be taken; 0: none, as in a convolutional network.
    heads, registers : int
    layer_scale : bool
        Shape of our own transformer.
    size : int or None
        Side of the images the hub's weights were trained on; None: no such weights.
    network : {'vit', 'timm'}
        Our own transformer, or the network that timm builds.

    Notes
    -----
    There is no precision here: none of these networks is known to need float32, or to give
    features beyond float16. Whoever runs a model proves it on its own weights.
    """

    name: str
    patch: int | None
    dim: int
    mean: tuple[float, ...] = IMAGENET[0]
    std: tuple[float, ...] = IMAGENET[1]
    feature: str = "cls"
    depth: int = 12
    heads: int = 6
    layer_scale: bool = False
    registers: int = 0
    size: int | None = 224
    network: Literal["vit", "timm"] = "vit"


_SPECS = (
    Spec("vit_small3_patch8_64", 8, 384, feature="cls", depth=3, size=None),
    Spec("vit_small_patch8_224.dino", 8, 384),
    Spec("vit_small_patch16_224.dino", 16, 384),
    Spec("vit_base_patch8_224.dino", 8, 768, heads=12),
    Spec("vit_small_patch14_dinov2.lvd142m", 14, 384, layer_scale=True, size=518),
    Spec("vit_small_patch14_reg4_dinov2.lvd142m", 14, 384, layer_scale=True, registers=4, size=518),
    # turned positions (RoPE): timm's own network
    Spec("vit_small_patch16_dinov3.lvd1689m", 16, 384, size=256, network="timm"),
    Spec("resnet18.a1_in1k", None, 512, feature="pool", depth=0, network="timm"),
    Spec("resnet50.a1_in1k", None, 2048, feature="pool", depth=0, network="timm"),
    Spec("tf_efficientnet_lite0.in1k", None, 1280, *HALF, "pool", depth=0, network="timm"),
    # for tests: 32 thousand parameters
    Spec("vit_test_patch8", 8, 32, *MIDDLE, depth=2, heads=2, size=None),
)
REGISTRY = {spec.name.partition(".")[0]: spec for spec in _SPECS}


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
    patch = getattr(getattr(net, "patch_embed", None), "patch_size", None)
    return Spec(
        name,
        patch[0] if isinstance(patch, tuple) else patch,
        net.num_features,
        tuple(config["mean"]),
        tuple(config["std"]),
        "pool",
        depth=timm_vit.depth_of(net),
        size=config["input_size"][-1],
        network="timm",
    )

"""What Seston asks of a vision transformer of timm: its tokens and its attention."""

from collections.abc import Collection
from contextlib import ExitStack
from typing import Any  # timm is untyped

import torch
from torch import Tensor, nn


def is_plain(net: nn.Module) -> bool:
    """Whether all tokens go through all blocks, as in ViT and EVA (which is also DINOv3)."""
    from timm.models.eva import Eva
    from timm.models.vision_transformer import VisionTransformer

    return isinstance(net, Eva | VisionTransformer)


def depth_of(net: Any) -> int:
    """Return the number of blocks whose tokens can be taken; 0: it gives its pool alone.

    Some plain transformers have no last norm over tokens, only one over what is pooled.
    """
    return 0 if not is_plain(net) or isinstance(net.norm, nn.Identity) else len(net.blocks)


def prefix_of(net: nn.Module) -> int:
    """Return the number of tokens before those of the patches, 0 for other networks."""
    return getattr(net, "num_prefix_tokens", 0)


def cut(net: Any, last: int) -> None:
    """Drop the blocks after `last` and whatever pools the tokens: nothing would use them."""
    net.prune_intermediate_layers([last - 1], prune_norm=False, prune_head=True)


def tokens(net: Any, images: Tensor, blocks: Collection[int]) -> dict[int, Tensor]:
    """Return the tokens after each of these blocks and the last norm; see `ViT.tokens`."""
    order = sorted(blocks)
    some = bool(prefix_of(net))
    found = net.forward_intermediates(
        images,
        indices=[block - 1 for block in order],
        return_prefix_tokens=some,
        norm=True,
        stop_early=True,
        output_fmt="NLC",
        intermediates_only=True,
    )
    if some:
        found = [torch.cat([prefix, patches], 1) for patches, prefix in found]
    return dict(zip(order, found, strict=True))


def attentions(net: Any, images: Tensor) -> list[Tensor]:
    """Return each block's attention, see `ViT.attentions`; none if the network is not plain.

    timm's fused kernel never holds the weights. The plain one does, and passes them
    through a dropout that does nothing here but can be listened to.
    """
    seen: list[Tensor] = []
    if not is_plain(net):
        return seen
    with ExitStack() as stack:
        for block in net.blocks:
            inner = block.attn
            stack.callback(setattr, inner, "fused_attn", inner.fused_attn)
            inner.fused_attn = False
            hook = inner.attn_drop.register_forward_hook(lambda _, given, out: seen.append(out))
            stack.callback(hook.remove)
        net.forward_features(images)
    return seen

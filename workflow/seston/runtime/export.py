"""A backbone as a network that takes tiles as they lie in the file, for OpenVINO."""

import copy
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from seston.models.backbones import Backbone
from seston.runtime.engine import Unavailable
from seston.runtime.last_block import shorten
from seston.runtime.openvino_engine import FILES, import_openvino


class TileNetwork(nn.Module):
    """A copy of a backbone that takes uint8 tiles, (n, size, size, 3), without their transform.

    A transform (x / 255 - mean) / std before a linear layer with weights w and
    bias b is that layer with w / (255 std) and b - sum(w mean / std). So it
    goes into the patch embedding of a transformer. Where the first layer pads
    the image, as in convolutional networks, zeros would no longer be the mean,
    and the transform stays, in one step: (x - 255 mean) / (255 std).
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = shorten(copy.deepcopy(backbone)).eval()
        first = getattr(getattr(self.backbone.net, "patch_embed", None), "proj", None)
        if isinstance(first, nn.Conv2d) and first.padding == (0, 0) and first.bias is not None:
            fold(first, self.backbone.mean, self.backbone.std)
            # What is left, (x - 0) / 1, an exporter drops.
            self.backbone.mean.zero_()
            self.backbone.std.fill_(1)
        else:
            self.backbone.mean *= 255
            self.backbone.std *= 255

    def forward(self, tiles: Tensor) -> Tensor:
        """Return the features, (n, length)."""
        return self.backbone(tiles.permute(0, 3, 1, 2).float())


@torch.no_grad()
def fold(layer: nn.Conv2d, mean: Tensor, std: Tensor) -> None:
    """Move the transform of pixels from 0 to 255 into a convolution without padding.

    Parameters
    ----------
    layer : torch.nn.Conv2d
        Changed in place.
    mean, std : Tensor (1, 3, 1, 1)
        Of images in [0, 1].
    """
    assert layer.bias is not None
    weight = layer.weight.double()
    layer.bias -= (weight * (mean / std).double()).sum((1, 2, 3)).to(layer.bias)
    layer.weight.copy_(weight / (255 * std.double()))


def export(backbone: Backbone, batch_size: int, folder: Path) -> None:
    """Write a backbone into a folder as OpenVINO's `FILES`, in float32.

    Raises
    ------
    Unavailable
        If OpenVINO is not installed or cannot express the network.
    """
    openvino = import_openvino()
    network = TileNetwork(backbone.cpu())
    shape = (batch_size, backbone.image_size, backbone.image_size, 3)
    example = torch.zeros(shape, dtype=torch.uint8)
    with warnings.catch_warnings(), torch.inference_mode():
        # Tracing takes sizes for constants, which they are: batches have one size.
        warnings.simplefilter("ignore")
        try:
            model = openvino.convert_model(network, example_input=example)
        except RuntimeError as error:  # of both libraries: an operation they do not know
            reason = str(error).strip().partition("\n")[0]
            raise Unavailable(f"the network cannot be exported: {reason}") from error
    model.reshape(list(shape))
    openvino.save_model(model, str(folder / FILES[0]), compress_to_fp16=False)

"""Embeddings through torch, on a CPU or a GPU."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from seston.models.backbones import Backbone, images_of
from seston.models.hardware import autocast, has_bf16, repeatable
from seston.runtime.engine import Rows, Tiles, Unavailable, fill
from seston.runtime.last_block import shorten
from seston.runtime.record import Method

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class TorchEngine:
    """A backbone under torch; see `seston.runtime.engine.Engine`.

    Tiles cross to a GPU as uint8, from memory the driver can read by itself
    (pinned), while the batch before is computed.

    Parameters
    ----------
    backbone : Backbone
        Changed: moved to the device, shortened to what embedding needs.
    method : Method
    batch_size : int
    threads : int

    Raises
    ------
    Unavailable
        If the method needs a GPU, one with bfloat16, or a compiler, and this machine has none.
    """

    def __init__(self, backbone: Backbone, method: Method, batch_size: int, threads: int) -> None:
        cuda = method.device == "cuda"
        if cuda and not torch.cuda.is_available():
            raise Unavailable("this machine has no usable GPU")
        self._device = torch.device(method.device)
        if cuda and method.precision == "bf16" and not has_bf16(self._device):
            raise Unavailable("this GPU does not compute in bf16")
        repeatable(threads, self._device)
        self._precision = PRECISIONS[method.precision]
        if cuda and method.precision == "fp32":
            torch.backends.cudnn.allow_tf32 = False  # its 10 bits of mantissa are no fp32
        self.batch_size, self.depth = batch_size, 2 if cuda else 1
        backbone = shorten(backbone).eval().to(self._device)
        if method.channels_last:
            backbone = backbone.to(memory_format=torch.channels_last)
        network: nn.Module = _FromTiles(backbone)
        self._features = torch.compile(network, dynamic=False) if method.compiled else network
        if method.compiled:
            side = backbone.image_size
            try:  # compiles now, not in the middle of a shard
                self.submit(self.prepare([np.zeros((1, side, side, 3), np.uint8)]))()
            except RuntimeError as error:  # no compiler, or one that does not know the GPU
                reason = str(error).strip().partition("\n")[0]
                raise Unavailable(f"torch cannot compile: {reason}") from error

    def prepare(self, parts: Sequence[Tiles]) -> tuple[Tensor, int]:
        """Copy tiles into a batch of full size, pinned for a GPU."""
        shape = (self.batch_size, *parts[0].shape[1:])
        pinned = self._device.type == "cuda"
        batch = torch.empty(shape, dtype=torch.uint8, pin_memory=pinned)
        return batch, fill(batch.numpy(), parts)

    @torch.inference_mode()
    def submit(self, batch: tuple[Tensor, int]) -> Callable[[], Rows]:
        """Compute a batch; on a GPU, start it and return at once."""
        tiles, count = batch
        with autocast(self._device, self._precision):
            features = self._features(tiles.to(self._device, non_blocking=True))
        rows = features[:count].half()
        if self._device.type != "cuda":
            return rows.numpy
        host = torch.empty(rows.shape, dtype=rows.dtype, pin_memory=True)
        host.copy_(rows, non_blocking=True)
        copied = torch.cuda.Event()
        copied.record()

        def collect() -> Rows:
            copied.synchronize()
            return host.numpy()

        return collect


class _FromTiles(nn.Module):
    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, tiles: Tensor) -> Tensor:
        return self.backbone(images_of(tiles))

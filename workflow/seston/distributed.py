"""Several processes that train one model, each on its share of every batch.

Only sums are exchanged: of gradients, of outputs, of features put in their place of an array
of zeros. So shares may differ in size, and it works alike with nccl (GPUs) and gloo (CPU).
"""

import logging
import os
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import torch
import torch.distributed as dist
from torch import Tensor, nn

from seston.errors import SestonError

log = logging.getLogger("seston")

#: exit status of a training that was asked to end and can be resumed: 128 + SIGTERM
TERMINATED = 143


@dataclass(frozen=True)
class Ranks:
    """Where this process stands among those that train together; alone by default.

    Attributes
    ----------
    rank, count : int
        Its number from 0, and how many there are.
    parent : int or None
        Process that started it and is to outlive it.
    """

    rank: int = 0
    count: int = 1
    parent: int | None = field(default=None, compare=False)

    def sum_(self, tensor: Tensor) -> Tensor:
        """Replace the tensor, in place, by its sum over all processes; return it.

        Raises
        ------
        SestonError
            If another process has died.
        """
        if self.count > 1:
            try:
                dist.all_reduce(tensor)
            except RuntimeError as error:
                reason = str(error).partition("\n")[0].partition(". ")[0]
                raise SestonError(
                    f"process {self.rank} of {self.count}: lost the connection to another process"
                    f" of this training ({reason})"
                ) from error
        return tensor

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Sum the gradients over all processes, as one message."""
        if self.count == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        together = self.sum_(torch.cat([gradient.flatten() for gradient in gradients]))
        for gradient, total in zip(
            gradients, together.split([g.numel() for g in gradients]), strict=True
        ):
            gradient.copy_(total.view_as(gradient))

    @torch.no_grad()
    def take_from_first(self, parameters: Iterable[nn.Parameter]) -> None:
        """Give every process the values of the first: each may have rounded otherwise."""
        if self.count > 1:
            for parameter in parameters:
                self.sum_(parameter if self.rank == 0 else parameter.zero_())

    def average_statistics(self, module: nn.Module) -> None:
        """Average the running statistics of batch norms: each process has those of its share."""
        if self.count > 1:
            for name, buffer in module.named_buffers():
                if name.rpartition(".")[2] in ("running_mean", "running_var"):
                    self.sum_(buffer).div_(self.count)

    def any(self, here: bool, device: torch.device) -> bool:
        """Return whether it is so in any process."""
        return bool(self.sum_(torch.tensor(float(here), device=device)) > 0)

    def orphaned(self) -> bool:
        """Return whether the process that started this one is gone."""
        return self.parent is not None and os.getppid() != self.parent


ALONE = Ranks()


def shares(images: int, processes: int, parts: int) -> list[list[slice]]:
    """Return which images of a batch each process takes, in at most `parts` micro-batches.

    Neighbours stay together and sizes differ by one at most; the sizes decide nothing,
    since every image is weighted alike.
    """

    def cut(start: int, stop: int, pieces: int) -> list[slice]:
        ends = [start + (stop - start) * piece // pieces for piece in range(pieces + 1)]
        return [slice(a, b) for a, b in pairwise(ends) if a < b]

    return [cut(whole.start, whole.stop, parts) for whole in cut(0, images, processes)]


def usable_processes(processes: int, device: str) -> int:
    """Return how many processes to start; fewer than asked for is logged.

    The model is the same for any number, within rounding, so fewer GPUs cost time only.

    Raises
    ------
    SestonError
        If GPUs were asked for by name and there are too few.
    """
    if processes == 1 or device == "cpu":
        return processes
    gpus = torch.cuda.device_count()
    if gpus >= processes:
        return processes
    if device != "auto":
        raise SestonError(
            f"finetune: {processes} processes on {device}, but this machine has {gpus} GPUs;"
            " ask for fewer, or device auto"
        )
    log.warning(
        "%d processes asked for, but %d GPUs found: training in %d", processes, gpus, max(1, gpus)
    )
    return max(1, gpus)


def is_one_of_several() -> bool:
    """Return whether torchrun, or `launch`, started this process."""
    return dist.is_torchelastic_launched()


@contextmanager
def joined(device: torch.device) -> Iterator[Ranks]:
    """Join the processes that torchrun started; alone when it did not."""
    if not is_one_of_several():
        yield Ranks()
        return
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size(), os.getppid())
    finally:
        dist.destroy_process_group()


def launch(stage: str, options: Mapping[str, object], processes: int) -> None:
    """Run a stage in several processes of this machine, and wait for them.

    As ``torchrun --standalone --nproc-per-node N -m seston STAGE …`` does, but with the exit
    status of the processes.

    Raises
    ------
    SestonError
        If one of them died.
    SystemExit
        With the status of a process that reported an error itself, or `TERMINATED` if it was
        asked to end.
    """
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)  # told below
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=0,
        monitor_interval=0.1,
    )
    try:
        elastic_launch(config, sys.executable)("-m", "seston", stage, *command_line(options))
    except SignalException as error:
        raise SystemExit(128 + error.sigval) from error
    except ChildFailedError as error:
        codes = {rank: failure.exitcode for rank, failure in error.failures.items()}
        if set(codes.values()) <= {TERMINATED, -15}:
            raise SystemExit(TERMINATED) from error
        # A process that was killed explains those that lost it.
        rank, code = min(codes.items(), key=lambda item: (item[1] in (TERMINATED, -15), item[1]))
        if code > 0:
            raise SystemExit(code) from error
        raise SestonError(
            f"{stage}: process {rank} of {processes} was killed by signal {-code}; no model was"
            " written. Run again: it goes on from the last saved step"
        ) from error


def command_line(options: Mapping[str, object]) -> list[str]:
    """Return the options of a stage as its command line takes them; None is left out."""
    words: list[str] = []
    for name, value in options.items():
        if value is None:
            continue
        values = value if isinstance(value, list | tuple) else [value]
        words += [f"--{name.replace('_', '-')}", *map(str, values)]
    return words

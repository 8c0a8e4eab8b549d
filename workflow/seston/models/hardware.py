"""Device, precision and the settings that make a run repeatable."""

import logging
import os
import platform
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import torch

from seston.errors import SestonError

log = logging.getLogger("seston")


def choose_device(device: str) -> torch.device:
    """Return the device: ``auto`` is the GPU where there is one.

    Raises
    ------
    SestonError
        If the device is unknown or not there.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise SestonError(f"device: found {device}, expected auto, cpu or cuda") from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise SestonError("device: cuda was asked for and this machine has no usable GPU; use auto")
    return chosen


def choose_precision(precision: str, device: torch.device) -> torch.dtype:
    """Return bfloat16 where the hardware computes in it, else float32.

    ``auto`` looks at the hardware only, never at a clock, so that two runs on
    one machine agree. On a CPU without bfloat16 units it is three times slower
    than float32; float16 on a CPU is hundreds of times slower and not offered.
    """
    if precision == "auto":
        precision = "bf16" if has_bf16(device) else "fp32"
        log.info("computing on %s in %s", device, precision)
    if precision not in ("bf16", "fp32"):
        raise SestonError(f"precision: found {precision}, expected auto, bf16 or fp32")
    return torch.bfloat16 if precision == "bf16" else torch.float32


def autocast(device: torch.device, precision: torch.dtype) -> AbstractContextManager[object]:
    """Return the context in which matrix products are computed in `precision`."""
    if precision is torch.float32:
        return torch.autocast(device.type, enabled=False)
    return torch.autocast(device.type, precision)


def repeatable(threads: int, device: torch.device) -> None:
    """Fix the threads and choose kernels that give the same bytes on every run."""
    torch.set_num_threads(threads)
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.benchmark = False
        # Where there is no repeatable kernel, warn: a run that ends beats one that cannot start.
        torch.use_deterministic_algorithms(True, warn_only=True)


def has_bf16(device: torch.device) -> bool:
    """Return whether the hardware computes in bfloat16, not merely stores it."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # Private names: absent means unknown, and float32 is always right.
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in names)


def machine(device: torch.device) -> str:
    """Return the name of the processor or the GPU, for the record."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    with suppress(OSError):  # not Linux
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

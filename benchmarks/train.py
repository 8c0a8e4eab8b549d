"""Training: images a second, of the limit a matrix product sets; augmentation beside torchvision.

    python benchmarks/train.py [--device auto] [--precision auto] [--seconds 15] [--recipes …]

Every line is of this run and this machine, on drawn tiles of 64 px read from disk as in a
training. On a CPU: one thread, CPU-seconds; on a GPU: seconds of the clock. "of the limit" is the
rate of the operations of networks and heads (counted by torch, forward and backward, teacher
included) over that of a large matrix product of the same precision. Lines with "extrapolated"
or "computed" were not measured.
"""
# ruff: noqa: E402 - threads are limited before the libraries are loaded

import argparse
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "workflow"), str(REPOSITORY / "tests")]
from seston.threads import limit_threads

limit_threads(1)

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from torchvision.transforms import v2

from seston.augment import Crop, background, cropped, draw
from seston.collection import Tiles
from seston.loading import Ahead
from seston.models.backbones import Backbone, images_of
from seston.models.hardware import choose_device, choose_precision, repeatable
from seston.models.registry import spec_of
from seston.training import Trainer
from seston.training_settings import Settings
from synthetic_tiles import write_tiles

#: images of the experiment this workflow was made for
EXPERIMENT = 1_200_000
#: bf16 of an H200: the rate of a large matrix product, and the share of it that trainings reach
H200, SHARES = 790e12, (0.25, 0.35)
GLOBAL, LOCAL = Crop(64, (0.4, 1.0)), Crop(32, (0.1, 0.4))


@dataclass(frozen=True)
class Recipe:
    """A training to time; batches are for a CPU and for a GPU."""

    backbone: str
    method: str
    batches: tuple[int, int]


RECIPES = {
    "dino-s": Recipe("vit_small_patch8_224.dino", "dino", (16, 256)),
    "dino-s3": Recipe("vit_small3_patch8_64", "dino", (32, 512)),
    "simclr-r18": Recipe("resnet18.a1_in1k", "simclr", (64, 1024)),
}


class Clock:
    """CPU-seconds of this process, or seconds until the GPU is done."""

    def __init__(self, device: torch.device) -> None:
        self.gpu = device.type == "cuda"

    def __call__(self) -> float:
        """Return the seconds so far."""
        if self.gpu:
            torch.cuda.synchronize()
            return time.perf_counter()
        return time.process_time()

    def rate(self, do: Callable[[], float], seconds: float) -> float:
        """Return what `do` gets done a second, after one call to warm up."""
        do()
        start, done = self(), 0.0
        while (spent := self() - start) < seconds:
            done += do()
        return done / spent


def matmul_limit(clock: Clock, device: torch.device, dtype: torch.dtype) -> float:
    """Return operations a second of a large matrix product: the best of five."""
    side = 8192 if clock.gpu else 2048
    a, b = (torch.rand(side, side, device=device).to(dtype) for _ in range(2))

    def product() -> float:
        torch.mm(a, b)
        return 2.0 * side**3

    return max(clock.rate(product, 0.5) for _ in range(5))


def trainer_of(recipe: Recipe, tiles: Tiles, device: torch.device, precision: str) -> Trainer:
    """Return the training as the workflow would run it, without an end."""
    settings = Settings(
        method=recipe.method,
        epochs=1000,
        max_images=0,
        batch_size=min(recipe.batches[device.type == "cuda"], len(tiles)),
        learning_rate=1e-4,
        weight_decay=0.04,
        local_crops=6,
        global_size=64,
        local_size=32,
        global_area=GLOBAL.area,
        local_area=LOCAL.area,
        prototypes=1024,
        momentum=None,
        warmup=0.1,
        frozen=0.0,
        clip=3.0,
        seed=0,
        precision=precision,
    )
    return Trainer(Backbone(spec_of(recipe.backbone), 64), settings, tiles, device)


def operations_an_image(trainer: Trainer) -> float:
    """Return operations of one step per image, attention included."""
    positions = next(iter(trainer.batches()))
    # The counter does not know the fused attention of CPUs.
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        trainer.advance(positions)
    return counter.get_total_flops() / len(positions)


def time_training(
    name: str, tiles: Tiles, device: torch.device, precision: str, limit: float, seconds: float
) -> None:
    """Print the lines of one recipe."""
    clock = Clock(device)
    trainer = trainer_of(RECIPES[name], tiles, device, precision)
    work = operations_an_image(trainer)
    loading = Ahead(trainer.batches(), trainer.data.load)
    batches = iter(loading)

    def step() -> float:
        positions, loaded = next(batches)
        trainer.advance(positions, loaded)
        return len(positions)

    start = time.perf_counter()
    rate = clock.rate(step, seconds)
    waited = 100 * loading.waited / (time.perf_counter() - start)
    unit = "s" if clock.gpu else "CPU-s"
    per_batch = trainer.settings.batch_size
    print(
        f"{name:11s} {rate:8.1f} images/{unit}, batches of {per_batch};"
        f" {work / 1e9:.2f} GFLOP/image, {100 * rate * work / limit:.0f} % of the limit;"
        f" {waited:.2f} % of the time waiting for tiles"
    )
    where = "this GPU" if clock.gpu else "one thread here"
    print(f"{'':11s} one epoch of 1.2 million: {hours(EXPERIMENT / rate)} on {where}, extrapolated")
    if not clock.gpu:
        slow, fast = (EXPERIMENT * work / (H200 * share) for share in SHARES)
        print(
            f"{'':11s} on an H200 computed, not measured: {fast:.0f} to {slow:.0f} s"
            f" (bf16, {SHARES[1]:.0%} to {SHARES[0]:.0%} of its peak)"
        )


def hours(seconds: float) -> str:
    """Return a time span for people."""
    return f"{seconds / 3600:.1f} h" if seconds > 7200 else f"{seconds / 60:.1f} min"


def time_augmentation(tiles: Tiles, device: torch.device, seconds: float) -> None:
    """Print crops of this workflow, by the batch, beside torchvision's, image by image."""
    clock, generator = Clock(device), torch.Generator().manual_seed(0)
    count = min(len(tiles), 512 if clock.gpu else 64)
    pixels = next(iter(tiles.files[0].blocks(count)))
    kinds = [GLOBAL] * 2 + [LOCAL] * 6

    def batched(channels: int) -> float:
        images = images_of(torch.from_numpy(pixels[..., :channels].copy()).to(device))
        ground = background(images)
        for crop in kinds:
            cropped(images, crop, draw(len(images), crop, generator), ground)
        return len(images)

    peers = [
        v2.Compose(
            [
                v2.RandomResizedCrop(crop.size, crop.area, (1 / crop.aspect, crop.aspect)),
                v2.RandomRotation(180, v2.InterpolationMode.BILINEAR),
                v2.RandomHorizontalFlip(),
                v2.ColorJitter(crop.light, crop.light),
                v2.RandomApply([v2.GaussianBlur(5, (0.1, 1.0))]),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
            ]
        )
        for crop in kinds
    ]
    pictures = cycle(v2.functional.to_pil_image(tile) for tile in pixels)

    def one_by_one() -> float:
        picture = next(pictures)
        for peer in peers:
            peer(picture)
        return 1

    grey, coloured = (clock.rate(lambda c=c: batched(c), seconds) for c in (1, 3))
    theirs = Clock(torch.device("cpu")).rate(one_by_one, seconds)
    unit = "s on the GPU" if clock.gpu else "CPU-s"
    print(
        f"2 + 6 crops {grey:8.0f} grey, {coloured:.0f} coloured images/{unit}; torchvision, image"
        f" by image on the CPU, {theirs:.0f} images/CPU-s: {grey / theirs:.1f} and"
        f" {coloured / theirs:.1f} times"
    )


def main() -> None:
    """Print all lines."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--recipes", nargs="*", default=list(RECIPES), choices=list(RECIPES))
    arguments = parser.parse_args()
    logging.getLogger("seston").setLevel(logging.WARNING)
    device = choose_device(arguments.device)
    repeatable(1, device)
    dtype = choose_precision(arguments.precision, device)
    limit = matmul_limit(Clock(device), device, dtype)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "one thread of this CPU"
    print(f"{name}, torch {torch.__version__}: {limit / 1e9:.0f} GFLOP/s in a {dtype} product")
    with TemporaryDirectory() as folder:
        write_tiles(Path(folder) / "drawn.arrow", {"drawn": 4096}, size=64)
        tiles = Tiles(Path(folder), ["drawn"])
        time_augmentation(tiles, device, min(5.0, arguments.seconds))
        for recipe in arguments.recipes:
            time_training(recipe, tiles, device, arguments.precision, limit, arguments.seconds)


if __name__ == "__main__":
    main()

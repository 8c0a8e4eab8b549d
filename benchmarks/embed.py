"""Embeddings of Seston beside a plain timm loop and beside the machine's limit, in one run.

    python benchmarks/embed.py [--images 128] [--rounds 5] [--device auto] [--precision auto]

The plain loop is what a notebook does: image files through Pillow and torchvision's transforms,
a DataLoader without workers, timm in eager float32. Seston's figure is the stage `embed` with
the runtime that the stage `runtime` chose, from memory-mapped tiles to float16 in an Arrow file;
making the tiles is another stage, done once for all models. The limit is a matrix product in
the precision chosen. On a CPU, rates are per second of processor time on one thread, so that
other processes count little; on a GPU, per second of the wall. The three take turns, and the
middle of all rounds counts: the best of a short product would flatter the limit.
"""
# ruff: noqa: E402 - threads are limited before the libraries are loaded

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))
from seston.threads import limit_threads

limit_threads(1)

import numpy as np
import timm
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from seston.arrays import ArrayFile, ArrayWriter
from seston.embed import open_engine
from seston.models.hardware import choose_device, machine
from seston.models.model_file import read_model
from seston.models.weights import backbone
from seston.runtime.choice import WORTH, runtime
from seston.runtime.engine import Engine, Stream
from seston.runtime.record import read_runtime
from seston.runtime.torch_engine import PRECISIONS

SIZE = 64
#: our name, weights, timm's name
MODELS = (
    ("vit_small_patch8_224.dino", "random", "vit_small_patch8_224"),
    ("vit_small3_patch8_64", "bundled", "vit_small_patch16_224"),
)


class Files(Dataset):
    """Image files as a notebook reads them."""

    def __init__(self, paths: list[Path], mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        self.paths = paths
        self.transform = transforms.Compose(
            [
                transforms.Resize((SIZE, SIZE)),
                transforms.ToTensor(),
                transforms.Normalize(mean, std),
            ]
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, position: int) -> torch.Tensor:
        return self.transform(Image.open(self.paths[position]).convert("RGB"))


@torch.inference_mode()
def plain_loop(network: torch.nn.Module, loader: DataLoader, device: torch.device) -> np.ndarray:
    return np.concatenate([network(batch.to(device)).cpu().numpy() for batch in loader])


def write_tiles(path: Path, files: list[Path], count: int) -> None:
    """Write the images as tiles, from the start again until there are `count`."""
    opened = (Image.open(file).convert("RGB").resize((SIZE, SIZE)) for file in files)
    tiles = np.stack([np.asarray(image) for image in opened])
    with ArrayWriter(path, "tiles", "tile", tiles.shape[1:], np.uint8, "benchmark") as writer:
        for start in range(0, count, len(tiles)):
            part = tiles[: count - start]
            writer.write([f"lake/{start + i:06d}" for i in range(len(part))], part)


def seston_loop(engine: Engine, dim: int, tiles: ArrayFile, out: Path) -> Stream:
    stream = Stream(engine, tiles.blocks())
    ids = tiles.ids.to_pylist()
    with ArrayWriter(out, "embeddings", "embedding", (dim,), np.float16, "benchmark") as writer:
        for rows in stream:
            writer.write(ids[writer.rows : writer.rows + len(rows)], rows)
    return stream


def flops(network: torch.nn.Module, cls_only: bool) -> float:
    """Return the operations of a ViT for one image: a multiplication and an addition are two.

    With `cls_only` the last block has one query, as in `seston.runtime.last_block`.
    """
    depth, dim = len(network.blocks), network.embed_dim
    patch = network.patch_embed.patch_size[0]
    patches = (SIZE // patch) ** 2
    tokens = patches + 1
    block = 12 * tokens * dim**2 + 2 * tokens**2 * dim
    last = (2 * tokens + 10) * dim**2 + 2 * tokens * dim if cls_only else block
    return 2 * ((depth - 1) * block + last + patches * 3 * patch**2 * dim)


def product(precision: str, device: torch.device) -> tuple[Callable[[], None], float]:
    """Return a matrix product and its operations."""
    side, repeats = (8192, 50) if device.type == "cuda" else (2048, 15)
    one = torch.randn(side, side, device=device, dtype=PRECISIONS[precision])
    other = torch.randn(side, side, device=device, dtype=PRECISIONS[precision])

    def run() -> None:
        for _ in range(repeats):
            one @ other

    return run, repeats * 2 * side**3


def seconds(work: Callable[[], object], device: torch.device) -> float:
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    start = clock()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return clock() - start


def compare(folder: Path, files: list[Path], names: tuple[str, str, str], asked) -> None:
    name, weights, peer_name = names
    device = choose_device(asked.device)
    model, where = folder / "model.safetensors", folder / "runtime"
    backbone(name=name, weights=weights, size=SIZE, seed=0, model=model)
    runtime(
        model=model, tiles_dir=folder, shards=["tiles"], runtime=where, device=asked.device,
        precision=asked.precision, engine=asked.engine, batch_size=asked.batch,
    )  # fmt: skip
    chosen = read_runtime(where, model)
    start = time.process_time()
    engine, method = open_engine(chosen, where, model, threads=1)
    opening = time.process_time() - start
    ours = read_model(model)[0]
    peer = timm.create_model(
        peer_name, num_classes=0, img_size=SIZE, patch_size=8, depth=ours.spec.depth
    )
    peer.load_state_dict(ours.net.state_dict())
    peer = peer.eval().to(device)
    loader = DataLoader(Files(files, ours.spec.mean, ours.spec.std), batch_size=64)
    multiply, operations = product(method.precision, device)
    # A GPU needs more images than a notebook's loop to be timed.
    tiles = ArrayFile(folder / ("tiles.arrow" if device.type == "cuda" else "few.arrow"), "tiles")
    loop = partial(seston_loop, engine, chosen.dim, tiles, folder / "embeddings.arrow")
    contenders = {
        "plain timm loop": (partial(plain_loop, peer, loader, device), len(files)),
        "seston": (loop, len(tiles)),
        "matrix product": (multiply, operations),
    }
    rounds = []
    for turn in range(asked.rounds + 1):
        each = [amount / seconds(work, device) for work, amount in contenders.values()]
        if turn:  # the first warms up
            rounds.append(each)
    plain, rate, limit = np.median(rounds, axis=0)
    stream = loop()
    full = flops(peer, cls_only=False)
    done = flops(peer, cls_only=ours.spec.feature == "cls")
    print(
        f"\n{name}, {SIZE} px, {full / 1e9:.3g} GFLOP an image: {chosen.why}\n"
        f"  matrix product in {method.precision:4} {limit / 1e9:9.1f} GFLOP/s\n"
        f"  plain timm loop        {plain * full / 1e9:9.1f} GFLOP/s,"
        f" {100 * plain * full / limit:5.1f} % of it, {plain:8.1f} images/s from files\n"
        f"  seston, {method!s:14} {rate * done / 1e9:9.1f} GFLOP/s,"
        f" {100 * rate * done / limit:5.1f} % of it, {rate:8.1f} images/s from tiles,"
        f" {rate / plain:.2f} times the plain loop\n"
        f"  {100 * (1 - done / full):.1f} % of the operations left out (the last block for all but"
        f" CLS); waiting for data {100 * stream.share_waited:.2f} % of the time; opened in"
        f" {opening:.2f} CPU-s\n"
        f"  against torch fp32: {json.dumps(chosen.agreement.get(str(method), {}))}"
    )


def main() -> None:
    logging.getLogger("seston").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=128, help="image files of the plain loop")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=256, help="on a GPU")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--engine", default="auto")
    asked = parser.parse_args()
    files = sorted((REPOSITORY / "example" / "lake").rglob("*.jpeg"))[: asked.images]
    device = choose_device(asked.device)
    print(f"{machine(device)}, {len(files)} images of the lake, median of {asked.rounds} rounds")
    for names in MODELS:
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write_tiles(folder / "few.arrow", files, len(files))
            write_tiles(folder / "tiles.arrow", files, max(WORTH, len(files)))
            compare(folder, files, names, asked)


if __name__ == "__main__":
    main()

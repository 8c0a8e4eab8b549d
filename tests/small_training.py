"""A training of seconds: 32 discs of three samples in two shards, and a tiny transformer."""

import os
import sys
from pathlib import Path

from seston.finetune import finetune
from seston.models.weights import backbone
from seston.training_settings import Settings
from synthetic_tiles import write_tiles

SHARDS = ["2018-05", "2018-06"]
OPTIONS = {
    "method": "dino",
    "epochs": 2,
    "max_images": 0,
    "batch_size": 8,
    "learning_rate": 1e-3,
    "weight_decay": 0.04,
    "local_crops": 2,
    "seed": 3,
    "prototypes": 64,
    "projection": 64,
    "precision": "fp32",  # on every machine
}
SETTINGS = Settings(
    method="dino",
    epochs=1,
    max_images=0,
    batch_size=4,
    learning_rate=1e-3,
    weight_decay=0.04,
    local_crops=2,
    global_size=32,
    local_size=16,
    global_area=(0.4, 1.0),
    local_area=(0.1, 0.4),
    prototypes=64,
    projection=64,
    momentum=0.99,
    warmup=0.1,
    frozen=0.1,
    clip=3.0,
    seed=0,
    # What several processes and micro-batches must agree in is less than bf16 rounds.
    precision="fp32",
)


def make_run(folder: Path, name: str = "vit_test_patch8") -> Path:
    write_tiles(folder / "tiles" / "2018-05.arrow", {"a": 20, "b": 3}, seed=1)
    write_tiles(folder / "tiles" / "2018-06.arrow", {"c": 9}, seed=2)
    start = folder / "start.safetensors"
    backbone(name=name, weights="random", size=32, seed=1, model=start)
    return folder


def paths(run: Path, name: str) -> dict[str, Path]:
    return {
        "tiles_dir": run / "tiles",
        "backbone": run / "start.safetensors",
        "model": run / f"{name}.safetensors",
        "history": run / f"{name}.tsv",
        "resume": run / f"{name}.resume",
    }


def train(run: Path, name: str = "out", **more: object) -> Path:
    """Train in this process; return the model's file."""
    options = paths(run, name) | OPTIONS | {"shards": SHARDS} | more
    finetune(**options)
    return run / f"{name}.safetensors"


def command(run: Path, name: str = "out", **more: object) -> list[str]:
    """Return the command line of the same training."""
    words = [sys.executable, "-m", "seston", "finetune", "--shards", *SHARDS]
    for option, value in (paths(run, name) | OPTIONS | more).items():
        words += [f"--{option.replace('_', '-')}", str(value)]
    return words


def environment(repository: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(repository / "workflow"), "OMP_NUM_THREADS": "1"}

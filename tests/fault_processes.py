"""Disks that are small, full or read-only, in a mount namespace that ends with its process.

    unshare --mount [--map-root-user] python tests/fault_processes.py FOLDER

prints, as JSON, what became of each kind of writing there.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from seston import store
from seston.arrays import ArrayWriter
from seston.folders import whole_folder
from seston.label.kept import write_all
from seston.parts import TableWriter
from seston.shortage import in_words

#: Bytes of the small disk, and of what is written on it.
SMALL, LARGE = 256 << 10, 1 << 20
NOISE = np.random.default_rng(0).integers(0, 256, LARGE, dtype=np.uint8)
SCHEMA = pa.schema([("image_id", pa.string()), ("crop", pa.binary())])


def apart() -> list[str] | None:
    """The command before another that gives it mounts of its own; None where that is refused."""
    for more in ([], ["--map-root-user"]):
        command = ["unshare", "--mount", *more]
        tried = [*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        try:
            if subprocess.run(tried, capture_output=True).returncode == 0:
                return command
        except FileNotFoundError:
            return None
    return None


def mount(folder: Path, options: str) -> None:
    """Put a disk in memory in the place of a folder, or change the one that is there."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)


def rows() -> pa.Table:
    crops = [part.tobytes() for part in NOISE.reshape(64, -1)]
    return pa.table({"image_id": [f"s/{i:03d}" for i in range(64)], "crop": crops})


def write_rows_in_parts(path: Path) -> None:
    with TableWriter(path, SCHEMA, "crops", "me", group=8) as writer:
        for start in range(0, 64, 4):
            writer.write(rows().slice(start, 4))


def write_last_rows(path: Path) -> None:
    """All rows wait until the writer is left."""
    with TableWriter(path, SCHEMA, "crops", "me") as writer:
        writer.write(rows())


def write_array(path: Path) -> None:
    with ArrayWriter(path, "tiles", "tile", (64, 64), np.uint8, "me") as writer:
        writer.write([f"s/{i:03d}" for i in range(256)], NOISE.reshape(256, 64, 64))


def write_folder(path: Path) -> None:
    with whole_folder(path) as new:
        for number, part in enumerate(NOISE.reshape(8, -1)):
            (new / f"{number}.webp").write_bytes(part)


def write_archive(path: Path) -> None:
    with store.atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, noise=NOISE)


def write_resume(path: Path) -> None:
    import torch

    with store.atomic(path) as temporary:
        torch.save({"noise": torch.from_numpy(NOISE)}, temporary)


def write_index(path: Path) -> None:
    import faiss

    index = faiss.IndexFlatL2(256)
    index.add(NOISE.view(np.uint8).astype(np.float32).reshape(-1, 256)[:1024])
    with store.atomic(path) as temporary:
        faiss.write_index(index, str(temporary))


#: What the stages write with, by the file that it makes.
WRITERS: dict[str, Callable[[Path], None]] = {
    "table.tsv": lambda path: store.write_text("0123456\n" * (LARGE // 8), path),
    "table.parquet": lambda path: store.write_table(rows(), path, SCHEMA, "crops", "me"),
    "parts.parquet": write_rows_in_parts,
    "last.parquet": write_last_rows,
    "tiles.arrow": write_array,
    "figures": write_folder,
    "space.npz": write_archive,
    "finetune.pt": write_resume,
    "index.faiss": write_index,
    "labels.tsv": lambda path: write_all({path: "0123456\n" * (LARGE // 8)}),
}


def try_writer(path: Path, write: Callable[[Path], None]) -> dict[str, object]:
    """Write where there is no room, then where there is."""
    try:
        write(path)
        told, kind = None, None
    except Exception as error:
        told, kind = in_words(error), type(error).__name__
    left = sorted(file.name for file in path.parent.iterdir())
    mount(path.parent, "remount,size=16m")
    write(path)
    after = sorted(file.name for file in path.parent.iterdir())
    subprocess.run(["rm", "-r", path], check=True)
    mount(path.parent, f"remount,size={SMALL}")
    return {"told": told, "kind": kind, "left": left, "after": after}


def try_stage(crops: Path, disk: Path) -> dict[str, object]:
    """Call a stage where there is no room, where nothing may be written, and with room."""
    tiles = disk / "tiles" / "a.arrow"
    command = [sys.executable, "-m", "seston", "tiles", "--crops", crops, "--size", "64"]
    told = {}
    for name, options in (("full", f"size={SMALL}"), ("closed", "ro"), ("room", "rw,size=16m")):
        mount(disk, f"remount,{options}")
        done = subprocess.run([*command, "--tiles", tiles], capture_output=True, text=True)
        files = [str(path.relative_to(disk)) for path in disk.rglob("*") if path.is_file()]
        told[name] = {"status": done.returncode, "said": done.stderr, "files": files}
    return told


if __name__ == "__main__":
    place = Path(sys.argv[1]) / "results"
    place.mkdir()
    mount(place, f"size={SMALL}")
    found = {name: try_writer(place / name, write) for name, write in WRITERS.items()}
    print(json.dumps({"writers": found, "stage": try_stage(Path(sys.argv[2]), place)}))

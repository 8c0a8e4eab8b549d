"""Stage `manifest`: every file that a run made with its checksum, and all that it came from."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seston.errors import SestonError
from seston.progress import Progress
from seston.provenance.checksums import checksums
from seston.provenance.counts import efforts, totals
from seston.provenance.described import described, fingerprints
from seston.provenance.hardware import hardware
from seston.provenance.listing import made_files
from seston.provenance.manifest import settings_of, write_manifest
from seston.provenance.marks import UNREADABLE
from seston.provenance.origin import libraries, workflow_facts

log = logging.getLogger("seston")


def manifest(
    *,
    results: Path,
    made: Path,
    shards: list[str],
    models: list[str],
    threads: int = 1,
    manifest: Path,
) -> None:
    """Write down what a run made: checksums, rows, fingerprints, versions, settings, machine.

    Parameters
    ----------
    results : pathlib.Path
        The results folder.
    made : pathlib.Path
        A text with the path of one file or folder a line: what the stages of this run made.
    shards, models : list of str
        Names of the shards and models of this run.
    threads : int
        Files that are read at a time.
    manifest : pathlib.Path
        Written (JSON).

    Raises
    ------
    SestonError
        If a file is missing or damaged.
    """
    lines = made.read_text(encoding="utf-8").splitlines()
    names = made_files(results, [Path(line) for line in lines])
    files: dict[str, dict[str, Any]] = {}
    with Progress(len(names), "files") as progress:
        for name, found in checksums(results, names, threads):
            if found is None:
                raise SestonError(f"{results / name}: cannot be read")
            files[name] = found._asdict() | _described(results / name)
            progress.add(1)
    samples = efforts(results, shards)
    settings = settings_of(results)
    write_manifest(
        {
            "files": files,
            "shards": shards,
            "models": models,
            "chosen": (results / "chosen_model.txt").read_text(encoding="utf-8").strip(),
            "samples": samples,
            "totals": totals(samples),
            "fingerprints": fingerprints(files, shards, models),
            "configuration": settings,
            "seed": settings["seed"],
            "workflow": workflow_facts(),
            "run": _run_facts(results, models),
        },
        manifest,
    )
    size = sum(file["size"] for file in files.values())
    log.info("%d files, %.1f MB, %d samples", len(files), size / 1e6, len(samples))


def _described(path: Path) -> dict[str, Any]:
    try:
        return described(path)
    except UNREADABLE as error:
        raise SestonError(f"{path}: not readable ({error}); delete it and run again") from error


def _run_facts(results: Path, models: Sequence[str]) -> dict[str, Any]:
    """Return what holds of this one run: when, where, with which libraries."""
    embedded = {}
    for model in models:
        told = json.loads((results / model / "runtime" / "runtime.json").read_text("utf-8"))
        embedded[model] = {
            key: told.get(key) for key in ("machine", "device", "engine", "precision")
        }
    return {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "hardware": hardware(),
        "embedded_on": embedded,
        "libraries": libraries(),
    }

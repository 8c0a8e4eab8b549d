"""Snakemake on a campaign, watched: how long it ran, and what it took itself."""

import fcntl
import json
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[3]
_EVERY_S = 5.0


def run_snakemake(folder: Path, cores: int) -> int:
    """Run the workflow on a campaign, or go on with it; return the exit status.

    What is seen of the controlling process stands in sessions/<start>.json, always up to date:
    a run that was cut goes on in another session.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    # Snakemake's lock stays when it is killed; ours, which it holds as well, goes with it.
    command += ["--directory", folder, "--configfile", folder / "config.yaml", "--nolock"]
    command += ["--cores", str(cores)]
    left_out = ("OMP_NUM_THREADS", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    session = folder / "sessions" / f"{datetime.now():%Y%m%dT%H%M%S}.json"
    session.parent.mkdir(exist_ok=True)
    start = time.time()
    with (folder / "snakemake.log").open("a") as log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"{folder}: an earlier Snakemake still runs here") from None
        process = subprocess.Popen(
            list(map(str, command)), cwd=ROOT, env=environment, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        seen, peak, status = psutil.Process(process.pid), 0.0, None
        while status is None:
            try:
                used = seen.cpu_times()
                peak = max(peak, seen.memory_info().rss / 1e6)
            except psutil.NoSuchProcess:
                pass
            status = _wait(process)
            told = {"start": start, "wall_s": time.time() - start, "cores": cores}
            told |= {"cpu_s": used.user + used.system, "peak_mb": peak, "status": status}
            part = session.with_suffix(".part")
            part.write_text(json.dumps(told))
            part.replace(session)
    return status


def _wait(process: subprocess.Popen) -> int | None:
    try:
        return process.wait(_EVERY_S)
    except subprocess.TimeoutExpired:
        return None


def sessions_of(folder: Path) -> list[dict[str, float]]:
    """Return what was seen of each session, in their order."""
    return [json.loads(path.read_text()) for path in sorted((folder / "sessions").glob("*.json"))]


def is_finished(folder: Path) -> bool:
    """Say whether the last session came to its end."""
    sessions = sessions_of(folder)
    return bool(sessions) and sessions[-1]["status"] == 0

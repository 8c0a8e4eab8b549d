"""How long a campaign would take on one GPU and 16 cores: computed from what was measured here.

The jobs of a finished run, with what each waits for, are given one by one to cores and GPU, as
Snakemake does. Rules of the CPU take the CPU-seconds that they took here, each on one core. Rules
of the GPU take a start and their operations at a share of the rate of the chip's matrix products:
of the full network, whatever the run was reduced to.
"""

import heapq
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from simulated.campaign.cost import records_of

RULES = Path(__file__).parents[3] / "workflow" / "rules"
CORES = 16
#: bf16 products of an H200, and the share of it that embedding and training reach.
OPERATIONS_S, SHARE = 790e12, 0.35
#: Operations per image of ViT-S/8 on tiles of 64 px: forward, and a step of DINO with 2 + 4 crops
#: (the student there and back, the teacher there).
EMBED, TRAIN = 2.85e9, 32e9
START_S = 6.0  # Python, torch, CUDA and the weights: 3 to 10 s


def goal_s(folder: Path, jobs: pd.DataFrame, organisms: int) -> dict[str, float]:
    """Return the seconds until the end of the last job of each rule, and of ``all``."""
    seconds = dict(zip("results/logs/" + jobs["file"] + ".log", jobs["cpu_s"], strict=True))
    shards = int((jobs["rule"] == "segment").sum())
    gpu = {
        "embed": START_S + organisms / shards * EMBED / (OPERATIONS_S * SHARE),
        "finetune": START_S + organisms * TRAIN / (OPERATIONS_S * SHARE),
    }
    ends = _ends(_waiting(records_of(folder)), seconds, gpu)
    by_rule: dict[str, float] = {}
    for rule, end in ends:
        by_rule[rule] = max(by_rule.get(rule, 0.0), end)
    return by_rule | {"all": max(by_rule.values())}


def _waiting(records: Iterable[dict[str, Any]]) -> dict[str, tuple[str, set[str]]]:
    """Return rule and the jobs it waits for, of each job; a job is known by its log."""
    jobs: dict[str, tuple[str, set[str]]] = {}
    maker: dict[str, str] = {}
    for record in records:
        log = record["log"][0]
        maker[record["output"]] = log
        jobs.setdefault(log, (record["rule"], set()))[1].update(record["input"])
    # The checkpoint is no input: Snakemake records the files that it led to.
    choice = {log for log, (rule, _) in jobs.items() if rule == "choose"}
    after = _after_choice()
    return {
        log: (
            rule,
            {maker[file] for file in inputs if file in maker} - {log}
            | (choice if rule in after else set()),
        )
        for log, (rule, inputs) in jobs.items()
    }


def _after_choice() -> set[str]:
    """Return the rules whose inputs are known only once `choose` has run."""
    text = "".join(path.read_text() for path in sorted(RULES.glob("*.smk")))
    _, *parts = re.split(r"^ *(?:rule|checkpoint) (\w+):\n", text, flags=re.MULTILINE)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return {name for name, body in pairs if "of_chosen(" in body}


def _ends(
    jobs: dict[str, tuple[str, set[str]]], seconds: dict[str, float], gpu: dict[str, float]
) -> list[tuple[str, float]]:
    """Give each job to a free core (or the GPU) once all it waits for has ended."""
    ends: dict[str, float] = {}
    running: list[tuple[float, str]] = []
    open_, now, busy = dict(jobs), 0.0, False
    while open_ or running:
        ready = [log for log, (_, needs) in open_.items() if needs <= ends.keys()]
        # What a GPU waits for first: shards go on as soon as they can.
        for log in sorted(ready, key=lambda log: open_[log][0] in gpu, reverse=True):
            rule = open_[log][0]
            if len(running) >= CORES or (rule in gpu and busy):
                continue
            busy |= rule in gpu
            took = gpu[rule] if rule in gpu else seconds.get(log, 0.0)
            heapq.heappush(running, (now + took, log))
            del open_[log]
        if not running:
            raise ValueError(f"no end: {len(open_)} jobs wait for each other")
        now, log = heapq.heappop(running)
        ends[log] = now
        busy &= jobs[log][0] not in gpu
    return [(jobs[log][0], end) for log, end in ends.items()]

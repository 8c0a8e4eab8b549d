"""A mesocosm campaign of any size, run for real: what each rule costs, and how it grows.

    python benchmarks/campaign.py write FOLDER --organisms 12000 [--set SECTION.KEY=VALUE ...]
    python benchmarks/campaign.py run FOLDER --organisms 12000 120000 1200000 [--set ...]
    python benchmarks/campaign.py table FOLDER [--into docs/scale.md]

`write` makes FOLDER/raw, FOLDER/samples.tsv and FOLDER/config.yaml: FlowCam runs of seven bags and
a fjord on 23 days, from real crops of the example (`simulated/campaign/`), and the truth of them.
`run` writes and runs FOLDER/<organisms> of each size, and prints the table of `table`. A size that
ended is not run again, one that was cut goes on. `--set` changes settings, such as
`--set tiles.size=32 --set finetune.max_images=1000`; a campaign that was written keeps its own.
1.2 million organisms are 1.3 GB on disk and three CPU-minutes to write.
"""
# ruff: noqa: E402 - the path is set before our own modules are imported

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "workflow")]

import yaml
from simulated.campaign.files import write_campaign
from simulated.campaign.sessions import is_finished, run_snakemake
from simulated.campaign.table import put_into, table_of


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("write", "run", "table"):
        command = commands.add_parser(name)
        command.add_argument("folder", type=Path)
        if name == "table":
            command.add_argument("--into", type=Path)
            continue
        command.add_argument("--organisms", type=int, required=True, nargs="+")
        command.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
        command.add_argument("--cores", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    if asked.command == "table":
        return _tell(folder, asked.into)
    changes = _changes(asked.set)
    if asked.command == "write":
        if len(asked.organisms) > 1:
            parser.error("write takes one number of organisms")
        write_campaign(folder, asked.organisms[0], changes, asked.cores)
        return 0
    for organisms in asked.organisms:
        campaign = folder / str(organisms)
        if not (campaign / "truth" / "campaign.json").exists():
            print(f"writing {campaign}", flush=True)
            write_campaign(campaign, organisms, changes, asked.cores)
        if not is_finished(campaign):
            print(f"running {campaign}; see snakemake.log there", flush=True)
            if status := run_snakemake(campaign, asked.cores):
                print(f"{campaign}: Snakemake ended with status {status}", file=sys.stderr)
                return status
    return _tell(folder, None)


def _tell(folder: Path, into: Path | None) -> int:
    campaigns = {
        json.loads(file.read_text())["organisms"]: file.parents[1]
        for file in folder.glob("*/truth/campaign.json")
        if is_finished(file.parents[1])
    }
    text = table_of(dict(sorted(campaigns.items())))
    if into:
        put_into(into, text)
    else:
        print(text)
    return 0


def _changes(given: list[str]) -> dict[str, dict[str, Any]]:
    """Return settings by section from ``section.key=value``; values as in a settings file."""
    changes: dict[str, dict[str, Any]] = {}
    for one in given:
        name, _, value = one.partition("=")
        section, _, key = name.partition(".")
        if not key or not value:
            raise SystemExit(f"--set {one}: expected SECTION.KEY=VALUE, as cluster.k=100")
        changes.setdefault(section, {})[key] = yaml.safe_load(value)
    return changes


if __name__ == "__main__":
    raise SystemExit(main())

"""Write the sample sheet of the images the bundled weights are made from.

    python recipes/bundled/sheet.py --lake ZOOLAKE/images --flowcam RUN RUN … --ifcb BIN.roi …

Lake images lie in one folder per day; days from `--before` on are held out.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

COLUMNS = ("sample", "path", "instrument", "datetime")
HELD_OUT_FROM = "2018-09-01"


def rows(
    lake: Path, flowcam: Iterable[Path], ifcb: Iterable[Path], before: date
) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the sheet, without its header."""
    for day in sorted(path for path in lake.iterdir() if path.is_dir()):
        if date.fromisoformat(day.name) < before:
            yield f"lake-{day.name}", str(day.resolve()), "images", day.name
    for run in sorted(flowcam):
        yield f"flowcam-{run.name}", str(run.resolve()), "flowcam", ""
    for one in sorted(ifcb):
        yield f"ifcb-{one.stem}", str(one.resolve()), "ifcb", ""


def main() -> None:
    """Print the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", type=Path, required=True, help="folder of the days' folders")
    parser.add_argument("--flowcam", type=Path, nargs="*", default=[], help="folders of runs")
    parser.add_argument("--ifcb", type=Path, nargs="*", default=[], help=".roi files")
    parser.add_argument("--before", type=date.fromisoformat, default=HELD_OUT_FROM)
    given = parser.parse_args()
    lines = [COLUMNS, *rows(given.lake, given.flowcam, given.ifcb, given.before)]
    sys.stdout.write("".join("\t".join(line) + "\n" for line in lines))


if __name__ == "__main__":
    main()

"""How often intervals cover the truth, and how often tests find what is not there.

    python benchmarks/calibration.py [intervals|trends|groups|community|all] [--quick]

Each part simulates counts whose truth is known and prints a table; `--quick` is for a look.
"""

import argparse
import sys
from importlib import import_module

# numba, behind scikit-bio, looks for the package of this name and would find this file.
sys.modules["coverage"] = None  # type: ignore[assignment]  # the documented way to forbid an import

PARTS = ("intervals", "trends", "groups", "community")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=(*PARTS, "all"), default="all")
    parser.add_argument("--quick", action="store_true", help="few repeats")
    chosen = parser.parse_args()
    for part in PARTS if chosen.part == "all" else (chosen.part,):
        print(f"\n{part}")
        import_module(f"simulated.{part}").main(chosen.quick)


if __name__ == "__main__":
    main()

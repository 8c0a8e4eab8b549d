"""What corrections of the prior and ways of counting are worth, and whether intervals cover.

    python benchmarks/quantification.py [--quick]

Everything is simulated, so that the truth is known; `--quick` is for a look.
"""

import argparse

from simulated import quantification


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few repeats")
    quantification.main(parser.parse_args().quick)


if __name__ == "__main__":
    main()

"""How well organisms are found in raw frames of known shapes, over several seeds.

    python benchmarks/detection.py [--seeds 5]

Series with uneven light, noise, faint organisms and empty frames (`tests/synthetic/frames.py`),
with the default settings; the same with touching pairs and `split`. A find counts if it shares half
of the joint area with an organism (IoU); the error of the area is the mean over those.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("workflow", "tests")]

from synthetic import frames as synthetic  # noqa: E402 - the path is set before
from test_frames import read, score  # noqa: E402 - the path is set before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    print(f"{'series':20} organisms     F1  area error  mean bias")
    for seed in range(1, parser.parse_args().seeds + 1):
        for touching in (0, 6):
            drawn = synthetic.series(seed, touching=touching)
            with TemporaryDirectory() as temporary:
                folder = synthetic.write(Path(temporary) / "frames", drawn)
                _, rois, _, _ = read(folder, split=touching > 0)
            f1, error, bias = score(drawn, rois)
            name = f"seed {seed}{', touching' if touching else ''}"
            organisms = sum(len(frame.kinds) for frame in drawn)
            print(f"{name:20} {organisms:9} {f1:6.3f} {error:11.1%} {bias:+10.1%}")


if __name__ == "__main__":
    main()

"""Look for input that a reader of foreign files, or the naming server, stumbles over.

    python tests/fuzz/run.py --seconds 60 [target ...]

Needs Atheris and the project's libraries (`make fuzz`). Each target has a process of its own, that
begins with the kept inputs. What goes wrong does not end it: inputs are told apart by exception
and place, and the shortest of each is written to ``--found``. Prints one line a target; ends with
status 1 where anything was found. With ``--keep`` the inputs that reach more of the code than the
kept ones are added to ``corpus/``, the shortest first, up to some KB a target.
"""

import argparse
import hashlib
import importlib
import logging
import os
import re
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "workflow"), str(HERE.parent)]

from fuzz import TARGETS  # noqa: E402 - the path comes first

CORPUS = HERE / "corpus"
#: Bytes of new inputs that a target keeps at most, and of one input.
MOST_KEPT, LONGEST = 6_000, 4096
#: An input that takes longer hangs, one that takes more memory is a bomb.
SECONDS, MEGABYTES = 10, 2048
#: Until a process whose time is up is ended, if it does not end by itself: starting takes some.
_GRACE = 60
FOUND = Path(tempfile.gettempdir()) / "seston-fuzz-found"
_STEP = re.compile(r"#(\d+)\s.*? cov: (\d+) ft: (\d+) corp: (\d+)/")


def main() -> int:
    """Fuzz the targets that are asked for, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("targets", nargs="*", default=TARGETS, metavar="target",
                        help=f"of {', '.join(TARGETS)}; all, if none is given")  # fmt: skip
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--found", type=Path, default=FOUND)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    if unknown := sorted(set(given.targets) - set(TARGETS)):
        parser.error(f"no target {', '.join(unknown)}: expected of {', '.join(TARGETS)}")
    print(
        f"{'target':8}{'executions':>12}{'coverage':>10}{'features':>10}{'inputs':>8}{'found':>7}"
    )
    wrong = [_fuzzed(target, given) for target in given.targets]
    return int(any(wrong))


def _fuzzed(target: str, given: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="seston-fuzz-") as name:
        new = Path(name)
        command = [sys.executable, __file__, "--atheris", target, str(given.found)]
        command += [f"-max_total_time={given.seconds}", f"-max_len={LONGEST}", "-seed=1",
                    f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}", "-reload=0",
                    f"-artifact_prefix={given.found}/{target}-", str(new), str(CORPUS / target),
                    str(_written(target, new / "seeds"))]  # fmt: skip
        given.found.mkdir(parents=True, exist_ok=True)
        before = set(given.found.glob(f"{target}-*"))
        code, told, course = _run(command, new / "bench", given.seconds)
        found = sorted(set(given.found.glob(f"{target}-*")) - before)
        steps = _STEP.findall(course)
        if not steps or (code and not found):
            print(told[-2000:], course[-2000:], sep="\n")
            return True
        executions, coverage, features, inputs = steps[-1]
        if ended := re.search(r"Done (\d+) runs", course):
            executions = ended[1]
        print(f"{target:8}{executions:>12}{coverage:>10}{features:>10}{inputs:>8}{len(found):>7}")
        lines = dict.fromkeys(line for line in told.splitlines() if line.startswith("found "))
        print("".join(f"  {line}\n" for line in lines), end="", flush=True)
        if given.keep:
            _keep(target, [path for path in new.iterdir() if path.is_file()])
        return bool(found)


def _run(command: list[str], bench: Path, seconds: int) -> tuple[int, str, str]:
    """Return how a process ended (0 where it had to be ended), and what it said on both ways.

    It ends without cleaning up, so what it writes is in a folder of ours; and threads of libraries
    may keep it from ending at all. An input that hangs is told by libFuzzer itself.
    """
    bench.mkdir()
    environment = os.environ | {"TMPDIR": str(bench), "OMP_NUM_THREADS": "1"}
    with (bench / "said").open("w") as said, (bench / "course").open("w") as course:
        process = subprocess.Popen(command, stdout=said, stderr=course, env=environment)
        try:
            code = process.wait(seconds + _GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = 0
    texts = [(bench / name).read_text(errors="replace") for name in ("said", "course")]
    return code, texts[0], texts[1]


def _written(target: str, folder: Path) -> Path:
    with tempfile.TemporaryDirectory() as made:
        seeds = list(importlib.import_module(f"fuzz.{target}").seeds(Path(made)))
    folder.mkdir()
    for number, seed in enumerate(seeds):
        (folder / str(number)).write_bytes(seed)
    return folder


def _keep(target: str, paths: list[Path]) -> None:
    """Add the shortest inputs that reached something new, up to `MOST_KEPT` bytes."""
    kept = CORPUS / target
    kept.mkdir(parents=True, exist_ok=True)
    size = sum(path.stat().st_size for path in kept.iterdir())
    for data in sorted((path.read_bytes() for path in paths), key=lambda data: (len(data), data)):
        if size + len(data) > MOST_KEPT:
            break
        (kept / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)
        size += len(data)


def _atheris(target: str, found: Path, options: list[str]) -> None:
    """Fuzz one target until the time is up; what goes wrong is written down."""
    import atheris

    atheris.enabled_hooks.add("str")  # not "RegEx": its patterns lack arguments that numpy's need
    with atheris.instrument_imports(include=["seston", "http.server", "csv"]):
        check = importlib.import_module(f"fuzz.{target}").check
    shortest: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="seston-fuzz-") as name:
        folder = Path(name)

        def one(data: bytes) -> None:
            try:
                check(data, folder)
            except Exception as error:
                place = _place(error)
                if len(data) < shortest.get(place, LONGEST + 1):
                    shortest[place] = len(data)
                    name = hashlib.sha256(place.encode()).hexdigest()[:12]
                    (found / f"{target}-{name}").write_bytes(data)
                    (found / f"{target}-{name}.txt").write_text(traceback.format_exc())
                    print(f"found {place}: {str(error)[:100]!r}", flush=True)

        logging.getLogger("seston").setLevel(logging.CRITICAL)  # a line for each of millions
        atheris.Setup([sys.argv[0], *options], one)
        atheris.Fuzz()


def _place(error: BaseException) -> str:
    """Return exception and line of the last step in the project's own code."""
    steps = traceback.extract_tb(error.__traceback__)
    own = [step for step in steps if "/seston/" in step.filename or "/fuzz/" in step.filename]
    last = own[-1] if own else steps[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--atheris"]:
        _atheris(sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
    else:
        sys.exit(main())

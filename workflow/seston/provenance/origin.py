"""Which program made the results: version, sources, commit, libraries."""

import os
import platform
import subprocess
from hashlib import file_digest, sha256
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from seston import __version__

CHECKOUT = Path(__file__).parents[3]
#: What of the checkout decides results.
DECIDING = ("Snakefile", "workflow", "envs", "requirements.lock")


def workflow_facts(checkout: Path = CHECKOUT) -> dict[str, Any]:
    """Return what tells this workflow from others.

    ``version`` of the package; ``sources``, a digest over every file of the workflow; ``lock``, the
    sha256 of the locked libraries (None: not there); ``commit`` of git, and ``changed``, the files
    of the workflow that differ from it (both None where git or the repository is missing).
    """
    lock = checkout / "requirements.lock"
    return {
        "version": __version__,
        "sources": sources_digest(checkout),
        "lock": _sha256(lock) if lock.is_file() else None,
        **git_facts(checkout),
    }


def sources_digest(checkout: Path) -> str:
    """Return the sha256 over names and contents of the workflow's files, whatever their times."""
    files = [checkout / "Snakefile", *(checkout / "workflow").rglob("*")]
    kept = [path for path in files if path.is_file() and "__pycache__" not in path.parts]
    named = {path.relative_to(checkout).as_posix(): path for path in kept}
    lines = "".join(f"{_sha256(path)}  {name}\n" for name, path in sorted(named.items()))
    return sha256(lines.encode()).hexdigest()


def git_facts(checkout: Path) -> dict[str, Any]:
    """Return ``commit`` and ``changed`` of a checkout; None where they cannot be known.

    A copy without its repository may lie in another one: only where git knows the Snakefile does
    its commit say anything of the workflow.
    """
    unknown = {"commit": None, "changed": None}
    if _git(checkout, "ls-files", "--error-unmatch", "Snakefile") is None:
        return unknown
    commit = _git(checkout, "rev-parse", "HEAD")
    listed = _git(checkout, "status", "--porcelain", "-z", "--no-renames", "--", *DECIDING)
    if commit is None or listed is None:
        return unknown
    changed = sorted(entry[3:] for entry in listed.split("\0") if entry)
    return {"commit": commit.strip(), "changed": changed}


def libraries() -> dict[str, str]:
    """Return the version of every distribution in this environment, by name."""
    found = {each.metadata["Name"]: each.version for each in distributions()}
    return {"python": platform.python_version()} | dict(
        sorted(found.items(), key=lambda item: item[0].lower())
    )


def _git(checkout: Path, *arguments: str) -> str | None:
    # Without locks, since the checkout may be another's or read-only.
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", str(checkout), *arguments],
            capture_output=True, check=True, text=True, env=environment, timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()

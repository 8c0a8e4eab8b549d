"""Which files a run made, and what else lies in its folder."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from seston.errors import SestonError

MANIFEST = "report/manifest.json"

#: Below the results folder, but no stage's results: what Snakemake notes, what is kept from run to
#: run, and targets that are asked for by name.
BESIDE = (
    MANIFEST, "logs/", "benchmarks/", "resume/", "clusterings/", "proposed_names.tsv",
    "proposed_names_mapping.tsv", "cluster_names_form.tsv", "export/", "efficiency/",
    "label_efficiency/", "tables/label_efficiency.tsv", "tables/label_efficiency_ratio.tsv",
    "ro-crate-metadata.json", "ro-crate-preview.html", "workflow/",
)  # fmt: skip


def made_files(results: Path, given: Iterable[Path]) -> list[str]:
    """Return files and all that is in given folders, as sorted paths below `results`.

    Raises
    ------
    SestonError
        If one is missing, or lies elsewhere.
    """
    found: set[str] = set()
    for path in given:
        if not path.exists():
            raise SestonError(f"{path}: file not found; run the workflow to its end first")
        try:
            name = path.relative_to(results)
        except ValueError as error:
            raise SestonError(f"{path}: expected a file below {results}") from error
        found.update(_within(results, name) if path.is_dir() else [name.as_posix()])
    return sorted(found)


def other_files(results: Path, made: Collection[str]) -> list[str]:
    """Return the files below `results` that no stage of this run made, sorted."""
    return sorted(
        name
        for name in _within(results, Path())
        if name not in made and not name.startswith(BESIDE)
    )


def _within(results: Path, folder: Path) -> Iterator[str]:
    for path in (results / folder).rglob("*"):
        name = path.relative_to(results)
        # Hidden: the time of a folder, which Snakemake keeps in it, and what is being written.
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()

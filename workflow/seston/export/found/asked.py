"""What an export of occurrences needs of the settings, told when it is asked for.

Read at every start of Snakemake, so nothing heavy is imported.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import file_digest
from pathlib import Path
from typing import Any

from seston.errors import SestonError

#: Settings of an archive that only people know, and what to write there.
_DATASET = {
    "dataset_id": "what all ids begin with, as 'urn:myinstitute:lake-2024'",
    "institution": "the code or name of your institution",
    "licence": "CC0-1.0, CC-BY-4.0 or CC-BY-NC-4.0, which your institution has to agree to",
    "contact": "whom to ask, as 'Surname, Given name'",
    "email": "the address of the contact",
}


def taxa_for(config: Mapping[str, Any], export: str) -> list[str]:
    """Return the table of taxa, if the settings name one; check what the export needs.

    Parameters
    ----------
    config : mapping
        Complete settings.
    export : {"darwin_core", "shark"}

    Raises
    ------
    SestonError
        With all that is missing.
    """
    settings, taxa = config["export"][export], config["export"]["taxa"]
    here = f"export.{export}"
    missing = []
    if export == "darwin_core":
        missing = [
            f"{here}.{key} is empty: give {what}"
            for key, what in _DATASET.items()
            if not settings[key].strip()
        ]
        if not taxa:
            missing.append(
                "export.taxa is empty: name your table with the columns class and scientific_name"
            )
        try:
            date.fromisoformat(settings["published"] or "2000-01-01")
        except ValueError:
            missing.append(
                f"{here}.published: found {settings['published']!r}, expected a date of the"
                " calendar as YYYY-MM-DD, or ''"
            )
    if settings["category"] == "prediction" and config["classify"]["head"] == "none":
        missing.append(
            f"{here}.category is 'prediction' but classify.head is 'none'; set classify.head to"
            " 'linear', or another category"
        )
    if taxa and not Path(taxa).is_file():
        missing.append(
            f"export.taxa: found {taxa!r}, expected a table with the columns class and"
            f" scientific_name; there is no such file in {Path.cwd()}"
        )
    if missing:
        raise SestonError("config: " + "\n        ".join(missing))
    return [taxa] if taxa else []


def digest_of(files: Sequence[str]) -> str:
    """Return the sha256 of each file: not their times, which a copy changes."""
    digests = []
    for name in files:
        with Path(name).open("rb") as file:
            digests.append(file_digest(file, "sha256").hexdigest())
    return " ".join(digests)

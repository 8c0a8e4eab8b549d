"""A taxon: what a class is, by the user's table."""

from dataclasses import dataclass

RANKS = ("kingdom", "phylum", "taxon_class", "order", "family", "genus")
#: As what carbon is computed from the volume (docs/measurements.md).
CARBON = ("protist", "diatom")


@dataclass(frozen=True)
class Taxon:
    """What a class is, by one line of the table; "" and None where it does not say.

    Attributes
    ----------
    name : str
        Scientific name, never empty.
    aphia_id : int or None
        In WoRMS.
    rank, authorship, qualifier : str
    higher : tuple of str, length 6
        The names at `RANKS`.
    carbon : {"protist", "diatom", ""}
    """

    name: str
    aphia_id: int | None = None
    rank: str = ""
    authorship: str = ""
    qualifier: str = ""
    higher: tuple[str, ...] = ("",) * len(RANKS)
    carbon: str = ""

    @property
    def lsid(self) -> str:
        """Its identifier in WoRMS, or ""."""
        return f"urn:lsid:marinespecies.org:taxname:{self.aphia_id}" if self.aphia_id else ""

    def is_within(self, other: "Taxon") -> bool:
        """Whether it is that taxon or, as far as names tell, one within it."""
        return (
            self.name == other.name
            or self.name.startswith(f"{other.name} ")
            or other.name in self.higher
        )

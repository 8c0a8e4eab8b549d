"""The rows of a FlowCam list, whatever its format: values by the names of format 017."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from seston.instruments.dates import parse_datetime

#: µm per pixel at most: a pixel of a metre is a damaged number.
MOST_UM = 1e6
_NUMBERS: dict[str, Callable[[str], float]] = {"int32": int, "double": float}


def is_calibration(pixel_um: float) -> bool:
    """Say whether a number can be µm per pixel."""
    return 0 < pixel_um <= MOST_UM


@dataclass(frozen=True)
class Fields:
    """Names and types of a list's fields."""

    names: tuple[str, ...]
    types: tuple[str, ...]

    @cached_property
    def place(self) -> dict[str, int]:
        """Where in a row a field is."""
        return {name: at for at, name in enumerate(self.names)}

    @cached_property
    def convert(self) -> tuple[Callable[[str], str | float], ...]:
        """What makes a value of the text of each field."""
        return tuple(_NUMBERS.get(kind, str) for kind in self.types)


@dataclass(frozen=True, slots=True)
class Row:
    """One particle: the number of its line, and its values as text, one per field.

    `values` is empty where the line has `found` values, not as many as there are fields.
    """

    line: int
    values: list[str]
    found: int
    fields: Fields

    def text(self, name: str) -> str:
        """Return a value as it stands; nothing where the list has no such field."""
        place = self.fields.place.get(name)
        return "" if place is None or not self.values else self.values[place]

    def number(self, name: str) -> float | None:
        """Return a measurement, or None if it is absent or unreadable."""
        try:
            value = float(self.text(name))
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    @property
    def pixel_um(self) -> float | None:
        """The particle's calibration, µm per pixel; None if it is absent, unreadable or none."""
        scale = self.number("cal_const")
        return scale if scale is not None and is_calibration(scale) else None

    @property
    def bad_numbers(self) -> list[tuple[str, str]]:
        """Name and text of each field that should be a number and is none."""
        fields = self.fields
        try:
            for kind, value in zip(fields.convert, self.values, strict=False):
                kind(value)
        except ValueError:
            return [
                (name, value.strip())
                for name, kind, value in zip(fields.names, fields.convert, self.values, strict=True)
                if kind is not str and not _is_number(kind, value)
            ]
        return []

    @property
    def time(self) -> datetime | None:
        """When the particle was seen, by the instrument's clock; None if that is unreadable."""
        try:
            return parse_datetime(self.text("timestamp"))
        except ValueError:
            return None

    def recorded(self) -> dict[str, str | float]:
        """Return every field by its name; numbers that cannot be read are left out."""
        names, convert = self.fields.names, self.fields.convert
        try:
            return {
                name: kind(value)
                for name, kind, value in zip(names, convert, self.values, strict=True)
            }
        except ValueError:
            return {
                name: kind(value)
                for name, kind, value in zip(names, convert, self.values, strict=True)
                if kind is str or _is_number(kind, value)
            }


@dataclass(frozen=True)
class ParticleList:
    """A list: its fields, the particles that its head announces (old formats), and its rows."""

    fields: Fields
    stated: int | None
    rows: Iterator[Row]


def _is_number(kind: Callable[[str], str | float], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True

"""Entities of a crate before the library has them: an id, types and properties."""

from typing import Any, NamedTuple


class Entity(NamedTuple):
    """Something that a crate describes.

    Attributes
    ----------
    id : str
        A path below the crate (folders end with a stroke), ``#name``, or a web address.
    types : tuple of str
    properties : dict of str to object
        Texts, lists of texts, and links as `link` makes them.
    """

    id: str
    types: tuple[str, ...]
    properties: dict[str, Any]


def link(entity: Entity | str) -> dict[str, str]:
    """Return a link to an entity, or to an id."""
    return {"@id": entity if isinstance(entity, str) else entity.id}


def links(entities: list[Entity]) -> list[dict[str, str]]:
    """Return links to entities."""
    return [link(entity) for entity in entities]


def fact(id: str, name: str, value: object) -> Entity:
    """Return a named value, written as text."""
    return Entity(id, ("PropertyValue",), {"name": name, "value": str(value)})

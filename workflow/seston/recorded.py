"""What the instrument recorded of each organism: its own fields, by its own names."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa


def recorded_table(ids: Sequence[str], rows: Sequence[Mapping[str, str | float]]) -> pa.Table:
    """Return the instrument's own fields, as numbers where every value of a field is one.

    Parameters
    ----------
    ids : sequence of str
        Of the organisms.
    rows : sequence of mapping
        What was recorded of each.

    Returns
    -------
    pyarrow.Table
        ``image_id``, then the fields in the order in which they are met. A field that the
        instrument too calls ``image_id`` becomes ``image_id_recorded``.
    """
    columns = {"image_id": pa.array(ids, pa.string())}
    for name in dict.fromkeys(name for row in rows for name in row):
        free = f"{name}_recorded" if name in columns else name
        columns[free] = _typed([row.get(name) for row in rows])
    return pa.table(columns)


def _typed(values: list[Any]) -> pa.Array:
    try:
        found = pa.array(values)
    # Numbers and text, or whole numbers beyond 64 bits.
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values])
    return found.cast(pa.float64()) if pa.types.is_null(found.type) else found


def together(tables: Sequence[pa.Table]) -> pa.Table:
    """Join tables of other columns; a field that is text in one of them is text in all."""
    texts = {
        field.name for table in tables for field in table.schema if pa.types.is_string(field.type)
    }
    alike = []
    for table in tables:
        types = [
            pa.field(field.name, pa.string() if field.name in texts else field.type)
            for field in table.schema
        ]
        alike.append(table.cast(pa.schema(types)))
    return pa.concat_tables(alike, promote_options="permissive")

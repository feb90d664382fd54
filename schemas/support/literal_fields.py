"""Fields of a struct by their names as they are: polars takes ``*`` and ``^…$`` for patterns, and a vendor may not."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def literal_field(struct: str, fields: Sequence[str], name: str) -> pl.Expr:
    """Return the field ``name`` of a column of structs whose fields are ``fields``, in this order.

    Raises `ValueError` when ``name`` is none of them.
    """
    column = pl.col(struct)
    if name != "*" and not (name.startswith("^") and name.endswith("$")):
        return column.struct.field(name)
    by_position = column.struct.rename_fields([str(position) for position in range(len(fields))])
    return by_position.struct.field(str(list(fields).index(name))).alias(name)

"""The outputs' columns and types, and the checks that every written part passes (pandera)."""

from __future__ import annotations

from collections.abc import Iterable

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaError, SchemaErrors

from schemas.columns import COMMON_COLUMNS, EMAIL_SLOTS, PHONE_SLOTS, REJECTED_COLUMNS, dtype_of


def output_types(extra: list[str], original: list[str] | None) -> dict[str, pl.DataType]:
    """Columns of ``clean`` (``original`` None) or ``rejected``, in order, with their types."""
    types = {name: dtype_of(name) for name in COMMON_COLUMNS}
    types["extra"] = pl.Struct(dict.fromkeys(extra or ["_"], pl.String()))
    if original is not None:
        types |= {name: dtype_of(name) for name in REJECTED_COLUMNS}
        types |= {"original": pl.Struct(dict.fromkeys(original, pl.String())), "raw": pl.String()}
    return types


#: Columns that are never null in a file that has them.
_REQUIRED = frozenset(
    {
        *("row_id", "source_file", "run_id", "channels", "flags", "reason", "reasons", "disposition"),
        *("code", "effect", "source", "detail"),
    }
)


def _rule(name: str, codes: Iterable[str]) -> pl.Expr | None:
    """What holds for every value of a column; None where any will do."""
    column = pl.col(name)
    if name in PHONE_SLOTS:
        return column.str.starts_with("+")
    if name in EMAIL_SLOTS:
        return column.str.contains("@", literal=True)
    if name in ("reason", "code"):
        return column.is_in(list(codes))
    return column.is_in(["block", "review", "flag"]) if name == "effect" else None


def value_schema(types: dict[str, pl.DataType], codes: Iterable[str]) -> pa.DataFrameSchema:
    """Build the pandera schema of a file's values: canonical contact points, registered codes, nothing missing.

    One check for the whole frame: pandera's price is by the column.
    """
    rules = [rule for name in types if (rule := _rule(name, codes)) is not None]
    rules += [pl.col(name).is_not_null() for name in types if name in _REQUIRED]
    keeps_all = pl.all_horizontal(rule.fill_null(True) for rule in rules)
    return pa.DataFrameSchema(checks=[pa.Check(lambda data: data.lazyframe.select(keeps_all), name="values")])


def checked(frame: pl.DataFrame, types: dict[str, pl.DataType], schema: pa.DataFrameSchema, what: str) -> pl.DataFrame:
    """Check that a frame has exactly these columns in this order, and values as its schema says.

    A failure names columns and checks, never a value (the library's own message shows rows).
    """
    if list(frame.schema.items()) != list(types.items()):
        odd = sorted({f"{name}: {dtype}" for name, dtype in set(frame.schema.items()) ^ set(types.items())})
        raise AssertionError(f"{what} does not have its contract's columns: {'; '.join(odd) or 'another order'}")
    try:
        schema.validate(frame)
    except SchemaErrors as errors:
        found = "; ".join(sorted({f"{e.reason_code}" for e in errors.schema_errors}))
        raise AssertionError(f"{what} does not have its contract's form: {found}") from None
    except SchemaError as error:
        raise AssertionError(
            f"{what} does not have its contract's form: {error.reason_code} {getattr(error.schema, 'name', '')}"
        ) from None
    return frame

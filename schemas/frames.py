"""The outputs' columns and types, and the checks that every written part passes (pandera)."""

from __future__ import annotations

from collections.abc import Mapping

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaError, SchemaErrors

from schemas.codes import CODES, ReasonCode
from schemas.columns import COMMON_COLUMNS, EMAIL_SLOTS, PHONE_SLOTS, REJECTED_COLUMNS, dtype_of
from schemas.findings import FINDING_SCHEMA


def output_types(extra: list[str], original: list[str] | None) -> dict[str, pl.DataType]:
    """Columns of ``clean`` (``original`` None) or ``rejected``, in order, with their types."""
    types = {name: dtype_of(name) for name in COMMON_COLUMNS}
    types["extra"] = pl.Struct(dict.fromkeys(extra or ["_"], pl.String()))
    if original is not None:
        types |= {name: dtype_of(name) for name in REJECTED_COLUMNS}
        types |= {"original": pl.Struct(dict.fromkeys(original, pl.String())), "raw": pl.String()}
    return types


def _text_has(data: pa.PolarsData, pattern: str) -> pl.LazyFrame:
    return data.lazyframe.select(pl.col(data.key or "*").str.contains(pattern))


def _column(name: str, dtype: pl.DataType, codes: Mapping[str, ReasonCode]) -> pa.Column:
    checks = []
    if name in PHONE_SLOTS:
        checks.append(pa.Check(lambda data: _text_has(data, r"^\+[1-9]")))
    elif name in EMAIL_SLOTS:
        checks.append(pa.Check(lambda data: _text_has(data, "@")))
    elif name in ("reason", "code"):
        checks.append(pa.Check.isin(list(codes)))
    required = name in {
        "row_id",
        "source_file",
        "run_id",
        "channels",
        "flags",
        "reason",
        "reasons",
        "disposition",
    }
    return pa.Column(dtype, checks=checks, nullable=not required)


def frame_schema(types: dict[str, pl.DataType], codes: Mapping[str, ReasonCode] = CODES) -> pa.DataFrameSchema:
    """Build the pandera schema: exactly these columns in this order, contact columns in canonical form."""
    columns = {name: _column(name, dtype, codes) for name, dtype in types.items()}
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


def finding_schema() -> pa.DataFrameSchema:
    """Build the pandera schema of findings."""
    return pa.DataFrameSchema(
        {
            name: pa.Column(
                dtype,
                checks=[pa.Check.isin(["block", "review", "flag"])] if name == "effect" else [],
                nullable=name in ("point", "channel"),
            )
            for name, dtype in FINDING_SCHEMA.items()
        },
        strict=True,
        ordered=True,
    )


def checked(frame: pl.DataFrame, schema: pa.DataFrameSchema, what: str) -> pl.DataFrame:
    """Validate; a failure names columns and checks, never a value (the library's own message shows rows)."""
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

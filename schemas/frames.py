"""The outputs' columns and types, and what every row that is written must be like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

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


def _rule(name: str, codes: frozenset[str]) -> pl.Expr | None:
    """What holds for every value of a column; None where any will do."""
    column = pl.col(name)
    if name in PHONE_SLOTS:
        return column.str.starts_with("+")
    if name in EMAIL_SLOTS:
        return column.str.contains("@", literal=True)
    if name in ("reason", "code"):
        return column.is_in(codes)
    return column.is_in(["block", "review", "flag"]) if name == "effect" else None


@dataclass(frozen=True)
class FileContract:
    """What a file called ``name`` has: columns with their types, canonical contact points, registered ``codes``."""

    name: str
    types: Mapping[str, pl.DataType]
    codes: frozenset[str]

    @classmethod
    def of(cls, name: str, types: Mapping[str, pl.DataType], codes: Iterable[str]) -> FileContract:
        """Make the contract of a file."""
        return cls(name, types, frozenset(codes))

    def check(self, frame: pl.DataFrame) -> None:
        """Check rows before they are written. A column that the frame does not have is null in all of them.

        Raises `AssertionError`, which names columns and never a value.
        """
        self._check_columns(frame)
        required = (name for name in self.types if name in _REQUIRED)
        faulty = [name for name in required if name not in frame.columns or frame.get_column(name).null_count()]
        rules = {name: rule for name in frame.columns if (rule := _rule(name, self.codes)) is not None}
        if rules:
            (kept,) = frame.select(rule.all().alias(name) for name, rule in rules.items()).rows()
            faulty += [name for name, keeps in zip(rules, kept, strict=True) if not keeps]
        if faulty:
            raise AssertionError(f"{self.name} does not have its contract's values in: {', '.join(faulty)}")

    def _check_columns(self, frame: pl.DataFrame) -> None:
        schema = frame.schema
        if list(schema.items()) == [(name, dtype) for name, dtype in self.types.items() if name in schema]:
            return
        odd = sorted(f"{name}: {dtype}" for name, dtype in schema.items() if self.types.get(name) != dtype)
        raise AssertionError(f"{self.name} does not have its contract's columns: {'; '.join(odd) or 'another order'}")

"""What a record of a table says of its entries, and which of them the user chose to keep."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from schemas.contact.blank import EMPTY_WORDS, trimmed
from schemas.errors import ListError
from suppression.formats.blocks import NOT_LISTED
from suppression.formats.dates import read_dates
from suppression.formats.options import Options
from suppression.formats.roles import Roles

#: No list is older; what expired before is a program's word for no date (1900-01-00, 1970-01-01, 0001-01-01).
_FIRST_EXPIRY: Final = date(1991, 1, 1)
#: What another code is written with; what else is in the column says nothing, and neither does "n/a".
_CODE: Final = r"^[\p{L}\p{N}][\p{L}\p{N} ._/&+-]*$"
_NO_WORD: Final = r"[^\p{L}\p{N}]+"
# Stands in no code.
_UNSAID: Final = sorted(EMPTY_WORDS)
_BETWEEN: Final = "\x1f"
_BETWEEN_CODES: Final = r"\s*[,;|][\s,;|]*"


def with_facts(
    rows: pl.DataFrame, header: tuple[str, ...], roles: Roles, options: Options, unread: dict[str, int]
) -> pl.DataFrame:
    """Add ``listed_on``, ``expires_on``, ``severity``, ``reason``, ``codes``, ``status``, ``action``: what there is.

    Cells that say something but cannot be read are counted in ``unread`` by header: what they should say is then
    unknown, and an entry without expiry or severity is kept.
    """
    day_first = options.day_first
    facts: list[pl.Expr | pl.Series] = []
    for role, name in (("date", "listed_on"), ("expiry", "expires_on"), ("severity", "severity")):
        position = roles.position(role)
        if position is None:
            continue
        cells = rows.select(text_at(position).alias(name)).to_series()
        value = _severity(cells) if role == "severity" else read_dates(cells, day_first)
        if role == "expiry":
            value = value.alias(name).to_frame().select(pl.when(pl.col(name) >= _FIRST_EXPIRY).then(name)).to_series()
        facts.append(value.alias(name))
        lost = int(((cells != "") & value.is_null()).sum())
        if lost:
            unread[header[position]] = unread.get(header[position], 0) + lost
    if (position := roles.position("status")) is not None:
        facts.append(text_at(position).alias("status"))
    if (position := roles.position("action")) is not None:
        word = text_at(position).str.to_uppercase()
        action = word.replace_strict(options.action_words, default=None, return_dtype=pl.String)
        facts.append(action.alias("action"))
    texts = [text_at(position) for position in roles.positions.get("reason", ())]
    if (position := roles.position("code")) is not None:
        listed = text_at(position).str.replace_all(_BETWEEN_CODES, ",").str.strip_chars(",")
        codes = pl.when(listed != "").then(listed.str.split(",")).otherwise(pl.lit([], dtype=pl.List(pl.String)))
        facts.append(codes.alias("codes"))
        texts.append(codes.list.join(","))
    if texts:
        facts.append(joined(texts).alias("reason"))
    return rows.with_columns(facts)


def _severity(cells: pl.Series) -> pl.Series:
    """Read a whole number, in whatever writing: ``30`` or ``30.0``. What is below zero says that there is none."""
    number = cells.cast(pl.Float64, strict=False)
    return number.set(number < 0, None).floor().cast(pl.Int64, strict=False)


def joined(texts: list[pl.Expr]) -> pl.Expr:
    """Join what is said, with semicolons; null when nothing is."""
    filled = [pl.when(text != "").then(text) for text in texts]
    whole = pl.concat_str(filled, separator="; ", ignore_nulls=True)
    return pl.when(whole != "").then(whole)


def kept_by_choice(rows: pl.DataFrame, options: Options, name: str) -> pl.DataFrame:
    """Refuse what the user chose not to keep. `ListError` when the table does not say what the choice is about."""
    why = pl.col("why")
    if "action" in rows.columns:
        why = pl.coalesce(why, pl.when(pl.col("action").is_null()).then(pl.lit("an action that is not declared")))
        if "listed_on" in rows.columns:
            # The order of changes rests on their dates.
            why = pl.coalesce(why, pl.when(pl.col("listed_on").is_null()).then(pl.lit("a date that cannot be read")))
    if options.codes:
        _need(rows, "codes", "codes", name)
        words = _words(pl.col("codes").list.join(_BETWEEN))
        chosen = pl.any_horizontal(
            [words.str.contains(pl.select(_words(pl.lit(code))).item(), literal=True) for code in sorted(options.codes)]
        )
        word = pl.element()
        said = pl.col("codes").list.eval(word.str.contains(_CODE) & ~word.str.to_lowercase().is_in(_UNSAID))
        other = said.list.all() & (pl.col("codes").list.len() > 0) & ~chosen
        why = pl.coalesce(why, pl.when(other).then(pl.lit(NOT_LISTED + "none of the codes to keep")))
    if options.min_severity is not None:
        _need(rows, "severity", "a severity", name)
        mild = pl.col("severity") < options.min_severity
        why = pl.coalesce(why, pl.when(mild).then(pl.lit(f"{NOT_LISTED}severity below {options.min_severity}")))
    return rows.with_columns(why.alias("why"))


def _words(text: pl.Expr) -> pl.Expr:
    return pl.concat_str(
        pl.lit(" "), text.str.normalize("NFKC").str.to_lowercase().str.replace_all(_NO_WORD, " "), pl.lit(" ")
    )


def _need(rows: pl.DataFrame, column: str, what: str, name: str) -> None:
    if column not in rows.columns:
        raise ListError(f"List '{name}' has no column of {what} to choose by.", "Name the column that has.")


def text_at(position: int) -> pl.Expr:
    """Return the trimmed cell of a column, by its position."""
    return trimmed(pl.col(str(position)))

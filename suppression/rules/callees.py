"""Sorts the rows of a batch by all that hours of the law can differ by: few kinds occur, each is worked out once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from schemas.columns import PHONE_SLOTS
from schemas.config import Channel
from suppression.rules.distinct import distinct
from suppression.rules.facts import Facts
from suppression.rules.time_zones import SEPARATOR
from suppression.rules.whereabouts import Callee, Number

Codes = npt.NDArray[np.int64]
#: A column's distinct values, and for each row which of them it has.
Coded = tuple[list[Any], Codes]
_LARGEST = 2**62


def callees(
    facts: Facts, usable: dict[str, pl.Series], channels: dict[Channel, pl.Series]
) -> tuple[list[Callee], Codes]:
    """Return the kinds of rows, and which kind each row is of.

    ``usable`` and ``channels`` say of each contact point and channel whether the row may use it. The frame of ``facts``
    has ``<phone>:region`` and ``<phone>:zones``.
    """
    columns = [_open(channels, facts.rows), *_of_row(facts), *_numbers(facts.frame, usable)]
    kind, first = _kinds(columns)
    found = []
    for row in first:
        opened, business, country, part, *named = (values[place[row]] for values, place in columns)
        numbers = tuple(Number(*each) for each in zip(named[::2], named[1::2], strict=True) if each[1] is not None)
        found.append(Callee(numbers, country, part, facts.region, business, opened))
    return found, kind


def _open(channels: dict[Channel, pl.Series], rows: int) -> Coded:
    """Which of call and text each row is open on."""
    bits = np.zeros(rows, dtype=np.int64)
    asked = [name for name in channels if name in {"call", "text"}]
    for place, name in enumerate(asked):
        bits |= channels[name].to_numpy().astype(np.int64) << place
    return [tuple(n for p, n in enumerate(asked) if bit >> p & 1) for bit in range(1 << len(asked))], bits


def _of_row(facts: Facts) -> list[Coded]:
    """Audience, country and part of the country."""
    country, part = facts.address_region(), facts.column("state")
    nothing: Coded = ([None], np.zeros(facts.rows, dtype=np.int64))
    return [
        ([False, True], facts.business().astype(np.int64)),
        nothing if country is None else _coded(country),
        nothing if part is None else _coded(part),
    ]


def _numbers(frame: pl.DataFrame, usable: dict[str, pl.Series]) -> list[Coded]:
    """Region, and area code or zones, of each usable number: two columns for each slot."""
    found = []
    for slot in PHONE_SLOTS:
        if slot in usable:
            known = frame.select(
                pl.when(usable[slot]).then(slot).alias("number"),
                pl.when(usable[slot]).then(f"{slot}:region").alias("region"),
                pl.col(f"{slot}:zones").alias("zones"),
            )
            found += [_coded(known.get_column("region")), _coded(_named(known))]
    return found


def _named(known: pl.DataFrame) -> pl.Series:
    number = pl.col("number")
    area_code = pl.when(number.str.starts_with("+1")).then(number.str.slice(2, 3))
    named = known.select(area_code).to_series()
    if named.null_count() == known.get_column("number").null_count():
        return named
    zones = pl.when(number.is_not_null()).then(pl.col("zones").list.join(SEPARATOR).fill_null(""))
    return known.select(pl.coalesce(named, zones)).to_series()


def _coded(values: pl.Series) -> Coded:
    words, place = distinct(values)
    return [*words, None], place


def _kinds(columns: list[Coded]) -> tuple[Codes, Codes]:
    """Which kind each row is of, by all columns together; and for each kind the first row of it."""
    kind, size = np.zeros(len(columns[0][1]), dtype=np.int64), 1
    for values, place in columns:
        if size * len(values) > _LARGEST:
            kind, size = _numbered(kind)
        kind, size = kind * len(values) + place, size * len(values)
    kind, size = _numbered(kind)
    first = np.zeros(size, dtype=np.int64)
    first[kind[::-1]] = np.arange(len(kind))[::-1]
    return kind, first


def _numbered(kind: Codes) -> tuple[Codes, int]:
    parts = pa.array(kind).dictionary_encode()
    return parts.indices.to_numpy().astype(np.int64), len(parts.dictionary)

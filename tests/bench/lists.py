"""The suppression lists that go with a drop: a registry, an internal list and an unsubscribe file.

Each holds a part of the people of the drop and others beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from tests.bench.draw import U32, U64, bits, pick
from tests.bench.numbering import EXCHANGES
from tests.bench.people import People
from tests.bench.phone_text import QUOTED_SHAPE, SHAPES

INTERNAL_PER_ROW = 0.02
UNSUBSCRIBED_PER_ROW = 0.05
_SLICE = 1_000_000


def _slices(start: int, stop: int) -> Iterator[U64]:
    for at in range(start, stop, _SLICE):
        yield np.arange(at, min(at + _SLICE, stop), dtype=np.uint64)


def _write(cells: pl.Series, path: Path, *, header: bool = False, append: bool = False) -> None:
    with path.open("ab" if append else "wb") as file:
        cells.to_frame().write_csv(file, include_header=header, quote_style="never")


def write_dnc(people: People, rows: int, size: int, path: Path) -> int:
    """Write about `size` registry lines `AAA,NNNNNNN`, sorted; return how many.

    A fifth of the US households among the first `rows` people are in it (fewer if `size` is smaller), the
    others are drawn from all US numbers. Four bytes of memory a line.
    """
    codes = np.empty(size, dtype=np.uint32)
    filled = 0
    for ids in _slices(0, rows):
        found = people.registry_codes(people.numbers(ids[people.listed(ids)]))
        found = found[: size - filled]
        codes[filled : filled + found.size] = found
        filled += found.size
    heads = people.numbering.countries[0].heads
    every = len(heads) * len(EXCHANGES) * 10_000
    rng = np.random.default_rng([people.seed, 0xD2C])
    for at in range(filled, size, _SLICE):
        stop = min(at + _SLICE, size)
        codes[at:stop] = rng.integers(0, every, stop - at, dtype=np.uint32)
    codes.sort()
    return _write_registry(codes, heads, path)


def _write_registry(codes: U32, heads: tuple[str, ...], path: Path) -> int:
    """Write sorted codes without repeats."""
    area = pl.Series([f"{head},{exchange}" for head in heads for exchange in EXCHANGES])
    last = pl.Series([f"{n:04d}" for n in range(10_000)])
    written = 0
    path.write_bytes(b"")
    for at in range(0, codes.size, _SLICE):
        piece = codes[at : at + _SLICE]
        keep = np.diff(piece, prepend=codes[at - 1] if at else ~codes[0]) != 0
        piece = piece[keep]
        frame = pl.DataFrame({"area": area.gather(piece // 10_000), "last": last.gather(piece % 10_000)})
        _write(frame.select(line=pl.concat_str(pl.all())).to_series(), path, append=True)
        written += piece.size
    return written


def _some(people: People, stream: str, size: int, rows: int) -> U64:
    """`size` numbers of people, half of them (with repeats) in the drop, the others not."""
    word = bits(people.seed, stream, np.arange(size, dtype=np.uint64))
    return ((word >> np.uint64(32)) * np.uint64(2 * rows)) >> np.uint64(32)


def write_internal(people: People, rows: int, path: Path) -> int:
    """Write phones in every unquoted shape (two lines of three) and emails; return how many lines."""
    size = max(10, int(rows * INTERNAL_PER_ROW))
    ids = _some(people, "internal", size, rows)
    word = bits(people.seed, "internal style", np.arange(size, dtype=np.uint64))
    shape = pick(word, 0, SHAPES)
    shape[shape == QUOTED_SHAPE] = 0
    phones = people.phone_text.write(people.numbers(people.household(ids)), shape)
    emails = people.emails(ids, pick(word, 1, 2))
    is_email = pl.Series(pick(word, 2, 3) == 0)
    _write(emails.zip_with(is_email, phones), path)
    return size


def write_unsubscribe(people: People, rows: int, path: Path) -> int:
    """Write a CSV of one column, `email`, some of it in capitals; return how many records."""
    size = max(10, int(rows * UNSUBSCRIBED_PER_ROW))
    ids = _some(people, "unsubscribe", size, rows)
    word = bits(people.seed, "unsubscribe style", ids)
    _write(people.emails(ids, pick(word, 0, 2)), path, header=True)
    return size

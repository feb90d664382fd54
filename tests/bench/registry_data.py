"""A registry of the size that users hold, a list of hashed addresses, and leads to screen against both.

    <folder>/zips/2026-11-20_<area>.zip   one area code each, lines `aaa,nnnnnnn`, sorted
    <folder>/registry.txt                 the same numbers in one file, lines `aaannnnnnn`
    <folder>/registry.parquet             the same as 64-bit integers, for the rivals
    <folder>/phones.parquet               leads: `row_id`, `number`, `phone` (E.164); a quarter of them listed
    <folder>/hashed.txt                   SHA-256 in hexadecimal, one a line
    <folder>/emails.parquet               leads: `row_id`, `email` (normal form), `:given`, `:key`; one in twenty listed

Area codes are the first 380 that the plan allows (none ends in 11 or has 9 in the middle), each with as many numbers as
the others. The numbers are drawn, so some may be somebody's: they stay in the cache folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

AREAS = [a for a in range(200, 1000) if a // 10 % 10 != 9 and a % 100 != 11][:380]
DATE = "2026-11-20"
#: Shares of the leads that are on the lists for certain.
LISTED_PHONES, LISTED_EMAILS = 0.25, 0.05
_FIRST, _LAST = 2_000_000, 10_000_000
_HASHES_AT_ONCE = 1_000_000
_DIGITS = np.array([list(f"{n:04d}".encode()) for n in range(10_000)], dtype=np.uint8)
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_NAMES = ("maria", "john", "fatima", "li.wei", "olga", "kwame", "anna", "jose")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    numbers: int
    hashed: int
    leads: int
    seed: int = 7

    @property
    def folder_name(self) -> str:
        """Names the data set: same name, same bytes."""
        return f"registry-{self.numbers}-{self.hashed}-{self.leads}-{self.seed}"


def make_numbers(sizes: Sizes, folder: Path) -> None:
    """Write the registry in its three forms, and the leads; two processes do the packing."""
    zips = folder / "zips"
    zips.mkdir(parents=True)
    each = -(-sizes.numbers // len(AREAS))
    counts = [min(each, sizes.numbers - place * each) for place in range(len(AREAS))]
    known: list[NDArray[np.int64]] = []
    schema = pa.schema([("number", pa.int64())])
    with (
        (folder / "registry.txt").open("wb") as text,
        pq.ParquetWriter(folder / "registry.parquet", schema, compression="zstd") as parquet,
        ProcessPoolExecutor(2, get_context("spawn")) as pool,
    ):
        made = pool.map(
            _area, [(area, count, sizes.seed, zips) for area, count in zip(AREAS, counts, strict=True) if count > 0]
        )
        share = sizes.leads * LISTED_PHONES / sizes.numbers
        for area, numbers in zip(AREAS, made, strict=False):
            text.write(np.delete(_lines(area, numbers), 3, axis=1).tobytes())
            whole = numbers.astype(np.int64) + area * _LAST
            parquet.write_table(pa.table([pa.array(whole)], schema))
            draw = np.random.default_rng([sizes.seed, area, 1])
            known.append(draw.choice(whole, min(len(whole), round(len(whole) * share) + 1), replace=False))
    _write_phone_leads(sizes, np.concatenate(known), folder / "phones.parquet")


def _area(work: tuple[int, int, int, Path]) -> NDArray[np.uint32]:
    """Draw an area code's numbers (seven digits, sorted, no repeats) and zip them."""
    area, count, seed, folder = work
    draw = np.random.default_rng([seed, area])
    taken = np.zeros(_LAST - _FIRST, dtype=bool)
    while (missing := count - int(np.count_nonzero(taken))) > 0:
        taken[draw.integers(0, len(taken), missing)] = True
    numbers = np.flatnonzero(taken).astype(np.uint32) + np.uint32(_FIRST)
    name = f"{DATE}_{area}"
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(f"{name}.txt", _lines(area, numbers).tobytes())
    return numbers


def _lines(area: int, numbers: NDArray[np.uint32]) -> Bytes:
    """One line a row: `aaa,nnnnnnn` and a line feed."""
    lines = np.empty((len(numbers), 12), dtype=np.uint8)
    lines[:, :4] = list(f"{area},".encode())
    lines[:, 4:7] = _DIGITS[numbers // 10_000][:, 1:]
    lines[:, 7:11] = _DIGITS[numbers % 10_000]
    lines[:, 11] = ord("\n")
    return lines


def _write_phone_leads(sizes: Sizes, known: NDArray[np.int64], path: Path) -> None:
    """In no order, as leads come. The others are drawn from all numbers, so some of them are listed too."""
    draw = np.random.default_rng([sizes.seed, 2])
    others = draw.choice(AREAS, max(0, sizes.leads - len(known))) * _LAST
    others += draw.integers(_FIRST, _LAST, len(others))
    numbers = draw.permutation(np.concatenate([known, others])[: sizes.leads])
    frame = pl.DataFrame({"number": numbers}).with_row_index("row_id")
    frame.with_columns(phone="+1" + pl.col("number").cast(pl.String)).write_parquet(path)


def make_hashed(sizes: Sizes, folder: Path) -> None:
    """Write the hashed list and its leads; all but the leads' are random bytes, as hashes look."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng([sizes.seed, 3])
    people = draw.permutation(sizes.leads)
    normal = [f"{_NAMES[n % len(_NAMES)]}.{n}@example.{'org' if n % 3 else 'com'}" for n in people.tolist()]
    # As people type it: some in capitals, some with a blank at the end.
    given = [(email.upper() if n % 4 == 0 else email) + (" " if n % 7 == 0 else "") for n, email in enumerate(normal)]
    frame = pl.DataFrame({"email": normal, "email:given": given, "email:key": normal}).with_row_index("row_id")
    frame.write_parquet(folder / "emails.parquet")
    listed = min(round(sizes.leads * LISTED_EMAILS), sizes.hashed)
    digests = b"".join(hashlib.sha256(email.encode()).digest() for email in normal[:listed])
    rest = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 32)
    steps = -(-sizes.hashed // _HASHES_AT_ONCE)
    with (folder / "hashed.txt").open("wb") as file:
        for step in range(steps):
            count = min(_HASHES_AT_ONCE, sizes.hashed - step * _HASHES_AT_ONCE)
            real = rest[len(rest) * step // steps : len(rest) * (step + 1) // steps][:count]
            other = np.frombuffer(draw.bytes(32 * (count - len(real))), dtype=np.uint8).reshape(-1, 32)
            file.write(_hex_lines(draw.permutation(np.concatenate([real, other]))))


def _hex_lines(digests: Bytes) -> bytes:
    lines = np.empty((len(digests), 65), dtype=np.uint8)
    lines[:, 0:64:2] = _HEX[digests >> 4]
    lines[:, 1:64:2] = _HEX[digests & 15]
    lines[:, 64] = ord("\n")
    return lines.tobytes()


def prepared(sizes: Sizes, cache: Path) -> Path:
    """The folder of a data set, made unless it is there; it gets its name when it is complete."""
    folder = cache / sizes.folder_name
    if not folder.exists():
        making = cache / f"{sizes.folder_name}.{os.getpid()}"
        shutil.rmtree(making, ignore_errors=True)
        if sizes.numbers:
            make_numbers(sizes, making)
        if sizes.hashed:
            make_hashed(sizes, making)
        making.rename(folder)
    return folder

"""Hashes whole columns of text by MD5, SHA-1, SHA-256, SHA-512 or XXH3: without holding the interpreter."""

from __future__ import annotations

import hashlib
import importlib
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from schemas.errors import LeadscrubError
from schemas.support.column_bytes import column_bytes

Digests = npt.NDArray[np.uint8]

#: By algorithm, the plugin's namespace and expression. They write digests in hexadecimal, in small letters.
_EXPRESSIONS = MappingProxyType(
    {
        "md5": ("nchash", "md5"),
        "sha1": ("nchash", "sha1"),
        "sha256": ("chash", "sha2_256"),
        "sha512": ("chash", "sha2_512"),
    }
)
#: Eight digits at a time: so many that what is computed of them stays in the processor's cache.
_WORDS = 1 << 14
_NIBBLES, _ONES = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
_FOUR, _SIX, _EIGHT, _NINE = (np.uint64(number) for number in (4, 6, 8, 9))


def digests(texts: pl.Series, algorithm: str) -> Digests:
    """Hash the UTF-8 of a column without nulls, to n x the digest's length in bytes.

    The first is hashed by Python as well: were the plugin ever to differ, a hashed list would match nothing and so
    clear everybody. The run stops instead.
    """
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    return _unwritten(hex_digests(texts, algorithm), size) if len(texts) else np.empty((0, size), np.uint8)


def hex_digests(texts: pl.Series, algorithm: str) -> pl.Series:
    """Hash the UTF-8 of a column without nulls; spelled in hexadecimal, in small letters. See `digests`."""
    if not len(texts):
        return texts.cast(pl.String)
    # Loading the plugin takes time, which only a run with a hashed list should spend.
    column: Any = importlib.import_module("polars_hash").col
    namespace, name = _EXPRESSIONS[algorithm]
    expression: pl.Expr = getattr(getattr(column(texts.name), namespace), name)()
    hashed = texts.to_frame().select(expression).to_series()
    known = hashlib.new(algorithm, texts.item(0).encode(), usedforsecurity=False).hexdigest()
    if len(hashed) != len(texts) or hashed.item(0) != known:
        raise _differs(algorithm.upper())
    return hashed


def xxh3_64(texts: pl.Series, seeds: tuple[int, ...]) -> list[npt.NDArray[np.uint64]]:
    """Hash the UTF-8 of a column without nulls by XXH3 with 64 bits, once for each seed. The first is hashed twice."""
    if not len(texts):
        return [np.empty(0, np.uint64) for _ in seeds]
    column: Any = importlib.import_module("polars_hash").col
    hashes = texts.to_frame().select(
        column(texts.name).nchash.xxh3_64(seed=seed).alias(str(number)) for number, seed in enumerate(seeds)
    )
    if list(hashes.row(0)) != [xxhash.xxh3_64_intdigest(texts.item(0).encode(), seed) for seed in seeds]:
        raise _differs("XXH3")
    return [hashes.get_column(name).to_numpy() for name in hashes.columns]


def _differs(algorithm: str) -> LeadscrubError:
    return LeadscrubError(
        f"The installed polars-hash makes other {algorithm} hashes than Python.",
        "Install the version of requirements.lock.",
    )


def _unwritten(written: pl.Series, size: int) -> Digests:
    """Read digests of ``size`` bytes, a multiple of four, that the plugin wrote."""
    bounds, data = column_bytes(written)
    words = data[bounds[0] : bounds[-1]].view("<u8")
    pairs = np.empty((len(words), 4), dtype=np.uint8)
    for start in range(0, len(words), _WORDS):
        some = words[start : start + _WORDS]
        # A digit's code ends in its value; that of a letter a to f ends in 1 to 6, and has bit 6.
        values = (some & _NIBBLES) + ((some >> _SIX) & _ONES) * _NINE
        # The first digit of a pair has the lower address, so it is the lower byte here.
        pairs[start : start + _WORDS] = ((values << _FOUR) | (values >> _EIGHT)).view("<u2").reshape(-1, 4)
    return pairs.reshape(-1, size)

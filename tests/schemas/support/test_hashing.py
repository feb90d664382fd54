"""Columns are hashed as Python's own library hashes each value."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
import pytest
import xxhash
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.errors import LeadscrubError
from schemas.support import hashing
from schemas.support.hashing import digests, xxh3_64

ALGORITHMS = ("md5", "sha1", "sha256", "sha512")
#: Around the ends of the blocks that the algorithms work on: 64 bytes, of SHA-512 128, the last eight or sixteen taken.
LENGTHS = (0, 1, 55, 56, 57, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 183, 184, 1000)


def expected(values: list[str], algorithm: str) -> list[bytes]:
    return [hashlib.new(algorithm, value.encode()).digest() for value in values]


def rows(found: hashing.Digests) -> list[bytes]:
    return [row.tobytes() for row in found]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("letter", ["a", "é", "漢", "\U0001f600", "\0"])
def test_texts_of_every_length_at_the_end_of_a_block(algorithm: str, letter: str) -> None:
    """In bytes, whatever the letters take; the rest is filled with one-byte ones."""
    size = len(letter.encode())
    values = [letter * (length // size) + "x" * (length % size) for length in LENGTHS]
    assert [len(value.encode()) for value in values] == list(LENGTHS)
    assert rows(digests(pl.Series(values), algorithm)) == expected(values, algorithm)


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.text(max_size=150), max_size=20), words=st.integers(1, 9))
@example(values=[], words=1)
@example(values=["", ""], words=3)
def test_any_texts(algorithm: str, values: list[str], words: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashing, "_WORDS", words)
        found = digests(pl.Series("email", values, dtype=pl.String), algorithm)
    assert found.shape == (len(values), hashlib.new(algorithm).digest_size)
    assert rows(found) == expected(values, algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_long_column_in_parts_and_slices(algorithm: str) -> None:
    """So long that it is hashed on several threads, in more than one chunk, from the middle of its buffers."""
    draw = np.random.default_rng(11)
    values = [f"{'n' * int(length)}{n}@example.org" for n, length in enumerate(draw.integers(0, 60, 60_000))]
    column = pl.concat([pl.Series(values[:20_000]), pl.Series(values[20_000:])], rechunk=False)[7:-7]
    assert rows(digests(column, algorithm)) == expected(values[7:-7], algorithm)


def test_a_plugin_that_hashes_otherwise_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hashes would be on no list, and everybody would be cleared."""
    monkeypatch.setattr(hashing, "_EXPRESSIONS", {"sha256": ("chash", "sha3_256"), "sha1": ("nchash", "md5")})
    with pytest.raises(LeadscrubError, match="makes other SHA256 hashes than Python"):
        digests(pl.Series(["a@b.example"]), "sha256")
    with pytest.raises(LeadscrubError, match="makes other SHA1 hashes than Python"):
        digests(pl.Series(["a@b.example"] * 5), "sha1")


@given(st.lists(st.text(max_size=300), max_size=20))
def test_xxh3_of_a_column_is_that_of_each_text(texts: list[str]) -> None:
    texts = [text for text in texts if not any("\ud800" <= letter <= "\udfff" for letter in text)]
    hashed = xxh3_64(pl.Series(texts, dtype=pl.String), seeds=(0, 1))
    assert [column.tolist() for column in hashed] == [
        [xxhash.xxh3_64_intdigest(text.encode(), seed) for text in texts] for seed in (0, 1)
    ]

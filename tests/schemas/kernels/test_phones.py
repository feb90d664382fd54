"""What the compiled loop makes of a phone's cell, and the piece of a table that it finds."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contact.numbering.labels import ASCII_LABELS
from schemas.contact.numbering.lookup import buckets
from schemas.contact.numbering.patterns import MAX_DIGITS
from schemas.contact.numbering.range_sets import piece_of, whole_pieces
from schemas.contact.numbering.ranges import Codes, code_of, digits_of
from schemas.kernels.dressed import DECIMAL, MOST_BYTES
from schemas.kernels.phones import REGIONS, UNDECIDED, decide, e164_text
from schemas.kernels.word_lists import word_list
from schemas.support.column_bytes import given_rows
from schemas.support.text_views import text_views, view_column


class _Read(NamedTuple):
    """Digits of a cell, whether a plus is before them, and the extension (``decimal``: a zero was taken off)."""

    digits: str
    plus: bool
    more: str | None


def _decided(values: pl.Series, starts: Codes) -> tuple[npt.NDArray[np.int32], Codes, npt.NDArray[np.int32]]:
    """Answer each value with the piece that it is in: behind a plus from 100,000 on, and the code is left as it is."""
    rows, pieces = len(values), len(starts)
    shift, lowest, lasts = buckets(starts)
    answers = np.arange(pieces, dtype=np.int32)
    answer, e164, more = np.empty(rows, np.int32), np.empty(rows, np.int64), np.empty(rows, np.int32)
    texts = text_views(values)
    views, memory, parts, _ = texts.in_memory()
    decide(
        *(views, memory, parts),
        given_rows(values),
        np.zeros(rows, np.int16),
        np.zeros(REGIONS, np.int32),
        np.ones(2000, np.int32),
        np.array([0, 0, shift, lowest, pieces, 0, shift, lowest]),
        np.tile(starts, 2),
        np.append(answers, answers + np.int32(100_000)),
        np.zeros(2 * pieces, np.int64),
        lasts,
        *word_list(ASCII_LABELS),
        np.empty(MOST_BYTES, np.uint8),
        np.zeros(REGIONS + 2000, np.int64),
        answer,
        e164,
        more,
    )
    return answer, e164, more


def _read(values: Sequence[str | None] | pl.Series) -> list[_Read | None]:
    answer, e164, more = _decided(pl.Series(values, dtype=pl.String), whole_pieces([]))
    extensions = ["decimal" if code == DECIMAL else digits_of(code) if code else None for code in more.tolist()]
    return [
        None if place == UNDECIDED else _Read(digits_of(code), place >= 100_000, extension)
        for place, code, extension in zip(answer.tolist(), e164.tolist(), extensions, strict=True)
    ]


def _found(starts: Codes, codes: Codes) -> npt.NDArray[np.int32]:
    return _decided(pl.Series([digits_of(code) for code in codes.tolist()], dtype=pl.String), starts)[0]


codes_of_cells = st.text("0123456789", min_size=3, max_size=MAX_DIGITS).map(code_of)


@given(st.lists(codes_of_cells, max_size=60), st.lists(codes_of_cells))
def test_the_loop_finds_what_a_search_finds(edges: list[int], codes: list[int]) -> None:
    starts = whole_pieces([np.array(edges, dtype=np.int64)])
    sought = np.array([*codes, *edges], dtype=np.int64)
    assert _found(starts, sought).tolist() == piece_of(starts, sought).tolist()


def test_the_loop_where_floating_point_rounds_up() -> None:
    starts = whole_pieces([np.arange(10**MAX_DIGITS, 10**MAX_DIGITS + 3000, dtype=np.int64)])
    sought = np.concatenate([starts[starts > 2**53], starts[starts > 2**53] - 1])
    sought = sought[(sought >= 10**MAX_DIGITS) & (sought < 2 * 10**MAX_DIGITS)]
    assert _found(starts, sought).tolist() == piece_of(starts, sought).tolist()


@pytest.mark.parametrize(
    ("value", "digits", "plus"),
    [
        ("(202) 456-1111", "2024561111", False),
        ("+1 [202] 456.1111.", "12024561111", True),
        ("(+44) 20/7946", "44207946", True),
        ("00 44 20 7946 0018", "00442079460018", False),
        ("0" * 16, "0" * 16, False),
        ("123", "123", False),
        ("12345678", "12345678", False),
        ("1234567", "1234567", False),
        # Too short or too long; two numbers, perhaps; damage by a spreadsheet; characters of another meaning.
        ("12", None, False),
        ("1" * 17, None, False),
        ("555123/555124", None, False),
        ("030 1234567/68", None, False),
        ("80123) 4 /  129", None, False),
        ("5547717-5547720", None, False),
        ("555.1234.00", "555123400", False),
        ("202+4561111", None, False),
        ("++12024561111", None, False),
        ("202\t4561111", None, False),
        ("2024561111" + " " * 60, None, False),
        ("1234 " * 60, None, False),
        ("", None, False),
        (None, None, False),
    ],
)
def test_digits_are_told_only_where_punctuation_is_mere_punctuation(
    value: str | None, digits: str | None, plus: bool
) -> None:
    assert _read([value, "0123456789", value])[::2] == [_Read(digits, plus, None) if digits else None] * 2


def test_digits_of_many_values() -> None:
    """More than one block of them, of all lengths, out of a slice of a larger column."""
    draw = random.Random(9)
    texts = ["".join(draw.choices("0123456789", k=draw.randint(3, 13))) for _ in range(30_000)]
    spaced = pl.Series(["0", *("-".join(text[at : at + 3] for at in range(0, len(text), 3)) for text in texts)])[1:]
    assert _read(spaced) == [_Read(text, False, None) for text in texts]


@pytest.mark.parametrize(
    ("value", "number", "extension"),
    [
        ("202-456-1111 x123", "202-456-1111", "123"),
        ("202-456-1111 Ext. 04606", "202-456-1111", "04606"),
        ("(202) 456-1111, ext 12)", "202) 456-1111", "12"),
        ("202.456.1111 extension 5", "202.456.1111", "5"),
        ("2024561111#99", "2024561111", "99"),
        ("2024561111x1", "2024561111", "1"),
        ("tel:+1-202-456-1111", "+1-202-456-1111", None),
        ("Fax (202) 456-1111 (home)", None, None),
        ("\u202a+1\u00a0202\u00a0456\u00a01111\u202c", "+1 202 456 1111", None),
        ("202\u2013456\u20131111", "202(456(1111", None),
        ("2024561111", "2024561111", None),
        # Not certain: six digits may be another number; parameters; a label that is none.
        ("202-456-1111 x123456", None, None),
        ("2024561111;ext=5", None, None),
        ("2024561111 / x12", None, None),
        ("2024561111 ext\u20135", None, None),
        ("1-800-FLOWERS", None, None),
        (None, None, None),
    ],
)
def test_numbers_are_taken_out_of_what_is_certainly_around_them(
    value: str | None, number: str | None, extension: str | None
) -> None:
    (read,) = _read([value])
    assert read == (_Read(re.sub("[^0-9]", "", number), number.startswith("+"), extension) if number else None)


@pytest.mark.parametrize("value", ["2024561111.0", "+12024561111,00", "5551234.0"])
def test_a_decimal_zero_is_taken_off(value: str) -> None:
    assert _read([value]) == [_Read(re.split("[.,]", value)[0].lstrip("+"), "+" in value, "decimal")]
    assert [read and read.more for read in _read(["555123.0", "555.1234.0", "2024561111.5"])] == [None] * 3


@given(st.lists(st.one_of(st.integers(0, 2**63 - 1), st.integers(0, 10**12))))
def test_numbers_are_written_as_text(numbers: list[int]) -> None:
    views, data = np.zeros(16 * len(numbers), np.uint8), np.empty(20 * len(numbers), np.uint8)
    e164_text(np.array(numbers, dtype=np.int64), views, data)
    text = view_column(views, [data], np.array(numbers, dtype=np.int64) > 0)
    assert text.to_list() == [f"+{number}" if number else None for number in numbers]

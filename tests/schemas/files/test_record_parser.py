"""Every cell of a well-formed CSV is read, and every byte of any CSV is accounted for, whatever the blocks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.files.record_parser import LineTooLongError, read_carefully, sound_cells
from schemas.files.records import Shape, split_block
from schemas.kernels.kernel import FEW_ROWS
from tests.schemas.files.records_by_patterns import by_patterns

pytestmark = pytest.mark.slow

DELIMITERS = (",", ";", "\t", "|")
Row = tuple[int, tuple[str, ...] | None, str | None]

QuotingStyle = Literal[0, 1]
STYLES: list[tuple[str, QuotingStyle]] = [
    ("\n", csv.QUOTE_ALL),
    ("\n", csv.QUOTE_MINIMAL),
    ("\r\n", csv.QUOTE_MINIMAL),
    ("\r\n", csv.QUOTE_ALL),
]
widths = st.integers(1, 5)
cell = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text('a",;\t|\r\n é', max_size=8)
#: Text in which every kind of damage is likely.
damaged = st.text('aé ",;\r\n\n"', max_size=60)


def shape_of(width: int, delimiter: str = ",") -> Shape:
    return Shape(width, delimiter, [f"c{position}" for position in range(width)])


def read_in_blocks(text: bytes, shape: Shape, size: int) -> list[Row]:
    """Read as a drop is read: block by block, what is left over going before the next block."""
    rows: list[Row] = []
    rest, line = b"", 1
    for start in range(0, len(text), size):
        block = rest + text[start : start + size]
        records = split_block(block, shape, line, last=start + size >= len(text))
        rest, line = block[records.consumed :], line + records.lines_consumed
        parsed = zip(records.lines, records.cells.rows(), records.raw, strict=True)
        rows += [(number, None if raw is not None else cells, raw) for number, cells, raw in parsed]
    assert rest == b""
    return rows


def read_record_by_record(text: bytes, shape: Shape) -> list[Row]:
    whole = text if text.endswith(b"\n") else text + b"\n"
    read = read_carefully(whole, shape.width, shape.delimiter, last=True, max_record=1 << 20)
    assert read.consumed == len(whole)
    sound = iter(sound_cells(read.sound, shape.delimiter))
    rows: list[Row] = []
    for number, line in enumerate(read.lines.tolist()):
        raw = read.malformed.get(number)
        cells = None if raw is not None else tuple(cell.decode() for cell in next(sound))
        rows.append((line + 1, ("",) * shape.width if cells == ("",) else cells, raw))
    return rows


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, list[tuple[str, ...]], Shape]:
    """A table, and its text as the csv module writes it."""
    width, delimiter = draw(widths), draw(st.sampled_from(DELIMITERS))
    newline, quoting = draw(st.sampled_from(STYLES))
    rows = draw(st.lists(st.tuples(*[cell] * width), min_size=1, max_size=8))
    if newline == "\n" and quoting == csv.QUOTE_MINIMAL:
        # The csv module leaves a lone carriage return unquoted there.
        rows = [tuple(value.replace("\r", "") for value in row) for row in rows]
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(rows)
    return stream.getvalue().encode(), rows, shape_of(width, delimiter)


@settings(max_examples=100, deadline=None)
@given(tables(), st.integers(1, 64))
def test_reads_what_the_csv_module_wrote_in_blocks_of_any_size(
    table: tuple[bytes, list[tuple[str, ...]], Shape], size: int
) -> None:
    """Cells come back as they were, each record with the line on which it starts."""
    text, rows, shape = table
    expected: list[Row] = []
    line = 1
    for row in rows:
        expected.append((line, row, None))
        line += 1 + sum(value.count("\n") for value in row)
    assert read_in_blocks(text, shape, size) == expected
    assert read_in_blocks(text, shape, len(text)) == expected


@settings(max_examples=100, deadline=None)
@given(tables())
def test_both_paths_agree_on_well_formed_text(table: tuple[bytes, list[tuple[str, ...]], Shape]) -> None:
    text, _, shape = table
    assert read_in_blocks(text, shape, len(text)) == read_record_by_record(text, shape)


@settings(max_examples=200, deadline=None)
@given(damaged, widths, st.sampled_from([",", ";"]), st.integers(1, 64))
@example('"a\n"b",c\n', 1, ",", 3)
@example('a,b\r\nc,"d"\r', 2, ",", 1)
@example('""\n""a\n"', 1, ",", 2)
def test_damaged_text_reads_the_same_in_blocks_of_any_size(text: str, width: int, delimiter: str, size: int) -> None:
    """Neither the fast path nor the place where a block ends changes what a record is."""
    raw = text.encode()
    if raw:
        expected = read_record_by_record(raw, shape_of(width, delimiter))
        assert read_in_blocks(raw, shape_of(width, delimiter), size) == expected
        assert read_in_blocks(raw, shape_of(width, delimiter), len(raw)) == expected


@settings(max_examples=150, deadline=None)
@given(damaged, st.none() | widths, st.sampled_from([",", ";"]), st.booleans(), st.integers(1, 40))
@example('a,"b"\r', 2, ",", False, 40)
@example('"a\n"b,c\n"d"e\n', 2, ",", True, 5)
def test_records_are_those_that_patterns_find(
    text: str, width: int | None, delimiter: str, last: bool, longest: int
) -> None:
    """The compiled loop finds what the grammar's patterns find, in Python and compiled."""
    raw = text.encode()
    expected = outcome(by_patterns, raw, width, delimiter, last, longest)
    assert outcome(read_carefully, raw, width, delimiter, last, longest) == expected
    many = raw + b"x" * FEW_ROWS
    assert outcome(read_carefully, many, width, delimiter, last, longest) == outcome(
        by_patterns, many, width, delimiter, last, longest
    )


def outcome(read: Callable[..., Any], text: bytes, width: int | None, delimiter: str, last: bool, longest: int) -> Any:
    try:
        found = read(text, width, delimiter, last=last, max_record=longest)
    except LineTooLongError as error:
        return error.line
    return list(found.lines), found.malformed, found.sound, found.consumed, found.lines_consumed


def spelled_as(text: str, cells: tuple[str, ...], delimiter: str) -> bool:
    """Whether ``text`` is these cells, plain or quoted, with delimiters between and one line end after.

    A blank line is a record whose cells are all empty.
    """
    if text in ("\n", "\r\n") and not any(cells):
        return True
    for position, value in enumerate(cells):
        quoted = '"' + value.replace('"', '""') + '"'
        spelling = quoted if text.startswith('"') else value
        if not text.startswith(spelling):
            return False
        text = text[len(spelling) :]
        if position < len(cells) - 1:
            if not text.startswith(delimiter):
                return False
            text = text[1:]
    return text in ("\n", "\r\n")


@settings(max_examples=200, deadline=None)
@given(damaged | st.text(st.characters(exclude_categories=["Cs"])), widths, st.integers(1, 64))
@example("a\n\ufeffb\n", 1, 2)
def test_every_byte_belongs_to_one_record(text: str, width: int, size: int) -> None:
    """The records' lines partition the text: a malformed one is its line, another spells exactly its cells."""
    if not text:
        return
    rows = read_in_blocks(text.encode(), shape_of(width), size)
    whole = text if text.endswith("\n") else text + "\n"
    lines = [line + "\n" for line in whole.split("\n")[:-1]]
    starts = [line for line, _, _ in rows]
    assert starts[0] == 1
    for (line, cells, raw), following in zip(rows, [*starts[1:], len(lines) + 1], strict=True):
        span = "".join(lines[line - 1 : following - 1])
        if raw is not None:
            assert cells is None
            assert span == lines[line - 1]
            assert raw == span.removesuffix("\n").removesuffix("\r")
        else:
            assert cells is not None
            assert spelled_as(span, cells, ",")


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        pytest.param("a,b\nc\nd,e\n", 2, [(1, ("a", "b"), None), (2, None, "c"), (3, ("d", "e"), None)], id="few"),
        pytest.param("a,b\nc,d,e\n", 2, [(1, ("a", "b"), None), (2, None, "c,d,e")], id="too many fields"),
        pytest.param(
            '"a,b\nc,d\ne,f\n',
            2,
            [(1, None, '"a,b'), (2, ("c", "d"), None), (3, ("e", "f"), None)],
            id="a quote that never closes costs its own line",
        ),
        pytest.param(
            'a,b"c\nd,"e" f\ng,h\n',
            2,
            [(1, ("a", 'b"c'), None), (2, None, 'd,"e" f'), (3, ("g", "h"), None)],
            id="a quote inside a plain cell is text, text after a closed one is damage",
        ),
        pytest.param(
            "a,b\n\nc,d\n", 2, [(1, ("a", "b"), None), (2, ("", ""), None), (3, ("c", "d"), None)], id="blank line"
        ),
        pytest.param("a,b\nc,d", 2, [(1, ("a", "b"), None), (2, ("c", "d"), None)], id="no line end at the end"),
        pytest.param('a,b\nc,"d', 2, [(1, ("a", "b"), None), (2, None, 'c,"d')], id="open at the end"),
        pytest.param("a\rb,c\n", 2, [(1, ("a\rb", "c"), None)], id="a lone carriage return is part of its cell"),
        pytest.param("a\n\nb\n", 1, [(1, ("a",), None), (2, ("",), None), (3, ("b",), None)], id="one column"),
        pytest.param(
            'a,"b\r\nb"\r\nc,d\r\n', 2, [(1, ("a", "b\r\nb"), None), (3, ("c", "d"), None)], id="CRLF in a cell"
        ),
        pytest.param(
            "a,b\n\nc\n", 2, [(1, ("a", "b"), None), (2, ("", ""), None), (3, None, "c")], id="blank, then damage"
        ),
        pytest.param('"a""b",""\n', 2, [(1, ('a"b', ""), None)], id="doubled quotes"),
    ],
)
def test_reads_records(text: str, width: int, expected: list[Row]) -> None:
    assert read_in_blocks(text.encode(), shape_of(width), len(text.encode())) == expected
    assert read_in_blocks(text.encode(), shape_of(width), 1) == expected


def test_waits_for_the_next_block_when_a_record_may_go_on() -> None:
    """What is not the file's end may be completed: an open quote is not yet a fault."""
    read = read_carefully(b'a,b\nc,"d\n', 2, ",", last=False, max_record=1000)
    assert (read.lines.tolist(), read.malformed, read.sound) == ([0], {}, b"a,b\n")
    assert (read.consumed, read.lines_consumed) == (4, 1)


def test_a_record_longer_than_the_limit_is_an_unclosed_quote() -> None:
    """Reading does not wait for the closing quote for ever."""
    text = b'"' + b"x\n" * 50
    read = read_carefully(text, 1, ",", last=False, max_record=20)
    assert (read.lines[:2].tolist(), read.malformed, read.sound[:4]) == ([0, 1], {0: '"x'}, b"x\nx\n")


def test_a_line_longer_than_the_limit_is_not_csv() -> None:
    with pytest.raises(LineTooLongError) as caught:
        read_carefully(b"a\n" + b"x" * 50, 1, ",", last=True, max_record=20)
    assert caught.value.line == 1

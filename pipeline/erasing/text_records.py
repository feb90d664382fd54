"""Records of a text file (CSV, fixed width, anything in lines): which of them are a person's, and how they are blanked.

A record is replaced by an empty one on the same lines. So every other record of the file keeps its line, by which
results name it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import numpy as np
import polars as pl

from pipeline.reading.csv_table import CsvReader
from pipeline.reading.opening import open_tables
from pipeline.results.exact_search import search_frame
from pipeline.results.person_wanted import Wanted
from schemas.errors import FileError
from schemas.files.encoding import survey_text
from schemas.files.inputs import Input
from schemas.files.spool import Spool
from schemas.files.table import FileTally, Table, read_batches
from schemas.layout import Layout
from schemas.support.shortage import raise_shortage

_BLOCK: Final = 8 << 20
#: No text that means a person is longer.
_OVERLAP: Final = 512
#: Latin-1 gives every byte a letter: what has no encoding that fits is looked through as this.
_ANY: Final = "latin-1"
_WIDE: Final = ("utf-16", "utf-32")
_CR: Final = re.compile(rb"(?<=\n)|(?<=\r)(?!\n)")


@dataclass
class TextRecords:
    """What was found in a text. ``lines``: 1-based lines that are to be blanked, each with what takes its place.

    ``records``: where the person's records begin.
    """

    codec: str
    returns: bool = False
    records: list[int] = field(default_factory=list)
    lines: dict[int, str] = field(default_factory=dict)


def find_in_text(given: Input, layout: Layout, wanted: Sequence[Wanted], known: set[int], spool: Spool) -> TextRecords:
    """Find a person's records in a text: by cells, by whole lines, and those that are ``known`` by their lines."""
    codec = _codec(given, layout)
    if not known and not _may_hold(given, codec, wanted):
        return TextRecords(codec)
    tables = _tables(given, layout, spool)
    returns = any(isinstance(table.reader, CsvReader) and table.reader.dialect.punctuation.returns for table in tables)
    found = TextRecords(codec, returns)
    by_line = _lines_with(given, found, wanted)
    if not by_line and not known and not (tables and _has_odd_forms(wanted)):
        return found
    covered: set[int] = set()
    for table in tables:
        starts, hits = _records_of(table, wanted)
        bounds = np.append(starts, _end_of(table, given, found))
        of_lines = np.searchsorted(bounds, np.array(sorted(by_line | known), np.int64), "right") - 1
        hits |= {int(starts[at]) for at in of_lines.tolist() if 0 <= at < len(starts)}
        for start in sorted(hits):
            stop = int(bounds[np.searchsorted(bounds, start, "right")])
            found.records.append(start)
            covered |= set(range(start, stop))
            found.lines |= _blank(table, start, stop)
    # Titles, headers, and texts that are no table.
    alone = (by_line | (known if not tables else set())) - covered
    found.lines |= dict.fromkeys(alone, "")
    found.records = sorted({*found.records, *alone})
    return found


def blank_text(given: Input, found: TextRecords, sink: BinaryIO) -> None:
    """Copy a text, with what takes the place of the lines that were found."""
    for number, line, end in _lines(given, found):
        if number in found.lines:
            sink.write(found.lines[number].encode(found.codec) if found.lines[number] else b"")
            sink.write(end)
        else:
            sink.write(line + end)


def _may_hold(given: Input, codec: str, wanted: Sequence[Wanted]) -> bool:
    """Whether any stretch of a text may have what is wanted; most files have nobody."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    before = ""
    with given.open("rb") as stream:
        while block := stream.read(_BLOCK):
            text = pl.DataFrame({"text": [before + decoder.decode(block)]})
            if bool(text.select(pl.any_horizontal(each.may_have_inside(pl.col("text")) for each in wanted)).item()):
                return True
            before = str(text.item())[-_OVERLAP:]
    return False


def _codec(given: Input, layout: Layout) -> str:
    try:
        return survey_text(given, layout.encoding).encoding.codec
    except FileError as error:
        raise_shortage(error)
        return _ANY


def _tables(given: Input, layout: Layout, spool: Spool) -> list[Table]:
    """Tables of a text; none where it is no table."""
    try:
        return open_tables(given, str(given), layout, spool)
    except FileError as error:
        raise_shortage(error)
        return []


def _has_odd_forms(wanted: Sequence[Wanted]) -> bool:
    """Whether a cell may be found that its line is not: a name is, whose words are in two cells."""
    return any(each.kind == "name" for each in wanted)


def _records_of(table: Table, wanted: Sequence[Wanted]) -> tuple[np.ndarray, set[int]]:
    """Lines on which the records of a table start, and those of the person's."""
    starts, hits = [np.empty(0, np.int64)], set()
    try:
        for batch in read_batches(table, FileTally(), _BLOCK):
            starts.append(batch.get_column("source_line").to_numpy().astype(np.int64))
            hits |= set(search_frame(with_rows(batch, wanted).lazy(), wanted, "source_line")["source_line"].to_list())
    except FileError as error:  # what comes behind is found by its lines
        raise_shortage(error)
    return np.unique(np.concatenate(starts)), hits


def with_rows(batch: pl.DataFrame, wanted: Sequence[Wanted]) -> pl.DataFrame:
    """Add each row as one text where a name is looked for, whose words may be in cells beside each other."""
    if not any(each.kind == "name" for each in wanted):
        return batch
    cells = [name for name in batch.columns if batch.schema[name] == pl.String]
    return batch.with_columns(pl.concat_str(cells, separator=", ", ignore_nulls=True).alias("the row"))


def _end_of(table: Table, given: Input, found: TextRecords) -> int:
    """The line behind the last record of a table."""
    if isinstance(table.reader, CsvReader) and table.reader.dialect.end is not None:
        return table.reader.dialect.end + 1
    last = 0
    for number, _, _ in _lines(given, found):
        last = number
    return last + 1


def _blank(table: Table, start: int, stop: int) -> dict[int, str]:
    """What takes the place of a record on these lines: one with as many cells, all of them empty."""
    rest = dict.fromkeys(range(start + 1, stop), "")
    if not isinstance(table.reader, CsvReader):
        return {start: ""} | rest
    punctuation = table.reader.dialect.punctuation
    cells = punctuation.delimiter * (len(table.columns) - 1)
    if not rest or not punctuation.quote:
        return {start: cells} | dict.fromkeys(rest, cells)
    # The blank lines are one quoted cell.
    last = stop - 1
    return {**rest, start: punctuation.quote, last: punctuation.quote + cells}


def _lines_with(given: Input, found: TextRecords, wanted: Sequence[Wanted]) -> set[int]:
    """Lines of a text that have what is wanted."""
    hits: set[int] = set()
    block: list[tuple[int, str]] = []
    size = 0
    for number, line, _ in _lines(given, found):
        block.append((number, line.decode(found.codec, "replace")))
        size += len(line)
        if size >= _BLOCK:
            hits |= _hits(block, wanted)
            block, size = [], 0
    return hits | _hits(block, wanted)


def _hits(block: list[tuple[int, str]], wanted: Sequence[Wanted]) -> set[int]:
    frame = pl.DataFrame(block, schema={"line": pl.Int64, "text": pl.String}, orient="row")
    return set(search_frame(frame.lazy(), wanted, "line")["line"].to_list())


def _lines(given: Input, found: TextRecords) -> Iterator[tuple[int, bytes, bytes]]:
    """Lines of a text with their numbers and ends, as readers count them; in bytes, in its encoding."""
    if found.codec.startswith(_WIDE):
        yield from _wide_lines(given, found)
        return
    number = 0
    with given.open("rb") as stream:
        for physical in stream:
            for line in _CR.split(physical) if found.returns else (physical,):
                if line:
                    number += 1
                    text = line.rstrip(b"\r\n") if found.returns or line.endswith(b"\r\n") else line.removesuffix(b"\n")
                    yield number, text, line[len(text) :]


def _wide_lines(given: Input, found: TextRecords) -> Iterator[tuple[int, bytes, bytes]]:
    with given.open("rb") as stream:
        content = stream.read()
    text = content.decode(found.codec, "surrogatepass")
    ends = r"(?<=\n)|(?<=\r)(?!\n)" if found.returns else r"(?<=\n)"
    for number, line in enumerate((line for line in re.split(ends, text) if line), 1):
        bare = line.rstrip("\r\n")
        yield number, bare.encode(found.codec, "surrogatepass"), line[len(bare) :].encode(found.codec, "surrogatepass")

"""What a CSV file's header says: delimiter and column names, from its first records."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pipeline.reading.encoding import Encoding, detect_encoding, display_name
from schemas.errors import DropError

_SAMPLE = 256 << 10
_DELIMITERS = (",", ";", "\t", "|")
_RECORDS = 200


@dataclass(frozen=True)
class Dialect:
    """How to read one CSV file. ``columns`` are the header's names, made unique; ``header`` is as it came.

    ``blank_lines`` is how many blank lines stand before the header.
    """

    encoding: Encoding
    delimiter: str
    header: tuple[str, ...]
    columns: tuple[str, ...]
    blank_lines: int

    def describe(self) -> dict[str, str]:
        """For the manifest and for people."""
        return {"encoding": display_name(self.encoding.codec), "delimiter": self.delimiter, "quote": '"'}


def detect_dialect(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> Dialect:
    """Detect encoding, delimiter and header. What is given wins over what is detected."""
    if path.stat().st_size == 0:
        raise DropError(f"'{path}' is empty.", "Ask the vendor to send it again.")
    found = detect_encoding(path, encoding)
    text = _head(path, found)
    if not text.strip():
        raise DropError(f"'{path}' has no text in it.", "Ask the vendor to send it again.")
    used = delimiter or _delimiter(text)
    body = text.lstrip("\r\n")
    header = _records(body, used)[0]
    blank_lines = text.count("\n") - body.count("\n")
    return Dialect(found, used, tuple(header), _unique_names(header), blank_lines)


def _head(path: Path, encoding: Encoding) -> str:
    with path.open("rb") as stream:
        stream.seek(encoding.bom)
        block = stream.read(_SAMPLE)
    # The sample may end inside a character.
    try:
        return codecs.getincrementaldecoder(encoding.codec)().decode(block)
    except UnicodeDecodeError as error:
        raise DropError(f"'{path}' is not {display_name(encoding.codec)}.", "Correct the layout's encoding.") from error


def _delimiter(text: str) -> str:
    """Pick the delimiter that splits most records into the header's number of fields; more fields win a tie."""
    scores: list[tuple[float, int, str]] = []
    for candidate in _DELIMITERS:
        records = _records(text.lstrip("\r\n"), candidate)
        width = len(records[0])
        if width > 1:
            share = Counter(len(record) for record in records)[width] / len(records)
            scores.append((round(share, 1), width, candidate))
    return max(scores)[2] if scores else ","


def _records(text: str, delimiter: str) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if record:
                found.append(record)
            if len(found) == _RECORDS:
                break
    except csv.Error:
        # A quote that never closes: what came before it is sample enough.
        pass
    if not found:
        found.append(text.partition("\n")[0].removesuffix("\r").split(delimiter))
    # The last record may have been cut by the end of the sample.
    return found[:-1] if len(found) > 1 and len(found) < _RECORDS and len(text) >= _SAMPLE // 4 else found


def _unique_names(header: list[str]) -> tuple[str, ...]:
    """Trim names, name the nameless by position, and number repeats: no two columns share a name."""
    names: list[str] = []
    for position, cell in enumerate(header, start=1):
        base = " ".join(cell.split()) or f"column {position}"
        name, copy = base, 2
        while name in names:
            name, copy = f"{base} ({copy})", copy + 1
        names.append(name)
    return tuple(names)

"""Which punctuation a text is written with: the one that makes the most regular table of the cleanest cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.reading.punctuation import Punctuation
from pipeline.reading.sample import SampleRecord, read_sample, with_line_feeds

COMMON = (",", ";", "\t", "|")
#: How many lines, and so at most records, are judged.
_RECORDS = 300
#: What joins words, numbers, addresses and paths is no delimiter, unless a layout says so.
_NEVER = frozenset("\"'@.-_+/()\\ #&$%!?`\r\n")
#: Delimiters of several characters: marks that only delimit, one mark repeated, or one with a blank behind it. A mark
#: that also begins a cell (``,$11``) is no part of one.
_RUN = re.compile(r"[,;|~^:\x01-\x08]{2,4}|([^\w\s\"'@.+()-])\1{1,3}|[,;|~^:] ")
_QUOTED = re.compile(r'"[^"]*"')
#: How far a delimiter that nobody uses may be trusted, beside the common ones.
_RARE = 0.8
_COLON = 0.5
_OFTEN = 0.7
_NEARLY_ALWAYS = 0.9
#: A table that a quote other than the usual one makes must be better by more than this.
_MARGIN = 1e-9


class Guess(NamedTuple):
    """A punctuation, how well it fits (0 to 1), and the records it makes."""

    punctuation: Punctuation
    score: float
    records: list[SampleRecord]


def guess_punctuation(text: str, given: Punctuation | None = None, *, delimiter: bool, quote: bool) -> Guess:
    """Judge the candidates by the start of the text.

    ``delimiter`` and ``quote`` say whether those of ``given`` are settled already, by a layout.
    """
    known = given or Punctuation()
    head = _cut(text)
    best: Guess | None = None
    for returns in _line_ends(head):
        lines = with_line_feeds(head, known._replace(returns=returns)).replace("\r\n", "\n")
        for mark in [known.delimiter] if delimiter else _delimiters(lines):
            if best is not None and mark not in lines:
                continue  # it makes one column, which is never better
            for mode in [known] if quote else _quotings(lines, mark):
                punctuation = mode._replace(delimiter=mark, returns=returns)
                records = read_sample(head, punctuation)[:_RECORDS]
                guess = Guess(punctuation, _score(records, punctuation), records)
                if best is None or guess.score > best.score + _MARGIN:
                    best = guess
    assert best is not None  # noqa: S101  # there is always the comma
    if not best.score and not delimiter:
        # One column: nothing is a delimiter, and the comma, as the usual one, would quote what holds it.
        return best._replace(punctuation=best.punctuation._replace(delimiter=","))
    return best


def _cut(text: str) -> str:
    """Cut the start of a text at a line end, after as many lines as are judged."""
    line_end = "\n" if "\n" in text else "\r"
    stop = 0
    for _ in range(_RECORDS):
        after = text.find(line_end, stop) + 1
        if not after:
            return text
        stop = after
    return text[:stop]


def _line_ends(text: str) -> tuple[bool, ...]:
    """Whether a carriage return alone may end a line: no, yes, or both are to be tried."""
    lone = text.count("\r") - text.count("\r\n")
    if not lone:
        return (False,)
    return (False, True) if "\n" in text else (True,)


def _delimiters(text: str) -> list[str]:
    """Candidates: the common ones, and whatever else is in most lines. A part of a longer one is left out."""
    lines = [line for line in text.split("\n")[:_RECORDS] if line.strip()]
    unquoted = [_QUOTED.sub("x", line) for line in lines]
    most = max(len(lines) * 6 // 10, 1)
    odd = {char for char in set().union(*unquoted) if not char.isalnum()} - _NEVER
    single = Counter(char for line in unquoted for char in odd.intersection(line))
    several = Counter(run for line in unquoted for run in {match[0] for match in _RUN.finditer(line)})
    marks = [*COMMON, *(char for char, count in single.most_common(8) if count >= most and char not in COMMON)]
    longer = [run for run, count in several.most_common(8) if count >= most]
    whole = "\n".join(unquoted)
    return [
        mark
        for mark in dict.fromkeys([*marks, *longer])
        if not any(
            other != mark and mark in other and whole.count(other) * other.count(mark) == whole.count(mark) > 0
            for other in longer
        )
    ]


def _quotings(text: str, mark: str) -> Iterator[Punctuation]:
    """Candidates: the usual quote; others that are around cells; a backslash where one is before either."""
    yield Punctuation()
    edge = re.escape(mark)
    for quote in ('"', "'", "`"):
        if quote != '"' and quote not in text:
            continue
        around = quote == '"' or re.search(rf"(?:^|{edge}){quote}[^\n{quote}]*{quote}(?:{edge}|$)", text, re.MULTILINE)
        if around and quote != '"':
            yield Punctuation(quote=quote)
        if around and (f"\\{quote}" in text or f"\\{mark}" in text):
            yield Punctuation(quote=quote, escape="\\")


def _score(records: list[SampleRecord], punctuation: Punctuation) -> float:
    """Score a table: share of records with the usual number of fields, share of clean cells, and width."""
    filled = [record for record in records if not record.is_blank]
    widths = Counter(len(record.cells) for record in filled if record.cells is not None and len(record.cells) > 1)
    if not widths:
        return 0.0
    width = max(widths, key=lambda width: (widths[width] * width, width))
    whole = [record.cells for record in filled if record.cells and len(record.cells) == width]
    delimiter = punctuation.delimiter
    trust = 1.0 if delimiter.strip(" ") in COMMON or delimiter == "\t" else _COLON if ":" in delimiter else _RARE
    # A rare mark must split most records alike, or it is only a habit of the text.
    regular = widths[width] / len(filled)
    if trust < 1 and regular < (_OFTEN if trust == _RARE else _NEARLY_ALWAYS):
        return 0.0
    # Most records hold nothing to look at in their cells.
    suspect = [cells for cells in whole if not _SUSPECT.isdisjoint("".join(cells))]
    unclean = sum(not _is_clean(cell, delimiter) for cells in suspect for cell in cells)
    clean = 1 - unclean / (len(whole) * width)
    return trust * regular * clean * width / (width + 1)


_LEFT_OVER = re.compile(r"[;|\t]")
#: Without any of these a cell is clean.
_SUSPECT = frozenset(";|\t\"'`\\")


def _is_clean(cell: str, delimiter: str) -> bool:
    """Whether nothing in a cell looks as if it should have been split or unquoted."""
    if _SUSPECT.isdisjoint(cell):
        return True
    text = cell.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        return False
    if text[:1] == '"' or (text.endswith("\\") and len(text) > 1):
        return False
    return not any(mark != delimiter.strip(" ") for mark in _LEFT_OVER.findall(text))

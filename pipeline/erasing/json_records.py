"""Objects of a JSON file that are a person's, and how they are blanked: an empty object takes the place of each."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from pipeline.results.person_wanted import Wanted
from schemas.errors import FileError
from schemas.files.encoding import survey_text
from schemas.files.inputs import Input
from schemas.layout import Layout

_BLANK = re.compile(r"[\s,\x1a\0\ufeff]*")


class _Object(list[Any]):
    """Keys and values as they came: a key that repeats keeps each of its values."""


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_Object, strict=False)


@dataclass(frozen=True)
class JsonRecords:
    """What was found in a file: where in its text the objects begin and end, and on which lines they begin."""

    codec: str
    text: str
    spans: list[tuple[int, int]]
    records: list[int]


def find_in_json(given: Input, layout: Layout, wanted: Sequence[Wanted], known: set[int]) -> JsonRecords:
    """Find a person's objects, and those that are ``known`` by their lines. Raises `FileError` when it is no JSON."""
    codec = survey_text(given, layout.encoding).encoding.codec
    with given.open("rb") as stream:
        text = stream.read().decode(codec)
    values, hits = [], set()
    before, line = 0, 1
    for start, stop, value in _values(text, str(given)):
        line += text.count("\n", before, start)
        before = start
        values.append((start, stop, line))
        leaves = list(_leaves(value))
        if any(each.is_in(leaf) for each in wanted for leaf in [*leaves, ", ".join(leaves)]):
            hits.add(start)
    # Where several objects are on a line, it does not say which of them is meant.
    on_line = Counter(line for _, _, line in values)
    chosen = [each for each in values if each[0] in hits or (each[2] in known and on_line[each[2]] == 1)]
    return JsonRecords(codec, text, [each[:2] for each in chosen], [line for _, _, line in chosen])


def blank_json(found: JsonRecords, sink: BinaryIO) -> None:
    """Copy the text with an empty object in place of each that was found."""
    position, parts = 0, []
    for start, stop in found.spans:
        kept_lines = "\n" * found.text.count("\n", start, stop)
        parts += [found.text[position:start], "{" + kept_lines + "}"]
        position = stop
    sink.write("".join([*parts, found.text[position:]]).encode(found.codec))


def _values(text: str, shown: str) -> Iterator[tuple[int, int, Any]]:
    """The values of an array, or those on the lines of a text; a line that is none is its text."""
    position = _skipped(text, 0)
    if is_array := text[position : position + 1] == "[":
        position = _skipped(text, position + 1)
    while position < len(text) and not (is_array and text[position] == "]"):
        try:
            value, stop = _DECODER.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError) as error:
            if is_array:
                raise FileError(f"'{shown}' is damaged JSON.", "Ask for it again.") from error
            end = text.find("\n", position)
            stop = len(text) if end < 0 else end
            value = text[position:stop]
        yield position, stop, value
        position = _skipped(text, stop)


def _skipped(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return position if blank is None else blank.end()


def _leaves(value: Any) -> Iterator[str]:
    """Keys and values in their order, however deep they are."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list | tuple):
            waiting += reversed(each)
        elif each is not None:
            yield str(each)

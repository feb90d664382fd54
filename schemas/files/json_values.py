"""JSON values as the text that was sent: numbers digit by digit, nested values as JSON."""

from __future__ import annotations

import json
from typing import Any

from schemas.files.limits import limits
from schemas.files.unique_names import Numbered


class Number(str):
    """The text of a number: no reading of it can lose a digit or a zero."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """An object as its keys and values came, repeated keys included."""


DECODER = json.JSONDecoder(
    parse_float=Number, parse_int=Number, parse_constant=Number, object_pairs_hook=Pairs, strict=False
)


def cell_text(value: Any) -> str:
    """Write a value as a cell; null is a blank one."""
    if isinstance(value, str):
        return value
    return "" if value is None else _json(value)


def _json(value: Any) -> str:
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{_json(key)}:{_json(item)}" for key, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(item) for item in value) + "]"
    if isinstance(value, Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def cells_of(pairs: Pairs) -> dict[str, str]:
    """Make a row of an object. A key that repeats keeps each of its values, numbered."""
    names = Numbered()
    return {names.add(key): cell_text(value) for key, value in pairs}


def is_too_deep(value: Any) -> bool:
    """Whether lists and objects are in one another to more than ``max_nesting`` levels, not counting the record's."""
    level = [value]
    for _ in range(limits().max_nesting + 1):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, list)]
        if not level:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    return [item for _, item in value] if isinstance(value, Pairs) else value if isinstance(value, list) else []


def is_text(row: dict[str, str]) -> bool:
    """Whether keys and cells are Unicode text: JSON can spell half of a character."""
    try:
        "".join([*row, *row.values()]).encode()
    except UnicodeEncodeError:
        return False
    return True

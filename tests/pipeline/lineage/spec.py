"""What OpenLineage says of an event, as JSON Schema.

The client's classes are generated from the published schemas, and say of each facet at which URL its schema is. So the
schemas are made of these classes again: names, types, what must be there, and nothing besides.
"""

from __future__ import annotations

import inspect
import types
import typing
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

import attr
from jsonschema import Draft202012Validator, FormatChecker
from openlineage.client import facet_v2
from openlineage.client.generated import base

_JSON = {str: "string", int: "integer", float: "number", bool: "boolean"}
_FORMATS = {"runId": "uuid", "eventTime": "date-time", "nominalStartTime": "date-time", "producer": "uri"}
_FORMATS |= dict.fromkeys(("schemaURL", "_schemaURL", "_producer"), "uri")
_formats = FormatChecker()


def _is_uri(text: object) -> bool:
    """By RFC 3986: a scheme, a colon, and no space."""
    scheme, colon, rest = str(text).partition(":")
    return bool(colon and rest and " " not in rest) and scheme[:1].isalpha()


def _is_instant(text: object) -> bool:
    return "T" in str(text) and datetime.fromisoformat(str(text)).tzinfo is not None


_formats.checks("uri")(_is_uri)
_formats.checks("date-time", raises=ValueError)(_is_instant)


@cache
def _facets() -> dict[str, type]:
    """Facet by the URL of its schema."""
    modules = [module for name in facet_v2.__all__ if inspect.ismodule(module := getattr(facet_v2, name))]
    found = [each for module in modules for each in vars(module).values() if inspect.isclass(each)]
    return {each._get_schema(): each for each in found if issubclass(each, base.BaseFacet)}


def _schema(kind: Any) -> dict[str, Any]:
    """JSON Schema of a type of a field."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_schema(each) for each in inner if each is not type(None)]}
    if origin is list:
        return {"type": "array", "items": _schema(inner[0])}
    if origin is dict:
        if inspect.isclass(inner[1]) and issubclass(inner[1], base.BaseFacet):
            return {"type": "object", "additionalProperties": {"type": "object"}}  # each by its own URL
        return {"type": "object", "additionalProperties": _schema(inner[1])}
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return {"enum": [each.value for each in kind]}
    return {"type": _JSON[kind]} if kind in _JSON else {} if kind is Any else _object(kind)


@cache
def _object(kind: type) -> dict[str, Any]:
    if not attr.has(kind):
        return {}
    hints = typing.get_type_hints(kind)
    properties, needed = {}, []
    for field in attr.fields(kind):
        nested = [each for each in typing.get_args(hints[field.name]) if each is kind or kind in typing.get_args(each)]
        properties[field.name] = {"type": "array"} if nested else dict(_schema(hints[field.name]))
        if field.name in _FORMATS:
            properties[field.name]["format"] = _FORMATS[field.name]
        if field.default is attr.NOTHING or field.name in ("_producer", "_schemaURL", "producer", "schemaURL"):
            needed.append(field.name)
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def faults(event: dict[str, Any]) -> list[str]:
    """What is wrong with an event."""
    found = _wrong(base.RunEvent, event)
    parts = [event["run"], event["job"], *event["inputs"], *event["outputs"]]
    for part in parts:
        for name in ("facets", "inputFacets", "outputFacets"):
            for key, facet in part.get(name, {}).items():
                kind = _facets().get(facet.get("_schemaURL"))
                found += [f"{key}: no such facet"] if kind is None else _wrong(kind, facet)
    return found


def _wrong(kind: type, document: Any) -> list[str]:
    checker = Draft202012Validator(_object(kind), format_checker=_formats)
    return [f"{kind.__name__}: {error.json_path}: {error.message}" for error in checker.iter_errors(document)]

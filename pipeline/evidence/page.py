"""The evidence about one person as a page to read and print: with that person's data as they are, and no network."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from schemas.support.shown import printable
from suppression.rules.describe import SURE

_TEMPLATES: Final = Path(__file__).parent / "templates"


def evidence_page(document: dict[str, Any]) -> str:
    """Make the page of what ``evidence.json`` has."""
    return _environment().get_template("evidence.html").render(document=document, sure=SURE)


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["words"] = _words
    return made


def _visible(value: Any) -> Any:
    """Spell what would turn a line round or hide in it."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else printable(value)


def _words(value: Any) -> str:
    """A value of JSON as words."""
    if isinstance(value, list):
        return ", ".join(_words(each) for each in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')} {_words(each)}" for name, each in value.items()) or "none"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return str(value)

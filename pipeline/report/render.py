"""Makes pages from templates. What is put into one is escaped, spelled, masked, and cut where it is long."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report.template_cache import TemplateCache
from pipeline.terminal import money
from schemas.support.figures import counted, share
from schemas.support.shown import shown

_TEMPLATES: Final = Path(__file__).parent / "templates"
#: A name or a sentence that is longer is cut: a report has a size of its own, whatever its vendor wrote.
_LONGEST: Final = 600


def render(template: str, **values: Any) -> str:
    """Fill a template of this package."""
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        bytecode_cache=TemplateCache(Path(__file__).read_bytes()),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": "{:,}".format, "share": share, "counted": counted, "money": money}
    return made


def _visible(value: Any) -> Any:
    """Spell what would turn a line round or hide in it, and mask addresses; markup is ours and stays as it is."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return shown(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")

"""Libraries that come with an extra of the package: loaded when they are needed, named where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from schemas.errors import UsageError


def library_for(what: str, module: str, extra: str) -> Any:
    """Import a module that an extra brings. Raises `UsageError` when it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(
            f"The library for {what} is not installed.", f"Install it: pip install 'leadscrub[{extra}]'."
        ) from error

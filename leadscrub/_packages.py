"""Refuses to work with packages of the same names that are not ours."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from pathlib import Path

OURS = ("pipeline", "schemas", "suppression")


def refuse_strangers() -> None:
    """Check where our packages would be imported from. Raises `ImportError` naming the path of one that hides ours."""
    home = Path(__file__).parent.parent
    for name in OURS:
        loaded = sys.modules.get(name)
        spec = loaded.__spec__ if loaded is not None else PathFinder.find_spec(name)
        origin = None if spec is None or spec.origin is None else Path(spec.origin)
        if origin is None or not _is_ours(origin, home / name):
            found = "is missing" if origin is None else f"is '{origin}'"
            raise ImportError(
                f"leadscrub needs its own package '{name}' in '{home}', and what Python finds {found}. "
                "Rename or remove that one, or take its folder off PYTHONPATH."
            )


def _is_ours(origin: Path, package: Path) -> bool:
    return origin.parent == package or origin.parent.resolve() == package.resolve()

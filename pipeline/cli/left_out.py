"""Libraries that others would load for nothing, wherever they happen to be installed."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn

#: Arrow loads it to ask whether a list is one of its columns. That takes longer than a small drop.
_NAMES = frozenset({"pandas"})


class _LeftOut:
    """Finds these libraries, and does not load them: Arrow goes on without. Bases would have to be loaded too."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in _NAMES else None  # type: ignore[arg-type]  # nobody asks it for more

    def create_module(self, _spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> NoReturn:
        raise ImportError(f"leadscrub's command line does without {module.__name__}", name=module.__name__)


def leave_out() -> None:
    """Keep this process from loading them."""
    sys.meta_path.insert(0, _LeftOut())

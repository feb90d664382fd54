"""What other libraries would load for nothing, wherever they happen to be installed."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

#: Arrow loads it to ask whether a list is one of its columns. That takes longer than a small drop.
_MISSING = frozenset({"pandas"})
#: Modules of which names are taken and nothing is asked: texts for Python's help, which numpy and Arrow put together
#: whenever they are loaded; tables of lakes; phone numbers as they are typed and in running text.
_EMPTY = (
    *("numpy._core._add_newdocs", "pyarrow.vendored.docscrape"),
    *("polars.catalog.unity", "polars.io.delta", "polars.io.iceberg", "polars.io.lance"),
    *("phonenumbers.asyoutypeformatter", "phonenumbers.data.alt_format_", "phonenumbers.phonenumbermatcher"),
)
#: Who asks of arrays whether they are masked.
_ASKS_FOR_MASKS = frozenset({"polars", "pyarrow"})


class _LeftOut:
    """Finds these modules, and loads nothing. Without the missing ones Arrow goes on. Bases would have to be loaded."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        if name in _ASKS_FOR_MASKS:
            import numpy  # noqa: PLC0415  # a page of help needs none of them

            vars(numpy).setdefault("ma", _Unmasked())
        return ModuleSpec(name, self) if name in _MISSING or name.startswith(_EMPTY) else None  # type: ignore[arg-type]  # nobody asks it for more

    def create_module(self, _spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ in _MISSING:
            raise ImportError(f"leadscrub's command line does without {module.__name__}", name=module.__name__)
        vars(module)["__getattr__"] = _nothing


class _Nothing:
    """What the names of such a module stand for. Arrow finds no parameters in its description of a function."""

    def __init__(self, *_given: object) -> None:
        pass

    def __getitem__(self, _part: str) -> list[str]:
        return []


def _nothing(name: str) -> type[_Nothing]:
    if name.startswith("__"):  # Python's own names of a module are not missed
        raise AttributeError(name)
    return _Nothing


class _Unmasked:
    """In place of ``numpy.ma``, which polars and Arrow ask whether an array is masked: before it is loaded none is."""

    nomask = False
    MaskedArray = type("MaskedArray", (), {})

    def getmask(self, _values: object) -> Any:
        return self.nomask

    def is_masked(self, _values: object) -> bool:
        return False

    def getdata(self, values: Any) -> Any:
        return values

    def __getattr__(self, name: str) -> Any:
        import numpy.ma  # noqa: PLC0415  # that puts it into its place

        return getattr(numpy.ma, name)


def leave_out() -> None:
    """Keep this process from loading them."""
    sys.meta_path.insert(0, _LeftOut())

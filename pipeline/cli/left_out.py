"""What other libraries would load for nothing, wherever they happen to be installed."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

#: Arrow loads it to ask whether a list is one of its columns. That takes longer than a small drop.
_NAMES = frozenset({"pandas"})
#: Texts for Python's help, put together whenever their library is loaded: numpy's of its functions, and Arrow's, which
#: reads with the last of these what the options of its functions are.
_FOR_HELP = frozenset({"numpy._core._add_newdocs", "numpy._core._add_newdocs_scalars", "pyarrow.vendored.docscrape"})


class _LeftOut:
    """Finds these libraries, and does not load them: Arrow goes on without. Bases would have to be loaded too."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in _NAMES or name in _FOR_HELP else None  # type: ignore[arg-type]  # nobody asks it for more

    def create_module(self, _spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ in _NAMES:
            raise ImportError(f"leadscrub's command line does without {module.__name__}", name=module.__name__)
        vars(module)["NumpyDocString"] = _NoDescription


class _NoDescription:
    """A description of no parameters."""

    def __init__(self, _text: str) -> None:
        pass

    def __getitem__(self, _part: str) -> list[str]:
        return []


class _Unmasked:
    """In place of ``numpy.ma``, which polars and Arrow ask whether an array is masked: before it is loaded none is."""

    nomask = False
    MaskedArray = type("MaskedArray", (), {})

    def getmask(self, _values: object) -> Any:
        return self.nomask

    def getdata(self, values: Any) -> Any:
        return values

    def __getattr__(self, name: str) -> Any:
        import numpy.ma  # noqa: PLC0415  # that puts it into its place

        return getattr(numpy.ma, name)


def leave_out() -> None:
    """Keep this process from loading them."""
    sys.meta_path.insert(0, _LeftOut())
    import numpy  # noqa: PLC0415  # without its texts

    vars(numpy)["ma"] = _Unmasked()

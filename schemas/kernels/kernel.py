"""How a compiled loop is declared and called."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from schemas.kernels.compiled import Entry, compiled_entry

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Int16s = npt.NDArray[np.int16]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
UInt16s = npt.NDArray[np.uint16]
UInt32s = npt.NDArray[np.uint32]
UInt64s = npt.NDArray[np.uint64]

#: What a parameter's annotation says of its array's values. Python takes a hundred times as long to say that.
_VALUES: dict[str, np.dtype[Any] | None] = {
    "int": None,
    "Bytes": np.dtype(np.uint8),
    "Flags": np.dtype(np.bool_),
    "Int16s": np.dtype(np.int16),
    "Int32s": np.dtype(np.int32),
    "Int64s": np.dtype(np.int64),
    "UInt16s": np.dtype(np.uint16),
    "UInt32s": np.dtype(np.uint32),
    "UInt64s": np.dtype(np.uint64),
}

Arguments = ParamSpec("Arguments")
Function = TypeVar("Function", bound=Callable[..., Any])

#: Every kernel by its name in the compiled program, and every helper, of the modules imported so far.
KERNELS: dict[str, Kernel[Any]] = {}
HELPERS: list[Callable[..., Any]] = []

#: A look-up, a page of help and the like have no more.
FEW_ROWS = 64
#: What numba's functions return when all is well: with a value, and without one.
_DONE = (0, -2)


class Kernel(Generic[Arguments]):
    """A compiled loop. ``dtypes``: of each parameter the type of its array's values, None where it is an integer."""

    def __init__(self, function: Callable[Arguments, None]) -> None:
        self.function = function
        self.name = f"{function.__module__.rpartition('.')[2]}_{function.__name__}"
        self._entry: Entry | None = None

    @functools.cached_property
    def dtypes(self) -> list[np.dtype[Any] | None]:
        """Types of the parameters. A command runs a few of the kernels that it imports."""
        return [_VALUES[hint] for name, hint in self.function.__annotations__.items() if name != "return"]

    def __call__(self, *arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        """Run the loop. The arrays must be contiguous and of the types declared: nothing is copied or cast.

        So few rows that loading would take longer, before anything was loaded, are done in Python.
        """
        if named:
            raise TypeError(f"{self.name} takes its arguments by position")
        if self._entry is None and len(arguments[0]) <= FEW_ROWS:  # type: ignore[arg-type]  # an array
            with np.errstate(over="ignore"):  # as in compiled code, where large numbers wrap round
                self.function(*arguments, **named)
            return
        words: list[int] = []
        for dtype, argument in zip(self.dtypes, arguments, strict=True):
            words += [int(argument)] if dtype is None else _array_words(self.name, argument, dtype)  # type: ignore[call-overload]  # an integer
        if self._entry is None:
            self._entry = compiled_entry(self.name, len(words))
        if self._entry(words) not in _DONE:
            raise RuntimeError(f"{self.name} failed")


def _array_words(name: str, array: Any, dtype: np.dtype[Any]) -> tuple[int, ...]:
    """What numba's functions take for an array: owner and object (none), size, item's size, address, shape, strides."""
    if array.dtype != dtype or array.ndim != 1 or not array.flags.c_contiguous:
        raise TypeError(f"{name}: an array of {array.dtype}, {array.ndim} dimensions, instead of contiguous {dtype}")
    size, width = array.size, array.itemsize
    # Whoever has as many rows as a compiled loop is worth has loaded Arrow; numpy takes five times as long to tell.
    return 0, 0, size, width, _py_buffer()(array).address, size, width


@functools.cache
def _py_buffer() -> Callable[[Any], Any]:
    from pyarrow import py_buffer  # noqa: PLC0415  # a look-up needs no Arrow

    made: Callable[[Any], Any] = py_buffer
    return made


def kernel(function: Callable[Arguments, None]) -> Kernel[Arguments]:
    """Declare a function as a kernel."""
    made = Kernel(function)
    KERNELS[made.name] = made
    return made


def helper(function: Function) -> Function:
    """Declare a function that kernels call."""
    HELPERS.append(function)
    return function

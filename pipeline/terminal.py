"""Where results, notes and tables are printed: nothing of a name or a cell reaches a terminal as a command."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from schemas.errors import UsageError
from schemas.support.shown import printable, printable_json, shown

if TYPE_CHECKING:
    from rich.console import Console

#: Version of what ``--json`` prints: it rises when a key goes or changes its meaning, not when one is added.
JSON_VERSION: Final = 1
#: Width of a table in a file or a pipe, where nobody's window sets it; and what is between its columns.
_WIDE: Final = 160
_GAP: Final = "   "


@dataclass
class _Said:
    """How much a command says, and what it has said."""

    quiet: bool = False
    verbose: bool = False
    #: Length of the sign of life that is on the terminal's last line.
    sign: int = 0
    #: Documents that were printed as JSON.
    documents: int = 0
    began: float = 0.0


_said = _Said()


def begin_command() -> None:
    """Forget what an earlier command of this process was told, and has said."""
    _said.quiet = _said.verbose = False
    _said.sign = _said.documents = 0
    _said.began = perf_counter()


def speak(sign: str, *, quiet: bool, verbose: bool) -> None:
    """Set how much this command says, and show at once that it has begun, where somebody watches stderr.

    Raises `UsageError` when it is to say both less and more.
    """
    if quiet and verbose:
        raise UsageError("--quiet and --verbose cannot go together.", "Leave one of them out.")
    _said.quiet, _said.verbose = quiet, verbose
    if sys.stderr.isatty() and not quiet:
        text = f"{printable(sign)} …"
        _said.sign = len(text)
        sys.stderr.write(text)
        sys.stderr.flush()


def is_quiet() -> bool:
    """Whether only the result and errors are to be printed."""
    return _said.quiet


def is_verbose() -> bool:
    """Whether steps and their times are to be printed."""
    return _said.verbose


def clear_sign() -> None:
    """Take the sign of life away, before anything else is printed."""
    if _said.sign:
        sys.stderr.write(f"\r{' ' * _said.sign}\r")
        sys.stderr.flush()
        _said.sign = 0


def print_step(step: str) -> None:
    """Print to stderr what is begun or done, and how long the command has worked, where that is wanted."""
    if _said.verbose:
        clear_sign()
        sys.stderr.write(f"{perf_counter() - _said.began:7.2f} s  {printable(step)}\n")
        sys.stderr.flush()


def print_lines(*lines: str) -> None:
    """Print lines to stdout, each of them one line whatever is in it."""
    clear_sign()
    sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))


def print_notes(*sentences: str) -> None:
    """Print to stderr what a person should know besides the result; nothing where only that is wanted."""
    clear_sign()
    if _said.quiet:
        return
    sys.stderr.write("".join(f"note: {shown(sentence)}\n" for sentence in sentences))


def complain(message: str) -> None:
    """Print to stderr what went wrong; an error of ours may have several lines."""
    clear_sign()
    sys.stderr.write(f"leadscrub: {printable_lines(message)}\n")


def printable_lines(text: str) -> str:
    """Spell what a terminal would obey, but for the ends of the lines, which are ours."""
    return "\n".join(map(printable, text.split("\n")))


def stdout_console() -> Console:
    """Return a console on stdout: as wide as the terminal, or wide enough where there is none.

    What it prints is text: ``[retention]`` and ``:cat:`` in a name are no markup.
    """
    from rich.console import Console  # noqa: PLC0415  # JSON is printed without it

    width = None if sys.stdout.isatty() else _WIDE
    return Console(width=width, markup=False, emoji=False, highlight=False)


def print_text(*parts: str | tuple[str, str]) -> None:
    """Print text as wide as it is. Its parts, some with a style, must be `printable` already."""
    clear_sign()
    if not _is_styled():
        sys.stdout.write("".join(part if isinstance(part, str) else part[0] for part in parts) + "\n")
        return
    from rich.text import Text  # noqa: PLC0415  # as above

    stdout_console().print(Text.assemble(*parts), soft_wrap=True)


def _is_styled() -> bool:
    """Whether rich prints to stdout: it takes as long to load as a small drop to read, and a file shows no style."""
    return sys.stdout.isatty() or any(name in os.environ for name in ("FORCE_COLOR", "TTY_COMPATIBLE"))


def write_json(
    document: Mapping[str, object] | Sequence[object], default: Callable[[Any], object] | None = None
) -> None:
    """Print what a command found as one JSON object: a mapping with its keys, a sequence as ``items``.

    The object is on one line, and is JSON also where stdout has other characters than UTF-8's.
    """
    clear_sign()
    body = dict(document) if isinstance(document, Mapping) else {"items": list(document)}
    spelled = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") != "utf8"
    text = json.dumps({"schema_version": JSON_VERSION, **body}, ensure_ascii=spelled, default=default)
    sys.stdout.write(printable_json(text) + "\n")
    _said.documents += 1


def write_failure(error: Mapping[str, object]) -> None:
    """Print why a command failed as a JSON object; not behind a document, which says itself what is wrong."""
    if not _said.documents:
        write_json({"error": error})


def plain_table(*columns: str) -> PlainTable:
    """Return an empty table as all commands print it: a line under the head, no frame. Cells are `printable`."""
    return PlainTable(*columns)


class PlainTable:
    """A table on its way to stdout."""

    def __init__(self, *columns: str) -> None:
        self._columns: list[tuple[str, dict[str, Any]]] = []
        self._rows: list[tuple[list[str], str]] = []
        for name in columns:
            self.add_column(name)

    def add_column(self, name: str, **layout: Any) -> None:
        """Add a column. ``layout`` is what `rich.table.Table.add_column` takes."""
        self._columns.append((printable(name), layout))

    def add_row(self, *cells: str, style: str = "") -> None:
        """Add a row; a cell is one line, however often it is folded."""
        self._rows.append((list(map(printable, cells)), style))

    def print(self) -> None:
        """Print it."""
        clear_sign()
        lines = None if _is_styled() else self._lines()
        if lines is not None:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            return
        from rich import box  # noqa: PLC0415  # as above
        from rich.table import Table  # noqa: PLC0415

        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name, layout in self._columns:
            table.add_column(name, **layout)
        for cells, style in self._rows:
            table.add_row(*cells, style=style)
        stdout_console().print(table)

    def _lines(self) -> list[str] | None:
        """The lines as rich would make them; None where it would fold cells, or measure letters of other widths."""
        rows = [[name for name, _ in self._columns], *(cells for cells, _ in self._rows)]
        if not self._columns or any(len(cells) != len(self._columns) for cells in rows):
            return None
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        wide = sum(widths) + len(_GAP) * (len(widths) - 1)
        encoding = getattr(sys.stdout, "encoding", None) or ""
        if (
            not all(widths)
            or wide > _WIDE
            or encoding.lower() != "utf-8"
            or not all(cell.isascii() for cells in rows for cell in cells)
        ):
            return None
        right = [layout.get("justify") == "right" for _, layout in self._columns]
        lines = [
            _GAP.join(
                cell.rstrip().rjust(width) if at_right else cell.ljust(width)
                for cell, width, at_right in zip(cells, widths, right, strict=True)
            )
            for cells in rows
        ]
        return [lines[0], "\u2500" * wide, *lines[1:]]


def money(amount: Decimal | None, currency: str | None) -> str:
    """Show an amount; nothing where there is none."""
    return "" if amount is None else f"{amount:,.2f} {currency or ''}".strip()

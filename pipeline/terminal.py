"""Where tables are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

#: Width of a table in a file or a pipe, where nobody's window sets it.
_WIDE = 160


def stdout_console() -> Console:
    """Return a console on stdout: as wide as the terminal, or wide enough where there is none.

    What it prints is text: ``[retention]`` and ``:cat:`` in a name are no markup.
    """
    from rich.console import Console  # noqa: PLC0415  # JSON is printed without it

    width = None if sys.stdout.isatty() else _WIDE
    return Console(width=width, markup=False, emoji=False, highlight=False)


def write_json(document: object, default: Callable[[Any], object] | None = None) -> None:
    """Print a document as JSON on one line, which is JSON also where stdout has other characters than UTF-8's."""
    spelled = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(document, ensure_ascii=spelled, default=default) + "\n")


def plain_table() -> Table:
    """Return an empty table as all commands print it: a line under the head, no frame."""
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)


def money(amount: Decimal | None, currency: str | None) -> str:
    """Show an amount; nothing where there is none."""
    return "" if amount is None else f"{amount:,.2f} {currency or ''}".strip()

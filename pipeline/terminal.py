"""Where tables are printed."""

from __future__ import annotations

import sys
from decimal import Decimal

from rich import box
from rich.console import Console
from rich.table import Table

#: Width of a table in a file or a pipe, where nobody's window sets it.
_WIDE = 160


def stdout_console() -> Console:
    """Return a console on stdout: as wide as the terminal, or wide enough where there is none."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDE)


def plain_table() -> Table:
    """Return an empty table as all commands print it: a line under the head, no frame."""
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)


def money(amount: Decimal | None, currency: str | None) -> str:
    """Show an amount; nothing where there is none."""
    return "" if amount is None else f"{amount:,.2f} {currency or ''}".strip()

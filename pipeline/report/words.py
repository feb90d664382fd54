"""Numbers in words that a manager reads: shares without noise, and no "1 leads"."""

from __future__ import annotations


def share(part: float, whole: float) -> str:
    """A share in percent: whole ones from ten on, and never 0% or 100% of what is not none or all."""
    if not whole:
        return ""
    percent = 100 * part / whole
    if not part or part == whole:
        return f"{percent:.0f}%"
    if percent < 0.1:
        return "under 0.1%"
    if percent > 99:
        return "over 99.9%" if percent > 99.9 else f"{percent:.1f}%"
    return f"{percent:.1f}%" if percent < 10 else f"{percent:.0f}%"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number of things: ``1 lead``, ``12,528 leads``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(names: list[str], most: int = 3) -> str:
    """Names in a sentence: the first few, and how many more."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown

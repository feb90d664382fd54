"""Numbers in words that a person reads: shares without noise, and no "1 leads"."""

from __future__ import annotations


def share(part: float, whole: float) -> str:
    """A share in percent: whole ones from ten on, and never 0% or 100% of what is not none or all."""
    if not whole:
        return ""
    value = 100 * part / whole
    if not part or part == whole:
        return f"{value:.0f}%"
    if value < 0.1:
        return "under 0.1%"
    if value > 99:
        return "over 99.9%" if value > 99.9 else f"{value:.1f}%"
    return f"{value:.1f}%" if value < 10 else f"{value:.0f}%"


def percent(value: float) -> str:
    """A share of one in percent, as exact as two shares that are compared have to be: ``40%``, ``41.5%``, ``0.25%``."""
    return f"{100 * value:.3g}%" if abs(value) < 0.1 else f"{100 * value:.4g}%"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number of things: ``1 lead``, ``12,528 leads``, ``0 entries``, ``2 matches``."""
    return f"{number:,} {one if number == 1 else many or _plural(one)}"


def joined(names: list[str], most: int = 3) -> str:
    """Names in a sentence: the first few, and how many more."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def _plural(one: str) -> str:
    if one.endswith("y") and one[-2:-1] not in "aeiou":
        return f"{one[:-1]}ies"
    return f"{one}es" if one.endswith(("ch", "sh", "s", "x")) else f"{one}s"

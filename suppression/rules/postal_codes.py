"""Which country a postal code is of, where its shape decides: letters in it, or a country's letter before it.

Five or six digits alone are codes of dozens of countries and decide nothing. Shapes: Universal Postal Union, general
knowledge, not verified.
"""

from __future__ import annotations

import re

_SHAPES: tuple[tuple[str, str], ...] = (
    (r"GIR ?0AA|[A-PR-UWYZ][A-HK-Y]?\d[\dA-HJKMNPR-Y]? ?\d[ABD-HJLNP-UW-Z]{2}", "GB"),
    (r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d", "CA"),
    (r"[1-9]\d{3} ?(?!S[ADS])[A-Z]{2}", "NL"),
    (r"(?:[AC-FHKNPRTV-Y]\d{2}|D6W)[ -]?[0-9AC-FHKNPRTV-Y]{4}", "IE"),
    (r"F[ -]\d{5}", "FR"),
    (r"D[ -]\d{5}", "DE"),
    (r"E[ -]\d{5}", "ES"),
    (r"I[ -]\d{5}", "IT"),
    (r"A[ -]\d{4}", "AT"),
    (r"B[ -]\d{4}", "BE"),
    (r"(AT|BE|BG|CH|CY|CZ|DE|DK|EE|ES|FI|FR|GR|HR|HU|IT|LI|LT|LU|LV|MD|NO|PL|PT|RO|RS|SE|SI|SK)[ -]?\d{3,5}", ""),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern), country) for pattern, country in _SHAPES)


def country_of_postal_code(cell: str) -> str | None:
    """Country (ISO 3166-1 alpha-2) that the shape of a postal code decides; None where it decides none."""
    text = " ".join(cell.upper().split())
    for pattern, country in _PATTERNS:
        if match := pattern.fullmatch(text):
            return country or match[1]
    return None

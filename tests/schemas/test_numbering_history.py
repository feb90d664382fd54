"""An entry in the form of an old numbering plan is listed under its present number."""

from __future__ import annotations

import polars as pl
import pytest

from schemas.contact.apply import apply_here
from suppression.entry_phones import read_phones


@pytest.mark.parametrize(
    ("text", "region", "key", "other"),
    [
        ("+52 1 55 1234 5678", None, "+525512345678", None),
        ("044 55 1234 5678", "MX", "+525512345678", None),
        ("01 55 1234 5678", "MX", "+525512345678", None),
        ("52 1 55 1234 5678", "MX", "+525512345678", None),
        ("+55 11 8765 4321", None, "+5511987654321", None),
        ("(11) 8765-4321", "BR", "+5511987654321", None),
        ("+55 11 3765 4321", None, "+551137654321", None),
        ("+48 (0) 22 621 01 57", None, "+48226210157", None),
        ("022 621 01 57", "PL", "+48226210157", None),
        ("+225 07 12 34 56", None, "+2250707123456", None),
        ("07 12 34 56", "CI", "+2250707123456", None),
        ("+225 05 12 34 56", None, "+2250505123456", None),
        ("+225 41 12 34 56", None, "+2250141123456", None),
        ("+225 20 30 40 50", None, "+2252720304050", None),
        ("+229 97 12 34 56", None, "+2290197123456", None),
        ("+84 168 123 4567", None, "+84381234567", None),
        ("+54 9 11 2345 6789", None, "+5491123456789", "+541123456789"),
        ("+54 11 2345 6789", None, "+541123456789", "+5491123456789"),
        ("011 15 2345 6789", "AR", "+5491123456789", "+541123456789"),
        # No form that leaves one number is none.
        ("+225 07 12 34", None, None, None),
        ("07 12 34 56", "US", None, None),
        ("(212) 736-5000", "US", "+12127365000", None),
    ],
)
def test_forms_of_numbering_history(text: str, region: str | None, key: str | None, other: str | None) -> None:
    read = read_phones(pl.Series([text]), pl.Series([region], dtype=pl.String), apply_here)
    assert read.row(0, named=True) | {"why": None} == {"key": key, "other": other, "why": None}

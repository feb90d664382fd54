"""A phone's calling code in a column of its own, as VICIdial's ``phone_code``.

The number is then read as a national number of that calling code, whatever the country column says: the code is about
this number, the country about where somebody lives.
"""

from __future__ import annotations

import re

import polars as pl
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    SUPPORTED_REGIONS,
    country_code_for_region,
    region_code_for_country_code,
)

from schemas.contact.countries import countries_of_number, read_country
from schemas.contact.marks import plain_word

#: One to three digits; what is dialled before them and a spreadsheet's ".0" do not matter.
_CODE = re.compile(r"\(?(?:\+|011\s)?\s*0*\s*([1-9]\d{0,2})(?:\.0+)?\)?")
#: With what is dialled before it, it is no number of anything else.
_DIALLED = re.compile(r"\(?(?:\+|00|011\s)\s*[1-9]\d{0,2}(?:\.0+)?\)?")
_ONLY_DIGITS = r"^[(+0-9 .)]+$"
_NUMERIC_DIGITS = 3
#: A column is of calling codes when this share of its cells is.
_MOST = 0.9
#: What is longer is text.
_LONGEST = 60


def calling_codes(cells: pl.Series) -> pl.Series:
    """Return the calling code (text of digits) of each trimmed cell; null where blank, or where it is none."""
    words = cells.unique().drop_nulls().to_list()
    known = {word: code for word in words if (code := _calling_code(word)) is not None}
    return cells.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def _calling_code(word: str) -> str | None:
    word = plain_word(word)
    if match := _CODE.fullmatch(word):
        return match[1] if int(match[1]) in COUNTRY_CODE_TO_REGION_CODE else None
    if len(word) > _LONGEST:
        return None
    # "+44 (GB)", "US +1", or the country alone.
    countries = read_country(word)
    codes = {country_code_for_region(region) for region in countries.regions if region in SUPPORTED_REGIONS}
    return str(codes.pop()) if len(codes) == 1 and not countries.unread else None


def only_calling_codes(cells: pl.Series) -> bool:
    """Whether trimmed cells (null where blank) are all digits, perhaps behind a plus, and all are calling codes.

    Not where all could be numeric codes of countries as well (ISO 3166-1): 250 is Rwanda's calling code, and France.
    """
    given = pl.Series([plain_word(word) for word in cells.drop_nulls().unique()], dtype=pl.String)
    if given.is_empty() or not given.str.contains(_ONLY_DIGITS).all():
        return False
    codes = [code for word in given if (code := _calling_code(word)) is not None]
    plain = given.str.contains("+", literal=True).any() or any(
        len(code) < _NUMERIC_DIGITS or not countries_of_number(code) for code in codes
    )
    return len(codes) == len(given) and plain


def dialled_codes(cells: pl.Series) -> bool:
    """Whether nearly all trimmed cells (null where blank) are calling codes with what is dialled before them (``+44``).

    Whoever is among them and has none is in doubt, since the others say what the column is about.
    """
    words = cells.drop_nulls()
    codes = [word for word in words.unique() if _DIALLED.fullmatch(plain_word(word)) and _calling_code(word)]
    return not words.is_empty() and int(words.is_in(codes).sum()) >= _MOST * len(words)


def begins_dialled(cell: str) -> bool:
    """Whether a cell is a calling code with what is dialled before it, but for what is around it."""
    return _DIALLED.fullmatch(plain_word(cell)) is not None


def regions_by_code(codes: pl.Series, regions: pl.Series) -> pl.Series:
    """Region to read each number in: the row's own where it has that calling code, else the code's main region."""
    own = {
        region: str(country_code_for_region(region))
        for region in regions.unique().drop_nulls().to_list()
        if region in SUPPORTED_REGIONS
    }
    main = {code: region_code_for_country_code(int(code)) for code in codes.unique().drop_nulls().to_list()}
    frame = pl.DataFrame({"code": codes, "region": regions}, schema={"code": pl.String, "region": pl.String})
    agrees = pl.col("region").replace_strict(own, default=None, return_dtype=pl.String) == pl.col("code")
    of_code = pl.col("code").replace_strict(main, default=None, return_dtype=pl.String)
    keeps = pl.col("code").is_null() | agrees.fill_null(False)
    return frame.select(pl.when(keeps).then("region").otherwise(of_code)).to_series()

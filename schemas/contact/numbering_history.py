"""Forms of one line from before or beside today's numbering plan, where its history leaves one present form.

Lists are older than drops: an entry in an old form is the same person's line as the present form in a drop. Only forms
are here from which exactly one present number follows; the caller asks the library whether that is a number at all.

Sources: Mexico, IFT: 10-digit dialling since 3 August 2019 (no 044, 045, 01; no 1 behind +52). Brazil, Anatel
resolution 553/2010: a ninth digit before mobile numbers, complete since November 2016. Poland: no trunk prefix 0 since
15 May 2010. Côte d'Ivoire, ARTCI: ten digits since 31 January 2021, two before the old eight by operator and service.
Benin, ARCEP: 01 before the old eight digits since 30 November 2024. Viet Nam, MIC: 11-digit mobile numbers became ten
between September and November 2018. Argentina, ENACOM: a mobile line is dialled from abroad with a 9 behind +54.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import polars as pl

_VIETNAM: Final = {
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38", "169": "39",
    "186": "56", "188": "58", "199": "59",
}  # fmt: skip


def _ivory_coast(match: re.Match[str]) -> str:
    """Mobile numbers by their second digit, fixed ones (2 or 3 first) by their third: Moov, MTN or Orange."""
    old = match[1]
    if old[0] in "23":
        return {"8": "21", "0": "25"}.get(old[2], "27") + old
    return ("01" if old[1] in "0123" else "05" if old[1] in "456" else "07") + old


#: Region, calling code, a national number in an old form with its old prefixes, and what it is today.
_FORMS: Final[tuple[tuple[str, str, re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    ("MX", "52", re.compile(r"(?:1|01|044|045)([1-9]\d{9})"), lambda match: match[1]),
    ("BR", "55", re.compile(r"0?([1-9]{2})([6-9]\d{7})"), lambda match: f"{match[1]}9{match[2]}"),
    ("PL", "48", re.compile(r"0([1-9]\d{8})"), lambda match: match[1]),
    ("CI", "225", re.compile(r"(\d{8})"), _ivory_coast),
    ("BJ", "229", re.compile(r"([2-9]\d{7})"), lambda match: f"01{match[1]}"),
    ("VN", "84", re.compile(r"0?(1\d\d)(\d{7})"), lambda match: _VIETNAM.get(match[1], match[1]) + match[2]),
)
_ABROAD: Final = re.compile(r"(?:\+|\uff0b|00|011)(?=\d)")
_DRESS: Final = re.compile(r"[\s().\-/\u2010-\u2015]+")
_ARGENTINA: Final = r"^\+54(9?)([1-8]\d{9})$"


def present_forms(texts: pl.Series, regions: pl.Series) -> pl.Series:
    """Return the present form (``+`` and digits) of each number in an old form, each with its region; else null."""
    found = [_present(text, region) for text, region in zip(texts.to_list(), regions.to_list(), strict=True)]
    return pl.Series(found, dtype=pl.String)


def _present(text: str | None, region: str | None) -> str | None:
    if text is None:
        return None
    digits = _DRESS.sub("", text)
    forms = set(_presents(digits, region))
    return forms.pop() if len(forms) == 1 else None


def _presents(digits: str, region: str | None) -> Iterator[str]:
    abroad = _ABROAD.match(digits)
    whole = digits[abroad.end() :] if abroad else ""
    for own, code, pattern, present in _FORMS:
        national = [whole.removeprefix(code)] if whole.startswith(code) else []
        if not abroad and own == region:
            national = [digits, *([digits.removeprefix(code)] if digits.startswith(code) else [])]
        for number in national:
            if match := pattern.fullmatch(number):
                yield f"+{code}{present(match)}"


def other_forms(keys: pl.Series) -> pl.Series:
    """Return the other form of the same line, of numbers (E.164) that have two today; else null."""
    if not keys.str.starts_with("+54").any():
        return pl.repeat(None, len(keys), dtype=pl.String, eager=True)
    key = pl.col("key")
    nine, national = key.str.extract(_ARGENTINA, 1), key.str.extract(_ARGENTINA, 2)
    other = pl.when(nine == "9").then("+54" + national).when(nine == "").then("+549" + national)
    return keys.to_frame("key").select(other).to_series()

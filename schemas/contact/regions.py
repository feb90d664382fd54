"""Which region (ISO 3166-1 alpha-2) the word in a country column means."""

from __future__ import annotations

import functools
import importlib.util
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import phonenumbers
import polars as pl

from schemas.errors import UsageError
from schemas.support.names import did_you_mean

#: Spellings that the library's country names in all languages do not hold.
_MORE_NAMES = {
    "usa": "US",
    "u.s.a.": "US",
    "u.s.": "US",
    "united states of america": "US",
    "america": "US",
    "uk": "GB",
    "u.k.": "GB",
    "gbr": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "can": "CA",
    "fra": "FR",
    "deu": "DE",
    "esp": "ES",
    "ita": "IT",
    "bra": "BR",
    "mex": "MX",
    "aus": "AU",
    "holland": "NL",
}


def _fold(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _locale_data() -> Mapping[str, Mapping[str, str]]:
    """Load the library's country names alone: the package that they are in loads every place of every prefix."""
    path = Path(phonenumbers.__file__).parent / "geodata" / "locale.py"
    spec = importlib.util.spec_from_file_location("phonenumbers.names.locale", path)
    assert spec is not None and spec.loader is not None  # noqa: S101  # true of every file that is there
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names: Mapping[str, Mapping[str, str]] = module.LOCALE_DATA
    return names


@functools.cache
def region_names() -> dict[str, str]:
    """Map a folded country name or code, in any language that the metadata knows, to its region."""
    names: dict[str, str] = {}
    for region, by_language in _locale_data().items():
        names[region.lower()] = region
        for name in by_language.values():
            # "*en" points to another language of the same entry.
            if not name.startswith("*"):
                names.setdefault(_fold(name), region)
    return names | _MORE_NAMES


def checked_region(region: str) -> str:
    """Return the region in upper case. Raises `UsageError` when no phone number can belong to it."""
    code = region.strip().upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise UsageError(
            f"'{region}' is not a region (ISO 3166-1 alpha-2, such as US, CA, GB or FR).", _region_meant(region)
        )
    return code


def _region_meant(region: str) -> str:
    """Suggest a region for a name, a code of three letters, or a slip of the finger."""
    named = region_names().get(_fold(region))
    if named in phonenumbers.SUPPORTED_REGIONS:
        return f"Did you mean '{named}'?"
    words = {name: code for name, code in region_names().items() if code in phonenumbers.SUPPORTED_REGIONS}
    return did_you_mean(region, phonenumbers.SUPPORTED_REGIONS, words)


def regions_of(countries: pl.Series, default: str | None) -> pl.Series:
    """Region of each row: what its country column says, else ``default``. Unknown words fall back too."""
    words = countries.unique().drop_nulls().to_list()
    names = region_names()
    known = {word: names[_fold(word)] for word in words if _fold(word) in names}
    return countries.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String).fill_null(
        pl.lit(default, pl.String)
    )

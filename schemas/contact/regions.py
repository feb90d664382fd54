"""The region (ISO 3166-1 alpha-2) that national phone numbers are read in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl
from phonenumbers import country_code_for_region

from schemas.contact.countries import Countries, read_country
from schemas.errors import UsageError
from schemas.support.distinct import distinct
from schemas.support.names import did_you_mean


def checked_region(region: str) -> str:
    """Return the region in upper case. Raises `UsageError` when no phone number can belong to it."""
    code = region.strip().upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise UsageError(
            f"'{region}' is not a region (ISO 3166-1 alpha-2, such as US, CA, GB or FR).", _region_meant(region)
        )
    return code


def _region_meant(region: str) -> str:
    """Suggest a region for a country's name or its other codes, else for a slip of the finger."""
    if region.strip().lower() == "none":
        return "To set numbers without a country aside, say no_region = true in a campaign, --region none for a run."
    named = read_country(region.strip()).region if region.strip() else None
    if named in phonenumbers.SUPPORTED_REGIONS:
        return f"Did you mean '{named}'?"
    return did_you_mean(region, phonenumbers.SUPPORTED_REGIONS)


#: What is to know of a row. ``region``: where a national number is read; null where no country is known. ``doubt``:
#: why that may be wrong, null where it is not. ``certain``: whether each word in the cell was read.
HOME_SCHEMA: dict[str, pl.DataType] = {"region": pl.String(), "doubt": pl.String(), "certain": pl.Boolean()}


class Homes(NamedTuple):
    """``words`` (`HOME_SCHEMA`): what each different word of a country column says; ``at``: which of them a row has."""

    words: pl.DataFrame
    at: npt.NDArray[np.int64]

    def column(self, name: str) -> pl.Series:
        """One column of `HOME_SCHEMA`, for each row."""
        return self.words[name][self.at]

    def frame(self) -> pl.DataFrame:
        """`HOME_SCHEMA` for each row."""
        return self.words[self.at]


def home_regions(countries: pl.Series | None, rows: int, default: str | None) -> Homes:
    """Read the trimmed cells of a country column (null where blank; None: there is no column).

    A blank cell means ``default``. A word that names no country never does: then the region is a guess, and doubtful.
    """
    words, at = ([], np.zeros(rows, np.int64)) if countries is None else distinct(countries)
    homes = [_home(read_country(word), default) for word in words] + [(default, None, True)]
    return Homes(pl.DataFrame(homes, schema=HOME_SCHEMA, orient="row"), at)


def _home(named: Countries, default: str | None) -> tuple[str | None, str | None, bool]:
    """Choose the region for what a cell names, and say what is doubtful about it."""
    if named.region is not None:
        return named.region, None, True
    regions = named.regions
    codes = {country_code_for_region(region) for region in regions if region in phonenumbers.SUPPORTED_REGIONS}
    main = phonenumbers.region_code_for_country_code(codes.pop()) if len(codes) == 1 else None
    chosen = default if default in regions else main if main in regions else regions[0] if regions else default
    if named.unread:
        return chosen, "the country column has a word that names no country", False
    return chosen, None if main is not None else "the country column names several countries", True

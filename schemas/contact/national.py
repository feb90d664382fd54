"""Numbers that only a country makes readable: national digits, where no country is known."""

from __future__ import annotations

import polars as pl

#: Fewer digits than these are no subscriber's number in any country's plan.
_LEAST_DIGITS = 6


def needs_country(values: pl.Series, regions: pl.Series, states: pl.Series) -> pl.Series:
    """Whether each value looks like a national number, was not read, and has no region to be read in.

    ``values`` are trimmed phones (null where blank), ``regions`` ISO 3166-1 alpha-2 or null, ``states`` as in
    `schemas.contact.phone.PHONE_FORM_SCHEMA`. Words and what has a plus are no national numbers. Null means no.
    """
    frame = pl.DataFrame({"value": values, "region": regions, "state": states})
    plain = pl.col("value").str.contains(r"^[\s\d().\-/]*$")
    digits = pl.col("value").str.count_matches(r"\d") >= _LEAST_DIGITS
    unread = pl.col("region").is_null() & pl.col("state").is_in(["unparseable", "invalid"])
    return frame.select((unread & plain & digits).fill_null(False)).to_series()

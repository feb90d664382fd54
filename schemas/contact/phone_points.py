"""Repairs and second readings of whole columns: only distinct values that need them are read one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import phonenumbers
import polars as pl
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region

from schemas.contact.apply import Apply, apply_here
from schemas.contact.forms import form_frame
from schemas.contact.phone import PHONE_FORM_SCHEMA, PhoneForm, phone_forms
from schemas.contact.phone_repairs import (
    AHEAD_OF_PREFIX,
    has_bogus_plus,
    keeps_zero,
    may_repeat_code,
    read_phone_point,
    repair_phone,
)

#: As `PHONE_FORM_SCHEMA`, and the other reading of a number that has two.
PHONE_POINT_SCHEMA: dict[str, pl.DataType] = {
    **PHONE_FORM_SCHEMA,
    "other": pl.String(),
    "other_region": pl.String(),
}

#: What is before a number where a plus is meant, or nothing.
_ABROAD_PATTERN = rf"^[{AHEAD_OF_PREFIX}]*(?:\+|\x{{ff0b}}|011|00)"
#: A number that is written to be called from abroad.
_WITH_PREFIX = rf"^\D*[+\x{{ff0b}}]|^[{AHEAD_OF_PREFIX}]*(?:011|00)"
#: Of what the library refuses, all that a repair could read: anything but plain digits in the usual dress, and of
#: these what is too short or too long for a number, or begins like a call abroad.
_ODD = r"[^0-9 ().\-]|^[ ().\-]*0|^.{1,8}$|^.{15,}$"


def _repair_chunk(items: Sequence[tuple[str, str | None, str, str | None]]) -> list[tuple[object, ...]]:
    phonenumbers.enable_pattern_cache()
    points = (repair_phone(value, region, PhoneForm(state, why=why)) for value, region, state, why in items)
    return [(*form, *((other.e164, other.region) if other else (None, None))) for form, other in points]


def _other_chunk(items: Sequence[tuple[str, str]]) -> list[tuple[object, ...]]:
    found = (read_phone_point(value, region).other for value, region in items)
    return [(other.e164, other.region) if other else (None, None) for other in found]


def phone_points(values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """Read a column of trimmed values (null where blank), each with its region.

    Returns `PHONE_POINT_SCHEMA`, one row per value in the same order; all null where the value is null. Only distinct
    values that were refused, or that are valid as a number of two countries, are looked at one by one.
    """
    given = values.is_not_null()
    if not given.all():
        # Second phones are seldom given: nothing is done for the rows that have none.
        position = (given.cum_sum().cast(pl.Int64) - 1).set(~given, None)
        return phone_points(values.filter(given), regions.filter(given), apply).select(pl.all().gather(position))
    return repair_forms(phone_forms(values, regions, apply), values, regions, apply)


def repair_forms(forms: pl.DataFrame, values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """As `phone_points`, of values that `phone_forms` has read already."""
    forms = forms.with_columns(
        value=values.cast(pl.String),
        given=regions.cast(pl.String),
        other=pl.lit(None, pl.String),
        other_region=pl.lit(None, pl.String),
    )
    forms = _with_others(forms, apply)
    return _with_repairs(forms, apply).select(list(PHONE_POINT_SCHEMA))


def _with_repairs(forms: pl.DataFrame, apply: Apply) -> pl.DataFrame:
    keeping = [region for region in _distinct(forms.get_column("given")) if region and keeps_zero(region)]
    refused = forms.select((pl.col("state") != "ok").fill_null(False)).to_series().arg_true()
    odd = pl.col("value").str.contains(_ODD) | pl.col("given").is_in(keeping)
    rows = forms[refused].with_columns(at=refused)
    candidates = rows.filter(odd.fill_null(False) | pl.lit(_without_plus(rows, apply)))
    if candidates.is_empty():
        return forms
    keys = ["value", "given", "state", "why"]
    distinct = candidates.select(keys).unique(maintain_order=True)
    read = form_frame(apply(_repair_chunk, distinct.rows()), PHONE_POINT_SCHEMA)
    looked = pl.concat([distinct.rename({name: f"key:{name}" for name in keys}), read], how="horizontal")
    found = candidates.select("at", *(pl.col(name).alias(f"key:{name}") for name in keys)).join(
        looked, on=[f"key:{name}" for name in keys], how="left", nulls_equal=True, maintain_order="left"
    )
    return _put(forms, found, PHONE_POINT_SCHEMA)


def _without_plus(refused: pl.DataFrame, apply: Apply) -> pl.Series:
    """Whether a value begins with the region's calling code and is a number once a plus is put before it."""
    found = pl.repeat(False, len(refused), dtype=pl.Boolean, eager=True)
    regions = [region for region in _distinct(refused.get_column("given")) if region in SUPPORTED_REGIONS]
    if not regions:
        return found
    at = refused.select(_first_digits().str.starts_with(_code(regions)).fill_null(False)).to_series().arg_true()
    nowhere = pl.repeat(None, len(at), dtype=pl.String, eager=True)
    read = phone_forms("+" + refused.get_column("value")[at], nowhere, apply)
    return found.scatter(at, read.get_column("state") == "ok")


def _code(regions: list[str]) -> pl.Expr:
    """Calling code of each row's region, which is one of these; null elsewhere."""
    codes = {region: str(country_code_for_region(region)) for region in regions}
    one = pl.lit(codes[regions[0]])
    return one if len(regions) == 1 else pl.col("given").replace_strict(codes, default=None)


def _first_digits() -> pl.Expr:
    return pl.col("value").str.replace_all("[^0-9]", "")


def _with_others(forms: pl.DataFrame, apply: Apply) -> pl.DataFrame:
    """Add the second readings of valid numbers that have two."""
    return _with_code_read(_with_national(forms, apply), apply)


def _with_code_read(forms: pl.DataFrame, apply: Apply) -> pl.DataFrame:
    """Find national numbers that begin with the region's calling code and are a number behind a plus as well."""
    regions = [region for region in _distinct(forms.get_column("given")) if region and may_repeat_code(region)]
    if not regions:
        return forms
    code = _code(regions)
    doubled = pl.col("given").is_in(regions) & pl.col("e164").str.starts_with("+" + code + code)
    at = forms.select(doubled.fill_null(False)).to_series().arg_true()
    if at.is_empty():
        return forms
    rows = forms.select("value", "given", "e164")[at].with_columns(at=at)
    digits = pl.col("e164").str.strip_prefix("+" + code)
    # Whoever writes a national prefix in front means a national number.
    first = _first_digits().str.starts_with(code)
    rows = rows.filter(first & ~pl.col("value").str.contains(_WITH_PREFIX)).with_columns(number="+" + digits)
    nowhere = pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    read = phone_forms(rows.get_column("number"), nowhere, apply)
    found = rows.select("at").with_columns(other=read.get_column("e164"), other_region=read.get_column("region"))
    return _put(forms, found.filter(pl.col("other").is_not_null()), ["other", "other_region"])


def _with_national(forms: pl.DataFrame, apply: Apply) -> pl.DataFrame:
    """Find numbers of another country that are, without their plus, a number of the region as well."""
    bare = [region for region in _distinct(forms.get_column("given")) if region and has_bogus_plus(region)]
    if not bare:
        return forms
    home = pl.col("given").replace_strict(bare, [f"+{country_code_for_region(r)}" for r in bare], default=None)
    foreign = forms.select((pl.col("given").is_in(bare) & ~pl.col("e164").str.starts_with(home)).fill_null(False))
    at = foreign.to_series().arg_true()
    if at.is_empty():
        return forms
    rows = forms.select("value", "given")[at].with_columns(at=at)
    national = phone_forms(
        rows.get_column("value").str.replace(_ABROAD_PATTERN, "").str.strip_chars(" ().-"),
        rows.get_column("given"),
        apply,
    )
    both = rows.filter(national.get_column("state") == "ok")
    distinct = both.select("value", "given").unique(maintain_order=True)
    if distinct.is_empty():
        return forms
    others = {"other": pl.String(), "other_region": pl.String()}
    read = form_frame(apply(_other_chunk, distinct.rows()), others)
    found = both.join(pl.concat([distinct, read], how="horizontal"), on=["value", "given"], maintain_order="left")
    return _put(forms, found, others)


def _put(forms: pl.DataFrame, found: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Write what was found over the rows ``at``."""
    at = found.get_column("at")
    written = []
    for name in columns:
        before, after = forms.get_column(name), found.get_column(name)
        if isinstance(before.dtype, pl.List):
            # Lists cannot be written in position.
            position = np.arange(len(forms))
            position[at] = len(forms) + np.arange(len(found))
            written.append(pl.concat([before, after]).gather(position) if after.null_count() < len(after) else before)
        else:
            written.append(before.scatter(at, after))
    return forms.with_columns(written)


def _distinct(regions: pl.Series) -> list[str | None]:
    """Return the regions of a column, most often one."""
    same = len(regions) > 0 and regions.eq_missing(regions[0]).all()
    return (regions.head(1) if same else regions.unique()).to_list()

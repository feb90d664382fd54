"""Phones as points of contact: a second look at what the library refuses, and at what can be read in two ways.

`phone_forms` says what the library says. Vendors write numbers that it refuses although only one reading is possible
(a plus before a national number, a line break, a lost zero): these are repaired, and the repair is named. Where two
readings are possible and both are valid, the one as written is kept and the other goes along, so that both are
screened. Where there is no certain reading, the state says what stands in the cell instead (`is_email`,
`short_code`). Ordinary values never come here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import phonenumbers
import polars as pl
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, country_code_for_region

from schemas.contact.apply import Apply, apply_here
from schemas.contact.blank import ERROR_WORDS
from schemas.contact.email import read_email
from schemas.contact.forms import form_frame
from schemas.contact.numbering.library import SEVERAL, parts_of_cell
from schemas.contact.phone import PHONE_FORM_SCHEMA, PhoneForm, phone_forms, read_phone

#: As `PHONE_FORM_SCHEMA`, and the other reading of a number that has two.
PHONE_POINT_SCHEMA: dict[str, pl.DataType] = {
    **PHONE_FORM_SCHEMA,
    "other": pl.String(),
    "other_region": pl.String(),
}

#: What vendors write before a number where a plus is meant, and before national numbers without meaning it.
_ABROAD = ("+00", "+011", "+", "0011", "011", "00")
_ABROAD_PATTERN = r"^[\s(]*(?:\+|\x{ff0b}|011|00)"
_BREAKS = re.compile(r"[\r\n\t\v\f\u2028\u2029]")
_LABEL = re.compile(
    r"[\s(,;:\-]+(?:home|house|work|office|business|cell|cellular|mobile|mob|phone|tel|landline|main|direct|day"
    r"|daytime|evening|voice|primary)[\s.)]*",
    re.IGNORECASE,
)
_ONLY_EXTENSION = re.compile(r"\W*(?:e?xt(?:ensio)?n?|x)\W*\d{1,7}\W*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2}")
#: Of what the library refuses, all that a second look could read: anything but plain digits in the usual dress, and of
#: these what is too short or too long for a number, or begins like a call abroad.
_ODD = r"[^0-9 ().\-]|^[ ().\-]*0|^.{1,8}$|^.{15,}$"


class PhonePoint(NamedTuple):
    """One value, read as a point of contact."""

    form: PhoneForm
    other: PhoneForm | None = None


def read_phone_point(value: str, region: str | None) -> PhonePoint:
    """Read one trimmed, non-empty value; ``region`` as in `read_phone`."""
    form = read_phone(value, region)
    if form.state != "ok":
        return look_again(value, region, form)
    if form.e164 is None or region is None or form.e164.startswith(f"+{country_code_for_region(region)}"):
        return PhonePoint(form)
    return PhonePoint(form, next((national for _, national in _as_national(value, region)), None))


def look_again(value: str, region: str | None, refused: PhoneForm) -> PhonePoint:
    """Find the one certain reading of a value that the library refuses, or say what it is instead."""
    if refused.state == "damaged":
        return PhonePoint(refused)
    if value.lower() in ERROR_WORDS:
        return PhonePoint(PhoneForm("damaged", why="a spreadsheet's error stands in place of the number"))
    if "@" in value and read_email(value).state in {"ok", "special_use"}:
        return PhonePoint(PhoneForm("is_email", why="it is an email address"))
    if refused.why == SEVERAL:
        return PhonePoint(_same_twice(value, region) or refused)
    text, cleaned = _cleaned(value)
    if cleaned and (form := read_phone(text, region)).state == "ok":
        return PhonePoint(form._replace(repair=cleaned))
    return _from_abroad(text, region, cleaned) or PhonePoint(_lost_zero(text, region) or _named(text, region, refused))


def _same_twice(value: str, region: str | None) -> PhoneForm | None:
    forms = [read_phone(part.strip(), region) for part in parts_of_cell(value)]
    same = {form.e164 for form in forms}
    return forms[0]._replace(repair="the same number twice") if len(same) == 1 and forms[0].state == "ok" else None


def _cleaned(value: str) -> tuple[str, str]:
    """Take out line breaks and a word that only says whose the number is. Returns the text and what was done."""
    text, done = value, []
    if _BREAKS.search(text):
        text = " ".join(text.split())
        done.append("line break removed")
    if (match := _LABEL.search(text)) is not None and match.end() == len(text):
        text = text[: match.start()]
        done.append("word behind the number removed")
    return text, ", ".join(done)


def _from_abroad(text: str, region: str | None, cleaned: str) -> PhonePoint | None:
    """Read what begins as a call abroad does: as a number of another country, and as one of this with a bogus prefix.

    When both are valid, the first one is as written; several numbers abroad are no certain reading.
    """
    abroad: dict[str | None, PhonePoint] = {}
    for prefix, rest in _without_prefix(text):
        if prefix != "+" and (form := read_phone("+" + rest, None)).state == "ok":
            abroad.setdefault(form.e164, PhonePoint(_repaired(form, f"prefix {prefix} read as +", cleaned)))
    national = {form.e164: (prefix, form) for prefix, form in _as_national(text, region)}
    if len(abroad) > 1 or len(abroad | national) != len(abroad) + len(national) or len(national) > 1:
        return next(iter(abroad.values())) if len(abroad | national) == 1 else None
    if not national:
        return next(iter(abroad.values()), None)
    prefix, form = next(iter(national.values()))
    if abroad:
        return next(iter(abroad.values()))._replace(other=form)
    return PhonePoint(_repaired(form, f"bogus {prefix} removed", cleaned))


def _without_prefix(text: str) -> Iterator[tuple[str, str]]:
    """Yield each way to take a prefix for calls abroad off, and what is left."""
    begun = text.replace("\uff0b", "+").lstrip(" (")
    for prefix in _ABROAD:
        rest = begun.removeprefix(prefix).lstrip(" ().-")
        if begun.startswith(prefix) and rest[:1].isdigit():
            yield prefix, rest


def _as_national(text: str, region: str | None) -> Iterator[tuple[str, PhoneForm]]:
    """Yield the readings as a national number of the region behind a bogus prefix, each with the prefix.

    Only digits that are written as national numbers of the region are: in Germany with the zero in front, in the
    United States with ten digits. Otherwise almost any number of another country would also be a German one.
    """
    if region is None:
        return
    for prefix, rest in _without_prefix(text):
        form = read_phone(rest, region)
        if form.state == "ok" and _digits(rest) == _national_digits(rest, region):
            yield prefix, form


def _national_digits(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    number.extension = None
    return _digits(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))


def _lost_zero(text: str, region: str | None) -> PhoneForm | None:
    """Read digits whose leading zero a spreadsheet took, where the zero is part of the number (Italy)."""
    digits = text.removesuffix(".0")
    if region is None or not digits.isdecimal() or not _keeps_zero(region):
        return None
    form = read_phone("0" + digits, region)
    if form.state != "ok" or read_phone("+" + digits, None).state == "ok":
        return None
    return form._replace(repair="leading zero restored")


def _named(text: str, region: str | None, refused: PhoneForm) -> PhoneForm:
    """Say what stands in a cell that holds no subscriber's number."""
    digits = _digits(text)
    if _ONLY_EXTENSION.fullmatch(text):
        return PhoneForm("unparseable", why="an extension without its number")
    if len(digits) > 1 and digits.strip("0") == "" and not _WORD.search(text):
        return PhoneForm("damaged", why="zeros only, as a spreadsheet's format shows an empty cell")
    if digits and _WORD.search(text):
        return PhoneForm("unparseable", why="a word stands in the number")
    if refused.state == "invalid" and text == digits and region is not None and _is_short_code(digits, region):
        return PhoneForm("short_code", why="a short code")
    return refused


def _is_short_code(digits: str, region: str) -> bool:
    if len(digits) > 6:
        return False
    number = phonenumbers.PhoneNumber(country_code=country_code_for_region(region), national_number=int(digits))
    return digits[:1] != "0" and phonenumbers.is_valid_short_number_for_region(number, region)


def _repaired(form: PhoneForm, repair: str, cleaned: str) -> PhoneForm:
    return form._replace(repair=f"{cleaned}, {repair}" if cleaned else repair)


def _digits(text: str) -> str:
    return "".join(str(int(letter)) for letter in text if letter.isdecimal())


@functools.cache
def _keeps_zero(region: str) -> bool:
    """Whether numbers of the region may begin with a zero that is dialled from abroad too."""
    return any(number.italian_leading_zero for number in _examples(region))


@functools.cache
def _writes_bare(region: str) -> bool:
    """Whether some national numbers of the region are written without anything in front, as ten digits in the US.

    In most regions at least those of services are.
    """
    return any(
        _digits(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
        == phonenumbers.national_significant_number(number)
        for number in _examples(region, PhoneNumberType.values())
    )


def _examples(
    region: str, kinds: Iterable[int] = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
) -> list[phonenumbers.PhoneNumber]:
    numbers = (phonenumbers.example_number_for_type(region, kind) for kind in kinds)
    return [number for number in numbers if number is not None]


def _look_chunk(items: Sequence[tuple[str, str | None, str, str | None]]) -> list[tuple[object, ...]]:
    phonenumbers.enable_pattern_cache()
    points = (look_again(value, region, PhoneForm(state, why=why)) for value, region, state, why in items)
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
        place = (given.cum_sum().cast(pl.Int64) - 1).set(~given, None)
        return phone_points(values.filter(given), regions.filter(given), apply).select(pl.all().gather(place))
    return second_look(phone_forms(values, regions, apply), values, regions, apply)


def second_look(forms: pl.DataFrame, values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """As `phone_points`, of values that `phone_forms` has read already."""
    forms = forms.with_columns(
        value=values.cast(pl.String),
        given=regions.cast(pl.String),
        other=pl.lit(None, pl.String),
        other_region=pl.lit(None, pl.String),
    )
    forms = _with_others(forms, apply)
    return _with_second_look(forms, apply).select(list(PHONE_POINT_SCHEMA))


def _with_second_look(forms: pl.DataFrame, apply: Apply) -> pl.DataFrame:
    keeping = [region for region in _distinct(forms.get_column("given")) if region and _keeps_zero(region)]
    refused = forms.select((pl.col("state") != "ok").fill_null(False)).to_series().arg_true()
    odd = pl.col("value").str.contains(_ODD) | pl.col("given").is_in(keeping)
    candidates = forms[refused].with_columns(at=refused).filter(odd.fill_null(False))
    if candidates.is_empty():
        return forms
    keys = ["value", "given", "state", "why"]
    distinct = candidates.select(keys).unique(maintain_order=True)
    read = form_frame(apply(_look_chunk, distinct.rows()), PHONE_POINT_SCHEMA)
    looked = pl.concat([distinct.rename({name: f"key:{name}" for name in keys}), read], how="horizontal")
    found = candidates.select("at", *(pl.col(name).alias(f"key:{name}") for name in keys)).join(
        looked, on=[f"key:{name}" for name in keys], how="left", nulls_equal=True, maintain_order="left"
    )
    return _put(forms, found, PHONE_POINT_SCHEMA)


def _with_others(forms: pl.DataFrame, apply: Apply) -> pl.DataFrame:
    """Find numbers of another country that are, without their plus, a number of the region as well."""
    bare = [region for region in _distinct(forms.get_column("given")) if region and _writes_bare(region)]
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
            # Lists cannot be written in place.
            place = np.arange(len(forms))
            place[at] = len(forms) + np.arange(len(found))
            written.append(pl.concat([before, after]).gather(place) if after.null_count() < len(after) else before)
        else:
            written.append(before.scatter(at, after))
    return forms.with_columns(written)


def _distinct(regions: pl.Series) -> list[str | None]:
    """Return the regions of a column, most often one."""
    same = len(regions) > 0 and regions.eq_missing(regions[0]).all()
    return (regions.head(1) if same else regions.unique()).to_list()

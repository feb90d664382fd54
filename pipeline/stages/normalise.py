"""Stage: every phone becomes E.164 and every email its normal form, or a finding says why not."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.context import Context, Source
from pipeline.stages.checks import Batch, BatchCheck
from pipeline.stages.contactable import has_address
from schemas.columns import CODE_FIELDS, POST_POINT
from schemas.contact.calling_codes import calling_codes, regions_by_code
from schemas.contact.email import EMAIL_AUTHORITY, read_emails
from schemas.contact.national import needs_country
from schemas.contact.numbering.lookup import region_numbers
from schemas.contact.phone import PHONE_AUTHORITY, phone_forms
from schemas.contact.phone_points import read_points
from schemas.contact.regions import home_regions
from schemas.findings import findings, no_findings
from schemas.frame_columns import DOMAIN, FORM, GIVEN, KEY, NUMBER, OTHER, OTHER_REGION, REGION, TYPE, ZONES
from schemas.masking import masked_phone, masked_text

#: State of a value -> the code that it gives.
_PHONE_CODES = {
    "damaged": "phone.damaged",
    "unparseable": "phone.unparseable",
    "invalid": "phone.invalid",
    "is_email": "phone.is_email",
    "short_code": "phone.short_code",
}
#: Column of the forms -> what it becomes of each phone.
_ADDED = {"type": TYPE, "region": REGION, "time_zones": ZONES, "other": OTHER, "other_region": OTHER_REGION}
_EMAIL_CODES = {
    "damaged": "email.damaged",
    "syntax": "email.syntax",
    "special_use": "email.special_use",
    "several": "email.several",
    "is_phone": "email.is_phone",
}


def normalise_stage(batch: Batch, source: Source, context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Replace the contact columns by their canonical form.

    Adds ``<phone>:form``, ``<phone>:type``, ``<phone>:region``, ``<phone>:zones`` and ``<phone>:number``,
    ``<phone>:other`` and ``<phone>:other_region`` with the other reading of a number that has two, ``<email>:given``
    with the value as it came, ``<email>:key`` under which it is suppressed and de-duplicated, and ``<email>:domain``.
    """
    frame = batch.frame
    found = [_contact_none(frame, source, context)]
    frame, of_phones = _phones(frame, source, context)
    frame, of_emails = _emails(frame, source, context)
    return frame, pl.concat([no_findings(), *found, *of_phones, *of_emails])


def _contact_none(frame: pl.DataFrame, source: Source, context: Context) -> pl.DataFrame:
    """Rows with nothing in any contact column. What is no lead at all has its own finding already."""
    slots = source.slots(context.points)
    missing = [pl.col(slot).is_null() for slot in slots]
    if POST_POINT in context.points:
        missing.append(~has_address(frame))
    empty = frame.filter(pl.all_horizontal(pl.col("is_lead"), *missing))
    return findings(
        empty,
        "contact.none",
        source="campaign",
        detail=f"no contact point for {' or '.join(context.campaign.channels)}",
    )


def _phones(frame: pl.DataFrame, source: Source, context: Context) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    slots = source.slots(context.phone_slots)
    if not slots:
        return frame, []
    homes = home_regions(frame.get_column("country") if "country" in frame.columns else None, len(frame), source.region)
    regions = homes.column("region")
    codes = {slot: calling_codes(frame.get_column(column)) for slot, column in _code_columns(slots, source).items()}
    read_in = {slot: regions_by_code(codes[slot], regions) if slot in codes else regions for slot in slots}
    # All phone columns at once: the same number in two of them is read once.
    read = read_points(
        pl.concat([frame.get_column(slot) for slot in slots]),
        pl.concat([read_in[slot] for slot in slots]),
        context.apply,
        None if codes else np.tile(region_numbers(homes.words["region"])[homes.at], len(slots)),
    )
    has_doubt = homes.words["doubt"].null_count() < len(homes.words)
    forms = read.forms()
    # Nothing is to be said of most forms, nor of the rows that have them.
    is_noted = forms.select(
        (pl.col("state") != "ok") | pl.any_horizontal(pl.col("repair", "extension", "other").is_not_null())
    ).to_series()
    noted_forms = is_noted.fill_null(False).to_numpy()
    found = []
    for position, slot in enumerate(slots):
        part = read.part(position * len(frame), len(frame))
        numbers = part.e164_column()
        rows = np.flatnonzero(noted_forms.take(part.at) | (part.more != 0))
        noted = part.frame(rows, forms).with_columns_seq(
            frame["row_id"][rows], frame[slot][rows].alias("value"), read_in[slot][rows].alias("read_in")
        )
        guessed = pl.Series([], dtype=frame.schema["row_id"])
        if slot in codes or has_doubt:
            home, *doubt = homes.frame()
            beside = pl.DataFrame([frame["row_id"], frame[slot].alias("value"), numbers, home.alias("home"), *doubt])
            if slot in codes:
                column = _code_columns(slots, source)[slot]
                beside = beside.with_columns_seq(codes[slot].alias("code"), frame[column])
                found += _conflicts(beside, slot, column)
                beside = _of_code(beside, column, source.mapping.fields[column])
            beside = beside.filter(pl.col("doubt").is_not_null())
            found += _unread(beside, slot)
            guessed = beside.get_column("row_id")
        found += _noted(noted, slot, guessed)
        frame = frame.with_columns_seq(
            numbers.alias(slot),
            pl.Series(NUMBER.of(slot), part.numbers().view(np.uint64)),
            pl.Series(FORM.of(slot), part.at),
            *(column.alias(_ADDED[column.name].of(slot)) for column in forms.select_seq(list(_ADDED))[part.at]),
        )
    return frame, found


def _noted(noted: pl.DataFrame, slot: str, guessed: pl.Series) -> list[pl.DataFrame]:
    """Say what is to be said of values that are no number, or were not one as they came.

    ``guessed``: ids of rows whose region is a guess. That a national number is none there says nothing about it.
    """
    if noted.is_empty():
        return []
    refused = noted.filter(pl.col("state") != "ok")
    homeless = pl.repeat(False, len(refused), dtype=pl.Boolean, eager=True)
    if refused.get_column("read_in").null_count() or len(guessed):
        known = pl.when(~pl.col("row_id").is_in(guessed.implode())).then("read_in").alias("read_in")
        read = refused.with_columns_seq(known)
        homeless = needs_country(*(read.get_column(name) for name in ("value", "read_in", "state")))
    details = {
        "repair": ("phone.repaired", pl.col("repair")),
        "extension": ("phone.extension", "extension " + pl.col("extension")),
        "other": (
            "phone.ambiguous",
            masked_phone(pl.col("e164")) + " as written, or " + masked_phone(pl.col("other")),
        ),
    }
    return [
        *_without_country(refused, homeless & refused.get_column("read_in").is_null(), slot),
        *_trouble(refused.filter(~homeless), _PHONE_CODES, slot, PHONE_AUTHORITY),
        *(
            findings(noted.filter(pl.col(name).is_not_null()), code, point=slot, source=PHONE_AUTHORITY, detail=detail)
            for name, (code, detail) in details.items()
            if noted.get_column(name).null_count() < len(noted)
        ),
    ]


def _without_country(judged: pl.DataFrame, homeless: pl.Series, slot: str) -> list[pl.DataFrame]:
    """Set numbers aside that only a setting of the user's makes unreadable: they are not the vendor's fault."""
    if not homeless.any():
        return []
    detail = masked_phone(pl.col("value")) + " has no country code, and no country is known"
    return [findings(judged.filter(homeless), "phone.no_region", point=slot, source="campaign", detail=detail)]


def _code_columns(slots: tuple[str, ...], source: Source) -> dict[str, str]:
    """Field with the calling code of each phone column that has one: its own, else the first phone's."""
    own = {slot: field for field, slot in CODE_FIELDS.items() if field in source.mapping.fields}
    shared = dict.fromkeys(slots, own["phone"]) if "phone" in own else {}
    return {slot: field for slot, field in (shared | own).items() if slot in slots}


def _conflicts(judged: pl.DataFrame, slot: str, field: str) -> list[pl.DataFrame]:
    """Flag calling codes that the number contradicts, or without which alone it would be valid."""
    given = judged.filter(pl.col("value").is_not_null() & pl.col(field).is_not_null())
    code, number = pl.col("code"), pl.col("e164")
    refused = given.filter(code.is_not_null() & number.is_null())
    without = phone_forms(refused.get_column("value"), refused.get_column("home"))
    cases = (
        (given.filter(~number.str.starts_with("+" + code)), masked_phone(number) + " is not of calling code " + code),
        (refused.filter(without.get_column("state") == "ok"), "valid, but not with the calling code " + code),
    )
    return [
        findings(rows, "phone.code_conflict", point=slot, source="calling code column", detail=detail)
        for rows, detail in cases
    ]


def _of_code(beside: pl.DataFrame, field: str, column: str) -> pl.DataFrame:
    """The calling code decides whose number it is, where there is one; what is there and is none is a doubt."""
    given, code = pl.col(field).is_not_null(), pl.col("code")
    none = pl.lit(f"column '{column}' holds no calling code")
    doubt = pl.when(given & code.is_null()).then(none).when(code.is_null()).then("doubt")
    return beside.with_columns(doubt=doubt, certain=pl.col("certain") & ~(given & code.is_null()))


def _unread(beside: pl.DataFrame, slot: str) -> list[pl.DataFrame]:
    """Set numbers aside of which nobody can say for certain which country they are of. All rows have a doubt."""
    doubtful = beside.filter(pl.col("value").is_not_null())
    if doubtful.is_empty():
        return []
    # Where every word was read and names one of several countries, a number with its own calling code is certain.
    nowhere = pl.repeat(None, len(doubtful), dtype=pl.String, eager=True)
    alone = phone_forms(doubtful.get_column("value"), nowhere).get_column("state") == "ok"
    doubtful = doubtful.filter(~(pl.col("certain") & alone))
    read_in = pl.when(pl.col("home").is_null()).then(pl.lit("")).otherwise("; read in " + pl.col("home"))
    detail = pl.col("doubt") + read_in
    return [findings(doubtful, "phone.country_unread", point=slot, source="country column", detail=detail)]


def _emails(frame: pl.DataFrame, source: Source, context: Context) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    found = []
    for slot in source.slots(context.email_slots):
        given = frame.get_column(slot)
        read = read_emails(given, context.apply)
        noted = read.noted.with_columns_seq(frame["row_id"][read.rows], given[read.rows].alias("value"))
        found += _trouble(noted, _EMAIL_CODES, slot, EMAIL_AUTHORITY)
        repaired = noted.filter(pl.col("repair").is_not_null())
        found.append(findings(repaired, "email.repaired", point=slot, source=EMAIL_AUTHORITY, detail=pl.col("repair")))
        frame = frame.with_columns_seq(
            read.normal.alias(slot),
            given.alias(GIVEN.of(slot)),
            read.key.alias(KEY.of(slot)),
            read.domain.alias(DOMAIN.of(slot)),
        )
    return frame, found


def _trouble(noted: pl.DataFrame, codes: dict[str, str], slot: str, authority: str) -> list[pl.DataFrame]:
    noted = noted.filter(pl.col("state") != "ok")
    if noted.is_empty():
        return []
    said = noted.select_seq("row_id", "state", said=masked_text(pl.col("value")) + ": " + pl.col("why"))
    of_state = said.partition_by("state", as_dict=True)
    return [
        findings(of_state[(state,)], code, point=slot, source=authority, detail=pl.col("said"))
        for state, code in codes.items()
        if (state,) in of_state
    ]


NORMALISE = BatchCheck(
    "normalise",
    normalise_stage,
    codes=frozenset(_PHONE_CODES.values())
    | frozenset(_EMAIL_CODES.values())
    | {
        "contact.none",
        "phone.repaired",
        "phone.extension",
        "phone.ambiguous",
        "phone.code_conflict",
        "phone.country_unread",
        "phone.no_region",
        "email.repaired",
    },
    adds=tuple(
        name
        for column in (TYPE, REGION, ZONES, FORM, NUMBER, OTHER, OTHER_REGION, GIVEN, KEY, DOMAIN)
        for name in column.names
    ),
    after=("map",),
    counts="valid",
)

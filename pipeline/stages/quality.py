"""Stage: contact points that are valid in form and still reach nobody, or nobody you want."""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Source
from pipeline.stages.checks import Batch, BatchCheck
from schemas.config import Campaign
from schemas.contact.domain_typos import domain_meant
from schemas.contact.fictional import EXAMPLE_DOMAINS, FICTIONAL_NUMBERS, RESERVED_DOMAINS, is_below
from schemas.contact.phone import PHONE_AUTHORITY
from schemas.contact.quality import (
    DISPOSABLE_AUTHORITY,
    ROLE_LOCAL_PARTS,
    TEST_ADDRESSES,
    TEST_FULL_NAMES,
    is_disposable,
)
from schemas.findings import findings, no_findings
from schemas.frame_columns import DOMAIN, KEY, TYPE
from schemas.masking import masked_email, masked_phone
from schemas.support.column_bytes import ascii_lower

_REGISTER = "leadscrub quality register"
#: A role's address in any domain.
_ROLE = "^(?:" + "|".join(sorted(ROLE_LOCAL_PARTS)) + ")@"
_FIRST_WORDS = frozenset({"", *(name.partition(" ")[0] for name in TEST_FULL_NAMES)})
_NAMES = ("first_name", "last_name", "full_name")
#: Types that can receive a text; in many countries, such as the United States, landlines look like mobiles.
_TEXTABLE = ("mobile", "fixed_line_or_mobile")


def quality_stage(batch: Batch, source: Source, context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find numbers and addresses that reach nobody, types that the campaign does not want, slips, and test records.

    Adds no column; reads the contact columns with ``:type``, ``:key`` and ``:domain``, and the names.
    """
    real = frozenset(context.campaign.treat_as_real)
    found = [no_findings()]
    slots = [*source.slots(context.phone_slots), *source.slots(context.email_slots)]
    beside = [column.of(slot) for slot in slots for column in (TYPE, KEY, DOMAIN)]
    # What is not read here would be copied for each row that something is found in.
    read = ["row_id", *slots, *(name for name in (*beside, *_NAMES) if name in batch.frame.columns)]
    frame = batch.frame.select(read)
    for slot in source.slots(context.phone_slots):
        found += _phone(frame, slot, real, is_fax=slot in source.mapping.fax)
        found += _phone_types(frame, slot, context.campaign)
    for slot in source.slots(context.email_slots):
        found += _email(frame, slot, real)
    found += _test_records(frame, source.slots(context.email_slots))
    return batch.frame, pl.concat(found)


def _phone(frame: pl.DataFrame, slot: str, real: frozenset[str], *, is_fax: bool) -> list[pl.DataFrame]:
    number, masked = pl.col(slot), masked_phone(pl.col(slot))
    patterns = [pattern for name, pattern in FICTIONAL_NUMBERS.items() if name not in real]
    fictional = frame.filter(number.str.contains("|".join(patterns))) if patterns else frame.clear()
    fax = frame.filter(number.is_not_null()) if is_fax else frame.clear()
    return [
        findings(
            fictional,
            "phone.fictional",
            point=slot,
            source=_REGISTER,
            detail=masked + " is reserved for fiction",
        ),
        findings(fax, "phone.fax", point=slot, source="header", detail=masked + " comes from a fax column"),
    ]


def _phone_types(frame: pl.DataFrame, slot: str, campaign: Campaign) -> list[pl.DataFrame]:
    """Judge the types by the campaign's policy, and whether a text can arrive."""
    kind = pl.col(TYPE.of(slot))
    blocked, flagged = (campaign.phone_types.with_policy(policy) for policy in ("block", "flag"))
    usual = [*campaign.phone_types.with_policy("allow")]
    rare = frame.filter(~kind.is_in(usual)).select("row_id", slot, kind)
    cases = [
        ("phone.premium_rate", (kind == "premium_rate") & kind.is_in(blocked)),
        ("phone.unwanted_type", (kind != "premium_rate") & kind.is_in(blocked)),
        ("phone.unusual_type", kind.is_in(flagged)),
    ]
    said = masked_phone(pl.col(slot)) + " is of type " + kind.str.replace_all("_", " ", literal=True)
    found = [
        findings(rare.filter(condition), code, point=slot, source=PHONE_AUTHORITY, detail=said)
        for code, condition in cases
    ]
    if "text" in campaign.channels:
        silent = frame.filter(~kind.is_in(_TEXTABLE))
        found.append(
            findings(silent, "phone.not_textable", point=slot, source=PHONE_AUTHORITY, detail=said, channel="text")
        )
    return found


def _email(frame: pl.DataFrame, slot: str, real: frozenset[str]) -> list[pl.DataFrame]:
    key, domain, masked = pl.col(KEY.of(slot)), pl.col(DOMAIN.of(slot)), masked_email(pl.col(slot))
    names = frame.get_column(DOMAIN.of(slot)).unique().drop_nulls().to_list()
    reserved = tuple(name for name in RESERVED_DOMAINS if name not in real or name not in EXAMPLE_DOMAINS)
    dead = [name for name in names if is_below(name, reserved)]
    throwaway = [name for name in names if is_disposable(name)]
    meant = {name: right for name in names if (right := domain_meant(name)) is not None}
    cases: list[tuple[str, pl.Expr, str, pl.Expr | str]] = [
        ("email.special_use", domain.is_in(dead), "RFC 2606, RFC 6761", " is in a reserved domain"),
        ("email.disposable", domain.is_in(throwaway), DISPOSABLE_AUTHORITY, " is in a disposable domain"),
        ("email.role", key.str.contains(_ROLE), _REGISTER, " belongs to a role"),
        (
            "email.domain_typo",
            domain.is_in(list(meant)),
            _REGISTER,
            ": is " + domain.replace_strict(meant, default=None, return_dtype=pl.String) + " meant?",
        ),
    ]
    # One pass for all of them: most rows are none of these.
    noted = frame.select("row_id", slot, key, domain).filter(pl.any_horizontal(sign for _, sign, _, _ in cases))
    return [
        findings(noted.filter(sign), code, point=slot, source=source, detail=masked + said)
        for code, sign, source, said in cases
    ]


def _test_records(frame: pl.DataFrame, email_slots: tuple[str, ...]) -> list[pl.DataFrame]:
    """Judge by the whole name, or by an address that only a tester types."""
    signs = [pl.col(KEY.of(slot)).is_in(TEST_ADDRESSES) for slot in email_slots]
    given = frame.with_columns(ascii_lower(frame.get_column(name)) for name in _NAMES if name in frame.columns)
    if "full_name" in frame.columns:
        signs.append(pl.col("full_name").is_in(TEST_FULL_NAMES))
    if "first_name" in frame.columns and "last_name" in frame.columns:
        # The first word first, which leaves few.
        first = pl.col("first_name").fill_null("")
        given = given.with_columns(likely=first.is_in(_FIRST_WORDS))
        whole = pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True)
        signs.append(pl.col("likely") & whole.is_in(TEST_FULL_NAMES))
    if not signs:
        return []
    tests = frame.filter(given.select(pl.any_horizontal(sign.fill_null(False) for sign in signs)).to_series())
    return [findings(tests, "lead.test_record", source=_REGISTER, detail="name or address of a test entry")]


QUALITY = BatchCheck(
    "quality",
    quality_stage,
    codes=frozenset(
        {
            "lead.test_record",
            "phone.fictional",
            "phone.fax",
            "phone.premium_rate",
            "phone.unwanted_type",
            "phone.unusual_type",
            "phone.not_textable",
            "email.special_use",
            "email.disposable",
            "email.role",
            "email.domain_typo",
        }
    ),
    after=("normalise",),
)

"""Stage: contact points that are valid in form and still reach nobody, or nobody you want."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.context import Context, Source
from pipeline.stages.checks import Batch, BatchCheck
from schemas.config import Campaign
from schemas.contact.domain_typos import domain_meant
from schemas.contact.fictional import EXAMPLE_DOMAINS, FICTIONAL_NUMBERS, RESERVED_DOMAINS, is_below
from schemas.contact.known import Cells, KnownNumbers, KnownWords
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
from schemas.support.distinct import distinct

_REGISTER = "leadscrub quality register"
_ROLES = KnownWords(ROLE_LOCAL_PARTS)
_TEST_ADDRESSES = KnownWords(TEST_ADDRESSES)
_TEST_NAMES = KnownWords(TEST_FULL_NAMES)
_FIRST_WORDS = KnownWords({name.partition(" ")[0] for name in TEST_FULL_NAMES})
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
    frame = batch.frame.select_seq(read)
    for slot in source.slots(context.phone_slots):
        found += _phone(frame, slot, real, is_fax=slot in source.mapping.fax)
        found += _phone_types(frame, slot, context.campaign)
    keys = {slot: Cells(frame.get_column(KEY.of(slot))) for slot in source.slots(context.email_slots)}
    for slot, cells in keys.items():
        found += _email(frame, slot, cells, real)
    found += _test_records(frame, keys.values())
    return batch.frame, pl.concat(found)


@functools.cache
def _fictional(real: frozenset[str]) -> KnownNumbers:
    return KnownNumbers([form for name, forms in FICTIONAL_NUMBERS.items() if name not in real for form in forms])


def _phone(frame: pl.DataFrame, slot: str, real: frozenset[str], *, is_fax: bool) -> list[pl.DataFrame]:
    fictional = _rows(frame, _fictional(real).among(Cells(frame.get_column(slot))))
    said = masked_phone(pl.col(slot), " is reserved for fiction")
    found = [findings(fictional, "phone.fictional", point=slot, source=_REGISTER, detail=said)]
    if is_fax:
        fax, said = frame.filter(pl.col(slot).is_not_null()), masked_phone(pl.col(slot), " comes from a fax column")
        found.append(findings(fax, "phone.fax", point=slot, source="header", detail=said))
    return found


def _rows(frame: pl.DataFrame, are: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """The few rows that are marked."""
    return frame[np.flatnonzero(are)]


def _phone_types(frame: pl.DataFrame, slot: str, campaign: Campaign) -> list[pl.DataFrame]:
    """Judge the types by the campaign's policy, and whether a text can arrive."""
    kind = pl.col(TYPE.of(slot))
    blocked, flagged = (campaign.phone_types.with_policy(policy) for policy in ("block", "flag"))
    usual = [*campaign.phone_types.with_policy("allow")]
    rare = _rows(frame, (~frame.get_column(TYPE.of(slot)).is_in(usual)).fill_null(value=False).to_numpy())
    cases = [
        ("phone.premium_rate", (kind == "premium_rate") & kind.is_in(blocked)),
        ("phone.unwanted_type", (kind != "premium_rate") & kind.is_in(blocked)),
        ("phone.unusual_type", kind.is_in(flagged)),
    ]
    said = masked_phone(pl.col(slot), " is of type ") + kind.str.replace_all("_", " ", literal=True)
    found = [
        findings(rare.filter(condition), code, point=slot, source=PHONE_AUTHORITY, detail=said)
        for code, condition in cases
        if not rare.is_empty()
    ]
    if "text" in campaign.channels:
        silent = frame.filter(~kind.is_in(_TEXTABLE))
        found.append(
            findings(silent, "phone.not_textable", point=slot, source=PHONE_AUTHORITY, detail=said, channel="text")
        )
    return found


class _Signs(NamedTuple):
    """What is to say of a domain."""

    is_reserved: bool
    is_disposable: bool
    meant: str | None


_NOTHING = _Signs(is_reserved=False, is_disposable=False, meant=None)
_SIGNS = {"is_reserved": pl.Boolean(), "is_disposable": pl.Boolean(), "meant": pl.String()}


@functools.lru_cache(maxsize=100_000)
def _signs(domain: str, real: frozenset[str]) -> _Signs | None:
    """What is to say of a domain, if anything; domains repeat from batch to batch."""
    reserved = tuple(name for name in RESERVED_DOMAINS if name not in real or name not in EXAMPLE_DOMAINS)
    signs = _Signs(is_below(domain, reserved), is_disposable(domain), domain_meant(domain))
    return signs if any(signs) else None


def _email(frame: pl.DataFrame, slot: str, keys: Cells, real: frozenset[str]) -> list[pl.DataFrame]:
    domains, at = distinct(frame.get_column(DOMAIN.of(slot)))
    signs = [*(_signs(domain, real) for domain in domains), None]
    is_role = _ROLES.among(keys, "@")
    rows = np.flatnonzero(np.array([sign is not None for sign in signs])[at] | is_role)
    if len(rows) == 0:
        return []
    of_rows = pl.DataFrame([signs[place] or _NOTHING for place in at[rows].tolist()], schema=_SIGNS, orient="row")
    noted = frame.select_seq("row_id", slot)[rows].with_columns_seq(
        *of_rows, is_role=is_role[rows], is_slip=of_rows["meant"].is_not_null()
    )
    cases: list[tuple[str, str, str, pl.Expr | str]] = [
        ("email.special_use", "is_reserved", "RFC 2606, RFC 6761", " is in a reserved domain"),
        ("email.disposable", "is_disposable", DISPOSABLE_AUTHORITY, " is in a disposable domain"),
        ("email.role", "is_role", _REGISTER, " belongs to a role"),
        ("email.domain_typo", "is_slip", _REGISTER, ": is " + pl.col("meant") + " meant?"),
    ]
    masked = masked_email(pl.col(slot))
    return [
        findings(noted.filter(sign), code, point=slot, source=source, detail=masked + said)
        for code, sign, source, said in cases
    ]


def _test_records(frame: pl.DataFrame, keys: Iterable[Cells]) -> list[pl.DataFrame]:
    """Judge by the whole name, or by an address that only a tester types."""
    are = np.zeros(len(frame), np.bool_)
    for addresses in keys:
        are |= _TEST_ADDRESSES.among(addresses)
    if "full_name" in frame.columns:
        are |= _TEST_NAMES.among(Cells(frame.get_column("full_name")))
    if "first_name" in frame.columns and "last_name" in frame.columns:
        # The first word first, which leaves few.
        first = frame.get_column("first_name")
        likely = np.flatnonzero(_FIRST_WORDS.among(Cells(first)) | (first.str.len_bytes().fill_null(0) == 0).to_numpy())
        whole = frame[likely].select(pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True))
        are[likely] |= _TEST_NAMES.among(Cells(whole.to_series()))
    return [findings(_rows(frame, are), "lead.test_record", source=_REGISTER, detail="name or address of a test entry")]


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

"""Exports of mailing services whose files are one table each: SendGrid, Klaviyo, MailUp."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from suppression.formats.blocks import Block
from suppression.formats.entry_filters import text_at
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.roles import Roles
from suppression.formats.sample import Sample
from suppression.formats.tables import read_table

_Known = Mapping[str, tuple[str, ...]]

_SENDGRID: Final[_Known] = {"email": ("email",), "date": ("created",), "reason": ("reason",)}
_SENDGRID_MORE: Final = {"reason", "status", "ip", "enhanced status", "group", "group id"}
_KLAVIYO: Final[_Known] = {
    "email": ("email",),
    "date": ("suppression timestamp", "suppressed at", "suppressed on", "timestamp"),
    "reason": ("suppression reason", "suppressed reason", "reason"),
}
_KLAVIYO_MARKS: Final = {"suppression reason", "suppressed reason", "suppression timestamp", "klaviyo id"}
KLAVIYO_WARNING: Final = (
    "A Klaviyo suppression export does not hold people who unsubscribed: export profiles whose email consent is "
    "unsubscribed, and add that file too."
)
_MAILUP: Final[_Known] = {
    "email": ("email", "e mail address"),
    "number": ("phone number",),
    "date": ("opt out date", "optout date"),
}


def read_sendgrid(member: Member, options: Options) -> Iterator[Block]:
    """Yield the addresses of any suppression that SendGrid exports; ``created`` is the date."""
    yield from read_table(member, options, _SENDGRID)


def _is_sendgrid(sample: Sample) -> bool:
    columns = set(sample.header)
    return {"email", "created"} <= columns <= {"email", "created"} | _SENDGRID_MORE


def read_klaviyo(member: Member, options: Options) -> Iterator[Block]:
    """Yield the suppressed profiles, with the warning that those who unsubscribed are not among them."""
    yield from read_table(member, options, _KLAVIYO, warnings=(KLAVIYO_WARNING,))


def _is_klaviyo(sample: Sample) -> bool:
    named = "klaviyo" in sample.name and "email" in sample.header
    return named or ("email" in sample.header and bool(_KLAVIYO_MARKS & set(sample.header)))


def _mailup_type(rows: pl.DataFrame, header: tuple[str, ...], _roles: Roles) -> pl.DataFrame:
    """Every type is an opt-out, by whomever; the reason says which."""
    position = next((at for at, name in enumerate(header) if name.lower() == "optout_type"), None)
    if position is None:
        return rows
    kind = text_at(position)
    return rows.with_columns(pl.when(kind != "").then(pl.lit("optout_type ") + kind).alias("reason"))


def read_mailup(member: Member, options: Options) -> Iterator[Block]:
    """Yield addresses, and phone numbers where the list's kind holds any."""
    yield from read_table(member, options, _MAILUP, _mailup_type)


def _is_mailup(sample: Sample) -> bool:
    return "optout type" in sample.header and bool({"email", "e mail address"} & set(sample.header))


SENDGRID: Final = Format(
    "sendgrid",
    "SendGrid suppressions: email, created",
    "documented",
    "Twilio SendGrid, unsubscribes and bounces: email, created",
    _is_sendgrid,
    read_sendgrid,
)
KLAVIYO: Final = Format(
    "klaviyo",
    "Klaviyo suppressed profiles; unsubscribed ones are elsewhere",
    "unverified",
    "Klaviyo help, Understanding suppressed email profiles; headers of the export are not published",
    _is_klaviyo,
    read_klaviyo,
)
MAILUP: Final = Format(
    "mailup",
    "MailUp unsubscribers: email, Phone Number, OptOut_Date, optout_type",
    "documented",
    "MailUp help, Export of unsubscribers: basic CSV layout",
    _is_mailup,
    read_mailup,
)

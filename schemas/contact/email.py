"""What an email address is: the answer of ``email-validator`` (no DNS), for columns of values.

A value ends in one of these states: ``ok``, ``syntax`` (not an address), ``damaged`` (was one, and which is a guess),
``several`` (more than one in the cell), ``is_phone`` (a phone number in its place) or ``special_use`` (an address in a
reserved domain that the library refuses).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import NamedTuple

import polars as pl
from email_validator import EmailNotValidError, validate_email

from schemas.contact.apply import Apply, apply_here
from schemas.contact.blank import ERROR_WORDS
from schemas.contact.email_repairs import looks_like_phone, read_inside, was_address, without_slips
from schemas.contact.fictional import RESERVED_DOMAINS, domain_pattern
from schemas.contact.forms import form_frame

#: Who decides. Stands in findings and in the manifest.
EMAIL_AUTHORITY = f"email-validator {version('email-validator')}"

EMAIL_FORM_SCHEMA: dict[str, pl.DataType] = {
    "state": pl.String(),
    "normal": pl.String(),
    "repair": pl.String(),
    "why": pl.String(),
}


class EmailForm(NamedTuple):
    """One value, read. Everything but ``state`` is None where it does not apply."""

    state: str
    normal: str | None = None
    repair: str | None = None
    why: str | None = None


# Addresses about which the library can have only one opinion: plain ASCII, dots between atoms, letters at the end.
# In 64 bytes no length limit of RFC 5321 can be exceeded. "--" is left to the library: it means IDNA.
_PLAIN = r"^[A-Za-z0-9_+\-]+(?:\.[A-Za-z0-9_+\-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$"
_PLAIN_BYTES = 64
_RESERVED = domain_pattern(RESERVED_DOMAINS)
_RESERVED_RE = re.compile(_RESERVED, re.IGNORECASE)


def _valid(value: str) -> str | None:
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def read_email(value: str) -> EmailForm:
    """Read one trimmed, non-empty value."""
    if "\ufffd" in value:
        return EmailForm("damaged", why="characters were lost in an earlier conversion")
    if normal := _valid(value):
        return EmailForm("ok", normal)
    return _read_around(value) if "@" in value else _read_without_at(value)


def _read_without_at(value: str) -> EmailForm:
    """Say what stands in place of an address."""
    if value.lower() in ERROR_WORDS:
        return EmailForm("damaged", why="a spreadsheet's error stands in place of the address")
    if looks_like_phone(value):
        return EmailForm("is_phone", why="it looks like a phone number")
    return EmailForm("syntax", why="no @ sign")


def _read_around(value: str) -> EmailForm:
    """Read what is not an address as it stands: take off what is around it, or say what is wrong."""
    inside, repair = read_inside(value, _valid)
    if len(inside) > 1:
        return EmailForm("several", why="several addresses in one cell")
    if inside:
        return EmailForm("ok", inside[0], repair)
    if _RESERVED_RE.search(value):
        return EmailForm("special_use", why="the domain is reserved and receives no mail")
    if mended := without_slips(value, _valid):
        return EmailForm("ok", *mended)
    if was_address(value, _valid):
        return EmailForm("damaged", why="a blank or a comma stands inside the address")
    return EmailForm("syntax", why="not an email address")


def _read_chunk(items: Sequence[str]) -> list[EmailForm]:
    return [read_email(value) for value in items]


def email_forms(values: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """Read a column of trimmed values (null where blank).

    Returns `EMAIL_FORM_SCHEMA`, one row per value in the same order; all null where the value is null. Plain
    addresses are decided by one pattern; each other distinct value is read once by the library.
    """
    value = pl.col("value")
    frame = pl.DataFrame({"value": values.cast(pl.String)})
    plain = (
        (value.str.len_bytes() <= _PLAIN_BYTES)
        & value.str.contains(_PLAIN)
        & ~value.str.contains("--", literal=True)
        & ~value.str.to_lowercase().str.contains(_RESERVED)
    )
    domain = value.str.extract("@(.*)$", 1).str.to_lowercase()
    frame = frame.with_columns(
        plain=plain,
        fast=pl.when(plain).then(value.str.extract("^(.*@)", 1) + domain),
    )
    odd = frame.filter(~pl.col("plain")).select("value").unique(maintain_order=True)
    forms = apply(_read_chunk, odd.get_column("value").to_list())
    read = form_frame(forms, EMAIL_FORM_SCHEMA)
    return frame.join(pl.concat([odd, read], how="horizontal"), on="value", how="left", maintain_order="left").select(
        pl.when(pl.col("plain")).then(pl.lit("ok")).otherwise(pl.col("state")).alias("state"),
        pl.coalesce("fast", "normal").alias("normal"),
        "repair",
        "why",
    )


def email_key(normal: pl.Expr) -> pl.Expr:
    """Key under which an address is suppressed and de-duplicated: lower case, since no provider tells cases apart."""
    return normal.str.to_lowercase()

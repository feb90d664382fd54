"""What an email address is: the answer of ``email-validator`` (no DNS), for columns of values.

A value ends in one of these states: ``ok``, ``syntax`` (not an address), ``damaged`` (was one, and which is a guess),
``several`` (more than one in the cell), ``is_phone`` (a phone number in its place) or ``special_use`` (an address in a
reserved domain that the library refuses).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.contact.apply import Apply, apply_here, each_once
from schemas.contact.blank import ERROR_WORDS
from schemas.contact.email_repairs import looks_like_phone, read_inside, was_address, without_slips
from schemas.contact.email_syntax import library_version, valid_address, without_case
from schemas.contact.fictional import RESERVED_DOMAINS, domain_pattern
from schemas.contact.forms import form_frame
from schemas.contact.marks import MARK_REMOVED, without_marks
from schemas.kernels.emails import plain_addresses
from schemas.kernels.views import VIEW_WORDS
from schemas.kernels.word_lists import word_list
from schemas.support.column_bytes import given_rows
from schemas.support.text_views import text_views, view_column, with_texts

#: Who decides. Stands in findings and in the manifest.
EMAIL_AUTHORITY = f"email-validator {library_version()}"

EMAIL_FORM_SCHEMA: dict[str, pl.DataType] = {
    "state": pl.String(),
    "normal": pl.String(),
    "repair": pl.String(),
    "why": pl.String(),
}
#: A column of values, read: with the key under which an address is suppressed, and its domain in lower case.
EMAIL_COLUMNS = {**EMAIL_FORM_SCHEMA, "key": pl.String(), "domain": pl.String()}


class EmailForm(NamedTuple):
    """One value, read. Everything but ``state`` is None where it does not apply."""

    state: str
    normal: str | None = None
    repair: str | None = None
    why: str | None = None


#: A cell may hold names and several addresses besides; what is longer is text.
_MOST_CHARACTERS = 1000
_RESERVED_LIST = word_list(RESERVED_DOMAINS)
_RESERVED = re.compile(domain_pattern(RESERVED_DOMAINS), re.IGNORECASE)


@functools.cache
def _mailboxes() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    return word_list(without_case())


def read_email(value: str) -> EmailForm:
    """Read one trimmed, non-empty value."""
    if len(value) > _MOST_CHARACTERS:
        return EmailForm("syntax", why="too long a text for an email address")
    text = without_marks(value)
    form = _read(text)
    if text == value or form.normal is None:
        return form
    return form._replace(repair=MARK_REMOVED if form.repair is None else f"{MARK_REMOVED}, {form.repair}")


def _read(value: str) -> EmailForm:
    if "\ufffd" in value:
        return EmailForm("damaged", why="characters were lost in an earlier conversion")
    if normal := valid_address(value):
        return EmailForm("ok", normal)
    if _WIDE_AT in value and "@" not in value:
        read = _read(value.translate(_FROM_WIDE))
        return read._replace(repair=read.repair or "full-width signs replaced") if read.normal else read
    return _read_around(value) if "@" in value else _read_without_at(value)


def _read_without_at(value: str) -> EmailForm:
    """Say what is in the cell in place of an address."""
    if value.lower() in ERROR_WORDS:
        return EmailForm("damaged", why="a spreadsheet's error in place of the address")
    if looks_like_phone(value):
        return EmailForm("is_phone", why="it looks like a phone number")
    return EmailForm("syntax", why="no @ sign")


def _read_around(value: str) -> EmailForm:
    """Read what is not an address as it is: take off what is around it, or say what is wrong."""
    inside, repair = read_inside(value, valid_address)
    if len(inside) > 1:
        return EmailForm("several", why="several addresses in one cell")
    if inside:
        return EmailForm("ok", inside[0], repair)
    if _RESERVED.search(value):
        return EmailForm("special_use", why="the domain is reserved and receives no mail")
    if mended := without_slips(value, valid_address):
        return EmailForm("ok", *mended)
    if was_address(value, valid_address):
        return EmailForm("damaged", why="a blank or a comma inside the address")
    return EmailForm("syntax", why="not an email address")


#: Signs of an address as a Chinese, Japanese or Korean keyboard writes them.
_WIDE_AT = "\uff20"
_FROM_WIDE = str.maketrans("\uff20\uff0e\uff3f\uff0d\uff0b", "@._-+")


def _read_chunk(items: Sequence[str]) -> list[EmailForm]:
    return [_read_once(value) for value in items]


@functools.lru_cache(maxsize=1 << 17)  # odd values repeat from batch to batch
def _read_once(value: str) -> EmailForm:
    return read_email(value)


class EmailColumn(NamedTuple):
    """A column of addresses, read: normal forms, keys and domains, null where there is no address.

    ``noted`` has the readings of the values that are not plain addresses (`EMAIL_FORM_SCHEMA`), ``rows`` where they
    are.
    """

    normal: pl.Series
    key: pl.Series
    domain: pl.Series
    rows: npt.NDArray[np.intp]
    noted: pl.DataFrame


def email_forms(values: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """Read a column of trimmed values (null where blank).

    Returns `EMAIL_COLUMNS`, one row per value in the same order; all null where the value is null. Plain addresses are
    decided by a kernel; each other distinct value is read once by the library.
    """
    read = read_emails(values, apply)
    state = pl.select(pl.when(values.is_not_null()).then(pl.lit("ok"))).to_series()
    nothing = pl.repeat(None, len(values), dtype=pl.String, eager=True)
    noted = {name: read.noted.get_column(name) for name in ("state", "repair", "why")}
    forms = {
        name: before.scatter(read.rows, noted[name]) if len(read.rows) else before
        for name, before in (("state", state), ("repair", nothing), ("why", nothing.clone()))
    }
    columns = {"normal": read.normal, "key": read.key, "domain": read.domain} | forms
    return pl.DataFrame({name: columns[name] for name in EMAIL_COLUMNS})


def read_emails(values: pl.Series, apply: Apply = apply_here) -> EmailColumn:
    """As `email_forms`, before it is put into a frame."""
    values = values.cast(pl.String)
    texts, given = text_views(values), given_rows(values)
    plain, written = np.empty(len(values), np.bool_), np.zeros(1, np.int64)
    normal, key, domain = (np.zeros(VIEW_WORDS * len(values), np.uint32) for _ in range(3))
    # What is there for a null may be anything.
    most = int(texts.sizes.clip(0).sum(where=given if len(given) else True))
    changed = np.empty(2 * most + 1, np.uint8)
    lists = (*_mailboxes(), *_RESERVED_LIST)
    plain_addresses(*texts.in_memory(), given, *lists, plain, normal, key, domain, changed, written)
    rows = np.flatnonzero(~plain & given) if len(given) else np.flatnonzero(~plain)
    odd: list[str] = values[rows].to_list()
    noted = form_frame([*each_once(_read_chunk, odd, apply)], EMAIL_FORM_SCHEMA)
    keys = noted.select(email_key(pl.col("normal")))
    plain[rows] = noted.get_column("normal").is_not_null().to_numpy()
    buffers = [*texts.buffers, changed[: written[0]]]
    domains = keys.select(domain_of(pl.col("normal")))
    parts = ((normal, noted.get_column("normal")), (key, keys.to_series()), (domain, domains.to_series()))
    read = [view_column(*with_texts(views, buffers, rows, texts), plain) for views, texts in parts]
    return EmailColumn(read[0], read[1], read[2], rows, noted)


def domain_of(address: pl.Expr) -> pl.Expr:
    """Everything behind the only @ of an address; null where there is none."""
    # As bytes: a slice of text would count characters.
    at = address.str.find("@", literal=True)
    return pl.when(at.is_not_null()).then(address.cast(pl.Binary).bin.slice(at + 1).cast(pl.String))


def email_key(normal: pl.Expr) -> pl.Expr:
    """Key under which an address is suppressed and de-duplicated: lower case, since case means nothing to providers."""
    return normal.str.to_lowercase()

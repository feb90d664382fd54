"""What an email address is: the answer of ``email-validator`` (no DNS), for columns of values.

A value ends in one of these states: ``ok``, ``syntax`` (not an address), ``damaged`` (was one, and which is a guess),
``several`` (more than one in the cell), ``is_phone`` (a phone number in its place) or ``special_use`` (an address in a
reserved domain that the library refuses).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import NamedTuple

import polars as pl

from schemas.contact.apply import Apply, apply_here
from schemas.contact.blank import ERROR_WORDS
from schemas.contact.email_repairs import looks_like_phone, read_inside, was_address, without_slips
from schemas.contact.fictional import RESERVED_DOMAINS, domain_pattern
from schemas.contact.forms import form_frame
from schemas.contact.marks import MARK_REMOVED, without_marks
from schemas.support.column_bytes import ascii_lower

#: Who decides. Stands in findings and in the manifest.
EMAIL_AUTHORITY = f"email-validator {version('email-validator')}"

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


# Lower-case addresses about which the library can have only one opinion: plain ASCII, dots between atoms, letters at
# the end. In 64 bytes no length limit of RFC 5321 can be exceeded. Two hyphens are left to the library: they mean IDNA.
_ATOM = r"[a-z0-9_'+]*(?:-[a-z0-9_'+]+)*"
# An apostrophe in front is a spreadsheet's mark.
_PLAIN = rf"^[a-z0-9_+]{_ATOM}(?:\.[a-z0-9_'+]{_ATOM})*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{{2,}}$"
_PLAIN_BYTES = 64
#: Local parts that are valid and normal as they are, before any domain.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_'+\-]+(?:\.[A-Za-z0-9_'+\-]+)*")
#: Bytes up to which an address as written is not too long, whatever is in it.
_SHORT = 128
#: A cell may hold names and several addresses besides; what is longer is text.
_MOST_CHARACTERS = 1000
_LONGEST_LOCAL = 64
_LONGEST_ADDRESS = 254
_RESERVED = re.compile(domain_pattern(RESERVED_DOMAINS), re.IGNORECASE)


def _valid(value: str) -> str | None:
    if value.count("@") != 1:
        # Without quoted local parts, which are not allowed, the library refuses all of these.
        return None
    local, _, domain = value.rpartition("@")
    if len(value.encode(errors="surrogatepass")) <= _SHORT and _PLAIN_LOCAL.fullmatch(local):
        normal, size = _valid_domain(domain)
        local = local.lower() if local.lower() in _without_case() else local
        if len(local) <= _LONGEST_LOCAL and len(local) + 1 + size <= _LONGEST_ADDRESS:
            return None if normal is None else f"{local}@{normal}"
    return _asked(value)[0]


@functools.cache
def _without_case() -> frozenset[str]:
    """Mailboxes whose case means nothing (RFC 2142), as the library knows them: it writes them in lower case."""
    from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES  # noqa: PLC0415  # as below

    return frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)


@functools.lru_cache(maxsize=10_000)
def _valid_domain(domain: str) -> tuple[str | None, int]:
    """Normal form of a domain, and how long it is in ASCII. Odd domains come in many addresses."""
    normal, size = _asked(f"a@{domain}")
    return (None, 0) if normal is None else (normal[2:], size)


def _asked(value: str) -> tuple[str | None, int]:
    # Loading it takes longer than a phone's look-up, which never asks it.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        valid = validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return None, 0
    return valid.normalized, len(valid.ascii_domain)


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
    if normal := _valid(value):
        return EmailForm("ok", normal)
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
    inside, repair = read_inside(value, _valid)
    if len(inside) > 1:
        return EmailForm("several", why="several addresses in one cell")
    if inside:
        return EmailForm("ok", inside[0], repair)
    if _RESERVED.search(value):
        return EmailForm("special_use", why="the domain is reserved and receives no mail")
    if mended := without_slips(value, _valid):
        return EmailForm("ok", *mended)
    if was_address(value, _valid):
        return EmailForm("damaged", why="a blank or a comma inside the address")
    return EmailForm("syntax", why="not an email address")


def _read_chunk(items: Sequence[str]) -> list[EmailForm]:
    return [read_email(value) for value in items]


def email_forms(values: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """Read a column of trimmed values (null where blank).

    Returns `EMAIL_COLUMNS`, one row per value in the same order; all null where the value is null. Plain addresses are
    decided by one pattern and, each once, by their domains; each other distinct value is read once by the library.
    """
    lower = ascii_lower(values.cast(pl.String)).alias("key")
    shaped = (pl.col("key").str.len_bytes() <= _PLAIN_BYTES) & pl.col("key").str.contains(_PLAIN)
    frame = pl.DataFrame({"value": values, "key": lower}).with_columns(
        domain=domain_of(pl.when(shaped).then("key")), normal=pl.col("value"), state=pl.lit("ok")
    )
    known = frame.get_column("domain").unique().drop_nulls()
    reserved = known.filter(("@" + known).str.contains(_RESERVED.pattern))
    odd = (pl.col("domain").is_null() | pl.col("domain").is_in(reserved.implode())).fill_null(True)
    rows = frame.select(odd & pl.col("value").is_not_null()).to_series().arg_true()
    raised = frame.select((pl.col("value") != pl.col("key")).fill_null(False)).to_series().arg_true()
    frame = frame.with_columns(
        normal=_with_lower_domains(frame, raised),
        state=pl.when(pl.col("value").is_not_null()).then("state"),
        repair=pl.lit(None, pl.String),
        why=pl.lit(None, pl.String),
    ).select(list(EMAIL_COLUMNS))
    return _with_odd(frame, values.gather(rows), rows, apply) if len(rows) else frame


def _with_lower_domains(frame: pl.DataFrame, rows: pl.Series) -> pl.Series:
    """Write the domains of these plain addresses in lower case, which is their normal form; of some all of it."""
    raised = frame.select("value", "key", "domain")[rows]
    local, lower = (
        pl.col(name).str.head(-pl.col("domain").str.len_bytes().cast(pl.Int64)) for name in ("value", "key")
    )
    without_case = lower.is_in([f"{name}@" for name in _without_case()])
    normal = pl.when(without_case).then(lower).otherwise(local) + pl.col("domain")
    return frame.get_column("normal").scatter(rows, raised.select(normal).to_series())


def _with_odd(frame: pl.DataFrame, values: pl.Series, rows: pl.Series, apply: Apply) -> pl.DataFrame:
    """Let the library read the values of these rows, each distinct one once."""
    distinct = values.unique(maintain_order=True)
    of_library: list[EmailForm] = apply(_read_chunk, distinct.to_list())
    read = form_frame(of_library, EMAIL_FORM_SCHEMA)
    forms = read.with_columns(key=email_key(pl.col("normal"))).with_columns(domain=domain_of(pl.col("key")))
    positions = pl.Series(range(len(distinct)), dtype=pl.UInt32)
    of_rows = forms.select(list(EMAIL_COLUMNS))[values.replace_strict(distinct, positions)]
    return frame.with_columns(frame.get_column(name).scatter(rows, of_rows.get_column(name)) for name in EMAIL_COLUMNS)


def domain_of(address: pl.Expr) -> pl.Expr:
    """Everything behind the only @ of an address; null where there is none."""
    # As bytes: a slice of text would count characters.
    at = address.str.find("@", literal=True)
    return pl.when(at.is_not_null()).then(address.cast(pl.Binary).bin.slice(at + 1).cast(pl.String))


def email_key(normal: pl.Expr) -> pl.Expr:
    """Key under which an address is suppressed and de-duplicated: lower case, since case means nothing to providers."""
    return normal.str.to_lowercase()

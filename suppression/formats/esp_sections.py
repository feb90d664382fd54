"""Exports of mailing services whose opt-outs are in several sections, all of which count: HubSpot, Mailchimp."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from schemas.errors import ListError
from schemas.headers import fold_header, match_header
from suppression.formats.blocks import NOT_LISTED, Block
from suppression.formats.entry_filters import joined, text_at
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.roles import Roles
from suppression.formats.sample import Sample, take_sample
from suppression.formats.tables import read_table

_HUBSPOT_MARKS: Final = {"portal unsubscribe", "global bounce", "portal spam report", "portal bounce"}
#: Words that say no, in the languages of portals and of spreadsheets. Every other word says yes.
_NO: Final = frozenset(
    {"", "0", "0.0", "f", "n"}
    | {"false", "falsch", "faux", "falso", "onwaar", "fałsz", "falskt", "falsk", "epätosi", "yanl\u0131ş", "ложь"}
    | {"no", "nein", "non", "não", "nao", "nee", "nie", "nej", "nei", "ei", "hay\u0131r", "нет"}
)
#: Columns about who somebody is, which are no section.
_ABOUT: Final = frozenset({"id", "date", "created", "name", "owner", "lifecycle", "country", "city"})

#: Sections of an audience, and whether who is in one may not be mailed.
_SECTIONS: Final = {"unsubscribed": True, "cleaned": True, "subscribed": False, "nonsubscribed": False}
_SECTION_COLUMNS: Final = {"unsub time": "unsubscribed", "clean time": "cleaned"}
_MAILCHIMP: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("email address",),
    "date": ("unsub time", "clean time"),
    "reason": ("unsub reason",),
}


def _hubspot_sections(rows: pl.DataFrame, header: tuple[str, ...], roles: Roles) -> pl.DataFrame:
    """Every column but the address is a section; subscription types are named by the account."""
    entries = {position for position, _ in roles.entries}
    sections: list[pl.Expr] = []
    for position, name in enumerate(header):
        if position in entries or _is_about(name):
            continue
        out = ~text_at(position).str.to_lowercase().is_in(_NO)
        sections.append(pl.when(out).then(pl.lit(name)))
    codes = pl.concat_list(sections).list.drop_nulls()
    none = codes.list.len() == 0
    return rows.with_columns(
        joined(sections).alias("reason"),
        codes.alias("codes"),
        pl.when(none).then(pl.lit(NOT_LISTED + "every opt-out column says no")).alias("why"),
    )


def _is_about(name: str) -> bool:
    """Whether a column's name says that it is about the person or the record, and no section."""
    match = match_header(name)
    return (match is not None and match.sure) or bool(_ABOUT & set(fold_header(name).split()))


def read_hubspot(member: Member, options: Options) -> Iterator[Block]:
    """Yield whoever opted out of anything, bounced or complained; the reason names each section.

    A cell says yes unless it is a known no: bounces are TRUE in some exports and a reason in others, and TRUE is WAHR
    or VRAI in other languages.

    `Options.codes` keeps chosen sections only, such as one subscription type.
    """
    yield from read_table(member, options, None, _hubspot_sections)


def _is_hubspot(sample: Sample) -> bool:
    return bool(_HUBSPOT_MARKS & set(sample.header))


def _section(name: str) -> str | None:
    """Return the section that a file's name begins with."""
    folded = name.lower().replace("non-", "non")
    return next((section for section in _SECTIONS if folded.startswith(section)), None)


def read_mailchimp(member: Member, options: Options) -> Iterator[Block]:
    """Yield who unsubscribed or was cleaned; who is subscribed is not listed.

    The section is that of the file's name, else of its columns. Warns of an export without one of the two
    sections of opt-outs. Raises `ListError` when neither name nor columns say which section it is.
    """
    section = _section(member.name)
    if section is None:
        columns = set(take_sample(member, options).header)
        section = next((name for column, name in _SECTION_COLUMNS.items() if column in columns), None)
    if section is None:
        raise ListError(
            f"Mailchimp file '{member.name}' does not say which section of the audience it is.",
            f"Keep the names that Mailchimp gave: {', '.join(_SECTIONS)}.",
        )
    listed, known = _SECTIONS[section], section

    def judge(rows: pl.DataFrame, _header: tuple[str, ...], _roles: Roles) -> pl.DataFrame:
        more = [pl.col("reason")] if "reason" in rows.columns else []
        why = pl.lit(None, dtype=pl.String) if listed else pl.lit(NOT_LISTED + known)
        return rows.with_columns(joined([pl.lit(known), *more]).alias("reason"), why.alias("why"))

    present = {_section(name) for name in member.siblings}
    missing = [name for name, counts in _SECTIONS.items() if counts and name not in present | {section}]
    warnings = tuple(f"The Mailchimp section '{name}' is not among the files." for name in missing)
    yield from read_table(member, options, _MAILCHIMP, judge, warnings)


def _is_mailchimp(sample: Sample) -> bool:
    if "email address" not in sample.header:
        return False
    return _section(sample.name) is not None or "leid" in sample.header


HUBSPOT: Final = Format(
    "hubspot",
    "HubSpot unsubscribes and bounces: all sections, merged",
    "documented",
    "HubSpot knowledge base, columns of the export of unsubscribes and bounces",
    _is_hubspot,
    read_hubspot,
)
MAILCHIMP: Final = Format(
    "mailchimp",
    "Mailchimp audience export: the unsubscribed and cleaned files of the zip",
    "documented",
    "Mailchimp help, Export contacts: a zip with a CSV for each section",
    _is_mailchimp,
    read_mailchimp,
)

"""Feeds of known litigators: several codes in one cell, and a severity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from suppression.formats.blocks import Block
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.roles import has_entries
from suppression.formats.sample import Sample
from suppression.formats.tables import read_table

_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "reason": ("type", "litigator type"),
    "severity": ("severity", "severity level"),
    "code": ("code", "codes"),
}


def read_litigators(member: Member, options: Options) -> Iterator[Block]:
    """Yield numbers; the reason is the type and the codes. All are kept unless codes or a severity are chosen.

    What a severity means differs from feed to feed, so none is left out by itself, not even 0.
    """
    yield from read_table(member, options, _KNOWN)


def _is_litigators(sample: Sample) -> bool:
    columns = set(sample.header)
    has_marks = bool({"severity", "severity level"} & columns) and bool(
        {"code", "codes", "type", "litigator type"} & columns
    )
    return has_marks and bool(sample.rows) and has_entries(sample.rows[0], sample.options)


LITIGATORS: Final = Format(
    "litigators",
    "litigator feed: number, type, severity, and several codes in one cell",
    "unverified",
    "feeds differ; columns by their names or as declared",
    _is_litigators,
    read_litigators,
)

"""What a user declares about a list's files, from the command line or a campaign's TOML."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from schemas.config import ListEntry
from schemas.errors import UsageError
from schemas.list_kinds import list_kind
from schemas.support.names import did_you_mean
from suppression.formats.options import ROLES, Options

_TAB = {"tab", "\\t"}


class Declared(NamedTuple):
    """The options of ``lists add`` and ``update`` that say how files are written, as they were typed."""

    columns: list[str] | None = None
    change_layout: str | None = None
    action_words: list[str] | None = None
    status_words: list[str] | None = None
    codes: list[str] | None = None
    min_severity: int | None = None
    day_first: bool | None = None
    delimiter: str | None = None
    headerless: bool = False
    comments: bool = False
    sheets: list[str] | None = None
    region: str | None = None

    @property
    def options(self) -> Options:
        """What readers understand. Raises `UsageError` when an option cannot be understood."""
        column, by_role = _columns(self.columns or [])
        return Options(
            column=column,
            columns=by_role,
            headerless=self.headerless,
            delimiter="\t" if self.delimiter in _TAB else self.delimiter,
            change_layout=self.change_layout,
            actions=_words("--action-word", self.action_words or []),
            statuses=_words("--status-word", self.status_words or []),
            codes=frozenset(self.codes or []),
            min_severity=self.min_severity,
            region=self.region,
            day_first=self.day_first,
            comments=self.comments,
            sheets=tuple(self.sheets or []),
        )


def options_of(entry: ListEntry, region: str | None) -> Options:
    """Options of a list that a campaign names."""
    declared = Declared(
        codes=entry.codes,
        min_severity=entry.min_severity,
        day_first=entry.day_first,
        delimiter=entry.delimiter,
        headerless=entry.headerless,
        sheets=entry.sheets,
        region=region,
    )
    columns = {role: (one,) if isinstance(one, str) else tuple(one) for role, one in entry.columns.items()}
    return replace(
        declared.options,
        column=entry.column,
        columns=columns,
        statuses=entry.statuses,
        fields=list_kind(entry.kind).fields,
    )


def _columns(texts: list[str]) -> tuple[str | None, dict[str, tuple[str, ...]]]:
    """Read ``HEADER`` (it holds the entries) and ``ROLE=HEADER``, which may repeat."""
    column: str | None = None
    by_role: dict[str, tuple[str, ...]] = {}
    for text in texts:
        role, equals, header = text.partition("=")
        if not equals:
            if column is not None:
                raise UsageError(
                    f"Two columns are named without their role: '{column}' and '{text}'.",
                    f"Say what each holds, as in number=Phone. Roles: {', '.join(ROLES)}.",
                )
            column = text
        elif role not in ROLES or not header:
            raise UsageError(
                f"--column '{text}' is not of the form HEADER or ROLE=HEADER.",
                did_you_mean(role, ROLES) or f"Roles: {', '.join(ROLES)}.",
            )
        else:
            by_role[role] = (*by_role.get(role, ()), header)
    return column, by_role


def _words(option: str, texts: list[str]) -> dict[str, str]:
    words = {}
    for text in texts:
        word, equals, meaning = text.rpartition("=")
        if not equals or not word:
            raise UsageError(f"{option} '{text}' is not of the form WORD=MEANING.", "")
        words[word] = meaning.replace("-", " ")
    return words

"""What a user declares about a list's files: columns, layout, words, and which entries to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from schemas.errors import UsageError
from schemas.support.names import did_you_mean

#: What a column can hold. The first four hold entries; ``area`` is an area code apart from its number.
ENTRY_ROLES: Final = ("number", "email", "domain", "hash")
ROLES: Final = (
    *ENTRY_ROLES,
    "area",
    "country",
    "calling_code",
    "date",
    "expiry",
    "reason",
    "severity",
    "code",
    "status",
    "action",
)

#: Regions of the North American Numbering Plan (ISO 3166-1 alpha-2).
NORTH_AMERICA: Final = frozenset(
    "AG AI AS BB BM BS CA DM DO GD GU JM KN KY LC MP MS PR SX TC TT US VC VG VI".split()  # noqa: SIM905 - reads better
)

_ACTIONS: Final = {"A": "add", "D": "delete", "ADD": "add", "DELETE": "delete"}


@dataclass(frozen=True)
class Options:
    """What is declared. Everything is optional; a format ignores what does not concern it.

    ``column``: the column that holds the entries, whatever they are. ``columns``: role (see `ROLES`) to headers.
    ``headerless``: the first row is an entry already, and columns are named by their place: ``1``, ``2`` …
    ``fields``: which contact points (``phone``, ``email``) the list's kind holds; columns of others are not looked for.
    ``change_layout``: columns of a change file in order, as in ``area,number,date,action``; ``-`` is one to ignore.
    ``actions``: what an action says, to ``add`` or ``delete``; ``A`` and ``D``, ``add`` and ``delete`` unless declared.
    ``statuses``: what an answer says, to ``listed``, ``not listed`` or ``no data``.
    ``codes``: keep entries with one of these codes. ``min_severity``: keep those at least so severe. An entry without
    a code or severity is always kept.
    ``region``: of numbers without calling code. ``day_first``: order of dates such as 03/04/2026.
    ``comments``: lines that begin with ``#`` are comments. ``sheets``: those of workbooks to read.
    """

    column: str | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headerless: bool = False
    fields: frozenset[str] = frozenset({"phone", "email"})
    delimiter: str | None = None
    change_layout: str | None = None
    actions: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    codes: frozenset[str] = frozenset()
    min_severity: int | None = None
    region: str | None = None
    day_first: bool | None = None
    comments: bool = False
    sheets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no format could follow. `UsageError`."""
        for role in self.columns:
            if role not in ROLES:
                raise UsageError(f"No column of a list is called '{role}'.", did_you_mean(role, ROLES))
        if self.delimiter is not None and (len(self.delimiter.encode()) != 1 or self.delimiter in '"\r\n'):
            raise UsageError(f"A delimiter is one ASCII character, not {self.delimiter!r}.", "Such as , ; | or a tab.")
        _words("action", self.actions, ("add", "delete"))
        _words("status", self.statuses, ("listed", "not listed", "no data"))

    @property
    def action_words(self) -> dict[str, str]:
        """What actions mean, by their words in capital letters."""
        return {word.upper(): meaning for word, meaning in (self.actions or _ACTIONS).items()}

    @property
    def north_american(self) -> bool:
        """Whether numbers without a calling code are North American."""
        return self.region is not None and self.region.upper() in NORTH_AMERICA


def _words(what: str, declared: Mapping[str, str], known: tuple[str, ...]) -> None:
    for word, meaning in declared.items():
        if meaning not in known:
            raise UsageError(f"The {what} '{word}' cannot mean '{meaning}'.", did_you_mean(meaning, known))

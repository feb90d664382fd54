"""Which column of a list's table holds what: as declared, else by its header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from schemas.errors import ListError
from schemas.headers import fold_header, match_header
from schemas.support.figures import counted
from schemas.support.names import did_you_mean
from suppression.formats.blocks import Holds
from suppression.formats.options import ENTRY_ROLES, Options

#: Headers by role, folded. Those of phones and emails are in the register of `schemas.headers`.
SPELLED: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("number", "numbers", "tn", "dnc number", "blocked number"),
    "email": ("recipient", "recipient email"),
    "domain": ("domain", "domains", "email domain"),
    "hash": ("hash", "md5", "sha1", "sha256", "sha512", "email md5", "email sha1", "email sha256", "phone sha256"),
    "date": ("date", "date added", "added on", "date listed", "listed on", "created", "created at", "timestamp"),
    "expiry": ("expiry", "expiry date", "expires", "expires on", "expires at", "expiration", "expiration date"),
    "reason": ("reason", "type", "category", "list type", "suppression reason"),
    "severity": ("severity", "severity level"),
    "code": ("code", "codes"),
    "country": (),
    "calling_code": (),
    "status": (),
    # A column that says what to do with an entry must be declared: "action" may mean anything.
    "action": (),
}
_HOLDS: Final[Mapping[str, Holds]] = {"number": "phone", "email": "email", "domain": "domain", "hash": "hash"}
#: Roles whose headers are those of a lead's field too.
_OF_LEADS: Final = {"date": "withdrawn_at", "country": "country", "calling_code": "phone_code"}
_SEVERAL: Final = (*ENTRY_ROLES, "reason")


class Roles(NamedTuple):
    """Positions of columns, 0-based. ``entries`` with what they hold; ``positions`` of the other roles by name.

    ``doubts``: headers that may be phones or emails and are not read.
    """

    entries: tuple[tuple[int, Holds], ...]
    positions: Mapping[str, tuple[int, ...]]
    doubts: tuple[str, ...] = ()

    def position(self, role: str) -> int | None:
        """Return the one column of a role, None when there is none."""
        return next(iter(self.positions.get(role, ())), None)


def find_roles(header: Sequence[str], options: Options, known: Mapping[str, tuple[str, ...]], name: str) -> Roles:
    """Place the roles. ``known``: a format's own headers by role, folded.

    Raises `ListError` when a declared column is missing, or no column holds entries.
    """
    declared: dict[str, tuple[int, ...]] = {
        role: tuple(_declared(column, header, name) for column in columns) for role, columns in options.columns.items()
    }
    folded = [fold_header(column) for column in header]
    positions = dict(declared)
    for role in SPELLED:
        if role not in ENTRY_ROLES and role not in declared:
            found = _spelled(folded, known.get(role, ())) or _spelled(folded, SPELLED[role])
            if not found and role in _OF_LEADS:
                found = tuple(i for i, column in enumerate(header) if _field(column) == _OF_LEADS[role])
            positions[role] = found if role in _SEVERAL else found[:1]
    if options.column is not None:
        return Roles(((_declared(options.column, header, name), "mixed"),), positions)
    entries = tuple((position, _HOLDS[role]) for role in ENTRY_ROLES for position in declared.get(role, ()))
    if not entries:
        entries = _entries(header, folded, options, known)
    if not entries:
        raise ListError(
            f"List '{name}' has {counted(len(header), 'column')}, and none is known to hold "
            f"{' or '.join(sorted(options.fields))}.",
            "Name the column that does.",
        )
    return Roles(entries, positions, _doubts(header, options))


def has_entries(header: Sequence[str], options: Options, known: Mapping[str, tuple[str, ...]] | None = None) -> bool:
    """Whether a row is a header that names a column of entries: the declared ones, or one that is known."""
    declared = {name for role in ENTRY_ROLES for name in options.columns.get(role, ())}
    declared |= {options.column} if options.column is not None else set()
    if declared:
        folded = {fold_header(column) for column in header}
        return any(name in header or fold_header(name) in folded for name in declared)
    return bool(_entries(header, [fold_header(column) for column in header], options, known or {}))


def _entries(
    header: Sequence[str], folded: Sequence[str], options: Options, known: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[int, Holds], ...]:
    """Every column of a wanted kind whose header surely says so; hashes and domains only where there is none."""
    found: list[tuple[int, Holds]] = []
    for role, field in (("number", "phone"), ("email", "email")):
        if field not in options.fields:
            continue
        sure = [i for i, column in enumerate(header) if _field(column) == field]
        positions = sorted({*_spelled(folded, known.get(role, ())), *sure}) or _spelled(folded, SPELLED[role])
        found += [(position, _HOLDS[role]) for position in positions]
    for role in ("domain", "hash"):
        if not found:
            found = [(position, _HOLDS[role]) for position in _spelled(folded, SPELLED[role])]
    return tuple(found)


def _field(column: str) -> str | None:
    match = match_header(column)
    return match.field if match is not None and match.sure else None


def _doubts(header: Sequence[str], options: Options) -> tuple[str, ...]:
    matches = ((column, match_header(column)) for column in header)
    return tuple(column for column, match in matches if match and not match.sure and match.field in options.fields)


def _spelled(folded: Sequence[str], names: Sequence[str]) -> tuple[int, ...]:
    return tuple(position for name in names for position, column in enumerate(folded) if column == name)


def _declared(column: str, header: Sequence[str], name: str) -> int:
    if column in header:
        return header.index(column)
    same = [position for position, other in enumerate(header) if fold_header(other) == fold_header(column)]
    if len(same) != 1:
        # A list without header has somebody's number or address in its first line.
        names = [cell for cell in header if "@" not in cell and sum(map(str.isdigit, cell)) < 7]
        raise ListError(f"List '{name}' has no column '{column}'.", did_you_mean(column, names))
    return same[0]

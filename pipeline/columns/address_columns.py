"""Columns of one postal address, kept apart from those of another: a mix of two would be nobody's address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schemas.headers import address_set, match_header

ADDRESS = ("address_1", "address_2", "city", "state", "postal_code", "country")
_STREET = ("address_1", "address_2")


def other_address(fields: Mapping[str, str], columns: Iterable[str], declared: Iterable[str]) -> list[str]:
    """Return the fields whose columns are of another address than the first; ``declared`` ones are a layout's word.

    ``Mailing Address, City, State`` is one address: what has no name of its own follows the street, where only streets
    are named in the whole table, and alike.
    """
    sets = {name: address_set(fields[name]) for name in ADDRESS if name in fields}
    labels = {
        (match.field in _STREET, whose)
        for column in columns
        if (whose := address_set(column)) and (match := match_header(column)) and match.field in ADDRESS
    }
    if labels == {(True, sets.get(_STREET[0]))}:
        return []
    main = next(iter(sets.values()), "")
    kept = set(declared)
    return [name for name, whose in sets.items() if whose != main and name not in kept]

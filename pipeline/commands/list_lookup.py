"""Whether a value is on any of the store's lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from pipeline.terminal import print_lines, write_json
from schemas.contact.email import read_email
from schemas.contact.phone_readings import read_phone_point
from schemas.errors import ListError, UsageError
from schemas.list_kinds import MaxAge
from schemas.masking import mask
from suppression.lists import SuppressionList, fault_on
from suppression.screening import screen_points
from suppression.store import Store

NO_LIST_HINT = "Load one with 'leadscrub lists add', or name another store with --store."


def print_lookup(
    store: Store, values: list[str], region: str | None, today: date, max_age: MaxAge, *, as_json: bool
) -> list[str]:
    """Say of each value and each current list whether it is on it. Returns why some could not be asked.

    Raises `ListError` when there is no list. One that must not be used says *matched*, but never
    *clear*: what is missing in it is not known.
    """
    if not store.names():
        raise ListError(f"There is no list in the store '{store.folder}': nothing was asked.", NO_LIST_HINT)
    lists = [replace(lst, max_age=max_age.of(lst.facts.kind)) for lst in (store.open(n, today) for n in store.names())]
    faults = {lst.facts.name: fault_on(today, lst.facts, lst.valid_until) for lst in lists}
    answers = []
    for value in values:
        frame = _as_row(value, region)
        point = "phone" if "phone" in frame.columns else "email"
        found = screen_points(frame, lists)
        shown = mask(str(frame.item(0, point)))
        answers += [
            {
                "value": shown,
                "list": lst.facts.name,
                "kind": lst.facts.kind,
                "state": _answer(lst, point, found, faults[lst.facts.name]),
                "version": lst.facts.version[:12],
                "as_of": lst.facts.as_of.isoformat(),
                "scope": lst.facts.scope,
                "fault": faults[lst.facts.name],
            }
            for lst in lists
        ]
    unchecked = {str(answer["list"]) for answer in answers if answer["state"] == NOT_CHECKED}
    if as_json:
        write_json(answers)
    else:
        for answer in answers:
            notes = [answer["scope"] if answer["scope"] != "seller" else None, answer["fault"]]
            more = "".join(f", {note}" for note in notes if note)
            line = "{value}  {state:<11}  {list} ({kind}, version {version}, as of {as_of}".format(**answer)
            print_lines(f"{line}{more})")
    return [f"{name}: {faults[name]}" for name in sorted(unchecked)]


NOT_CHECKED = "not checked"


def _answer(suppression: SuppressionList, point: str, found: pl.DataFrame, fault: str | None) -> str:
    kind = suppression.kind
    if not (kind.phones if point == "phone" else kind.emails or kind.domains):
        return "holds none"
    # Several copies may speak for one number together, so "not covered" names them all.
    said = found.filter(pl.col("source").str.split("; ").list.contains(suppression.authority)).get_column("code")
    if (said != "dnc.not_covered").any():
        return "matched"
    if fault is not None:
        return NOT_CHECKED
    return "not covered" if len(said) else "clear"


def _as_row(value: str, region: str | None) -> pl.DataFrame:
    """One lead with one contact point, as the screen stage sees it."""
    if "@" in value:
        email = read_email(value.strip())
        if email.normal is None:
            raise UsageError(f"{mask(value)} is not a valid address: {email.why}.")
        return pl.DataFrame(
            {
                "row_id": [0],
                "email": [email.normal],
                "email:given": [value.strip()],
                "email:key": [email.normal.lower()],
            }
        )
    phone, other = read_phone_point(value.strip(), region)
    if phone.e164 is None:
        raise UsageError(f"{mask(value)} is not a valid number: {phone.why}.", "Give it with + and the country's code.")
    row = pl.DataFrame({"row_id": [0], "phone": [phone.e164], "phone:region": [phone.region]})
    if other is None:
        return row
    return row.with_columns(pl.lit(other.e164).alias("phone:other"), pl.lit(other.region).alias("phone:other_region"))

"""The ``leadscrub lists`` commands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_loading import add, update
from pipeline.cli_types import AsOfDay, Json, ListName, MaxAgeDays, StoreFolder, day_of, store_folder
from schemas.errors import ListError

lists = typer.Typer(name="lists", help="The store of suppression lists.", no_args_is_help=True)

lists.command(
    epilog="Example: leadscrub lists add ftc registry.zip --kind dnc.national --as-of 2026-11-20 --covers all"
)(add)
lists.command(
    epilog="Example: leadscrub lists update ftc changes.txt --as-of 2026-11-21 --change-layout area,number,date,action"
)(update)


@lists.command(epilog="Example: leadscrub lists status")
def status(
    store: StoreFolder = None,
    campaign: Annotated[Path | None, typer.Option(help="Judge only what this campaign needs.")] = None,
    as_of: AsOfDay = None,
    max_age: MaxAgeDays = None,
    as_json: Json = False,
) -> None:
    """Show each list: version, age, when it expires, entries, coverage. Exit 5 when one must not be used."""
    from pipeline.list_reports import print_status, status_of  # noqa: PLC0415
    from pipeline.plan import campaign_lists  # noqa: PLC0415
    from schemas.list_kinds import max_age_said  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    day, kept, limit = day_of(as_of), Store(store_folder(store)), max_age_said(max_age or [])
    names = kept.names() if campaign is None else campaign_lists(campaign)
    found = [status_of(kept, name, day, limit) for name in names]
    print_status(found, as_json=as_json)
    faulty = [one for one in found if one.fault]
    if faulty:
        shown = "; ".join(f"{one.name}: {one.fault}" for one in faulty)
        raise ListError(f"{len(faulty)} of {len(found)} lists must not be used ({shown}).", "Load a new copy.")


@lists.command(epilog="Example: leadscrub lists lookup '(202) 555-0123' --region US")
def lookup(
    values: Annotated[list[str], typer.Argument(metavar="VALUE...", help="Phones and emails.")],
    region: Annotated[str | None, typer.Option(help="Region of numbers without +.")] = None,
    store: StoreFolder = None,
    as_of: AsOfDay = None,
    max_age: MaxAgeDays = None,
    as_json: Json = False,
) -> None:
    """Say of each value which current lists it is on. Exit 5 when one that should answer must not be used."""
    from pipeline.list_reports import print_lookup  # noqa: PLC0415
    from schemas.list_kinds import max_age_said  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    unchecked = print_lookup(
        Store(store_folder(store)), values, region, day_of(as_of), max_age_said(max_age or []), as_json=as_json
    )
    if unchecked:
        raise ListError(f"Not checked against all lists: {'; '.join(unchecked)}.", "Load new copies.")


@lists.command(epilog="Example: leadscrub lists export ours --out ours.md5 --hash trim+lower+md5")
def export(
    name: ListName,
    out: Annotated[Path, typer.Option(help="File to write; must be new.")],
    hash_: Annotated[
        str | None, typer.Option("--hash", metavar="RECIPE", help="Hash each entry, for a partner.")
    ] = None,
    store: StoreFolder = None,
    as_of: AsOfDay = None,
) -> None:
    """Write a list's entries, one a line: plain for a dialler, or hashed for a partner."""
    from pipeline.list_commands import export_list  # noqa: PLC0415
    from schemas.recipes import parse_recipe  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    opened = Store(store_folder(store)).open(name, day_of(as_of))
    export_list(opened, out, parse_recipe(hash_) if hash_ else None)


@lists.command(epilog="Example: leadscrub lists drop old-partner")
def drop(name: ListName, store: StoreFolder = None) -> None:
    """Take a list out of force. Its versions are kept for audit."""
    from pipeline.list_commands import drop_list  # noqa: PLC0415

    drop_list(store_folder(store), name, datetime.now(UTC))


@lists.command(epilog="Example: leadscrub lists history ftc")
def history(name: ListName, store: StoreFolder = None, as_json: Json = False) -> None:
    """Show every version that was current, with its files and when it was loaded."""
    from pipeline.list_reports import print_history  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    print_history(Store(store_folder(store)), name, as_json=as_json)

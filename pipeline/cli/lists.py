"""The ``leadscrub lists`` commands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.help import Changing, Command, Group
from pipeline.cli.list_loading import add, update
from pipeline.cli.option_values import addresses_of, day_of, store_folder
from pipeline.cli.options import AsOfDay, Json, ListName, MaxAgeDays, StoreFolder
from schemas.errors import ListError, UsageError
from schemas.support.figures import counted

lists = typer.Typer(
    name="lists", cls=Group, help="The store of suppression lists.", no_args_is_help=True, rich_markup_mode=None
)

lists.command(
    cls=Changing,
    epilog="Example: leadscrub lists add ftc registry.zip --kind dnc.national --as-of 2026-11-20 --covers all",
)(add)
lists.command(
    cls=Changing,
    epilog="Example: leadscrub lists update ftc changes.txt --as-of 2026-11-21 --change-layout area,number,date,action",
)(update)


@lists.command(cls=Command, epilog="Example: leadscrub lists status")
def status(
    store: StoreFolder = None,
    campaign: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Show what a run of this campaign would use.")
    ] = None,
    as_of: AsOfDay = None,
    max_age: MaxAgeDays = None,
    as_json: Json = False,
) -> None:
    """Show each list: version, age, when it expires, entries, coverage. Exit 5 when one must not be used."""
    from pipeline.commands.list_reports import (  # noqa: PLC0415
        print_run_lists,
        print_status,
        refuse_nothing_to_use,
        status_of,
    )
    from pipeline.workspace import read_campaign  # noqa: PLC0415
    from schemas.list_kinds import max_age_said  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    day, kept, limit = day_of(as_of), Store(store_folder(store)), max_age_said(max_age or [])
    asked = None if campaign is None else read_campaign(campaign)
    names = kept.names() if asked is None else asked.store_lists or ([] if asked.no_lists else kept.names())
    found = [status_of(kept, name, day, limit) for name in names]
    print_status(found, as_json=as_json)
    if asked is not None and not as_json:
        print_run_lists(asked)
    refuse_nothing_to_use(kept, found, asked, campaign)
    faulty = [one for one in found if one.fault]
    if faulty:
        shown = "; ".join(f"{one.name}: {one.fault}" for one in faulty)
        raise ListError(
            f"{len(faulty)} of {counted(len(found), 'list')} must not be used ({shown}).", "Load a new copy."
        )


@lists.command(cls=Command, epilog="Example: leadscrub lists lookup '(202) 555-0123' --region US")
def lookup(
    values: Annotated[
        list[str], typer.Argument(metavar="VALUE", help="Phones and emails; - reads them from stdin, one on each line.")
    ],
    region: Annotated[str | None, typer.Option(metavar="REGION", help="Region of numbers without +.")] = None,
    store: StoreFolder = None,
    as_of: AsOfDay = None,
    max_age: MaxAgeDays = None,
    as_json: Json = False,
) -> None:
    """Show which current lists each value is on. Exit 5 when a list is too old or damaged to answer."""
    from pipeline.commands.list_lookup import print_lookup  # noqa: PLC0415
    from schemas.list_kinds import max_age_said  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    unchecked = print_lookup(
        Store(store_folder(store)),
        addresses_of(values),
        region,
        day_of(as_of),
        max_age_said(max_age or []),
        as_json=as_json,
    )
    if unchecked:
        raise ListError(f"Not checked against all lists: {'; '.join(unchecked)}.", "Load new copies.")


@lists.command(
    cls=Changing,
    epilog="Example: leadscrub lists export ours --out hashed.txt --for processor --to-country US --people-in US "
    "--hash trim+lower+sha256",
)
def export(
    name: ListName,
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write; must be new.")],
    for_: Annotated[
        str | None, typer.Option("--for", metavar="PURPOSE", help="Required: compliance, processor or sale.")
    ] = None,
    to_country: Annotated[
        str | None, typer.Option(metavar="COUNTRY", help="Required: country that the file goes to, such as US.")
    ] = None,
    people_in: Annotated[
        str | None, typer.Option(metavar="COUNTRIES", help="Countries of the list's people, such as US,CA.")
    ] = None,
    mechanism: Annotated[
        str | None, typer.Option(metavar="NAME", help="What covers a transfer: scc, bcr, art49 or dpf.")
    ] = None,
    not_sensitive: Annotated[
        bool, typer.Option("--not-sensitive", help="Being on the list reveals nothing sensitive.")
    ] = False,
    hash_: Annotated[
        str | None, typer.Option("--hash", metavar="RECIPE", help="Hash each entry, for a partner.")
    ] = None,
    store: StoreFolder = None,
    as_of: AsOfDay = None,
) -> None:
    """Write a list's entries, one per line, for somebody else. Exit 5 when a rule forbids it."""
    from pipeline.commands.list_exports import HandOver, export_list, mechanism_named, purpose_named  # noqa: PLC0415
    from schemas.contact.regions import checked_region  # noqa: PLC0415
    from schemas.recipes import parse_recipe  # noqa: PLC0415

    purpose = purpose_named(for_)
    if to_country is None:
        raise UsageError("lists export requires --to-country.", "Add --to-country CC, such as US.")
    handing = HandOver(
        purpose,
        checked_region(to_country),
        tuple(checked_region(code) for code in people_in.split(",")) if people_in else None,
        mechanism_named(mechanism) if mechanism else None,
        not_sensitive,
        parse_recipe(hash_) if hash_ else None,
    )
    export_list(store_folder(store), name, day_of(as_of), out, handing, datetime.now(UTC))


@lists.command(cls=Changing, epilog="Example: leadscrub lists remove old-partner")
@lists.command("drop", cls=Changing, hidden=True, epilog="Example: leadscrub lists remove old-partner")
def remove(name: ListName, store: StoreFolder = None) -> None:
    """Stop using a list. Its versions are kept for audit."""
    from pipeline.commands.list_changes import remove_list  # noqa: PLC0415

    remove_list(store_folder(store), name, datetime.now(UTC))


@lists.command(cls=Command, epilog="Example: leadscrub lists history ftc")
def history(
    name: ListName,
    refused: Annotated[
        bool, typer.Option("--refused", help="Show unusable entries of the current version, masked.")
    ] = False,
    store: StoreFolder = None,
    as_json: Json = False,
) -> None:
    """Show every version of a list, with its files and when it was loaded."""
    from pipeline.commands.list_reports import print_history, print_refused  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    (print_refused if refused else print_history)(Store(store_folder(store)), name, as_json=as_json)


SharedStore = Annotated[
    str | None,
    typer.Argument(
        metavar="PLACE", help="s3://bucket/prefix or a folder; by default shared in [store] of leadscrub.toml."
    ),
]


@lists.command(cls=Changing, epilog="Example: leadscrub lists push shared/lists")
def push(place: SharedStore = None, store: StoreFolder = None) -> None:
    """Put the lists where other machines pull them from."""
    from pipeline.commands.list_sharing import push_lists  # noqa: PLC0415

    push_lists(store_folder(store), place)


@lists.command(cls=Changing, epilog="Example: leadscrub lists pull shared/lists")
def pull(place: SharedStore = None, store: StoreFolder = None) -> None:
    """Get the lists that another machine pushed, and check every byte. Exit 5 when they are damaged or older."""
    from pipeline.commands.list_sharing import pull_lists  # noqa: PLC0415

    pull_lists(store_folder(store), place, datetime.now(UTC))

"""The ``leadscrub lists`` commands."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import ListError, UsageError

lists = typer.Typer(name="lists", help="The store of suppression lists.", no_args_is_help=True)

StoreOption = Annotated[Path | None, typer.Option("--store", help="Folder of the store; the workspace's.")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="YYYY-MM-DD; today.")]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list.")]


@lists.command(
    epilog="Example: leadscrub lists add ftc registry.zip --kind dnc.national --as-of 2026-11-20 --covers all"
)
def add(
    name: Name,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The list's files: plain, gzip or zip.")],
    kind: Annotated[str, typer.Option(help="dnc.national, dnc.internal, email.unsubscribed, … list.WORD")],
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Day on which the copy was made.")],
    format_: Annotated[str, typer.Option("--format", help="Format of the files; found by itself.")] = "auto",
    column: Annotated[
        str | None, typer.Option(help="Column that holds the entries, where the header does not say.")
    ] = None,
    covers: Annotated[
        str | None, typer.Option(metavar="212,646|all", help="Area codes that a registry copy covers.")
    ] = None,
    registry: Annotated[
        str | None, typer.Option(help="ftc, ndncl, tps, ctps, dncr or rpo: sets how long a copy lasts.")
    ] = None,
    expires_after: Annotated[
        int | None,
        typer.Option(min=0, metavar="DAYS", help="How long a copy may be used; never longer than its registry allows."),
    ] = None,
    hash_: Annotated[
        list[str] | None,
        typer.Option(
            "--hash", metavar="RECIPE", help="How hashes were made, as in trim+lower+md5; repeat for candidates."
        ),
    ] = None,
    planted: Annotated[
        list[str] | None, typer.Option(help="A value that you know to be in a hashed list; repeatable.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Region of numbers without +, such as US.")] = None,
    san: Annotated[str | None, typer.Option(help="Subscription account number of a registry.")] = None,
    scope: Annotated[
        str, typer.Option(metavar="seller|campaign|vendor:NAME", help="For whom the list speaks.")
    ] = "seller",
    accept_shrinkage: Annotated[
        bool, typer.Option("--accept-shrinkage", help="The copy may be much smaller than the last.")
    ] = False,
    store: StoreOption = None,
) -> None:
    """Load a full copy of a list; it becomes current in one step when it is complete."""
    from pipeline.list_commands import AddOptions, add_list  # noqa: PLC0415
    from pipeline.plan import list_options  # noqa: PLC0415
    from schemas.contact.regions import checked_region  # noqa: PLC0415
    from schemas.list_kinds import list_kind, registry_named  # noqa: PLC0415
    from schemas.recipes import parse_recipe  # noqa: PLC0415
    from suppression.loading import ListSpec  # noqa: PLC0415

    of_kind = list_kind(kind)
    spec = ListSpec(
        of_kind,
        _list_name(name),
        tuple(files),
        day_of(as_of),
        dated_by="the user, when the list was loaded",
        format=format_,
        options=list_options(of_kind, checked_region(region) if region else None, column),
        recipes=tuple(parse_recipe(spelled) for spelled in hash_ or []),
        planted=tuple(planted or []),
        covers=_areas(covers),
        registry=registry_named(registry) if registry else None,
        expires_after=expires_after,
        san=san,
        scope=_scope(scope),
    )
    add_list(spec, AddOptions(_store_folder(store), datetime.now(UTC), accept_shrinkage))


@lists.command(epilog="Example: leadscrub lists status")
def status(
    store: StoreOption = None,
    campaign: Annotated[Path | None, typer.Option(help="Judge only what this campaign needs.")] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show each list: version, age, when it expires, entries, coverage. Exit 5 when one must not be used."""
    from pipeline.list_reports import print_status, status_of  # noqa: PLC0415
    from pipeline.plan import campaign_lists  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    day, kept = day_of(as_of), Store(_store_folder(store))
    names = kept.names() if campaign is None else campaign_lists(campaign)
    found = [status_of(kept, name, day) for name in names]
    print_status(found, day, as_json=as_json)
    faulty = [one for one in found if one.fault]
    if faulty:
        shown = "; ".join(f"{one.name}: {one.fault}" for one in faulty)
        raise ListError(f"{len(faulty)} of {len(found)} lists must not be used ({shown}).", "Load a new copy.")


@lists.command(epilog="Example: leadscrub lists lookup '(202) 555-0123' --region US")
def lookup(
    values: Annotated[list[str], typer.Argument(metavar="VALUE...", help="Phones and emails.")],
    region: Annotated[str | None, typer.Option(help="Region of numbers without +.")] = None,
    store: StoreOption = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Say of each value which current lists it is on, and which it is not on."""
    from pipeline.list_reports import print_lookup  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    print_lookup(Store(_store_folder(store)), values, region, day_of(as_of), as_json=as_json)


@lists.command(epilog="Example: leadscrub lists export ours --out ours.md5 --hash trim+lower+md5")
def export(
    name: Name,
    out: Annotated[Path, typer.Option(help="File to write; must be new.")],
    hash_: Annotated[
        str | None, typer.Option("--hash", metavar="RECIPE", help="Hash each entry, for a partner.")
    ] = None,
    store: StoreOption = None,
    as_of: AsOf = None,
) -> None:
    """Write a list's entries, one a line: plain for a dialler, or hashed for a partner."""
    from pipeline.list_commands import export_list  # noqa: PLC0415
    from schemas.recipes import parse_recipe  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    opened = Store(_store_folder(store)).open(name, day_of(as_of))
    export_list(opened, out, parse_recipe(hash_) if hash_ else None)


@lists.command(epilog="Example: leadscrub lists drop old-partner")
def drop(name: Name, store: StoreOption = None) -> None:
    """Take a list out of force. Its versions are kept for audit."""
    from pipeline.list_commands import drop_list  # noqa: PLC0415

    drop_list(_store_folder(store), name, datetime.now(UTC))


@lists.command(epilog="Example: leadscrub lists history ftc")
def history(name: Name, store: StoreOption = None, as_json: Json = False) -> None:
    """Show every version that was current, with its files and when it was loaded."""
    from pipeline.list_reports import print_history  # noqa: PLC0415
    from suppression.store import Store  # noqa: PLC0415

    print_history(Store(_store_folder(store)), name, as_json=as_json)


def day_of(given: str | None) -> date:
    """Resolve a day from the command line; today when none is given. The only place that asks the clock for it."""
    if given is None:
        return date.today()
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise UsageError(f"'{given}' is not a day.", "Write it as YYYY-MM-DD.") from error


def _store_folder(given: Path | None) -> Path:
    if given is not None:
        return given
    if not Path("leadscrub.toml").exists():
        raise UsageError("No store is named, and this folder is no workspace.", "Add --store DIR.")
    return Path("store")


def _list_name(name: str) -> str:
    import re  # noqa: PLC0415

    from schemas.config import VENDOR_NAME  # noqa: PLC0415

    if re.fullmatch(VENDOR_NAME, name) is None:
        raise UsageError(f"'{name}' cannot be a list's name.", "Use letters, digits, '.', '-' and '_'.")
    return name


def _areas(covers: str | None) -> tuple[str, ...] | None:
    if covers is None:
        return None
    areas = tuple(sorted({area.strip() for area in covers.split(",")}))
    wrong = [area for area in areas if not (len(area) == 3 and area.isdigit())]
    if areas != ("all",) and wrong:
        raise UsageError(f"'{wrong[0]}' is not an area code.", "Write --covers 212,646 or --covers all.")
    return areas


def _scope(scope: str) -> str:
    if scope not in {"seller", "campaign"} and not scope.startswith("vendor:"):
        raise UsageError(f"There is no scope '{scope}'.", "Known: seller, campaign, vendor:NAME.")
    return scope

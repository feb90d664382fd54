"""The commands ``leadscrub lists add`` and ``update``: what brings new entries into the store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import ListName, StoreFolder, day_of, list_name, past_day_of, store_folder
from schemas.errors import UsageError

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="The list's files: any kind that a drop may be.")]
FormatName = Annotated[str, typer.Option("--format", help="Format of the files; found by itself.")]
Column = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[ROLE=]HEADER",
        help="Column that holds the entries, or a role: number, email, domain, hash, area, country, calling_code, "
        "date, expiry, reason, severity, code, status, action. Repeatable.",
    ),
]
StatusWord = Annotated[
    list[str] | None,
    typer.Option(metavar="WORD=MEANING", help="What an answer says: listed, not-listed or no-data; repeatable."),
]
Code = Annotated[list[str] | None, typer.Option(help="Keep only entries with this code; repeatable.")]
MinSeverity = Annotated[int | None, typer.Option(help="Keep only entries at least so severe.")]
DayFirst = Annotated[bool | None, typer.Option("--day-first/--month-first", help="What 03/04/2026 means.")]
Delimiter = Annotated[str | None, typer.Option(help="What stands between cells: one character, or tab.")]
Headerless = Annotated[bool, typer.Option("--headerless", help="The first row is an entry; columns are called 1, 2, …")]
Sheets = Annotated[list[str] | None, typer.Option("--sheet", help="Sheet of a workbook; all of them. Repeatable.")]
MaxRefusedShare = Annotated[
    float, typer.Option("--max-refused", min=0, max=1, help="Share of the entries that may be unreadable.")
]
AcceptRefused = Annotated[bool, typer.Option("--accept-refused", help="Any number of entries may be unreadable.")]
Comments = Annotated[bool, typer.Option("--comments", help="Lines that begin with # are comments.")]
Region = Annotated[str | None, typer.Option(help="Region of numbers without +, such as US.")]
Planted = Annotated[list[str] | None, typer.Option(help="A value that you know to be in a hashed list; repeatable.")]
AcceptShrinkage = Annotated[bool, typer.Option("--accept-shrinkage", help="The list may be much smaller than before.")]
MaxShrinkage = Annotated[
    float, typer.Option(min=0, max=1, help="Share by which a list may become smaller before that is refused.")
]
KeepDays = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="DAYS",
        help="From now on, how long the store keeps replaced versions; five years (16 CFR 310.5) unless said.",
    ),
]
_DATED_BY = "the user, when the list was loaded"


def add(
    name: ListName,
    files: Files,
    kind: Annotated[str, typer.Option(help="dnc.national, dnc.internal, email.unsubscribed, … list.WORD")],
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Day on which the copy was made.")],
    format_: FormatName = "auto",
    column: Column = None,
    status_word: StatusWord = None,
    code: Code = None,
    min_severity: MinSeverity = None,
    day_first: DayFirst = None,
    delimiter: Delimiter = None,
    headerless: Headerless = False,
    comments: Comments = False,
    sheet: Sheets = None,
    max_refused: MaxRefusedShare = 0.01,
    accept_refused: AcceptRefused = False,
    covers: Annotated[
        str | None, typer.Option(metavar="212,646|all", help="Area codes that a registry copy covers.")
    ] = None,
    registry: Annotated[
        str | None, typer.Option(help="ftc, ndncl, tps, ctps, dncr or rpo: sets how long a copy lasts.")
    ] = None,
    state: Annotated[
        str | None, typer.Option(metavar="TX", help="State of the United States whose list it is (kind dnc.state).")
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
    planted: Planted = None,
    fold: Annotated[
        str | None,
        typer.Option(
            metavar="plus,dots,aliases",
            help="Match addresses without their +tag, Gmail's without dots, and domains of one provider as one.",
        ),
    ] = None,
    region: Region = None,
    san: Annotated[str | None, typer.Option(help="Subscription account number of a registry.")] = None,
    scope: Annotated[
        str, typer.Option(metavar="seller|campaign|vendor:NAME", help="For whom the list speaks.")
    ] = "seller",
    accept_shrinkage: AcceptShrinkage = False,
    max_shrinkage: MaxShrinkage = 0.1,
    keep_days: KeepDays = None,
    store: StoreFolder = None,
) -> None:
    """Load a full copy of a list; it becomes current in one step when it is complete."""
    from dataclasses import replace  # noqa: PLC0415

    from pipeline.commands.list_changes import Change, add_list  # noqa: PLC0415
    from pipeline.run.list_options import Declared  # noqa: PLC0415
    from schemas.contact.match_keys import folds_named  # noqa: PLC0415
    from schemas.contact.regions import checked_region  # noqa: PLC0415
    from schemas.list_kinds import list_kind, registry_named  # noqa: PLC0415
    from schemas.recipes import parse_recipe  # noqa: PLC0415
    from suppression.loading import ListSpec  # noqa: PLC0415

    of_kind = list_kind(kind)
    declared = Declared(
        columns=column,
        status_words=status_word,
        codes=code,
        min_severity=min_severity,
        day_first=day_first,
        delimiter=delimiter,
        headerless=headerless,
        comments=comments,
        sheets=sheet,
        region=checked_region(region) if region else None,
    )
    spec = ListSpec(
        of_kind,
        list_name(name),
        tuple(files),
        past_day_of(as_of),
        dated_by=_DATED_BY,
        format=format_,
        options=replace(declared.options, fields=of_kind.fields),
        recipes=tuple(parse_recipe(spelled) for spelled in hash_ or []),
        planted=tuple(planted or []),
        max_refused=1.0 if accept_refused else max_refused,
        covers=_areas(covers),
        registry=registry_named(registry) if registry else None,
        state=_state(state, name) if kind == "dnc.state" else None,
        expires_after=expires_after,
        san=san,
        scope=_scope(scope),
        folds=folds_named(word.strip() for word in fold.split(",")) if fold else frozenset(),
    )
    shrinkage = 1.0 if accept_shrinkage else max_shrinkage
    add_list(spec, Change(store_folder(store), datetime.now(UTC), shrinkage, keep_days))


def update(
    name: ListName,
    files: Files,
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Last day that the changes speak for.")],
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day that they speak for; else the first date in them.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Version that they belong to; refused if it is not current.")
    ] = None,
    action: Annotated[
        str | None, typer.Option(metavar="add|delete", help="What to do with each entry of files that do not say it.")
    ] = None,
    change_layout: Annotated[
        str | None,
        typer.Option(metavar="area,number,date,action", help="Columns of a change file in order; - is one to ignore."),
    ] = None,
    action_word: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD=add|delete", help="What an action says; A=add, D=delete unless said."),
    ] = None,
    format_: FormatName = "auto",
    column: Column = None,
    day_first: DayFirst = None,
    delimiter: Delimiter = None,
    headerless: Headerless = False,
    comments: Comments = False,
    sheet: Sheets = None,
    max_refused: MaxRefusedShare = 0.01,
    accept_refused: AcceptRefused = False,
    region: Region = None,
    planted: Planted = None,
    accept_unexpected: Annotated[
        bool,
        typer.Option("--accept-unexpected", help="Many may add what is on the list already, or delete what is not."),
    ] = False,
    accept_shrinkage: AcceptShrinkage = False,
    max_shrinkage: MaxShrinkage = 0.1,
    keep_days: KeepDays = None,
    store: StoreFolder = None,
) -> None:
    """Apply change files to the current version of a list; the result becomes current in one step."""
    from pipeline.commands.list_changes import Change, update_list  # noqa: PLC0415
    from pipeline.run.list_options import Declared  # noqa: PLC0415
    from schemas.contact.regions import checked_region  # noqa: PLC0415
    from suppression.updating import ChangeSpec  # noqa: PLC0415

    if action not in {None, "add", "delete"}:
        raise UsageError(f"--action cannot be '{action}'.", "Known: add, delete.")
    declared = Declared(
        columns=column,
        change_layout=change_layout,
        action_words=action_word,
        day_first=day_first,
        delimiter=delimiter,
        headerless=headerless,
        comments=comments,
        sheets=sheet,
        region=checked_region(region) if region else None,
    )
    spec = ChangeSpec(
        tuple(files),
        past_day_of(as_of),
        _DATED_BY,
        format=format_,
        options=declared.options,
        action=action,
        since=day_of(since) if since else None,
        planted=tuple(planted or []),
        max_refused=1.0 if accept_refused else max_refused,
        accept_unexpected=accept_unexpected,
    )
    shrinkage = 1.0 if accept_shrinkage else max_shrinkage
    update_list(list_name(name), spec, base, Change(store_folder(store), datetime.now(UTC), shrinkage, keep_days))


def _areas(covers: str | None) -> tuple[str, ...] | None:
    if covers is None:
        return None
    areas = tuple(sorted({area.strip() for area in covers.split(",")}))
    wrong = [area for area in areas if not (len(area) == 3 and area.isdigit())]
    if areas != ("all",) and wrong:
        raise UsageError(f"'{wrong[0]}' is not an area code.", "Write --covers 212,646 or --covers all.")
    return areas


def _state(given: str | None, name: str) -> str | None:
    """Two letters of the state that is given, else of the one that the list is called after."""
    from suppression.rules.places import state_named  # noqa: PLC0415

    state = state_named(given or name)
    if given is not None and state is None:
        raise UsageError(f"'{given}' is no state of the United States.", "Write its two letters, as in --state TX.")
    return state


def _scope(scope: str) -> str:
    kind, colon, vendor = scope.partition(":")
    if kind == "vendor" and colon:
        list_name(vendor)
    elif scope not in {"seller", "campaign"}:
        raise UsageError(f"There is no scope '{scope}'.", "Known: seller, campaign, vendor:NAME.")
    return scope

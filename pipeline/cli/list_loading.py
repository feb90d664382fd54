"""The commands ``leadscrub lists add`` and ``update``: what brings new entries into the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.option_values import addresses_of, day_of, list_name, past_day_of, store_folder
from pipeline.cli.options import ListName, Loudness, StoreFolder, kind_names, with_shared_options
from schemas.errors import UsageError
from schemas.support.names import did_you_mean

if TYPE_CHECKING:
    from pipeline.commands.list_changes import Change
    from pipeline.run.list_options import Declared

Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="The list's files: any kind that a drop may be.")]


def _of_reading(*names: str, metavar: str | None = None, help: str) -> Any:  # noqa: A002  # as typer calls it
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel="How to read it")


@dataclass(frozen=True)
class ReadingOptions:
    """Options that say how a list's files are read."""

    format_: Annotated[str, _of_reading("--format", metavar="NAME", help="Format of the files.")] = "auto"
    column: Annotated[
        list[str] | None,
        _of_reading(
            metavar="[ROLE=]HEADER",
            help="Column that has the entries, or a role: number, email, domain, hash, area, country, calling_code, "
            "date, expiry, reason, severity, code, status, action. Repeatable.",
        ),
    ] = None
    day_first: Annotated[bool | None, _of_reading("--day-first/--month-first", help="What 03/04/2026 means.")] = None
    delimiter: Annotated[
        str | None, _of_reading(metavar="CHARACTER", help="What separates cells: one character, or tab.")
    ] = None
    headerless: Annotated[
        bool, _of_reading("--headerless", help="The first row is an entry; columns are called 1, 2, …")
    ] = False
    comments: Annotated[bool, _of_reading("--comments", help="Lines that begin with # are comments.")] = False
    sheet: Annotated[
        list[str] | None,
        _of_reading(metavar="NAME", help="Sheet of a workbook; repeatable; by default all visible ones."),
    ] = None
    max_refused: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Share (0 to 1) of the entries that may be unreadable.",
            rich_help_panel="How to read it",
        ),
    ] = 0.01
    accept_refused: Annotated[
        bool, _of_reading("--accept-refused", help="Accept any number of unreadable entries.")
    ] = False
    region: Annotated[str | None, _of_reading(metavar="REGION", help="Region of numbers without +, such as US.")] = None

    def refused(self) -> float:
        """Return the share of entries that may be unreadable."""
        return 1.0 if self.accept_refused else self.max_refused

    def declared(self, **more: Any) -> Declared:
        """Return what is declared of the files. Raises `UsageError` when the region is none."""
        from pipeline.run.list_options import Declared  # noqa: PLC0415
        from schemas.contact.regions import checked_region  # noqa: PLC0415

        return Declared(
            columns=self.column,
            day_first=self.day_first,
            delimiter=self.delimiter,
            headerless=self.headerless,
            comments=self.comments,
            sheets=self.sheet,
            region=checked_region(self.region) if self.region else None,
            **more,
        )


@dataclass(frozen=True)
class ChangeOptions:
    """Options that say what a new version may change, where it goes, and what is kept."""

    accept_shrinkage: Annotated[bool, typer.Option("--accept-shrinkage", help="Accept a list that shrank by more.")] = (
        False
    )
    max_shrinkage: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Share (0 to 1) by which a list may shrink.",
        ),
    ] = 0.1
    keep_days: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="DAYS",
            help="From now on, how long the store keeps replaced versions; by default five years (16 CFR 310.5).",
        ),
    ] = None
    store: StoreFolder = None

    def change(self) -> Change:
        """Return the change, dated now."""
        from pipeline.commands.list_changes import Change  # noqa: PLC0415

        shrinkage = 1.0 if self.accept_shrinkage else self.max_shrinkage
        return Change(store_folder(self.store), datetime.now(UTC), shrinkage, self.keep_days)


Planted = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VALUE", help="A value that you know to be in a hashed list; - reads them from stdin; repeatable."
    ),
]
_DATED_BY = "the user, when the list was loaded"


@with_shared_options
def add(
    name: ListName,
    files: Files,
    kind: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            autocompletion=kind_names,
            help="dnc.national, dnc.internal, email.unsubscribed, … list.WORD",
        ),
    ],
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Day on which the copy was made.")],
    *,
    reading: ReadingOptions,
    status_word: Annotated[
        list[str] | None,
        _of_reading(metavar="WORD=MEANING", help="Meaning of an answer: listed, not-listed or no-data; repeatable."),
    ] = None,
    code: Annotated[
        list[str] | None, _of_reading(metavar="CODE", help="Keep only entries with this code; repeatable.")
    ] = None,
    min_severity: Annotated[
        int | None, _of_reading(metavar="N", help="Keep only entries of at least this severity.")
    ] = None,
    covers: Annotated[
        str | None, typer.Option(metavar="212,646|all", help="Area codes that a registry copy covers.")
    ] = None,
    registry: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="ftc, ndncl, tps, ctps, dncr or rpo; decides how long a copy may be used."),
    ] = None,
    state: Annotated[
        str | None, typer.Option(metavar="TX", help="State of the United States whose list it is (kind dnc.state).")
    ] = None,
    expires_after: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="DAYS", help="How long a copy may be used; at most as long as its registry allows."
        ),
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
            help="Ignore +tags, Gmail's dots, and differences between one provider's domains.",
        ),
    ] = None,
    san: Annotated[str | None, typer.Option(metavar="NUMBER", help="Account number at a registry.")] = None,
    scope: Annotated[
        str, typer.Option(metavar="seller|campaign|vendor:NAME", help="For whom the list applies.")
    ] = "seller",
    change: ChangeOptions,
    loudness: Loudness,
) -> None:
    """Load a full copy of a list; it becomes current in one step when it is complete."""
    loudness.begin("reading the list")
    from pipeline.commands.list_changes import add_list  # noqa: PLC0415
    from schemas.contact.match_keys import folds_named  # noqa: PLC0415
    from schemas.list_kinds import list_kind, registry_named  # noqa: PLC0415
    from schemas.recipes import parse_recipe  # noqa: PLC0415
    from suppression.loading import ListSpec  # noqa: PLC0415

    of_kind = list_kind(kind)
    declared = reading.declared(status_words=status_word, codes=code, min_severity=min_severity)
    spec = ListSpec(
        of_kind,
        list_name(name),
        tuple(files),
        past_day_of(as_of),
        dated_by=_DATED_BY,
        format=reading.format_,
        options=replace(declared.options, fields=of_kind.fields),
        recipes=tuple(parse_recipe(spelled) for spelled in hash_ or []),
        planted=tuple(addresses_of(planted or [])),
        max_refused=reading.refused(),
        covers=_areas(covers),
        registry=registry_named(registry) if registry else None,
        state=_state(state, name) if kind == "dnc.state" else None,
        expires_after=expires_after,
        san=san,
        scope=_scope(scope),
        folds=folds_named(word.strip() for word in fold.split(",")) if fold else frozenset(),
    )
    add_list(spec, change.change())


@with_shared_options
def update(
    name: ListName,
    files: Files,
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Last day that the changes cover.")],
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day that they cover; by default the first date in them.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Version that they change; refused if it is not current.")
    ] = None,
    action: Annotated[
        str | None, typer.Option(metavar="add|delete", help="What to do with each entry of files without actions.")
    ] = None,
    change_layout: Annotated[
        str | None,
        typer.Option(
            metavar="area,number,date,action", help="Columns of a change file, in order; - for one to ignore."
        ),
    ] = None,
    action_word: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD=add|delete", help="Meaning of an action; by default A=add, D=delete."),
    ] = None,
    *,
    reading: ReadingOptions,
    planted: Planted = None,
    accept_unexpected: Annotated[
        bool,
        typer.Option("--accept-unexpected", help="Accept many changes that change nothing."),
    ] = False,
    change: ChangeOptions,
    loudness: Loudness,
) -> None:
    """Apply change files to the current version of a list; the result becomes current in one step."""
    loudness.begin("reading the changes")
    from pipeline.commands.list_changes import update_list  # noqa: PLC0415
    from suppression.updating import ChangeSpec  # noqa: PLC0415

    if action not in {None, "add", "delete"}:
        raise UsageError(f"--action cannot be '{action}'.", did_you_mean(action or "", ("add", "delete")))
    declared = reading.declared(change_layout=change_layout, action_words=action_word)
    spec = ChangeSpec(
        tuple(files),
        past_day_of(as_of),
        _DATED_BY,
        format=reading.format_,
        options=declared.options,
        action=action,
        since=day_of(since) if since else None,
        planted=tuple(addresses_of(planted or [])),
        max_refused=reading.refused(),
        accept_unexpected=accept_unexpected,
    )
    update_list(list_name(name), spec, base, change.change())


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
    from suppression.rules.us_states import state_named  # noqa: PLC0415

    state = state_named(given or name)
    if given is not None and state is None:
        raise UsageError(f"'{given}' is not a state of the United States.", "Write its two letters, as in --state TX.")
    return state


def _scope(scope: str) -> str:
    kind, colon, vendor = scope.partition(":")
    if kind == "vendor" and colon:
        list_name(vendor)
    elif scope not in {"seller", "campaign"}:
        raise UsageError(f"There is no scope '{scope}'.", did_you_mean(scope, ("seller", "campaign", "vendor:NAME")))
    return scope

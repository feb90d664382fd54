"""The commands ``leadscrub lists add`` and ``update``: what brings new entries into the store."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from pipeline.cli.list_loading_options import ChangeOptions, Files, Planted, ReadingOptions, of_reading
from pipeline.cli.option_values import addresses_of, day_of, list_name, past_day_of
from pipeline.cli.options import ListName, Loudness, kind_names, with_shared_options
from schemas.errors import UsageError
from schemas.support.names import did_you_mean

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
        of_reading(metavar="WORD=MEANING", help="Meaning of an answer: listed, not-listed or no-data; repeatable."),
    ] = None,
    code: Annotated[
        list[str] | None, of_reading(metavar="CODE", help="Keep only entries with this code; repeatable.")
    ] = None,
    min_severity: Annotated[
        int | None, of_reading(metavar="N", help="Keep only entries of at least this severity.")
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

"""Finds or erases one person, and says what was found and what became of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.erasing.erase import Asked, Erased, Eraser
from pipeline.erasing.finding import find_person
from pipeline.erasing.found import Found, Spot
from pipeline.erasing.person import Person, person_named
from pipeline.erasing.plan_file import left_plans
from pipeline.erasing.recipients import also_known_by, recipients
from pipeline.erasing.where_to_look import look_around
from pipeline.ledger.database import Ledger
from pipeline.ledger.log_mending import ledger_of
from pipeline.nightly.folders import Folders
from pipeline.nightly.workspace_lock import only_pass
from pipeline.results.folder import open_manifest
from pipeline.terminal import plain_table, print_lines, write_json
from pipeline.workspace import refuse_no_workspace, workspace_limits
from schemas.config import WORKSPACE_FILE
from schemas.errors import FileError, OutputError, UsageError
from schemas.files.limits import limited_to
from schemas.support.figures import counted
from schemas.support.shown import masked_addresses

#: The reason that the log keeps where none is given.
ASKED = "the person asked for it (GDPR Article 17)"


@dataclass(frozen=True)
class Named:
    """A person and where to look, as the command line names them."""

    phones: Sequence[str]
    emails: Sequence[str]
    names: Sequence[str]
    region: str | None
    workspace: Path | None
    outs: Sequence[Path]


@contextmanager
def _opened(named: Named) -> Iterator[tuple[Path | None, Person, Ledger | None]]:
    """The workspace, who is looked for, and the ledger.

    Raises `UsageError` when there is nothing to look through, or what is named is no workspace or no result.
    """
    workspace = named.workspace
    if workspace is not None:
        refuse_no_workspace(workspace, "Name one with --workspace.")
    elif Path(WORKSPACE_FILE).is_file():
        workspace = Path()
    for out in named.outs:
        open_manifest(out)
    if workspace is None and not named.outs:
        raise UsageError("This folder is no workspace, and no result is named.", "Add --workspace DIR, or name OUT.")
    workspace = None if workspace is None else workspace.absolute()
    person = person_named(named.phones, named.emails, named.names, named.region, workspace)
    with ExitStack() as stack:
        stack.enter_context(limited_to(workspace_limits(None)))
        yield workspace, person, None if workspace is None else ledger_of(workspace, stack)


def find_subject(named: Named, *, as_json: bool) -> None:
    """Print where a person is. Raises `FileError` (exit 4) at the end when something could not be looked through."""
    with _opened(named) as (workspace, person, ledger):
        where = look_around(workspace, list(named.outs), ledger)
        found = find_person(where, person, ledger)
        document = _found_document(person, found, workspace, ledger)
        document["looked_through"] = {"results": len(where.places.results), "files": len(where.places.files)}
        document["unfinished"] = [] if workspace is None else sorted(left_plans(workspace).ids)
    if as_json:
        write_json(document)
    else:
        _print_found(document)
    _raise_by_hand(found, "looked through")


def erase_subject(named: Named, *, because: str, delete_files: bool, namesakes: bool, yes: bool, as_json: bool) -> None:
    """Erase a person, and print what became of each place.

    Raises `UsageError` when nobody agrees or only a name is given, `FileError` (exit 4) at the end when somebody has to
    do something by hand, `OutputError` when a run is at work.
    """
    if masked_addresses(because) != because:
        raise UsageError("The reason names a phone or an email, and the log keeps it.", "Name a ticket instead.")
    if named.names and not named.phones and not named.emails and not namesakes:
        raise UsageError(
            "A name alone is many people's.",
            "Look with 'leadscrub subject find', then add a phone or an email; or --namesakes if all are meant.",
        )
    with _opened(named) as (workspace, person, ledger), ExitStack() as stack:
        if any(each.is_in(because) for each in person.wanted):
            raise UsageError("The reason names the person, and the log keeps it.", "Name a ticket instead.")
        if workspace is not None:
            stack.enter_context(only_pass(Folders(workspace)))
        if not yes:
            _ask(person)
        told: dict[str, Any] = {}

        def tell(found: Found) -> None:
            told["also"] = also_known_by(person, found)
            told["recipients"] = recipients(workspace, ledger, found)

        asked = Asked(person, because, lambda: datetime.now(UTC), delete_files, tell)
        erased = Eraser(workspace, list(named.outs), ledger, asked).erase()
    document = _erased_document(person, erased) | told
    if as_json:
        write_json(document)
    else:
        _print_erased(document)
    if erased.after.at_work:
        raise OutputError("Runs are at work that may have taken the person in.", "Run the same command after them.")
    _raise_by_hand(erased.after, "erased", [*map(str, erased.failed.values())])


def _ask(person: Person) -> None:
    """Have a person say yes. Raises `UsageError` where none can be asked, or when it is no."""
    import typer  # noqa: PLC0415

    what = f"{', '.join(person.shown)} would be erased everywhere, for ever."
    if not sys.stdin.isatty():
        raise UsageError(what, "Look with 'leadscrub subject find', then say --yes.")
    if not typer.confirm(f"{what} Erase?", err=True):
        raise UsageError("Stopped; nothing was changed.")


def _raise_by_hand(found: Found, done: str, more: Sequence[str] = ()) -> None:
    left = [f"{spot.where}: {spot.why}" for spot in found.by_hand]
    left += more
    left += (
        [f"{spot.where}: {spot.what} is still there" for spot in found.spots if spot.fate == "goes"]
        if more or (done == "erased")
        else []
    )
    if left:
        raise FileError(f"Not everything could be {done}:", "Run the same command again after that.", left)


def _spot(spot: Spot) -> dict[str, Any]:
    return {name: masked_addresses(value) if isinstance(value, str) else value for name, value in asdict(spot).items()}


def _found_document(person: Person, found: Found, workspace: Path | None, ledger: Ledger | None) -> dict[str, Any]:
    return {
        "person": person.shown,
        "as_written": person.unread,
        "places": [_spot(spot) for spot in found.spots],
        "records": sum(spot.records for spot in found.spots if spot.kind in {"result", "file"}),
        "also": also_known_by(person, found),
        "recipients": recipients(workspace, ledger, found),
    }


def _erased_document(person: Person, erased: Erased) -> dict[str, Any]:
    return {
        "person": person.shown,
        "as_written": person.unread,
        "erasure": erased.person_id,
        "before": [_spot(spot) for spot in erased.before.spots],
        "done": {name: count for name, count in erased.done.items() if count},
        "deleted_files": [masked_addresses(str(path)) for path in erased.deleted],
        "listed": erased.added,
        "after": [_spot(spot) for spot in erased.after.spots],
        "not_erased": {masked_addresses(str(path)): why for path, why in erased.failed.items()},
    }


def _print_found(document: dict[str, Any]) -> None:
    looked = document["looked_through"]
    where = f"{counted(looked['results'], 'result')} and {counted(looked['files'], 'file')}"
    print_lines(f"looked for {', '.join(document['person'])} in {where}")
    _print_notes(document)
    if not document["places"]:
        print_lines("nothing found")
        return
    _print_spots(document["places"])
    _print_others(document)
    for each in document["unfinished"]:
        print_lines(f"erasure {each} was not finished: run 'leadscrub subject erase' again")


def _print_erased(document: dict[str, Any]) -> None:
    print_lines(f"erased {', '.join(document['person'])}")
    _print_notes(document)
    print_lines(*(f"  {name}: {count:,}" for name, count in document["done"].items()))
    print_lines(*(f"  deleted {path}" for path in document["deleted_files"]))
    if document["listed"]:
        print_lines(f"  {counted(document['listed'], 'hash')} on the list 'erased': rejected in later drops")
    if document["erasure"]:
        print_lines(f"  the log has it as erasure {document['erasure']}")
    if document["after"]:
        print_lines("what stays, or is left:")
        _print_spots(document["after"])
    _print_others(document)


def _print_notes(document: dict[str, Any]) -> None:
    for each in document["as_written"]:
        print_lines(f"note: {each} is no valid number or address: it is looked for as it was written, and on no list")


def _print_spots(spots: list[dict[str, Any]]) -> None:
    table = plain_table("what", "where", "records", "when erased")
    for spot in spots:
        becomes = spot["fate"] + (f": {spot['why']}" if spot["why"] else "")
        table.add_row(spot["kind"], spot["where"], spot["what"], becomes)
    table.print()


def _print_others(document: dict[str, Any]) -> None:
    if document["also"]:
        print_lines(
            f"the same rows also have {', '.join(document['also'])}: if these are the person's, name them as well"
        )
    print_lines(*(f"tell them (GDPR Article 19): {each}" for each in document["recipients"]))

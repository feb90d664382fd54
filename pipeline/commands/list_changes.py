"""Changes to the store: a list is loaded or dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.ledger.list_logging import logged_writing
from pipeline.terminal import is_quiet, print_lines, print_notes, print_step
from pipeline.workspace import workspace_limits
from schemas.contact.apply import apply_here
from schemas.errors import ListError
from schemas.files.limits import limited_to
from schemas.list_version import ListVersion
from schemas.support.figures import counted, percent
from schemas.support.interrupts import interrupts_wait
from suppression.loading import Built, ListSpec, build_version
from suppression.store import KEEP_DAYS, Writer
from suppression.updating import ChangeSpec, update_version


@dataclass(frozen=True)
class Change:
    """How a load may change the store. ``at`` is the moment that the history records.

    ``max_shrinkage``: share by which a list may become smaller. One that shrank more is more likely a broken download
    than news. ``keep_days``: how long the store keeps versions that were replaced, where that is to be set.
    """

    store: Path
    at: datetime
    max_shrinkage: float
    keep_days: int | None = None


def add_list(spec: ListSpec, change: Change) -> None:
    """Load a full copy and make it current."""
    with logged_writing(change.store) as writer:
        before = writer.facts(spec.name) if writer.is_current(spec.name) else None
        if before is not None:
            _refuse_other(spec, before)
        folder = writer.temporary
        with limited_to(workspace_limits(None)):
            built = build_version(spec, folder, apply_here)
        _commit(writer, folder, built, before, change, "add")


def update_list(name: str, spec: ChangeSpec, base: str | None, change: Change) -> None:
    """Apply change files to the current version and make the result current.

    Raises `ListError` when there is no store, the changes belong to another version, or the list would shrink too far.
    """
    if not (change.store / "lists").is_dir():
        raise ListError(
            f"'{change.store}' is not a store of suppression lists.", "Fill one with 'leadscrub lists add'."
        )
    with logged_writing(change.store) as writer:
        current = writer.open(name, spec.as_of)
        version = current.facts.version
        if base is not None and (len(base) < _SHORTEST or not version.startswith(base)):
            raise ListError(
                f"The changes belong to version {base}, and version {version[:12]} of '{name}' is current.",
                "Apply those in between first, or load a full copy.",
            )
        folder = writer.temporary
        with limited_to(workspace_limits(None)):
            built = update_version(spec, current, writer.lineage(name), folder, apply_here)
        _commit(writer, folder, built, current.facts, change, "update")


#: Of a version's name, at least so much must be given for it to be meant.
_SHORTEST = 6


def _refuse_other(spec: ListSpec, before: ListVersion) -> None:
    """A full copy replaces a list of the same kind, and not by an older one."""
    if before.kind != spec.kind.kind:
        raise ListError(
            f"'{spec.name}' is a list of kind {before.kind}, not {spec.kind.kind}: nothing was changed.",
            "Choose another name; or take the list out of force first, with 'leadscrub lists remove'.",
        )
    if spec.as_of < before.as_of:
        raise ListError(
            f"The new copy of '{spec.name}' is as of {spec.as_of}, the current one as of {before.as_of}: out of order, "
            "nothing was changed.",
            "To go back to an older copy, take the list out of force first, with 'leadscrub lists remove'.",
        )


def _commit(
    writer: Writer, folder: Path, built: Built, before: ListVersion | None, change: Change, action: str
) -> None:
    facts = built.facts
    print_step(f"{counted(facts.counts.read, 'entry')} of {facts.name} read and indexed")
    if before is not None:
        _refuse_shrinkage(facts, before, change.max_shrinkage)
    if change.keep_days is not None:
        writer.keep_for(change.keep_days)
    with interrupts_wait(f"list '{facts.name}' is loaded"):
        writer.commit(folder, facts, at=change.at, action=action)
    _report(facts)
    print_notes(*built.warnings)
    if change.keep_days is not None and change.keep_days < KEEP_DAYS:
        print_notes(
            f"versions that were replaced are kept for {counted(change.keep_days, 'day')}; 16 CFR 310.5 asks for "
            "records of registry access for five years"
        )


def _report(facts: ListVersion) -> None:
    counts = facts.counts
    if counts.changes is None:
        used = f"{counts.indexed:,} indexed + {counts.repeated:,} repeated"
    else:
        changes = counts.changes
        used = f"{changes.added:,} added + {changes.deleted:,} deleted + {changes.unchanged:,} unchanged"
    twice = f" + {counts.second_readings:,} read in a second way" if counts.second_readings else ""
    twice += f" + {counted(counts.more_points, 'more point')} in an entry" if counts.more_points else ""
    print_lines(
        f"{facts.name} ({facts.kind}) version {facts.version[:12]} as of {facts.as_of} is current: "
        f"{counts.read:,} read{twice} = {used} + {sum(counts.refused.values()):,} refused"
        + (f"; {counted(counts.indexed, 'entry')} in all" if counts.changes is not None else ""),
        *(f"  refused {count:,}: {why}" for why, count in counts.refused.items() if not is_quiet()),
    )


def _refuse_shrinkage(new: ListVersion, before: ListVersion, limit: float) -> None:
    now, then = new.counts.indexed, before.counts.indexed
    if now < then * (1 - limit):
        raise ListError(
            f"'{new.name}' would have {counted(now, 'entry')}, and has {then:,}, more than {percent(limit)} less: "
            "nothing was changed.",
            "If that is right, say --accept-shrinkage.",
        )


def remove_list(store: Path, name: str, at: datetime) -> None:
    """Take a list out of force."""
    with logged_writing(store) as writer:
        writer.remove(name, at=at)
    print_lines(f"{name} is no longer in force; its versions are kept for audit ('leadscrub lists history {name}')")

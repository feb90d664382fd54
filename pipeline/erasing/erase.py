"""Erases a person: one place after the other, each of them whole or not at all.

First the person is put on the list of the erased, so that nothing that is at work takes them in again. Then a plan of
what will be done is written, and carried out: files, results, lists, the contact history, what went back. A command
that is killed leaves the plan, and the next one carries it out as well. At the end nothing of it is left but entries of
the log.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select

from pipeline.erasing.finding import find_person, history_points
from pipeline.erasing.finding_files import record_file
from pipeline.erasing.finding_lists import refused_rows
from pipeline.erasing.found import Found
from pipeline.erasing.person import Person
from pipeline.erasing.plan_file import Plans, left_plans, remove_plans, write_plan
from pipeline.erasing.record_files import CannotEraseError, Known, leftovers
from pipeline.erasing.result_erasing import erase_result
from pipeline.erasing.where_to_look import Where, look_around
from pipeline.ledger.database import Ledger
from pipeline.ledger.history_erasing import erase_points
from pipeline.ledger.history_sealing import sealed, secret_of
from pipeline.ledger.log_mending import RETURNS, follow_rewritten
from pipeline.ledger.logged import logged_change
from pipeline.ledger.tables import return_files
from pipeline.proof.chain import entries
from pipeline.proof.entries import Entry
from pipeline.proof.store_entries import store_entries
from pipeline.proof.unfinished import Rewriting
from pipeline.results.publish import remove_begun
from schemas.errors import FileError
from schemas.files.inputs import LocalFile
from schemas.support.durable import sync_path
from schemas.support.interrupts import interrupts_wait
from schemas.support.places import new_file
from suppression.entry_erasing import held_keys, open_any, replace_current, without_entries
from suppression.erased import add_erased, recipe_of
from suppression.store import writing


@dataclass(frozen=True)
class Asked:
    """An erasure as it is asked for. ``because``: the reason that the log keeps. ``delete_files``: files that cannot be
    written again without the person are deleted as a whole. ``noticed`` gets what was found, before anything goes."""

    person: Person
    because: str
    now: Callable[[], datetime]
    delete_files: bool = False
    noticed: Callable[[Found], None] = lambda _: None


@dataclass
class Erased:
    """What was done: how many of what, which files could not be written again, and what is still to be found."""

    person_id: str
    done: Counter[str] = field(default_factory=Counter)
    failed: dict[Path, str] = field(default_factory=dict)
    deleted: list[Path] = field(default_factory=list)
    before: Found = field(default_factory=Found)
    after: Found = field(default_factory=Found)
    added: int = 0


class Eraser:
    """One erasure in a workspace, whose ledger is open, or of results outside of any."""

    def __init__(self, workspace: Path | None, outs: list[Path], ledger: Ledger | None, asked: Asked) -> None:
        self._workspace, self._outs, self._ledger, self._asked = workspace, outs, ledger, asked
        self._id = ""

    def erase(self) -> Erased:
        """Do it, and look again. What is found then could not be erased."""
        where = look_around(self._workspace, self._outs, self._ledger)
        found = find_person(where, self._asked.person, self._ledger)
        self._asked.noticed(found)
        erased = Erased("", before=found)
        plans = Plans()
        if self._workspace is not None:
            erased.added = self._list_person(self._workspace)
            plans = left_plans(self._workspace)
            plans.paths.append(write_plan(self._workspace, self._id, found))
        erased.person_id = self._id
        self._files(where, found, plans, erased)
        self._results(where, found, plans, erased)
        if self._workspace is not None:
            self._lists(self._workspace, found, erased)
        if self._ledger is not None:
            self._history(self._ledger, erased)
        begun = [path for path in where.places.begun if not remove_begun(path)]
        erased.done["folder of a killed run"] += sum(not path.exists() for path in where.places.begun)
        erased.after = find_person(
            look_around(self._workspace, self._outs, self._ledger), self._asked.person, self._ledger
        )
        erased.after.at_work = begun
        if self._workspace is not None:
            self._finish(self._workspace, plans, erased)
        return erased

    def _entry(self, what: str, where: str, mark: str, facts: dict[str, object]) -> Entry:
        of_all = {"what": what, "where": where, "because": self._asked.because}
        return Entry("erasure", self._id, f"{what} {where} {mark}", None, {**of_all, **facts})

    def _list_person(self, workspace: Path) -> int:
        """Put the person on the list of the erased."""
        store = workspace / "store"
        with logged_change(workspace, self._ledger) as log, writing(store) as writer:
            before = {entry.key for entry in store_entries(writer)}
            recipe = recipe_of(writer)
            self._id = self._asked.person.id(recipe)
            points = self._asked.person.sought.points
            added = add_erased(writer, recipe, points, self._asked.now()) if points else 0
            log.append(*(entry for entry in store_entries(writer) if entry.key not in before))
        return added

    def _files(self, where: Where, found: Found, plans: Plans, erased: Erased) -> None:
        known = {path: found.lines_of(path) for path in found.files}
        for path, more in plans.files.items():
            if path.is_file():
                known[path] = more.joined(known.get(path, Known()))
        for path, lines in known.items():
            try:
                self._file(where, path, lines, erased)
            except (FileError, UnicodeError) as error:
                self._refused(where, path, error, erased)

    def _file(self, where: Where, path: Path, known: Known, erased: Erased) -> None:
        beside = path.with_name(f".{path.name}.new")
        try:
            with new_file(beside) as sink:
                records = record_file(where, path, self._asked.person, known).erase(sink)
            sync_path(beside)
            if record_file(where, beside, self._asked.person, Known()).find() or leftovers(
                LocalFile(beside), self._asked.person.wanted
            ):
                raise CannotEraseError(
                    f"'{path}' would still hold the person outside of its records.",
                    "Save it without the person, or delete it; then run the same command again.",
                )
            before, after = _sha256(path), _sha256(beside)
            if before == after:
                return
            self._replace(where, path, beside, (before, after), sum(map(len, records.values())))
        finally:
            beside.unlink(missing_ok=True)
        erased.done["record of a file"] += sum(map(len, records.values()))

    def _replace(self, where: Where, path: Path, beside: Path, hashes: tuple[str, str], records: int) -> None:
        before, after = hashes
        what = RETURNS if self._is_open_return(before) else "file"
        facts: dict[str, object] = {"before": before, "after": after, "records": records}
        entry = self._entry(what, where.shown(path), after, facts)
        rewriting = Rewriting(path, after, (entry,))
        change = f"'{path}' is without the person"
        with interrupts_wait(change), logged_change(self._workspace, self._ledger, rewriting=rewriting) as log:
            _follow_companions(path, before, after)
            beside.replace(path)
            sync_path(path.parent)
            if self._ledger is not None:
                with self._ledger.writing() as connection:
                    follow_rewritten(connection, [entry])
            log.append(entry)

    def _is_open_return(self, sha256: str) -> bool:
        """Whether a file of returns of this content is still to be delivered."""
        if self._ledger is None:
            return False
        this = (return_files.c.sha256 == sha256, return_files.c.state != "delivered")
        with self._ledger.reading() as connection:
            return connection.execute(select(return_files.c.file).where(*this)).first() is not None

    def _refused(self, where: Where, path: Path, error: Exception, erased: Erased) -> None:
        why = str(error) if isinstance(error, FileError) else f"'{path}' cannot be written again."
        if not self._asked.delete_files:
            erased.failed[path] = why
            return
        before = _sha256(path)
        with interrupts_wait(f"'{path}' is deleted"), logged_change(self._workspace, self._ledger) as log:
            path.unlink()
            sync_path(path.parent)
            log.append(self._entry("deleted file", where.shown(path), before, {"before": before}))
        erased.deleted.append(path)

    def _results(self, where: Where, found: Found, plans: Plans, erased: Erased) -> None:
        rows = {out.absolute(): set(ids) for out, ids in found.rows.items()}
        damaged = {out.absolute() for out in found.damaged}
        for out, ids in plans.rows.items():
            if (out / "manifest.json").is_file() and out not in damaged:
                rows.setdefault(out, set()).update(ids)
        for out, ids in sorted(rows.items()):
            place = where.shown(out)
            count = erase_result(
                out,
                ids,
                self._workspace,
                self._ledger,
                self._asked.because,
                self._asked.now(),
                lambda mark, facts, place=place: self._entry("result", place, mark, facts),  # type: ignore[misc]
            )
            erased.done["row of a result"] += count

    def _lists(self, workspace: Path, found: Found, erased: Erased) -> None:
        store = workspace / "store"
        for name, versions in found.lists.items():
            at = self._asked.now()
            with logged_change(workspace, self._ledger) as log, writing(store) as writer:
                before = {entry.key for entry in store_entries(writer)}
                current = writer.history(name).current
                if current in versions:
                    base = open_any(writer, current, date.min)
                    held, refused = held_keys(base, self._asked.person.sought), refused_rows(base, self._asked.person)
                    facts, has_entries = without_entries(base, held, refused, writer)
                    replace_current(writer, name, facts, has_entries=has_entries, at=at)
                writer.discard(name, versions, at=at)
                entry = self._entry("list", name, at.isoformat(), {"versions": sorted(versions)})
                log.append(*(each for each in store_entries(writer) if each.key not in before), entry)
            erased.done["version of a list"] += len(versions)

    def _history(self, ledger: Ledger, erased: Erased) -> None:
        points = sealed(history_points(self._asked.person), secret_of(ledger))
        if len(points) and erased.before.history:
            at = self._asked.now()
            with logged_change(ledger.workspace, ledger) as log:
                gone = erase_points(ledger, points, at)
                facts: dict[str, object] = {"runs": len(gone)}
                log.append(self._entry("contact history", "ledger", at.isoformat(), facts))
            erased.done["run in the contact history"] += len(gone)
        if ledger.engine.dialect.name == "sqlite":
            _vacuum(ledger)

    def _finish(self, workspace: Path, plans: Plans, erased: Erased) -> None:
        """Log that it is done, and take the plan away; it stays when something could not be done."""
        at = self._asked.now()
        begun = {each.subject: each.facts.get("what") for each in entries(workspace) if each.kind == "erasure"}
        open_ids = {subject for subject, what in begun.items() if what != _DONE} | (
            {self._id} if erased.added else set()
        )
        done = {name: count for name, count in erased.done.items() if count}
        with logged_change(workspace, self._ledger) as log:
            for subject in sorted(open_ids & {self._id, *plans.ids}):
                facts = {"what": _DONE, "because": self._asked.because, "done": done, "left": len(erased.failed)}
                log.append(Entry("erasure", subject, at.isoformat(), None, facts))
        remove_plans(workspace, plans)


_DONE = "done"


def _follow_companions(path: Path, before: str, after: str) -> None:
    """Let the checksums beside a drop be those of what it is now: else no night would take it."""
    companion = path.with_name(f"{path.name}.sha256")
    with suppress(FileNotFoundError, UnicodeDecodeError):
        text = companion.read_text(encoding="ascii")
        if before in text.lower():
            companion.write_text(text.lower().replace(before, after), encoding="ascii")
    companion = path.with_name(f"{path.name}.md5")
    if companion.is_file():
        with path.with_name(f".{path.name}.new").open("rb") as stream:
            companion.write_text(hashlib.file_digest(stream, "md5").hexdigest() + "\n", encoding="ascii")


def _vacuum(ledger: Ledger) -> None:
    """Write the ledger's file again without what was deleted from it."""
    with ledger.writing():
        pass  # from here on it is not as it was sealed
    raw = ledger.engine.raw_connection()
    try:
        for command in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            raw.cursor().execute(command)
    finally:
        raw.close()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

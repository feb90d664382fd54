"""Checks a workspace's log: against itself, and against what ledger, store and results hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.commands.log_kept import ledger_file_faults, store_file_faults
from pipeline.ledger.log_known import knows_log
from pipeline.ledger.log_mending import ledger_entries, ledger_of
from pipeline.ledger.logged import enter_unlogged
from pipeline.proof.chain import has_chain
from pipeline.proof.checking import Checked, check_chain
from pipeline.proof.entries import Entry, Logged
from pipeline.proof.keys import PublicKey
from pipeline.proof.review_entries import all_review_entries
from pipeline.proof.run_entry import differences, rewritten_files
from pipeline.proof.signature import signed_faults
from pipeline.proof.stamps import check_stamps
from pipeline.proof.standing import standing_results
from pipeline.proof.store_entries import store_entries
from pipeline.results.decisions import decisions_in, reviews_in
from pipeline.results.manifest_file import MANIFEST, manifest_digest, read_manifest
from pipeline.results.writer import output_file
from pipeline.terminal import print_lines, write_json
from schemas.errors import LeadscrubError, ListError
from schemas.support.figures import counted
from schemas.support.shortage import raise_shortage
from schemas.support.shown import shown
from suppression.store import Store

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def check_log(workspace: Path, public: PublicKey | None, roots: list[Certificate] | None = None) -> Checked:
    """Check the log, and everything of the workspace that it speaks of. First, what a crash left unlogged is entered.

    ``roots``: certificates that must vouch for the authorities of its timestamps.

    Raises `UsageError` when nothing was ever logged.
    """
    faults: list[str] = []
    if not has_chain(workspace) and log_is_gone(workspace):
        return Checked(faults=["log: it is gone; the ledger knows that there was one"])
    try:
        if has_chain(workspace):
            enter_unlogged(workspace, None)
    except LeadscrubError as error:
        faults.append(f"what a command that was killed had done cannot be logged: {error.message}")
    checked = check_chain(workspace, public)
    checked.faults += faults
    check_stamps(workspace, checked, roots)
    checked.faults += _ledger_faults(workspace, checked.entries)
    checked.faults += _store_faults(workspace, checked.entries)
    checked.faults += review_faults(workspace, checked.entries)
    for entry in standing_results(checked.entries).values():
        checked.faults += result_faults(workspace, entry, checked)
    return checked


def log_is_gone(workspace: Path) -> bool:
    """Whether a workspace without log had one, as its ledger knows. A ledger that does not answer knows nothing."""
    with suppress(LeadscrubError), ExitStack() as stack:
        ledger = ledger_of(workspace, stack)
        if ledger is not None:
            with ledger.reading() as connection:
                return knows_log(connection)
    return False


def print_log_check(
    workspace: Path, public: PublicKey | None, roots: list[Certificate] | None, *, as_json: bool
) -> bool:
    """Print each fault, or that there is none. Returns whether there is none."""
    checked = check_log(workspace, public, roots)
    number, digest = checked.last
    if as_json:
        last = {"number": number, "digest": digest}
        write_json({"ok": not checked.faults, "faults": checked.faults, "notes": checked.notes, "last": last})
        return not checked.faults
    print_lines(*(f"FAULT {shown(fault)}" for fault in checked.faults))
    print_lines(*(f"note: {shown(note)}" for note in checked.notes))
    if not checked.faults:
        results = len(standing_results(checked.entries))
        print_lines(
            f"ok: {counted(number, 'entry')} go on from each other; ledger, store and {counted(results, 'result')} are "
            f"as logged; last: {digest}"
        )
    return not checked.faults


def result_faults(workspace: Path, entry: Logged, checked: Checked) -> list[str]:
    """How the result at the place of a logged run differs from the log."""
    out = workspace / entry.facts["out"]
    run, where = entry.subject[:12], entry.facts["out"]
    if not out.is_dir():
        return [f"{where}: run {run} is gone, and the log knows of no deletion"]
    try:
        digest, manifest = manifest_digest(out), read_manifest(out)
    except (OSError, ValueError) as error:
        raise_shortage(error)
        return [f"{where}: {MANIFEST} of run {run} is missing or damaged"]
    if digest != entry.mark:
        named = list(differences(entry.facts, manifest)) if manifest.run_id == entry.subject else []
        other = f"; it is that of run {manifest.run_id[:12]}" if manifest.run_id != entry.subject else ""
        what = f": {'; '.join(named)}" if named else other
        return [f"{where}: {MANIFEST} is not the one that was logged for run {run}{what}"]
    faults = [
        f"{where}: {name} is {'missing' if not (out / name).is_file() else 'not the file that was logged'}"
        for name, file in manifest.outputs.items()
        if not (out / name).is_file() or output_file(out / name, file.rows) != file
    ]
    return faults + [f"{where}: {fault}" for fault in signed_faults(out, entry, checked)]


def review_faults(workspace: Path, entries: list[Logged]) -> Iterator[str]:
    """How reviews differ from the log: their decisions, or that they are gone, or are not in it."""
    try:
        found = {entry.key: entry for entry in all_review_entries(workspace) if entry.kind == "release"}
        for folder, record in [*reviews_in(workspace), *reviews_in(workspace, withdrawn=True)]:
            decisions_in(folder, record)
    except LeadscrubError as error:
        yield f"reviews: {error.message}"
        return
    logged = {entry.key: entry for entry in entries if entry.kind == "release"}
    for key, entry in found.items():
        if key not in logged:
            yield f"reviews: {_described(entry)} is not in the log"
        elif {**entry.facts, "entered": None} != {**logged[key].facts, "entered": None}:
            yield f"reviews: {_described(entry)} is not as it was logged"
    for key, known in logged.items():
        if key not in found:
            yield f"reviews: what entry {known.number} logged is gone: {_described(known)}"


def _ledger_faults(workspace: Path, entries: list[Logged]) -> Iterator[str]:
    try:
        with ExitStack() as stack:
            ledger = ledger_of(workspace, stack)
            if ledger is None:
                yield from _unlike(entries, [], shared=False)
            else:
                shared = ledger.engine.dialect.name == "postgresql"
                yield from _unlike(
                    entries, ledger_entries(ledger, workspace, {entry.key for entry in entries}), shared=shared
                )
                yield from ledger_file_faults(ledger, workspace, rewritten_files(entries))
    except LeadscrubError as error:
        yield f"ledger: {error.message}"


def _unlike(entries: list[Logged], found: list[Entry], *, shared: bool) -> Iterator[str]:
    """What the ledger has and the log has not, and the other way round."""
    logged = {entry.key for entry in entries}
    for each in found:
        if each.key not in logged:
            yield f"ledger: {_described(each)} is not in the log"
    known = {each.key for each in found}
    last = {entry.subject: entry for entry in entries if entry.kind == "run"}
    expected = [entry for entry in last.values() if entry.facts.get("in_ledger")]
    if not shared:
        expected += [entry for entry in entries if entry.kind in {"return", "retention"}]
    for entry in expected:
        if entry.key not in known:
            yield f"ledger: it does not have what entry {entry.number} logged: {_described(entry)}"


def _store_faults(workspace: Path, entries: list[Logged]) -> Iterator[str]:
    store = Store(workspace / "store")
    damaged = list(store_file_faults(store))
    yield from damaged
    try:
        found = store_entries(store)
    except ListError:  # named above
        return
    of_lists = [entry for entry in entries if entry.kind == "list" or entry.facts.get("action") == "export"]
    logged, known = {entry.key for entry in entries}, {entry.key for entry in found}
    for each in found:
        if each.key not in logged:
            yield f"store: {_described(each)} is not in the log"
    for entry in of_lists:
        if entry.key not in known:
            yield f"store: it does not have what entry {entry.number} logged: {_described(entry)}"


def _described(entry: Entry) -> str:
    if entry.kind == "run":
        return f"run {entry.subject[:12]} with manifest {entry.mark[:12]}"
    if entry.kind == "list":
        as_of = entry.facts.get("as_of")
        version = str(entry.facts.get("version"))[:12]
        return f"{entry.facts.get('action')} of list '{entry.subject}', version {version}" + (
            f" as of {as_of}" if as_of else ""
        )
    return f"{entry.kind} {entry.subject} ({entry.mark[:40]})"

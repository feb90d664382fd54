"""Asks for a timestamp of a workspace's log, and takes the answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.ledger.logged import enter_unlogged, logged_change
from pipeline.proof.chain import entries, position
from pipeline.proof.stamps import TIMESTAMP, answer_path, ask, asked_for, forget_request, stamp_entry
from pipeline.proof.timestamps import read_answer, read_roots, read_timestamp
from pipeline.proof.unfinished import Rewriting
from pipeline.results.publish import publish_file, staged_file
from pipeline.terminal import print_lines, write_json
from pipeline.workspace import refuse_no_workspace
from schemas.errors import FileError
from schemas.support.durable import make_folder, write_content
from schemas.support.interrupts import interrupts_wait
from schemas.support.shown import printable


@dataclass(frozen=True)
class Taken:
    """What became of an answer. ``entry``: number of its entry in the log; ``known``: it was there before."""

    entry: int
    facts: dict[str, Any]
    digest: str
    path: Path
    known: bool = False


def print_request(workspace: Path, to: Path, *, force: bool, as_json: bool) -> None:
    """Write a request for a timestamp of the log's last entry, and say what to do with it.

    Raises what `ask` raises, `OutputError` when the file exists or cannot be written.
    """
    refuse_no_workspace(workspace, "Name one with --workspace.")
    enter_unlogged(workspace, None)
    with staged_file(to, force=force) as staging:
        asked, content = ask(workspace)
        (staging / to.name).write_bytes(content)
        publish_file(staging, to)
    if as_json:
        write_json({"number": asked.number, "digest": asked.digest, "request": str(to), "timestamp": None})
        return
    print_lines(
        f"wrote  {printable(str(to))}: a request for a timestamp of entry {asked.number}, {asked.digest}",
        "Send it to an authority, then: leadscrub log stamp --answer FILE",
    )


def print_answer(workspace: Path, answer: Path, ca: Path | None, *, as_json: bool) -> None:
    """Take an answer and say what it proves. Raises what `take_answer` raises."""
    taken = take_answer(workspace, answer, ca)
    facts = taken.facts
    if as_json:
        stamp = {name: facts[name] for name in ("time", "authority", "signature")}
        document: dict[str, Any] = {"number": facts["number"], "digest": taken.digest, "request": None}
        write_json(document | {"timestamp": {**stamp, "entry": taken.entry, "file": str(taken.path)}})
        return
    print_lines(
        f"{'known' if taken.known else 'kept'}   entry {facts['number']} of the log and all before it were there at "
        f"{facts['time']}, says {printable(facts['authority'])}",
        f"logged as entry {taken.entry}; the answer is in {printable(str(taken.path))}: keep a copy elsewhere",
    )
    if ca is None:
        print_lines("note: whose signature it is was not checked: name the authority's root with --ca")


def take_answer(workspace: Path, answer: Path, ca: Path | None) -> Taken:
    """Check an answer, keep it, and log it; one that is logged already is not logged again.

    ``ca``: PEM file of certificates that must vouch for the authority. Raises `FileError` when the answer is no
    timestamp of what was asked, or of another authority, `UsageError` when the extra is not installed.
    """
    refuse_no_workspace(workspace, "Name one with --workspace.")
    roots = None if ca is None else read_roots(ca)
    content = read_answer(answer)
    try:
        stamp = read_timestamp(content)
    except ValueError as error:
        raise FileError(f"'{answer}' cannot be taken: {error}.", "Send the request again.") from error
    if roots is not None and (fault := stamp.signature_fault(roots)) is not None:
        raise FileError(
            f"'{answer}' is not signed by an authority that '{ca}' vouches for: {fault}.",
            "Name the root of the authority that you asked; if it is that, do not trust the answer.",
        )
    enter_unlogged(workspace, None)
    sha256 = hashlib.sha256(content).hexdigest()
    path = answer_path(workspace, sha256)
    for each in entries(workspace):
        if each.kind == TIMESTAMP and each.mark == sha256:
            write_content(path, content)  # a copy of one that was lost, perhaps
            forget_request(workspace, stamp)
            return Taken(each.number, each.facts, each.subject, path, known=True)
    asked = asked_for(workspace, stamp)
    entry = stamp_entry(asked, stamp, sha256, checked=roots is not None)
    rewriting = Rewriting(path, sha256, (entry,))
    with interrupts_wait("the answer is kept"), logged_change(workspace, rewriting=rewriting) as log:
        make_folder(path.parent.absolute())
        write_content(path, content)
        log.append(entry)
    forget_request(workspace, stamp)
    return Taken(position(workspace)[0], entry.facts, asked.digest, path)

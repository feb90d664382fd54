"""Which results a workspace has, as its log says: the last one at each place, of those that nothing removed since."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.proof.entries import Logged

#: What `deletions` of the ledger calls a result.
_RESULT = "result"


def standing_results(entries: Iterable[Logged]) -> dict[str, Logged]:
    """The last run that was logged at each place, of those that neither retention nor a withdrawal deleted since."""
    found: dict[str, Logged] = {}
    for entry in entries:
        if entry.kind == "run" and entry.facts.get("out"):
            found[entry.facts["out"]] = entry
        elif entry.kind == "retention" and entry.facts.get("what") == _RESULT:
            found = {out: run for out, run in found.items() if run.subject != entry.subject}
        elif entry.kind == "release" and entry.facts.get("withdrawn"):
            found = {out: run for out, run in found.items() if out not in entry.facts["withdrawn"]}
    return found

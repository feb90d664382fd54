"""What the log says of a run: the hash of its manifest, and facts of it that are named when they differ."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from pipeline.proof.entries import Entry
from schemas.manifest import Manifest

#: Facts that are not of the manifest.
_OURS: Final = ("out", "in_ledger", "entered", "before")


def run_entry(workspace: Path, out: Path, manifest: Manifest, manifest_sha256: str, *, in_ledger: bool) -> Entry:
    """The entry of a result that was just published. ``in_ledger``: the workspace's ledger has the run too."""
    facts = {**manifest_facts(manifest), "out": location(workspace, out), "in_ledger": in_ledger}
    return Entry("run", manifest.run_id, manifest_sha256, manifest.vendor, facts)


def location(workspace: Path, path: Path) -> str:
    """A path as the log has it: below the workspace, where it is there, so that a workspace can be moved."""
    absolute, home = Path(os.path.abspath(path)), Path(os.path.abspath(workspace))  # noqa: PTH100  # links stay
    return str(absolute.relative_to(home) if absolute.is_relative_to(home) else absolute)


def manifest_facts(manifest: Manifest) -> dict[str, Any]:
    """Day, campaign, counts, lists, attestations as they stood, hashes of inputs and outputs."""
    counts, rules = manifest.counts, manifest.rules
    return {
        "as_of": manifest.as_of.isoformat(),
        "campaign": manifest.campaign,
        "counts": {"read": counts.read, "clean": counts.clean, "rejected": counts.rejected},
        "lists": {each.name: f"{each.version} as of {each.as_of}" for each in manifest.lists},
        "attestations": {"campaign": _given(rules.campaign_evidence), "vendor": _given(rules.vendor_evidence)},
        "inputs": sorted({each.sha256 for each in manifest.inputs}),
        "outputs": {name: file.sha256 for name, file in manifest.outputs.items()},
        "rows": None if manifest.rows is None else manifest.rows.root,
    }


def differences(logged: dict[str, Any], manifest: Manifest) -> Iterator[str]:
    """What of a manifest is not as it was logged, one clause each."""
    found = {name: value for name, value in manifest_facts(manifest).items() if name in logged}
    known = {name: value for name, value in logged.items() if name not in _OURS}
    then, now = dict(_flat(known)), dict(_flat(found))
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            yield f"{name} is {_shown(now, name)}, logged {_shown(then, name)}"


def rewritten_files(entries: Iterable[Entry]) -> dict[str, str]:
    """Hashes of the files that erasures wrote again, by where they are (`location`)."""
    return {
        str(entry.facts["where"]): str(entry.facts["after"])
        for entry in entries
        if entry.kind == "erasure" and "after" in entry.facts
    }


def _flat(facts: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(facts, dict):
        for key, value in facts.items():
            yield from _flat(value, f"{name} {key}".lstrip())
    else:
        yield name, facts


def _shown(facts: dict[str, Any], name: str) -> str:
    return str(facts[name]) if name in facts else "absent"


def _given(evidence: BaseModel) -> dict[str, Any]:
    return evidence.model_dump(mode="json", exclude_defaults=True)

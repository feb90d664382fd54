"""What is known of a row: what each list said, what each code means, reviews, exports, and on whose word it rests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel

from pipeline.evidence.proven_row import ProvenRow
from pipeline.proof.chain import entries, has_chain
from pipeline.proof.entries import Logged
from pipeline.results.decisions import decided
from schemas.codes import CODES
from schemas.columns import CALL_COLUMNS, EMAIL_SLOTS, EVIDENCE, PHONE_SLOTS
from schemas.manifest import Manifest, UsedList


def meaning(code: str, manifest: Manifest) -> dict[str, str | None]:
    """What a code means and what to do: of the register, or of a rule as it was in the run's packs."""
    if code in CODES:
        known = CODES[code]
        return {
            "title": known.summary,
            "remedy": known.remedy,
            "citation": None,
            "confidence": None,
            "reviewed_on": None,
        }
    rule = manifest.rules.texts[code]
    return {
        "title": rule.title,
        "remedy": rule.remedy,
        "citation": rule.citation,
        "confidence": rule.confidence,
        "reviewed_on": None if rule.reviewed_on is None else rule.reviewed_on.isoformat(),
    }


def row_facts(row: ProvenRow, manifest: Manifest, workspace: Path | None) -> dict[str, Any]:
    """Everything that is known of a row besides its cells, for a file of JSON and for a page."""
    codes = dict.fromkeys(finding["code"] or "" for finding in row.findings)
    return {
        "verdict": {name: row.cell(name) for name in ("channels", "valid_until", "reason", "reasons", "reason_detail")}
        | {"output": row.output, "flags": row.cell("flags"), "disposition": row.cell("disposition")},
        "came_from": {
            name: row.cell(name)
            for name in ("vendor", "source_file", "source_sheet", "source_line", "source_sha256", "received_at")
        },
        "findings": row.findings,
        "means": {code: meaning(code, manifest) for code in codes},
        "lists": [_said(used, row) for used in manifest.lists],
        "evidence_as_given": {name: row.cell(name) for name in EVIDENCE if row.cell(name) is not None},
        "source_cells": {
            name.partition(":")[2]: value
            for name, value in row.cells.items()
            if name.startswith(("original:", "extra:"))
        },
        "calling_windows": {name: row.cell(name) for name in CALL_COLUMNS if row.cell(name) is not None},
        "reviews": reviews_of(row.cells, manifest, workspace),
    }


def run_facts(manifest: Manifest) -> dict[str, Any]:
    """What holds for all rows of a run: who, when, what for, on whose word."""
    rules = manifest.rules
    return {
        "run": manifest.model_dump(
            mode="json",
            include={"run_id", "as_of", "entity", "san", "campaign", "channels", "vendor", "leadscrub", "libraries"},
        ),
        "counts": {"read": manifest.counts.read, "clean": manifest.counts.clean, "rejected": manifest.counts.rejected},
        "rule_packs": [pack.model_dump(mode="json") for pack in rules.packs],
        "rules_checked": rules.checked,
        "attestations": {
            "campaign": given(rules.campaign_evidence),
            "vendor": given(rules.vendor_evidence),
            "released": [word.model_dump(mode="json") for word in rules.released],
        },
    }


def log_of(workspace: Path | None, manifest: Manifest) -> list[Logged]:
    """Entries of the workspace's log about a run: itself, its exports, its reviews, its lists' versions, and keys."""
    if workspace is None or not has_chain(workspace):
        return []
    versions = {used.version for used in manifest.lists}
    return [entry for entry in entries(workspace) if _is_about(entry, manifest, versions)]


def exports_of(log: Iterable[Logged]) -> list[dict[str, Any]]:
    """Who exported rows of the run where, and when."""
    return [
        {"entry": entry.number, "at": entry.at, **entry.facts}
        for entry in log
        if entry.kind in ("export", "return") and "action" not in entry.facts
    ]


def _is_about(entry: Logged, manifest: Manifest, versions: set[str]) -> bool:
    if entry.kind == "list" or (entry.kind == "export" and "version" in entry.facts):
        return entry.facts.get("version") in versions
    if entry.kind == "release":
        return manifest.run_id in entry.facts.get("runs", [])
    return entry.kind == "key" or entry.subject == manifest.run_id


def _said(used: UsedList, row: ProvenRow) -> dict[str, Any]:
    """A list, with what it said of the row's points."""
    by = f"{used.kind}:{used.name} version {used.version[:12]}"
    found = [finding for finding in row.findings if str(finding["source"]).find(by) >= 0]
    document: dict[str, Any] = used.model_dump(
        mode="json",
        include={
            "name",
            "kind",
            "version",
            "as_of",
            "dated_by",
            "age_days",
            "valid_until",
            "registry",
            "state",
            "files",
        },
    )
    slots = [slot for slot in (*PHONE_SLOTS, *EMAIL_SLOTS) if row.cell(slot) is not None]
    said = [f"{finding['code']}: {finding['detail']}" for finding in found]
    return document | {
        "entries": used.entries.indexed,
        "matched": bool(found),
        "said": said or [f"no match for any point of the row ({', '.join(slots) or 'it has none left'})"],
    }


def reviews_of(row: Mapping[str, Any], manifest: Manifest, workspace: Path | None) -> list[dict[str, str | None]]:
    """What people decided about a row of a drop, in whichever run of it. ``row``: columns of a result.

    Raises `LedgerError` when the workspace's reviews are damaged.
    """
    decisions = decided(workspace, manifest.vendor, manifest.campaign)
    member = str(row["source_file"]).partition("!")[2] or None
    record = {"source_sha256": row["source_sha256"], "source_line": row["source_line"], "source_member": member}
    record["source_sheet"] = row.get("source_sheet")
    of_row = decisions.filter(*(pl.col(name).eq_missing(pl.lit(value)) for name, value in record.items()))
    names = ("decision", "code", "point", "by", "on", "evidence", "until", "review")
    return [
        {name: value if value is None else str(value) for name, value in each.items()}
        for each in of_row.select(names).to_dicts()
    ]


def given(evidence: BaseModel) -> dict[str, Any]:
    """What was declared."""
    return evidence.model_dump(mode="json", exclude_defaults=True)

"""What the log says of reviews: who released or denied how many rows on what evidence, and that it was undone."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

from pipeline.proof.entries import Entry
from pipeline.proof.run_entry import location, run_entry
from pipeline.results.decisions import ReviewRecord, reviews_in, withdrawal_of
from pipeline.results.manifest_file import MANIFEST, manifest_digest, read_manifest


def all_review_entries(workspace: Path, known: Container[tuple[str, str, str]] = ()) -> Iterator[Entry]:
    """The entries of all reviews that a workspace has or had, as they should be in its log.

    Of a review whose entry is ``known``, its results are too: what is at their place now is not entered.
    """
    for folder, record in reviews_in(workspace):
        applied = _applied(workspace, folder, record)
        if applied.key in known:
            yield applied
        else:
            yield from review_entries(workspace, folder, record)
    for folder, record in reviews_in(workspace, withdrawn=True):
        yield _applied(workspace, folder, record)
        yield withdrawn_entry(workspace, folder, record)


def review_entries(workspace: Path, folder: Path, record: ReviewRecord) -> Iterator[Entry]:
    """The entry of a review in force, and those of its results."""
    yield _applied(workspace, folder, record)
    for run in record.runs.values():
        out = folder / (run.result or "")
        if run.result is not None and (out / MANIFEST).is_file():
            yield run_entry(workspace, out, read_manifest(out), manifest_digest(out), in_ledger=False)


def withdrawn_entry(workspace: Path, folder: Path, record: ReviewRecord) -> Entry:
    """The entry of a review that was withdrawn. ``withdrawn``: results that are gone since."""
    said = withdrawal_of(folder)
    facts = {
        "action": "withdrawn",
        "by": said.by,
        "because": said.because,
        "withdrawn": [location(workspace, folder / run.result) for run in record.runs.values() if run.result],
    }
    return Entry("release", record.review, f"withdrawn {said.at.isoformat()}", _vendor(record), facts)


def _applied(workspace: Path, folder: Path, record: ReviewRecord) -> Entry:
    runs = record.runs.values()
    facts = {
        "action": "applied",
        "as_of": record.as_of.isoformat(),
        "by": record.people,
        "evidence": record.evidence,
        "codes": record.codes,
        "counts": {name: sum(getattr(run, name) for run in runs) for name in ("released", "refused", "denied")},
        "runs": sorted(record.runs),
        "folder": location(workspace, folder),
    }
    return Entry("release", record.review, record.decisions_sha256, _vendor(record), facts)


def _vendor(record: ReviewRecord) -> str | None:
    vendors = {run.vendor for run in record.runs.values()}
    return vendors.pop() if len(vendors) == 1 else None

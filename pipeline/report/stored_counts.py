"""Counts for the report of a result that is there."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from schemas.errors import UsageError
from schemas.manifest import Manifest
from schemas.report_counts import REPORT_COUNTS, ReportCounts


def counts_of(out: Path, manifest: Manifest) -> ReportCounts:
    """Counts of a result: those that its run wrote, else counted now.

    Raises `UsageError` when they are damaged.
    """
    path = out / REPORT_COUNTS
    if not path.exists():
        from pipeline.report.recount import recount  # noqa: PLC0415  # only an older result is read

        return recount(out, manifest)
    try:
        return ReportCounts.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise UsageError(f"'{path}' is damaged.", "Run 'leadscrub verify', or scrub again.") from error

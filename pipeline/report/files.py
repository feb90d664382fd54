"""The files of a report in a result's folder: the page, and the counts that it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.report.page import run_page
from pipeline.report.source import ReportSource
from pipeline.results.writer import output_file
from schemas.manifest import OutputFile
from schemas.report_counts import REPORT_COUNTS

#: The page in a result's folder.
REPORT_PAGE: Final = "report.html"


def write_report(source: ReportSource, folder: Path) -> dict[str, OutputFile]:
    """Write page and counts into the folder of a run; sizes and hashes by name."""
    (folder / REPORT_COUNTS).write_text(source.counts.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (folder / REPORT_PAGE).write_text(run_page(source), encoding="utf-8", errors="backslashreplace")
    return {name: output_file(folder / name, 0) for name in (REPORT_COUNTS, REPORT_PAGE)}

"""Tells what a pass came to: on the screen, in the workspace, to the user's command."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.nightly.folders import Folders
from pipeline.nightly.hook import call_hook
from pipeline.nightly.summary import Summary, print_summary
from schemas.support.durable import make_folder, write_atomically
from schemas.workspace import NightlyChoice


def tell(summary: Summary, choice: NightlyChoice, workspace: Path, report: Path | None, *, as_json: bool) -> int:
    """Print and write the summary and call the hook. Returns the exit code: 1 where only the telling failed."""
    print_summary(summary, as_json=as_json)
    faults = []
    name = f"summary-{summary.began_at.strftime('%H%M%S-%f')}.json"
    kept = Folders(workspace).runs / summary.as_of.isoformat() / name
    for path in [*([] if summary.dry_run else [kept]), *([] if report is None else [report])]:
        try:
            make_folder(path.absolute().parent)
            write_atomically(path, summary.model_dump_json(indent=2) + "\n")
        except OSError as error:
            faults.append(f"The summary '{path}' cannot be written: {error.strerror}.")
    fault = None if summary.dry_run else call_hook(choice, summary, workspace)
    faults += [] if fault is None else [fault]
    for sentence in faults:
        sys.stderr.write(f"leadscrub: {sentence}\n")
    return summary.exit_code or (1 if faults else 0)

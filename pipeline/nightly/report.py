"""Reports what a pass came to: in the workspace, to the user's command, on the screen."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipeline.nightly.folders import Folders
from pipeline.nightly.hook import call_hook
from pipeline.nightly.printing import print_summary
from pipeline.nightly.summary import Summary
from schemas.errors import ShortageError
from schemas.support.durable import make_folder, write_atomically
from schemas.support.places import LinkError, refuse_links
from schemas.support.shortage import shortage_in
from schemas.support.shown import printable_json, shown
from schemas.workspace import NightlyChoice


def report(
    summary: Summary,
    choice: NightlyChoice,
    workspace: Path,
    file: Path | None,
    *,
    as_json: bool,
    metrics: Path | None = None,
) -> int:
    """Write the summary and the metrics, call the hook, then print. Returns the exit code: where only the reporting
    failed, 1 or that of a shortage. ``metrics``: the file for them, if not the one that the workspace names.

    What cannot be written or printed in one place is still reported in the others.
    """
    faults = []
    code = 1
    name = f"summary-{summary.began_at.strftime('%H%M%S-%f')}.json"
    kept = Folders(workspace).runs / summary.as_of.isoformat() / name
    for path in [*([] if summary.dry_run else [kept]), *([] if file is None else [file])]:
        try:
            refuse_links(path.parent, workspace)
            make_folder(path.absolute().parent)
            write_atomically(path, printable_json(summary.model_dump_json(indent=2)) + "\n")
        except OSError as error:
            faults.append(f"The summary '{path}' cannot be written: {error.strerror}.")
            code = ShortageError.exit_code if shortage_in(error) is not None else code
        except LinkError as error:
            faults.append(f"The summary cannot be written: {error.message}")
    if metrics is None and choice.metrics is not None:
        metrics = workspace / choice.metrics
    if metrics is not None and not summary.dry_run:
        from pipeline.nightly.metrics import write_metrics  # noqa: PLC0415  # few nights are measured

        try:
            refuse_links(metrics, workspace)
            make_folder(metrics.absolute().parent)
            write_metrics(metrics, summary, workspace)
        except OSError as error:
            faults.append(f"The metrics '{metrics}' cannot be written: {error.strerror}.")
            code = ShortageError.exit_code if shortage_in(error) is not None else code
        except LinkError as error:
            faults.append(f"The metrics cannot be written: {error.message}")
    fault = None if summary.dry_run else call_hook(choice, summary, workspace)
    faults += [] if fault is None else [fault]
    try:
        print_summary(summary, as_json=as_json)
    except (OSError, ValueError) as error:
        _silence_stdout()
        faults.append(f"The summary cannot be printed: {getattr(error, 'strerror', None) or type(error).__name__}.")
    for sentence in faults:
        _say(f"leadscrub: {shown(sentence)}\n")
    return summary.exit_code or (code if faults else 0)


def _say(line: str) -> None:
    try:
        sys.stderr.write(line)
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def _silence_stdout() -> None:
    """Let what is still to be printed go nowhere: Python would fail on it once more at its end."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError):
        return

"""Hands the summary to the user's own command: an email, a webhook, a pager."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pipeline.nightly.summary import Summary
from schemas.support.shown import printable_json
from schemas.workspace import NightlyChoice


def call_hook(choice: NightlyChoice, summary: Summary, workspace: Path) -> str | None:
    """Run the command in the workspace with the summary as JSON on its input. Returns what went wrong, if anything."""
    if not choice.hook or (choice.hook_on == "trouble" and not summary.trouble):
        return None
    command = choice.hook[0]
    try:
        ended = subprocess.run(  # noqa: S603  # the command is the user's own, without a shell
            choice.hook,
            input=printable_json(summary.model_dump_json()).encode(),
            stdout=subprocess.DEVNULL,
            timeout=choice.hook_seconds,
            cwd=workspace,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"The hook '{command}' did not end within {choice.hook_seconds} s and was ended."
    except OSError as error:
        return f"The hook '{command}' cannot be run: {error.strerror}."
    return None if ended.returncode == 0 else f"The hook '{command}' ended with {ended.returncode}."

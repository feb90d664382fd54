"""Whether rows of a result may leave: not when lists have gone stale, when it is held, or for another purpose."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.exporting.record import workspace_of_result
from pipeline.exporting.rows import ResultRows
from pipeline.results.decisions import reviews_in
from pipeline.results.folder import scan
from schemas.errors import ConfigError, HeldError, ListError
from schemas.export_layout import WAYS_OUT, ExportLayout
from schemas.manifest import Manifest
from schemas.support.figures import counted

#: Rows and lists that a sentence names, before it only counts them.
_NAMED = 5
_WORDS = {
    "processor": "somebody who works for you alone",
    "partner": "another company for purposes of its own",
    "sale": "somebody who gives money or other value for it",
}


def check_not_held(manifest: Manifest) -> None:
    """Raise `HeldError` when the gate of a campaign or a vendor holds the result."""
    if reasons := manifest.held:
        raise HeldError(
            f"The result is held: {'; '.join(reasons)}.",
            "Look into it; --accept-held exports it all the same.",
        )


def check_not_withdrawn(folder: Path, manifest: Manifest) -> None:
    """Raise `ConfigError` when the result rests on a review of its workspace that was withdrawn since."""
    workspace = workspace_of_result(folder)
    if manifest.reviews is None or workspace is None:
        return
    withdrawn = {record.review for _, record in reviews_in(workspace, withdrawn=True)}
    if gone := sorted(withdrawn & set(manifest.reviews.reviews)):
        raise ConfigError(
            [f"'{folder}' has rows that review {', '.join(gone)} released, which was withdrawn"],
            "Scrub the drop again: without the review the rows wait for a person.",
        )


def check_valid(rows: ResultRows, day: date) -> None:
    """Check that every clean row may still be used on a day.

    Raises `ListError` that says how many rows may not, which, since when, and by which lists.
    """
    if rows.kind != "clean":
        return
    late = scan(rows.folder, rows.table).filter(pl.col("valid_until") < day)
    found = late.select(
        rows=pl.len(), first=pl.col("valid_until").min(), named=pl.col("row_id").head(_NAMED).implode()
    ).collect()
    count, first, named = found.row(0)
    if not count:
        return
    more = f" and {count - len(named):,} more" if count > len(named) else ""
    which = f"row_id {', '.join(map(str, named))}{more}"
    were = f"{counted(count, 'row')} {'was' if count == 1 else 'were'}"
    raise ListError(
        f"{were} to be used until {first} and not later, and it is {day} ({which}); {_because(rows.manifest, day)}.",
        "Run 'leadscrub rescrub' against today's lists; --allow-expired exports them all the same.",
    )


def _because(manifest: Manifest, day: date) -> str:
    stale = [lst for lst in manifest.lists if lst.valid_until is not None and lst.valid_until < day]
    if not stale:
        return "a date or a window of the law has passed since"
    names = [f"{lst.name} (copy of {lst.as_of}, until {lst.valid_until})" for lst in stale[:_NAMED]]
    more = f" and {len(stale) - _NAMED} more" if len(stale) > _NAMED else ""
    return f"{'list' if len(stale) == 1 else 'lists'} gone stale: {', '.join(names)}{more}"


def check_may_leave(manifest: Manifest, layout: ExportLayout, name: str) -> None:
    """Check that the law was asked about what handing this file over is.

    Rules on data that leaves decide in the run, by what the campaign declares. Where no rules were applied, the run
    says that nobody asked. Raises `ConfigError` when the campaign declares less than the layout does.
    """
    declared = manifest.rules.campaign_evidence.passes_on or "none"
    if not manifest.rules.checked or WAYS_OUT.index(declared) >= WAYS_OUT.index(layout.passes_on):
        return
    raise ConfigError(
        [
            f"campaign '{manifest.campaign}': passes_on is '{declared}', and a file for {name} goes to "
            f"{_WORDS[layout.passes_on]} ('{layout.passes_on}'); the rules on data that leaves were not asked."
        ],
        f'Declare passes_on = "{layout.passes_on}" in [evidence] of the campaign, and scrub again.',
    )


def accepted(options: Collection[tuple[str, bool]]) -> list[str]:
    """Names of the options that were given."""
    return [name for name, given in options if given]

"""Prints what retention deletes."""

from __future__ import annotations

from pipeline.commands.retention import Due
from pipeline.terminal import plain_table, stdout_console, write_json


def print_due(found: list[Due], sizes: list[int], *, deleted: bool, as_json: bool) -> None:
    """Print each thing with its age and bytes, as a table or as JSON."""
    if as_json:
        items = [
            {"what": each.what, "subject": each.subject, "vendor": each.vendor, "since": str(each.since), "bytes": size}
            for each, size in zip(found, sizes, strict=True)
        ]
        write_json({"deleted": deleted, "items": items})
        return
    console = stdout_console()
    if not found:
        console.print("nothing is older than [retention] allows")
        return
    table = plain_table()
    for name in ("what", "vendor", "since", "MB", "subject"):
        table.add_column(name, justify="right" if name == "MB" else "left")
    for each, size in zip(found, sizes, strict=True):
        table.add_row(each.what, each.vendor, str(each.since), f"{size / 1e6:,.1f}", each.subject)
    console.print(table)
    done = "deleted, and recorded in the ledger" if deleted else "would be deleted; use --delete to do it"
    console.print(f"{len(found):,} items, {sum(sizes) / 1e6:,.1f} MB: {done}")

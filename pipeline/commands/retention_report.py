"""Prints what retention deletes."""

from __future__ import annotations

from pipeline.commands.retention import Due
from pipeline.terminal import plain_table, print_lines, write_json
from schemas.support.figures import counted
from schemas.support.shown import masked_addresses


def print_due(found: list[Due], sizes: list[int], *, deleted: bool, as_json: bool) -> None:
    """Print each thing with its age and bytes, as a table or as JSON."""
    if as_json:
        items = [
            {
                "what": each.what,
                "subject": masked_addresses(each.subject),
                "vendor": each.vendor,
                "since": str(each.since),
                "bytes": size,
            }
            for each, size in zip(found, sizes, strict=True)
        ]
        write_json({"deleted": deleted, "items": items})
        return
    if not found:
        print_lines("nothing is older than [retention] allows")
        return
    table = plain_table()
    for name in ("what", "vendor", "since", "MB", "subject"):
        table.add_column(name, justify="right" if name == "MB" else "left")
    for each, size in zip(found, sizes, strict=True):
        table.add_row(each.what, each.vendor, str(each.since), f"{size / 1e6:,.1f}", masked_addresses(each.subject))
    table.print()
    done = "deleted, and recorded in the ledger" if deleted else "would be deleted; use --delete to do it"
    print_lines(f"{counted(len(found), 'item')}, {sum(sizes) / 1e6:,.1f} MB: {done}")

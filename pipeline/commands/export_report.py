"""What ``leadscrub export`` prints: how many rows are where, and what is not among them."""

from __future__ import annotations

from pipeline.exporting.export import Exported
from pipeline.terminal import print_lines, print_notes, write_json
from schemas.support.figures import counted


def facts(exported: Exported) -> dict[str, object]:
    """An export as JSON has it."""
    return {
        "to": str(exported.path),
        "rows": exported.rows,
        "columns": exported.columns,
        "sha256": exported.sha256,
        "left_out": exported.left_out,
        "recorded": None if exported.recorded is None else str(exported.recorded),
    }


def print_export(exported: Exported, *, as_json: bool) -> None:
    """Print to stdout; what is not in the file goes to stderr as notes."""
    if as_json:
        write_json(facts(exported))
        return
    print_lines(f"{counted(exported.rows, 'row')} in {exported.path}")
    print_notes(*exported.left_out)

"""``leadscrub init DIR --from DROP``: a workspace made from a drop and the answers to some questions about it."""

from __future__ import annotations

from pathlib import Path

from pipeline.columns.layout_file import layout_text
from pipeline.columns.mapping import map_columns
from pipeline.commands.first_hour.answers import asked_answers, read_answers
from pipeline.commands.first_hour.workspace_files import CAMPAIGN, write_workspace
from pipeline.reading.opening import open_drop
from pipeline.terminal import print_lines, print_notes
from schemas.errors import OutputError
from schemas.layout import Layout
from schemas.support.shown import shown


def make_from_drop(folder: Path, drop: str, answers_file: Path | None) -> None:
    """Read how the drop looks, take the answers, and write campaign, vendor and layout.

    Raises `OutputError` when the folder has files already, `DropError` when the drop cannot be read, `ConfigError` or
    `UsageError` when answers are missing or wrong. Then nothing is written.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise OutputError(f"'{folder}' is not empty.", "Choose a new folder.")
    table = open_drop([drop], Layout())[0]
    mapping = map_columns(table, Layout(), None, checked=False)
    mapped = ", ".join(f"{column} → {field}" for field, column in mapping.fields.items())
    print_lines(shown(f"{table.name}: {mapped or 'no column is recognised'}"))
    print_notes(*table.notes, *mapping.doubts)
    answers = asked_answers() if answers_file is None else read_answers(answers_file)
    for path in write_workspace(folder, answers, layout_text(table, mapping)):
        print_lines(f"wrote  {path}")
    named = f"--campaign {folder}/campaigns/{CAMPAIGN}.toml --vendor {answers['vendor']}"
    print_lines(f"Next: leadscrub check {folder}", f"      leadscrub scrub {drop} -o OUT {named}")

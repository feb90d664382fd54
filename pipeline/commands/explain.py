"""The whole story of one lead, out of a result or out of all results of a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.commands.lead_story import lead_story, story_lines
from pipeline.commands.source_lines import rows_of_line
from pipeline.commands.verify import refuse_damaged
from pipeline.evidence.whose import own_columns, wanted_of
from pipeline.proof.chain import entries
from pipeline.proof.standing import standing_results
from pipeline.results.exact_search import find_rows, rows_alike
from pipeline.results.folder import open_manifest
from pipeline.results.manifest_file import MANIFEST
from pipeline.terminal import print_lines, write_json
from pipeline.workspace import refuse_no_workspace, workspace_above
from schemas.errors import UsageError
from schemas.manifest import Manifest
from schemas.support.shown import masked_addresses, shown

#: What is said of a row of which the value is not known to be the row's own.
_ALIKE = "a blocked point of it looks the same when masked: perhaps another person's"


class Place(NamedTuple):
    """A line of the vendor's file, or of every file or sheet where none is named."""

    line: int
    file: str | None
    sheet: str | None


@dataclass(frozen=True)
class Asked:
    """Which lead: one of these."""

    row: int | None = None
    phone: str | None = None
    email: str | None = None
    place: Place | None = None

    def check(self) -> None:
        """Raise `UsageError` unless exactly one is given."""
        if sum(option is not None for option in (self.row, self.phone, self.email, self.place)) != 1:
            raise UsageError("Name the lead by one of --row, --line, --phone and --email.")


def print_story(out: Path | None, asked: Asked, *, workspace: Path | None, as_json: bool) -> None:
    """Print the story of the lead: out of a result, or without one out of all of the workspace.

    Raises `UsageError` when it is not named by one option, or is nowhere.
    """
    asked.check()
    if out is None:
        stories, notes = _in_workspace(workspace or Path(), asked)
    else:
        stories, notes = _in_result(out, asked, workspace or workspace_above(out)), []
        if not stories:
            raise UsageError(
                f"No row of '{out}' has {_shown(asked, open_manifest(out))}.",
                "A value that was blocked or not read in a clean row is in the drop alone: try --line.",
            )
    if as_json:
        write_json({"items": stories, "not_searched": notes}, default=str)
        return
    for number, story in enumerate(stories):
        where = [f"result {shown(story['result'])}"] if "result" in story else []
        print_lines(*([""] if number else []), *where, *story_lines(story))
    print_lines(*(f"note: not searched: {note}" for note in notes))


def _in_workspace(workspace: Path, asked: Asked) -> tuple[list[dict[str, Any]], list[str]]:
    """Stories out of every result of a workspace, and which of these could not be searched."""
    refuse_no_workspace(workspace, "Name a result, or a workspace with --workspace.")
    if asked.row is not None or asked.place is not None:
        raise UsageError("--row and --line are of one result.", "Name the result, or look for --phone or --email.")
    stories: list[dict[str, Any]] = []
    notes: list[str] = []
    shown_as = ""
    for folder in _results(workspace):
        try:
            found = _in_result(folder, asked, workspace)
            shown_as = shown_as or _shown(asked, open_manifest(folder))
        except UsageError as error:
            notes.append(shown(error.message))
            continue
        stories += [{"result": masked_addresses(str(folder)), **story} for story in found]
    if not stories:
        raise UsageError(
            f"No row of any result of '{workspace}' has {shown_as or 'that'}."
            + "".join(f" Not searched: {note}" for note in notes),
            "What was blocked or not read in a clean row is in the drop alone: see 'leadscrub subject find'.",
        )
    return stories, notes


def _results(workspace: Path) -> Iterator[Path]:
    """Every result that the log knows and that is there, and what else is in the workspace."""
    logged = [workspace / out for out in standing_results(entries(workspace))]
    there = [path.parent for path in sorted(workspace.rglob(MANIFEST)) if not _is_hidden(path, workspace)]
    known: set[Path] = set()
    for folder in (*logged, *there):
        if folder.resolve() not in known and (folder / MANIFEST).is_file():
            known.add(folder.resolve())
            yield folder


def _is_hidden(path: Path, workspace: Path) -> bool:
    """Whether it is being written, or was left by a run that was killed."""
    return any(part.startswith(".") for part in path.relative_to(workspace).parts)


def _in_result(out: Path, asked: Asked, workspace: Path | None) -> list[dict[str, Any]]:
    manifest = open_manifest(out)
    refuse_damaged(out)
    if asked.row is not None:
        rows: dict[int, str | None] = {asked.row: None}
    elif asked.place is not None:
        rows = dict.fromkeys(rows_of_line(out, manifest, *asked.place))
    else:
        rows = _rows_with(out, asked, manifest)
    return [lead_story(out, row, manifest, workspace, match) for row, match in rows.items()]


def _rows_with(out: Path, asked: Asked, manifest: Manifest) -> dict[int, str | None]:
    """Rows that have the value, in order, each with what is to be said where it may not be their own."""
    wanted = wanted_of(asked.phone, asked.email, manifest.region)
    own, columns = own_columns(manifest), dict[int, list[str]]()
    for _, row, column in find_rows(out, [wanted]).rows():
        columns.setdefault(row, []).append(column)
    found: dict[int, str | None] = {
        row: None if own & set(names) else f"it only mentions that, in {masked_addresses(', '.join(names))}"
        for row, names in columns.items()
    }
    found |= dict.fromkeys(rows_alike(out, [wanted]), _ALIKE)
    return dict(sorted(found.items()))


def _shown(asked: Asked, manifest: Manifest) -> str:
    wanted = wanted_of(asked.phone, asked.email, manifest.region)
    as_written = "" if wanted.normals else f", which is no valid {wanted.kind} and was looked for as it was written"
    return " or ".join(wanted.shown) + as_written

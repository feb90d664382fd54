"""What a run prints: a funnel from read over each reason to clean, per file and in total."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from pipeline.commands.declarations import declaration_lines, undeclared_lines
from pipeline.report.files import REPORT_PAGE
from pipeline.run.plan import NOT_SCREENED
from pipeline.run.scrub import Result
from pipeline.terminal import PlainTable, complain, plain_table, print_lines, print_notes, print_text, write_json
from schemas.codes import CODES
from schemas.files.unique_names import Numbered
from schemas.manifest import Counts, InputFile, UsedRules
from schemas.support.figures import counted, share
from schemas.support.shown import masked_addresses, printable, shown
from suppression.rules.describe import released_in_words

_HELD = (
    "The outputs are written; nothing is exported or entered in the ledger. To accept it, run the same command with "
    "--accept-held --force."
)


def print_summary(result: Result, out: Path | None, *, as_json: bool, more: dict[str, object] | None = None) -> None:
    """Print to stdout; warnings go to stderr. ``more`` is added to the JSON object."""
    manifest = result.manifest
    named = Numbered()
    labels = [named.add(masked_addresses(file.label)) for file in manifest.inputs]
    if as_json:
        document = {
            "run_id": manifest.run_id,
            "screened": bool(manifest.lists),
            "as_of": manifest.as_of.isoformat(),
            "out": None if out is None else str(out),
            "counts": manifest.counts.model_dump(),
            "files": dict(zip(labels, (file.counts.model_dump() for file in manifest.inputs), strict=True)),
            "lists": {lst.name: {"entries": lst.entries.indexed, "matches": lst.matches} for lst in manifest.lists},
            "undeclared": {name: each.model_dump() for name, each in manifest.rules.undeclared.items()},
            "declarations": None if (few := manifest.rules.declarations) is None else few.model_dump(),
            "warnings": result.warnings,
            "too_many_rejected": result.too_many_rejected,
            "held": result.held,
            **(more or {}),
        }
        write_json(document)
        return
    last = declaration_lines(manifest)
    if not manifest.lists:
        print_text(Text(NOT_SCREENED.upper(), "bold red"))
    for file in manifest.inputs:
        read_as = ", ".join(
            f"{name} {value!r}" if name in ("delimiter", "quote") else value for name, value in file.read_as.items()
        )
        columns = ", ".join(_column(field, column, file) for field, column in file.mapping.items())
        print_text(Text.assemble((shown(file.label), "bold"), f"  {printable(read_as)}\n  {shown(columns)}"))
    counts = [file.counts for file in manifest.inputs]
    _funnel(list(zip(labels, counts, strict=True)), manifest.counts).print()
    if manifest.counts.by_channel:
        usable = ", ".join(f"{channel} {count:,}" for channel, count in manifest.counts.by_channel.items())
        print_lines(f"clean rows by channel: {usable}")
    for lst in manifest.lists:
        print_lines(
            f"list {lst.name} ({lst.kind}): {counted(lst.entries.indexed, 'entry')}, {counted(lst.matches, 'match')}"
        )
    if manifest.rules.checked:
        packs = ", ".join(f"{pack.name} {pack.version} ({pack.in_force} rules)" for pack in manifest.rules.packs)
        print_lines(f"law: {packs}")
        print_lines(*released_lines(manifest.rules), *([] if last else undeclared_lines(manifest.rules)))
    print_lines(f"run {manifest.run_id}: {out if out else 'dry run, nothing written'}")
    if out is not None:
        print_lines(f"report to forward, for a browser: {out / REPORT_PAGE}")
    print_notes(*result.warnings)
    if result.held:
        complain(f"held, for a person to look at: {'; '.join(result.held)}. {_HELD}")
    if result.too_many_rejected:
        complain("more rows were rejected than --max-reject-rate allows; outputs are written.")
    print_lines(*last)


def released_lines(rules: UsedRules) -> list[str]:
    """Who released a review of the whole list, when and with what words."""
    return [f"released: {released_in_words(word.model_dump())}" for word in rules.released]


def _column(field: str, column: str, file: InputFile) -> str:
    text = f"{column} → {field}"
    if field not in file.points:
        return text
    points = file.points[field]
    kind = "fax, " if field in file.fax_fields else ""
    return f"{text} ({kind}{points.given:,} filled, {points.valid:,} valid)"


def _funnel(files: list[tuple[str, Counts]], whole: Counts) -> PlainTable:
    """Rows: read, each primary reason, rejected, clean. Columns: each file (when there are several) and the total."""
    columns = [*files, ("total", whole)] if len(files) > 1 else [("rows", whole)]
    table = plain_table()
    table.add_column("")
    for name, _ in columns:
        table.add_column(name, justify="right")
    table.add_column("share", justify="right")
    table.add_column("also", justify="right")

    def line(name: str, values: list[int], also: str = "", style: str = "") -> None:
        table.add_row(name, *(f"{value:,}" for value in values), share(values[-1], whole.read), also, style=style)

    line("read", [counts.read for _, counts in columns])
    order = {code: place for place, code in enumerate(CODES)}
    for code in sorted(whole.by_reason, key=lambda code: (order.get(code, len(order)), code)):
        if whole.by_reason[code]:
            values = [counts.by_primary_reason.get(code, 0) for _, counts in columns]
            second = whole.by_reason[code] - values[-1]
            line(f"  {code}", values, f"+{second:,}" if second else "")
    line("rejected", [counts.rejected for _, counts in columns])
    line("clean", [counts.clean for _, counts in columns], style="bold")
    return table

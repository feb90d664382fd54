"""What a run prints: a funnel from read over each reason to clean, per file and in total."""

from __future__ import annotations

from pathlib import Path

from pipeline.commands.declarations import declaration_lines, undeclared_lines
from pipeline.report.files import REPORT_PAGE
from pipeline.run.screened_lists import NOT_SCREENED
from pipeline.run.scrub import Result
from pipeline.terminal import (
    PlainTable,
    complain,
    is_quiet,
    plain_table,
    print_lines,
    print_notes,
    print_step,
    print_text,
    write_json,
)
from schemas.codes import CODES
from schemas.files.unique_names import Numbered
from schemas.manifest import Counts, InputFile, Manifest, UsedRules
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
        write_json(_document(result, out, labels) | (more or {}))
        return
    if is_quiet():
        print_lines(_result_line(result, out))
        _complain(result)
        return
    last = declaration_lines(manifest)
    if not manifest.lists:
        print_text((NOT_SCREENED.upper(), "bold red"))
    for file in manifest.inputs:
        read_as = ", ".join(
            f"{name} {value!r}" if name in ("delimiter", "quote") else value for name, value in file.read_as.items()
        )
        columns = ", ".join(_column(field, column, file) for field, column in file.mapping.items())
        print_text((shown(file.label), "bold"), f"  {printable(read_as)}\n  {shown(columns)}")
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
    _print_times(manifest)
    _complain(result)
    print_lines(*last)


def _document(result: Result, out: Path | None, labels: list[str]) -> dict[str, object]:
    """What a run came to, for programs. ``labels``: the names of its files and sheets, as far as they can be shown."""
    manifest = result.manifest
    return {
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
    }


def _complain(result: Result) -> None:
    """Print why the exit code is not 0."""
    if result.held:
        complain(f"held, for a person to look at: {'; '.join(result.held)}. {_HELD}")
    if result.too_many_rejected:
        complain("more rows were rejected than --max-reject-rate allows; outputs are written.")


def _result_line(result: Result, out: Path | None) -> str:
    """All that matters of a run: how many rows may be contacted, and whether that was checked at all."""
    manifest = result.manifest
    counts = manifest.counts
    unchecked = [] if manifest.lists else [NOT_SCREENED]
    unchecked += [] if manifest.rules.checked else ["the law was not checked"]
    clean = f"{counts.clean:,} of {counted(counts.read, 'row')} clean"
    return "; ".join([f"run {manifest.run_id}: {out or 'dry run, nothing written'}: {clean}", *unchecked])


def _print_times(manifest: Manifest) -> None:
    """Print what each stage took, the longest first, where that is wanted."""
    took = sorted(((name, time) for name, time in manifest.timings.items() if time >= 0.005), key=lambda each: -each[1])
    if took:
        print_step("seconds of work, over all threads: " + ", ".join(f"{name} {time:.2f}" for name, time in took))


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

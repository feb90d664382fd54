"""The command ``leadscrub export``, and what ``--to`` of a scrub means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.lineage import lineage_of
from pipeline.cli.option_values import day_of
from pipeline.cli.options import AsOfDay, Json, ResultFolder
from schemas.errors import LeadscrubError

if TYPE_CHECKING:
    from pipeline.lineage.jobs import Lineage


def layout_names(begun: str) -> list[str]:
    """Export layouts that come with the program, and begin so, for the shell."""
    from schemas.export_layout import EXPORT_LAYOUTS  # noqa: PLC0415

    return sorted(path.stem for path in EXPORT_LAYOUTS.glob(f"{begun}*.toml"))


def export(
    out: ResultFolder,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FILE|TABLE",
            help="Where to: a .csv, .xlsx or .parquet file, .age behind it for an encrypted one; or delta:DIR, iceberg://CATALOG/TABLE.",
        ),
    ],
    rows: Annotated[
        str, typer.Option(metavar="KIND", help="clean, rejected, or review: those that a person may release.")
    ] = "clean",
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="contact|all|A,B", help="Columns; by default the vendor's own, and behind them what may be done."
        ),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="LAYOUT", autocompletion=layout_names, help="Layout of another system: a name or a file."
        ),
    ] = None,
    as_of: AsOfDay = None,
    allow_expired: Annotated[
        bool, typer.Option("--allow-expired", help="Export rows whose valid_until is past.")
    ] = False,
    accept_held: Annotated[bool, typer.Option("--accept-held", help="Export a result that its gate holds.")] = False,
    encrypt_to: Annotated[
        list[str] | None,
        typer.Option(metavar="RECIPIENT", help="Encrypt a file that ends in .age for this age1… key; repeatable."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    as_json: Json = False,
) -> None:
    """Write clean, rejected or review rows of a result to a file for people, a dialler, a mailer or a table."""
    from pipeline.commands.export_report import export_and_tell, print_export  # noqa: PLC0415
    from pipeline.exporting.export import ExportRequest  # noqa: PLC0415
    from pipeline.exporting.record import workspace_of_result  # noqa: PLC0415
    from pipeline.exporting.rows import row_kind  # noqa: PLC0415

    request = ExportRequest(
        out,
        to,
        day_of(as_of),
        rows=row_kind(rows),
        columns=columns,
        layout=layout,
        allow_expired=allow_expired,
        accept_held=accept_held,
        force=force,
        encrypt_to=encrypt_to or [],
    )
    with lineage_of(workspace_of_result(out)) as lineage:
        print_export(export_and_tell(request, lineage), as_json=as_json)


def check_targets(targets: Sequence[str], out: Path, *, force: bool) -> None:
    """Check what ``--to`` of a scrub names before the scrub is begun. Raises what `check_target` raises."""
    if not targets:
        return
    from pipeline.exporting.export import check_target  # noqa: PLC0415

    for to in targets:
        check_target(to, out, force=force)


def export_to(
    targets: Iterable[str], out: Path, day: date, lineage: Lineage, *, force: bool, report: bool = False
) -> list[dict[str, object]]:
    """Export a new result to every target; returns what the summary says of them, or prints it.

    Raises what `export` raises; its hint says that the result itself is complete.
    """
    from pipeline.commands.export_report import export_and_tell, facts, print_export  # noqa: PLC0415
    from pipeline.exporting.export import ExportRequest  # noqa: PLC0415

    done = []
    for to in targets:
        try:
            exported = export_and_tell(ExportRequest(out, to, day, force=force), lineage)
        except LeadscrubError as error:
            error.hint = f"{error.hint} The results in '{out}' are complete.".strip()
            raise
        if report:
            print_export(exported, as_json=False)
        done.append(facts(exported))
    return done

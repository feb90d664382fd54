"""Options of what loads a list: which files, how they are read, and what a new version may change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.option_values import store_folder
from pipeline.cli.options import StoreFolder

if TYPE_CHECKING:
    from pipeline.commands.list_changes import Change
    from pipeline.run.list_options import Declared

Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="The list's files: any kind that a drop may be.")]


def of_reading(*names: str, metavar: str | None = None, help: str) -> Any:  # noqa: A002  # as typer calls it
    """An option in the panel of how files are read."""
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel="How to read it")


@dataclass(frozen=True)
class ReadingOptions:
    """Options that say how a list's files are read."""

    format_: Annotated[str, of_reading("--format", metavar="NAME", help="Format of the files.")] = "auto"
    column: Annotated[
        list[str] | None,
        of_reading(
            metavar="[ROLE=]HEADER",
            help="Column that has the entries, or a role: number, email, domain, hash, area, country, calling_code, "
            "date, expiry, reason, severity, code, status, action. Repeatable.",
        ),
    ] = None
    day_first: Annotated[bool | None, of_reading("--day-first/--month-first", help="What 03/04/2026 means.")] = None
    delimiter: Annotated[
        str | None, of_reading(metavar="CHARACTER", help="What separates cells: one character, or tab.")
    ] = None
    headerless: Annotated[
        bool, of_reading("--headerless", help="The first row is an entry; columns are called 1, 2, …")
    ] = False
    comments: Annotated[bool, of_reading("--comments", help="Lines that begin with # are comments.")] = False
    sheet: Annotated[
        list[str] | None,
        of_reading(metavar="NAME", help="Sheet of a workbook; repeatable; by default all visible ones."),
    ] = None
    max_refused: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Share (0 to 1) of the entries that may be unreadable.",
            rich_help_panel="How to read it",
        ),
    ] = 0.01
    accept_refused: Annotated[bool, of_reading("--accept-refused", help="Accept any number of unreadable entries.")] = (
        False
    )
    region: Annotated[str | None, of_reading(metavar="REGION", help="Region of numbers without +, such as US.")] = None

    def refused(self) -> float:
        """Return the share of entries that may be unreadable."""
        return 1.0 if self.accept_refused else self.max_refused

    def declared(self, **more: Any) -> Declared:
        """Return what is declared of the files. Raises `UsageError` when the region is none."""
        from pipeline.run.list_options import Declared  # noqa: PLC0415
        from schemas.contact.regions import checked_region  # noqa: PLC0415

        return Declared(
            columns=self.column,
            day_first=self.day_first,
            delimiter=self.delimiter,
            headerless=self.headerless,
            comments=self.comments,
            sheets=self.sheet,
            region=checked_region(self.region) if self.region else None,
            **more,
        )


@dataclass(frozen=True)
class ChangeOptions:
    """Options that say what a new version may change, where it goes, and what is kept."""

    accept_shrinkage: Annotated[bool, typer.Option("--accept-shrinkage", help="Accept a list that shrank by more.")] = (
        False
    )
    max_shrinkage: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Share (0 to 1) by which a list may shrink.",
        ),
    ] = 0.1
    keep_days: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="DAYS",
            help="From now on, how long the store keeps replaced versions; by default five years (16 CFR 310.5).",
        ),
    ] = None
    store: StoreFolder = None

    def change(self) -> Change:
        """Return the change, dated now."""
        from pipeline.commands.list_changes import Change  # noqa: PLC0415

        shrinkage = 1.0 if self.accept_shrinkage else self.max_shrinkage
        return Change(store_folder(self.store), datetime.now(UTC), shrinkage, self.keep_days)


Planted = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VALUE", help="A value that you know to be in a hashed list; - reads them from stdin; repeatable."
    ),
]

"""Options of a run, in sets that several commands take: which lists it screens against, which law it applies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pipeline.run.request import Request


def _of_lists(*names: str, metavar: str | None = None, help: str) -> Any:  # noqa: A002  # as typer calls it
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel="Lists")


@dataclass(frozen=True)
class ListOptions:
    """Options that say which lists a run asks, and how old they may be."""

    dnc: Annotated[
        list[Path] | None,
        _of_lists(metavar="FILE[@DATE]", help="Do-Not-Call registry file, and the day of the copy; repeatable."),
    ] = None
    internal: Annotated[
        list[Path] | None, _of_lists(metavar="FILE", help="Your own do-not-contact file; repeatable.")
    ] = None
    unsubscribe: Annotated[list[Path] | None, _of_lists(metavar="FILE", help="Unsubscribed emails; repeatable.")] = None
    list_: Annotated[
        list[str] | None,
        _of_lists(
            "--list",
            metavar="KIND:NAME=FILE[@DATE]|NAME",
            help="Any other list, or one of the store; repeatable.",
        ),
    ] = None
    list_column: Annotated[
        list[str] | None,
        _of_lists(metavar="NAME=COLUMN", help="Column of a CSV list with its entries; repeatable."),
    ] = None
    list_hash: Annotated[
        list[str] | None,
        _of_lists(metavar="NAME=RECIPE", help="How a list's hashes were made, as in trim+lower+md5; repeatable."),
    ] = None
    max_refused: Annotated[
        list[str] | None,
        _of_lists(
            metavar="[NAME=]SHARE",
            help="Share of a list's entries that may be unreadable, by default 0.01; 1 accepts any; repeatable.",
        ),
    ] = None
    store: Annotated[Path | None, _of_lists(metavar="DIR", help="Store of lists; by default the workspace's.")] = None
    no_lists: Annotated[
        bool,
        _of_lists(
            "--no-lists", help="Screen against no list; without this option a run without lists ends with exit 5."
        ),
    ] = False
    allow_stale: Annotated[
        list[str] | None,
        _of_lists(metavar="NAME", help="Use this list although it is stale; the manifest records it; repeatable."),
    ] = None
    max_age: Annotated[
        list[str] | None,
        _of_lists(
            metavar="[KIND=]DAYS",
            help="Maximum age of a copy in the store, if lower than its kind allows; repeatable.",
        ),
    ] = None

    def of(self, request: Request) -> Request:
        """Return the request with these lists. Raises `UsageError` when a list is named in a way that is none."""
        from pipeline.run.run_lists import run_lists, store_names  # noqa: PLC0415
        from schemas.list_kinds import max_age_said  # noqa: PLC0415

        by_kind = {
            "dnc.national": self.dnc or [],
            "dnc.internal": self.internal or [],
            "email.unsubscribed": self.unsubscribe or [],
        }
        return replace(
            request,
            lists=run_lists(
                by_kind, self.list_ or [], self.list_column or [], self.list_hash or [], self.max_refused or []
            ),
            store=self.store,
            store_lists=store_names(self.list_ or []),
            no_lists=self.no_lists,
            allow_stale=self.allow_stale or [],
            max_age=max_age_said(self.max_age or []),
        )


@dataclass(frozen=True)
class LawOptions:
    """Options that say which law a run applies."""

    rules: Annotated[
        list[str] | None,
        typer.Option(metavar="PACK", help="Rule pack to apply (us, fr, … or all); repeatable.", rich_help_panel="Law"),
    ] = None
    accept_weaker: Annotated[
        bool,
        typer.Option(
            "--accept-weaker",
            help="Accept packs of the workspace that allow more than the shipped ones.",
            rich_help_panel="Law",
        ),
    ] = False

    evidence: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Declare a fact for this run, as [evidence] of a campaign does (dialling=live); repeatable.",
            rich_help_panel="Law",
        ),
    ] = None

    def of(self, request: Request) -> Request:
        """Return the request with these rules."""
        return replace(request, rules=self.rules or [], accept_weaker=self.accept_weaker, evidence=self.evidence or [])

"""A scrub as it is asked for, before anything of it is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.run.rescrub_source import Earlier
from schemas.config import Channel, ListEntry
from schemas.layout import Layout
from schemas.list_kinds import NO_MAX_AGE, MaxAge

if TYPE_CHECKING:  # what a ledger needs is loaded only where there is one
    from pipeline.ledger.database import Ledger


@dataclass(frozen=True)
class Request:
    """A scrub as the command line asks for it. ``as_of`` is resolved there: no stage reads the clock.

    With ``named_in`` the result goes into that folder, under the run's id; ``out`` is then only where it is made.
    ``received_at`` is when drops came that the ledger has not seen (the beginning of ``as_of``, in UTC, if not said).
    ``no_region``: numbers without a country are set aside, on purpose. ``no_lists``: the leads are looked up in no list
    at all, which the result says. ``evidence``: ``KEY=VALUE``, for this run only.
    ``again``: the drop was accepted before, so its columns are not compared with the vendor's last ones.
    ``decisions``: what people decided about rows; None: what the workspace knows of that.
    ``record``: the finished run is entered into the ledger; otherwise the caller does that.
    ``turn``: is called before the run asks what was before it, and before its result is complete; it returns when that
    is known, or raises what stops the run.
    """

    drops: list[str]
    out: Path
    as_of: date
    named_in: Path | None = None
    campaign: Path | None = None
    vendor: str | None = None
    layout: str | Layout | None = None
    sheets: list[str] = field(default_factory=list)
    region: str | None = None
    no_region: bool = False
    channels: list[Channel] = field(default_factory=list)
    lists: list[ListEntry] = field(default_factory=list)
    store: Path | None = None
    store_lists: list[str] = field(default_factory=list)
    no_lists: bool = False
    allow_stale: list[str] = field(default_factory=list)
    max_age: MaxAge = NO_MAX_AGE
    rules: list[str] = field(default_factory=list)
    accept_weaker: bool = False
    evidence: list[str] = field(default_factory=list)
    max_reject_rate: float | None = None
    accept_drift: bool = False
    accept_held: bool = False
    check_mx: bool = False
    dns_server: str | None = None
    ledger: Ledger | None = None
    received_at: datetime | None = None
    record: bool = True
    turn: Callable[[], None] | None = None
    dry_run: bool = False
    force: bool = False
    earlier: Earlier | None = None
    again: bool = False
    decisions: pl.DataFrame | None = None
    threads: int = 2
    block_bytes: int | None = None

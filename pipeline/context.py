"""What every stage of a run may read, and none may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from pipeline.columns.date_columns import ColumnDates, Order
from pipeline.columns.mapping import Mapping
from schemas.codes import CODES, ReasonCode
from schemas.columns import CHANNEL_POINTS, EMAIL_SLOTS, PHONE_SLOTS
from schemas.config import Campaign
from schemas.contact.apply import Apply
from schemas.files.table import Table
from suppression.lists import SuppressionList

if TYPE_CHECKING:  # what the law needs is loaded only where there are rule packs
    from suppression.rules.calling import CallingHours
    from suppression.rules.engine import RuleSet


@dataclass(frozen=True)
class Source:
    """One table of the drop with its mapping and the region that national numbers in it belong to.

    ``date_orders``: what is known of the order of day and month, by field; None: the table is read for it.
    """

    table: Table
    mapping: Mapping
    region: str | None
    date_orders: dict[str, Order] | None = None
    dates: ColumnDates = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dates", ColumnDates(self.table, self.mapping, self.date_orders))

    def __reduce__(self) -> tuple[type[Source], tuple[object, ...]]:
        """Pickle it without what is made from the rest."""
        return Source, (self.table, self.mapping, self.region, self.date_orders)

    def slots(self, points: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these contact columns that the file has."""
        return tuple(point for point in points if point in self.mapping.fields)


class MailQuestion(NamedTuple):
    """That mail domains are asked about: at which DNS server, the system's when None, and where answers are kept."""

    server: str | None
    cache: Path | None


class Reviewed(NamedTuple):
    """What people decided about rows of the drop (`pipeline.results.decisions.DECISIONS`, those of the run's day).

    ``drops``: SHA-256 of the drop of each source, as it was delivered; none where each row says it.
    """

    decisions: pl.DataFrame
    drops: tuple[str, ...]


class Context(NamedTuple):
    """The run's read-only inputs. ``apply`` carries out per-value library calls on the run's processes.

    ``rules`` is None when no rule pack applies; ``codes`` is the register of reasons, with those of the rules.
    ``hours`` is None as well when the campaign neither calls nor texts. ``earlier_run``: id of the run whose clean rows
    are scrubbed again. ``mail`` is None when DNS is not asked. ``reviewed`` is None when no person decided anything.
    ``released``: the rows are those that a person just released, which were never compared with each other.
    """

    campaign: Campaign
    vendor: str | None
    as_of: date
    lists: Sequence[SuppressionList]
    sources: list[Source]
    apply: Apply
    rules: RuleSet | None = None
    hours: CallingHours | None = None
    earlier_run: str | None = None
    asks_ledger: bool = False
    mail: MailQuestion | None = None
    reviewed: Reviewed | None = None
    released: bool = False

    @property
    def codes(self) -> dict[str, ReasonCode]:
        """Every code that the run can give, in order of precedence."""
        return CODES if self.rules is None else self.rules.codes

    @property
    def rescrub(self) -> bool:
        """Whether these are an earlier result's clean rows: bought then, so nothing of them goes back."""
        return any(source.mapping.read_before for source in self.sources)

    @property
    def points(self) -> tuple[str, ...]:
        """Contact points that the campaign's channels can reach."""
        return tuple(dict.fromkeys(point for channel in self.campaign.channels for point in CHANNEL_POINTS[channel]))

    @property
    def phone_slots(self) -> tuple[str, ...]:
        """Phone columns in play."""
        return tuple(slot for slot in PHONE_SLOTS if slot in self.points)

    @property
    def email_slots(self) -> tuple[str, ...]:
        """Email columns in play."""
        return tuple(slot for slot in EMAIL_SLOTS if slot in self.points)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all source columns over all files, in order of first appearance."""
        return tuple(dict.fromkeys(name for source in self.sources for name in source.table.columns))

    @property
    def extra_columns(self) -> tuple[str, ...]:
        """Names that ``extra`` has: every column that some file leaves unmapped."""
        unmapped = {name for source in self.sources for name in source.mapping.extra}
        return tuple(name for name in self.columns if name in unmapped)

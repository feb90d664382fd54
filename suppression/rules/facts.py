"""Facts about a batch of leads: computed once, when a rule first asks, as numbers and Booleans for each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.columns import CHANNEL_POINTS, EMAIL_SLOTS, PHONE_SLOTS, POST_POINT
from schemas.config import Channel
from schemas.contact.countries import read_countries
from schemas.contact.quality import ROLE_LOCAL_PARTS
from schemas.evidence import CampaignEvidence, VendorEvidence
from schemas.list_kinds import KINDS
from schemas.rules import RuleChannel
from suppression.rules.classes import Classes, classes_of
from suppression.rules.clocks import NO_DAY, Bools, Days, bools, days_of, since_epoch
from suppression.rules.consent import Consents, basis_classes, judge_consents
from suppression.rules.distinct import Scalar, distinct
from suppression.rules.places import (
    Bits,
    bits_of_area_codes,
    bits_of_regions,
    bits_of_states,
)

T = TypeVar("T")
_ROLE = "(?i-u)^(?:" + "|".join(map(re.escape, sorted(ROLE_LOCAL_PARTS))) + ")@"


@dataclass(frozen=True)
class Consulted:
    """A suppression list that the run looks leads up in. ``as_of`` is None where nobody said how old the copy is."""

    kind: str
    registry: str | None
    as_of: date | None
    authority: str


@dataclass(frozen=True)
class Export:
    """A suppression list that is to be given away. ``kind`` is the code of its matches."""

    kind: str
    registry: str | None
    purpose: str
    hashed: bool


@dataclass(frozen=True)
class Setting:
    """What is the same for every lead of a run."""

    as_of: date
    channels: tuple[Channel, ...]
    region: str | None
    entity: str | None
    campaign: CampaignEvidence
    vendor: VendorEvidence
    lists: tuple[Consulted, ...]
    export: Export | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names under which a person may have named us."""
        return tuple(name for name in (self.entity, *self.campaign.also_known_as) if name)

    def reached(self, spoken: Iterable[RuleChannel]) -> tuple[Channel, ...]:
        """Channels of the campaign that a rule speaks of. Undeclared dialling may be either."""
        calls: set[RuleChannel] = {"live", "automated"} if self.campaign.dialling is None else {self.campaign.dialling}
        return tuple(
            channel
            for channel in self.channels
            if (bool(calls & set(spoken)) if channel == "call" else channel in spoken)
        )


@dataclass(frozen=True)
class Place:
    """A contact point, looked at for one channel of the campaign."""

    channel: Channel
    point: str


class Facts:
    """The facts of one batch. ``frame`` has normalised leads whose ``row_id`` are consecutive.

    ``found`` are the findings of the lists; ``region`` is where the file's national numbers belong, which stands in
    for a lead of whom neither number nor address says the country.
    """

    def __init__(
        self,
        frame: pl.DataFrame,
        found: pl.DataFrame,
        setting: Setting,
        region: str | None,
        meaning: Callable[[str], int],
    ) -> None:
        self.frame, self.setting = frame, setting
        self.rows = len(frame)
        self.today = since_epoch(setting.as_of)
        self.region, self._meaning = region, meaning
        self._listed = found.filter(pl.col("code").is_in(list(KINDS))) if len(found) else found
        self._columns = {each.name: each for each in frame.iter_columns() if each.null_count() < self.rows}
        self._first = int(frame.item(0, "row_id")) if self.rows else 0
        self._memo: dict[object, object] = {}

    def once(self, key: object, make: Callable[[], T]) -> T:
        """Compute a fact the first time it is asked for."""
        if key not in self._memo:
            self._memo[key] = make()
        return self._memo[key]  # type: ignore[return-value]  # a key always holds what its maker makes

    def all(self, answer: bool) -> Bools:
        """The same answer for every row."""
        return self.once(("all", answer), lambda: np.full(self.rows, answer))

    def column(self, name: str) -> pl.Series | None:
        """A column of the batch; None when the drop has none, or nothing in it."""
        return self._columns.get(name)

    def held(self, name: str) -> Bools:
        """Whether each row has a value."""
        series = self.column(name)
        if series is None or not series.null_count():
            return self.all(series is not None)
        return self.once(("held", name), lambda: series.is_not_null().to_numpy())

    def days(self, name: str) -> Days:
        """Days of a date column; `NO_DAY` where there is none."""
        series = self.column(name)
        if series is None:
            return self.once("no days", lambda: np.full(self.rows, NO_DAY, dtype=np.int32))
        return self.once(("days", name), lambda: days_of(series))

    def points(self, channel: Channel) -> list[str]:
        """Contact points of a channel that the batch has."""
        return self.once(("points", channel), lambda: self._points(channel))

    def _points(self, channel: Channel) -> list[str]:
        return [point for point in CHANNEL_POINTS[channel] if point == POST_POINT or self.column(point) is not None]

    def present(self, point: str) -> Bools:
        """Leads that have the contact point."""
        lead = self.once("leads", lambda: self.frame.get_column("is_lead").to_numpy())
        if point == POST_POINT:
            return lead & self.held("address_1") & (self.held("city") | self.held("postal_code"))
        return self.once(("present", point), lambda: lead & self.held(point))

    @property
    def leads(self) -> Bools:
        """Rows that are leads at all."""
        return self.once("leads", lambda: self.frame.get_column("is_lead").to_numpy())

    # Where.

    def address_region(self) -> pl.Series | None:
        """Country of each row's address."""
        countries = self.column("country")
        if countries is None:
            return None
        return self.once("address", lambda: read_countries(countries).get_column("region"))

    def by_address(self, answer: Callable[[str], object], dtype: type[Scalar], default: object) -> npt.NDArray[Scalar]:
        """What the country of each row's address answers; ``default`` where there is none."""
        regions = self.address_region()
        if regions is None:
            return np.full(self.rows, default, dtype=dtype)
        words, place = self.once("address parts", lambda: distinct(regions))
        return np.array([*(answer(word) for word in words), default], dtype=dtype)[place]

    def _of_number(self, point: str) -> Bits:
        return self.once(
            ("number", point), lambda: bits_of_regions(self.frame.get_column(f"{point}:region"), self._meaning)
        )

    def _of_numbers(self) -> Bits:
        bits = np.zeros(self.rows, dtype=np.uint64)
        for point in PHONE_SLOTS:
            if self.column(point) is not None:
                bits |= self._of_number(point)
        return bits

    def territory(self, point: str | None) -> Bits:
        """Territories of a phone: its number's and the address's. Of another point: the address's and any number's."""

        def make() -> Bits:
            address = self.once("address bits", lambda: self.by_address(self._meaning, np.uint64, 0))
            own = self._of_number(point) if point in PHONE_SLOTS else self.once("number bits", self._of_numbers)
            bits = address | own
            if self.region is not None:
                bits = np.where(bits == 0, np.uint64(self._meaning(self.region)), bits)
            return bits

        return self.once(("territory", point if point in PHONE_SLOTS else None), make)

    def states(self, point: str | None) -> Bits:
        """States of the United States that the address or the number's area code names."""

        def of_number(slot: str) -> Bits:
            return self.once(
                ("area", slot),
                lambda: bits_of_area_codes(self.frame.get_column(slot), self.frame.get_column(f"{slot}:region")),
            )

        def make() -> Bits:
            bits = self.once("named states", self._named_states)
            for slot in (point,) if point in PHONE_SLOTS else PHONE_SLOTS:
                if slot is not None and self.column(slot) is not None:
                    bits = bits | of_number(slot)
            return bits

        return self.once(("states", point if point in PHONE_SLOTS else None), make)

    def _named_states(self) -> Bits:
        """States that the address names, unless it is abroad."""
        named = self.column("state")
        if named is None:
            return np.zeros(self.rows, dtype=np.uint64)
        return np.where(self.by_address("US".__ne__, np.bool_, False), np.uint64(0), bits_of_states(named))

    # Who.

    def business(self) -> Bools:
        """Declared business, by the row or for the whole list, else company and a role address; else a consumer."""

        def make() -> Bools:
            declared = self.column("is_business")
            by_signs = self._signs_of_business()
            if declared is None:
                return by_signs
            said = declared.fill_null(False).to_numpy()
            return bools(said | (by_signs & declared.is_null().to_numpy()))

        return self.once("business", make)

    def _signs_of_business(self) -> Bools:
        if self.setting.vendor.businesses_only:
            return self.all(True)
        return self.held("company") & self._any_role() if self.column("company") is not None else self.all(False)

    def _any_role(self) -> Bools:
        roles = [self.role(slot) for slot in EMAIL_SLOTS if self.column(slot) is not None]
        return np.logical_or.reduce(roles) if roles else self.all(False)

    def role(self, point: str) -> Bools:
        """Whether an email address belongs to a role (info@, sales@)."""
        series = self.column(point)
        if series is None or point not in EMAIL_SLOTS:
            return self.all(False)
        return self.once(("role", point), lambda: series.str.contains(_ROLE).fill_null(False).to_numpy())

    def line_type(self, point: str, wanted: list[str]) -> Bools:
        """Whether a number is of one of these types, as the numbering plan says."""
        if point not in PHONE_SLOTS or f"{point}:type" not in self.frame.columns:
            return self.all(False)
        return self.once(
            ("type", point, *wanted),
            lambda: self.frame.get_column(f"{point}:type").is_in(wanted).fill_null(False).to_numpy(),
        )

    def classes(self, point: str | None) -> Classes:
        """Classes of the leads, as seen from a phone or from another point."""
        seen = point if point in PHONE_SLOTS else None
        return self.once(
            ("classes", seen), lambda: classes_of(self.territory(seen), self.states(seen), self.business())
        )

    # What is known for and against.

    def listed(self, point: str, kinds: tuple[str, ...]) -> Bools:
        """Whether a list of one of these kinds holds the point."""
        matches = self.once("matches", self._matches)

        def make() -> Bools:
            hits = np.zeros(self.rows, dtype=bool)
            for kind in kinds:
                if (rows := matches.get((kind, point))) is not None:
                    hits[rows] = True
            return hits

        return self.once(("listed", point, kinds), make)

    def _matches(self) -> dict[tuple[object, ...], npt.NDArray[np.int64]]:
        """Rows that each kind of list holds, by kind and point."""
        parts = self._listed.select("code", "point", "row_id").partition_by(["code", "point"], as_dict=True)
        return {key: part.get_column("row_id").to_numpy().astype(np.int64) - self._first for key, part in parts.items()}

    def basis(self, wanted: list[str]) -> Bools:
        """Whether the legal basis given is of one of these classes."""
        classes = self.once("basis", lambda: basis_classes(self.column, self.rows))
        return self.once(("basis", *wanted), lambda: np.isin(classes, wanted))

    def consents(self) -> Consents:
        """What each row's consent lacks."""
        setting = self.setting
        return self.once(
            "consents",
            lambda: judge_consents(
                self.column, self.days, self.rows, self.today, setting.names, setting.campaign, setting.vendor
            ),
        )

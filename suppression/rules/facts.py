"""Facts about a batch of leads: computed once, when a rule first asks, as numbers and Booleans for each row."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.coded_findings import CodedFindings
from schemas.columns import CHANNEL_POINTS, EMAIL_SLOTS, INSTANTS, PHONE_SLOTS, POINTS, POST_POINT
from schemas.config import Channel
from schemas.contact.quality import ROLE_LOCAL_PARTS
from schemas.frame_columns import TYPE, ZONED
from schemas.list_kinds import KINDS
from suppression.rules.batch import Batch
from suppression.rules.consent import ConsentReader, Consents
from suppression.rules.consent_words import UNREAD as UNREAD_BASIS
from suppression.rules.encode import Bits, Classes, classes_of
from suppression.rules.lead_locations import UNREAD_PLACES, LeadLocations
from suppression.rules.local_days import local_days
from suppression.rules.setting import Setting
from suppression.rules.time_windows import NO_DAY, Bools, Days, bools, since_epoch

_ROLE = "(?i-u)^(?:" + "|".join(map(re.escape, sorted(ROLE_LOCAL_PARTS))) + ")@"
_NO_STATES = np.uint64(0)


class Facts(Batch):
    """The facts of one batch. ``frame`` has normalised leads whose ``row_id`` are consecutive.

    ``found``: what was found of them, of which the matches of lists count. ``region`` is where the file's national
    numbers belong, which stands in for a lead of whom neither number nor address says the country. ``always_states``
    bind wherever a lead is.
    """

    def __init__(
        self,
        frame: pl.DataFrame,
        found: CodedFindings,
        setting: Setting,
        region: str | None,
        meaning: Callable[[str], int],
        always_states: np.uint64 = _NO_STATES,
    ) -> None:
        super().__init__(frame)
        self.setting, self.region, self.always_states = setting, region, always_states
        self.today = since_epoch(setting.as_of)
        self.locations = LeadLocations(self, region, meaning)
        self._found = found
        #: The first ``row_id``.
        self.first = int(frame.item(0, "row_id")) if self.rows else 0

    def held(self, name: str) -> Bools:
        """Whether each row has a value; of a date, one that is not still to come."""
        if name in INSTANTS:
            return self.once(("held", name), lambda: self.past(name))
        series = self.column(name)
        if series is None or not series.null_count():
            return self.all(series is not None)
        return self.once(("held", name), lambda: series.is_not_null().to_numpy())

    def days(self, name: str) -> Days:
        """Days of a date column where the lead is, the earliest that may be; `NO_DAY` where there is none."""
        return self._local_days(name)[0]

    def latest_days(self, name: str) -> Days:
        """The same, the latest day that may be."""
        return self._local_days(name)[1]

    def _local_days(self, name: str) -> tuple[Days, Days]:
        instants, zoned, days = self.column(name), self.column(ZONED.of(name)), super().days(name)
        if instants is None or zoned is None:
            return days, days
        return self.once(("local days", name), lambda: local_days(self, instants, days, zoned))

    def past(self, name: str) -> Bools:
        """Whether a date is known and not still to come: what is dated after the day of the run shows nothing yet."""
        day = self.latest_days(name)
        return bools((day != NO_DAY) & (day <= self.today))

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

    def territory(self, point: str | None) -> Bits:
        """Territories of a phone: its number's and the address's. Of another point: the address's and any number's."""
        return self.locations.territory(point)

    def states(self, point: str | None) -> Bits:
        """States of the United States that the address or the number's area code names."""
        return self.locations.states(point)

    def unread(self, name: str) -> Bools:
        """Whether each row has something in a field that could not be read."""
        if name in UNREAD_PLACES:
            return self.locations.unread(name)
        if name == "consent_basis":
            return self.once(("unread", name), lambda: self.consents().basis.among((UNREAD_BASIS,)))
        return self.unread_cells(name)

    # Who.

    def business(self) -> Bools:
        """Declared a business, by the row or for the whole list; else a consumer. Nothing is inferred."""

        def make() -> Bools:
            whole = bool(self.setting.vendor.businesses_only)
            declared = self.column("is_business")
            said = self.all(whole) if declared is None else declared.fill_null(whole).to_numpy()
            return bools(said & ~self.unread("is_business"))

        return self.once("business", make)

    def role(self, point: str) -> Bools:
        """Whether an email address belongs to a role (info@, sales@)."""
        series = self.column(point)
        if series is None or point not in EMAIL_SLOTS:
            return self.all(False)
        return self.once(("role", point), lambda: series.str.contains(_ROLE).fill_null(False).to_numpy())

    def line_type(self, point: str, wanted: list[str]) -> Bools:
        """Whether a number is of one of these types, as the numbering plan says."""
        if point not in PHONE_SLOTS or TYPE.of(point) not in self.frame.columns:
            return self.all(False)
        return self.coded(TYPE.of(point)).among(wanted)

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

    def _matches(self) -> dict[tuple[str, str | None], npt.NDArray[np.int64]]:
        """Rows that each kind of list holds, by kind and point."""
        codes, of_said = self._found.codes
        listed = np.array([code in KINDS for code in codes], dtype=np.bool_)[of_said]
        mine = np.flatnonzero(np.take(listed, self._found.which))
        said, rows = self._found.which[mine], self._found.places(self.first)[mine]
        # Of each kind and point one number.
        numbers = np.take(of_said * (len(POINTS) + 1) + self._found.points, said)
        found: dict[tuple[str, str | None], npt.NDArray[np.int64]] = {}
        for number in np.unique(numbers).tolist():
            code, point = divmod(number, len(POINTS) + 1)
            found[codes[code], None if point == len(POINTS) else POINTS[point]] = rows[numbers == number]
        return found

    def basis(self, wanted: list[str]) -> Bools:
        """Whether the legal basis given is of one of these classes."""
        return self.once(("basis", *wanted), lambda: self.consents().basis.among(wanted))

    def withdrawn(self) -> Bools:
        """Whether consent was withdrawn or contact objected to; one that is there and cannot be read was."""
        return self.once("withdrawn", self._withdrawn)

    def _withdrawn(self) -> Bools:
        at = self.days("withdrawn_at") != NO_DAY
        return bools(at | self.unread("withdrawn_at") | self.consents().basis.among(("refused",)))

    def consents(self) -> Consents:
        """What each row's consent lacks."""
        setting = self.setting
        return self.once(
            "consents",
            lambda: ConsentReader(
                self.column,
                self.days,
                self.latest_days,
                self.rows,
                self.today,
                setting.names,
                setting.campaign,
                setting.vendor,
            ).judged(self.unread("withdrawn_at")),
        )

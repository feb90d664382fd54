"""What is the same for every lead of a run: who we are, when and how we contact, what was declared, which lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from schemas.config import Channel
from schemas.evidence import CampaignEvidence, VendorEvidence
from schemas.rules import RuleChannel


@dataclass(frozen=True)
class Consulted:
    """A suppression list that the run looks leads up in. ``as_of`` is None where nobody said how old the copy is.

    ``state``: the state of the United States whose list it is.
    """

    kind: str
    registry: str | None
    as_of: date | None
    authority: str
    state: str | None = None


@dataclass(frozen=True)
class Export:
    """A suppression list that is to be given away. ``kind`` is the code of its matches."""

    kind: str
    registry: str | None
    purpose: str
    hashed: bool


@dataclass(frozen=True)
class Setting:
    """What is the same for every lead of a run. ``contact`` are the first and the last day of contact, else `as_of`.

    ``columns``: the fields of a lead that the drop has; None where that is not known.
    """

    as_of: date
    channels: tuple[Channel, ...]
    region: str | None
    entity: str | None
    campaign: CampaignEvidence
    vendor: VendorEvidence
    lists: tuple[Consulted, ...]
    export: Export | None = None
    contact: tuple[date, date] | None = None
    columns: frozenset[str] | None = None

    @property
    def first_contact(self) -> date:
        """First day of contact: what must be over by then, and who must be old enough."""
        return self.contact[0] if self.contact else self.as_of

    @property
    def last_contact(self) -> date:
        """Last day of contact: how old evidence and lists may become."""
        return self.contact[1] if self.contact else self.as_of

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


class PointOnChannel(NamedTuple):
    """A contact point, looked at for one channel of the campaign."""

    channel: Channel
    point: str

"""The law as data: a rule pack, its rules, and the conditions under which each applies."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.codes import Disposition, ReasonCode
from schemas.support.names import did_you_mean
from schemas.words import Confidence

#: How a rule looks at a contact. A campaign's calls are ``live`` or ``automated`` (or both, when it does not say).
#: The last three are ways in which data leaves us: the result is passed on (``transfer``), rows go back to their vendor
#: (``return``), a suppression list is given away (``export``). A rule that names one is asked only when data does leave
#: that way; channels beside it narrow it to the points that they reach.
RuleChannel = Literal["live", "automated", "text", "email", "post", "transfer", "return", "export"]
CONTACT: tuple[RuleChannel, ...] = ("live", "automated", "text", "email", "post")
LEAVING: tuple[RuleChannel, ...] = ("transfer", "return", "export")
Audience = Literal["consumer", "business", "any"]
#: An exemption lifts other rules. It blocks nothing and is noted where it lifts a match of a list.
RuleEffect = Literal["block", "review", "flag", "exempt"]

EVERYWHERE = "*"
#: Days of the week as packs write them.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RULE_ID = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+")


def _rule_id(text: str) -> str:
    if _RULE_ID.fullmatch(text) is None:
        raise ValueError(f"'{text}' is not an id (lower case, dotted, as in us.tsr.national-dnc)")
    return text


RuleId = Annotated[str, AfterValidator(_rule_id)]


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, populate_by_name=True)


class Condition(BaseModel):
    """A named predicate with its parameters. Which predicates there are is the engine's register."""

    model_config = ConfigDict(defer_build=True, extra="allow", frozen=True, populate_by_name=True)

    predicate: str = Field(alias="is")

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything beside the predicate's name."""
        return dict(self.model_extra or {})


class Citation(_Model):
    """Where the rule is written."""

    authority: str
    section: str
    version: str | None = None

    def __str__(self) -> str:
        return f"{self.authority} {self.section}".strip() + (f" ({self.version})" if self.version else "")


class Statute(_Model):
    """What every fact of law says of itself: whom it binds, where and since when, and on whose authority."""

    id: RuleId
    title: str = Field(min_length=10, description="what a person is told; a sentence")
    channels: list[RuleChannel] = Field(default=list(CONTACT), min_length=1)
    audience: Audience = "any"
    regions: list[str] = Field(default=[], description="only these of the pack's regions")
    states: list[str] = Field(default=[], description="only these states of the United States")
    in_force_from: date | None = None
    in_force_to: date | None = Field(default=None, description="last day on which it applies")
    citation: Citation
    reviewed_on: date
    confidence: Confidence

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.in_force_from and self.in_force_to and self.in_force_to < self.in_force_from:
            raise ValueError(f"{self.id}: in_force_to is before in_force_from")
        return self

    @property
    def leaving(self) -> frozenset[RuleChannel]:
        """Ways of leaving that it is about; none for what is about contact."""
        return frozenset(self.channels) & frozenset(LEAVING)

    @property
    def reach(self) -> frozenset[RuleChannel]:
        """Kinds of contact whose points it speaks of: those named beside a way of leaving, else all."""
        return frozenset(self.channels) & frozenset(CONTACT) or frozenset(CONTACT)

    def in_force(self, day: date) -> bool:
        """Whether it applies on this day; both ends are included."""
        return (self.in_force_from or day) <= day <= (self.in_force_to or day)

    def speaks_less_than(self, old: Statute) -> bool:
        """Whether it binds on fewer channels, fewer people, in fewer places or for a shorter time."""
        return (
            not old.reach <= self.reach
            or (bool(self.leaving) and not (old.leaving and old.leaving <= self.leaving))
            or (self.audience not in {"any", old.audience})
            or (bool(self.states) and (not old.states or not set(old.states) <= set(self.states)))
            or (bool(self.regions) and (not old.regions or not set(old.regions) <= set(self.regions)))
            or (self.in_force_from is not None and (not old.in_force_from or self.in_force_from > old.in_force_from))
            or (self.in_force_to is not None and (not old.in_force_to or self.in_force_to < old.in_force_to))
        )


class Rule(Statute):
    """One rule. It hits a contact point when all of ``when`` hold and no exemption that names it does."""

    effect: RuleEffect
    level: Literal["lead", "list"] = Field(default="lead", description="list: judged once, from vendor and campaign")
    when: list[Condition] = Field(min_length=1)
    lifts: list[RuleId] = Field(default=[], description="rules that an exemption takes away")
    remedy: str = Field(default="", description="what to do, or which evidence releases a review")
    vendor_phrase: str | None = Field(default=None, description="what a vendor may be told; null: nothing")
    returnable: bool = Field(default=False, description="the vendor's fault: the row goes back")

    @model_validator(mode="after")
    def _consistent(self) -> Rule:
        if (self.effect == "exempt") != bool(self.lifts):
            raise ValueError(f"{self.id}: an exemption names what it lifts, and nothing else does")
        if self.effect != "exempt" and not self.remedy:
            raise ValueError(f"{self.id}: remedy is missing: say what to do, or what releases it")
        if "return" in self.leaving and self.effect != "flag":
            raise ValueError(f"{self.id}: a rule on returns only flags: the row's details stay here")
        if self.leaving & {"return", "export"} and self.level != "list":
            raise ValueError(f'{self.id}: a rule on returns or exports is about the whole list (level = "list")')
        return self

    @property
    def disposition(self) -> Disposition:
        """Where a row goes that this rule rejects."""
        if self.effect == "block":
            return "return" if self.returnable else "suppress"
        return "review" if self.effect == "review" else "none"

    @property
    def reason(self) -> ReasonCode:
        """The rule as a reason code."""
        effect = "flag" if self.effect == "exempt" else self.effect
        return ReasonCode(self.id, effect, self.disposition, self.title, self.remedy, self.vendor_phrase)


class Stretch(_Model):
    """Hours of some days of the week in which contact is allowed: at or after ``from``, and before ``to``."""

    days: str = Field(default="mon-sun", description="one day, as in sat, or several, as in mon-fri")
    opens: time = Field(alias="from")
    closes: time = Field(alias="to")

    @model_validator(mode="after")
    def _consistent(self) -> Stretch:
        first, _, last = self.days.partition("-")
        for name in (first, last or first):
            if name not in WEEKDAYS:
                raise ValueError(f"'{self.days}' are no days (as in sat or mon-fri). {did_you_mean(name, WEEKDAYS)}")
        if not self.weekdays:
            raise ValueError(f"'{self.days}': the last day comes before the first")
        if self.closes <= self.opens:
            raise ValueError("'to' is not after 'from'")
        return self

    @property
    def weekdays(self) -> range:
        """Its days of the week; Monday is 0."""
        first, _, last = self.days.partition("-")
        return range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)

    def __str__(self) -> str:
        days = "" if self.days == "mon-sun" else f"{self.days} "
        return f"{days}{self.opens:%H:%M}-{self.closes:%H:%M}"


#: A day of every year, as in 01-08.
MonthDay = Annotated[str, Field(pattern=r"^(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$")]


class Hours(Statute):
    """When people may be called or texted, in their own time, and how often. What is not in ``open`` is closed."""

    channels: list[RuleChannel] = Field(min_length=1)
    open: list[Stretch] = Field(default=[], description="empty where only attempts are counted")
    closed_on_holidays: bool = Field(default=False, description="not on public holidays of the place")
    closed_on: dict[str, list[MonthDay]] = Field(
        default={}, description="further days without contact (MM-DD), by state or country"
    )
    zone: str | None = Field(default=None, description="the zone of the hours, where it is not the person's own")
    max_attempts: int | None = Field(default=None, ge=1, le=255)
    attempt_days: int | None = Field(default=None, ge=1, le=366, description="days in which attempts are counted")

    @model_validator(mode="after")
    def _consistent(self) -> Hours:
        if wrong := sorted(set(self.channels) & {"email", "post"}):
            raise ValueError(f"{self.id}: hours are about live, automated and text, not {' or '.join(wrong)}")
        if (self.max_attempts is None) != (self.attempt_days is None):
            raise ValueError(f"{self.id}: max_attempts and attempt_days belong together")
        if not self.open and self.max_attempts is None:
            raise ValueError(f"{self.id}: neither hours (open) nor attempts are given")
        return self

    def allows_more_than(self, old: Hours) -> bool:
        """Whether contact may be allowed that ``old`` does not allow."""
        return (
            self.speaks_less_than(old)
            or (bool(old.open) and not all(any(_inside(mine, its) for its in old.open) for mine in self.open))
            or (bool(old.open) and not self.open)
            or (old.closed_on_holidays and not self.closed_on_holidays)
            or any(not set(days) <= set(self.closed_on.get(place, ())) for place, days in old.closed_on.items())
            or self.zone != old.zone
            or (old.max_attempts is not None and (self.max_attempts or 256) > old.max_attempts)
            or (old.attempt_days is not None and (self.attempt_days or 0) < old.attempt_days)
        )


def _inside(new: Stretch, old: Stretch) -> bool:
    return set(new.weekdays) <= set(old.weekdays) and old.opens <= new.opens and new.closes <= old.closes


class Permit(Statute):
    """A fact that nothing bars contact of this kind. It changes no verdict: without it the contact is for review."""

    channels: list[RuleChannel] = Field(min_length=1)


class Pack(_Model):
    """The rules of one jurisdiction."""

    name: str = Field(pattern=r"^[a-z][a-z-]*$")
    title: str
    version: str = Field(pattern=r"^\d{4}\.\d{1,2}\.\d+$")
    regions: list[str] = Field(min_length=1, description="ISO 3166-1 alpha-2, or * for everywhere")
    covers: list[str] | None = Field(default=None, description="regions for which no other pack is needed; all of them")
    brings: list[str] = Field(default=[], alias="with", description="packs that apply together with this one")
    notes: str = ""
    rules: list[Rule] = Field(min_length=1)
    hours: list[Hours] = []
    permits: list[Permit] = []

    @property
    def covered(self) -> frozenset[str]:
        """Regions for which this pack suffices."""
        return frozenset(self.regions if self.covers is None else self.covers)

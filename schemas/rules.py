"""The law as data: a rule pack, its rules, and the conditions under which each applies."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.codes import Disposition, ReasonCode

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
#: How sure the wording of a rule is: the official text was read, a secondary source was, or neither.
Confidence = Literal["primary", "secondary", "general"]

EVERYWHERE = "*"
_RULE_ID = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+")


def _rule_id(text: str) -> str:
    if _RULE_ID.fullmatch(text) is None:
        raise ValueError(f"'{text}' is not an id (lower case, dotted, as in us.tsr.national-dnc)")
    return text


RuleId = Annotated[str, AfterValidator(_rule_id)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Condition(BaseModel):
    """A named predicate with its parameters. Which predicates there are is the engine's register."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

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


class Rule(_Model):
    """One rule. It hits a contact point when all of ``when`` hold and no exemption that names it does."""

    id: RuleId
    title: str = Field(min_length=10, description="what a person is told; a sentence")
    effect: RuleEffect
    level: Literal["lead", "list"] = Field(default="lead", description="list: judged once, from vendor and campaign")
    channels: list[RuleChannel] = Field(default=list(CONTACT), min_length=1)
    audience: Audience = "any"
    regions: list[str] = Field(default=[], description="only these of the pack's regions")
    states: list[str] = Field(default=[], description="only these states of the United States")
    when: list[Condition] = Field(min_length=1)
    lifts: list[RuleId] = Field(default=[], description="rules that an exemption takes away")
    in_force_from: date | None = None
    in_force_to: date | None = Field(default=None, description="last day on which it applies")
    citation: Citation
    reviewed_on: date
    confidence: Confidence
    remedy: str = Field(default="", description="what to do, or which evidence releases a review")
    vendor_phrase: str | None = Field(default=None, description="what a vendor may be told; null: not accepted")
    returnable: bool = Field(default=False, description="the vendor's fault: the row goes back")

    @model_validator(mode="after")
    def _consistent(self) -> Rule:
        if (self.effect == "exempt") != bool(self.lifts):
            raise ValueError(f"{self.id}: an exemption names what it lifts, and nothing else does")
        if self.effect != "exempt" and not self.remedy:
            raise ValueError(f"{self.id}: remedy is missing: say what to do, or what releases it")
        if self.in_force_from and self.in_force_to and self.in_force_to < self.in_force_from:
            raise ValueError(f"{self.id}: in_force_to is before in_force_from")
        if "return" in self.leaving and self.effect != "flag":
            raise ValueError(f"{self.id}: a rule on returns only flags: the row's details stay here")
        if self.leaving & {"return", "export"} and self.level != "list":
            raise ValueError(f'{self.id}: a rule on returns or exports is about the whole list (level = "list")')
        return self

    @property
    def leaving(self) -> frozenset[RuleChannel]:
        """Ways of leaving that the rule is about; none for a rule on contact."""
        return frozenset(self.channels) & frozenset(LEAVING)

    @property
    def reach(self) -> frozenset[RuleChannel]:
        """Kinds of contact whose points the rule speaks of: those named beside a way of leaving, else all."""
        return frozenset(self.channels) & frozenset(CONTACT) or frozenset(CONTACT)

    def in_force(self, day: date) -> bool:
        """Whether the rule applies on this day; both ends are included."""
        return (self.in_force_from or day) <= day <= (self.in_force_to or day)

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

    @property
    def covered(self) -> frozenset[str]:
        """Regions for which this pack suffices."""
        return frozenset(self.regions if self.covers is None else self.covers)

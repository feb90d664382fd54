"""The workspace's TOML files: campaign and vendor."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.columns import CHANNEL_WORDS, CHANNELS
from schemas.contact.fictional import EXAMPLE_DOMAINS, FICTIONAL_NUMBERS
from schemas.contact.match_keys import folds_named
from schemas.contracts import Currency, ReturnTerms
from schemas.errors import ConfigError, UsageError
from schemas.evidence import CampaignEvidence, RulesChoice, VendorEvidence
from schemas.gate import Gate
from schemas.layout import Layout, Region, checked_by
from schemas.list_kinds import list_kind, registry_named
from schemas.recipes import parse_recipe
from schemas.support.names import did_you_mean
from schemas.support.tomls import Located, read_toml

#: Name of the file that makes a folder a workspace.
WORKSPACE_FILE = "leadscrub.toml"
Config = TypeVar("Config", bound=BaseModel)
Channel = Literal["call", "text", "email", "post"]
TypePolicy = Literal["allow", "flag", "block"]
PastPolicy = Literal["block", "flag", "off"]
#: How far a match of a list reaches: the point, the channels that reach such a point, or the person on every channel.
PersonScope = Literal["point", "channel", "everything"]
_REAL = (*FICTIONAL_NUMBERS, *EXAMPLE_DOMAINS)


def _reserved(names: list[str]) -> list[str]:
    wrong = [name for name in names if name not in _REAL]
    if wrong:
        raise ValueError("; ".join(f"'{name}' is not a reserved range. {did_you_mean(name, _REAL)}" for name in wrong))
    return names


def _names_differ(lists: list[ListEntry]) -> list[ListEntry]:
    for entry in lists:
        if sum(other.name == entry.name for other in lists) > 1:
            raise ValueError(f"two lists are called '{entry.name}'")
    return lists


def _folds(names: list[str]) -> list[str]:
    try:
        return sorted(folds_named(names))
    except UsageError as error:
        raise ValueError(str(error)) from error


def _unique(values: list[Channel]) -> list[Channel]:
    return list(dict.fromkeys(values))


ListKindName = Annotated[str, checked_by(lambda name: list_kind(name).kind)]
RecipeText = Annotated[str, checked_by(lambda spelled: parse_recipe(spelled).spelled)]
Folds = Annotated[list[str], AfterValidator(_folds)]


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class ListEntry(_Model):
    """A suppression list of a campaign, read for the run. ``file`` is relative to the campaign's folder.

    ``as_of``: day on which the copy was made; without it, a list of yours is as of the run, and the age of a copy of a
    public register is not known. ``registry``: which one it is a copy of. ``max_refused``: share of its entries that
    may be unreadable.
    """

    kind: ListKindName
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    file: Path
    format: str = "auto"
    column: str | None = None
    columns: dict[str, str | list[str]] = Field(default={}, description="role -> header: date, severity, code …")
    delimiter: str | None = None
    headerless: bool = False
    sheets: list[str] = []
    day_first: bool | None = None
    codes: list[str] = []
    min_severity: int | None = None
    statuses: dict[str, str] = Field(default={}, description="word -> listed, not listed or no data")
    hash: RecipeText | None = None
    fold: Folds = []
    as_of: date | None = None
    registry: Annotated[str, checked_by(registry_named)] | None = None
    state: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", description="whose list one of kind dnc.state is")
    max_refused: float | None = Field(default=None, ge=0, le=1)


class Dedupe(_Model):
    """By what leads are de-duplicated, and which of several copies is kept.

    ``email_folds``: what does not tell two addresses apart, see `fold_email`. With a ledger, ``history`` says what
    becomes of a point that the same vendor delivered before, ``cross_vendor`` of one that another vendor delivered
    first; ``history_days``: only what was received in the days before counts.
    """

    keys: list[Literal["phone", "email"]] | None = None
    policy: Literal["first", "newest_consent"] = "first"
    email_folds: list[Literal["plus", "dots", "aliases"]] = []
    history: PastPolicy = "block"
    cross_vendor: PastPolicy = "block"
    history_days: int | None = Field(default=None, ge=1)


class Calling(_Model):
    """On which day, or from ``day`` to ``until``, the leads are contacted; the day of the run when it is not given.

    The law of all these days holds: ages of evidence and lists are those of the last, people's ages and calling hours
    those of the first.
    """

    day: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Calling:
        if self.until is not None and (self.day is None or self.until < self.day):
            raise ValueError("'until' needs a 'day' that is not after it")
        return self

    def contact(self, as_of: date) -> tuple[date, date]:
        """First and last day of contact. Raises `ConfigError` when the first is before the day of the run."""
        if self.day is not None and self.day < as_of:
            raise ConfigError(
                [f"[calling] day {self.day} is before the day of the run ({as_of})"],
                "Give the day on which the leads are called, or leave it out when that is the day of the run.",
            )
        first = self.day or as_of
        return first, self.until or first


class PhoneTypes(_Model):
    """What becomes of each type of number, as libphonenumber names them. Premium-rate numbers have their own code."""

    fixed_line: TypePolicy = "allow"
    mobile: TypePolicy = "allow"
    fixed_line_or_mobile: TypePolicy = "allow"
    voip: TypePolicy = "allow"
    personal_number: TypePolicy = "flag"
    toll_free: TypePolicy = "flag"
    shared_cost: TypePolicy = "flag"
    uan: TypePolicy = "flag"
    unknown: TypePolicy = "allow"
    pager: TypePolicy = "block"
    voicemail: TypePolicy = "block"
    premium_rate: TypePolicy = "block"

    def with_policy(self, policy: TypePolicy) -> list[str]:
        """Types that this is the policy of."""
        return [name for name, chosen in self if chosen == policy]


class Campaign(_Model):
    """Who contacts, on which channels, against which lists.

    ``store_lists`` are names of lists of the store; with none named, every current one applies. ``lists`` are files
    that are read for each run. ``no_lists``: leads are screened against nothing, on purpose.
    ``no_region``: numbers without a country code, of rows without a country, are set aside for review.
    """

    name: str = "unnamed"
    entity: str | None = None
    san: str | None = None
    channels: Annotated[list[Channel], Field(min_length=1), AfterValidator(_unique)]
    region: Region | None = None
    max_reject_rate: float | None = Field(default=None, ge=0, le=1)
    treat_as_real: Annotated[list[str], AfterValidator(_reserved)] = []
    dedupe: Dedupe = Dedupe()
    phone_types: PhoneTypes = PhoneTypes()
    calling: Calling = Calling()
    gate: Gate | None = None
    person: dict[ListKindName, PersonScope] = {}
    rules: RulesChoice = RulesChoice()
    evidence: CampaignEvidence = CampaignEvidence()
    store_lists: list[str] = []
    lists: Annotated[list[ListEntry], AfterValidator(_names_differ)] = []
    no_lists: bool = False
    no_region: bool = False

    @model_validator(mode="after")
    def _said_once(self) -> Campaign:
        if self.no_lists and (self.lists or self.store_lists):
            raise ValueError("no_lists is true, and lists are named")
        if self.no_region and self.region:
            raise ValueError("no_region is true, and a region is named")
        return self

    @property
    def dedupe_keys(self) -> tuple[str, ...]:
        """Declared keys, else those that the channels reach: phone for call and text, email for email."""
        if self.dedupe.keys is not None:
            return tuple(self.dedupe.keys)
        keys = {"call": "phone", "text": "phone", "email": "email"}
        return tuple(dict.fromkeys(keys[channel] for channel in self.channels if channel in keys))


#: A vendor's and a list's name: it also names files.
VENDOR_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"


class Vendor(_Model):
    """Who sells. ``layout`` is a file relative to the vendor's folder, or the layout itself stands in [layout].

    `leadscrub nightly` takes the drops of vendors that name a ``campaign`` (of the workspace) from their ``inbox``: a
    folder relative to the workspace, or a URL; ``inbox/NAME`` when it is not given. ``nightly = false``: its drops are
    scrubbed by hand, and no night asks for a campaign.
    ``price`` is that of one lead, in ``currency``.
    """

    name: str = Field(pattern=VENDOR_NAME)
    inbox: str | None = Field(default=None, min_length=1)
    campaign: str | None = Field(default=None, pattern=VENDOR_NAME)
    nightly: bool = True
    region: Region | None = None
    layout: Layout | Path | None = None
    evidence: VendorEvidence = VendorEvidence()
    price: Decimal | None = Field(default=None, ge=0)
    currency: Currency | None = None
    returns: ReturnTerms | None = None
    gate: Gate | None = None


def _message(error: ValidationError, place: Located) -> list[str]:
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        inner = ("function-", "Layout", "lax-or", "[key]")
        at = [str(part) for part in fault["loc"] if not str(part).startswith(inner)]
        text = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            text = f"unknown key. {did_you_mean(at[-1], place.known_keys(at))}"
        faults.append(f"{place.where(at)}: {'.'.join(at) or 'the file'}: {text}")
    return faults


def load(path: Path, model: type[Config], faults: list[str], context: dict[str, Any] | None = None) -> Config | None:
    """Read one TOML file. Every fault is appended to ``faults``; the caller raises them all at once.

    ``context`` is for validators that must ask what a schema cannot know.
    """
    located = read_toml(path, model, faults)
    if located is None:
        return None
    try:
        return model.model_validate(located.values, context=context)
    except ValidationError as error:
        faults += _message(error, located)
        return None


def raise_faults(faults: list[str]) -> None:
    """Raise `ConfigError` when there are any."""
    if faults:
        raise ConfigError(faults, "Compare with the commented examples that 'leadscrub init' writes.")


def channel_named(name: str) -> Channel:
    """Check a channel from the command line. Raises `UsageError` when it is none."""
    for channel in CHANNELS:
        if channel == name:
            return channel  # type: ignore[return-value]  # CHANNELS are the literals of Channel
    raise UsageError(f"There is no channel '{name}'.", did_you_mean(name, CHANNELS, CHANNEL_WORDS))

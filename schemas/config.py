"""The workspace's TOML files: campaign, vendor and layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from schemas.columns import CHANNELS, EMAIL_SLOTS, PHONE_SLOTS, PLAIN_FIELDS
from schemas.contact.fictional import EXAMPLE_DOMAINS, FICTIONAL_NUMBERS
from schemas.contact.regions import checked_region
from schemas.errors import ConfigError, UsageError
from schemas.evidence import CampaignEvidence, RulesChoice, VendorEvidence
from schemas.list_kinds import list_kind
from schemas.names import did_you_mean
from schemas.recipes import parse_recipe
from schemas.tomls import Located, read_toml

Config = TypeVar("Config", bound=BaseModel)
Channel = Literal["call", "text", "email", "post"]
#: Fields that a layout can map a source column to.
MAPPABLE = (*PHONE_SLOTS, *EMAIL_SLOTS, "fax", *PLAIN_FIELDS)
_REAL = (*FICTIONAL_NUMBERS, *EXAMPLE_DOMAINS)


def _checked(check: Callable[[str], str]) -> AfterValidator:
    """Turn a check that raises `UsageError` into one that pydantic reports with the others."""

    def validate(value: str) -> str:
        try:
            return check(value)
        except UsageError as error:
            raise ValueError(str(error)) from error

    return AfterValidator(validate)


def _mappable(columns: dict[str, str]) -> dict[str, str]:
    wrong = [name for name in columns if name not in MAPPABLE]
    if wrong:
        raise ValueError(
            "; ".join(f"'{name}' is not a field of a lead. {did_you_mean(name, MAPPABLE)}" for name in wrong)
        )
    return columns


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


def _unique(values: list[Channel]) -> list[Channel]:
    return list(dict.fromkeys(values))


Region = Annotated[str, _checked(checked_region)]
ListKindName = Annotated[str, _checked(lambda name: list_kind(name).kind)]
RecipeText = Annotated[str, _checked(lambda spelled: parse_recipe(spelled).spelled)]
Columns = Annotated[dict[str, str], AfterValidator(_mappable)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ListEntry(_Model):
    """A suppression list of a campaign, read for the run. ``file`` is relative to the campaign's folder."""

    kind: ListKindName
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    file: Path
    column: str | None = None
    hash: RecipeText | None = None


class Dedupe(_Model):
    """By what leads are de-duplicated, and which of several copies is kept."""

    keys: list[Literal["phone", "email"]] | None = None
    policy: Literal["first", "newest_consent"] = "first"


class Campaign(_Model):
    """Who contacts, on which channels, against which lists."""

    name: str = "unnamed"
    entity: str | None = None
    san: str | None = None
    channels: Annotated[list[Channel], Field(min_length=1), AfterValidator(_unique)]
    region: Region | None = None
    max_reject_rate: float | None = Field(default=None, ge=0, le=1)
    treat_as_real: Annotated[list[str], AfterValidator(_reserved)] = []
    dedupe: Dedupe = Dedupe()
    rules: RulesChoice = RulesChoice()
    evidence: CampaignEvidence = CampaignEvidence()
    store_lists: list[str] = []
    lists: Annotated[list[ListEntry], AfterValidator(_names_differ)] = []

    @property
    def dedupe_keys(self) -> tuple[str, ...]:
        """Declared keys, else those that the channels reach: phone for call and text, email for email."""
        if self.dedupe.keys is not None:
            return tuple(self.dedupe.keys)
        keys = {"call": "phone", "text": "phone", "email": "email"}
        return tuple(dict.fromkeys(keys[channel] for channel in self.channels if channel in keys))


class Layout(_Model):
    """How to read a vendor's files, where detection would not do. What is given here always wins."""

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None
    region: Region | None = None
    columns: Columns = {}
    ignore: list[str] = []


#: A vendor's and a list's name: it also names files.
VENDOR_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"


class Vendor(_Model):
    """Who sells. ``layout`` is a file relative to the vendor's folder, or the layout itself stands in [layout]."""

    name: str = Field(pattern=VENDOR_NAME)
    region: Region | None = None
    layout: Layout | Path | None = None
    evidence: VendorEvidence = VendorEvidence()


def _message(error: ValidationError, place: Located) -> list[str]:
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        at = [str(part) for part in fault["loc"] if not str(part).startswith(("function-", "Layout", "lax-or"))]
        text = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            text = f"unknown key. {did_you_mean(at[-1], place.known_keys(at))}"
        faults.append(f"{place.where(at)}: {'.'.join(at) or 'the file'}: {text}")
    return faults


def load(path: Path, model: type[Config], faults: list[str]) -> Config | None:
    """Read one TOML file. Every fault is appended to ``faults``; the caller raises them all at once."""
    located = read_toml(path, model, faults)
    if located is None:
        return None
    try:
        return model.model_validate(located.values)
    except ValidationError as error:
        faults += _message(error, located)
        return None


def raise_faults(faults: list[str]) -> None:
    """Raise `ConfigError` when there are any."""
    if faults:
        raise ConfigError(faults, "Compare with the commented examples that 'leadscrub init' writes.")


def channel_named(name: str) -> Channel:
    """Check a channel from the command line."""
    for channel in CHANNELS:
        if channel == name:
            return channel  # type: ignore[return-value]  # CHANNELS are the literals of Channel
    raise UsageError(f"There is no channel '{name}'.", did_you_mean(name, CHANNELS))

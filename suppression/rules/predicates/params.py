"""Parameters of the predicates, as packs give them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.columns import INSTANTS, PLAIN_FIELDS
from schemas.evidence import CampaignEvidence, VendorEvidence
from schemas.list_kinds import KINDS
from schemas.support.names import did_you_mean
from suppression.rules.consent import LACKS, OF_CHANNEL
from suppression.rules.time_windows import Window
from suppression.rules.us_states import is_state

Value = bool | str


def _one_of(known: tuple[str, ...], what: str) -> AfterValidator:
    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"'{name}' is not {what}. {did_you_mean(name, known)}")
        return name

    return AfterValidator(check)


def _state(code: str) -> str:
    if not is_state(code):
        raise ValueError(f"'{code}' is not a state")
    return code


_CAMPAIGN_FIELDS, _VENDOR_FIELDS = tuple(CampaignEvidence.model_fields), tuple(VendorEvidence.model_fields)
_ASKABLE = tuple(name for name in LACKS if name not in {"given", *OF_CHANNEL.values(), "standing", "age"})
DayField = Annotated[str, _one_of((*INSTANTS, "birth_date"), "a date of a lead")]
LeadField = Annotated[str, _one_of(tuple(PLAIN_FIELDS), "a field of a lead")]
Kind = Annotated[str, _one_of(tuple(KINDS), "a kind of list")]


class _Parameters(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    @property
    def lapses(self) -> bool:
        """Whether an answer that rests on these can lapse with time: there is a window."""
        return getattr(self, "window", None) is not None or getattr(self, "within", None) is not None


class Nothing(_Parameters):
    """No parameters."""


class ListedIn(_Parameters):
    """Kinds of list; for a registry also its names, how old a copy may be, and whose country's it is.

    A list that names no registry counts as the one of the campaign's region.
    """

    kinds: list[Kind] = Field(min_length=1)
    registries: list[str] = []
    max_age_days: int | None = None
    same_month: bool = Field(default=False, description="of the calendar month of contact")
    country: str | None = None


class OptedOut(ListedIn):
    """Kinds of list, and whether a consent of a later day than the withdrawal ends it."""

    renewable: bool = False


class ConsentNeeds(_Parameters):
    """What a consent must have besides being given, covering the channel, and standing."""

    needs: list[Annotated[str, _one_of(_ASKABLE, "something that a consent can need")]] = []
    within: Window | None = None
    any_channel: bool = Field(default=False, description="the law asks for consent to the purpose, not to a channel")


class Lacking(_Parameters):
    """A defect of a consent that was claimed."""

    lacks: Annotated[str, _one_of(tuple(LACKS), "something that a consent can lack")]


class Since(_Parameters):
    """A date of the lead and the window that it opens."""

    field: DayField
    window: Window


class Told(_Parameters):
    """How long after the data was received a person may be told."""

    window: Window


class FromDay(_Parameters):
    """A date of the lead and the first day that counts."""

    field: DayField
    day: date


class Held(_Parameters):
    """Fields of the lead."""

    fields: list[LeadField] = Field(min_length=1)


class Ages(_Parameters):
    """An age in years, for each country of the address or one for all."""

    years: int | None = None
    by_country: dict[str, int] = {}


class Basis(_Parameters):
    """Classes of legal basis."""

    classes: list[Literal["consent", "explicit", "interests", "contract", "soft", "none"]] = Field(min_length=1)


class _Declared(_Parameters):
    """Values that count as yes, or all but some."""

    any_of: list[Value] = []
    none_of: list[Value] = []
    unknown: Literal["against", "for"] = "against"

    @model_validator(mode="after")
    def _one_way(self) -> _Declared:
        if bool(self.any_of) == bool(self.none_of):
            raise ValueError("give either any_of or none_of")
        return self

    def says(self, said: object, against: bool) -> bool:
        """Whether what was declared counts as yes."""
        if said is None:
            return against and self.unknown == "against"
        values = set(said) if isinstance(said, list) else {said}
        return bool(values & set(self.any_of)) if self.any_of else not values & set(self.none_of)


class OfCampaign(_Declared):
    """A field of the campaign's evidence."""

    field: Annotated[str, _one_of(_CAMPAIGN_FIELDS, "a field of a campaign's evidence")]


class OfVendor(_Declared):
    """A field of the vendor's evidence."""

    field: Annotated[str, _one_of(_VENDOR_FIELDS, "a field of a vendor's evidence")]


class Undeclared(_Parameters):
    """A field of the vendor's evidence."""

    field: Annotated[str, _one_of(_VENDOR_FIELDS, "a field of a vendor's evidence")]


class UndeclaredByCampaign(_Parameters):
    """A field of the campaign's evidence."""

    field: Annotated[str, _one_of(_CAMPAIGN_FIELDS, "a field of a campaign's evidence")]


class PassedOn(_Parameters):
    """What becomes of a result."""

    to: list[Literal["processor", "partner", "sale"]] = Field(min_length=1)


class SharingConsent(_Parameters):
    """Whether the consent must name the recipient."""

    named: bool = False


class Exported(_Parameters):
    """Kinds of list, purposes, registries (``none``: of no registry); what is not given may be any."""

    kinds: list[Kind] = []
    to: list[Literal["compliance", "processor", "sale"]] = []
    registries: list[str] = []
    hashed: bool | None = None


class Lately(_Parameters):
    """How long a withdrawal counts (for ever unless given), and whether a consent of a later day ends it."""

    within: Window | None = None
    renewable: bool = False


class Customer(_Parameters):
    """Greatest age of the sale; any unless given."""

    window: Window | None = None

    @property
    def lapses(self) -> bool:
        """A campaign may set a greatest age too."""
        return True


class Inactive(_Parameters):
    """Dates of signs of life and how long each counts."""

    fields: list[DayField] = Field(min_length=1)
    window: Window


class StateLists(_Parameters):
    """States of the United States that keep a list of their own."""

    kinds: list[Kind] = Field(min_length=1)
    states: list[Annotated[str, AfterValidator(_state)]] = Field(min_length=1)


class Token(_Parameters):
    """A kind of consent token."""

    kind: Literal["trustedform", "leadid"]


class Types(_Parameters):
    """Types of line, as numbering plans know them."""

    types: list[Literal["mobile", "fixed_line", "fixed_line_or_mobile", "voip"]] = Field(min_length=1)


class Countries(_Parameters):
    """Countries."""

    countries: list[str] = Field(min_length=1)

"""What is known beyond the rows: of the vendor and of the campaign. An undeclared field speaks against contact."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from schemas.contact.country_names import known_countries
from schemas.support.names import did_you_mean
from schemas.words import BasisClass, MethodClass, is_missing


def _country(text: str) -> str:
    code = text.strip().upper()
    if code not in known_countries():
        raise ValueError(f"'{text}' is not a country (ISO 3166-1 alpha-2). {did_you_mean(code, known_countries())}")
    return code


Country = Annotated[str, AfterValidator(_country)]
_STATE = re.compile(r"[A-Z]{2}")


def _state(text: str) -> str:
    code = text.strip().upper()
    if _STATE.fullmatch(code) is None:
        raise ValueError(f"'{text}' is not a state of the United States (two letters, as in TX)")
    return code


def _jurisdiction(text: str) -> str:
    country, _, state = text.strip().upper().partition("-")
    if state and country != "US":
        raise ValueError(f"'{text}': only states of the United States have rules of their own (as in US-TX)")
    return f"{_country(country)}-{_state(state)}" if state else _country(country)


def country_and_state(jurisdiction: str) -> tuple[str, str | None]:
    """Country and state of a jurisdiction, as in US-TX."""
    country, _, state = jurisdiction.partition("-")
    return country, state or None


#: Two letters of a state of the United States.
State = Annotated[str, AfterValidator(_state)]
#: A country, or a state of the United States as US-TX.
Jurisdiction = Annotated[str, AfterValidator(_jurisdiction)]
#: What a vendor's document says about passing the data on.
Promise = Literal["none", "bars_resale"]
SourceType = Literal[
    "own_site", "inbound", "own_customers", "purchased", "partner", "public_directory", "social_network", "referral",
    "event", "self_posted",
]  # fmt: skip
#: What becomes of a result: it stays with us, goes to somebody who works for us alone, to another company for purposes
#: of its own, or there for money or other value.
PassesOn = Literal["none", "processor", "partner", "sale"]
#: What covers a transfer out of the European Union: standard clauses, binding rules, a derogation, or (United States)
#: a recipient certified under the Data Privacy Framework.
Mechanism = Literal["scc", "bcr", "art49", "dpf"]
#: Kinds of goods for which some law has a rule of its own.
ProductClass = Literal[
    "claims_management", "pensions", "energy_saving", "renewable_energy", "accessible_housing", "energy_contract",
    "office_supplies", "mobile_subscription",
    "telecoms", "payroll_credit", "gambling", "books", "press_subscription", "insurance_brokering", "rescue_service",
]  # fmt: skip


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


def _says_something(text: str) -> str:
    if is_missing(text):
        raise ValueError(
            f"'{text}' says nothing. Give what is meant, or leave the key out: undeclared is not declared."
        )
    return text


#: An id, a name or a text that somebody gave. Blank and placeholders (``tbd``) would count as if something were there.
Said = Annotated[str, AfterValidator(_says_something)]


class ConsentWords(_Model):
    """[evidence.consent_words] of a campaign: words of its drops that the shipped vocabularies do not have."""

    basis: dict[Said, BasisClass] = {}
    method: dict[Said, MethodClass] = {}
    proof: list[Said] = []


class Attestation(_Model):
    """A person's word that releases one review of the whole list. It releases no block."""

    releases: str = Field(description="id of the rule")
    by: Said = Field(min_length=2)
    on: date
    says: Said = Field(min_length=10)


class PromisePlaces(_Model):
    """The six documents in which a seller may have promised not to share. Undeclared: not looked at yet."""

    site_disclaimer: Promise | None = None
    confidentiality_agreement: Promise | None = None
    nda: Promise | None = None
    privacy_policy: Promise | None = None
    non_compete: Promise | None = None
    customer_contract: Promise | None = None


class SixItemNotice(_Model):
    """Russia, 152-FZ Art 18(3): what a person must be told before data from somebody else is used."""

    operator: bool = False
    purpose_and_basis: bool = False
    list_of_data: bool = False
    intended_users: bool = False
    rights: bool = False
    source: bool = False


class VendorEvidence(_Model):
    """[evidence] of ``vendors/*.toml``: who sells, where it comes from, what people were told and promised."""

    country: Country | None = Field(default=None, description="country of the vendor")
    source_type: SourceType | None = Field(default=None, description="how the vendor came by the data")
    origin: Said | None = Field(default=None, description="the source by its name")
    businesses_only: bool | None = Field(
        default=None, description="every lead is a business, unless its row says that it is none"
    )
    custody: Literal["clean", "stolen", "ex_employee"] | None = Field(
        default=None, description="whether the data was lawfully the vendor's to pass on"
    )
    promises: PromisePlaces = Field(
        default=PromisePlaces(), description="what each of the seller's documents says about passing the data on"
    )
    notice_ru: SixItemNotice = Field(
        default=SixItemNotice(), description="parts of the notice that Russian law asks for"
    )
    partners_named: bool | None = Field(default=None, description="people were told by name to whom the data goes")
    purposes_told: bool | None = Field(default=None, description="the notice at collection names the present purpose")
    objection_offered: bool | None = Field(default=None, description="people could object to the passing on")
    consent_form: Literal["web_tick", "signed", "oral"] | None = Field(
        default=None, description="in what form consents were given"
    )
    consent_separate: bool | None = Field(default=None, description="each consent is a document of its own")
    consent_to_transfer: bool | None = Field(default=None, description="people agreed that the data is passed on")
    consent_to_distribution: bool | None = Field(default=None, description="people agreed that the data is made public")
    publication_required_by_law: bool | None = Field(default=None, description="a law requires that the data is public")
    policy_published: bool | None = Field(default=None, description="the privacy policy is published")
    data_protected: bool | None = Field(default=None, description="the data is protected as the law asks")
    processor_contract: bool | None = Field(
        default=None, description="there is a contract on processing with the vendor"
    )
    transfer_mechanism: Literal["none_needed", "adequacy", "scc", "bcr", "art49"] | None = Field(
        default=None, description="what covers the transfer to you out of the European Union"
    )
    special_category: bool | None = Field(default=None, description="the list's topic reveals health, faith, …")
    acquisition: Literal["asset_deal", "share_deal", "none"] | None = Field(
        default=None, description="the list came with the purchase of a company or of its assets"
    )
    disclosed_fields: list[str] | None = Field(
        default=None,
        description="fields of a lead that people were told of; phone and email for contact points",
    )
    nda_binds_us: bool | None = Field(
        default=None, description="an agreement of yours with the vendor forbids this use"
    )
    attestations: list[Attestation] = Field(default=[], description="a person's word that a rule does not apply")

    @property
    def promise_places(self) -> dict[str, Promise | None]:
        """Each place and what it says."""
        return self.promises.model_dump()


class CampaignEvidence(_Model):
    """[evidence] of a campaign: who we are, how we contact, and for what."""

    country: Country | None = Field(default=None, description="where we are")
    also_known_as: list[Said] = Field(default=[], description="other names under which people may have named us")
    sender_identified: bool | None = Field(default=None, description="each message or call says who it is from")
    optout_offered: bool | None = Field(default=None, description="each message offers a free way to object")
    purposes: list[Said] | None = Field(default=None, description="purposes of the contact, as consents name them")
    product_class: list[ProductClass] | None = Field(
        default=None, description="kind of goods that are offered; [] when it is none of these"
    )
    similar_products: bool | None = Field(default=None, description="our own goods, like those sold before")
    choice_at_collection: bool | None = Field(default=None, description="an opt-out was offered when data was taken")
    dealt_with_us: bool | None = Field(default=None, description="purchases and inquiries of the list were with us")
    current_contract: bool | None = Field(default=None, description="the call is about a contract that still runs")
    dialling: Literal["live", "automated"] | None = Field(
        default=None, description="whether a person dials, or a machine or recording"
    )
    texting: Literal["manual", "automated"] | None = Field(
        default=None, description="whether a person sends each text, or a program"
    )
    charity: bool | None = Field(default=None, description="the contact is on behalf of a charity")
    press: bool | None = Field(default=None, description="the contact is for a newspaper subscription or the press")
    political: bool | None = Field(default=None, description="the contact is political")
    survey: bool | None = Field(default=None, description="the contact is a survey and offers nothing")
    caller_authorised: bool | None = Field(default=None, description="authorised firm or trustee of a pension scheme")
    relevant_jobs: list[Said] = Field(default=[], description="words of job titles that the offer relates to")
    lia: Said | None = Field(default=None, description="id of the legitimate-interests assessment")
    customer_months: int | None = Field(
        default=None,
        ge=1,
        description="greatest age of the sale behind a soft opt-in",
    )
    consent_words: ConsentWords = Field(
        default=ConsentWords(),
        description="words of your forms that mean a basis, a method or a proof of consent, besides known ones",
    )
    wireless_removed: bool | None = Field(default=None, description="wireless numbers were found and taken out")
    emergency_states: list[State] | None = Field(
        default=None, description="states of the United States in which an emergency is declared; [] for none"
    )
    texas_registered: bool | None = Field(default=None, description="registered and secured under Texas Ch. 302")
    storage_country: Country | None = Field(default=None, description="where the result is stored")
    destination_country: Country | None = Field(default=None, description="where the result is sent")
    transfer_mechanism: Mechanism | None = Field(
        default=None, description="what covers a transfer out of the European Union"
    )
    passes_on: PassesOn | None = Field(default=None, description="what becomes of the result")
    recipient: Said | None = Field(default=None, description="who gets the result, by name")
    recipient_controlled_by: list[Country] | None = Field(
        default=None, description="countries from which the recipient is controlled; [] when from none but its own"
    )
    sensitive_data: bool | None = Field(default=None, description="the result holds what PADFA calls sensitive")
    processor_contract: bool | None = Field(default=None, description="there is one with the recipient")
    ccpa_terms: bool | None = Field(default=None, description="the contract with the recipient has California's terms")
    seller_sector: Literal["broadband", "other"] | None = Field(default=None, description="our own trade")
    lia_sharing: Said | None = Field(default=None, description="id of the assessment of interests in the passing on")
    safe_harbour: list[
        Literal["procedures", "training", "entity_list", "registry_process", "monitoring", "error_only"]
    ] = []  # fmt: skip

    @property
    def leaves(self) -> bool:
        """Whether the result is declared to go anywhere."""
        return self.passes_on not in {None, "none"} or self.destination_country is not None

    @property
    def goes_abroad(self) -> bool:
        """Whether the result goes to another country than ours."""
        return self.destination_country is not None and self.destination_country != self.country


def fact_of(name: str) -> FieldInfo:
    """The field that a name such as ``vendor origin`` or ``campaign lia`` means."""
    who, _, key = name.partition(" ")
    return (VendorEvidence if who == "vendor" else CampaignEvidence).model_fields[key]


class RulesChoice(_Model):
    """[rules] of a campaign: which packs apply, and places whose law applies to everyone."""

    packs: list[str] = []
    always: list[Jurisdiction] = Field(
        default=[], description="countries, or states as US-TX, whose rules apply to every lead: the seller's own"
    )

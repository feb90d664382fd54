"""Evidence that the command line declares for one run: it is added to the campaign's and the vendor's."""

from __future__ import annotations

from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from schemas.errors import UsageError
from schemas.evidence import CampaignEvidence, VendorEvidence
from schemas.support.names import did_you_mean

Evidence = TypeVar("Evidence", CampaignEvidence, VendorEvidence)
#: Before a key of the vendor's evidence, which the campaign's has too.
_OF_VENDOR = "vendor."


def with_evidence(
    texts: list[str], campaign: CampaignEvidence, vendor: VendorEvidence
) -> tuple[CampaignEvidence, VendorEvidence]:
    """Add ``KEY=VALUE`` texts, as typed. Commas part the values of a list; nothing behind ``=`` is an empty one.

    A key of both is the campaign's; ``vendor.KEY`` is the vendor's. Raises `UsageError` for what is no key or no value.
    """
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise UsageError(f"--evidence '{text}' is not of the form KEY=VALUE.", "As in --evidence dialling=live.")
        key = name.removeprefix(_OF_VENDOR)
        if key in CampaignEvidence.model_fields and key == name:
            campaign = _with(campaign, name, key, value)
        elif key in VendorEvidence.model_fields:
            vendor = _with(vendor, name, key, value)
        else:
            known = [*CampaignEvidence.model_fields, *VendorEvidence.model_fields]
            raise UsageError(f"There is no evidence '{name}'.", did_you_mean(key, known))
    return campaign, vendor


def _with(evidence: Evidence, name: str, key: str, value: str) -> Evidence:
    given: Any = value
    kind: Any = type(evidence).model_fields[key].annotation
    inner: list[Any] = [kind, *get_args(kind)]
    if any(isinstance(each, type) and issubclass(each, BaseModel) for each in (*inner, *map(_item, inner))):
        raise UsageError(f"--evidence cannot declare '{name}', which has parts.", "Declare it in the TOML file.")
    if any(get_origin(each) is list for each in inner):
        given = [word.strip() for word in value.split(",")] if value else []
    declared = evidence.model_dump(exclude_unset=True) | {key: given}
    try:
        return type(evidence).model_validate(declared)
    except ValidationError as error:
        what = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ").rstrip(". ")
        raise UsageError(f"--evidence {name}: '{value}' is no value of it: {what}.", "See docs/law.md.") from error


def _item(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is list else None

"""A vendor's contract: what may go back, by when, how much of it, in whose words and in what form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from schemas.codes import CODES, ReasonCode, may_go_back
from schemas.support.names import did_you_mean

#: Key of the validation context under which the rules of all packs can be asked for: `Rules`.
RULES = "rules"
Rules = Callable[[], Mapping[str, ReasonCode]]

_CODE = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*(\.\*)?")
_WINDOW = re.compile(r"([1-9][0-9]{0,3}) ?(h|d|bd)")


def _matching(code: str, reasons: Mapping[str, ReasonCode]) -> list[ReasonCode]:
    if code.endswith(".*"):
        return [reason for name, reason in reasons.items() if name.startswith(code[:-1])]
    return [reasons[code]] if code in reasons else []


def _accepted(code: str, info: ValidationInfo) -> str:
    """Check a code, or a prefix of codes. A prefix means those of its codes that the vendor may be told.

    Rules are asked for only where the register does not know the code, and where somebody can be asked.
    """
    if _CODE.fullmatch(code) is None:
        raise ValueError("not a reason code, or the beginning of some, as in 'phone.invalid' or 'phone.*'")
    found = _matching(code, CODES)
    rules: Rules | None = (info.context or {}).get(RULES)
    if not any(map(may_go_back, found)):
        if rules is None and (not found or code.endswith(".*")):
            return code
        if rules is not None:
            found += _matching(code, rules())
    if any(map(may_go_back, found)):
        return code
    if not found:
        known = {*CODES, *(rules() if rules else ())}
        raise ValueError(f"there is no such reason. {did_you_mean(code.removesuffix('.*'), known)}".strip())
    if all(reason.effect == "flag" for reason in found):
        raise ValueError("this only flags a row and rejects none")
    if all(reason.effect != "block" for reason in found):
        raise ValueError("a person may still release such a row, so it does not go back")
    raise ValueError("an internal reason: the vendor may not be told it, so such a row does not go back")


def _flat(given: Any) -> Any:
    """Take ``phone.invalid = "…"`` for what ``"phone.invalid" = "…"`` says."""
    if not isinstance(given, dict):
        return given
    flat: dict[str, Any] = {}
    for key, value in given.items():
        inner = _flat(value) if isinstance(value, dict) else {"": value}
        flat |= {f"{key}.{rest}" if rest else key: text for rest, text in inner.items()}
    return flat


def _phrase(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > 200:
        raise ValueError("one line of the vendor's own words, at most 200 characters")
    return text.strip()


def _window(text: str) -> str:
    if _WINDOW.fullmatch(text) is None:
        raise ValueError("not a window: write 72h, 14d (of 24 hours) or 10bd (business days)")
    return text


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone '{name}'. {did_you_mean(name, available_timezones())}".strip())
    return name


def _currency(code: str) -> str:
    if re.fullmatch("[A-Z]{3}", code) is None:
        raise ValueError("not a currency: write the three letters of ISO 4217, as in USD")
    return code


def _destination(text: str) -> str:
    if "://" not in text:
        if not text.strip():
            raise ValueError("names no folder")
        return text
    url = urlsplit(text)
    if url.scheme != "sftp":
        raise ValueError("returns go to a folder or to sftp://user@host/folder")
    if url.password is not None:
        raise ValueError("a password does not belong here: keys come from ~/.ssh and the agent")
    if not url.hostname or url.query or url.fragment:
        raise ValueError("write it as sftp://user@host/folder")
    return text


def _all_or_some(given: Any) -> Any:
    return None if given == "all" else given


#: Three letters of ISO 4217.
Currency = Annotated[str, AfterValidator(_currency)]


class ReturnTerms(BaseModel):
    """[returns] of a vendor.

    ``window`` counts from the receipt of the drop; business days are Monday to Friday without ``holidays`` in
    ``time_zone``, which also says when months and weeks begin. ``columns`` and ``key`` are columns of the vendor's
    own file; without ``columns`` all of them go back. ``key`` must be unique over all of the vendor's drops.
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    window: Annotated[str, AfterValidator(_window)]
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    holidays: list[date] = []
    reasons: Annotated[
        dict[Annotated[str, AfterValidator(_accepted)], Annotated[str, AfterValidator(_phrase)]],
        BeforeValidator(_flat),
        Field(min_length=1),
    ]
    cap_percent: Decimal | None = Field(default=None, gt=0, le=100)
    cap_per: Literal["month", "week", "drop"] = "month"
    cap_by: Literal["all", "state"] = "all"
    format: Literal["csv", "xlsx"] = "csv"
    columns: Annotated[list[str] | None, BeforeValidator(_all_or_some)] = None
    key: str | None = Field(default=None, min_length=1)
    key_column: str | None = Field(default=None, min_length=1)
    reason_column: str = Field(default="reason", min_length=1)
    deliver_to: Annotated[str | None, AfterValidator(lambda text: text and _destination(text))] = None

    @field_validator("holidays")
    @classmethod
    def _of_business_days(cls, days: list[date], info: ValidationInfo) -> list[date]:
        if not info.data.get("window", "bd").endswith("bd"):
            raise ValueError("only a window in business days (as in 10bd) has holidays")
        return days

    @field_validator("cap_per", "cap_by")
    @classmethod
    def _of_a_cap(cls, given: str, info: ValidationInfo) -> str:
        if info.data.get("cap_percent", 1) is None:
            raise ValueError("says nothing without cap_percent")
        return given

    @field_validator("columns")
    @classmethod
    def _each_once(cls, columns: list[str] | None) -> list[str] | None:
        twice = [name for place, name in enumerate(columns or []) if name in (columns or [])[:place]]
        if twice:
            raise ValueError(f"names '{twice[0]}' twice")
        return columns

    @field_validator("key_column")
    @classmethod
    def _of_a_key(cls, name: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("key", "") is None:
            raise ValueError("says nothing without key")
        return name

    @field_validator("reason_column")
    @classmethod
    def _apart(cls, name: str, info: ValidationInfo) -> str:
        if name in (info.data.get("key_column") or info.data.get("key"), *(info.data.get("columns") or ())):
            raise ValueError(f"'{name}' is the name of another column of the file")
        return name

    @property
    def zone(self) -> ZoneInfo:
        """Where days, weeks and months begin."""
        return ZoneInfo(self.time_zone)

    @property
    def window_length(self) -> tuple[int, str]:
        """The window as a number of ``h``, ``d`` or ``bd``."""
        match = _WINDOW.fullmatch(self.window)
        assert match is not None  # noqa: S101  # it was checked
        return int(match[1]), match[2]

    def phrase_for(self, code: str) -> str | None:
        """The vendor's words for a reason code: its own, else those of the longest prefix; None: not accepted."""
        if code in self.reasons:
            return self.reasons[code]
        prefixes = [key for key in self.reasons if key.endswith(".*") and code.startswith(key[:-1])]
        return self.reasons[max(prefixes, key=len)] if prefixes else None

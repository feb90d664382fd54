"""[gate] of a campaign or a vendor: outside which figures a drop is held until a person has looked at it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.codes import CODES
from schemas.support.names import did_you_mean

_CODE = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*(\.\*)?")


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class Band(_Model):
    """Where a figure may be: between two limits, or near what the vendor's last drops for the same campaign had."""

    min: float | None = Field(default=None, ge=0, description="least that is usual")
    max: float | None = Field(default=None, ge=0, description="most that is usual")
    drops: int | None = Field(default=None, ge=1, description="so many of the vendor's last drops are compared with")
    off: float | None = Field(
        default=None,
        gt=0,
        description="how far from their median is usual, as a share of all rows; for records as a share of the median",
    )
    least: int = Field(default=3, ge=1, description="with fewer known drops nothing is compared, and a note says so")

    @model_validator(mode="after")
    def _says_something(self) -> Band:
        if (self.drops is None) != (self.off is None):
            raise ValueError("drops and off belong together")
        if self.min is None and self.max is None and self.drops is None:
            raise ValueError("give min, max, or drops with off")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is more than max")
        if self.drops is not None and self.drops < self.least:
            raise ValueError("drops are fewer than least, so they never say anything")
        return self


def _share(band: Band) -> Band:
    for name, bound in (("min", band.min), ("max", band.max), ("off", band.off)):
        if bound is not None and bound > 1:
            raise ValueError(f"{name} is a share, from 0 to 1")
    return band


def _code(code: str) -> str:
    if _CODE.fullmatch(code) is None:
        raise ValueError("not a reason code, or the beginning of some, as in 'phone.invalid' or 'phone.*'")
    known = [reason for name, reason in CODES.items() if covers(code, name)]
    ours = {name.partition(".")[0] for name in CODES}
    if not known and code.partition(".")[0] in ours:
        raise ValueError(f"there is no such reason. {did_you_mean(code.removesuffix('.*'), CODES)}".strip())
    if known and all(reason.effect == "flag" for reason in known):
        raise ValueError("this only flags a row and rejects none")
    return code


def covers(pattern: str, code: str) -> bool:
    """Whether a code is the one named, or one of those that begin as ``phone.*`` says."""
    return code.startswith(pattern[:-1]) if pattern.endswith(".*") else code == pattern


ShareBand = Annotated[Band, AfterValidator(_share)]


class Gate(_Model):
    """[gate]: bands of figures; a drop outside one of them is held."""

    records: Band | None = Field(default=None, description="rows of the drop")
    clean_rate: ShareBand | None = Field(default=None, description="share of the rows that is clean")
    reasons: dict[Annotated[str, AfterValidator(_code)], ShareBand] = Field(
        default={}, description='reason, or the beginning of some ("dnc.*") -> share of rows with it as primary reason'
    )

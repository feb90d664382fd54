"""An export layout: the columns that a file for a dialler, a mailer or an advertising platform has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.columns import CALL_COLUMNS, CHANNEL_POINTS, COMMON_COLUMNS, EMAIL_SLOTS, PHONE_SLOTS
from schemas.evidence import PassesOn
from schemas.layout import checked_by
from schemas.recipes import parse_recipe
from schemas.support.names import did_you_mean

#: Layouts of well-known systems, which come with the program.
EXPORT_LAYOUTS = Path(__file__).with_name("exports")
#: The usable points of a row in order, whichever slots they are in: ``phones.1`` is the first that may be used.
POINT_FIELDS: dict[str, tuple[str, ...]] = {
    "phones": tuple(f"phones.{number}" for number in range(1, len(PHONE_SLOTS) + 1)),
    "emails": tuple(f"emails.{number}" for number in range(1, len(EMAIL_SLOTS) + 1)),
}
#: Contact columns themselves are none of these: a slot may be empty while the next one is usable.
EXPORT_FIELDS = (
    *POINT_FIELDS["phones"],
    *POINT_FIELDS["emails"],
    *(name for name in COMMON_COLUMNS if name not in {*PHONE_SLOTS, *EMAIL_SLOTS}),
)
#: How a value is written.
Form = Literal["digits", "national", "ten_digits", "calling_code", "country", "state", "zip5", "words", "letters"]
#: Ways of leaving from the least to the most that a campaign can declare with ``passes_on``.
WAYS_OUT: tuple[PassesOn, ...] = get_args(PassesOn)

_Channel = Literal["call", "text", "email", "post"]


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


def _field(name: str) -> str:
    if name not in EXPORT_FIELDS:
        hint = did_you_mean(name, EXPORT_FIELDS)
        if name in {*PHONE_SLOTS, *EMAIL_SLOTS}:
            hint = f"Write {'phones' if name in PHONE_SLOTS else 'emails'}.1 for the first that may be used."
        raise ValueError(f"'{name}' is not a field of a lead. {hint}".strip())
    return name


class ExportColumn(_Model):
    """A column of the file: its header, and one of three contents."""

    name: str = Field(min_length=1, description="header")
    field: Annotated[str, AfterValidator(_field)] | None = Field(
        default=None, description="field of a lead, or the first, second … point that may be used (phones.1, emails.1)"
    )
    column: str | None = Field(
        default=None, min_length=1, description="column of the vendor's own, as exports without a layout have it"
    )
    text: str | None = Field(default=None, description="the same in every row")
    form: Form | None = Field(
        default=None,
        description="how it is written: national is without calling code, ten_digits that for +1 and E.164 for others, "
        "country two letters of ISO 3166-1, state two letters of the United States or as written, zip5 five digits of "
        "a ZIP code or without blanks, words without punctuation, letters nor blanks",
    )
    beside: Annotated[str, AfterValidator(_field)] | None = Field(
        default=None, description="phone whose calling code this one must share, else the cell is empty"
    )
    hash: Annotated[str, checked_by(lambda spelled: parse_recipe(spelled).spelled)] | None = Field(
        default=None, description="recipe of a hash that is given instead, as trim+lower+sha256"
    )
    otherwise: str | None = Field(default=None, description="what an empty cell has")

    @model_validator(mode="after")
    def _one_content(self) -> ExportColumn:
        if sum(each is not None for each in (self.field, self.column, self.text)) != 1:
            raise ValueError("name one of field, column and text")
        return self


class ExportLayout(_Model):
    """A file for another system."""

    title: str = Field(min_length=1, description="what it is for")
    source: str | None = Field(default=None, description="where the columns are documented")
    passes_on: PassesOn = Field(
        default="none", description="what handing the file over is, as passes_on of a campaign calls it"
    )
    rows: Literal["lead", "phone", "email"] = Field(
        default="lead", description="a row for each lead, or for each phone or email that may be used"
    )
    channels: list[_Channel] = Field(
        default=[], description="channels that the system uses: rows that are open on none of them are left out"
    )
    needs: list[Annotated[str, AfterValidator(_field)]] = Field(
        default=[], description="fields of which a row must have one"
    )
    header: bool = Field(default=True, description="whether the first line names the columns")
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="what is between the cells of a CSV")
    columns: list[ExportColumn] = Field(
        min_length=1, description="columns in order; headers may repeat in CSV and XLSX"
    )

    @property
    def fields(self) -> set[str]:
        """Fields that its columns and ``needs`` read."""
        named = {each.field for each in self.columns} | {each.beside for each in self.columns} | {*self.needs}
        return {name for name in named if name is not None}

    def reaches(self, points: str) -> frozenset[str]:
        """Channels of the layout that reach ``phones`` or ``emails``; every one where it names none."""
        slots = {"phones": PHONE_SLOTS[0], "emails": EMAIL_SLOTS[0]}
        chosen: list[str] = [*self.channels] or list(CHANNEL_POINTS)
        return frozenset(channel for channel in chosen if slots[points] in CHANNEL_POINTS[channel])


def point_kind(field: str) -> tuple[str, int] | None:
    """``phones`` or ``emails`` and the place among them (from 0) of a field such as ``phones.2``; None for others."""
    kind, _, number = field.partition(".")
    return (kind, int(number) - 1) if kind in POINT_FIELDS else None


#: Columns of ``clean`` that say when a row may be called, as people read them.
WINDOW_COLUMNS = tuple(name for name in CALL_COLUMNS if not name.endswith("_utc") and name != "call_rules")

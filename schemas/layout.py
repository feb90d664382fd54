"""A layout: how to read a vendor's files, where detection would not do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from schemas.columns import CODE_FIELDS, DAYS, EMAIL_SLOTS, INSTANTS, PHONE_SLOTS, PLAIN_FIELDS
from schemas.contact.regions import checked_region
from schemas.errors import UsageError
from schemas.refusals import REFUSAL_FIELDS
from schemas.support.names import did_you_mean

#: Layouts of well-known systems, which come with the program.
LAYOUTS = Path(__file__).with_name("layouts")
#: Fields that a layout can map a source column to.
MAPPABLE = (*PHONE_SLOTS, *CODE_FIELDS, *EMAIL_SLOTS, "fax", *PLAIN_FIELDS, *REFUSAL_FIELDS)


def checked_by(check: Callable[[str], str]) -> AfterValidator:
    """Turn a check that raises `UsageError` into one that pydantic reports with the others."""

    def validate(value: str) -> str:
        try:
            return check(value)
        except UsageError as error:
            raise ValueError(str(error)) from error

    return AfterValidator(validate)


Region = Annotated[str, checked_by(checked_region)]


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


def _mappable(columns: dict[str, str]) -> dict[str, str]:
    wrong = [name for name in columns if name not in MAPPABLE]
    if wrong:
        raise ValueError(
            "; ".join(f"'{name}' is not a field of a lead. {did_you_mean(name, MAPPABLE)}" for name in wrong)
        )
    return columns


def _fields_of_aliases(aliases: dict[str, str]) -> dict[str, str]:
    _mappable(dict.fromkeys(aliases.values(), ""))
    return aliases


def _fields(names: list[str]) -> list[str]:
    _mappable(dict.fromkeys(names, ""))
    return names


def _dates(formats: dict[str, str]) -> dict[str, str]:
    known = (*INSTANTS, *DAYS, "default")
    wrong = [f"'{name}' is not a date. {did_you_mean(name, known)}" for name in formats if name not in known]
    wrong += [f"'{form}' is not a date format, as in '%m/%d/%Y'." for form in formats.values() if "%" not in form]
    if wrong:
        raise ValueError("; ".join(wrong))
    return formats


Columns = Annotated[dict[str, str], AfterValidator(_mappable)]


class FixedField(_Model):
    """A field at a fixed place of each line: ``start`` counts characters from 1."""

    name: str = Field(min_length=1)
    start: int = Field(ge=1)
    width: int = Field(ge=1)


def _apart(fields: list[FixedField]) -> list[FixedField]:
    for number, field in enumerate(fields):
        for other in fields[:number]:
            if field.name == other.name:
                raise ValueError(f"two fields are called '{field.name}'")
            if field.start < other.start + other.width and other.start < field.start + field.width:
                raise ValueError(f"the fields '{other.name}' and '{field.name}' overlap")
    return fields


class InCell(_Model):
    """Several contact points in one cell: what stands between them, and what ends each one's own text."""

    between: str = Field(min_length=1)
    until: str | None = Field(default=None, min_length=1)


class Layout(_Model):
    """How to read a vendor's files, where detection would not do. What is given here always wins.

    ``columns`` maps a field to the column that must be there, ``aliases`` a column, where there is one, to its field.
    ``column_names`` name the columns of a file without header, in order. ``required`` are fields. ``in_cell`` and
    ``prefixes`` are by column; ``dates`` are strptime formats by field, or ``default``. ``sheet``: which sheets of a
    workbook. ``fields``: the file is text with fields at fixed places.
    """

    delimiter: str | None = Field(default=None, min_length=1, max_length=8)
    quote: str | None = Field(default=None, max_length=1)
    escape: str | None = Field(default=None, max_length=1)
    header: bool | None = None
    skip_lines: int | None = Field(default=None, ge=0, le=1000)
    encoding: str | None = None
    sheet: Annotated[list[str], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)] = []
    fields: Annotated[list[FixedField], AfterValidator(_apart)] = []
    region: Region | None = None
    columns: Columns = {}
    aliases: Annotated[dict[str, str], AfterValidator(_fields_of_aliases)] = {}
    column_names: list[str] = []
    required: Annotated[list[str], AfterValidator(_fields)] = []
    ignore: list[str] = []
    in_cell: dict[str, InCell] = {}
    prefixes: dict[str, list[str]] = {}
    empty: list[str] = []
    dates: Annotated[dict[str, str], AfterValidator(_dates)] = {}

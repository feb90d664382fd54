"""The columns that a batch has besides the fields of a lead: name, type and meaning, in one place.

A batch is a frame with one row a record, consecutive in ``row_id``. Stages add columns to it and never remove a row.
What an output has is in `schemas.columns`; these columns exist only while a drop moves.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from schemas.columns import DAYS, EMAIL_SLOTS, INSTANTS, PHONE_SLOTS, POINTS, POST_POINT

#: A source column as it came is named after it, behind this.
SOURCE = "src:"
#: Text of a record that could not be parsed, exactly as it came; null for all others. ``pl.String``.
RAW = "raw"
#: How many cells a row had fewer than its table has columns; only in batches with such a row, until it is flagged.
#: ``pl.UInt32``.
CELLS_MISSING = "cells_missing"
#: Whether the record is a lead, and not a blank line, a total, a remark or a repeated header. ``pl.Boolean``.
IS_LEAD = "is_lead"
#: All source columns of the run as they came, in one struct of text: what a vendor gets back. ``pl.Struct``.
ORIGINAL = "original"
#: Of a row that is scrubbed again: its ``row_id`` and its flags in the earlier result. ``pl.UInt64``, list of text.
EARLIER_ROW = "earlier_row"
EARLIER_FLAGS = "earlier_flags"


class PointColumn(NamedTuple):
    """A column beside each contact column, named ``<point><suffix>``, as in ``phone_2:type``.

    ``kept``: whether the second pass of a run reads it; what only the first one needs is not put away.
    """

    suffix: str
    dtype: pl.DataType
    points: tuple[str, ...]
    meaning: str
    kept: bool = True

    def of(self, point: str) -> str:
        """Name of the column of a contact point."""
        return point + self.suffix

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of all contact points that can have one."""
        return tuple(map(self.of, self.points))


TYPE = PointColumn(":type", pl.String(), PHONE_SLOTS, "type of the number, as mobile or fixed_line")
REGION = PointColumn(":region", pl.String(), PHONE_SLOTS, "ISO 3166-1 alpha-2 region of the number")
ZONES = PointColumn(":zones", pl.List(pl.String()), PHONE_SLOTS, "IANA time zones of the number")
NUMBER = PointColumn(":number", pl.UInt64(), PHONE_SLOTS, "digits of the number as an integer; 0 of none", kept=False)
FORM = PointColumn(":form", pl.Int32(), PHONE_SLOTS, "which of the batch's forms has type, region and time zones")
#: What a form tells of a phone: held, these are the fields of its column, by their suffixes.
FORM_PARTS = (TYPE, REGION, ZONES)
OTHER = PointColumn(":other", pl.String(), PHONE_SLOTS, "E.164 of the other reading, where there are two", kept=False)
OTHER_REGION = PointColumn(":other_region", pl.String(), PHONE_SLOTS, "region of that other reading", kept=False)
GIVEN = PointColumn(":given", pl.String(), EMAIL_SLOTS, "the address as it came, trimmed", kept=False)
KEY = PointColumn(":key", pl.String(), EMAIL_SLOTS, "the address as lists and de-duplication compare it", kept=False)
DOMAIN = PointColumn(":domain", pl.String(), EMAIL_SLOTS, "domain of the address, in ASCII", kept=False)
UNTIL = PointColumn(":until", pl.Date(), POINTS, "last day on which the rules' verdict about the point holds")
USABLE = PointColumn(":usable", pl.Boolean(), (*PHONE_SLOTS, *EMAIL_SLOTS, POST_POINT), "nothing blocks the point")

#: Beside fields, not points: dates, and yes or no.
UNREAD = PointColumn(
    ":unread",
    pl.Boolean(),
    (*INSTANTS, *DAYS, "is_business"),
    "the field's cell holds something that could not be read",
)
ZONED = PointColumn(":zoned", pl.Boolean(), INSTANTS, "the field's cell named the zone of its instant", kept=False)

POINT_COLUMNS = (
    TYPE,
    REGION,
    ZONES,
    FORM,
    NUMBER,
    OTHER,
    OTHER_REGION,
    GIVEN,
    KEY,
    DOMAIN,
    UNTIL,
    USABLE,
    UNREAD,
    ZONED,
)
#: Ends of names of columns that only the first pass reads.
FIRST_PASS_ONLY = tuple(column.suffix for column in POINT_COLUMNS if not column.kept)

"""The counts behind a report that the manifest does not have: ``report.json`` in a result's folder.

They are counted while a run writes, so that a report of ten million rows reads none of them. Phones and emails in them
are masked.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

#: The file in a result's folder.
REPORT_COUNTS = "report.json"
#: Stages of the way to a channel, in order. A row is lost at the stage that its best contact point there reaches.
STAGES: Final = ("absent", "unusable", "listed", "law", "duplicate", "other_channel")


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid")


class Example(_Model):
    """A rejected row of a reason. ``points``: its contact points, masked; ``why``: the sentence of the row."""

    file: str
    line: int
    points: list[str]
    why: str


class ReasonSeen(_Model):
    """What is known of a primary reason besides its count."""

    disposition: str
    examples: list[Example]


class Window(_Model):
    """Clean rows that may be called or texted in these hours (local, ``HH:MM-HH:MM``) of a time zone."""

    zone: str
    hours: list[str]
    rows: int


class Place(_Model):
    """Rows of a country (ISO 3166-1 alpha-2) or a state of it (``US-TX``); ``place`` is empty where none is known."""

    place: str
    read: int
    clean: int


class ReportCounts(_Model):
    """Counts over all rows of a run, the same in whatever batches it worked."""

    run_id: str
    lost: dict[str, dict[str, int]] = Field(description="channel -> stage -> rows that get no further on it")
    reasons: dict[str, ReasonSeen] = Field(description="by primary reason")
    valid_until: dict[date, int] = Field(description="clean rows by the last day on which they may be used")
    unlimited: int = Field(description="clean rows whose verdict does not age")
    windows: list[Window]
    unknown_hours: int = Field(description="clean rows for calls or texts without calling hours")
    places: list[Place]
    evidence: dict[str, int] = Field(description="field of evidence -> rows that have it")
    consent_age: dict[str, int] = Field(description="rows by the age of their consent in days, as 0-30")
    from_tables: bool = Field(
        default=False,
        description="counted from the tables afterwards: places of blocked phones of clean rows are not known",
    )

"""Duties that rows of results bring: people to be told, and clean rows that may be used no longer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from pipeline.commands.duties.duty import Duty
from pipeline.ledger.database import Ledger
from pipeline.ledger.runs import replaced_runs
from pipeline.proof.chain import entries
from pipeline.proof.run_entry import location
from pipeline.proof.standing import standing_results
from pipeline.results.decisions import RELEASE, decisions_in, reviews_in
from pipeline.results.folder import scan
from pipeline.results.manifest_file import MANIFEST
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS, dtype_of
from schemas.masking import masked_email, masked_phone
from schemas.support.shown import masked_addresses

#: Rules by which a person is still to be told, and should have been by now (`suppression/packs/eu.toml`).
_DUE, _LATE = "eu.gdpr.art14-due", "eu.gdpr.art14"
_ROW: Final = ("source_sha256", "source_file", "source_sheet", "source_line")


@dataclass(frozen=True)
class Result:
    """A result that stands. ``run_id``, and the vendor's name."""

    out: Path
    run_id: str
    vendor: str
    shown: str


def standing(workspace: Path, ledger: Ledger | None) -> list[Result]:
    """Results that are in use, the last one first: those that another run of the drop replaced are not."""
    replaced = set() if ledger is None else replaced_runs(ledger)
    found = []
    for out, entry in standing_results(entries(workspace)).items():
        if entry.subject not in replaced and (workspace / out / MANIFEST).is_file():
            where = masked_addresses(location(workspace, workspace / out))
            found.append(Result(workspace / out, entry.subject, entry.vendor or "", where))
    return found[::-1]


def notices(results: list[Result], last: date) -> Iterator[Duty]:
    """People whose data came from somebody else and who were not told: one duty a result and day.

    GDPR Art 14(3)(a): within a month of receipt, at the latest. A row that a later result has again counts once.
    """
    seen = pl.DataFrame(schema={name: dtype_of(name) for name in _ROW})
    for result in results:
        parts = [
            _untold(result.out, name, codes)
            for name, codes in (("clean", "flags"), ("rejected", "flags"), ("rejected", "reasons"))
        ]
        people = pl.concat(parts).unique(_ROW, keep="first", maintain_order=True)
        people = people.join(seen, on=list(_ROW), how="anti", nulls_equal=True, maintain_order="left")
        seen = pl.concat([seen, people.select(_ROW)])
        due = people.with_columns(day=pl.col("received_at").dt.date().dt.offset_by("1mo")).filter(pl.col("day") <= last)
        for (day,), those in due.partition_by("day", as_dict=True).items():
            assert isinstance(day, date)  # noqa: S101  # the column's type
            who = tuple(f"{who} ({masked_addresses(file)} line {line})" for who, file, line in _named(those).rows())
            yield Duty(
                "notice",
                day,
                "people to be told that we have their data, and from whom (GDPR Art 14)",
                "Tell them, naming the source; record it as notice_at.",
                result.shown,
                result.vendor,
                len(those),
                who,
            )


def _untold(out: Path, name: str, codes: str) -> pl.DataFrame:
    """Rows that the law says are still to be told: `_ROW`, ``received_at``, contact points."""
    told = pl.col(codes).list.contains(_LATE) | pl.col(codes).list.contains(_DUE)
    rows = scan(out, name).filter(told & pl.col("received_at").is_not_null())
    return rows.select(*_ROW, "received_at", *PHONE_SLOTS, *EMAIL_SLOTS).collect()


def _named(people: pl.DataFrame) -> pl.DataFrame:
    """Who they are: the first contact point, masked; file and line."""
    points = [masked_email(pl.col(slot)) for slot in EMAIL_SLOTS] + [masked_phone(pl.col(slot)) for slot in PHONE_SLOTS]
    who = pl.coalesce(*points, pl.lit("a person without contact point"))
    return people.select(who.alias("who"), "source_file", "source_line")


def ending_rows(results: list[Result], today: date, last: date) -> Iterator[Duty]:
    """Clean rows whose verdict ends in these days: one duty a result and day."""
    for result in results:
        ends = pl.col("valid_until")
        rows = scan(result.out, "clean").filter(ends.is_between(today, last)).group_by(ends).len().collect()
        for day, count in rows.sort("valid_until").rows():
            yield Duty(
                "clean",
                day,
                "clean rows whose lists, consents or calling windows end",
                f"Use them by then, or scrub them again: leadscrub rescrub '{result.shown}'.",
                result.shown,
                result.vendor,
                count,
            )


def ending_evidence(workspace: Path, today: date, last: date) -> Iterator[Duty]:
    """Releases whose evidence ends in these days."""
    for folder, record in reviews_in(workspace):
        made = decisions_in(folder, record).filter(decision=RELEASE).unique(["run_id", "row_id", "until"])
        ends = made.filter(pl.col("until").is_between(today, last)).group_by("until", "vendor").len()
        for day, vendor, count in ends.sort("until").rows():
            yield Duty(
                "review",
                day,
                f"rows released by review {record.review} whose evidence ends",
                "Get new evidence: they wait again at the next scrub.",
                record.review,
                vendor or "",
                count,
            )

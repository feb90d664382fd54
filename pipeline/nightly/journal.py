"""What the ledger says of drops and arrivals, and what a pass writes there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import and_, delete, exists, insert, or_, select, update

from pipeline.ledger.database import Ledger, moment_of, stamp
from pipeline.ledger.tables import arrivals, drops, run_drops, run_is_of, runs
from pipeline.nightly.inbox import Seen

#: Runs that one question names: databases take only so many values.
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Arrived:
    """A file that was taken. ``again``: its content had come before."""

    sha256: str
    again: bool


@dataclass(frozen=True)
class Known:
    """A drop in the ledger."""

    state: str
    run_id: str | None
    kept_at: Path | None
    message: str | None


@dataclass(frozen=True)
class Recorded:
    """A run in the ledger. ``review``: rejected rows that a person may release. ``notes``: of a scrub just done."""

    run_id: str
    out: str
    read: int
    clean: int
    rejected: int
    review: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunOfDrop:
    """A run that counts, of one drop. ``kept_at``: where its raw drop is; None where that was deleted."""

    run_id: str
    out: Path
    sha256: str
    name: str
    sequence: int
    received_at: datetime
    kept_at: Path | None


@dataclass(frozen=True)
class Quarantined:
    """A drop in quarantine: whose, since when, where and why."""

    vendor: str
    since: datetime
    kept_at: Path
    why: str


@dataclass(frozen=True)
class InReview:
    """Rows of a vendor's runs that a person may release. ``oldest``: folder of the first of these runs, since when.

    ``decided``: rows of these runs that do not wait any more.
    """

    vendor: str
    rows: int
    decided: int
    runs: int
    since: datetime
    oldest: Path


_RUN = (runs.c.run_id, runs.c.out, runs.c.read, runs.c.clean, runs.c.rejected, runs.c.review)


def _recorded(row: Any) -> Recorded:
    return Recorded(row.run_id, row.out, row.read, row.clean, row.rejected, row.review or 0)


class Journal:
    """Reads and writes for one pass."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def arrived(self, seen: Seen) -> Arrived | None:
        """What is known of this very file, if it was taken before."""
        query = select(arrivals.c.sha256, arrivals.c.outcome).where(
            arrivals.c.vendor == seen.vendor, arrivals.c.place == seen.place, arrivals.c.mark == seen.mark
        )
        with self._ledger.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Arrived(row.sha256, again=row.outcome == "again")

    def drop(self, vendor: str, sha256: str) -> Known | None:
        """A vendor's drop by its content."""
        query = select(drops).where(drops.c.vendor == vendor, drops.c.sha256 == sha256)
        with self._ledger.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Known(row.state, row.run_id, Path(row.kept_at) if row.kept_at else None, row.message)

    def run_of(self, vendor: str, sha256: str, campaign: str) -> Recorded | None:
        """The last run that a drop had for a campaign, also one whose outputs are gone."""
        query = (
            select(*_RUN)
            .where(
                runs.c.run_id.in_(select(run_drops.c.run_id).where(run_drops.c.sha256 == sha256)),
                run_is_of(vendor),
                runs.c.campaign == campaign,
            )
            .order_by(runs.c.recorded_at.desc(), runs.c.run_id)
        )
        with self._ledger.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _recorded(row)

    def quarantined(self, vendors: list[str]) -> list[Quarantined]:
        """Drops of these vendors in quarantine, in the order in which they came."""
        query = (
            select(drops.c.vendor, drops.c.received_at, drops.c.kept_at, drops.c.message)
            .where(drops.c.state == "quarantined", drops.c.kept_at.is_not(None), drops.c.vendor.in_(vendors))
            .order_by(drops.c.sequence)
        )
        with self._ledger.reading() as connection:
            return [
                Quarantined(row.vendor, moment_of(row.received_at), Path(row.kept_at), row.message or "")
                for row in connection.execute(query)
            ]

    def runs_of_day(self, day: date) -> list[tuple[str, Recorded]]:
        """Runs of a day that count, with their vendors, in the order of receipt."""
        query = (
            select(*_RUN, runs.c.vendor).where(runs.c.as_of == day, runs.c.state == "done").order_by(runs.c.sequence)
        )
        with self._ledger.reading() as connection:
            return [(row.vendor, _recorded(row)) for row in connection.execute(query)]

    def runs_of(self, vendor: str, campaign: str) -> list[str]:
        """Ids of a vendor's runs for a campaign that count."""
        query = select(runs.c.run_id).where(runs.c.state == "done", run_is_of(vendor), runs.c.campaign == campaign)
        with self._ledger.reading() as connection:
            return list(connection.execute(query).scalars())

    def runs_of_drops(self, vendor: str, run_ids: Sequence[str]) -> list[RunOfDrop]:
        """Those of a vendor's runs that are of one drop, in the order of receipt."""
        query = (
            select(runs.c.run_id, runs.c.out, run_drops.c.sha256, drops.c.name, drops.c.sequence)
            .add_columns(drops.c.received_at, drops.c.kept_at)
            .join(run_drops, run_drops.c.run_id == runs.c.run_id)
            # By the vendor's name, and not that of the run: a database goes through all drops for each run else.
            .join(drops, and_(drops.c.vendor == vendor, drops.c.sha256 == run_drops.c.sha256))
        )
        found: list[Any] = []
        with self._ledger.reading() as connection:
            for start in range(0, len(run_ids), _AT_ONCE):
                some = run_ids[start : start + _AT_ONCE]
                found += connection.execute(query.where(runs.c.run_id.in_(some))).all()
        of_run = Counter(row.run_id for row in found)
        return [
            RunOfDrop(
                row.run_id,
                Path(row.out),
                row.sha256,
                row.name,
                row.sequence,
                moment_of(row.received_at),
                Path(row.kept_at) if row.kept_at else None,
            )
            for row in sorted(found, key=lambda row: (row.sequence, row.run_id))
            if of_run[row.run_id] == 1
        ]

    def in_review(self, vendors: list[str], decided: Mapping[str, int]) -> list[InReview]:
        """What waits for a person's review: not of runs that were replaced, nor of those whose results are gone.

        ``decided``: rows by the id of their run that wait no more.
        """
        query = (
            select(runs.c.run_id, runs.c.vendor, runs.c.review, runs.c.recorded_at, runs.c.out)
            .where(runs.c.review > 0, runs.c.state == "done", runs.c.vendor.in_(vendors))
            .order_by(runs.c.vendor, runs.c.sequence)
        )
        with self._ledger.reading() as connection:
            found: dict[str, list[Any]] = {}
            for row in connection.execute(query):
                if row.review > decided.get(row.run_id, 0):
                    found.setdefault(row.vendor, []).append(row)
        return [
            InReview(
                vendor,
                sum(row.review - decided.get(row.run_id, 0) for row in rows),
                sum(decided.get(row.run_id, 0) for row in rows),
                len(rows),
                moment_of(rows[0].recorded_at),
                Path(rows[0].out),
            )
            for vendor, rows in found.items()
        ]

    def unknown(self, run_ids: set[str]) -> set[str]:
        """Those of these runs that are not in the ledger."""
        with self._ledger.reading() as connection:
            known = connection.execute(select(runs.c.run_id).where(runs.c.run_id.in_(run_ids))).scalars()
            return run_ids - set(known)

    def reopen(self, vendor: str, sha256: str) -> None:
        """Take the place in the order from a drop that was not done: from quarantine, or overtaken by others.

        Those had not known of it when they were judged, so it is now judged as having come after them: a lead is
        let through once, whatever was late.
        """
        this = (drops.c.vendor == vendor, drops.c.sha256 == sha256)
        has_run = exists().where(run_is_of(vendor), runs.c.run_id == run_drops.c.run_id, run_drops.c.sha256 == sha256)
        overtaken = exists().where(runs.c.sequence > drops.c.sequence, runs.c.state.in_(("done", "emptied")))
        with self._ledger.writing() as connection:
            connection.execute(delete(drops).where(*this, ~has_run, or_(drops.c.state == "quarantined", overtaken)))

    def close(self, seen: Seen, sha256: str, kept_at: Path | None, now: datetime, refused: str | None = None) -> bool:
        """Enter the arrival, where the drop will be (None: where it is already), and why it was refused, if it was.

        Returns whether the vendor had delivered the same content before.
        """
        of_drop = (drops.c.vendor == seen.vendor, drops.c.sha256 == sha256)
        same = (arrivals.c.vendor == seen.vendor, arrivals.c.sha256 == sha256)
        this = (arrivals.c.place == seen.place, arrivals.c.mark == seen.mark)
        with self._ledger.writing() as connection:
            again = bool(connection.execute(select(exists().where(*same))).scalar_one())
            if not connection.execute(select(exists().where(*same, *this))).scalar_one():
                connection.execute(
                    insert(arrivals).values(
                        vendor=seen.vendor,
                        place=seen.place,
                        mark=seen.mark,
                        sha256=sha256,
                        bytes=seen.size,
                        seen_at=stamp(now),
                        outcome="again" if again else "new",
                    )
                )
            if kept_at is not None:
                connection.execute(update(drops).where(*of_drop).values(kept_at=str(kept_at.absolute())))
            if refused is not None:
                connection.execute(update(drops).where(*of_drop).values(state="quarantined", message=refused))
        return again

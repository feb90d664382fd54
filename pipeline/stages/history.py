"""Stage: what was let through before, from an earlier drop, is not bought again.

Asked of points that are otherwise usable, before the copies within the drop are compared: where a point was bought
before, all its copies are history, and none of them is kept. The points go to disk, where they wait until the hashes
of the drops, and so their places in the ledger, are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.context import Context
from pipeline.ledger.history_points import Points, email_history_points, joined, phone_history_points
from pipeline.stages.checks import Batch, RunCheck, Settlement
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS, POINTS
from schemas.findings import findings, no_findings
from schemas.frame_columns import KEY
from schemas.manifest import UsedHistory

if TYPE_CHECKING:  # these need what is loaded only where there is a ledger
    from pipeline.ledger.history_past import Delivery

Words = npt.NDArray[np.uint64]
#: Points that are looked up at once.
_AT_ONCE = 1 << 20
#: A point of a row as one number: the row, then four bits for its position.
_POSITION_BITS = 4
_WORDS = 3


class PurchaseHistoryCheck(RunCheck):
    """Gathers the usable points of all batches, asks for all of them, then says what was found in each batch."""

    name = "history"
    codes = frozenset({"duplicate.history", "duplicate.cross_vendor"})

    @classmethod
    def make(cls, folder: Path, context: Context) -> PurchaseHistoryCheck | None:
        """See `RunCheck`. Only a run with a ledger has a past."""
        return cls(folder, context) if context.asks_ledger else None

    def __init__(self, folder: Path, context: Context) -> None:
        folder.mkdir()
        self._context = context
        self._slots = _slots(context)
        self._gathered, self._found = folder / "points", folder / "found"
        self._gathered.touch()
        self._batches: list[tuple[int, int]] = []
        self._deliveries: dict[int, Delivery] = {}
        #: A line for each point that was bought before, in order: its number, first drop of its vendor, of others.
        self._hits: Words = np.empty((0, _WORDS), np.uint64)
        #: Rows that each vendor had delivered before; complete when every batch was asked for.
        self._overlaps: Counter[str] = Counter()
        self._used: UsedHistory | None = None

    def gather(self, batch: Batch) -> None:
        """Note the usable points of a batch."""
        self.take(batch.number, points_asked(batch, self._context))

    def take(self, source: int, points: Words) -> None:
        """Note points of a source, as `points_asked` gives them, which come in the order of their rows."""
        with self._gathered.open("ab") as stream:
            stream.write(np.ascontiguousarray(points).data)
        self._batches.append((source, len(points)))

    @property
    def known(self) -> tuple[Words, dict[int, Delivery]]:
        """What was found, once it is settled: a line for each point, and the deliveries that the lines name."""
        return self._hits, self._deliveries

    @property
    def overlaps(self) -> Counter[str]:
        """Rows that each vendor had delivered before, of the batches that were asked for."""
        return self._overlaps

    def answer(self, hits: Words, deliveries: dict[int, Delivery]) -> None:
        """Know what another check found, as its ``known`` has it."""
        self._hits, self._deliveries = hits, deliveries

    def blocked_points(self) -> Words:
        """Points that what was found blocks: the row, and four bits for the position."""
        dedupe = self._context.campaign.dedupe
        blocked = np.zeros(len(self._hits), dtype=bool)
        for policy, column in ((dedupe.history, 1), (dedupe.cross_vendor, 2)):
            if policy == "block":
                blocked |= self._hits[:, column] > 0
        return np.ascontiguousarray(self._hits[blocked, 0])

    def settle(self, settlement: Settlement) -> None:
        """Look all points up, each in the past of its drop."""
        past = settlement.past
        assert past is not None  # noqa: S101  # the run asked the ledger
        self._used = past.used
        settlement.blocks += (self._blocked,)
        dedupe = self._context.campaign.dedupe
        with self._gathered.open("rb") as stream, self._found.open("wb") as out:
            for source, count in _together(self._batches):
                table = np.fromfile(stream, np.uint64, count * _WORDS).reshape(-1, _WORDS)
                points = Points(np.ascontiguousarray(table[:, 1]), np.ascontiguousarray(table[:, 2]))
                earliest = past.history.earliest(points, past.pasts[past.sources[source]])
                # Another vendor counts where it was first.
                first = (earliest.own == 0) | (earliest.other < earliest.own)
                own = earliest.own * np.uint64(dedupe.history != "off")
                other = earliest.other * first * np.uint64(dedupe.cross_vendor != "off")
                rows = np.flatnonzero(own | other)
                found = np.column_stack([table[rows, 0], own[rows], other[rows]])
                out.write(found[np.argsort(found[:, 0])].data)
        self._deliveries = {each.sequence: each for known in past.pasts.values() for each in known.asked}
        self._gathered.unlink()
        if self._found.stat().st_size:
            self._hits = np.memmap(self._found, np.uint64, "r").reshape(-1, _WORDS)

    def _blocked(self, points: pl.DataFrame) -> pl.Series:
        """Whether what was found blocks each point (``row_id``, ``position``)."""
        codes = self.blocked_points()
        asked = _codes(points.get_column("row_id"), points.get_column("position").to_numpy())
        if not len(codes):
            return pl.Series(np.zeros(len(asked), dtype=bool))
        at = np.minimum(np.searchsorted(codes, asked), len(codes) - 1)
        return pl.Series(codes[at] == asked)

    def identity(self) -> dict[str, object]:
        """The past that the run was made with."""
        return {} if self._used is None else history_identity(self._used)

    def record(self) -> dict[str, object]:
        """See `RunCheck`."""
        if self._used is None:
            return {}
        return {"history": self._used.model_copy(update={"overlaps": dict(sorted(self._overlaps.items()))})}

    def findings(self, batch: Batch) -> pl.DataFrame:
        """Findings on the points of a batch that were bought before."""
        frame = batch.frame
        if frame.is_empty():
            return no_findings()
        bounds = [int(frame.item(0, "row_id")), int(frame.item(-1, "row_id")) + 1]
        low, high = np.searchsorted(self._hits[:, 0], np.array(bounds, np.uint64) << _POSITION_BITS)
        if low == high:
            return no_findings()
        codes, own, other = (pl.Series(np.ascontiguousarray(column)) for column in self._hits[low:high].T)
        hits = pl.DataFrame({"code": codes, "own": own, "other": other}).with_columns(
            row_id=pl.col("code") // (1 << _POSITION_BITS), position=pl.col("code") % (1 << _POSITION_BITS)
        )
        dedupe = self._context.campaign.dedupe
        found = [no_findings()]
        for column, code, policy, told in (
            ("own", "duplicate.history", dedupe.history, _told_of_own),
            ("other", "duplicate.cross_vendor", dedupe.cross_vendor, _told_of_other),
        ):
            known = hits.filter(pl.col(column) > 0)
            if known.is_empty() or policy == "off":
                continue
            self._count(known, column)
            earlier = {at: self._deliveries[at] for at in known.get_column(column).unique()}
            source = _in_words(column, {at: f"delivery {each.sha256[:12]}" for at, each in earlier.items()})
            detail = _in_words(column, {at: told(each) for at, each in earlier.items()})
            found += [
                findings(
                    known.filter(pl.col("position") == POINTS.index(slot)),
                    code,
                    point=slot,
                    source=source,
                    detail=detail,
                    effect=policy,
                )
                for slot in self._slots
            ]
        return pl.concat(found)

    def _count(self, known: pl.DataFrame, column: str) -> None:
        vendors = {at: each.vendor for at, each in self._deliveries.items()}
        rows = known.select_seq("row_id", vendor=_in_words(column, vendors)).unique()
        for vendor, count in rows.get_column("vendor").value_counts().rows():
            self._overlaps[vendor] += count


def _slots(context: Context) -> tuple[str, ...]:
    keys = context.campaign.dedupe_keys
    kinds = ((PHONE_SLOTS, "phone"), (EMAIL_SLOTS, "email"))
    return tuple(slot for slots, key in kinds for slot in slots if key in keys)


def points_asked(batch: Batch, context: Context) -> Words:
    """The usable points of a batch as lines: the row with four bits for the position, and the point in two words."""
    frame, usable = batch.frame, batch.usable
    codes, points = [], []
    for slot in _slots(context):
        if slot in usable:
            phone = slot in PHONE_SLOTS
            # The two columns first: to filter all of the frame's costs more than the rest of this.
            rows = frame.select_seq("row_id", value=slot if phone else KEY.of(slot)).filter(usable[slot])
            points.append((phone_history_points if phone else email_history_points)(rows.get_column("value")))
            codes.append(_codes(rows.get_column("row_id"), POINTS.index(slot)))
    together = joined(points)
    return np.column_stack([np.concatenate([np.empty(0, np.uint64), *codes]), together.keys, together.rests])


def history_identity(used: UsedHistory) -> dict[str, object]:
    """What a run's id holds of its past."""
    return {"history": used.model_dump(mode="json", exclude={"overlaps"})}


def _told_of_own(earlier: Delivery) -> str:
    return f"delivered before, on {earlier.on}"


def _told_of_other(earlier: Delivery) -> str:
    return f"{earlier.vendor} delivered it first, on {earlier.on}"


def _in_words(column: str, words: dict[int, str]) -> pl.Expr:
    return pl.col(column).replace_strict(list(words), list(words.values()), return_dtype=pl.String)


def _codes(row_ids: pl.Series, positions: int | npt.NDArray[np.uint8]) -> Words:
    return (row_ids.to_numpy() << np.uint64(_POSITION_BITS)) | np.asarray(positions, np.uint64)


def _together(batches: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Put batches that follow one another in the same source together, as far as they are looked up at once."""
    waiting: tuple[int, int] | None = None
    for source, count in batches:
        if waiting is not None and waiting[0] == source and waiting[1] < _AT_ONCE:
            waiting = (source, waiting[1] + count)
            continue
        if waiting is not None:
            yield waiting
        waiting = (source, count)
    if waiting is not None:
        yield waiting

"""The contact history: every point that was let through before, when and by whom it had been delivered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from pipeline.ledger.database import Ledger
from pipeline.ledger.history_file import PointsFile
from pipeline.ledger.history_past import Past
from pipeline.ledger.history_points import Points
from pipeline.ledger.history_sealing import history_secret, sealed
from pipeline.ledger.tables import segments

Sequences = npt.NDArray[np.uint32]
_NEVER = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True)
class Earliest:
    """For each point, the sequence of the drop that brought it first: of the same vendor, of others; 0 for none."""

    own: Sequences
    other: Sequences


class History:
    """The files of the history as they were at one moment."""

    def __init__(self, files: list[PointsFile], secret: bytes | None = None) -> None:
        self._files, self._secret = files, secret

    def earliest(self, points: Points, past: Past) -> Earliest:
        """Look points up, in any order; they are under no secret yet."""
        points = sealed(points, self._secret)
        order = np.argsort(points.keys)
        wanted = points.part(order)
        found = {own: np.full(len(points), _NEVER) for own in (True, False)}
        for file in self._files:
            rows, owners = file.matches(wanted)
            if not len(rows):
                continue
            numbers, positions = np.unique(owners, return_inverse=True)
            deliveries = past.deliveries([file.owner(number) for number in numbers.tolist()])
            for own, sequences in found.items():
                of_owner = np.array(
                    [
                        _NEVER if each is None or (each.vendor == past.vendor) != own else each.sequence
                        for each in deliveries
                    ],
                    dtype=np.uint32,
                )
                np.minimum.at(sequences, rows, of_owner[positions])
        return Earliest(_given_back(found[True], order), _given_back(found[False], order))


def _given_back(sequences: Sequences, order: npt.NDArray[np.intp]) -> Sequences:
    """Put results into the order of the question; 0 means never."""
    sequences[sequences == _NEVER] = 0
    given = np.empty_like(sequences)
    given[order] = sequences
    return given


def open_history(ledger: Ledger, connection: Connection) -> History:
    """Open all files that count at the moment. Raises `LedgerError` when one is missing or damaged."""
    current = select(segments.c.file, segments.c.bytes).where(segments.c.retired_at.is_(None)).order_by(segments.c.file)
    files = [PointsFile(ledger.history, row.file, row.bytes) for row in connection.execute(current)]
    return History(files, history_secret(connection))

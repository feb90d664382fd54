"""The contact history under a secret: each point is a block of AES-256, so that nobody without the secret can try any.

The 128 bits of a point are encrypted as one block (ECB: equal points stay equal, which is what the history is for). It
is a permutation: different points stay different, and a history that was made without a secret is brought under one
from what it holds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import Connection, insert, select, update

from pipeline.ledger.database import Ledger, stamp
from pipeline.ledger.history_file import MAKING, Entries, PointsFile, Written, ordered, write_points
from pipeline.ledger.history_merging import add_file, merged, remove_retired
from pipeline.ledger.history_points import Points
from pipeline.ledger.tables import facts, segment_runs, segments
from schemas.support.secret_keys import make_secret, subkey

_FACT: Final = "secret of the history"
#: Pages that are brought under the secret at once.
_PAGES: Final = 32


def history_secret(connection: Connection) -> bytes | None:
    """The key under which points are; None when they are under none.

    Raises `ConfigError` when the secret is not here: the history could not be asked.
    """
    key_id = connection.execute(select(facts.c.value).where(facts.c.name == _FACT)).scalar_one_or_none()
    return None if key_id is None else bytes.fromhex(subkey(key_id, "history"))


def secret_of(ledger: Ledger) -> bytes | None:
    """The same, of an open ledger."""
    with ledger.reading() as connection:
        return history_secret(connection)


def sealed(points: Points, secret: bytes | None) -> Points:
    """Points as the history has them: under the secret, if there is one."""
    if secret is None or not len(points):
        return points
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415  # only with a secret

    blocks = np.column_stack([points.keys, points.rests]).astype("<u8")
    cipher = Cipher(algorithms.AES256(secret), modes.ECB()).encryptor()  # noqa: S305  # one block each, on purpose
    words = np.frombuffer(cipher.update(blocks.tobytes()), "<u8").reshape(-1, 2)
    return Points(np.ascontiguousarray(words[:, 0]), np.ascontiguousarray(words[:, 1]))


def bring_under_secret(ledger: Ledger) -> None:
    """Bring a history that is under no secret under a new one, in one step; what was on disk before goes at once.

    Raises `OutputError` when the secret cannot be written.
    """
    with ledger.reading() as connection:
        if connection.execute(select(facts.c.value).where(facts.c.name == _FACT)).first() is not None:
            return
    key_id = make_secret()
    secret = bytes.fromhex(subkey(key_id, "history"))
    now = datetime.now(UTC)
    with ledger.writing() as connection:
        # Another process may have done it meanwhile.
        if connection.execute(select(facts.c.value).where(facts.c.name == _FACT)).first() is not None:
            return
        current = connection.execute(select(segments).where(segments.c.retired_at.is_(None))).all()
        for row in current:
            written = _rewritten(ledger.history, PointsFile(ledger.history, row.file, row.bytes), secret)
            of_file = select(segment_runs.c.run_id).where(segment_runs.c.file == row.file)
            run_ids = sorted(connection.execute(of_file).scalars())
            connection.execute(update(segments).where(segments.c.file == row.file).values(retired_at=stamp(now)))
            add_file(connection, written, run_ids)
        connection.execute(insert(facts).values(name=_FACT, value=key_id))
    remove_retired(ledger, now)


def _rewritten(history: Path, file: PointsFile, secret: bytes) -> Written:
    owners = list(file.owners)
    with tempfile.TemporaryDirectory(prefix=MAKING, dir=history) as making:
        folder = Path(making)
        parts = [
            write_points(folder, [ordered(Entries(sealed(part.points, secret), part.owners))], owners)
            for part in _parts(file)
        ]
        files = [PointsFile(folder, part.file, part.bytes) for part in parts]
        return write_points(history, merged(files, owners) if files else [], owners)


def _parts(file: PointsFile) -> Iterator[Entries]:
    bounds: list[int | None] = [*file.firsts[::_PAGES].tolist(), None]
    for low, high in pairwise(bounds):
        if low is not None:
            yield file.between(low, high)

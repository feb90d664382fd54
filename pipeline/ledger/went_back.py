"""Rows that went back to vendors: by keyed hashes while a window is open, as counts for ever."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Subquery, delete, func, insert, literal, select, union_all

from pipeline.ledger.database import Ledger
from pipeline.ledger.tables import facts, returned_counts, returned_rows
from schemas.errors import LedgerError
from schemas.support.durable import sync_path

_KEY_FILE = "returns.key"
_KEY_BYTES = 32
_FINGERPRINT = "fingerprint of returns.key"


def went_back() -> Subquery:
    """All rows that went back: ``vendor, run_id, state_code, file, rows``; a line for each row, or for many."""
    open_ones = select(
        returned_rows.c.vendor,
        returned_rows.c.run_id,
        returned_rows.c.state_code,
        returned_rows.c.file,
        literal(1).label("rows"),
    )
    closed = select(
        returned_counts.c.vendor,
        returned_counts.c.run_id,
        returned_counts.c.state_code,
        returned_counts.c.file,
        returned_counts.c.rows,
    )
    return union_all(open_ones, closed).subquery("went_back")


def keep_counts_only(connection: Connection, run_ids: list[str]) -> None:
    """Put counts in the place of the hashes of these runs' rows."""
    for run_id in run_ids:
        this = returned_rows.c.run_id == run_id
        columns = (returned_rows.c.run_id, returned_rows.c.state_code, returned_rows.c.file, returned_rows.c.vendor)
        counted = connection.execute(select(*columns, func.count().label("rows")).where(this).group_by(*columns)).all()
        for row in counted:
            values = dict(row._mapping)  # a public name of SQLAlchemy's
            same = [returned_counts.c[name] == values[name] for name in ("run_id", "state_code", "file")]
            before = connection.execute(select(returned_counts.c.rows).where(*same)).scalar_one_or_none()
            connection.execute(delete(returned_counts).where(*same))
            connection.execute(insert(returned_counts).values(**values | {"rows": values["rows"] + (before or 0)}))
        connection.execute(delete(returned_rows).where(this))


def keep_counts_of(connection: Connection, run_id: str, row_ids: set[int]) -> int:
    """Put counts in the place of the hashes of these rows of a run. Returns how many went back."""
    gone = 0
    for row_id in sorted(row_ids):
        this = (returned_rows.c.run_id == run_id, returned_rows.c.row_id == row_id)
        row = connection.execute(select(returned_rows).where(*this)).one_or_none()
        if row is None:
            continue
        same = [
            returned_counts.c.run_id == row.run_id,
            returned_counts.c.state_code == row.state_code,
            returned_counts.c.file == row.file,
        ]
        before = connection.execute(select(returned_counts.c.rows).where(*same)).scalar_one_or_none()
        connection.execute(delete(returned_counts).where(*same))
        values = {"run_id": row.run_id, "state_code": row.state_code, "file": row.file, "vendor": row.vendor}
        connection.execute(insert(returned_counts).values(**values, rows=(before or 0) + 1))
        connection.execute(delete(returned_rows).where(*this))
        gone += 1
    return gone


def returns_key(ledger: Ledger) -> bytes:
    """Read the key under which what went back is hashed; made at first need, beside the history.

    Whoever has only the database cannot try lead ids or rows. Raises `LedgerError` when the key was lost: what went
    back would look like what did not, and would go back twice.
    """
    path, wanted = ledger.history / _KEY_FILE, select(facts.c.value).where(facts.c.name == _FINGERPRINT)
    with ledger.reading() as connection:
        known = connection.execute(wanted).scalar_one_or_none()
    if known is None:
        with ledger.writing() as connection:
            made_key(connection, ledger.history)
            known = connection.execute(wanted).scalar_one()
    key = path.read_bytes() if path.is_file() else b""
    if known != _fingerprint(key):
        raise LedgerError(
            f"'{ledger.history / _KEY_FILE}' is not the key by which the ledger knows what went back.",
            "Restore it from a copy: without it the same rows would go back again.",
        )
    return key


def made_key(connection: Connection, history: Path) -> bytes:
    """Make the key where there is none yet, and let the ledger know it."""
    path = history / _KEY_FILE
    _make_key(path)
    key = path.read_bytes()
    if connection.execute(select(facts.c.value).where(facts.c.name == _FINGERPRINT)).first() is None:
        connection.execute(insert(facts).values(name=_FINGERPRINT, value=_fingerprint(key)))
    return key


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]


def keyed(hashes: pl.Series, key: bytes) -> pl.Series:
    """Hash hashes once more, under a key; null stays null."""
    digests = [None if text is None else keyed_hash(text, key) for text in hashes]
    return pl.Series(hashes.name, digests, pl.String)


def keyed_hash(text: str, key: bytes) -> str:
    """Hash one text under a key."""
    return hashlib.blake2b(text.encode(), key=key, digest_size=16).hexdigest()


def _make_key(path: Path) -> None:
    if path.exists():
        return
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    beside.touch(mode=0o600)
    beside.write_bytes(secrets.token_bytes(_KEY_BYTES))
    sync_path(beside)
    with suppress(FileExistsError):  # another process made one at the same moment: that one counts
        os.link(beside, path)
    beside.unlink()
    sync_path(path.parent)

"""Brings a ledger of an earlier version to this one, in one transaction: it is as it was, or as it should be."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, insert, inspect, select, text, update

from pipeline.ledger.history_past import refresh_blocks
from pipeline.ledger.tables import LEDGER_VERSION, drops, facts, metadata, returned_rows, segment_runs, segments
from pipeline.ledger.went_back import keyed_hash, made_key


def upgrade(engine: Engine, history: Path) -> None:
    """Bring a ledger of an earlier version to this one. Another machine may do so just now: then it is done."""
    with engine.begin() as connection:
        known = select(facts.c.value).where(facts.c.name == "version").with_for_update()
        version = connection.execute(known).scalar_one()
        if version not in ("1", "2"):
            return
        if version == "1":
            _add_columns(connection)
        metadata.create_all(connection)
        if version == "1":
            _from_first(connection, history)
        connection.execute(update(facts).where(facts.c.name == "version").values(value=str(LEDGER_VERSION)))


def _from_first(connection: Connection, history: Path) -> None:
    """Fill what version 1 had not; version 2 had all but whole tables."""
    for table in metadata.sorted_tables:
        for index in table.indexes:
            index.create(connection, checkfirst=True)
    owners = select(func.count()).where(segment_runs.c.file == segments.c.file).scalar_subquery()
    connection.execute(update(segments).values(owners=owners))
    _hash_under_key(connection, history)
    refresh_blocks(connection, connection.execute(select(drops.c.sequence)).scalars().all())


def _hash_under_key(connection: Connection, history: Path) -> None:
    """Hash what went back under a key."""
    rows = connection.execute(select(returned_rows)).all()
    if not rows:
        return
    key = made_key(connection, history)
    connection.execute(delete(returned_rows))
    changed = [dict(row._mapping) for row in rows]  # a public name of SQLAlchemy's
    for row in changed:
        row |= {name: keyed_hash(row[name], key) for name in ("key", "content")}
    connection.execute(insert(returned_rows), changed)


def _add_columns(connection: Connection) -> None:
    """Add columns that version 1 had not."""
    known = {table: {column["name"] for column in inspect(connection).get_columns(table)} for table in _COLUMNS}
    for table, columns in _COLUMNS.items():
        for name, kind in columns.items():
            if name not in known[table]:
                connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {name} {kind}"))


_COLUMNS = {"runs": {"review": "BIGINT"}, "segments": {"owners": "INTEGER NOT NULL DEFAULT 0"}}

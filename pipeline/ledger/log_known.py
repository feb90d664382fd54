"""The ledger remembers that the workspace has a log: one that is gone was removed.

Machines that share a ledger have logs of their own, of which it remembers none.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from pipeline.ledger.tables import facts

_NAME = "log"


def remember_log(connection: Connection) -> None:
    """Note, in the transaction that enters a run, that the workspace logs it."""
    if connection.dialect.name == "sqlite" and not knows_log(connection):
        connection.execute(insert(facts).values(name=_NAME, value="kept"))


def knows_log(connection: Connection) -> bool:
    """Whether a run of this ledger was logged."""
    return connection.execute(select(facts.c.value).where(facts.c.name == _NAME)).first() is not None

"""Leases in a real PostgreSQL: one holder at a time, by the server's clock, and a fence for whoever lost his."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from pipeline.ledger.database import Ledger, open_ledger
from pipeline.ledger.drops import receive
from pipeline.ledger.leases import Leases, Subject
from pipeline.ledger.tables import drops, facts, leases
from schemas.errors import LeaseLostError, LedgerError
from schemas.workspace import LedgerChoice

pytestmark = pytest.mark.slow

DROP = Subject("acme", "inbox/acme/a.csv", "1", 10.0)


@pytest.fixture
def ledger(tmp_path: Path, postgres_url: str) -> Iterator[Ledger]:
    with open_ledger(LedgerChoice(url=postgres_url), tmp_path) as opened:
        yield opened


def of(ledger: Ledger, holder: str, seconds: float = 60, home: str = "") -> Leases:
    return Leases(ledger, seconds, holder, home)


def test_of_many_that_ask_at_once_one_has_it(ledger: Ledger) -> None:
    since = of(ledger, "any").now()
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: of(ledger, f"m{n}").take(DROP, since, ()), range(8)))
    (won,) = [number for number, each in enumerate(taken) if each is not None]
    (held,), _ = of(ledger, "any").known(since)
    assert (held.holder, held.ended, held.expired) == (f"m{won}", False, False)


def test_one_that_has_expired_is_taken_over_once_and_its_holder_may_not_write(ledger: Ledger) -> None:
    one, other = of(ledger, "one", 0.05), of(ledger, "other")
    since = one.now()
    first = one.take(DROP, since, ())
    assert first is not None
    assert first[1] is None
    fenced = replace(ledger, fence=one.fence(first[0]))
    receive(fenced, "acme", "a" * 64, "a.csv", 1, datetime.now(UTC))
    time.sleep(0.1)
    with ThreadPoolExecutor(4) as pool:
        taken = [each for each in pool.map(lambda _: other.take(DROP, since, ()), range(4)) if each is not None]
    assert [before for _, before in taken] == [first[0]]
    with pytest.raises(LeaseLostError, match="hung for more than"):
        receive(fenced, "acme", "b" * 64, "b.csv", 1, datetime.now(UTC))
    with ledger.reading() as connection:
        assert list(connection.execute(select(drops.c.name)).scalars()) == ["a.csv"]
    one.renew(first[0])
    one.end(first[0])
    assert other.is_held(taken[0][0]), "what the first one still does is about its own lease"


def test_one_that_is_renewed_is_not_taken_over(ledger: Ledger) -> None:
    one, other = of(ledger, "one", 1), of(ledger, "other")
    since = one.now()
    taken = one.take(DROP, since, ())
    assert taken is not None
    for _ in range(6):
        time.sleep(0.25)
        one.renew(taken[0])
        assert other.take(DROP, since, ()) is None


def test_what_ended_is_free_for_passes_that_began_later(ledger: Ledger) -> None:
    one = of(ledger, "one")
    since = one.now()
    taken = one.take(DROP, since, ())
    assert taken is not None
    one.end(taken[0])
    assert of(ledger, "other").take(DROP, since, ()) is None
    (held,), _ = of(ledger, "other").known(since)
    assert held.ended
    assert one.take(DROP, since, {taken[0]}) is not None, "its own pass may come back to it"
    (again,), _ = one.known(since)
    one.end(again.token)
    assert of(ledger, "other").take(DROP, one.now(), ()) is not None


def test_a_workspace_of_one_machine_gives_back_what_a_killed_pass_held(ledger: Ledger) -> None:
    one, shared = of(ledger, "one", home="here"), of(ledger, "two")
    since = one.now()
    assert one.take(DROP, since, ()) is not None
    assert shared.take(replace(DROP, mark="2"), since, ()) is not None
    one.release_home()
    known, _ = one.known(since)
    assert {held.subject.mark: held.expired for held in known} == {"1": True, "2": False}


def test_a_transaction_whose_process_does_not_go_on_is_given_up(ledger: Ledger) -> None:
    """Its machine hangs while it holds the lock of writers: others write when that is too long."""
    stuck = replace(ledger, stall_seconds=0.2)
    with pytest.raises(LedgerError), stuck.writing() as connection:
        connection.execute(facts.insert().values(name="stuck", value="1"))
        with ThreadPoolExecutor(1) as pool:
            pool.submit(receive, ledger, "acme", "a" * 64, "a.csv", 1, datetime.now(UTC)).result(30)
        connection.execute(select(facts))
    with ledger.reading() as connection:
        assert "stuck" not in set(connection.execute(select(facts.c.name)).scalars())


def test_a_ledger_of_version_2_gets_its_leases(tmp_path: Path, ledger: Ledger, postgres_url: str) -> None:
    with ledger.writing() as connection:
        leases.drop(connection)
        connection.execute(facts.update().where(facts.c.name == "version").values(value="2"))
    with ThreadPoolExecutor(3) as pool:

        def opened(_: int) -> str:
            with open_ledger(LedgerChoice(url=postgres_url), tmp_path) as again, again.reading() as connection:
                assert connection.execute(select(leases)).all() == []
                return str(connection.execute(select(facts.c.value).where(facts.c.name == "version")).scalar_one())

        assert set(pool.map(opened, range(3))) == {"3"}

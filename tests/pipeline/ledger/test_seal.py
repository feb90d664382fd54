"""A ledger that is not as it was left is found when it is opened; one that was only interrupted is not accused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import insert, select

from pipeline.ledger.database import open_ledger
from pipeline.ledger.tables import facts
from schemas.errors import LedgerError
from schemas.workspace import LedgerChoice


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """The file of a ledger with something in it, closed."""
    with open_ledger(LedgerChoice(), tmp_path) as opened, opened.writing() as connection:
        connection.execute(insert(facts), [{"name": f"fact {n}", "value": str(n)} for n in range(100)])
    return tmp_path / "ledger" / "ledger.db"


def value(ledger: Path, name: str = "fact 7") -> str:
    with open_ledger(LedgerChoice(), ledger.parent.parent) as opened, opened.reading() as connection:
        return str(connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar_one())


@pytest.mark.slow
def test_each_of_200_flipped_bits_is_found(ledger: Path) -> None:
    whole, draw = ledger.read_bytes(), Random()
    for bit in draw.sample(range(8 * len(whole)), 200):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        ledger.write_bytes(changed)
        with pytest.raises(LedgerError, match=r"ledger\.db' is damaged: it is not as leadscrub left it"):
            value(ledger)
    ledger.write_bytes(whole)
    assert value(ledger) == "7"


def _gone(ledger: Path) -> None:
    ledger.unlink()


def _emptied(ledger: Path) -> None:
    ledger.write_bytes(b"")


def _other_hash(ledger: Path) -> None:
    ledger.with_name("ledger.db.sum").write_bytes(b"\xff\n")


@pytest.mark.parametrize("change", [_gone, _emptied, _other_hash])
def test_so_are_a_lost_file_and_a_lost_hash(ledger: Path, change: Callable[[Path], None]) -> None:
    change(ledger)
    with pytest.raises(LedgerError, match="is damaged"):
        value(ledger)


def test_reading_leaves_hash_and_file_alone(ledger: Path) -> None:
    before = {path.name: path.read_bytes() for path in ledger.parent.iterdir() if path.is_file()}
    assert value(ledger) == "7"
    assert {path.name: path.read_bytes() for path in ledger.parent.iterdir() if path.is_file()} == before


def test_others_that_have_it_open_meanwhile_share_it_and_the_last_one_seals_it(ledger: Path) -> None:
    seal = ledger.with_name("ledger.db.sum")
    with open_ledger(LedgerChoice(), ledger.parent.parent) as first:
        with first.writing() as connection:
            connection.execute(insert(facts).values(name="new", value="first"))
        assert not seal.exists()
        assert value(ledger, "new") == "first"
        assert not seal.exists(), "the first one may still write"
    assert seal.exists()
    assert value(ledger, "new") == "first"


def test_after_a_kill_sqlite_looks_and_a_reader_of_another_kind_does_no_harm(ledger: Path) -> None:
    """What a kill leaves: no hash, and changes beside the file, which whoever opens it first moves into it."""
    with open_ledger(LedgerChoice(), ledger.parent.parent) as opened:
        with opened.writing() as connection:
            connection.execute(insert(facts).values(name="new", value="kept"))
        left = {path.name: path.read_bytes() for path in ledger.parent.iterdir() if path.is_file()}
    for name in {path.name for path in ledger.parent.iterdir() if path.is_file()} - set(left):
        (ledger.parent / name).unlink()
    for name, content in left.items():
        (ledger.parent / name).write_bytes(content)
    assert (ledger.parent / "ledger.db-wal").stat().st_size
    with closing(sqlite3.connect(ledger)) as database:
        assert database.execute("SELECT value FROM facts WHERE name = 'new'").fetchone() == ("kept",)
    assert value(ledger, "new") == "kept"


def test_damage_that_sqlite_sees_is_named_without_a_hash(ledger: Path) -> None:
    ledger.with_name("ledger.db.sum").unlink()
    content = ledger.read_bytes()
    ledger.write_bytes(content[:4096] + bytes(4096) + content[8192:])
    with pytest.raises(LedgerError):
        value(ledger)

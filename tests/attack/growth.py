"""Cells that repeat something without end, through the whole command: eight times the length may take eight times the
time, and not sixty-four times.

No reader of cells and no detector of formats is named here: each sees every column of the drop.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

from pipeline.results.person_wanted import wanted_email, wanted_name, wanted_phone
from schemas.support.shown import shown
from tests.attack.findings import Account
from tests.conftest import DAY, leadscrub

_COLUMNS: Final = (
    *("Lead ID", "First Name", "Last Name", "Phone", "Mobile", "Email", "Street", "City", "State", "Zip", "Country"),
    *("Consent Date", "Consent Text", "IP", "Source URL", "DOB", "Date Received", "Do Not Call", "Company"),
    *("Last Purchase", "Status", "Tags", "Language", "Phone Type", "Trusted Form", "Is Business"),
)
#: What readers look for: the beginnings and the middles of numbers, addresses, days, words, names and marks.
_PIECES: Final = (
    *("1", "00", "+", "(", "1 ", "1-", "(2", "20_", "2.0.2.", "202-555-012", "2025550123 ", "+1202", "٣", "x1", "ext"),
    *("@", "a@", "a@b.co ", "a.", "%40", "mailto:", "<", "pat ", "pat.doe@", "2026-", "1/", "3rd ", "e+1", "/", "a/b;"),
    *(" ", ". ", "a ", "a,", "texas ", "us ", "yes ", "'", "-", "=", "&", "[", ";", "é", "İ", "\u200b", "|", "\\", '"'),
    *("\t", "\r", "\n", "a: ", "{", "<row>", "\u0301", "#", "~", "http://a.b/", "Inc. "),
)
_SHORT: Final = 6_000
_TIMES: Final = 8
#: Processor seconds that anything may take, and how many times as long eight times the text may.
_NOTHING: Final = 0.7
_MOST: Final = 24.0
_WANTED: Final = (
    wanted_phone("202-555-0123", "US"),
    wanted_email("pat.doe@mail.example.com"),
    wanted_name("Pat Doesworthy"),
)


class Growth:
    """One case is one text of repeated pieces, short and long, as a cell of every column of a drop."""

    name = "growth"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._base: float | None = None

    def case(self, number: int, account: Account) -> None:
        """Scrub a short and a long one, show them, and look for a person in them."""
        draw = Random(f"{account.seed}/{self.name}/{number}")
        piece = "".join(draw.choice(_PIECES) for _ in range(draw.choice((1, 1, 2, 3))))
        if self._base is None:
            self._scrub("a", 10)
            self._base = self._scrub("a", 10)
        found = []
        for what, seconds in {"scrub": self._scrubbed, "show": self._shown, "look for a person": self._looked}.items():
            short, long = (seconds(piece, length) for length in (_SHORT, _SHORT * _TIMES))
            if long > _NOTHING and long > _MOST * max(short, _NOTHING / _MOST):
                found.append(f"to {what} takes {short:.2f} s, and {long:.2f} s when the cell is {_TIMES} times as long")
        account.note(self.name, "piece", "found" if found else "in step")
        for each in found[:1]:
            account.find(self.name, f"{number}", f"{each}: {piece!r} again and again", content=piece.encode())

    def _scrubbed(self, piece: str, length: int) -> float:
        assert self._base is not None
        return self._scrub(piece, length) - self._base

    def _scrub(self, piece: str, length: int) -> float:
        cell = (piece * (length // len(piece) + 1))[:length].replace('"', '""')
        drop = self._folder / "drop.csv"
        rows = [_COLUMNS, [f'"{cell}"' for _ in _COLUMNS]]
        drop.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
        options = ("--channel", "call", "--channel", "email", "--region", "US", "--as-of", DAY, "--threads", "1")
        began = time.process_time()
        leadscrub("scrub", drop, "-o", self._folder / "out", *options, "--no-lists", "--rules", "us", "--force")
        return time.process_time() - began

    def _shown(self, piece: str, length: int) -> float:
        began = time.process_time()
        shown(piece * (length // len(piece)))
        return time.process_time() - began

    def _looked(self, piece: str, length: int) -> float:
        began = time.process_time()
        for each in _WANTED:
            each.is_in(piece * (length // len(piece)))
        return time.process_time() - began


@contextmanager
def growth() -> Iterator[Growth]:
    """Give the part."""
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        yield Growth(Path(folder))

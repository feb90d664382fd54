"""One flipped byte in any file of the store is found when the list is opened or asked; it is never a wrong answer."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from schemas.contact.apply import apply_here
from schemas.errors import ListError
from schemas.list_kinds import list_kind
from schemas.recipes import parse_recipe
from suppression.formats.options import Options
from suppression.loading import ListSpec, build_version
from suppression.screening import screen_points
from suppression.store import Store, writing

DAY = date(2026, 11, 21)
#: So many numbers of one area code that it is kept as a bitmap.
DENSE = 160_000
PHONES = [f"+1202{n:07}" for n in (0, DENSE - 1, 5_550_100)] + ["+442079460001", "+12125550100", "+12125550102"]
EMAILS = ["ann@example.com", "bo@example.com", "cy@example.com"]
FILES = {
    "own": ["numbers.bitmaps", "numbers.bitmaps.sums", "numbers.sorted", "numbers.sorted.sums"]
    + [f"emails.{part}{sums}" for part in ("keys", "ends", "texts") for sums in ("", ".sums")]
    + ["facts.parquet", "expiring.parquet", "refused.parquet"],
    "hashed": [f"digests.{part}{sums}" for part in ("keys", "rest") for sums in ("", ".sums")],
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list with everything that a version can have, and a hashed one."""
    folder = tmp_path_factory.mktemp("damage")
    own, hashed = folder / "own.csv", folder / "hashed.txt"
    dense = "".join(f"+1202{n:07},,,\n" for n in range(DENSE))
    more = (
        "+442079460001,,asked,\n+12125550100,,,2027-01-01\n12345,,,\n,ann@example.com,,\n,bo@example.com,,2027-01-01\n"
    )
    own.write_text("phone,email,reason,expires\n" + dense + more)
    hashed.write_text("".join(hashlib.sha256(text.encode()).hexdigest() + "\n" for text in EMAILS[:2]))
    with writing(folder / "store") as writer:
        for name, path, recipes in (("own", own, ()), ("hashed", hashed, (parse_recipe("lower+sha256"),))):
            spec = ListSpec(list_kind("list.own"), name, (path,), DAY, options=Options(), recipes=recipes)
            built = writer.temporary
            facts = build_version(spec, built, apply_here).facts
            writer.commit(built, facts, at=datetime(2026, 11, 21, tzinfo=UTC), action="add")
    return folder / "store"


def answers(store: Path, name: str) -> list[tuple[object, ...]]:
    """Ask a list for everything that is on it and for something that is not."""
    emails = pl.Series(EMAILS + [None] * (len(PHONES) - len(EMAILS)))
    columns = {"phone": PHONES, "email": emails, "email:given": emails, "email:key": emails}
    frame = pl.DataFrame({"row_id": range(len(PHONES)), **columns})
    found = screen_points(frame, [Store(store).open(name, DAY)])
    return found.select("row_id", "point", "detail").rows()


def test_the_store_of_these_tests_has_every_file(store: Path) -> None:
    for name, files in FILES.items():
        folder = Store(store).version_folder(str(Store(store).history(name).current))
        assert sorted(path.name for path in folder.iterdir()) == sorted([*files, "version.json"])
    assert [(row, point) for row, point, _ in answers(store, "own")] == [
        *((row, "phone") for row in (0, 1, 3, 4)),
        *((row, "email") for row in (0, 1)),
    ]
    assert [(row, point) for row, point, _ in answers(store, "hashed")] == [(0, "email"), (1, "email")]


@pytest.mark.parametrize(("name", "file"), [(name, file) for name, files in FILES.items() for file in files])
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_a_flipped_byte_is_found(store: Path, name: str, file: str, place: float) -> None:
    path = Store(store).version_folder(str(Store(store).history(name).current)) / file
    whole = path.read_bytes()
    at = int(place * (len(whole) - 1))
    # The bitmap of a dense area code is checked in one block, the one that is asked for.
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
    try:
        with pytest.raises(ListError, match="damaged"):
            answers(store, name)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("file", ["version.json", "history"])
def test_a_flipped_byte_in_what_is_known_of_a_list_is_found(store: Path, file: str) -> None:
    """At two hundred places: found, or (a blank between two words of the history) without any meaning."""
    history = Store(store).history("own")
    path = store / "lists/own.json"
    if file == "version.json":
        path = Store(store).version_folder(str(history.current)) / file
    whole, right, draw = path.read_bytes(), Store(store).facts("own"), random.Random(5)
    try:
        for at in (0, len(whole) - 1, *(draw.randrange(len(whole)) for _ in range(200))):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << draw.randrange(8))]) + whole[at + 1 :])
            try:
                assert (Store(store).history("own"), Store(store).facts("own")) == (history, right)
                assert file == "history"
            except ListError:
                pass
    finally:
        path.write_bytes(whole)


def test_a_missing_file_is_found(store: Path) -> None:
    for name, files in FILES.items():
        for file in (*files, "version.json"):
            path = Store(store).version_folder(str(Store(store).history(name).current)) / file
            path.rename(path.with_suffix(".away"))
            with pytest.raises(ListError, match="damaged"):
                answers(store, name)
            path.with_suffix(".away").rename(path)

"""A list brought forward by changes is the list that a full copy of the resulting entries would make."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.contact.apply import apply_here
from schemas.errors import ListError, UsageError
from schemas.list_kinds import list_kind
from schemas.list_version import Changes
from schemas.recipes import parse_recipe
from suppression.formats.options import Options
from suppression.index.numbers import number_key
from suppression.lists import SuppressionList, open_version
from suppression.loading import ListSpec, build_version
from suppression.updating import ChangeSpec, update_version

pytestmark = pytest.mark.slow

MADE, CHANGED = date(2026, 11, 1), date(2026, 11, 10)
ENTRIES = (
    *(f"+12025550{n}" for n in range(100, 106)),
    "+442079460002",
    "+442079460001",
    *(f"{name}@example.com" for name in ("ann", "bo", "cy")),
)
RECIPE = parse_recipe("trim+lower+sha256")
CSV = "entry,action,date,expires\n"
OPTIONS = Options(
    columns={"action": ("action",), "date": ("date",), "expiry": ("expires",)}, column="entry", delimiter=","
)


@dataclass(frozen=True)
class Change:
    entry: str
    action: str
    day: date = CHANGED
    expires: date | None = None

    @property
    def line(self) -> str:
        return f"{self.entry},{self.action},{self.day},{self.expires or ''}\n"


def loaded(folder: Path, lines: list[str], day: date = MADE, **more: Any) -> SuppressionList:
    """Load a full copy."""
    folder.mkdir(parents=True)
    path = folder / "full.csv"
    path.write_text("entry,expires\n" + "".join(f"{line}\n" for line in lines))
    options = Options(column="entry", columns={"expiry": ("expires",)}, delimiter=",")
    spec = ListSpec(list_kind(more.pop("kind", "list.own")), "own", (path,), day, options=options, **more)
    build_version(spec, folder / "version", apply_here)
    return open_version(folder / "version", day)


def updated(folder: Path, base: SuppressionList, changes: list[Change], **more: Any) -> SuppressionList:
    """Apply changes, given as they stand in one file."""
    folder.mkdir(parents=True)
    path = folder / "changes.csv"
    path.write_text(CSV + "".join(change.line for change in changes))
    spec = ChangeSpec((path,), CHANGED, "the test", format="csv", options=OPTIONS, since=MADE, accept_unexpected=True)
    update_version(replace(spec, **more), base, base.facts.sources, folder / "version", apply_here)
    return open_version(folder / "version", CHANGED)


def held(lst: SuppressionList) -> dict[str, date | None]:
    """Every entry of a list with the last day on which it is in force; None for ever."""
    expiring = pl.DataFrame(schema={"key": pl.String, "expires_on": pl.Date})
    if lst.expiring_table is not None:
        expiring = lst.expiring_table.read()
    entries: dict[str, date | None] = dict(expiring.group_by("key").agg(pl.col("expires_on").max()).rows())
    for numbers in lst.phones.each() if lst.phones else ():
        entries |= dict.fromkeys((f"+{number}" for number in numbers.tolist()), None)
    for texts in lst.emails.each() if lst.emails else ():
        entries |= dict.fromkeys(texts, None)
    for rows in lst.digests.each() if lst.digests else ():
        entries |= dict.fromkeys((row.tobytes().hex() for row in rows), None)
    return entries | dict.fromkeys(lst.domains, None)


def after(before: dict[str, date | None], changes: list[Change]) -> tuple[dict[str, date | None], Changes]:
    """What a list holds after changes, entry by entry: the plain meaning of the words."""
    state, added, deleted, unchanged = dict(before), 0, 0, 0
    for change in sorted(changes, key=lambda one: one.day):
        was = (change.entry in state, state.get(change.entry))
        if change.action == "delete":
            state.pop(change.entry, None)
            deleted, unchanged = deleted + was[0], unchanged + (not was[0])
            continue
        longer = not was[0] or (was[1] is not None and (change.expires is None or change.expires > was[1]))
        if longer:
            state[change.entry] = change.expires
        added, unchanged = added + longer, unchanged + (not longer)
    return state, Changes(added=added, deleted=deleted, unchanged=unchanged)


_day = st.integers(0, 9).map(lambda days: MADE + timedelta(days=days))
_expires = st.none() | st.integers(20, 22).map(lambda days: MADE + timedelta(days=days))
_entry = st.sampled_from(ENTRIES)
_change = st.builds(Change, _entry, st.sampled_from(["add", "delete"]), _day, _expires)
_full = st.lists(st.tuples(_entry, _expires), min_size=1, max_size=12)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_full, st.lists(_change, min_size=1, max_size=14))
def test_changes_make_the_list_that_a_full_copy_would(
    full: list[tuple[str, date | None]], changes: list[Change]
) -> None:
    """Phones of several countries and emails, entries that expire among them, in any order of days."""
    with tempfile.TemporaryDirectory() as folder:
        base = loaded(Path(folder) / "base", [f"{entry},{expires or ''}" for entry, expires in full])
        expected, counted = after(held(base), changes)
        # One entry always stays: a list without entries is refused.
        changes = [*changes, Change("+12025550199", "add")]
        expected["+12025550199"] = None
        new = updated(Path(folder) / "new", base, changes)
        assert held(new) == expected
        counts = new.facts.counts
        assert counts.changes == counted.model_copy(update={"added": counted.added + 1})
        assert (counts.read, counts.refused) == (len(changes), {})
        again = loaded(Path(folder) / "again", [f"{entry},{expires or ''}" for entry, expires in expected.items()])
        for index in ("phones", "emails"):
            assert new.facts.indexes[index] == again.facts.indexes[index]
        phones = pl.Series([entry for entry in (*ENTRIES, "+12025550199") if entry.startswith("+")])
        assert new.phones is not None
        assert new.phones.contains(pl.select(number_key(pl.lit(phones))).to_series()).to_list() == [
            phone in expected and expected[phone] is None for phone in phones
        ]


def hashed(entry: str) -> str:
    return hashlib.sha256(entry.encode()).hexdigest()


@settings(max_examples=10, deadline=None)
@given(st.lists(_entry, min_size=1), st.lists(st.builds(Change, _entry, st.sampled_from(["add", "delete"]), _day)))
def test_hashed_lists_are_brought_forward_too(full: list[str], changes: list[Change]) -> None:
    changes = [replace(change, entry=hashed(change.entry)) for change in (*changes, Change("last", "add"))]
    with tempfile.TemporaryDirectory() as folder:
        base = loaded(Path(folder) / "base", [f"{hashed(entry)}," for entry in full], recipes=(RECIPE,))
        expected, counted = after(held(base), changes)
        new = updated(Path(folder) / "new", base, changes)
        assert (held(new), new.facts.counts.changes) == (expected, counted)
        again = loaded(Path(folder) / "again", [f"{entry}," for entry in expected], recipes=(RECIPE,))
        assert new.facts.indexes == again.facts.indexes


def test_domain_lists_are_brought_forward_too(tmp_path: Path) -> None:
    base = loaded(tmp_path / "base", ["example.com,", ".example.org,"], kind="email.domain_suppressed")
    changes = [Change(".example.org", "delete"), Change("@example.net", "add"), Change("example.com", "add")]
    new = updated(tmp_path / "new", base, changes)
    assert held(new) == {"example.com": None, "@example.net": None}
    assert new.facts.counts.changes == Changes(added=1, deleted=1, unchanged=1)


def test_what_was_said_of_a_deleted_entry_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "full.csv"
    path.write_text("phone,reason,date\n+12025550100,old,2026-01-01\n+12025550101,stays,2026-01-02\n")
    spec = ListSpec(list_kind("dnc.internal"), "own", (path,), MADE)
    build_version(spec, tmp_path / "version", apply_here)
    base = open_version(tmp_path / "version", MADE)
    day = date(2026, 11, 5)
    new = updated(
        tmp_path / "new",
        base,
        [Change("+12025550100", "delete", day), Change("+12025550100", "add", CHANGED)],
    )
    assert new.facts_table is not None
    rows = new.facts_table.read().select("key", "reason", "listed_on").sort("key").rows()
    assert rows == [("+12025550100", None, CHANGED), ("+12025550101", "stays", date(2026, 1, 2))]


def test_what_cannot_be_read_is_refused_and_kept(tmp_path: Path) -> None:
    base = loaded(tmp_path / "base", ["+12025550100,"])
    changes = [Change("+12025550101", "add"), Change("+1202555", "add"), Change("+12025550102", "perhaps")]
    with pytest.raises(ListError, match=r"2 of 3 entries \(67%\) cannot be read"):
        updated(tmp_path / "stopped", base, changes)
    new = updated(tmp_path / "new", base, changes, max_refused=1.0)
    counts = new.facts.counts
    assert (counts.read, counts.indexed, sum(counts.refused.values())) == (3, 2, 2)
    assert counts.refused["an action that is not declared"] == 1
    assert pl.read_parquet(tmp_path / "new/version/refused.parquet").get_column("text").to_list() == [
        "+12025550102",
        "+1202555",
    ]


def changing(tmp_path: Path, text: str, base: SuppressionList, **more: Any) -> SuppressionList:
    """Apply a registry's change file, in its declared layout."""
    path = tmp_path / "changes.txt"
    path.write_text(text)
    options = Options(change_layout="area,number,date,action")
    spec = replace(ChangeSpec((path,), CHANGED, "the test", options=options), **more)
    update_version(spec, base, base.facts.sources, tmp_path / "changed", apply_here)
    return open_version(tmp_path / "changed", CHANGED)


NEXT = "202,5550101,2026-11-01,A\n202,5550102,2026-11-02,A\n202,5550100,2026-11-03,D\n"


def test_a_registry_s_change_file(tmp_path: Path) -> None:
    base = loaded(tmp_path / "base", ["+12025550100,", "+12025550109,"], kind="dnc.national", covers=("202",))
    new = changing(tmp_path, NEXT, base)
    assert set(held(new)) == {"+12025550101", "+12025550102", "+12025550109"}
    facts = new.facts
    assert (facts.base, facts.changes_since, facts.as_of, facts.covers) == (base.facts.version, MADE, CHANGED, ["202"])
    assert facts.counts.changes == Changes(added=2, deleted=1, unchanged=0)


@pytest.mark.parametrize(
    ("text", "more", "error", "message"),
    [
        ("202,5550101,2026-11-03,A\n", {}, ListError, "Gap: 'own' is as of 2026-11-01, and the changes begin on 2026"),
        ("202,5550101,2026-11-03,A\n", {"since": date(2026, 11, 2)}, ListError, "Gap: "),
        (
            "202,5550101,2026-10-03,A\n",
            {"since": MADE},
            ListError,
            "dated 2026-10-03, before the 2026-11-01 of --since",
        ),
        ("202,5550101,2026-11-30,A\n", {"since": MADE}, ListError, "2026-11-30, after the 2026-11-10 of --as-of"),
        (NEXT, {"as_of": date(2026, 10, 31)}, ListError, "out of order"),
        (NEXT, {"as_of": MADE}, ListError, "would be applied twice"),
        (NEXT, {"action": "add"}, UsageError, "says itself what is added and deleted"),
        ("area,number\n", {}, ListError, "does not have the declared layout"),
        ("+12025550101\n", {"options": Options()}, UsageError, "does not say which entries of 'own' are added"),
        ("+12025\n+12026\n", {"options": Options(), "action": "add"}, ListError, "no usable entry among 2; 2 "),
    ],
)
def test_changes_that_do_not_follow_are_refused(
    tmp_path: Path, text: str, more: dict[str, Any], error: type[Exception], message: str
) -> None:
    base = loaded(tmp_path / "base", ["+12025550100,"], kind="dnc.national")
    with pytest.raises(error, match=message):
        changing(tmp_path, text, base, **more)


def test_changes_without_dates_need_to_be_told_since_when(tmp_path: Path) -> None:
    base = loaded(tmp_path / "base", ["+12025550100,"], kind="dnc.national")
    undated = Options(change_layout="number,action")
    with pytest.raises(UsageError, match="have no dates"):
        changing(tmp_path, "2025550101,A\n", base, options=undated)


def many(action: str, numbers: range, day: str = "2026-11-05") -> str:
    return "".join(f"202,555{number:04},{day},{action}\n" for number in numbers)


@pytest.mark.parametrize(("action", "what"), [("A", "on the list already"), ("D", "not on the list")])
def test_changes_that_belong_to_another_base_are_refused(tmp_path: Path, action: str, what: str) -> None:
    """Eleven of a hundred that were so already are too many, ten are not; days that the base has do not count."""
    listed = range(0, 11) if action == "A" else range(11, 100)
    base = loaded(tmp_path / "base", [f"+1202555{number:04}," for number in (*listed, 5000)])
    with pytest.raises(ListError, match=f"11 of 100 .*{what}"):
        changing(tmp_path, many(action, range(100)), base, since=MADE)
    enough = changing(tmp_path / "..", many(action, range(1, 100)), base, since=MADE)
    assert enough.facts.counts.changes is not None
    assert enough.facts.counts.changes.unchanged == 10


def test_days_that_base_and_changes_share_tell_nothing_of_the_base(tmp_path: Path) -> None:
    base = loaded(tmp_path / "base", [f"+1202555{number:04}," for number in range(100)])
    new = changing(tmp_path, many("A", range(100), "2026-11-01") + many("A", range(200, 203)), base)
    assert new.facts.counts.changes == Changes(added=3, deleted=0, unchanged=100)


def test_a_file_applied_before_is_refused(tmp_path: Path) -> None:
    base = loaded(tmp_path / "base", ["+12025550100,"], kind="dnc.national")
    changing(tmp_path, NEXT, base)
    new = open_version(tmp_path / "changed", CHANGED)
    spec = ChangeSpec((tmp_path / "changes.txt",), date(2026, 11, 12), "the test", action="add")
    with pytest.raises(ListError, match="was applied to 'own' already"):
        update_version(spec, new, new.facts.sources, tmp_path / "twice", apply_here)


def test_changes_that_leave_nothing_are_refused(tmp_path: Path) -> None:
    base = loaded(tmp_path / "base", ["+12025550100,"])
    with pytest.raises(ListError, match="leave no entry"):
        updated(tmp_path / "new", base, [Change("+12025550100", "delete")])

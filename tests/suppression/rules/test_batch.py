"""What a batch knows of its rows by few forms and places is what the rows themselves say."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas.coded_findings import coded
from schemas.evidence import CampaignEvidence, VendorEvidence
from schemas.findings import FINDING_SCHEMA
from suppression.rules.batch import Batch
from suppression.rules.consent import BIT, LACKS, bits_where
from suppression.rules.facts import Facts
from suppression.rules.row_locations import locations_of_rows
from suppression.rules.setting import Setting
from suppression.rules.time_windows import NEVER, dates_of

_FORMS = [("mobile", "US"), ("fixed_line_or_mobile", "CA"), (None, None), ("mobile", "GB"), ("mobile", None)]
#: What tells where a row is: number, its region and zones, and the address.
_PLACES = [
    ("+12025550101", "US", ["America/New_York"], "US", "DC", "20001"),
    ("+16155550101", "US", ["America/Chicago"], None, None, None),
    ("+447400123456", "GB", ["Europe/London"], "GB", None, "SW1A 1AA"),
    ("+61412345678", "AU", ["Australia/Sydney", "Australia/Perth"], "AU", "WA", "6000"),
    (None, None, None, "US/CA", "TX", None),
    (None, None, None, None, None, "96801"),
]
_FINDINGS = st.tuples(
    st.integers(7, 10),
    st.sampled_from([None, "phone", "email"]),
    st.sampled_from(["dnc.internal", "sale.opted_out", "phone.invalid"]),
)


@given(st.lists(st.integers(0, len(_FORMS) - 1), min_size=1, max_size=20))
def test_a_form_tells_what_each_of_its_rows_has(forms: list[int]) -> None:
    told = {"phone:type": [_FORMS[form][0] for form in forms], "phone:region": [_FORMS[form][1] for form in forms]}
    frame = pl.DataFrame(told, {"phone:type": pl.String, "phone:region": pl.String})
    batch = Batch(frame.with_columns(pl.Series("phone:form", forms, pl.Int32) * 1000))
    for name, cells in told.items():
        found = batch.coded(name)
        assert [found.values[at] for at in found.of_row] == cells
        assert found.among(["mobile", "CA"]).tolist() == [cell in ("mobile", "CA") for cell in cells]


def _facts(rows: list[int], found: list[tuple[int, str | None, str]]) -> Facts:
    names = ("phone", "phone:region", "phone:zones", "country", "state", "postal_code")
    types = {name: pl.List(pl.String()) if name == "phone:zones" else pl.String() for name in names}
    frame = pl.DataFrame([_PLACES[row] for row in rows], types, orient="row")
    ids = pl.Series("row_id", range(7, 7 + len(rows)), pl.UInt64)
    known = pl.DataFrame([(*each, "block", "list", "", None) for each in found], FINDING_SCHEMA, orient="row")
    setting = Setting(date(2026, 11, 21), ("call",), "US", None, CampaignEvidence(), VendorEvidence(), ())
    return Facts(frame.with_columns(ids, is_lead=True), coded(known), setting, "US", lambda region: 1)


@given(st.lists(st.integers(0, len(_PLACES) - 1), min_size=1, max_size=12), st.data())
def test_some_rows_are_where_they_are_among_all(rows: list[int], data: st.DataObject) -> None:
    some = sorted(data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1)))
    facts = _facts(rows, [])
    usable = {"phone": facts.frame.get_column("phone").is_not_null()}
    places, of_all = locations_of_rows(facts, usable)
    found, of_some = locations_of_rows(facts, usable, np.array(some))
    assert [[str(found[at]) for at in each] for each in of_some] == [
        [str(places[each[at]]) for at in some] for each in of_all
    ]
    alone = _facts([rows[at] for at in some], [])
    found, of_alone = locations_of_rows(alone, {"phone": alone.frame.get_column("phone").is_not_null()})
    known = [{str(found[each[at]]) for each in of_alone} | {"None"} for at in range(len(some))]
    assert known == [{str(places[each[at]]) for each in of_all} | {"None"} for at in some]


@given(st.lists(_FINDINGS, max_size=12))
def test_a_list_holds_the_points_of_which_it_was_found(found: list[tuple[int, str | None, str]]) -> None:
    facts = _facts([0, 1, 2, 3], found)
    for kind in ("dnc.internal", "sale.opted_out"):
        held = {row for row, point, code in found if (point, code) == ("phone", kind)}
        assert facts.listed("phone", (kind,)).tolist() == [row in held for row in range(7, 11)]
    # What is no list's finding says of no list.
    assert not facts.listed("phone", ("phone.invalid",)).any()


@given(st.lists(st.one_of(st.none(), st.dates())))
def test_days_are_dates_and_never_is_none(dates: list[date | None]) -> None:
    epoch = date(1970, 1, 1)
    days = np.array([NEVER if day is None else (day - epoch) // timedelta(days=1) for day in dates], np.int32)
    made = dates_of(days)
    assert made.dtype == pl.Date
    assert made.to_list() == dates


@given(st.lists(st.booleans()), st.sampled_from(list(LACKS)))
def test_a_bit_is_where_it_lacks(where: list[bool], name: str) -> None:
    assert bits_where(np.array(where, np.bool_), name).tolist() == [int(BIT[name]) if each else 0 for each in where]

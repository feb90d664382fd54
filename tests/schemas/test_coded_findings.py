"""Findings in numbers say what findings in full say, in the same order."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas.coded_findings import coded, said_alike, together
from schemas.findings import FINDING_SCHEMA, findings, no_findings

_ROWS = st.lists(
    st.tuples(
        st.one_of(st.integers(5, 9), st.integers(5, 1 << 40)),
        st.sampled_from([None, "phone", "email"]),
        st.sampled_from(["phone.invalid", "email.role"]),
        *(st.sampled_from([text]) for text in ("flag", "test")),
        st.sampled_from(["one", "other"]),
        st.sampled_from([None, "call"]),
    ),
    max_size=12,
)


def _frame(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, FINDING_SCHEMA, orient="row")


@given(st.lists(_ROWS, max_size=4))
def test_together_and_by_row(parts: list[list[tuple[object, ...]]]) -> None:
    whole = pl.concat([no_findings(), *map(_frame, parts)])
    found = together(coded(_frame(rows)) for rows in parts)
    assert len(found) == len(whole)
    assert found.frame().equals(whole)
    assert found.by_row().frame().equals(whole.sort("row_id", maintain_order=True))
    assert found.places(5).tolist() == [row - 5 for row in whole["row_id"]]


def test_what_is_said_alike_is_what_a_finding_of_each_row_says() -> None:
    ids = pl.DataFrame({"row_id": [7, 9]}, schema={"row_id": pl.UInt64})
    alike = said_alike(ids["row_id"].to_numpy(), "row.short", source="reader", detail="short")
    assert alike.frame().equals(findings(ids, "row.short", source="reader", detail="short"))

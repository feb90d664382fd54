"""Whatever people decided: what blocks goes on to block, and only the very finding that was released is lifted."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.context import Context, Reviewed, Source
from pipeline.results.decisions import DECISIONS, DENY, RELEASE
from pipeline.stages.checks import Batch
from pipeline.stages.reviewed import reviewed_stage
from schemas.coded_findings import coded
from schemas.findings import FINDING_SCHEMA

_ROWS = 4
_POINTS = st.sampled_from([None, "phone", "email"])
_CODES = st.sampled_from(["rules.no_country", "dnc.internal", "consent.one_second"])
_DETAILS = st.sampled_from(["one", "two"])
_CHANNELS = st.sampled_from([None, "call"])
_FINDING = st.tuples(
    st.integers(0, _ROWS - 1), _POINTS, _CODES, st.sampled_from(["block", "review", "flag"]), _DETAILS, _CHANNELS
)
_DECISION = st.tuples(
    st.integers(0, _ROWS),
    _POINTS,
    _CODES,
    _DETAILS,
    _CHANNELS,
    st.sampled_from([RELEASE, DENY]),
    st.sampled_from(["d", "e"]),
)
_SOURCE = cast("Source", SimpleNamespace(table=SimpleNamespace(name="drop.csv", sheet=None)))


def _found(drawn: list[tuple[Any, ...]]) -> pl.DataFrame:
    rows = [
        {"row_id": row, "point": point, "code": code, "effect": effect, "source": "s", "detail": detail, "channel": on}
        for row, point, code, effect, detail, on in drawn
    ]
    return pl.DataFrame(rows, FINDING_SCHEMA)


def _decided(drawn: list[tuple[Any, ...]]) -> pl.DataFrame:
    fixed = {"by": "Ann", "on": date(2026, 11, 21), "evidence": "DOC", "review": "r", "source_member": None}
    rows = [
        {**fixed, "source_line": row + 2, "source_sha256": drop, "decision": word}
        | {"point": point, "code": code, "detail": detail, "channel": channel}
        for row, point, code, detail, channel, word, drop in drawn
    ]
    return pl.DataFrame(rows, DECISIONS)


@given(st.lists(_FINDING, max_size=12), st.lists(_DECISION, max_size=12))
def test_a_decision_lifts_that_finding_of_that_row_and_no_block(
    findings: list[tuple[Any, ...]], decisions: list[tuple[Any, ...]]
) -> None:
    frame = pl.DataFrame({"row_id": pl.Series(range(_ROWS), dtype=pl.UInt64), "source_line": range(2, _ROWS + 2)})
    context = cast("Context", SimpleNamespace(points=(), reviewed=Reviewed(_decided(decisions), ("d",))))
    _, coded_findings = reviewed_stage(Batch(0, frame, coded(_found(findings))), _SOURCE, context)
    told = coded_findings.frame()
    ours = [decision for decision in decisions if decision[6] == "d"]
    released = {decision[:5] for decision in ours if decision[5] == RELEASE}
    lifted = [effect == "review" and (*line, detail, on) in released for *line, effect, detail, on in findings]
    expected = [
        (row, point, code, "flag" if is_lifted else effect, detail, on)
        for (row, point, code, effect, detail, on), is_lifted in zip(findings, lifted, strict=True)
    ]
    kept = told.filter(~pl.col("code").str.starts_with("review."))
    assert kept.select("row_id", "point", "code", "effect", "detail", "channel").rows() == expected
    denied = {decision[0] for decision in ours if decision[5] == DENY and decision[0] < _ROWS}
    blocks = told.filter(code="review.denied")
    assert sorted(blocks.get_column("row_id")) == sorted(denied)
    assert set(blocks.get_column("effect")) <= {"block"}
    assert len(told.filter(code="review.released")) == sum(lifted)

"""What checks declare of themselves is what they do, and what the register of codes knows."""

from __future__ import annotations

import json

import polars as pl
import pytest

from pipeline.context import Context
from pipeline.run import batch_steps
from pipeline.stages.checks import Batch, BatchCheck, RunCheck, in_order
from pipeline.stages.registry import CHECKS, FIRST_PASS, RUN_CHECKS, SECOND_PASS, deciding
from schemas.coded_findings import CodedFindings
from schemas.codes import CODES, ERASED_ROW
from schemas.frame_columns import POINT_COLUMNS
from tests.conftest import Scrub, leadscrub
from tests.pipeline.rough import rough_drop


def test_the_union_of_declared_codes_is_the_register() -> None:
    assert sorted(frozenset([ERASED_ROW]).union(*(check.codes for check in CHECKS))) == sorted(CODES)


def test_columns_beside_points_are_added_by_one_check_each() -> None:
    """But for `usable`, which the decision adds."""
    added = [name for check in CHECKS for name in check.adds]
    assert len(added) == len(set(added))
    declared = {name for column in POINT_COLUMNS for name in column.names if column.suffix != ":usable"}
    assert {name for name in added if ":" in name} == declared


@pytest.mark.parametrize("code", CODES)
def test_reasons_names_the_checks_that_decide(code: str) -> None:
    names = [check.name for check in deciding(code)] or ["leadscrub subject erase"]
    ran = leadscrub("reasons", code)
    assert f"decided by   {' or '.join(names)}\n" in ran.out
    assert json.loads(leadscrub("reasons", code, "--json").out)["checks"] == names


def test_checks_that_wait_for_each_other_are_refused() -> None:
    class One(RunCheck):
        name, codes, after = "one", frozenset(), ("two",)

    class Two(RunCheck):
        name, codes, after = "two", frozenset(), ("one",)

    with pytest.raises(AssertionError, match=r"checks wait for each other: \['one', 'two'\]"):
        in_order([One, Two])  # type: ignore[type-abstract]  # they are never made
    assert [check.name for check in in_order(RUN_CHECKS)] == ["consent_audit", "history", "dedupe", "mail_check"]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[BatchCheck, set[str], set[str]]]:
    """Columns that each batch check adds in a run, and codes that it finds."""
    seen: list[tuple[BatchCheck, set[str], set[str]]] = []

    def watching(check: BatchCheck) -> BatchCheck:
        def work(batch: Batch, source: object, context: Context) -> tuple[pl.DataFrame, pl.DataFrame | CodedFindings]:
            frame, found = check.work(batch, source, context)  # type: ignore[arg-type]  # handed on as it is
            before = set(batch.findings.said.get_column("code")) if check.reviews else set()
            said = found.said if isinstance(found, CodedFindings) else found
            codes = set(said.get_column("code")) - before
            seen.append((check, set(frame.columns) - set(batch.frame.columns), codes))
            return frame, found

        return check._replace(work=work)

    monkeypatch.setattr(batch_steps, "FIRST_PASS", tuple(map(watching, FIRST_PASS)))
    monkeypatch.setattr(batch_steps, "SECOND_PASS", tuple(map(watching, SECOND_PASS)))
    return seen


def test_batch_checks_add_and_find_what_they_declare(
    watched: list[tuple[BatchCheck, set[str], set[str]]], scrub: Scrub
) -> None:
    ran = scrub(rough_drop(200), "--rules", "us", channels=("call", "text", "email"))
    assert ran.code == 0, ran.err
    assert {check.name for check, _, _ in watched} == {check.name for check in (*FIRST_PASS, *SECOND_PASS)}
    for check, added, codes in watched:
        assert added <= set(check.adds), check.name
        assert {code for code in codes if code in CODES} <= check.codes, check.name

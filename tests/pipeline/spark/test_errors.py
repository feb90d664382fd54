"""What a task says when something goes wrong in it: where, and nothing of a row."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

import leadscrub
from pipeline.reading.arrow_batches import text_frame
from pipeline.spark import check_part
from pipeline.spark.notes import Failed, PartChecked, heard, told
from pipeline.spark.tasks import stopped
from tests.conftest import DAY

pytest.importorskip("pyspark", reason="the extra leadscrub[spark] is not installed")


def test_an_error_that_nobody_foresaw_names_file_and_line_and_no_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pa.table({"phone": ["303-499-7111"]})
    screener = leadscrub.Screener(rows, as_of=date.fromisoformat(DAY), channels=["call"], region="US", no_lists=True)

    def fails(*_: Any) -> None:
        raise ValueError("303-499-7111 is too much")

    monkeypatch.setattr(check_part, "_check_batch", fails)
    frames = iter([text_frame(rows, ["phone"], ["phone"], first=41)])
    job: Any = SimpleNamespace(work=tmp_path)
    with pytest.raises(RuntimeError) as error:
        check_part._check(job, screener._context, screener._source, frames, PartChecked(0, 0))
    said = re.sub(r"test_errors\.py:\d+", "FILE", str(error.value))
    assert said == "leadscrub: internal error (ValueError at FILE) in 'batch', in the batch that begins on line 42"
    assert error.value.__suppress_context__
    shown = str(stopped(RuntimeError(f"Job aborted … ValueError: 303-499-7111\nRuntimeError: {said}\n at …")))
    assert "'batch', in the batch that begins on line 42" in shown
    assert "303" not in shown
    assert "303" not in str(stopped(RuntimeError("303-499-7111")))


def test_an_error_that_a_person_can_do_something_about_comes_back_as_it_was() -> None:
    def fails() -> None:
        raise leadscrub.ConfigError(["no such pack"], "Name another.")

    (batch,) = told(3, fails)
    rows = batch.to_pylist()
    assert rows[0]["part"] == 3
    with pytest.raises(leadscrub.ConfigError, match=r"no such pack\. Name another\.") as error:
        heard(rows, Failed)
    assert error.value.exit_code == 3

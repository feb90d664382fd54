"""No cell and no header that we write is run by a spreadsheet, whatever stands before its sign."""

from __future__ import annotations

import csv
import sys
import unicodedata
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.results.formula_cells import SIGNS, neutralised, neutralised_text
from pipeline.results.vendor_csv import ReturnFile
from pipeline.returning.files import file_form, write_file
from schemas.contracts import ReturnTerms
from tests.conftest import REPO

#: Letters and marks that show nothing and are neither a blank nor a control.
BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800\u034f\u180b\ufe0f\U000e0100"
#: What one Unicode version does not know, another may call a letter.
KNOWN = st.characters(exclude_categories=("Cn", "Cs"))
UNSEEN = st.characters(categories=("Z", "Cc", "Cf", "Co")) | st.sampled_from(BLANK_LETTERS)
HOSTILE = [
    "=1+1",
    " =1",
    "\u200b=1",
    "\ufeff+1",
    "\u3164@x",
    "\u2800-1",
    "\uff1d1",
    "\u202e=1",
    "\u00a0\uff0d1",
    "\x1b=1",
]


def runs(text: str) -> bool:
    """Whether the first character that shows is one that a formula begins with, in any of its forms."""
    seen = text.lstrip("".join({letter for letter in text if unicodedata.category(letter)[0] in "ZC"}) + BLANK_LETTERS)
    return unicodedata.normalize("NFKC", seen)[:1] in {"=", "+", "-", "@", "\N{MINUS SIGN}"}


@given(st.text(UNSEEN, max_size=3), st.sampled_from(SIGNS), st.text(KNOWN, max_size=3))
@example("", "=", "cmd|' /C calc'!A0")
def test_a_sign_behind_anything_unseen_is_neutralised(before: str, sign: str, rest: str) -> None:
    text = before + sign + rest
    assert neutralised_text(text) == "'" + text
    assert not runs(neutralised_text(text))


@given(st.text(KNOWN))
def test_what_nobody_runs_stays_as_it_is(text: str) -> None:
    written = pl.DataFrame({"cell": [text, None]}).select(neutralised(pl.col("cell"))).to_series().to_list()
    assert written == ["'" + text if text and written[0] != text else text, None]
    assert runs(text) <= (written[0] != text)
    if written[0] != text:
        assert runs(text) or any(letter in "\t\r\n" for letter in text), "nothing else is touched"


def test_every_form_of_a_sign_is_known() -> None:
    forms = {chr(code) for code in range(sys.maxunicode + 1) if unicodedata.normalize("NFKC", chr(code)) in set("=+-@")}
    assert forms <= set(SIGNS)


def test_headers_and_cells_of_both_kinds_of_return_are_neutralised(tmp_path: Path) -> None:
    columns = (*HOSTILE, "plain", "'=1+1")
    original = dict.fromkeys(columns, "x") | {"plain": "\u200b=cmd", "=1+1": "\uff0b2"}
    rows = pl.DataFrame(
        {
            "row_id": pl.Series([0], dtype=pl.UInt64),
            "source_file": [" =drop.csv"],
            "source_line": pl.Series([2], dtype=pl.UInt64),
            "disposition": ["return"],
            "reason": ["phone.invalid"],
            "reasons": [["phone.invalid"]],
            "raw": ["\u3000@raw"],
            "phrase": ["\ufeff=bad"],
            "original": [original],
        }
    )
    returned = ReturnFile(tmp_path / "acme.csv", columns)
    returned.add(returned.formed(rows.to_arrow(compat_level=pl.CompatLevel.oldest())))
    terms = ReturnTerms.model_validate({"window": "10d", "reasons": {"phone.invalid": "bad"}, "reason_column": "=why"})
    for name in ("own.csv", "own.xlsx"):
        chosen = terms.model_copy(update={"format": name.rpartition(".")[2]})
        write_file(tmp_path / name, file_form(chosen, columns, has_unreadable=True), [rows], date(2026, 11, 21))
    tables = []
    for name in ("acme.csv", "own.csv"):
        with (tmp_path / name).open(encoding="utf-8", newline="") as stream:
            tables.append(list(csv.reader(stream)))
    sheet = pl.read_excel(tmp_path / "own.xlsx", has_header=False, infer_schema_length=0)
    tables.append([list(row) for row in sheet.iter_rows()])
    for table in tables:
        assert [len(table), len(set(table[0]))] == [2, len(table[0])]
        assert not [cell for row in table for cell in row if runs(cell)]
        assert {"'\u200b=cmd", "'\uff0b2", "'\u3000@raw"} <= set(table[1])
        assert [each.removeprefix("'") for each in table[0] if each.removeprefix("'") in HOSTILE] == HOSTILE


@pytest.mark.parametrize("marker", ["write_csv(", "xlsxwriter"])
def test_no_table_is_written_elsewhere(marker: str) -> None:
    """Whoever writes a CSV or a workbook neutralises it with the one function."""
    packages = [path for name in ("pipeline", "suppression", "schemas") for path in (REPO / name).rglob("*.py")]
    writing = [text for path in packages if marker in (text := path.read_text(encoding="utf-8"))]
    assert writing
    assert all("formula_cells import" in text for text in writing)

"""A vendor may call its columns what it likes: no name is a pattern, a path or a command to us."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.exceptions import PanicException

from schemas.files.unique_names import unique_names
from tests.conftest import DAY, leadscrub

pytestmark = pytest.mark.slow

#: Names that mean something to polars, Arrow, Parquet, a spreadsheet or a shell.
HOSTILE = [
    *("*", "^.*$", "^phone$", "^email$", "^*$", "^[$", "^(?P<x>phone)$", "$", "^", ".*", "phone*", "src:*"),
    *(
        "row_id",
        "original",
        "raw",
        "source_line",
        "is_lead",
        "phone:key",
        "extra",
        "_",
        "literal",
        "len",
        "",
        " ",
        "a.b",
    ),
    *(
        "a\x00b",
        "\x00",
        "=1+1",
        "@x",
        "+x",
        "'x'",
        '"x"',
        "--",
        "${HOME}",
        "{}",
        "{name}",
        "[x]",
        "\\",
        "ß",
        "İ",
        "\u202e",
        "😀",
    ),
]
ROWS = [("2025550101", "ann@example.com", "a"), ("2025550102", "bo@example.com", "b"), ("5", "x", "c")]
FORMATS = ("csv", "json", "jsonl", "parquet", "arrow", "xlsx")


def write(folder: Path, form: str, names: Sequence[str]) -> Path:
    """Write the rows under ``phone``, ``email`` and these names; every cell of these is the letter of its row."""
    header = ["phone", "email", *names]
    rows = [[phone, email, *([letter] * len(names))] for phone, email, letter in ROWS]
    path = folder / f"drop.{form}"
    objects = [dict(zip(header, row, strict=True)) for row in rows]
    if form == "csv":
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows([header, *rows])
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
    elif form == "json":
        path.write_text(json.dumps(objects), encoding="utf-8")
    elif form == "jsonl":
        path.write_text("\n".join(map(json.dumps, objects)), encoding="utf-8")
    elif form == "xlsx":
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for at, row in enumerate([header, *rows]):
                for column, cell in enumerate(row):
                    sheet.write_string(at, column, cell)
    else:
        frame = pl.DataFrame(objects)
        (frame.write_parquet if form == "parquet" else frame.write_ipc)(path)
    return path


def check(form: str, names: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        drop, out = write(Path(folder), form, names), Path(folder) / "out"
        ran = leadscrub(
            *("scrub", drop, "-o", out, "--channel", "call", "--channel", "email", "--region", "US"),
            *("--as-of", DAY, "--threads", "1", "--vendor", "acme", "--no-lists"),
        )
        assert ran.code == 0, ran.err
        columns = unique_names(["phone", "email", *names])
        rejected = pl.read_parquet(out / "rejected.parquet")
        expected = [
            dict(zip(columns, [phone, email, *([letter] * len(names))], strict=True)) for phone, email, letter in ROWS
        ]
        # Reserved numbers and domains: every row is rejected, and goes back as it came.
        assert rejected.get_column("original").to_list() == expected
        with (out / "returns" / "acme.csv").open(encoding="utf-8", newline="") as stream:
            returned = list(csv.reader(stream))
        assert [row[3 : 3 + len(columns)] for row in returned[1:]] == [[*row.values()] for row in expected]
        extra = rejected.get_column("extra").to_list()
        # A name such as ^phone$ may be taken for a second phone; a struct without fields has one, "_", that is null.
        if list(extra[0]) != ["_"] or "_" in columns:
            assert [[*row.values()] for row in extra] == [[letter] * len(extra[0]) for _, _, letter in ROWS]
        assert leadscrub("verify", out).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_hostile_names_are_names(form: str) -> None:
    check(form, [name for name in HOSTILE if form in {"json", "jsonl"} or "\x00" not in name])


_NAMES = st.lists(
    st.sampled_from(HOSTILE)
    # With a sign for addresses inside, the first line is taken for a lead.
    | st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="@"), max_size=6).map(
        lambda text: f"^{text}$"
    ),
    min_size=1,
    max_size=4,
    unique=True,
)


@settings(max_examples=8)
@given(st.sampled_from(FORMATS), _NAMES)
@example("jsonl", ["a\x00b", "a␀b"])
@example("csv", ["^phone$", "*"])
def test_any_name_goes_through_a_whole_scrub(form: str, names: list[str]) -> None:
    check(form, [name for name in names if form in {"json", "jsonl"} or "\x00" not in name])


def test_a_panic_of_native_code_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no `Exception`, and its message may quote cells."""

    def panic(*_: object, **__: object) -> int:
        raise PanicException("2125550100")

    monkeypatch.setattr("pipeline.cli.main._command_line", lambda _: SimpleNamespace(main=panic))
    ran = leadscrub("reasons")
    assert (ran.code, "internal error (PanicException)" in ran.err, "2125550100" in ran.err) == (1, True, False)

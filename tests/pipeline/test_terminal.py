"""What is printed to a file looks as rich would print it, which is not loaded for that."""

from __future__ import annotations

import io
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich import box
from rich.console import Console
from rich.table import Table

from pipeline.terminal import plain_table, print_text

_CELLS = st.text(string.ascii_letters + string.digits + string.punctuation + "  é表", max_size=70)


@given(
    right=st.lists(st.booleans(), min_size=1, max_size=4),
    rows=st.lists(st.lists(_CELLS, min_size=4, max_size=4), max_size=4),
    head=st.lists(_CELLS, min_size=4, max_size=4),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_table_is_laid_out_as_by_rich(
    capsys: pytest.CaptureFixture[str], right: list[bool], rows: list[list[str]], head: list[str]
) -> None:
    table = plain_table()
    theirs = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name, at_right in zip(head, right, strict=False):
        for each in (table, theirs):
            each.add_column(name, justify="right" if at_right else "left")
    for row in rows:
        for each in (table, theirs):
            each.add_row(*row[: len(right)])
    expected = io.StringIO()
    Console(file=expected, width=160, markup=False, emoji=False, highlight=False).print(theirs)
    capsys.readouterr()
    table.print()
    assert capsys.readouterr().out == expected.getvalue()


def test_styles_are_for_terminals(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    print_text(("a", "bold"), " b")
    assert capsys.readouterr().out == "a b\n"
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_text(("a", "bold"), " b")
    assert capsys.readouterr().out == "\x1b[1ma\x1b[0m b\n"

"""Loops give the same answers compiled and in Python, and take nothing but what they declare."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.columns.date_cells import in_figures
from pipeline.columns.fixed_dates import FIGURE_FORMS, ISO_FORMS, WORD_FORMS, fixed_instants
from schemas.contact.blank import BLANKS, EMPTY_NAME_WORDS, EMPTY_WORDS, ERROR_WORDS, NAME_BLANKS, POINT_BLANKS, trimmed
from schemas.contact.email import email_forms
from schemas.contact.known import Cells, KnownNumbers, KnownWords
from schemas.contact.phone_points import phone_points
from schemas.files.csv_cells import cut_text
from schemas.kernels import kernel
from schemas.kernels.phones import e164_text
from schemas.support.text_views import texts_of
from tests.schemas.test_email_values import made_up_addresses
from tests.schemas.test_numbering_values import REGIONS, made_up_values


def _answers() -> list[pl.DataFrame]:
    values, regions = zip(*itertools.islice(made_up_values(5, REGIONS, {}), 800), strict=True)
    addresses = list(itertools.islice(made_up_addresses(5), 800))
    dates = [
        "2026-02-29",
        "2024-02-29T23:59:59Z",
        "31/12/1999",
        "12.31.2026 24:00:00",
        "07 MAR 2026",
        "07 Mae 2026",
        "",
    ]
    cuts = [cut for text in _TABLES if (cut := cut_text(text.encode(), ",", ["a", "b"])) is not None]
    return [
        phone_points(pl.Series(values, dtype=pl.String), pl.Series(regions, dtype=pl.String)),
        email_forms(pl.Series(addresses)),
        *(
            fixed_instants(pl.Series([*dates, None]), forms).to_frame()
            for forms in (ISO_FORMS, WORD_FORMS, *FIGURE_FORMS.values())
        ),
        in_figures(pl.Series(dates)).to_frame(),
        BLANKS.cleaned(pl.Series([*addresses, " x ", None, "n/a", f" {'long ' * 3}"])).to_frame(),
        pl.DataFrame([KnownWords(["ann", "info"]).among(Cells(pl.Series([*addresses, "INFO"])), "@")]),
        pl.DataFrame([KnownNumbers(["+1...55501..", "+44"]).among(Cells(pl.Series(values, dtype=pl.String)))]),
        *(cut.cells for cut in cuts),
        *(pl.DataFrame([pl.Series(texts_of(cells))]) for cut in cuts for cells in cut.cells.get_columns()),
    ]


#: Modules whose kernels are.
_ASKED = ("cells_", "csv_cells_", "dates_", "emails_", "laid_out_", "phones_")
_TABLES = [
    'a,b\r\n"a ""quoted"" cell",""\n\n"""",longer than a view holds\nragged\n"two\nlines",\nopen',
    '"no end\n',
    'a"b,c\n',
    '"a"b,c\n',
    'ragged,"two\nlines",c\n',
    "\n\n\n\n\n\n\n\n",
]


def test_what_is_compiled_answers_as_python_does(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = _answers()
    asked = [each for name, each in kernel.KERNELS.items() if name.startswith(_ASKED)]
    assert [each.name for each in asked if each._entry is None] == []
    monkeypatch.setattr(kernel, "FEW_ROWS", 1 << 30)
    for each in kernel.KERNELS.values():
        monkeypatch.setattr(each, "_entry", None)
    for found, expected in zip(_answers(), compiled, strict=True):
        assert found.equals(expected, null_equal=True)


_WORDS = sorted(EMPTY_WORDS | ERROR_WORDS)
_UNSEEN = "\u0085\u00a0\u00ad\u1680\u2000\u200f\u2028\u202f\u205f\u2064\u3000\ufeff \t\n\0"
_cells = st.one_of(
    st.none(),
    st.builds(
        "{}{}{}".format,
        st.text(_UNSEEN, max_size=3),
        st.one_of(
            st.sampled_from(_WORDS),
            st.sampled_from(_WORDS).map(str.upper),
            st.sampled_from(
                ["un\u212anown", "(BLAN\u212a)", "___", "_a", "\u2010", "\u2030", "\U0001f600", "jos\u00e9"]
            ),
            st.text(max_size=9),
        ),
        st.text(_UNSEEN, max_size=3),
    ),
)


@given(st.lists(_cells, max_size=30), st.integers(0, 3))
def test_cells_are_cleaned_as_patterns_would(cells: list[str | None], start: int) -> None:
    column = pl.Series("cell", cells, dtype=pl.String).slice(start)
    text = column.to_frame().select(trimmed(pl.col("cell"))).to_series()
    for blanks, words, lines in (
        (BLANKS, EMPTY_WORDS, True),
        (POINT_BLANKS, EMPTY_WORDS - ERROR_WORDS, True),
        (NAME_BLANKS, EMPTY_NAME_WORDS, False),
    ):
        expected = [
            None if cell is None or cell.lower() in words or (lines and cell.strip("_") == "") else cell
            for cell in text
        ]
        assert blanks.cleaned(column).to_list() == expected


@given(st.lists(_cells, max_size=9))
def test_cells_are_cleaned_in_however_many_buffers_they_are(cells: list[str | None]) -> None:
    few = pl.Series("cell", cells, dtype=pl.String)
    parts = [few, few.str.to_uppercase(), few + " and behind it more", few, (few + " \t").slice(1)]
    column = pl.concat(parts, rechunk=False)
    cleaned = BLANKS.cleaned(column)
    assert cleaned.name == "cell"
    assert cleaned.to_list() == [cell for part in parts for cell in BLANKS.cleaned(part)]


def test_arrays_of_another_type_or_with_gaps_are_refused() -> None:
    numbers, views, data = np.arange(4), np.zeros(64, np.uint8), np.empty(80, np.uint8)
    wrongs: list[Any] = [numbers.astype(np.int32), numbers[::2], numbers.reshape(2, 2)]
    for wrong in wrongs:
        with pytest.raises(TypeError, match="phones_e164_text"):
            e164_text(wrong, views, data)
    with pytest.raises(TypeError, match="by position"):
        e164_text(numbers=numbers, views=views, data=data)

"""Dates with figures at fixed places are read as `datetime.strptime` reads them, and nothing else is."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import polars as pl
import pytest

from pipeline.columns.date_cells import FIGURES, in_figures
from pipeline.columns.fixed_dates import FIGURE_FORMS, ISO_FORMS, WORD_FORMS, fixed_instants

_STRPTIME = {"yyyy": "%Y", "mm": "%m", "dd": "%d", "hh": "%H", "nn": "%M", "ss": "%S", "ooo": "%b"}
_WORDS = ("Jan", "feb", "MAR", "apr", "May", "jun", "Jul", "aug", "Sep", "oct", "Nov", "DEC", "xyz")


def _said(text: str, form: str) -> datetime | None:
    """Python's own reading, within the years that are read and to the figure."""
    if len(text) != len(form) or any(letter in "ymdhns" and not text[at].isdecimal() for at, letter in enumerate(form)):
        return None
    # Any of its signs may stand at each of these places.
    signs = {"T": "T ", "/": "/.-"}
    plain = "".join(
        place if letter in signs.get(place, "") else letter for letter, place in zip(text, form, strict=True)
    )
    try:
        read = datetime.strptime(plain, re.sub("yyyy|mm|dd|hh|nn|ss|ooo", lambda part: _STRPTIME[part[0]], form))
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if 1800 <= read.year < 2200 else None


def _written(draw: random.Random, form: str) -> str:
    parts = {
        "yyyy": f"{draw.choice([draw.randint(1, 9999), draw.randint(1795, 2205)]):04}",
        "mm": f"{draw.randint(0, 13):02}",
        "dd": f"{draw.choice([draw.randint(0, 32), 28, 29, 30, 31]):02}",
        "hh": f"{draw.randint(0, 24):02}",
        "nn": f"{draw.randint(0, 60):02}",
        "ss": f"{draw.randint(0, 59):02}",
        "ooo": draw.choice(_WORDS),
        "T": draw.choice("TT  _"),
        "/": draw.choice("/.-:"),
    }
    text = re.sub("yyyy|mm|dd|hh|nn|ss|ooo|T|/", lambda part: parts[part[0]], form)
    place = draw.randrange(len(text))
    return text if draw.random() < 0.9 else text[:place] + draw.choice("x /0") + text[place + 1 :]


@pytest.mark.parametrize("form", [*ISO_FORMS, *WORD_FORMS, *FIGURE_FORMS["mdy"], *FIGURE_FORMS["dmy"]])
def test_made_up_dates_are_read_as_python_reads_them(form: str) -> None:
    draw = random.Random(form)
    texts = [_written(draw, form) for _ in range(4_000)]
    said = [_said(text, form) for text in texts]
    assert sum(read is not None for read in said) > 200
    assert fixed_instants(pl.Series(texts), [form]).to_list() == said


def test_figures_are_found_as_their_pattern_finds_them() -> None:
    draw = random.Random(3)
    forms = [*FIGURE_FORMS["mdy"], *FIGURE_FORMS["dmy"], *ISO_FORMS, "/d/yyyy", "dd/mm/yyyy hh:nn pm", "dd/mm/yyyy "]
    cells = pl.Series([_written(draw, draw.choice(forms)) for _ in range(4_000)])
    expected = cells.str.contains(FIGURES)
    assert 1_000 < expected.sum() < 3_500
    assert in_figures(cells).to_list() == expected.to_list()


def test_null_and_short_cells_are_not_read() -> None:
    cells = pl.Series([None, "", "2026", "2026-02-29", "2024-02-29", None], dtype=pl.String)
    leap = datetime(2024, 2, 29, tzinfo=UTC)
    assert fixed_instants(cells, ISO_FORMS).to_list() == [None, None, None, None, leap, None]
    assert fixed_instants(cells.clear(), ISO_FORMS).to_list() == []

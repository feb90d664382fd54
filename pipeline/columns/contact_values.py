"""Which columns hold phones or emails, by their values alone: names may be missing, doubtful or of no register."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.reading.value_kinds import EMAIL, PHONE, column_kind, is_numbering
from schemas.contact.blank import BLANKS
from schemas.contact.phone import phone_forms
from schemas.frame_columns import SOURCE

SAMPLE_ROWS = 2000
#: A column surely is what this share of its filled cells is, and looks like it from one half on.
_SURE, _LIKELY = 0.9, 0.5
#: What a phone is written with, and how many digits one has at least.
_WRITTEN = r"^[+(\d][\d .()/+-]*$"
_DIGITS = 6
#: Bare digits are as many, or they are somebody's numbering; a leading zero or plus, or marks between them, say more.
_BARE_DIGITS = 9
_MARKED = r"^[+0(]|[ .()/-]"


def sure_kind(cells: pl.Series, region: str | None) -> str | None:
    """Return ``email`` or ``phone`` where the values leave no doubt: phones of any country, or of ``region``."""
    filled = _filled(cells)
    texts = filled.to_list()
    kind = column_kind(texts)
    if kind == "email":
        return kind
    if kind in ("date", "url", "code", "empty") or is_numbering(texts):
        return None
    return "phone" if kind == "phone" or _share_of_phones(filled, region, sure=True) >= _SURE else None


def contact_like(frame: pl.DataFrame, columns: Iterable[str], region: str | None = None) -> dict[str, str]:
    """Columns whose values look like phones or emails, judged by the first rows: column -> ``phones`` or ``emails``."""
    found = {}
    for column in columns:
        cells = _filled(frame.get_column(SOURCE + column))
        if cells.is_empty():
            continue
        if int(cells.str.contains(EMAIL).sum()) > _LIKELY * len(cells):
            found[column] = "emails"
        elif int(cells.str.contains(PHONE).sum()) > _LIKELY * len(cells) or _share_of_phones(cells, region) > _LIKELY:
            found[column] = "phones"
    return found


def unclaimed(frame: pl.DataFrame, columns: Iterable[str], region: str | None = None) -> list[str]:
    """Sentences about unmapped columns whose values look like phones or emails."""
    return [
        f"column '{column}' is not mapped, but its values look like {kind}: they are not screened"
        for column, kind in contact_like(frame, columns, region).items()
    ]


def _filled(cells: pl.Series) -> pl.Series:
    return BLANKS.cleaned(cells.head(SAMPLE_ROWS)).drop_nulls()


def _share_of_phones(cells: pl.Series, region: str | None, *, sure: bool = False) -> float:
    """Share of cells that are valid numbers of a region; ``sure``: and are written as nothing but phones are."""
    digits = cells.str.count_matches(r"\d")
    like = cells.str.contains(_WRITTEN) & (digits >= _DIGITS)
    if sure:
        like &= cells.str.contains(_MARKED) | (digits >= _BARE_DIGITS)
    written = cells.filter(like)
    # Cheap first: nearly every column is none of phones.
    if region is None or len(written) <= _LIKELY * len(cells):
        return 0.0
    forms = phone_forms(written, pl.repeat(region, len(written), dtype=pl.String, eager=True))
    return int((forms.get_column("state") == "ok").sum()) / len(cells)

"""Files that answer for each number that was asked: reassigned numbers, and washes against a register.

Neither layout is published by the register itself, so columns go by their names or as declared, and an answer in
unknown words keeps its number on the list: only a known no takes it off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from schemas.errors import ListError
from suppression.formats.blocks import NOT_LISTED, Block
from suppression.formats.entry_filters import joined
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.roles import Roles, has_entries
from suppression.formats.sample import Sample
from suppression.formats.tables import Judge, read_table

_REASSIGNED: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("phone", "phone number", "number", "tn", "telephone number"),
    "status": ("result", "rnd result", "reassigned", "answer", "response", "status", "disconnected"),
    "reason": (),
}
_WASH: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("number", "phone", "phone number", "telephone number"),
    "status": ("status", "wash status", "wash result", "result"),
    "reason": ("reason",),
}
# FCC, 47 CFR 64.1200(m): the database answers yes, no or no data.
_REASSIGNED_WORDS: Final = {"yes": "listed", "no": "not listed", "no data": "no data"}
_WASH_WORDS: Final = {
    "refused": "listed",
    "listed": "listed",
    "registered": "listed",
    "accepted": "not listed",
    "not listed": "not listed",
    "not registered": "not listed",
}


def _answers(words: Mapping[str, str], denial: str, name: str, positive: str | None) -> Judge:
    """Judge by the answer. Everything but a known no keeps the entry: no answer, *no data* and unknown words."""
    meant = {_fold(word): meaning for word, meaning in words.items()}

    def judge(rows: pl.DataFrame, _header: tuple[str, ...], roles: Roles) -> pl.DataFrame:
        if roles.position("status") is None:
            raise ListError(f"List '{name}' has no column of answers.", 'Name it: columns = { status = ["…"] }.')
        word = pl.col("status").str.to_lowercase().str.replace_all(r"[\s_-]+", " ")
        meaning = word.replace_strict(meant, default=None, return_dtype=pl.String)
        unknown = (word != "") & meaning.is_null()
        count = int(rows.select(unknown.sum()).item())
        if count > rows.height / 2:
            shown = ", ".join(sorted(rows.filter(unknown).get_column("status").unique())[:3])
            raise ListError(
                f"Most answers of list '{name}' are in words that are not declared, such as {shown}.",
                "Declare what they mean: listed, not listed or no data.",
            )
        why = pl.when(meaning == "not listed").then(pl.lit(NOT_LISTED + denial))
        stated = (
            pl.when(meaning == "listed")
            .then(pl.lit(positive, dtype=pl.String))
            .when(unknown)
            .then(pl.lit("answer not known"))
            .otherwise(pl.lit("no_data"))
        )
        more = [pl.col("reason")] if "reason" in rows.columns else []
        return rows.with_columns(why.alias("why"), joined([stated, *more]).alias("reason"))

    return judge


def _fold(word: str) -> str:
    return " ".join(word.lower().replace("_", " ").replace("-", " ").split())


def read_reassigned(member: Member, options: Options) -> Iterator[Block]:
    """Yield numbers answered *yes* (reason ``reassigned``) and *no data* or nothing (``no_data``); *no* is not listed.

    ``listed_on`` is the file's date, which may be the date asked about. Dates with slashes are month first, as
    providers write them, unless declared otherwise.
    """
    words = {**_REASSIGNED_WORDS, **options.statuses}
    dated = replace(options, day_first=bool(options.day_first))
    yield from read_table(member, dated, _REASSIGNED, _answers(words, "not reassigned", member.name, "reassigned"))


def _is_reassigned(sample: Sample) -> bool:
    """A column of a known name in which most cells say yes, no or no data."""
    words = {_fold(word) for word in (*_REASSIGNED_WORDS, *sample.options.statuses)}
    return _has_answers(sample, _REASSIGNED, words)


def read_wash(member: Member, options: Options) -> Iterator[Block]:
    """Yield numbers that the register refused, or gave no answer for (``no_data``); accepted ones are not listed."""
    words = {**_WASH_WORDS, **options.statuses}
    yield from read_table(member, options, _WASH, _answers(words, "accepted", member.name, None))


def _is_wash(sample: Sample) -> bool:
    words = {_fold(word) for word in (*_WASH_WORDS, *sample.options.statuses)}
    return _has_answers(sample, _WASH, words)


def _has_answers(sample: Sample, known: Mapping[str, tuple[str, ...]], words: set[str]) -> bool:
    if not sample.rows or not has_entries(sample.rows[0], sample.options, known):
        return False
    for position, name in enumerate(sample.header):
        if name not in known["status"]:
            continue
        answers = [_fold(row[position]) for row in sample.rows[1:] if len(row) > position and row[position]]
        if answers and sum(answer in words for answer in answers) > len(answers) / 2:
            return True
    return False


REASSIGNED: Final = Format(
    "reassigned",
    "Reassigned Numbers Database results: yes, no or no data for each number and date",
    "unverified",
    "answers: FCC, 47 CFR 64.1200(m); the layout of result files is not published",
    _is_reassigned,
    read_reassigned,
)
WASH: Final = Format(
    "wash",
    "result of a wash: number and status, accepted or refused",
    "unverified",
    "result columns are not published: by their names or as declared",
    _is_wash,
    read_wash,
)

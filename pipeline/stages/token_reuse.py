"""Consent tokens that several people share: found over the whole run.

A certificate records one visit of one person. Whose it is cannot be seen without asking its issuer, so a token on the
rows of several people is proof for none of them until somebody has asked. Rows that share a phone or an email, directly
or through other rows of the token, are of one person.

The tokens go to disk, split by hash into parts that are settled one by one, so memory holds one part however long the
drop is. Of a token on very many rows the first `_CROWD` are compared: whether a crowd is one person shows in those.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipeline.context import Source
from pipeline.stages.partitions import ByRow, Parts
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.frame_columns import KEY
from suppression.rules.consent import LEADID, TRUSTEDFORM

#: Columns of tokens, the form of each, and what a person calls it.
TOKENS = {
    "trustedform_cert_url": (TRUSTEDFORM, "TrustedForm certificate"),
    "jornaya_lead_id": (LEADID, "LeadiD"),
}
_PARTS = 32
#: Lines that wait in memory before they are split into parts.
_FLUSH_LINES = 400_000
#: Rows of one token that are compared with each other.
_CROWD = 10_000
#: Digits that tell numbers apart which were not read, since no channel of the campaign uses their column.
_DIGITS = 9
#: One line for each contact of each row with a token. ``link`` is a hash of token and contact: equal for rows of one
#: token that share the contact.
LINES = pa.schema(
    [
        ("token", pa.uint64()),
        ("row_id", pa.uint64()),
        ("kind", pa.uint8()),
        ("link", pa.uint64()),
        ("source", pa.uint32()),
        ("source_line", pa.uint64()),
    ]
)
REUSED = pa.schema(
    [
        ("row_id", pa.uint64()),
        ("kind", pa.uint8()),
        ("people", pa.uint64()),
        ("first_row", pa.uint64()),
        ("first_source", pa.uint32()),
        ("first_line", pa.uint64()),
    ]
)
#: Odd, so that multiplying by it loses nothing: sets tokens apart from contacts in a link.
_SPREAD = 0x9E3779B97F4A7C15


class TokenReuse:
    """Gathers the tokens of all batches, settles them once, then says which rows' tokens others have as well."""

    def __init__(self, folder: Path) -> None:
        self._lines = Parts(folder / "tokens", LINES)
        self._reused = ByRow(folder / "reused", REUSED)
        self._waiting: list[pl.DataFrame] = []

    def gather(self, frame: pl.DataFrame, source: Source, number: int) -> None:
        """Note the tokens of a batch of the file ``number``, as the stages of the first pass left it."""
        self._waiting += token_lines(frame, source, number)
        if sum(map(len, self._waiting)) >= _FLUSH_LINES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            # All lines of a row stay in one table: a row is compared as a whole.
            self._lines.split(pl.concat(self._waiting), pl.col("token") % _PARTS)
            self._waiting = []

    def settle(self, held: npt.NDArray[np.bool_] | None) -> None:
        """Find the tokens of several people. Their rows are marked in ``held`` (by ``row_id``), if it is given."""
        self._flush()
        self._lines.close()
        for number in self._lines.numbers():
            reused = _reused(self._compared(number))
            if reused.is_empty():
                continue
            for lines in self._lines.batches(number):
                rows = lines.unique(["token", "row_id"]).select("row_id", "token").join(reused, on="token")
                self._reused.add(rows)
                if held is not None:
                    held[rows.get_column("row_id").to_numpy()] = True
        self._reused.close()

    def _compared(self, number: int) -> pl.DataFrame:
        """Lines of a part whose tokens are on several rows: of the first rows of each."""
        counted = [
            lines.group_by("token").agg(rows=pl.col("row_id").n_unique()) for lines in self._lines.batches(number)
        ]
        several = pl.concat(counted).group_by("token").agg(pl.col("rows").sum()).filter(pl.col("rows") > 1)
        crowds = several.filter(pl.col("rows") > _CROWD).select("token", before=pl.lit(0, pl.UInt32))
        kept = []
        for lines in self._lines.batches(number):
            kept.append(lines.join(several, on="token", how="semi").join(crowds, on="token", how="anti"))
            place = pl.col("before") + pl.col("row_id").rank("dense").over("token")
            crowd = lines.join(crowds, on="token").with_columns(place=place)
            kept.append(crowd.filter(pl.col("place") <= _CROWD).select(lines.columns))
            after = crowd.group_by("token").agg(pl.col("place").max().cast(pl.UInt32).alias("before"))
            crowds = pl.concat([crowds, after]).group_by("token").agg(pl.col("before").max())
        return pl.concat(kept)

    def answer(self, reused: pl.DataFrame) -> None:
        """Take the rows whose tokens are reused (`REUSED`), where the run was compared elsewhere."""
        self._lines.close()
        self._reused.add(reused)
        self._reused.close()

    def of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows of a batch whose tokens are reused, one line a token. Batches come in order of ``row_id``."""
        empty = pl.DataFrame(REUSED.empty_table())
        return pl.concat([empty, *self._reused.of(frame)])


def token_lines(frame: pl.DataFrame, source: Source, number: int) -> Iterator[pl.DataFrame]:
    """Yield the tokens of a batch of the file ``number``: a line (`LINES`) for each contact of a row that has one."""
    for kind, (column, (form, _)) in enumerate(TOKENS.items()):
        if column not in frame.columns:
            continue
        has = frame.get_column(column).str.contains(form).fill_null(False) & frame.get_column("is_lead")
        if not has.any():
            continue
        token = frame.get_column(column).filter(has).str.to_lowercase().hash()
        rows = frame.select_seq("row_id", "source_line").filter(has)
        for contact in (each.filter(has) for each in _contacts(frame, source)):
            lines = rows.with_columns_seq(
                token=token,
                kind=pl.lit(kind, pl.UInt8),
                link=pl.Series(token.to_numpy() * np.uint64(_SPREAD) ^ contact.hash(1).to_numpy()),
                source=pl.lit(number, pl.UInt32),
            )
            yield lines.filter(contact.is_not_null())


def reused_rows(lines: pl.DataFrame) -> pl.DataFrame:
    """Rows (`REUSED`) whose tokens several people share. ``lines`` (`LINES`): all that there are of their tokens."""
    counted = lines.group_by("token").agg(rows=pl.col("row_id").n_unique()).filter(pl.col("rows") > 1)
    several = lines.join(counted, on="token", how="semi")
    compared = several.filter(pl.col("row_id").rank("dense").over("token") <= _CROWD)
    rows = several.unique(["token", "row_id"]).select("row_id", "token").join(_reused(compared), on="token")
    return rows.select(REUSED.names)


def _contacts(frame: pl.DataFrame, source: Source) -> list[pl.Series]:
    """What tells people apart: every phone and email of the rows, read or, in columns not in play, as they came."""
    found = []
    for slot in source.slots((*PHONE_SLOTS, *EMAIL_SLOTS)):
        if slot in frame.columns:
            found.append(frame.get_column(slot if slot in PHONE_SLOTS else KEY.of(slot)))
            continue
        cells = source.mapping.cells(slot, frame)
        if slot in PHONE_SLOTS:
            digits = cells.str.replace_all(r"\D", "")
            found.append(_where(digits.str.len_bytes() >= _DIGITS, digits.str.slice(-_DIGITS)))
        else:
            folded = cells.str.strip_chars().str.to_lowercase()
            found.append(_where(folded.str.contains("@", literal=True), folded))
    return found


def _where(keep: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(keep).then(values)).to_series()


def _reused(lines: pl.DataFrame) -> pl.DataFrame:
    """Tokens of several people: how many, and the first row that has the token."""
    several = lines.filter(pl.col("row_id").min().over("token") < pl.col("row_id").max().over("token"))
    several = several.sort("token", "row_id", "link")
    new_row = several.select(
        ((pl.col("token") != pl.col("token").shift()) | (pl.col("row_id") != pl.col("row_id").shift())).fill_null(True)
    ).to_series()
    row = new_row.cum_sum().to_numpy().astype(np.int64) - 1
    person = _joined(row, np.unique(several.get_column("link").to_numpy(), return_inverse=True)[1])
    return (
        several.with_columns(person=person[row])
        .group_by("token", maintain_order=True)
        .agg(
            pl.col("kind").first(),
            pl.col("person").n_unique().cast(pl.UInt64).alias("people"),
            pl.col("row_id").first().alias("first_row"),
            pl.col("source").first().alias("first_source"),
            pl.col("source_line").first().alias("first_line"),
        )
        .filter(pl.col("people") > 1)
    )


def _joined(row: npt.NDArray[np.int64], link: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each row the first of those that it is joined with by links, directly or through others.

    ``row`` and ``link`` are numbers from 0 without gaps, a pair for each link that a row has.
    """
    label = np.arange(int(row.max()) + 1 if row.size else 0)
    while True:
        least = np.full(int(link.max()) + 1 if link.size else 0, label.size)
        np.minimum.at(least, link, label[row])
        nearer = label.copy()
        np.minimum.at(nearer, row, least[link])
        # Following labels of labels makes chains short at once.
        nearer = nearer[nearer]
        if np.array_equal(nearer, label):
            return label
        label = nearer

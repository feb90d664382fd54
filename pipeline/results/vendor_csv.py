"""What goes back to the vendor: its own rows with a reason that it may be told."""

from __future__ import annotations

import io
from collections.abc import Container, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipeline.results.formula_cells import neutralised_cells, neutralised_text
from schemas.codes import CODES, ReasonCode, may_go_back
from schemas.columns import PHONE_SLOTS
from schemas.contact.countries import read_countries
from schemas.contact.phone import phone_forms
from schemas.frame_columns import ORIGINAL
from schemas.support.arrow_columns import chosen

_RAW = "unreadable_text"


def vendor_reason(reasons: list[str], codes: Mapping[str, ReasonCode] = CODES) -> str:
    """Phrases for the reasons of a row that may go back, the primary first, as far as they may be told."""
    phrases = [codes[code].vendor_phrase for code in reasons]
    return "; ".join(dict.fromkeys(phrase for phrase in phrases if phrase is not None))


def _vendor_reasons(reasons: pl.Series, codes: Mapping[str, ReasonCode]) -> pl.Series:
    # Few combinations occur: each is put into words once.
    joined = reasons.list.join(" ")
    words = {combination: vendor_reason(combination.split(" "), codes) for combination in joined.unique()}
    return joined.replace_strict(words, return_dtype=pl.String)


def may_be_in(rows: pl.DataFrame, regions: frozenset[str]) -> pl.Series:
    """Rows of people whom the address or a number puts into one of these regions, or of whom no country is known.

    An address whose country cannot be read may be in any. Reads ``country`` and the phone columns; one Boolean a row.
    """
    unsaid = pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    given = [slot for slot in PHONE_SLOTS if slot in rows.columns]
    countries = read_countries(rows.get_column("country") if "country" in rows.columns else unsaid)
    named = countries.select(pl.col("regions").list.eval(pl.element().is_in(regions)).list.any() | pl.col("unread"))
    places = pl.DataFrame(
        [
            countries.get_column("region").alias("country"),
            *(phone_forms(rows.get_column(slot), unsaid).get_column("region").alias(slot) for slot in given),
        ]
    )
    inside = pl.any_horizontal(pl.all().is_in(regions).fill_null(False))
    return places.select(inside | pl.all_horizontal(pl.all().is_null())).to_series() | named.to_series().fill_null(
        False
    )


def _are(texts: pa.ChunkedArray, wanted: Container[str]) -> npt.NDArray[np.bool_]:
    """Which texts, of few different ones, are wanted."""
    few = texts.combine_chunks()
    few = few if pa.types.is_dictionary(few.type) else few.dictionary_encode()
    are = np.array([*(text in wanted for text in few.dictionary.to_pylist()), False])
    return np.asarray(are[few.indices.to_numpy()])


#: What precedes the vendor's own columns, and what follows them.
_OWN = ("returned_because", "delivered_file", "delivered_line")
_RAW = "unreadable_text"


class Returned(NamedTuple):
    """Lines of a return file."""

    rows: int
    text: bytes


class ReturnFile:
    """``returns/<vendor>.csv``: rejected rows that may go back by their primary reason, as `may_go_back` says.

    Rows of people who may be in one of ``withheld`` (regions) go without the vendor's own cells: no mechanism covers
    their transfer to the vendor's country. File and line say which they are.
    """

    def __init__(
        self,
        path: Path,
        columns: tuple[str, ...],
        codes: Mapping[str, ReasonCode] = CODES,
        withheld: frozenset[str] = frozenset(),
    ) -> None:
        self.path = path
        self.rows = 0
        self._codes, self._withheld = codes, withheld
        self._may_go = {code for code, reason in codes.items() if may_go_back(reason)}
        places = {"country", *PHONE_SLOTS} if withheld else set()
        self._read = {"reasons", "source_file", "source_line", ORIGINAL, "raw", *places}
        self._originals: dict[str, str] = {}
        taken = {*_OWN, _RAW}
        for name in columns:
            header = neutralised_text(name)
            while header in taken:
                header += " (yours)"
            taken.add(header)
            self._originals[header] = name
        self.header = self._header = pl.DataFrame(schema=[*_OWN, *self._originals, _RAW]).write_csv().encode()

    def formed(self, rejected: pa.Table) -> Returned:
        """Form the lines of a batch; ``review`` and what a vendor may not be told stay here. Runs on any thread."""
        stays = _are(rejected.column("disposition"), {"review"})
        goes = _are(rejected.column("reason"), self._may_go) & ~stays
        read = [name for name in rejected.column_names if name in self._read]
        if not goes.any():
            return Returned(0, b"")
        some = chosen(rejected.select(read), np.flatnonzero(goes))
        rows = pl.DataFrame(some).with_columns(pl.col("reasons").cast(pl.List(pl.String)))
        reasons = _vendor_reasons(rows.get_column("reasons"), self._codes)
        cells = rows.get_column(ORIGINAL).struct.unnest()
        texts = {
            _OWN[0]: reasons,
            _OWN[1]: rows.get_column("source_file").cast(pl.String),
            **{header: cells.get_column(name) for header, name in self._originals.items()},
            _RAW: rows.get_column("raw"),
        }
        table = pl.DataFrame({name: neutralised_cells(values) for name, values in texts.items()})
        table.insert_column(len(_OWN) - 1, rows.get_column("source_line").alias(_OWN[2]))
        if self._withheld:
            outside = ~may_be_in(rows, self._withheld)
            table = table.with_columns(pl.when(outside).then(pl.exclude(_OWN)).name.keep())
        text = io.BytesIO()
        table.write_csv(text, include_header=False)
        return Returned(len(table), text.getvalue())

    def add(self, lines: Returned) -> None:
        """Append the lines of a batch."""
        self.rows += lines.rows
        with self.path.open("ab") as stream:
            stream.write(self._header + lines.text)
        self._header = b""

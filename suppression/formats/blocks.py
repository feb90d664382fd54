"""What every reader yields: a block of entries, beside what it had to refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

Holds = Literal["phone", "email", "domain", "hash", "mixed"]

#: Columns of `Block.refused`: the text as it came, why, and the 1-based physical line.
REFUSED_SCHEMA: Final = pl.Schema({"text": pl.String, "why": pl.String, "line": pl.Int64})
#: Columns that `Block.frame` may have: ``line`` always, and ``text`` or ``number``. ``number`` is ten digits as an
#: integer, where the reader has seen that an entry is that and nothing else.
FRAME_SCHEMA: Final = pl.Schema(
    {
        "text": pl.String,
        "line": pl.Int64,
        "number": pl.Int64,
        "listed_on": pl.Date,
        "expires_on": pl.Date,
        "reason": pl.String,
        "severity": pl.Int64,
        "action": pl.String,
        "region": pl.String,
    }
)
#: Begins the ``why`` of a row that is sound but says that its contact is *not* on the list.
NOT_LISTED: Final = "not listed: "
#: The ``why`` of a row whose cells for entries are blank. What is in its other cells is no entry.
NO_ENTRY: Final = "no entry in this row"


def no_refused() -> pl.DataFrame:
    """Return an empty frame of refused entries."""
    return pl.DataFrame(schema=REFUSED_SCHEMA)


@dataclass(frozen=True)
class Block:
    """Entries of one file, in its order, and those refused. Whatever was read is in ``frame`` or in ``refused``.

    ``frame``: ``text`` (trimmed, never empty) and ``line`` (1-based, of the record's start); optionally ``listed_on``,
    ``expires_on`` (dates), ``reason``, ``severity``, ``region`` of a phone (empty: that of the list; null: in a country
    that is not known) and, for change files, ``action`` (``add`` or ``delete``). A registry's flat file has ``number``
    (ten digits, as an integer) in the place of ``text``; `with_text` makes it.
    ``holds`` is what the texts are; ``mixed`` means that each says so by its look.
    ``north_american`` texts are ten digits without a calling code.
    ``covers``: area codes that the file *says* it covers, in its name or its markup. A number in the file does not say
    that its whole area code is there.
    ``warnings`` are sentences for the user about the file as a whole. ``member`` is the file's name.
    """

    frame: pl.DataFrame
    holds: Holds
    north_american: bool = False
    covers: frozenset[str] = frozenset()
    refused: pl.DataFrame = field(default_factory=no_refused)
    warnings: tuple[str, ...] = ()
    member: str = ""

    @property
    def read(self) -> int:
        """Entries read: accepted and refused."""
        return self.frame.height + self.refused.height


def empty_frame() -> pl.DataFrame:
    """Return a frame of no entries."""
    return pl.DataFrame(schema={name: FRAME_SCHEMA[name] for name in ("text", "line")})


def with_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Put ``text`` in the place of ``number``."""
    if "number" not in frame.columns:
        return frame
    digits = pl.col("number").cast(pl.String).str.zfill(10).alias("text")
    return frame.select(digits, pl.exclude("number"))


def refuse(frame: pl.DataFrame, why: str | pl.Expr) -> pl.DataFrame:
    """Make refused entries of a frame with ``text`` and ``line``; ``why`` is one sentence, or one a row."""
    reason = pl.lit(why, dtype=pl.String) if isinstance(why, str) else why
    return frame.select(
        pl.col("text").cast(pl.String),
        reason.cast(pl.String).alias("why"),
        pl.col("line").cast(pl.Int64),
    )

"""Findings: what is known against (or of) one contact point, or the whole row."""

from __future__ import annotations

import polars as pl

from schemas.codes import CODES, Effect

#: One line per finding. ``point`` is null when the finding is about the whole row. ``source`` names who says so:
#: a list with its version and date, a rule with its pack, or the library that decided. ``channel`` is null when the
#: finding holds on every channel that reaches the point; a rule may stand against calls and not against texts.
FINDING_SCHEMA: dict[str, pl.DataType] = {
    "row_id": pl.UInt64(),
    "point": pl.String(),
    "code": pl.String(),
    "effect": pl.String(),
    "source": pl.String(),
    "detail": pl.String(),
    "channel": pl.String(),
}


_NONE = pl.DataFrame(schema=FINDING_SCHEMA)


def no_findings() -> pl.DataFrame:
    """Return an empty frame of findings."""
    return _NONE


def findings(
    rows: pl.DataFrame,
    code: str,
    *,
    point: str | None = None,
    source: pl.Expr | str,
    detail: pl.Expr | str,
    effect: Effect | None = None,
    channel: str | None = None,
) -> pl.DataFrame:
    """Make one finding for each row of ``rows`` (which has ``row_id`` and whatever the expressions read).

    ``effect`` is the code's own unless it is given: a rule's code is not in the register.
    """
    if rows.is_empty():
        return no_findings()
    return rows.select_seq(
        pl.col("row_id").cast(pl.UInt64),
        pl.lit(point, pl.String).alias("point"),
        pl.lit(code).alias("code"),
        pl.lit(effect or CODES[code].effect).alias("effect"),
        (pl.lit(source) if isinstance(source, str) else source.cast(pl.String)).alias("source"),
        (pl.lit(detail) if isinstance(detail, str) else detail.cast(pl.String)).alias("detail"),
        pl.lit(channel, pl.String).alias("channel"),
    )

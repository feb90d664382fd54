"""Prints the scorecard as tables or JSON, and writes it as CSV."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.commands.scorecard import Score
from pipeline.results.formula_cells import neutralised
from pipeline.terminal import money, plain_table, print_lines, write_json
from schemas.errors import OutputError
from schemas.support.durable import write_atomically
from schemas.support.figures import percent

#: Reasons and vendors that a cell of the table names; JSON and CSV have all.
_NAMED = 3


def print_scorecard(scores: list[Score], csv: Path | None, *, as_json: bool) -> None:
    """Print tables by vendor, or one JSON array; write CSV where a file is named."""
    if csv is not None:
        _write_csv(scores, csv)
    if as_json:
        write_json([_facts(score) for score in scores], default=float)
        return
    if not scores:
        print_lines("No vendor delivered anything in these months.")
        return
    table = plain_table()
    for column in (
        "vendor",
        "month",
        "drops",
        "received",
        "clean",
        "trend",
        "cost",
        "per contact",
        "went back",
        "credit",
    ):
        table.add_column(column, no_wrap=column in ("vendor", "month"), overflow="fold")
    table.add_column("rejected most for", overflow="fold")
    table.add_column("sold before by", overflow="fold")
    for score in scores:
        table.add_row(
            score.vendor,
            score.month,
            f"{score.drops:,}",
            f"{score.received:,}",
            "" if score.clean_rate is None else percent(score.clean_rate),
            "" if score.trend is None else f"{score.trend * 100:+.1f} pt",
            money(score.cost, score.currency),
            money(score.cost_per_contactable, score.currency),
            f"{score.returned:,}",
            money(score.credit, score.currency),
            _most(score.reasons),
            _most(score.duplicates),
        )
    table.print()


def _facts(score: Score) -> dict[str, Any]:
    return {
        "vendor": score.vendor,
        "month": score.month,
        "drops": score.drops,
        "received": score.received,
        "clean": score.clean,
        "rejected": score.rejected,
        "clean_rate": None if score.clean_rate is None else round(score.clean_rate, 6),
        "trend": None if score.trend is None else round(score.trend, 6),
        "currency": score.currency,
        "cost": score.cost,
        "cost_per_contactable": score.cost_per_contactable,
        "returned": score.returned,
        "credit": score.credit,
        "reasons": _ordered(score.reasons),
        "duplicates": _ordered(score.duplicates),
    }


def _write_csv(scores: list[Score], path: Path) -> None:
    rows = []
    for score in scores:
        facts = _facts(score)
        joined = {
            name: "; ".join(f"{what} {n}" for what, n in facts[name].items()) for name in ("reasons", "duplicates")
        }
        rows.append({name: None if value is None else str(value) for name, value in {**facts, **joined}.items()})
    table = pl.DataFrame(rows, schema=dict.fromkeys(_facts(Score("", "", None)), pl.String()))
    # A falling trend begins with a minus and is a number, not a formula.
    text = [name for name in table.columns if name != "trend"]
    try:
        write_atomically(path, table.with_columns(neutralised(pl.col(name)).alias(name) for name in text).write_csv())
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror}.", "Name another file.") from error


def _ordered(counts: Counter[str]) -> dict[str, int]:
    """Most first; by name where they are as many."""
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _most(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {rows:,}" for what, rows in list(_ordered(counts).items())[:_NAMED])

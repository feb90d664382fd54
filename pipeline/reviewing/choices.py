"""What a person decided, line by line or by a rule, checked against what waits and against what was decided before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipeline.results.decisions import DECISIONS, DENY, FINDING, RELEASE, ROW
from pipeline.reviewing.queue import ReviewedRun, line_id
from schemas.codes import CODES
from schemas.errors import ConfigError, UsageError
from schemas.support.names import did_you_mean
from schemas.support.shown import shown
from schemas.words import is_missing

#: What a person decides of a line: `LINE`, and why.
CHOICES = {
    "run_id": pl.String(),
    "row_id": pl.UInt64(),
    "code": pl.String(),
    "decision": pl.String(),
    "by": pl.String(),
    "on": pl.Date(),
    "evidence": pl.String(),
    "until": pl.Date(),
}
_SAID = ("decision", "by", "on", "evidence", "until")


@dataclass(frozen=True)
class Word:
    """One decision: what, by whom, on which day, on what evidence, and until when that holds."""

    decision: str
    by: str
    on: date
    evidence: str
    until: date | None = None

    def faults(self, today: date) -> list[str]:
        """What is wrong with it, a clause each."""
        found = []
        if self.decision not in (RELEASE, DENY):
            found.append(f"'{self.decision}' is no decision: it is release or deny")
        if is_missing(self.by) or len(self.by.strip()) < 2:
            found.append("it does not say by whom")
        if is_missing(self.evidence):
            found.append("it does not say on what evidence")
        if self.on > today:
            found.append(f"it is dated {self.on}, after the day of the release ({today})")
        if self.decision == RELEASE and self.until is not None and self.until < today:
            found.append(f"its evidence held until {self.until}, before the day of the release ({today})")
        return found

    @property
    def kept(self) -> dict[str, object]:
        """How it is kept: nobody's phone or email is in what a person wrote."""
        return {
            "decision": self.decision,
            "by": shown(self.by.strip()),
            "on": self.on,
            "evidence": shown(self.evidence.strip()),
            "until": self.until,
        }


def chosen_by_rule(runs: list[ReviewedRun], code: str, word: Word, today: date) -> pl.DataFrame:
    """Decide alike every line with this reason (`CHOICES`).

    Raises `UsageError` when no row of these runs has it or the decision is incomplete.
    """
    if faults := word.faults(today):
        raise UsageError(f"The decision cannot be applied: {'; '.join(faults)}.", "Correct it, and apply it again.")
    codes = {each for run in runs for each in run.lines.get_column("code").unique()}
    if code not in codes:
        if code in CODES and CODES[code].effect == "block":
            raise UsageError(f"'{code}' blocks, and no person releases that.", "See 'leadscrub reasons'.")
        raise UsageError(f"No row waits for '{code}'.", did_you_mean(code, codes) or "See 'leadscrub review list'.")
    lines = pl.concat([run.waiting for run in runs]).filter(code=code)
    return lines.with_columns(pl.lit(value, CHOICES[name]).alias(name) for name, value in word.kept.items()).select(
        list(CHOICES)
    )


def undecided(runs: list[ReviewedRun], choices: pl.DataFrame, places: dict[str, str]) -> pl.DataFrame:
    """Those choices that were not made before (`CHOICES`).

    ``places``: where each line was written, by `line_id`. Raises `ConfigError` with every line that was decided
    otherwise before.
    """
    faults, new = [], [choices.clear()]
    by_run = {run.run_id: run for run in runs}
    for (run_id,), mine in choices.partition_by("run_id", as_dict=True, maintain_order=True).items():
        run = by_run[str(run_id)]
        before = _made(run)
        told = mine.join(before, on=["row_id", "code"], how="left", suffix="_then", maintain_order="left")
        same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_then")) for name in _SAID)
        is_known = pl.col("review").is_not_null()
        for row in told.filter(is_known & ~same).iter_rows(named=True):
            name = line_id(row["run_id"], row["row_id"], row["code"])
            where = places.get(name, f"row {row['row_id']} of run {run.run_id[:12]}, {row['code']}")
            did = "released" if row["decision_then"] == RELEASE else "denied"
            faults.append(f"{where}: was {did} by {row['by_then']} on {row['on_then']} (review {row['review']})")
        new.append(told.filter(~is_known).select(list(CHOICES)))
    if faults:
        raise ConfigError(faults, "Leave these lines out, or undo that with 'leadscrub review withdraw' first.")
    return pl.concat(new)


def _made(run: ReviewedRun) -> pl.DataFrame:
    """What was decided of lines of a run: ``row_id``, ``code``, what was said, ``review``. A denial is of all lines."""
    known = run.known
    denied = known.filter(decision=DENY).unique("row_id", keep="first")
    of_row = run.lines.drop("run_id").join(denied.drop("code"), on="row_id").select("row_id", "code", *_SAID, "review")
    released = known.filter(decision=RELEASE).join(run.findings, on=["row_id", *FINDING], how="semi", nulls_equal=True)
    lines = released.select("row_id", "code", *_SAID, "review")
    return pl.concat([of_row, lines]).unique(["row_id", "code"], keep="first", maintain_order=True)


def decisions_of(run: ReviewedRun, choices: pl.DataFrame, review: str) -> pl.DataFrame:
    """The decisions (`DECISIONS`) that choices about a run's lines make: a line for each finding that is released.

    ``settled`` is not known yet, and false.
    """
    rows = run.rows.select("row_id", *ROW)
    mine = choices.filter(run_id=run.run_id)
    released = run.findings.join(mine.filter(decision=RELEASE), on=["row_id", "code"])
    denied = mine.filter(decision=DENY).unique("row_id", keep="first", maintain_order=True)
    denied = denied.with_columns(pl.lit(None, pl.String).alias(name) for name in FINDING if name != "code")
    names = ["row_id", *FINDING, *_SAID]
    made = pl.concat([released.select(names), denied.select(names)]).join(rows, on="row_id")
    return made.with_columns(
        pl.lit(run.manifest.vendor, pl.String).alias("vendor"),
        pl.lit(run.manifest.campaign).alias("campaign"),
        pl.lit(run.run_id).alias("run_id"),
        pl.lit(review).alias("review"),
        pl.lit(False).alias("settled"),
    ).select(list(DECISIONS))

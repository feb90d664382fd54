"""What waits for a person: rejected rows of every result of a workspace that evidence can release, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.proof.chain import entries, has_chain
from pipeline.proof.entries import Logged
from pipeline.proof.standing import standing_results
from pipeline.results.decisions import DENY, FINDING, RELEASE, REVIEWS, ROW, decided, member_of, on_day
from pipeline.results.folder import open_manifest, scan
from pipeline.results.manifest_file import MANIFEST, manifest_digest
from pipeline.results.writer import output_file
from pipeline.workspace import refuse_no_workspace
from schemas.codes import CODES
from schemas.errors import DropError
from schemas.manifest import Manifest

if TYPE_CHECKING:  # what a ledger needs is loaded only where there is one
    from pipeline.ledger.database import Ledger

#: Of a line: a row and one reason for which it waits.
LINE = ("run_id", "row_id", "code")


@dataclass(frozen=True)
class ReviewedRun:
    """A result with rows that a person may release. ``decisions``: all in force about its vendor and campaign.

    ``later``: rows (`ROW`) that a later result has in review as well: they wait there.
    """

    out: Path
    manifest: Manifest
    mark: str
    decisions: pl.DataFrame = field(repr=False)
    later: pl.DataFrame = field(repr=False)

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.manifest.run_id

    @property
    def vendor(self) -> str:
        """Its vendor; nothing where none was named."""
        return self.manifest.vendor or ""

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Its rows in review: ``row_id``, `ROW`."""
        found = scan(self.out, "rejected").filter(pl.col("disposition") == "review")
        rows = found.select(
            "row_id",
            "source_sha256",
            member_of(pl.col("source_file")).alias("source_member"),
            "source_sheet",
            "source_line",
        ).collect()
        return rows.join(self.later, on=list(ROW), how="anti", nulls_equal=True, maintain_order="left")

    @cached_property
    def findings(self) -> pl.DataFrame:
        """What asks for a review of them: ``row_id``, `FINDING`, ``source``."""
        asks = scan(self.out, "findings").filter(pl.col("effect") == "review")
        return asks.select("row_id", *FINDING, "source").collect().join(self.rows.select("row_id"), "row_id", "semi")

    @cached_property
    def known(self) -> pl.DataFrame:
        """Decisions about these rows, by the ``row_id`` that they have here."""
        rows = self.rows.select("row_id", *ROW)
        return rows.join(
            self.decisions.rename({"row_id": "row_then"}), on=list(ROW), nulls_equal=True, maintain_order="left"
        )

    @cached_property
    def waiting(self) -> pl.DataFrame:
        """The lines that nobody has decided: `LINE`. A row that was denied or settled otherwise has none."""
        over = self.known.filter((pl.col("decision") == DENY) | (pl.col("settled") & (pl.col("run_id") == self.run_id)))
        released = self.known.filter(decision=RELEASE).select("row_id", *FINDING)
        left = self.findings.join(over.select("row_id"), "row_id", "anti")
        left = left.join(released, on=["row_id", *FINDING], how="anti", nulls_equal=True)
        # What is released and waits all the same has another line, or was rejected again by a rule of today.
        return self._lines(left)

    @cached_property
    def lines(self) -> pl.DataFrame:
        """All lines, decided or not: `LINE`."""
        return self._lines(self.findings)

    def _lines(self, found: pl.DataFrame) -> pl.DataFrame:
        rows = found.select("row_id", "code").unique().sort("row_id", "code")
        return rows.select(pl.lit(self.run_id).alias("run_id"), "row_id", "code")

    def remedy(self, code: str) -> str:
        """The evidence that releases what this code finds, as the rule or the register says."""
        text = self.manifest.rules.texts.get(code)
        if text is not None:
            return text.remedy
        return CODES[code].remedy if code in CODES else ""


def reviewed_runs(
    workspace: Path, ledger: Ledger | None, day: date, *, run: str | None = None, vendor: str | None = None
) -> list[ReviewedRun]:
    """Results of a workspace that have rows in review, in the order in which they were logged.

    Left out are those that another run of the same drop replaced, and those that a gate holds. ``run``: the beginning
    of a run's id. Raises `UsageError` when the folder is no workspace or a manifest is damaged, `LedgerError` when what
    was decided cannot be read.
    """
    refuse_no_workspace(workspace, "Name one with --workspace.")
    if not has_chain(workspace):
        return []
    replaced = _replaced(ledger)
    known: dict[tuple[str | None, str], pl.DataFrame] = {}
    later: dict[tuple[str | None, str], pl.DataFrame] = {}
    found = []
    for entry in reversed(list(_candidates(workspace))):
        out = workspace / entry.facts["out"]
        if entry.subject in replaced or (run and not entry.subject.startswith(run)):
            continue
        if (vendor is not None and entry.vendor != vendor) or not (out / MANIFEST).is_file():
            continue
        manifest = open_manifest(out)
        if manifest.run_id != entry.subject or manifest.held:
            continue
        whose = (manifest.vendor, manifest.campaign)
        if whose not in known:
            known[whose] = on_day(decided(workspace, *whose), day)
            later[whose] = known[whose].select(ROW).clear()
        reviewed = ReviewedRun(out, manifest, entry.mark, known[whose], later[whose])
        if len(reviewed.rows):
            found.append(reviewed)
            later[whose] = pl.concat([later[whose], reviewed.rows.select(ROW)])
    return found[::-1]


def _candidates(workspace: Path) -> Iterator[Logged]:
    """Results that have rejected rows, but for those of reviews: what these reject waits where it waited before."""
    for out, entry in standing_results(entries(workspace)).items():
        rejected = entry.facts.get("counts", {}).get("rejected", 1)
        if rejected and not out.startswith(f"{REVIEWS}/"):
            yield entry


def _replaced(ledger: Ledger | None) -> set[str]:
    if ledger is None:
        return set()
    from pipeline.ledger.runs import replaced_runs  # noqa: PLC0415  # what a ledger needs

    return replaced_runs(ledger)


def refuse_changed(run: ReviewedRun) -> None:
    """Check that a result is the one that was logged. Raises `DropError` when a file of it was changed since."""
    tables = {name: file for name, file in run.manifest.outputs.items() if name.endswith(".parquet")}
    same = manifest_digest(run.out) == run.mark and all(
        (run.out / name).is_file() and output_file(run.out / name, file.rows) == file for name, file in tables.items()
    )
    if not same:
        raise DropError(f"'{run.out}' is not the result that was logged.", "See 'leadscrub verify'; scrub again.")


@dataclass(frozen=True)
class Waiting:
    """Rows that wait for one reason, of one vendor, since ``oldest``. ``alone``: those that wait for nothing else."""

    code: str
    vendor: str
    rows: int
    alone: int
    runs: int
    oldest: date
    remedy: str


def summary(runs: list[ReviewedRun]) -> list[Waiting]:
    """What waits, by reason and vendor; the most rows first."""
    found: dict[tuple[str, str], list[tuple[ReviewedRun, int, int]]] = {}
    for run in runs:
        lines = run.waiting.with_columns(pl.len().over("row_id").alias("reasons"))
        counted = lines.group_by("code").agg(pl.len().alias("rows"), (pl.col("reasons") == 1).sum().alias("alone"))
        for code, rows, alone in counted.rows():
            found.setdefault((code, run.vendor), []).append((run, rows, alone))
    waiting = [
        Waiting(
            code,
            vendor,
            sum(rows for _, rows, _ in of),
            sum(alone for _, _, alone in of),
            len(of),
            min(run.manifest.as_of for run, _, _ in of),
            of[-1][0].remedy(code),
        )
        for (code, vendor), of in found.items()
    ]
    return sorted(waiting, key=lambda each: (-each.rows, each.code, each.vendor))


def line_id(run_id: str, row_id: int, code: str) -> str:
    """How a line is named in the file that a person fills in."""
    return f"{run_id[:12]}-{row_id}-{code}"

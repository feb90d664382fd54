"""What only the whole run shows of its consents: a token of several people, one address or one second for a whole file.

Not a batch stage: like de-duplication it gathers from every batch, settles once, then answers each batch. Under rule
packs a row that it sends to review may not be contacted. So it settles before de-duplication, and its rows do not
compete there: a row with a borrowed certificate never takes a good copy with it. A run without rule packs does not ask
for consent; there the same findings are only flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.context import Context
from pipeline.stages.checks import Batch, RunCheck, Settlement
from pipeline.stages.consent_clusters import IP, SECOND, Crowd, CrowdedFiles, values_of
from pipeline.stages.token_reuse import TOKENS, TokenReuse
from schemas.codes import Effect
from schemas.findings import findings, no_findings

_SOURCE = "this run"


class ConsentAudit(RunCheck):
    """The run's consents side by side. Memory: a byte for each row under rule packs, and one part of the tokens."""

    name = "consent_audit"
    codes = frozenset({"consent.token_reused", "consent.one_ip", "consent.one_second"})

    def __init__(self, folder: Path, context: Context) -> None:
        self._context = context
        self._effect: Effect | None = "flag" if context.rules is None else None
        self._tokens = TokenReuse(folder)
        self._crowded = CrowdedFiles(folder / "values")

    @classmethod
    def make(cls, folder: Path, context: Context) -> ConsentAudit:
        """See `RunCheck`."""
        return cls(folder, context)

    def gather(self, batch: Batch) -> None:
        """Note the evidence of a batch."""
        self._tokens.gather(batch.frame, self._context.sources[batch.number], batch.number)
        self._crowded.gather(batch.frame, batch.number)

    def settle(self, settlement: Settlement) -> None:
        """Compare all. Under rule packs, rows that are for review are rejected by now."""
        held = None if self._context.rules is None else np.zeros(settlement.records, dtype=bool)
        self._tokens.settle(held)
        self._crowded.settle(held)
        self.reads = self._crowded.columns
        settlement.rejected = held

    def answer(self, reused: pl.DataFrame, crowds: Mapping[tuple[int, str], Crowd]) -> None:
        """Take what the run's consents show, where they were compared elsewhere (`TokenReuse`, `CrowdedFiles`)."""
        self._tokens.answer(reused)
        self._crowded.answer(crowds)
        self.reads = self._crowded.columns

    def findings(self, batch: Batch) -> pl.DataFrame:
        """Findings on the rows of a batch."""
        return pl.concat([no_findings(), *self._of_tokens(batch.frame), *self._of_crowds(batch.frame, batch.number)])

    def _of_tokens(self, frame: pl.DataFrame) -> list[pl.DataFrame]:
        reused = self._tokens.of(frame)
        files = [source.table.name for source in self._context.sources]
        detail = (
            pl.col("kind").replace_strict(dict(enumerate(what for _, what in TOKENS.values())), return_dtype=pl.String)
            + " of at least "
            + pl.col("people").cast(pl.String)
            + " people; first in row "
            + pl.col("first_row").cast(pl.String)
            + " ("
            + pl.col("first_source").replace_strict(dict(enumerate(files)), return_dtype=pl.String)
            + " line "
            + pl.col("first_line").cast(pl.String)
            + ")"
        )
        return [findings(reused, "consent.token_reused", source=_SOURCE, detail=detail, effect=self._effect)]

    def _of_crowds(self, frame: pl.DataFrame, number: int) -> list[pl.DataFrame]:
        found = []
        for name, code, what in ((IP, "consent.one_ip", "IP address"), (SECOND, "consent.one_second", "second")):
            crowd = self._crowded.of(number, name)
            if crowd is None:
                continue
            rows = frame.filter((values_of(frame, name) == crowd.value) & pl.col("is_lead"))
            sentence = self._sentence(crowd, what, number)
            found.append(findings(rows, code, source=_SOURCE, detail=sentence, effect=self._effect))
        return found

    def _sentence(self, crowd: Crowd, what: str, number: int) -> str:
        """How many; the address itself is somebody's, so it is not shown."""
        file = self._context.sources[number].table.name
        return f"{crowd.count:,} of the {crowd.out_of:,} consents of {file} have the same {what}"

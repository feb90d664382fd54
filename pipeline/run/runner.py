"""A run: the stages in order, over batches of bounded size, in two passes.

First pass: read → map → normalise → quality → screen → rules, batch by batch; each batch is put on disk. Then consents
and duplicates are settled over the whole run. Second pass: hours → decide → write, in the same order.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.columns.mapping import unclaimed
from pipeline.context import Context, Source
from pipeline.reading.table import SOURCE, FileTally, delivery_of, read_batches
from pipeline.results.identity import run_id
from pipeline.results.manifest_file import is_complete, read_manifest, write_manifest
from pipeline.results.verdict import Verdict
from pipeline.results.writer import ResultFiles
from pipeline.run.batch_spool import Spill
from pipeline.run.manifest import make_manifest
from pipeline.run.notices import Notices
from pipeline.run.ordered_map import in_order
from pipeline.run.plan import Plan, Request
from pipeline.run.progress import Report
from pipeline.run.rescrub_source import EARLIER_ROW, earlier_findings, numbered_as_before
from pipeline.run.run_rules import hours_of, rules_of
from pipeline.run.tally import Tally, add_present
from pipeline.stages.consent_audit import ConsentAudit
from pipeline.stages.contactable import allowed, usable_points
from pipeline.stages.decide import decide_stage
from pipeline.stages.dedupe import Deduplication
from pipeline.stages.history import BoughtBefore
from pipeline.stages.hours import hours_stage
from pipeline.stages.mail_check import CACHE_FILE, MailCheck
from pipeline.stages.map import map_stage
from pipeline.stages.normalise import normalise_stage
from pipeline.stages.quality import quality_stage
from pipeline.stages.rules import rules_stage
from pipeline.stages.screen import screen_stage
from schemas.contact.apply import Apply
from schemas.findings import no_findings
from schemas.manifest import MailChecked, Manifest, UsedHistory
from schemas.support.prefetch import read_ahead
from suppression.lists import SuppressionList, open_version
from suppression.loading import ListSpec, build_version
from suppression.store import open_fit

if TYPE_CHECKING:
    from pipeline.ledger.run_past import RunPast

Stage = Callable[[pl.DataFrame, Source, Context], tuple[pl.DataFrame, pl.DataFrame]]
JudgingStage = Callable[[pl.DataFrame, pl.DataFrame, Source, Context], tuple[pl.DataFrame, pl.DataFrame]]

#: Ends of the names of columns that only screening needs.
_SCREENED_ONLY = (":given", ":key", ":domain", ":other", ":other_region")
#: Stages of the first pass, in order. Each is a function of (batch, its file, read-only context).
BATCH_STAGES: tuple[Stage, ...] = (map_stage, normalise_stage, quality_stage, screen_stage)
#: Stages that judge what those found: each takes the findings so far and returns all of them.
JUDGING_STAGES: tuple[JudgingStage, ...] = (rules_stage,)


@dataclass
class _Checked:
    """A batch after the first pass, with what was counted on the way."""

    source: int
    frame: pl.DataFrame
    findings: pl.DataFrame
    given: Counter[str] = field(default_factory=Counter)
    valid: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)


class Run:
    """One run's state between its passes: what was read, what was found, how long it took."""

    def __init__(self, request: Request, plan: Plan, apply: Apply, staging: Path, report: Report) -> None:
        self._request, self._plan, self._staging, self._report = request, plan, staging, report
        # More batches at once than this cost memory and gain nothing: polars itself works on all cores.
        self._threads = min(request.threads, 2)
        self.work = staging / "work"
        self.work.mkdir()
        self._seconds: dict[str, float] = {}
        noticed = list(plan.notes)
        began = time.perf_counter()
        lists = [self._load(spec, apply, noticed) for spec in plan.lists]
        if plan.store is not None:
            lists += open_fit(plan.store, plan.store_lists, request.as_of, request.allow_stale, request.max_age)
        self._clock("load lists", began)
        rules = rules_of(plan, request.as_of, lists)
        self._context = Context(
            plan.campaign, plan.vendor, request.as_of, lists, plan.sources, apply, rules, hours_of(rules, plan)
        )
        self._notices = Notices(self._context, noticed)
        self._files = [FileTally() for _ in plan.sources]
        self._tallies = [Tally() for _ in plan.sources]
        self._matches: dict[str, int] = {}
        self._spill = Spill(self.work / "spill")
        self._duplicates = Deduplication(self.work / "keys", self._context)
        self._consents = ConsentAudit(self.work / "consents", self._context)
        cache = None if plan.store is None or request.dry_run else plan.store.folder / CACHE_FILE
        self._past = None if request.ledger is None else BoughtBefore(self.work / "past", self._context)
        self._asked: RunPast | None = None
        self._mail = MailCheck(request.dns_server, cache, request.as_of) if request.check_mx else None

    def _load(self, spec: ListSpec, apply: Apply, noticed: list[str]) -> SuppressionList:
        folder = self.work / "lists" / spec.name
        noticed += [f"list {spec.name}: {warning}" for warning in build_version(spec, folder, apply).warnings]
        return open_version(folder, self._request.as_of)

    def first_pass(self) -> None:
        """Read and check every batch, and put it away with its findings."""
        size = sum(source.table.input.size for source in self._context.sources) or 1
        sampled: set[int] = set()
        for checked in in_order(self._check, read_ahead(self._batches(), depth=1), self._threads):
            number, frame, findings = checked.source, checked.frame, checked.findings
            if number not in sampled:
                sampled.add(number)
                source = self._context.sources[number]
                self._notices.of_source(source, unclaimed(frame, source.mapping.unmapped))
            tally = self._tallies[number]
            tally.given += checked.given
            tally.valid += checked.valid
            for step, seconds in checked.seconds.items():
                self._seconds[step] = self._seconds.get(step, 0.0) + seconds
            began = time.perf_counter()
            self._count_matches(findings)
            usable = usable_points(frame, findings, self._context)
            if self._request.earlier is None:
                self._duplicates.gather(frame, usable, number)
            if self._past is not None:
                self._past.gather(frame, usable, number)
            if self._mail is not None:
                self._mail.gather(frame, usable)
            began = self._clock("gather keys", began)
            self._consents.gather(frame, number)
            began = self._clock("gather consents", began)
            self._spill.put(number, self._compact(frame), findings)
            self._clock("put away", began)
            rows = int(frame.item(-1, "row_id")) + 1
            self._report("reading and checking", sum(file.size for file in self._files) / size, rows)

    def _check(self, batch: tuple[int, pl.DataFrame]) -> _Checked:
        """Take a batch through the stages of the first pass. Runs on several threads at once."""
        number, frame = batch
        source = self._context.sources[number]
        checked = _Checked(number, frame, no_findings())
        found = []
        for stage in BATCH_STAGES:
            began = time.perf_counter()
            checked.frame, more = stage(checked.frame, source, self._context)
            found.append(more)
            checked.seconds[stage.__name__.removesuffix("_stage")] = time.perf_counter() - began
            if stage is map_stage:
                add_present(checked.given, checked.frame)
            elif stage is normalise_stage:
                add_present(checked.valid, checked.frame)
                if self._request.earlier is not None:
                    found.append(earlier_findings(checked.frame, self._request.earlier.manifest.run_id))
        checked.findings = pl.concat(found)
        for judging in JUDGING_STAGES:
            began = time.perf_counter()
            checked.frame, checked.findings = judging(checked.frame, checked.findings, source, self._context)
            checked.seconds[judging.__name__.removesuffix("_stage")] = time.perf_counter() - began
        return checked

    def settle(self) -> None:
        """Compare the consents and decide which of several equal points is kept, over the whole run; ask DNS."""
        began = time.perf_counter()
        if self._past is not None:
            self._past.settle(self._ask(keep=not self._request.dry_run))
            began = self._clock("ask the ledger", began)
        held = self._consents.settle(sum(file.records for file in self._files))
        began = self._clock("settle consents", began)
        self._duplicates.settle(None if self._past is None else self._past.blocked, held)
        began = self._clock("settle duplicates", began)
        if self._mail is not None:
            self._mail.settle()
            self._clock("ask mail domains", began)

    def second_pass(self) -> Manifest:
        """Decide every batch, write it, and close the account."""
        mail = self._mail.record() if self._mail is not None else None
        identity = self._identity(mail)
        outputs = ResultFiles(self._staging, self._context, identity)
        records = sum(file.records for file in self._files)
        done = 0
        for number, verdict, findings in read_ahead(self._decided(identity), depth=1):
            began = time.perf_counter()
            self._tallies[number].add(verdict)
            outputs.add(verdict, findings)
            self._clock("write", began)
            done += len(verdict.clean) + len(verdict.rejected)
            self._report("deciding and writing", done / max(records, 1), done)
        began = time.perf_counter()
        written = outputs.close()
        self._clock("write", began)
        manifest = make_manifest(
            self._plan, self._context, self._files, self._tallies, self._matches, written, identity
        )
        timings = {step: round(seconds, 3) for step, seconds in self._seconds.items()}
        earlier = None if self._request.earlier is None else self._request.earlier.record()
        also = {"mail_check": mail, "history": self._used(), "rescrub_of": earlier, "timings": timings}
        manifest = manifest.model_copy(update=also)
        write_manifest(manifest, self._staging)
        return manifest

    def _decided(self, identity: str) -> Iterator[tuple[int, Verdict, pl.DataFrame]]:
        """Decide batch after batch, while the one before is written."""
        for number, frame, found in self._spill.take():
            began = time.perf_counter()
            source = self._context.sources[number]
            constants: dict[str, str | None] = {"run_id": identity}
            if not source.mapping.read_before:
                constants |= {
                    "vendor": self._context.vendor,
                    "source_file": source.table.name,
                    "source_sheet": source.table.sheet,
                    "source_sha256": delivery_of(source.table.input, self._files[number]).sha256,
                }
            late = [self._consents.findings_for(frame, number), self._duplicates.findings_for(frame)]
            if self._past is not None:
                late.append(self._past.findings_for(frame))
            if self._mail is not None:
                late.append(self._mail.findings_for(frame))
            together = pl.concat([found, *late])
            may = allowed(frame, together, self._context)
            timed, flags = hours_stage(frame, may, source, self._context)
            findings = pl.concat([together, flags]).sort("row_id", maintain_order=True)
            verdict = decide_stage(timed, findings, may, source, self._context, constants)
            if source.mapping.read_before:
                ids = frame.select("row_id", EARLIER_ROW)
                verdict = Verdict(numbered_as_before(verdict.clean, ids), numbered_as_before(verdict.rejected, ids))
                findings = numbered_as_before(findings, ids)
            self._clock("decide", began)
            yield number, verdict, findings

    def finished(self) -> Manifest | None:
        """The result that stands in the output folder, if it is the one that this run would write.

        It is entered into the ledger again, in case that was cut short.
        """
        with suppress(ValueError):
            manifest = read_manifest(self._request.out)
            for source, file in zip(self._context.sources, self._files, strict=True):
                file.take_whole(source.table.input, self._request.block_bytes)
            self._ask(keep=False)
            mail = manifest.mail_check if self._request.check_mx else None
            if self._identity(mail) == manifest.run_id and is_complete(self._request.out, manifest):
                self.enter()
                return manifest
        return None

    def enter(self) -> None:
        """Enter the finished run into the ledger."""
        if self._asked is not None and self._request.record:
            from pipeline.run.ledger_session import enter  # noqa: PLC0415  # what a ledger needs is loaded where there is one

            self._notices.of_overtaken(enter(self._request, self._asked))

    def _ask(self, *, keep: bool) -> RunPast:
        from pipeline.run.ledger_session import ask  # noqa: PLC0415

        self._asked = ask(self._request, self._context, self._files, keep=keep)
        return self._asked

    def _identity(self, mail: MailChecked | None) -> str:
        return run_id(self._context, [file.sha256 for file in self._files], mail, self._used())

    def _used(self) -> UsedHistory | None:
        if self._asked is None or self._past is None:
            return None
        return self._asked.used.model_copy(update={"overlaps": dict(sorted(self._past.overlaps.items()))})

    def warnings(self) -> list[str]:
        """What a person should know besides the counts."""
        self._notices.of_files(self._files)
        self._notices.of_lists(self._tallies, self._matches)
        self._notices.of_law()
        return self._notices.sentences

    def _batches(self) -> Iterator[tuple[int, pl.DataFrame]]:
        rows = 0
        for number, source in enumerate(self._context.sources):
            batches = read_batches(source.table, self._files[number], self._request.block_bytes)
            began = time.perf_counter()
            for batch in batches:
                self._clock("read", began)
                ids = pl.int_range(rows, rows + len(batch), dtype=pl.UInt64, eager=True)
                rows += len(batch)
                yield number, batch.with_columns(ids.alias("row_id"))
                began = time.perf_counter()

    def _compact(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Gather all source columns, over all files of the run, into ``original``; drop what only screening needs."""
        fields = [
            (pl.col(SOURCE + name) if SOURCE + name in frame.columns else pl.lit(None, pl.String)).alias(name)
            for name in self._context.columns
        ]
        keep = [name for name in frame.columns if not name.startswith(SOURCE) and not name.endswith(_SCREENED_ONLY)]
        return frame.select(*keep, pl.struct(fields).alias("original"))

    def _count_matches(self, findings: pl.DataFrame) -> None:
        authorities = [lst.authority for lst in self._context.lists]
        matched = findings.filter(pl.col("source").is_in(authorities)).get_column("source").value_counts()
        for authority, count in matched.rows():
            self._matches[authority] = self._matches.get(authority, 0) + count

    def _clock(self, step: str, began: float) -> float:
        now = time.perf_counter()
        self._seconds[step] = self._seconds.get(step, 0.0) + now - began
        return now

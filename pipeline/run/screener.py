"""Screens Arrow batches that a caller brings: the checks of a run, without the run.

A `Screener` is opened once and holds nothing of the batches that it has seen. So it can be asked from several threads
at once, and sent to other processes: there it opens the same versions of the same lists again, and refuses others.
"""

from __future__ import annotations

import pickle
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.columns.date_columns import Order, date_fields
from pipeline.context import Context, Source
from pipeline.reading.arrow_batches import Memory, SampleReader, arrow_table, sample_table, text_frame
from pipeline.results.identity import LIBRARIES, program_version
from pipeline.results.verdict import Verdict
from pipeline.run.batch_steps import batch_to_decide, check_batch, decide_batch
from pipeline.run.plan import Plan, make_plan, mapping_of
from pipeline.run.region_check import check_regions
from pipeline.run.request import Request
from pipeline.run.run_rules import hours_of, law_warnings, rules_of
from pipeline.run.run_state import open_lists
from pipeline.stages.checks import Batch, Declared
from pipeline.stages.held import restore
from pipeline.stages.registry import RUN_CHECKS
from pipeline.stages.reviewed import REVIEWED
from pipeline.workspace import workspace_limits
from schemas.coded_findings import coded
from schemas.config import Campaign, Channel, ListEntry
from schemas.contact.apply import apply_here
from schemas.errors import ListError, UsageError
from schemas.files.limits import limited_to
from schemas.files.table import Table
from schemas.findings import FINDING_SCHEMA, no_findings
from schemas.frame_columns import ORIGINAL
from schemas.frames import output_types
from schemas.layout import Layout
from schemas.list_kinds import NO_MAX_AGE, MaxAge
from schemas.support.figures import counted
from schemas.support.shown import shown
from suppression.erased import ERASED
from suppression.store import PinnedStore

_OLDEST = pl.CompatLevel.oldest()
#: What tables of batches are called where a file has a name.
_NAME = "batch"
#: Columns of the outputs that say from which file of which run a row is, or repeat the caller's own columns.
_NOT_OURS = frozenset(
    {"source_file", "source_sha256", "source_sheet", "source_line", "run_id"} | {"extra", ORIGINAL, "raw"}
)
#: Whether a row may be used at all: the first column of the verdicts.
CLEAN = "clean"


@dataclass(frozen=True)
class Screened:
    """What a screener says of a batch.

    ``verdicts``: a line for each row, in the order of the batch (columns: `Screener.schema`). As in the outputs of a
    run, the contact columns of a clean row hold only what may be used. ``findings``: all that was found, by ``row_id``.
    """

    verdicts: pa.Table
    findings: pa.Table

    def beside(self, batch: Any, prefix: str = "scrub_") -> pa.Table:
        """The columns of the batch that was screened, followed by the verdicts with ``prefix`` before their names.

        Raises `UsageError` when that is another number of rows, or two columns would have one name.
        """
        given = arrow_table(batch)
        if len(given) != len(self.verdicts):
            raise UsageError(f"The batch has {counted(len(given), 'row')}, and {len(self.verdicts):,} were screened.")
        names = [*given.schema.names, *(prefix + name for name in self.verdicts.schema.names)]
        twice = sorted({name for name in names[len(given.schema.names) :] if names.count(name) > 1})
        if twice:
            raise UsageError(f"The batch has a column '{twice[0]}' of its own.", "Give another prefix.")
        return pa.table([*given.columns, *self.verdicts.columns], names)


@dataclass(frozen=True)
class _Sealed:
    """What a screener is made of, but for what it opens: this is what goes to another process.

    ``lists``: identities of the lists. ``versions``: of the program, and of the libraries that decide.
    """

    request: Request
    plan: Plan
    lists: tuple[str, ...]
    versions: dict[str, str]


class Screener:
    """Says of the rows of any Arrow batch what a run would say of them, but for what only a whole run can see.

    ``like``: the columns of the batches to come, as an Arrow schema or as some of their rows (a pyarrow table or batch,
    or a data frame that offers Arrow's C interface). With rows, their values help to say which column is which, as in a
    run. Everything else is as in `Request`; nothing is taken from the clock: ``as_of`` is the day of the verdicts.

    `not_made` names the checks that need a whole run, with the codes that are therefore never found. Dates in figures
    (03/04/2026) are read only as the layout says, since their order shows in a whole column alone.

    Raises `LeadscrubError` as `leadscrub.scrub` does: `ConfigError`, `UsageError`, `DropError`, `ListError`.
    """

    def __init__(
        self,
        like: Any,
        *,
        as_of: date,
        campaign: Path | None = None,
        vendor: str | None = None,
        layout: str | Path | Layout | None = None,
        region: str | None = None,
        no_region: bool = False,
        channels: Sequence[Channel] = (),
        lists: Sequence[ListEntry] = (),
        store: Path | None = None,
        store_lists: Sequence[str] = (),
        no_lists: bool = False,
        allow_stale: Sequence[str] = (),
        max_age: MaxAge = NO_MAX_AGE,
        rules: Sequence[str] = (),
        accept_weaker: bool = False,
        evidence: Sequence[str] = (),
    ) -> None:
        request = Request(
            [],
            Path(),
            as_of,
            campaign=campaign,
            vendor=vendor,
            layout=str(layout) if isinstance(layout, Path) else layout,
            region=region,
            no_region=no_region,
            channels=list(channels),
            lists=list(lists),
            store=store,
            store_lists=list(store_lists),
            no_lists=no_lists,
            allow_stale=list(allow_stale),
            max_age=max_age,
            rules=list(rules),
            accept_weaker=accept_weaker,
            evidence=list(evidence),
        )
        table = sample_table(like, _NAME, "arrow")
        with limited_to(workspace_limits(campaign)):
            plan = make_plan(request, lambda *chosen: [_source(table, *chosen)])
            check_regions(request, plan)
            self._open(request, _settled(plan))

    def _open(self, request: Request, plan: Plan) -> tuple[str, ...]:
        """Open the lists, and put the rules together. Returns the identities of the lists."""
        self.notes: tuple[str, ...]
        notes = list(plan.notes)
        folder = Path(tempfile.mkdtemp(prefix="leadscrub-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        lists, identities = open_lists(request, plan, apply_here, folder, notes)
        rules, (source,) = rules_of(plan, request.as_of, lists), plan.sources
        self._context = Context(
            plan.campaign, plan.vendor, request.as_of, lists, [source], apply_here, rules, hours_of(rules, plan)
        )
        self._source = source
        self._sealed = _Sealed(request, plan, tuple(identities), _versions())
        self.notes = tuple(map(shown, [*notes, *source.mapping.doubts, *law_warnings(rules)]))
        types = output_types([], [])
        verdicts = {CLEAN: pl.Boolean()} | {name: kind for name, kind in types.items() if name not in _NOT_OURS}
        self.schema: pa.Schema = pl.DataFrame(schema=verdicts).to_arrow(compat_level=_OLDEST).schema
        return self._sealed.lists

    @property
    def fields(self) -> dict[str, str]:
        """Which column of a batch is read as which field of a lead."""
        return dict(self._source.mapping.fields)

    @property
    def not_made(self) -> dict[str, tuple[str, ...]]:
        """The checks that need a whole run or the file of a row, each with the codes that it may find there."""
        left_out: tuple[Declared, ...] = (*RUN_CHECKS, REVIEWED)
        return {check.name: tuple(sorted(check.codes)) for check in left_out}

    def screen(self, batch: Any, first_row: int = 0) -> Screened:
        """Screen a batch: a pyarrow table or record batch, or a data frame that offers Arrow's C interface.

        Its columns are those that the screener was opened with, in any order and of any type that has a text.
        ``first_row``: ``row_id`` of its first row. Raises `DropError` when a column is missing, unknown or unreadable.
        """
        table = self._source.table
        frame = text_frame(arrow_table(batch), table.header, table.columns, first_row)
        if frame.is_empty():
            return Screened(self.schema.empty_table(), _arrow(no_findings()))
        ids = pl.int_range(first_row, first_row + len(frame), dtype=pl.UInt64, eager=True).alias("row_id")
        checked = check_batch(Batch(0, frame.with_columns(ids), coded(no_findings())), self._context)
        held = restore(checked.held(self._context))
        batch = batch_to_decide(0, held, checked.batch.findings, (), self._context)
        _, found, verdict = decide_batch(held, batch, self._source, self._context, {"vendor": self._context.vendor})
        return Screened(_together(verdict, self.schema), _arrow(found.frame()))

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        """Pickle what the screener was opened with: lists are opened again where it arrives."""
        return _reopened, (pickle.dumps(self._sealed),)


@lru_cache(maxsize=4)
def _reopened(pickled: bytes) -> Screener:
    """Open a screener again, once in a process.

    Raises `ListError` when a list is not as it was, `UsageError` when the program or a library is another one.
    """
    sealed: _Sealed = pickle.loads(pickled)  # noqa: S301  # whoever unpickles a screener has chosen to trust it
    here = _versions()
    if other := [name for name, version in sealed.versions.items() if here.get(name) != version]:
        name = other[0]
        raise UsageError(
            f"The screener was opened with {name} {sealed.versions[name]}, and here it is {here.get(name, 'missing')}.",
            "Install the same versions on every machine.",
        )
    screener = Screener.__new__(Screener)
    found = screener._open(sealed.request, sealed.plan)
    if found != sealed.lists:
        changed = sorted({identity.split(":")[1] for identity in set(sealed.lists) - set(found)})
        raise ListError(
            f"Suppression lists are not what they were when the screener was opened: {', '.join(changed)}.",
            "Leave a list's file as it is while screeners use it, or load it into a store.",
        )
    return screener


def _versions() -> dict[str, str]:
    return {"leadscrub": program_version(), **LIBRARIES}


def _source(table: Table, layout: Layout, campaign: Campaign, region: str | None) -> Source:
    """Map the columns of the batches. The order of figures in dates is not looked for in a sample."""
    mapping = mapping_of(table, layout, campaign, region)
    orders: dict[str, Order] = dict.fromkeys(date_fields(mapping), "unknown")
    return Source(table, mapping, region, orders)


def _settled(plan: Plan) -> Plan:
    """The plan without the rows of the sample, and with the store and the files of lists as they are now."""
    (source,) = plan.sources
    bare = source.table._replace(input=Memory(_NAME), reader=SampleReader(source.table.reader.describe()))
    store, erased = plan.store, plan.erased
    if store is not None:
        store = PinnedStore(store.folder, {name: store.facts(name).version for name in plan.store_lists})
    if erased is not None:
        erased = PinnedStore(erased.folder, {ERASED: erased.facts(ERASED).version})
    lists = [replace(spec, paths=tuple(path.absolute() for path in spec.paths)) for spec in plan.lists]
    return plan._replace(sources=[replace(source, table=bare)], store=store, erased=erased, lists=lists)


def _together(verdict: Verdict, schema: pa.Schema) -> pa.Table:
    """The rows of both outputs in their order, in the columns of `Screener.schema`."""
    parts = [(verdict.clean, True), (verdict.rejected, False)]
    columns = []
    for field in schema:
        chunks: list[pa.Array] = []
        for rows, is_clean in parts:
            if field.name == CLEAN:
                chunks.append(pa.repeat(pa.scalar(is_clean), len(rows)))
            elif field.name in rows.column_names:
                chunks += rows.column(field.name).cast(field.type).chunks
            else:
                chunks.append(pa.nulls(len(rows), field.type))
        columns.append(pa.chunked_array(chunks, field.type))
    both = pa.table(columns, schema=schema)
    return both.take(pc.sort_indices(both.column("row_id"))).combine_chunks()


def _arrow(found: pl.DataFrame) -> pa.Table:
    return found.select(list(FINDING_SCHEMA)).to_arrow(compat_level=_OLDEST)

"""What every task of a job is sent: the plan, and where the lists of the run are. Tasks open them once in a process."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from pipeline.context import Context, MailQuestion, Reviewed, Source
from pipeline.reading.arrow_batches import Memory, SampleReader
from pipeline.reading.csv_pieces import CsvPiece, CutFile
from pipeline.reading.opening import open_tables
from pipeline.results.identity import LIBRARIES, program_version
from pipeline.run.plan import Plan
from pipeline.run.run_rules import hours_of, rules_of
from pipeline.run.run_state import RunState
from schemas.contact.apply import apply_here
from schemas.errors import UsageError
from schemas.files.limits import Limits, limited_to, limits
from suppression.erased import ERASED
from suppression.lists import open_version


@dataclass(frozen=True)
class Origin:
    """Where a task finds a table of the drop: the file, what outputs call it, and which of its tables it is.

    ``cut``: a large file in pieces, each read by a task of its own.
    """

    path: Path
    name: str
    position: int
    cut: CutFile | None = None


@dataclass(frozen=True)
class ListFolder:
    """A list as the run opened it: the folder of its version, and what the run allows."""

    folder: Path
    version: str
    stale_allowed: bool
    max_age: int | None


@dataclass(frozen=True)
class Job:
    """A run, as its tasks need it.

    ``origins``: of each source; none when the rows are those of a data frame. ``work``: a folder that all machines see.
    """

    plan: Plan
    as_of: date
    lists: tuple[ListFolder, ...]
    origins: tuple[Origin, ...]
    work: Path
    limits: Limits
    versions: dict[str, str]
    asks_mail: bool
    asks_ledger: bool
    reviewed: Reviewed | None

    @property
    def tasks(self) -> list[tuple[int, CsvPiece | None]]:
        """What each task reads of a drop: the number of a source, and which piece of it, if not all."""
        found: list[tuple[int, CsvPiece | None]] = []
        for number, origin in enumerate(self.origins):
            found += [(number, None)] if origin.cut is None else [(number, piece) for piece in origin.cut.pieces]
        return found

    def pickled(self) -> bytes:
        """The job, for its tasks."""
        return pickle.dumps(self)

    def source(self, number: int) -> Source:
        """The source with its table, for a task that reads it; nothing is read yet but its beginning.

        Raises `UsageError` when the file has other columns than the driver saw, and what `open_tables` raises.
        """
        source = self.plan.sources[number]
        if not self.origins:
            return source
        origin = self.origins[number]
        table = open_tables(origin.path, origin.name, source.mapping.layout)[origin.position]
        if table.columns != source.table.columns:
            raise UsageError(f"'{table.place}' has other columns than when the run began.", "Run again.")
        return Source(table, source.mapping, source.region, source.date_orders)


def job_of(run: RunState, origins: tuple[Origin, ...]) -> Job:
    """What the tasks of a run need. Lists that are read for the run are in its work folder, those of a store there."""
    folders = []
    built = {spec.name for spec in run.plan.lists}
    for lst in run.context.lists:
        facts = lst.facts
        if facts.name in built:
            folder = run.work / "lists" / facts.name
        else:
            store = run.plan.erased if facts.name == ERASED else run.plan.store
            assert store is not None  # noqa: S101  # a list is of the run or of a store
            folder = store.version_folder(facts.version)
        folders.append(ListFolder(folder.absolute(), facts.version, lst.stale_allowed, lst.max_age))
    sources = [_without_bytes(source) for source in run.plan.sources]
    return Job(
        run.plan._replace(sources=sources, memory=None, store=None, erased=None),
        run.request.as_of,
        tuple(folders),
        origins,
        run.work.absolute(),
        limits(),
        _versions(),
        run.context.mail is not None,
        run.context.asks_ledger,
        run.context.reviewed,
    )


def _without_bytes(source: Source) -> Source:
    """A source as tasks know it before they open it: what it is called, which columns it has and what they mean."""
    table = source.table
    named = Memory(str(table.input), table.input.delivery)
    return replace(source, table=table._replace(input=named, reader=SampleReader(table.reader.describe())))


@lru_cache(maxsize=2)
def opened(pickled: bytes) -> tuple[Job, Context]:
    """The job and its context, opened once in a process.

    Raises `UsageError` when another version of the program, or of a library that decides, is here.
    """
    job: Job = pickle.loads(pickled)  # noqa: S301  # sent by the driver
    here = _versions()
    if other := [name for name, version in job.versions.items() if here.get(name) != version]:
        name = other[0]
        raise UsageError(
            f"The driver has {name} {job.versions[name]}, and this executor {here.get(name, 'none')}.",
            "Install the same versions on every machine.",
        )
    lists = []
    with limited_to(job.limits):
        for each in job.lists:
            found = open_version(each.folder, job.as_of, each.version)
            lists.append(replace(found, stale_allowed=each.stale_allowed, max_age=each.max_age))
    rules = rules_of(job.plan, job.as_of, lists)
    context = Context(
        job.plan.campaign,
        job.plan.vendor,
        job.as_of,
        lists,
        job.plan.sources,
        apply_here,
        rules,
        hours_of(rules, job.plan),
        asks_ledger=job.asks_ledger,
        mail=MailQuestion(None, None) if job.asks_mail else None,
        reviewed=job.reviewed,
    )
    return job, context


def _versions() -> dict[str, str]:
    return {"leadscrub": program_version(), **LIBRARIES}

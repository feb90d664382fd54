"""The first pass of a run: every batch is read, checked, shown to the run checks, and put away with its findings."""

from __future__ import annotations

import math
from collections.abc import Iterator

import polars as pl

from pipeline.columns.contact_values import unclaimed
from pipeline.columns.date_columns import OrderRefutedError
from pipeline.reading.csv_table import CsvReader
from pipeline.run.batch_spool import Stored
from pipeline.run.batch_steps import Checked, check_batch
from pipeline.run.run_state import RunState
from pipeline.stages.checks import Batch
from schemas.coded_findings import coded
from schemas.files.table import Table, read_batches
from schemas.findings import no_findings
from schemas.support.freed_memory import give_back_memory, giving_back
from schemas.support.ordered_map import in_order
from schemas.support.prefetch import read_ahead

#: Bytes of a file that are read at once, unless the request says how many: so many for all threads together, the same
#: for one thread as for two. With hundreds of rules a batch takes a fifth more memory.
_UNDER_WAY, _WITH_RULES, _LEAST = 48 << 20, 40 << 20, 4 << 20
_FEW_THREADS = 2
#: Columns of a usual file, and the largest block of one with more.
_USUAL_COLUMNS, _WIDEST = 20, 24 << 20


def first_pass(run: RunState) -> None:
    """Read and check every batch. Afterwards hashes and counts of the files are known.

    Where a date refutes what earlier ones showed of their order, all is read again, once.
    """
    sampled: set[int] = set()
    dates = [source.dates for source in run.context.sources]
    for each in dates:
        each.assumes = True
    try:
        _check_all(run, sampled)
    except OrderRefutedError:
        for each in dates:
            each.assumes = False
        run.begin_again()
        _check_all(run, sampled)


def _check_all(run: RunState, sampled: set[int]) -> None:
    """One thread reads, several check batches and put them away, and this one shows them to the run checks in order.

    ``sampled``: numbers of the files of whose first batch was said what a person should know.
    """
    threads = run.request.threads
    size = sum(source.table.input.size for source in run.context.sources) or 1
    # Nothing else holds these generators: where a batch fails, their threads end before anybody cleans up.
    for checked, stored in giving_back(
        in_order(lambda batch: _check(run, batch), read_ahead(_read(run), depth=min(threads - 1, 1)), threads)
    ):
        _gather(run, checked, sampled)
        run.spool.keep(stored)
        rows = int(checked.batch.frame.item(-1, "row_id")) + 1
        run.report("reading and checking", sum(file.size for file in run.files) / size, rows)
        del checked, stored  # while the next one is waited for, its memory is for others
    for suppression in run.context.lists:
        suppression.release()
    give_back_memory()


def _gather(run: RunState, checked: Checked, sampled: set[int]) -> None:
    """Count a batch and show it to the run checks."""
    batch = checked.batch
    frame, number = batch.frame, batch.number
    if number not in sampled:
        sampled.add(number)
        source = run.context.sources[number]
        run.notices.of_source(source, unclaimed(frame, source.mapping.unmapped, source.region))
    run.tallies[number].given += checked.present["given"]
    run.tallies[number].valid += checked.present["valid"]
    run.matches.update(checked.matches)
    run.timer.merge(checked.timer.seconds)
    for check in run.checks:
        with run.timer.step(f"gather {check.name}"):
            check.gather(batch)


def _check(run: RunState, batch: Batch) -> tuple[Checked, Stored]:
    """Take a batch through the batch checks and put it away. Runs on several threads at once."""
    checked = check_batch(batch, run.context)
    with checked.timer.step("put away"):
        return checked, run.spool.put(batch.number, checked.held_columns(run.context), checked.batch.findings)


def _read(run: RunState) -> Iterator[Batch]:
    """Number the records of all files, in order."""
    rows = 0
    for number, source in enumerate(run.context.sources):
        batches = read_batches(source.table, run.files[number], _block_bytes(run, source.table))
        for frame in run.timer.items("read", batches):
            ids = pl.int_range(rows, rows + len(frame), dtype=pl.UInt64, eager=True)
            rows += len(frame)
            yield Batch(number, frame.with_columns(ids.alias("row_id")), coded(no_findings()))
            del frame


def _block_bytes(run: RunState, table: Table) -> int:
    """How much of a file to read at once: the more the faster, and it takes memory for each thread and each rule.

    Most of what a batch takes is for its rows, not for the columns that are only carried along: a block of a wide file
    is larger.
    """
    threads = run.request.threads
    under_way = _UNDER_WAY if run.context.rules is None else _WITH_RULES
    usual = max(under_way // max(threads, _FEW_THREADS), _LEAST)
    most = max(usual, min(usual * len(table.columns) // _USUAL_COLUMNS, _WIDEST))
    if run.request.block_bytes is not None or not isinstance(table.reader, CsvReader):
        return run.request.block_bytes or most
    return _even_blocks(table.input.size, most, threads)


def _even_blocks(size: int, most: int, threads: int) -> int:
    """Blocks of one size, as many for each thread as for the others, where they are not too small: none waits."""
    fewest = max(math.ceil(size / most), 1)
    for count in (math.ceil(fewest / threads) * threads, fewest):
        if size >= count * _LEAST:
            return math.ceil(size / count)
    return most

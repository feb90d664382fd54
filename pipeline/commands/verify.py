"""Checks a result against its manifest (hashes, counts, conservation, reasons), and the manifest against the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from polars.exceptions import PanicException, PolarsError
from pyarrow.lib import ArrowException

from pipeline.commands.verify_logged import compare
from pipeline.proof.keys import read_public
from pipeline.proof.signature import SIGNATURE
from pipeline.results.folder import PARQUETS, open_manifest, scan, table_files
from pipeline.results.manifest_file import MANIFEST
from pipeline.results.row_proof import tree_of
from pipeline.results.writer import output_file
from pipeline.terminal import print_lines, write_json
from schemas.errors import LeadscrubError, UsageError
from schemas.manifest import Manifest
from schemas.support.figures import counted
from schemas.support.shown import masked_addresses, shown


def verify(out: Path, *, key: Path | None = None, workspace: Path | None = None) -> list[str]:
    """Say what is wrong with a result, sentence by sentence; nothing when it is as its manifest says.

    The manifest itself is compared with log and ledger of the workspace that the result is in, or that is named.
    ``key``: file with the public key that must have signed it. Raises `UsageError` when the folder holds no result.
    """
    manifest = open_manifest(out)
    compared = compare(out, manifest, None if key is None else read_public(key), workspace)
    return [*_faults(out, manifest), *compared.faults]


def refuse_damaged(out: Path, *others: str) -> None:
    """Check that the tables of a result, and ``others`` of its files that are there, are those that its manifest names.

    Raises `UsageError` that says what `verify` says when they are not: nothing that they tell is to be relied on.
    """
    manifest = open_manifest(out)
    asked = {name for name in others if (out / name).exists()}
    tables = {name: file for name, file in manifest.outputs.items() if name.endswith(".parquet") or name in asked}
    faults = list(_file_faults(out, manifest.model_copy(update={"outputs": tables})))
    if faults:
        raise UsageError(f"'{out}' is damaged: {'; '.join(faults)}.", "See 'leadscrub verify', or scrub again.")


def print_verification(out: Path, *, key: Path | None, workspace: Path | None, as_json: bool) -> bool:
    """Print each fault, or that there is none, and with what the manifest could not be compared.

    Returns whether the result is as its manifest says, and the manifest as it was. Raises `UsageError` when the folder
    holds no result, `LeadscrubError` (exit 1) when the manifest is damaged.
    """
    try:
        manifest = open_manifest(out)
    except UsageError as error:
        if (out / MANIFEST).is_file():
            raise LeadscrubError(error.message, "Scrub again, or restore it from a copy.") from error
        raise
    compared = compare(out, manifest, None if key is None else read_public(key), workspace)
    faults = [*_faults(out, manifest), *compared.faults]
    if as_json:
        found = {"faults": faults, "compared_with": compared.with_, "notes": [*compared.notes, *_erasures(manifest)]}
        found = {name: [masked_addresses(each) for each in sentences] for name, sentences in found.items()}
        write_json({"run_id": manifest.run_id, "ok": not faults, **found})
        return not faults
    if faults:
        print_lines(*(f"FAULT {shown(fault)}" for fault in faults))
    else:
        counts = manifest.counts
        print_lines(
            f"ok: {counts.read:,} read = {counts.clean:,} clean + {counts.rejected:,} rejected; "
            f"{counted(len(manifest.outputs), 'file')} are as written by run {manifest.run_id}"
            + (f"; the manifest is that of the {' and the '.join(compared.with_)}" if compared.with_ else "")
        )
        print_lines(*(f"note: {shown(note)}" for note in [*compared.notes, *_erasures(manifest)]))
    return not faults


def _erasures(manifest: Manifest) -> list[str]:
    return [
        f"{counted(each.rows, 'row')} erased at {each.at} ({each.because}); the manifest before that was "
        f"{each.manifest_sha256[:12]}"
        for each in manifest.erasures
    ]


def _faults(out: Path, manifest: Manifest) -> Iterator[str]:
    yield from _file_faults(out, manifest)
    known = {out / name for name in manifest.outputs} | {out / MANIFEST, out / SIGNATURE}
    yield from (
        f"{path.relative_to(out)} was not written by the run"
        for path in sorted(out.rglob("*"))
        if (path.is_file() or path.is_symlink()) and path not in known
    )
    try:
        yield from _content_faults(out, manifest)
        yield from _row_faults(out, manifest)
    except (PolarsError, PanicException, ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        yield f"the outputs cannot be read: {type(error).__name__}"


def _file_faults(out: Path, manifest: Manifest) -> Iterator[str]:
    """Outputs that are missing, or not as they were written."""
    for name, expected in manifest.outputs.items():
        path = out / name
        if path.is_symlink():
            yield f"{name} is a link"
        elif not path.is_file():
            yield f"{name} is missing"
        elif output_file(path, expected.rows) != expected:
            yield f"{name} is not the file that the run wrote (sha256 differs)"


def _content_faults(out: Path, manifest: Manifest) -> Iterator[str]:
    counts = manifest.counts
    rows = {name: scan(out, name).select(pl.len()).collect().item() for name in PARQUETS}
    if (rows["clean"], rows["rejected"]) != (counts.clean, counts.rejected):
        yield (
            f"the manifest counts {counts.clean} clean and {counts.rejected} rejected, "
            f"the files hold {rows['clean']} and {rows['rejected']}"
        )
    ids = pl.concat([scan(out, name).select("row_id") for name in ("clean", "rejected")]).collect()["row_id"]
    once = len(ids) == counts.read and ids.n_unique() == len(ids)
    # Rows that are scrubbed again keep the row_id of the run that read them, of which some were rejected.
    if not once or (manifest.rescrub_of is None and len(ids) and ids.max() != len(ids) - 1):
        yield f"row_id does not run from 0 to {counts.read - 1} over both outputs, each once"
    for path in (path for name in PARQUETS for path in table_files(out, name)):
        with path.open("rb") as stream:
            metadata = pq.read_schema(stream).metadata or {}
        if metadata.get(b"run_id", b"").decode() != manifest.run_id:
            yield f"{path.relative_to(out)} carries another run_id"
    primary = dict(scan(out, "rejected").group_by("reason").len().collect().rows())
    if primary != counts.by_primary_reason:
        yield "by_primary_reason of the manifest differs from rejected.parquet"
    every = Counter(scan(out, "rejected").select(pl.col("reasons").explode()).collect()["reasons"].to_list())
    if dict(every) != counts.by_reason:
        yield "by_reason of the manifest differs from rejected.parquet"
    yield from _reason_faults(out)


def _row_faults(out: Path, manifest: Manifest) -> Iterator[str]:
    """Whether the rows are those of the root that the manifest names."""
    if manifest.rows is None:
        return
    with tree_of(out, manifest.rows.columns) as tree:
        if (tree.rows, tree.root().hex()) != (manifest.rows.rows, manifest.rows.root):
            yield "cells of clean.parquet or rejected.parquet differ from the root over all rows in the manifest"


def _reason_faults(out: Path) -> Iterator[str]:
    """Every rejected row has exactly the reasons that its findings give, the primary one first."""
    found = (
        scan(out, "findings").filter(pl.col("effect") != "flag").group_by("row_id").agg(found=pl.col("code").unique())
    )
    compared = (
        scan(out, "rejected")
        .select("row_id", "reason", "reasons")
        .join(found, on="row_id", how="left")
        .with_columns(
            same=(pl.col("reasons").list.sort() == pl.col("found").list.sort()).fill_null(False),
            first=(pl.col("reasons").list.first() == pl.col("reason")).fill_null(False),
        )
        .filter(~(pl.col("same") & pl.col("first")))
        .select(pl.len())
        .collect()
        .item()
    )
    if compared:
        has = "has" if compared == 1 else "have"
        yield f"{counted(compared, 'rejected row')} {has} other reasons than the findings"

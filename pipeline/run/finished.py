"""Whether a run was made before: its id is computed from digests, and compared with the result that is there."""

from __future__ import annotations

from contextlib import suppress

from pipeline.reading.arrow_batches import Memory
from pipeline.results.identity import run_id
from pipeline.results.manifest_file import is_complete, read_manifest
from pipeline.run.ledger_session import ask, enter
from pipeline.run.plan import Plan
from pipeline.run.request import Request
from pipeline.run.run_decisions import reviewed_rows
from pipeline.run.run_state import run_inputs, stored_identity
from pipeline.stages.history import history_identity
from pipeline.stages.mail_check import mail_identity
from schemas.files.table import FileTally
from schemas.manifest import Manifest
from suppression.erased import ERASED
from suppression.sources import hash_files


def finished_before(request: Request, plan: Plan) -> tuple[Manifest, list[str]] | None:
    """The manifest in the output folder, if it is the one that this run would write, and the runs it has overtaken.

    It is entered into the ledger again, in case that was cut short. No list is built and no row is read.
    """
    if any(isinstance(source.table.input, Memory) for source in plan.sources):
        return None  # of rows that are no file, the hash is not known before they are read
    with suppress(ValueError):
        manifest = read_manifest(request.out)
        files = [FileTally() for _ in plan.sources]
        for source, file in zip(plan.sources, files, strict=True):
            file.take_whole(source.table.input)
        past = ask(request, plan, files, keep=False)
        found = history_identity(past.used)
        if request.check_mx and manifest.mail_check is not None:
            found |= mail_identity(manifest.mail_check)
        inputs = run_inputs(request, plan, _list_identities(request, plan), reviewed_rows(request, plan))
        same = run_id(inputs, [file.sha256 for file in files], found) == manifest.run_id
        if manifest.held and request.accept_held:
            return None  # what is accepted now has to be written
        if same and is_complete(request.out, manifest):
            return manifest, enter(request, past) if request.record and not manifest.held else []
    return None


def _list_identities(request: Request, plan: Plan) -> list[str]:
    found = [spec.identity(file.sha256 for file in hash_files(spec.paths)) for spec in plan.lists]
    if plan.store is not None:
        stored = [plan.store.facts(name) for name in plan.store_lists]
        found += [stored_identity(facts, request.max_age.of(facts.kind)) for facts in stored]
    if plan.erased is not None:
        found.append(stored_identity(plan.erased.facts(ERASED), None))
    return found

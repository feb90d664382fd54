"""Makes and shows the key that a workspace signs with."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.ledger.logged import enter_unlogged
from pipeline.proof.chain import append_signed
from pipeline.proof.entries import Entry
from pipeline.proof.keys import Signer, keep_public, keys_folder, make_key, public_of, signer_of
from pipeline.proof.unfinished import unfinished
from pipeline.terminal import print_lines, write_json
from pipeline.workspace import refuse_no_workspace
from schemas.errors import ConfigError, UsageError


def new_key(workspace: Path, *, lost: bool) -> None:
    """Give a workspace a key; one that it has is replaced, and signs that, unless it is ``lost``.

    Raises `UsageError` when the folder is no workspace.
    """
    refuse_no_workspace(workspace, "Name one with --workspace.")
    before = public_of(workspace)
    earlier: Signer | None = None
    if not lost:
        earlier = signer_of(workspace)
        enter_unlogged(workspace, None)
    signer = make_key(workspace)
    facts: dict[str, object] = {"pem": signer.public.pem}
    if before is not None:
        facts |= {"replaces": before.id} | ({"lost": True} if lost else {})
    with unfinished(workspace):
        append_signed(workspace, earlier or signer, Entry("key", signer.public.id, "", None, facts))
        keep_public(workspace, signer.public)
    print_lines(
        f"key {signer.public.id}: private half in {keys_folder(workspace) / (signer.public.id + '.pem')}, for you "
        "only; keep a copy elsewhere",
        "public half in log/key.pem; give it to whoever is to check results: 'leadscrub keys show'",
    )


def print_key(workspace: Path, *, as_json: bool) -> None:
    """Print the public key, and whether the private half is here. Raises `UsageError` when there is none."""
    refuse_no_workspace(workspace, "Name one with --workspace.")
    public = public_of(workspace)
    if public is None:
        raise UsageError(f"'{workspace}' has no key.", "Make one with 'leadscrub keys new'.")
    try:
        signer_of(workspace)
        here = True
    except (ConfigError, UsageError):
        here = False
    if as_json:
        write_json({"key": public.id, "pem": public.pem, "private_key_here": here})
    else:
        print_lines(*public.pem.splitlines())
        sys.stderr.write(f"key {public.id}; its private half is {'here' if here else 'not here'}\n")

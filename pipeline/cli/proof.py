"""The ``leadscrub log`` and ``leadscrub keys`` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.help import Changing, Command, Group
from pipeline.cli.option_values import address_of, day_of
from pipeline.cli.options import Json, ResultFolder

WorkspaceFolder = Annotated[
    Path, typer.Option("--workspace", metavar="DIR", help="The workspace; by default this folder.")
]
PublicKeyFile = Annotated[
    Path | None, typer.Option("--key", metavar="PUB", help="PEM file with the public key that must have signed it.")
]
RootsFile = Annotated[
    Path | None,
    typer.Option("--ca", metavar="CA", help="PEM file with the root certificates of timestamp authorities."),
]

log = typer.Typer(name="log", cls=Group, rich_markup_mode=None, invoke_without_command=True)
keys = typer.Typer(
    name="keys", cls=Group, help="The key that a workspace signs with.", no_args_is_help=True, rich_markup_mode=None
)


def kind_names(begun: str) -> list[str]:
    """Kinds of entry that begin so, for the shell."""
    from pipeline.proof.entries import KINDS  # noqa: PLC0415

    return [kind for kind in KINDS if kind.startswith(begun)]


@log.callback(epilog="Example: leadscrub log --kind run --since 2026-11-01")
def _log(
    context: typer.Context,
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", autocompletion=kind_names, help="Only entries of this kind; repeatable."),
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only entries from this day (UTC) on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Only entries up to this day (UTC).")] = None,
    vendor: Annotated[str | None, typer.Option(metavar="NAME", help="Only entries about this vendor.")] = None,
    workspace: WorkspaceFolder = Path(),
    as_json: Json = False,
) -> None:
    """List what a workspace logged: runs, lists, exports, returns, deletions, keys; each entry seals the one before."""
    if context.invoked_subcommand is not None:
        return
    from pipeline.commands.log_report import Filter, checked_kind, print_log  # noqa: PLC0415

    wanted = Filter(
        tuple(checked_kind(each) for each in kind or []),
        None if since is None else day_of(since),
        None if until is None else day_of(until),
        vendor,
    )
    print_log(workspace, wanted, as_json=as_json)


def evidence(
    out: ResultFolder,
    to: Annotated[Path, typer.Option("-o", "--to", metavar="FILE", help="The ZIP to write; must be a new file.")],
    row: Annotated[int | None, typer.Option(metavar="N", help="row_id of the lead.")] = None,
    phone: Annotated[
        str | None, typer.Option(metavar="PHONE", help="A phone of the person, in any form; - reads it from stdin.")
    ] = None,
    email: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="An email of the person; - reads it from stdin.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    as_json: Json = False,
) -> None:
    """Write the proof about one person as a ZIP that anybody can read and check, without anybody else's data."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from pipeline.commands.evidence_report import print_evidence  # noqa: PLC0415
    from pipeline.evidence.bundle import EvidenceRequest  # noqa: PLC0415

    request = EvidenceRequest(out, to, datetime.now(UTC), row, address_of(phone), address_of(email), force)
    print_evidence(request, as_json=as_json)


@log.command("verify", cls=Command, epilog="Example: leadscrub log verify")
def verify_log(
    workspace: WorkspaceFolder = Path(), key: PublicKeyFile = None, ca: RootsFile = None, as_json: Json = False
) -> None:
    """Check the log, and ledger, store and results against it; exit 1 when anything differs."""
    from pipeline.commands.log_check import print_log_check  # noqa: PLC0415
    from pipeline.proof.keys import read_public  # noqa: PLC0415
    from pipeline.proof.timestamps import read_roots  # noqa: PLC0415

    public, roots = None if key is None else read_public(key), None if ca is None else read_roots(ca)
    if not print_log_check(workspace, public, roots, as_json=as_json):
        raise typer.Exit(1)


@log.command("stamp", cls=Changing, epilog="Example: leadscrub log stamp --request head.tsq")
def stamp(
    request: Annotated[
        Path | None, typer.Option("--request", metavar="FILE", help="Write a request for an authority; a new file.")
    ] = None,
    answer: Annotated[
        Path | None, typer.Option("--answer", metavar="FILE", help="Check the authority's answer, keep and log it.")
    ] = None,
    ca: RootsFile = None,
    workspace: WorkspaceFolder = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace the file of the request.")] = False,
    as_json: Json = False,
) -> None:
    """Have a timestamp authority (RFC 3161) sign when the log was as it is; you send the request."""
    from pipeline.commands.log_stamp import print_answer, print_request  # noqa: PLC0415
    from schemas.errors import UsageError  # noqa: PLC0415

    if request is not None and answer is None and ca is None:
        print_request(workspace, request, force=force, as_json=as_json)
    elif answer is not None and request is None and not force:
        print_answer(workspace, answer, ca, as_json=as_json)
    else:
        raise UsageError(
            "One of --request FILE and --answer FILE is needed.",
            "First --request, with --force or without; then --answer, with --ca or without.",
        )


@keys.command("new", cls=Changing, epilog="Example: leadscrub keys new")
def new(
    workspace: WorkspaceFolder = Path(),
    lost: Annotated[
        bool, typer.Option("--lost", help="Replace a key whose private half is lost; the log says that.")
    ] = False,
) -> None:
    """Make a key: from now on the workspace's results and its log are signed. The private half stays outside."""
    from pipeline.commands.workspace_keys import new_key  # noqa: PLC0415

    new_key(workspace, lost=lost)


@keys.command("show", cls=Command, epilog="Example: leadscrub keys show")
def show(workspace: WorkspaceFolder = Path(), as_json: Json = False) -> None:
    """Print the workspace's public key as PEM."""
    from pipeline.commands.workspace_keys import print_key  # noqa: PLC0415

    print_key(workspace, as_json=as_json)

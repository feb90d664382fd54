"""The ``leadscrub subject`` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.help import Command, Group, Stepwise
from pipeline.cli.option_values import addresses_of
from pipeline.cli.options import Json
from schemas.errors import UsageError

subject = typer.Typer(
    name="subject",
    cls=Group,
    help="One person, over everything that a workspace holds: find, erase.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Phones = Annotated[
    list[str] | None,
    typer.Option(
        "--phone", metavar="PHONE", help="A phone of the person, in any form; - reads it from stdin; repeatable."
    ),
]
Emails = Annotated[
    list[str] | None,
    typer.Option("--email", metavar="EMAIL", help="An email; - reads it from stdin; repeatable."),
]
Names = Annotated[
    list[str] | None,
    typer.Option("--name", metavar="NAME", help="First and last name; - reads it from stdin; repeatable."),
]
Outs = Annotated[
    list[Path] | None, typer.Argument(metavar="OUT", help="Results besides, wherever they are.", show_default=False)
]
Region = Annotated[str | None, typer.Option(metavar="REGION", help="Region of numbers without +.")]
WorkspaceFolder = Annotated[
    Path | None, typer.Option("--workspace", metavar="DIR", help="The workspace; by default this folder, if it is one.")
]


def _read(phones: list[str] | None, emails: list[str] | None, names: list[str] | None) -> tuple[list[str], ...]:
    """Take what is named; one of them may come on stdin. Raises `UsageError` when several should."""
    given = (phones or [], emails or [], names or [])
    if sum("-" in each for each in given) > 1:
        raise UsageError("Only one of --phone, --email and --name can come on stdin.", "Ask for one at a time.")
    return tuple(addresses_of(each) for each in given)


@subject.command(cls=Command, epilog="Example: leadscrub subject find --phone +12025550123 --email ann@example.com")
def find(
    outs: Outs = None,
    phone: Phones = None,
    email: Emails = None,
    name: Names = None,
    region: Region = None,
    workspace: WorkspaceFolder = None,
    as_json: Json = False,
) -> None:
    """Find every place that has one of these values of a person. Exit 4 when something could not be looked through."""
    from pipeline.commands.subject import Named, find_subject  # noqa: PLC0415

    phones, emails, names = _read(phone, email, name)
    find_subject(Named(phones, emails, names, region, workspace, outs or []), as_json=as_json)


@subject.command(cls=Stepwise, epilog="Example: leadscrub subject erase --phone +12025550123 --because 'case 17' --yes")
def erase(
    outs: Outs = None,
    phone: Phones = None,
    email: Emails = None,
    name: Names = None,
    because: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Reason that the log keeps, such as a ticket; nothing personal.")
    ] = None,
    delete_files: Annotated[
        bool,
        typer.Option("--delete-files", help="Delete whole files that cannot be written again without the person."),
    ] = False,
    namesakes: Annotated[
        bool, typer.Option("--namesakes", help="Erase everybody of the name, where only --name is given.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
    region: Region = None,
    workspace: WorkspaceFolder = None,
    as_json: Json = False,
) -> None:
    """Erase a person everywhere, but where the law has them kept. Exit 4 when something is left to do by hand."""
    from pipeline.commands.subject import ASKED, Named, erase_subject  # noqa: PLC0415

    phones, emails, names = _read(phone, email, name)
    erase_subject(
        Named(phones, emails, names, region, workspace, outs or []),
        because=because or ASKED,
        delete_files=delete_files,
        namesakes=namesakes,
        yes=yes,
        as_json=as_json,
    )

"""The ``leadscrub rules`` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.help import Command, Group
from pipeline.cli.option_values import day_of
from pipeline.cli.options import AsOfDay, Json, channel_names

rules_app = typer.Typer(
    name="rules",
    cls=Group,
    help="The law that a run can ask: dated rule packs.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@rules_app.command(
    name="list",
    cls=Command,
    epilog="Example: leadscrub rules list --country FR --channel call --as-of 2026-08-11",
)
def list_(
    country: Annotated[
        str | None, typer.Option(metavar="COUNTRY", help="Rules for leads in this country, such as FR.")
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="CHANNEL",
            autocompletion=channel_names,
            help="call, text, email or post; for data that leaves: transfer, return, export.",
        ),
    ] = None,
    pack: Annotated[str | None, typer.Option(metavar="PACK", help="Rules of this pack only, such as us.")] = None,
    as_of: AsOfDay = None,
    as_json: Json = False,
) -> None:
    """List the rules in force on a day."""
    from pipeline.commands.rule_reports import channel_of_rules, print_rules  # noqa: PLC0415
    from schemas.contact.regions import checked_region  # noqa: PLC0415

    print_rules(
        country=checked_region(country) if country else None,
        channel=channel_of_rules(channel) if channel else None,
        as_of=day_of(as_of),
        pack=pack,
        as_json=as_json,
    )


@rules_app.command(cls=Command, epilog="Example: leadscrub rules coverage --country PT")
def coverage(
    country: Annotated[
        str | None, typer.Option(metavar="COUNTRY", help="One country, with the rules behind each answer.")
    ] = None,
    as_of: AsOfDay = None,
    as_json: Json = False,
) -> None:
    """Show for which countries, ways of contact and audiences a rule was verified; the rest is for review."""
    from pipeline.commands.rule_coverage import print_coverage  # noqa: PLC0415
    from schemas.contact.regions import checked_region  # noqa: PLC0415

    print_coverage(country=checked_region(country) if country else None, day=day_of(as_of), as_json=as_json)


@rules_app.command(cls=Command, epilog="Example: leadscrub rules show us.tsr.national-dnc")
def show(rule: Annotated[str, typer.Argument(metavar="ID", help="Id of the rule.")], as_json: Json = False) -> None:
    """Show one rule: what it says, on whose authority, how sure that is, and what lifts it."""
    from pipeline.commands.rule_reports import print_rule  # noqa: PLC0415

    print_rule(rule, as_json=as_json)


@rules_app.command(cls=Command, epilog="Example: leadscrub rules why out --row 17")
def why(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that a scrub with rules wrote.")],
    row: Annotated[int, typer.Option(metavar="N", help="row_id of the lead.")],
    as_json: Json = False,
) -> None:
    """Explain what the law says of one lead: the facts, each rule, what decided, what would release it."""
    from pipeline.commands.rule_why import print_why  # noqa: PLC0415

    print_why(out, row, as_json=as_json)


@rules_app.command(cls=Command, epilog="Example: leadscrub rules diff --from 2026-11-21 --to 2027-02-01 --on out")
def diff(
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="The earlier day, as YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="The later day.")],
    on: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Ask both days' law of the clean rows of this result.")
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="With --on: list the rows that change, masked.")] = False,
    as_json: Json = False,
) -> None:
    """Show which rules begin or end between two days, and which clean rows of a result change verdict."""
    from pipeline.commands.rule_diff import print_diff  # noqa: PLC0415

    print_diff(day_of(first), day_of(last), out=on, rows=rows, as_json=as_json)

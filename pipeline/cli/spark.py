"""The ``leadscrub spark`` commands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.drop_options import (
    AcceptHeld,
    CampaignFile,
    Channels,
    CheckMx,
    LayoutName,
    MostRejected,
    Region,
    Sheets,
    VendorName,
    channels_of,
    region_of,
)
from pipeline.cli.help import Changing, Group
from pipeline.cli.lineage import lineage_of, plain_files
from pipeline.cli.option_values import day_of, instant_of
from pipeline.cli.options import AsOfDay, Json, with_shared_options
from pipeline.cli.run_options import LawOptions, ListOptions
from schemas.errors import EXIT_TOO_MANY_REJECTED

spark_app = typer.Typer(
    name="spark",
    cls=Group,
    help="Scrub on a Spark cluster, or on this machine as a Spark job.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@spark_app.command(
    cls=Changing,
    epilog="Example: leadscrub spark scrub drop.csv -o out-spark --channel call --region US --internal ours.txt",
)
@with_shared_options
def scrub(
    drops: Annotated[
        list[str],
        typer.Argument(metavar="PATH|TABLE", help="Files of a drop, a folder of Parquet, or a table of the catalogue."),
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="DIR", help="Folder for the results, which all machines of the job see."),
    ],
    campaign: CampaignFile = None,
    vendor: VendorName = None,
    channel: Channels = None,
    *,
    lists: ListOptions,
    law: LawOptions,
    layout: LayoutName = None,
    sheet: Sheets = None,
    region: Region = None,
    as_of: AsOfDay = None,
    max_reject_rate: MostRejected = None,
    check_mx: CheckMx = False,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="URL|none", help="Ledger for this run; by default the workspace's."),
    ] = None,
    received_at: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="When a drop that the ledger has not seen was received; by default now."),
    ] = None,
    accept_held: AcceptHeld = False,
    master: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Spark master; by default spark-submit's, else this machine."),
    ] = None,
    delta: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the tables as Delta tables there as well: DIR/clean and so on."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result.")] = False,
    as_json: Json = False,
) -> None:
    """Scrub files or a table as a Spark job; write clean, rejected and findings as folders of Parquet."""
    from pipeline.commands.summary import print_summary  # noqa: PLC0415
    from pipeline.ledger.open_ledger import chosen_ledger  # noqa: PLC0415
    from pipeline.run.request import Request  # noqa: PLC0415
    from pipeline.spark.session import scrub_named, spark_session  # noqa: PLC0415
    from pipeline.workspace import workspace_of  # noqa: PLC0415

    belongs_to, no_region = region_of(region)
    request = Request(
        drops=drops,
        out=out,
        as_of=day_of(as_of),
        campaign=campaign,
        vendor=vendor,
        layout=layout,
        sheets=sheet or [],
        region=belongs_to,
        no_region=no_region,
        channels=channels_of(channel),
        max_reject_rate=max_reject_rate,
        accept_held=accept_held,
        check_mx=check_mx,
        force=force,
    )
    request = law.of(lists.of(request))
    with lineage_of(workspace_of(campaign)) as lineage:
        told = lineage.run("scrub", request.as_of, campaign=campaign, vendor=vendor, inputs=plain_files(drops))
        with chosen_ledger(ledger, campaign) as opened, told as one, spark_session(master) as session:
            request = replace(request, ledger=opened, received_at=instant_of(received_at, as_of))
            result = scrub_named(session, request, delta)
            one.wrote(result.manifest, out, too_many_rejected=result.too_many_rejected)
        print_summary(result, out, as_json=as_json)
    if result.too_many_rejected or result.held:
        raise typer.Exit(EXIT_TOO_MANY_REJECTED)

"""The command ``leadscrub scrub``."""

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
from pipeline.cli.export import check_targets, export_to
from pipeline.cli.lineage import lineage_of, plain_files
from pipeline.cli.option_values import day_of, instant_of
from pipeline.cli.options import AsOfDay, Loudness, with_shared_options
from pipeline.cli.run_options import LawOptions, ListOptions
from schemas.errors import EXIT_TOO_MANY_REJECTED, UsageError
from schemas.support.cores import usable_cores


@with_shared_options
def scrub(
    drops: Annotated[list[str], typer.Argument(metavar="DROP", help="File, folder, glob, URL or table; - for stdin.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; must be new (or --force).")
    ],
    campaign: CampaignFile = None,
    vendor: VendorName = None,
    channel: Channels = None,
    *,
    lists: ListOptions,
    law: LawOptions,
    loudness: Loudness,
    layout: LayoutName = None,
    sheet: Sheets = None,
    region: Region = None,
    as_of: AsOfDay = None,
    max_reject_rate: MostRejected = None,
    accept_drift: Annotated[
        bool,
        typer.Option("--accept-drift", help="Accept a drop whose columns differ from the vendor's last accepted one."),
    ] = False,
    check_mx: CheckMx = False,
    dns_server: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="DNS server for --check-mx; by default the system's.")
    ] = None,
    ledger: Annotated[
        str | None, typer.Option(metavar="URL|none", help="Ledger for this run; by default the workspace's.")
    ] = None,
    received_at: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="When a drop that the ledger has not seen was received; by default now."),
    ] = None,
    accept_held: AcceptHeld = False,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="FILE|TABLE",
            help="Also export the clean rows, as 'leadscrub export' does; repeatable.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything except write.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Batches worked on at once, and worker processes; by default one for each core."
        ),
    ] = None,
    block_mb: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=256,
            metavar="MB",
            help="Megabytes of the drop to read at once; by default up to 24, fewer with rule packs or many threads.",
        ),
    ] = None,
) -> None:
    """Read a drop, check every contact point, write clean and rejected rows with a reason on each."""
    loudness.begin("opening the drop and the lists")
    from pipeline.commands.summary import print_summary  # noqa: PLC0415
    from pipeline.ledger.open_ledger import chosen_ledger  # noqa: PLC0415
    from pipeline.run.progress import progress_bar  # noqa: PLC0415
    from pipeline.run.request import Request  # noqa: PLC0415
    from pipeline.run.scrub import scrub as run  # noqa: PLC0415
    from pipeline.workspace import workspace_of  # noqa: PLC0415

    if dns_server is not None and not check_mx:
        raise UsageError("--dns-server works only with --check-mx.", "Add --check-mx.")
    if to and dry_run:
        raise UsageError("--to is given, and --dry-run writes nothing.", "Leave one of them out.")
    check_targets(to or [], out, force=force)
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
        accept_drift=accept_drift,
        accept_held=accept_held,
        check_mx=check_mx,
        dns_server=dns_server,
        dry_run=dry_run,
        force=force,
        threads=threads or usable_cores(),
        block_bytes=None if block_mb is None else int(block_mb * (1 << 20)),
    )
    request = law.of(lists.of(request))
    workspace = workspace_of(campaign)
    with lineage_of(workspace, dry_run=dry_run) as lineage:
        told = lineage.run("scrub", request.as_of, campaign=campaign, vendor=vendor, inputs=plain_files(drops))
        with chosen_ledger(ledger, campaign) as opened, told as one, progress_bar() as report:
            if workspace is not None:
                from pipeline.run.store_copy import pull_shared  # noqa: PLC0415

                pull_shared(request)
            result = run(replace(request, ledger=opened, received_at=instant_of(received_at, as_of)), report)
            one.wrote(result.manifest, out, too_many_rejected=result.too_many_rejected)
        done = []
        if to and as_json and not result.held:
            done = export_to(to, out, request.as_of, lineage, force=force)
        print_summary(result, None if dry_run else out, as_json=as_json, more={"exports": done} if to else None)
        if to and not as_json and not result.held:
            export_to(to, out, request.as_of, lineage, force=force, report=True)
    if result.too_many_rejected or result.held:
        raise typer.Exit(EXIT_TOO_MANY_REJECTED)

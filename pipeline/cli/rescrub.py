"""The ``leadscrub rescrub`` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.lineage import lineage_of
from pipeline.cli.option_values import day_of, instant_of
from pipeline.cli.options import AsOfDay, Json, Loudness, with_shared_options
from pipeline.cli.run_options import LawOptions, ListOptions
from schemas.errors import UsageError
from schemas.support.cores import usable_cores


@with_shared_options
def rescrub(
    earlier: Annotated[Path | None, typer.Argument(metavar="OUT", help="Folder of the earlier result.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder for the new result.")] = None,
    within: Annotated[
        str | None,
        typer.Option(
            "--expiring",
            metavar="DAYSd",
            help="List results in the ledger that go stale within so many days, as in 7d.",
        ),
    ] = None,
    campaign: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Campaign TOML; by default the workspace's of the same name.")
    ] = None,
    vendor: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who sold the leads; by default as in the earlier run.")
    ] = None,
    *,
    lists: ListOptions,
    law: LawOptions,
    loudness: Loudness,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="Region of the leads' lists; by default as in the earlier run.")
    ] = None,
    as_of: AsOfDay = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result.")] = False,
    as_json: Json = False,
) -> None:
    """Scrub a clean result against today's lists and rules: what is newly blocked, what stays, until when."""
    loudness.begin("opening the result and the lists")
    today = day_of(as_of)
    if within is not None:
        if earlier is not None or out is not None:
            raise UsageError("--expiring lists results; it scrubs none.", "Leave out OUT and -o.")
        _list_expiring(within, as_of=as_of, as_json=as_json)
        return
    if earlier is None or out is None:
        raise UsageError(
            "Name a result and a new folder.", "As in: leadscrub rescrub OUT -o NEW. Or use --expiring 7d."
        )

    from pipeline.commands.rescrub import campaign_of, earlier_result, print_changes  # noqa: PLC0415
    from pipeline.run.progress import progress_bar  # noqa: PLC0415
    from pipeline.run.request import Request  # noqa: PLC0415
    from pipeline.run.scrub import scrub  # noqa: PLC0415
    from pipeline.run.store_copy import pull_shared  # noqa: PLC0415
    from pipeline.workspace import workspace_of  # noqa: PLC0415
    from schemas.config import channel_named  # noqa: PLC0415
    from schemas.contact.regions import checked_region  # noqa: PLC0415

    before = earlier_result(earlier)
    campaign = campaign or campaign_of(before, workspace_of(None))
    named = checked_region(region) if region else before.manifest.region
    request = Request(
        drops=[str(before.clean)],
        out=out,
        as_of=today,
        campaign=campaign,
        vendor=vendor or before.manifest.vendor,
        region=named,
        channels=[] if campaign else [channel_named(name) for name in before.manifest.channels],
        force=force,
        earlier=before,
        threads=usable_cores(),
    )
    with lineage_of(workspace_of(campaign)) as lineage:
        told = lineage.run("rescrub", today, campaign=campaign, vendor=request.vendor, inputs=request.drops)
        with told as run, progress_bar() as report:
            request = law.of(lists.of(request))
            pull_shared(request)
            result = scrub(request, report)
            run.wrote(result.manifest, out, too_many_rejected=result.too_many_rejected)
        _record(out, before.manifest.run_id, campaign, as_of)
        print_changes(result, before, out, as_json=as_json)


def _list_expiring(within: str, *, as_of: str | None, as_json: bool) -> None:
    from pipeline.commands.expiring import print_expiring  # noqa: PLC0415
    from pipeline.ledger.expiring import expiring, span_of  # noqa: PLC0415
    from pipeline.ledger.open_ledger import chosen_ledger  # noqa: PLC0415

    today, span = day_of(as_of), span_of(within)
    with chosen_ledger(None, None) as ledger:
        if ledger is None:
            raise UsageError("This folder has no ledger.", "Change to a workspace whose leadscrub.toml has [ledger].")
        print_expiring(expiring(ledger, today, span), today, as_json=as_json)


def _record(out: Path, earlier_run_id: str, campaign: Path | None, as_of: str | None) -> None:
    """Enter the new result into the workspace's ledger, where there is one."""
    from pipeline.ledger.open_ledger import chosen_ledger  # noqa: PLC0415

    with chosen_ledger(None, campaign) as ledger:
        if ledger is not None:
            from pipeline.ledger.expiring import record_rescrub  # noqa: PLC0415

            record_rescrub(ledger, out, earlier_run_id, instant_of(None, as_of))

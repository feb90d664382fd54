"""Options about a drop that more than one command takes, each with its words and its value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.option_values import NO_REGION
from pipeline.cli.options import channel_names

if TYPE_CHECKING:
    from schemas.config import Channel as ChannelName

CampaignFile = Annotated[Path | None, typer.Option(metavar="FILE", help="Campaign TOML; without it, name --channel.")]
VendorName = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who sold the drop: vendors/NAME.toml of the workspace.")
]
Channels = Annotated[
    list[str] | None,
    typer.Option(metavar="CHANNEL", autocompletion=channel_names, help="call, text, email or post; repeatable."),
]
LayoutName = Annotated[
    str | None, typer.Option(metavar="NAME|FILE", help="Layout TOML: columns, delimiter, encoding, region.")
]
Sheets = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Sheet of a workbook; repeatable; by default all visible ones."),
]
Region = Annotated[
    str | None,
    typer.Option(metavar="REGION", help="Country of numbers without a country code, such as US; none sets them aside."),
]
MostRejected = Annotated[
    float | None,
    typer.Option(min=0, max=1, metavar="SHARE", help="Exit 6 when more than this share (0 to 1) is rejected."),
]
CheckMx = Annotated[bool, typer.Option("--check-mx", help="Ask DNS whether each email's domain receives mail.")]
AcceptHeld = Annotated[
    bool, typer.Option("--accept-held", help="Accept a drop that is outside the [gate] of its campaign or vendor.")
]


def region_of(said: str | None) -> tuple[str | None, bool]:
    """The region that national numbers belong to, and whether it was said that there is none.

    Raises `UsageError` when there is no such region.
    """
    from schemas.contact.regions import checked_region  # noqa: PLC0415

    if said is not None and said.lower() == NO_REGION:
        return None, True
    return checked_region(said) if said else None, False


def channels_of(said: list[str] | None) -> list[ChannelName]:
    """The channels, each once. Raises `UsageError` when there is no such channel."""
    from schemas.config import channel_named  # noqa: PLC0415

    return [channel_named(name) for name in dict.fromkeys(said or [])]

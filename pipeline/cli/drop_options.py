"""Options about a drop that more than one command takes, each with its words and its value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import channel_names

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

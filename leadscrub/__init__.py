"""leadscrub scrubs lead lists before anyone calls, texts or emails them. This package is its public Python API.

    from datetime import date
    from pathlib import Path
    import leadscrub

    request = leadscrub.Request(
        drops=["leads.csv"], out=Path("out"), as_of=date(2026, 11, 21), channels=["call"], region="US",
        lists=[leadscrub.ListEntry(kind="dnc.internal", name="ours", file=Path("ours.txt"))],
    )
    result = leadscrub.scrub(request)
    assert leadscrub.verify(Path("out")) == []

Everything that stops a run is a `LeadscrubError` with a message, a hint and an exit code; a bad row is no error. What
is not listed in ``__all__`` may change at any time. Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.commands.inspect import Column as Column
    from pipeline.commands.inspect import Inspection as Inspection
    from pipeline.commands.inspect import inspect as inspect
    from pipeline.commands.verify import verify as verify
    from pipeline.exporting.export import Exported as Exported
    from pipeline.exporting.export import ExportRequest as ExportRequest
    from pipeline.exporting.export import export as export
    from pipeline.run.request import Request as Request
    from pipeline.run.screener import Screened as Screened
    from pipeline.run.screener import Screener as Screener
    from pipeline.run.scrub import Result as Result
    from pipeline.run.scrub import scrub as scrub
    from schemas.config import ListEntry as ListEntry
    from schemas.errors import ConfigError as ConfigError
    from schemas.errors import DropError as DropError
    from schemas.errors import HeldError as HeldError
    from schemas.errors import LeadscrubError as LeadscrubError
    from schemas.errors import LedgerError as LedgerError
    from schemas.errors import ListError as ListError
    from schemas.errors import OutputError as OutputError
    from schemas.errors import UsageError as UsageError
    from schemas.layout import Layout as Layout
    from schemas.manifest import Manifest as Manifest
    from suppression.store import Store as Store
    from suppression.store import open_store as open_store

#: Name -> module that it is loaded from.
_HOMES = {
    "Column": "pipeline.commands.inspect",
    "ConfigError": "schemas.errors",
    "DropError": "schemas.errors",
    "ExportRequest": "pipeline.exporting.export",
    "Exported": "pipeline.exporting.export",
    "HeldError": "schemas.errors",
    "Inspection": "pipeline.commands.inspect",
    "Layout": "schemas.layout",
    "LeadscrubError": "schemas.errors",
    "LedgerError": "schemas.errors",
    "ListEntry": "schemas.config",
    "ListError": "schemas.errors",
    "Manifest": "schemas.manifest",
    "OutputError": "schemas.errors",
    "Request": "pipeline.run.request",
    "Result": "pipeline.run.scrub",
    "Screened": "pipeline.run.screener",
    "Screener": "pipeline.run.screener",
    "Store": "suppression.store",
    "UsageError": "schemas.errors",
    "export": "pipeline.exporting.export",
    "inspect": "pipeline.commands.inspect",
    "open_store": "suppression.store",
    "scrub": "pipeline.run.scrub",
    "verify": "pipeline.commands.verify",
}
__all__ = list(_HOMES)  # one list of names


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'leadscrub' has no attribute '{name}'")
    from importlib import import_module  # noqa: PLC0415  # the command needs none of this

    from leadscrub._packages import refuse_strangers  # noqa: PLC0415

    refuse_strangers()
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""From a workspace's [lineage] to what tells of its runs. The environment is given by the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from pipeline.lineage.jobs import Lineage, Wanted
from pipeline.reading.remote_hosts import allowing_plain, is_unprotected
from pipeline.workspace import workspace_facts
from schemas.config import WORKSPACE_FILE
from schemas.errors import ConfigError, UsageError
from schemas.support.extras import library_for
from schemas.workspace import LineageChoice, RemoteChoice

if TYPE_CHECKING:  # it needs the extra
    from pipeline.lineage.sender import Destination

_DISABLED: Final = "OPENLINEAGE_DISABLED"
_PARENT: Final = "OPENLINEAGE_PARENT_ID"
_NAMESPACE: Final = "leadscrub"


def open_lineage(workspace: Path | None, environment: Mapping[str, str], now: Callable[[], datetime]) -> Lineage:
    """Prepare to tell of the runs of a command; of none without a workspace that wants it.

    Raises `ConfigError` when [lineage] names nothing to send to, or a server that must not be sent to.
    """
    if workspace is None or environment.get(_DISABLED, "").strip().lower() == "true":
        return Lineage()
    facts = workspace_facts(workspace)
    if (choice := facts.lineage) is None:
        return Lineage()
    url = choice.url or environment.get("OPENLINEAGE_URL") or None
    if url is None and choice.file is None:
        raise _fault("it names neither 'url' nor 'file', and OPENLINEAGE_URL is not set", "Add one of them.")
    if url is not None:
        _check_server(url, facts.remote)
    try:
        library_for("lineage events", "openlineage.client.event_v2", "lineage")
    except UsageError as error:
        raise _fault(error.message, error.hint) from error
    from pipeline.lineage.sender import Sender  # noqa: PLC0415  # it needs the extra

    sender = Sender(_destinations(choice, url, workspace, environment), choice.seconds)
    namespace = choice.namespace or environment.get("OPENLINEAGE_NAMESPACE") or _NAMESPACE
    wanted = Wanted(namespace, sender, now)
    return _below(Lineage(wanted), wanted, environment.get(_PARENT))


def _destinations(
    choice: LineageChoice, url: str | None, workspace: Path, environment: Mapping[str, str]
) -> list[Destination]:
    from pipeline.lineage.sender import EventFile, EventServer  # noqa: PLC0415  # it needs the extra

    found: list[Destination] = []
    if choice.file is not None:
        found.append(EventFile(workspace / choice.file))
    if url is not None:
        endpoint = choice.endpoint or environment.get("OPENLINEAGE_ENDPOINT") or None
        found.append(EventServer(url, endpoint, environment.get(choice.api_key_from), choice.seconds))
    return found


def _check_server(url: str, allowed: RemoteChoice) -> None:
    parts = _parts(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _fault("its url is none of a web server", "As in https://lineage.example.com.")
    if parts.username is not None or parts.password is not None:
        raise _fault(
            "its url holds a user or a password", "Put the key into the environment variable that api_key_from names."
        )
    if is_unprotected(parts, allowed):
        raise _fault("its url is plain http://", f"Use https://, or {allowing_plain(parts)}.")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _fault("its url cannot be read", "As in https://lineage.example.com.") from error
    return parts


def _below(lineage: Lineage, wanted: Wanted, parent: str | None) -> Lineage:
    """Name the run that started this command, where the environment does (NAMESPACE/JOB/RUN-ID, as dbt takes it)."""
    if not parent:
        return lineage
    from pipeline.lineage.events import RunName  # noqa: PLC0415  # it needs the extra

    namespace, _, rest = parent.partition("/")
    job, _, run_id = rest.rpartition("/")
    try:
        name = RunName(namespace, job, str(UUID(run_id)))
    except ValueError:
        name = None
    if name is None or not (namespace and job):
        wanted.notes.append(f"{_PARENT} is not NAMESPACE/JOB/RUN-ID: the lineage events name no parent")
        return lineage
    return lineage._replace(parent=name, root=name)


def _fault(what: str, hint: str) -> ConfigError:
    return ConfigError([f"{WORKSPACE_FILE}: [lineage]: {what}"], hint)

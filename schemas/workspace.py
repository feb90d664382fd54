"""``leadscrub.toml``: what holds for the whole workspace."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class LedgerChoice(_Model):
    """[ledger]: where it is kept. ``history`` is relative to the workspace; machines that share a ledger share it."""

    url: str | None = Field(default=None, description="postgresql://host/name; without, ledger/ledger.db here")
    history: Path = Path("ledger/history")
    keyed: bool = Field(
        default=False,
        description="the contact history is under a secret of the keys' folder (LEADSCRUB_KEYS), from now on",
    )


class Retention(_Model):
    """[retention]: for how many days what is kept; what is not named is kept for ever.

    ``raw_days`` counts from a drop's arrival, ``output_days`` from a run, and from the delivery of returns,
    ``history_days`` from the drop's receipt: who was let through before is then forgotten, and may be bought again.
    Results hold that as well, so they go before.
    """

    raw_days: int | None = Field(default=None, ge=0)
    output_days: int | None = Field(default=None, ge=0)
    history_days: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _results_go_first(self) -> Retention:
        if self.history_days is not None and (self.output_days is None or self.output_days > self.history_days):
            raise ValueError("history_days needs output_days that are no more: results hold the same people")
        return self


class NightlyChoice(_Model):
    """[nightly]: when a drop counts as complete, and who is told how a night went."""

    inboxes: list[Path] = Field(default=[], description="folders outside this workspace that may be a vendor's inbox")
    settle_seconds: int = Field(
        default=120, ge=0, description="how long a drop without a companion must stay unchanged"
    )
    give_up_hours: float = Field(default=24, ge=0, description="after which an empty or broken drop goes to quarantine")
    quarantine_after: int = Field(default=2, ge=1, description="passes in which a drop fails on its own, until then")
    drop_minutes: float = Field(default=240, gt=0, description="after which a drop that is not done has failed")
    share: bool = Field(
        default=False, description="passes of several machines work side by side here; the ledger is in PostgreSQL"
    )
    lease_seconds: float = Field(
        default=300, ge=1, description="after which another machine takes over a drop from one that does not go on"
    )
    hook: list[Annotated[str, Field(min_length=1)]] = Field(default=[], description="command that gets the summary")
    hook_on: Literal["always", "trouble"] = "always"
    hook_seconds: int = Field(default=60, ge=1, description="after which the hook is ended")
    metrics: Path | None = Field(default=None, description="file that gets the figures of each pass, as OpenMetrics")


_SECRETS = ("password", "secret", "token", "credential", "access-key", "account-key")


def _without_secrets(catalogs: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    for name, properties in catalogs.items():
        for key, value in properties.items():
            if any(word in key.lower() for word in _SECRETS) or re.search(r"://[^/@]*:[^/@]+@", value):
                raise ValueError(
                    f"{key} of catalogue '{name}' is a secret: put it into ~/.pyiceberg.yaml, or into "
                    "PYICEBERG_CATALOG__NAME__KEY of the environment"
                )
    return catalogs


class RemoteChoice(_Model):
    """[remote]: what fetching over a network does only where it is said. A host is HOST or HOST:PORT."""

    plain_http: list[str] = Field(default=[], description="hosts that may be asked over http://, S3 endpoints too")
    redirects: list[str] = Field(default=[], description="hosts to which an https:// URL may lead on")
    catalogs: Annotated[dict[str, dict[str, str]], AfterValidator(_without_secrets)] = Field(
        default={}, description="Iceberg catalogues by name, each with properties of pyiceberg (type, uri, warehouse …)"
    )


class StoreChoice(_Model):
    """[store]: a store of lists that machines share."""

    shared: str | None = Field(
        default=None,
        description="s3://bucket/prefix, or a folder: what is pulled from before each night and each scrub",
    )


class LimitChoice(_Model):
    """[limits]: how much a file of a drop or a list may hold; what holds more is refused, with the limit's name.

    The names and defaults are those of `schemas.files.limits.Limits`. They are for a whole workspace: raise one only
    for files that you trust.
    """

    max_unpacked_gb: int = Field(default=64, ge=1, description="what an archive or a table may unpack to")
    max_ratio: int = Field(default=200, ge=1, description="that size divided by the packed one, beyond 256 MB")
    max_members: int = Field(default=10_000, ge=1, description="files in an archive")
    max_rows: int | None = Field(default=None, ge=1, description="records of a table; no limit when not given")
    max_columns: int = Field(default=4_096, ge=1, description="columns of a table")
    max_record_mb: int = Field(default=4, ge=1, description="length of a record")
    max_sheets: int = Field(default=256, ge=1, description="sheets of a workbook")
    max_nesting: int = Field(default=32, ge=0, description="lists and objects in one another in a cell")
    max_memory_gb: int = Field(default=4, ge=1, description="memory of the process that reads a file")
    max_minutes: int = Field(default=20, ge=1, description="processor time of that process")


class AtRest(_Model):
    """[at_rest]: for whom what is kept or given away is encrypted, in the age format. Recipients are public."""

    recipients: list[Annotated[str, Field(pattern="^age1[0-9a-z]+$")]] = Field(
        default=[], description="raw drops go to the archive encrypted for these, and exports to FILE.age are"
    )


class LineageChoice(_Model):
    """[lineage]: where OpenLineage events of what a workspace does are sent. Without this table, none are.

    ``file`` is relative to the workspace. Both may be given: each gets every event. What is not given here is taken
    from OPENLINEAGE_URL, OPENLINEAGE_ENDPOINT and OPENLINEAGE_NAMESPACE.
    """

    url: str | None = Field(default=None, description="of a server that takes events, as http://localhost:5000")
    endpoint: str | None = Field(default=None, description="path at that server; api/v1/lineage when not given")
    file: Path | None = Field(default=None, description="to which each event is added as a line of JSON")
    namespace: str | None = Field(default=None, min_length=1, description="of the jobs; leadscrub when not given")
    api_key_from: str = Field(
        default="OPENLINEAGE_API_KEY", min_length=1, description="environment variable that holds the server's key"
    )
    seconds: float = Field(default=5, gt=0, le=60, description="that a command waits at its end for the server")


class Workspace(_Model):
    """The workspace's own file. Without [ledger] nothing is remembered between runs, unless `nightly` runs them."""

    ledger: LedgerChoice | None = None
    retention: Retention | None = None
    nightly: NightlyChoice = NightlyChoice()
    remote: RemoteChoice = RemoteChoice()
    store: StoreChoice = StoreChoice()
    limits: LimitChoice = LimitChoice()
    at_rest: AtRest = AtRest()
    lineage: LineageChoice | None = None

    @model_validator(mode="after")
    def _machines_share_a_ledger(self) -> Workspace:
        if self.nightly.share and (self.ledger is None or self.ledger.url is None):
            raise ValueError("[nightly] share needs a ledger that machines share: url in [ledger]")
        return self

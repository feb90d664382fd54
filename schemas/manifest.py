"""The record of a run. Its JSON Schema is published as ``schemas/manifest.schema.json``."""

from __future__ import annotations

import json
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from schemas.evidence import Attestation, CampaignEvidence, VendorEvidence
from schemas.list_version import UNDATED, EntryCounts, SourceFile
from schemas.words import Confidence


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid")


class Counts(_Model):
    """Records read = clean + rejected. ``by_primary_reason`` adds up to ``rejected``; ``by_reason`` need not."""

    read: int
    clean: int
    rejected: int
    by_reason: dict[str, int] = {}
    by_primary_reason: dict[str, int] = {}
    by_flag: dict[str, int] = {}
    by_channel: dict[str, int] = {}


class PointCounts(_Model):
    """What became of one contact column: cells filled, canonical forms found, points left in clean."""

    column: str
    given: int
    valid: int
    usable: int


class ArchiveMember(_Model):
    """A file as it came out of an archive."""

    sha256: str
    bytes: int


class InputFile(_Model):
    """One table of the drop and how it was read."""

    name: str = Field(description="name of the file; archive!member where it came out of a zip")
    path: str = Field(description="where it was: a path, or a URL without user and query")
    sheet: str | None = Field(default=None, description="sheet of the workbook")
    sha256: str = Field(
        description="of the file as delivered: of the archive, where the table came out of one; of a database's or "
        "lake's table, of its cells"
    )
    bytes: int = Field(description="of the file as delivered; of a database's or lake's table, of its cells as text")
    member: ArchiveMember | None = Field(default=None, description="what came out of the archive")
    read_as: dict[str, str] = Field(description="format and, for CSV, encoding, delimiter and quote")
    mapping: dict[str, str] = Field(description="field of a lead -> source column")
    fax_fields: list[str] = Field(description="phone fields that come from a fax column")
    unmapped: list[str]
    doubts: list[str] = Field(description="what was shown to the user and not guessed")
    points: dict[str, PointCounts]
    careful_blocks: int = Field(description="blocks that were too irregular for the fast path")
    counts: Counts

    @property
    def label(self) -> str:
        """What it is called where tables are told apart."""
        return self.name if self.sheet is None else f"{self.name} [{self.sheet}]"


class UsedList(_Model):
    """A suppression list that the run consulted."""

    name: str
    kind: str
    files: list[SourceFile]
    version: str = Field(description="content address of the version")
    as_of: date
    dated_by: str = Field(description="who says how old the list is")
    age_days: int
    valid_until: date | None
    registry: str | None = Field(default=None, description="public registry that it is a copy of")
    state: str | None = Field(default=None, description="state of the United States whose list it is")
    covers: list[str] | None = Field(
        default=None, description="area codes that the copy speaks for, or all; null where nobody said"
    )
    stale_allowed: bool = Field(description="used although it was too old, because the user said so")
    hash_recipes: list[str]
    base: str | None = Field(description="version that the files' changes were applied to; null for a full copy")
    folds: list[str] = Field(description="how addresses were folded before they were compared")
    max_age: int | None = Field(description="days that this run allowed the copy, where it said so")
    entries: EntryCounts
    looked_up: int = Field(description="contact points of the run that were looked up in the list")
    matches: int
    alarm: str | None = Field(description="why the list may not do what it should")

    @property
    def known_as_of(self) -> date | None:
        """How old the copy is; None where nobody said."""
        return None if self.dated_by == UNDATED else self.as_of


class MailChecked(_Model):
    """What DNS said of the mail domains (--check-mx). The result rests on it, so the run's id does too."""

    resolver: str = Field(description="who was asked")
    domains: int
    from_cache: int = Field(description="answered by the store from an earlier run of the last days")
    receives: int
    nowhere: int = Field(description="no such domain, or neither MX nor address")
    null_mx: int = Field(description="says that it accepts no mail (RFC 7505)")
    no_answer: int = Field(description="not known: flagged, never rejected")
    answers_sha256: str


class UsedHistory(_Model):
    """What was known of earlier deliveries, with a ledger. The result rests on it, so the run's id does too."""

    history: str = Field(description="what becomes of a point that the same vendor delivered before")
    cross_vendor: str = Field(description="what becomes of a point that another vendor delivered first")
    history_days: int | None = Field(description="how far back deliveries count; null for ever")
    past: str = Field(description="hash of the runs that were asked, in the order in which their drops were received")
    runs: int = Field(description="runs that were asked")
    overlaps: dict[str, int] = Field(description="vendor -> rows with a point that it had delivered before")


class UsedPack(_Model):
    """A rule pack that the run applied."""

    name: str
    version: str
    sha256: str
    in_force: int = Field(description="rules of it that were in force on the day of the run")


class RuleText(_Model):
    """What a rule that decided something says."""

    title: str
    remedy: str
    citation: str
    confidence: Confidence | None = Field(default=None, description="how sure its wording is; null in older results")
    reviewed_on: date | None = Field(default=None, description="the day on which its wording was last compared")


class Undeclared(_Model):
    """A field that neither campaign nor vendor declares, and what its silence costs at most."""

    rules: list[str] = Field(description="rules that stand because of it, or may")
    rows: int = Field(description="rejected rows that such a rule is a reason of")
    alone: int = Field(description="rejected rows that become usable at most when only this is declared")


class Declarations(_Model):
    """The few undeclared fields that matter most together. Figures are upper bounds: an answer can also forbid."""

    concerned: int = Field(description="rejected rows of which a reason rests on anything that is not declared")
    fields: list[str] = Field(
        description="the three that release most rows together, or all that are needed before any row is released"
    )
    released: int = Field(description="rejected rows that become usable at most when all of them are declared")


class UsedRules(_Model):
    """The law that the run asked. Without packs, whether it allows contact was not checked."""

    checked: bool
    packs: list[UsedPack] = []
    calling_day: date | None = Field(default=None, description="the day for which calling hours were worked out")
    contact_from: date | None = Field(default=None, description="first day of contact, whose law was asked")
    contact_to: date | None = Field(default=None, description="last day of contact")
    always: list[str] = Field(default=[], description="countries whose rules applied to every lead")
    weaker: list[str] = Field(default=[], description="overrides that allow more than what is shipped, accepted")
    withheld_returns: list[str] = Field(
        default=[],
        description="countries whose people's rows go back to the vendor without their details, or not at all",
    )
    noted: list[str] = Field(default=[], description="rules about the whole list that ask for attention, block nothing")
    undeclared: dict[str, Undeclared] = Field(
        default={}, description="what is not declared and rejects rows, as campaign lia or vendor origin"
    )
    declarations: Declarations | None = Field(
        default=None, description="which declarations would release most; none where nothing undeclared rejects a row"
    )
    released: list[Attestation] = Field(
        default=[], description="the words of people that release reviews of the whole list, which would stand"
    )
    texts: dict[str, RuleText] = Field(
        default={}, description="rules that are a reason or flag of some row, or noted, by id"
    )
    campaign_evidence: CampaignEvidence = CampaignEvidence()
    vendor_evidence: VendorEvidence = VendorEvidence()


class GateOutcome(_Model):
    """What the [gate] of the campaign and of the vendor said of the run."""

    held: list[str] = Field(default=[], description="bands that it is outside of; empty when it was accepted")
    accepted: list[str] = Field(default=[], description="the same, accepted by --accept-held")
    not_checked: list[str] = Field(default=[], description="bands of which the ledger knows too few drops")


class OutputFile(_Model):
    """One written file."""

    sha256: str
    bytes: int
    rows: int = Field(description="0 of the report, which has none")


class Erasure(_Model):
    """Rows of a person that were taken out of a result since its run: they are rejected rows without content now."""

    at: str = Field(description="when, in UTC")
    because: str
    rows: int = Field(description="rows that were erased")
    clean: int = Field(description="those of them that were clean")
    manifest_sha256: str = Field(description="of the manifest as it was before")


class RowsProof(_Model):
    """What proves one row of ``clean`` or ``rejected`` without the others: see docs/proof.md."""

    root: str = Field(description="root of the Merkle tree over all rows by row_id, in hexadecimal digits")
    rows: int = Field(description="leaves of the tree")
    columns: list[str] = Field(description="columns of a row by number, as kind and name")


class EarlierRun(_Model):
    """The result whose clean rows were scrubbed again."""

    run_id: str
    as_of: date
    clean_sha256: str
    clean: int
    valid_until: date | None = Field(description="the earliest of its rows")
    released_by: str | None = Field(
        default=None,
        description="the review that released these rows, which that run had rejected: clean and its hash are of them",
    )


class UsedReviews(_Model):
    """What people decided about rows of the drop. The result rests on it, so the run's id does too."""

    reviews: list[str] = Field(description="ids of the reviews, as 'leadscrub review list' has them")
    decisions_sha256: str
    released: int = Field(description="rows with a finding that a person released")
    denied: int = Field(description="rows that a person denied")


class Manifest(_Model):
    """Everything that an auditor needs to know of a run."""

    leadscrub: str = Field(description="version of the program")
    schema_version: str
    run_id: str = Field(description="hash of the drop, the lists, the configuration, --as-of and the versions")
    as_of: date
    entity: str | None
    san: str | None
    campaign: str
    channels: list[str]
    region: str | None
    vendor: str | None
    dedupe: dict[str, str | list[str]]
    inputs: list[InputFile]
    counts: Counts
    lists: list[UsedList]
    rescrub_of: EarlierRun | None = Field(default=None, description="only of rescrub; row_id is that run's")
    mail_check: MailChecked | None = Field(default=None, description="only with --check-mx")
    history: UsedHistory | None = Field(default=None, description="only with a ledger; left out without")
    reviews: UsedReviews | None = Field(
        default=None, description="only where people decided about rows of the drop; left out otherwise"
    )
    person: dict[str, str] = Field(
        default={}, description="kinds of list whose matches bind the person, and how far: channel or everything"
    )
    rules: UsedRules
    libraries: dict[str, str] = Field(description="versions of the libraries that decide results")
    gate: GateOutcome | None = Field(default=None, description="only with a [gate]")
    erasures: list[Erasure] = Field(
        default=[],
        description="in their order; the counts are those of the outputs after them. Left out where none was",
    )
    outputs: dict[str, OutputFile]
    rows: RowsProof | None = Field(default=None, description="null in older results")
    timings: dict[str, float] = Field(description="seconds; the only part that differs between equal runs")

    @property
    def held(self) -> list[str]:
        """Why the result waits for a person, as a gate says; nothing when it does not."""
        return [] if self.gate is None else self.gate.held


def manifest_json_schema() -> str:
    """Return the JSON Schema (draft 2020-12) as text."""
    schema = Manifest.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"

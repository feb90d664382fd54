"""The page about one run."""

from __future__ import annotations

from typing import Final, NamedTuple

from pipeline.report.calling import zone_hours
from pipeline.report.funnel import funnels
from pipeline.report.lifespan import lifespan
from pipeline.report.reasons import ReasonGroup, meaning, reason_groups
from pipeline.report.render import render
from pipeline.report.source import PastDrop, ReportSource
from pipeline.report.unchecked import lesser_gaps, list_faults, serious_gaps
from pipeline.report.vendor_band import LAST, out_of_band
from schemas.evidence import fact_of
from schemas.manifest import Declarations, Manifest, Undeclared, UsedList
from schemas.report_counts import Place
from schemas.support.figures import counted, joined, share
from suppression.rules.us_states import state_name

#: Places, lists, files, flags and reasons that are shown one by one.
_PLACES: Final = 20
_MOST: Final = 40
#: Reasons that the first sentence names.
_NAMED: Final = 2
_EVIDENCE: Final = {
    "is_business": "business or consumer",
    "consent_basis": "legal basis",
    "consent_at": "date of consent",
    "consent_channels": "channels of the consent",
    "consent_purposes": "purposes of the consent",
    "consent_method": "how consent was given",
    "consent_text": "words that were agreed to",
    "consent_url": "page on which consent was given",
    "consent_ip": "IP address of the consent",
    "consent_named_parties": "who is named in the consent",
    "consent_evidence": "kind of evidence",
    "trustedform_cert_url": "TrustedForm certificate",
    "jornaya_lead_id": "Jornaya LeadiD",
    "last_purchase_at": "last purchase",
    "last_inquiry_at": "last inquiry",
    "notice_at": "notice given",
    "withdrawn_at": "consent withdrawn",
}


class Row(NamedTuple):
    """A line of a table: what it is, and how many leads."""

    name: str
    rows: int
    of: int


def run_page(source: ReportSource) -> str:
    """Make the page: one HTML document that needs nothing else."""
    manifest, counts = source.manifest, source.counts
    groups = reason_groups(source)
    this = PastDrop(manifest.as_of, manifest.counts.read, manifest.counts.clean, manifest.counts.by_primary_reason)
    return render(
        "run.html",
        source=source,
        manifest=manifest,
        title=f"Lead report: {joined([file.label for file in manifest.inputs], 2)}",
        headline=headline(manifest.counts.clean, manifest.counts.read),
        lost_to=_lost_to(manifest, groups),
        serious=serious_gaps(manifest, counts.unknown_hours),
        lesser=lesser_gaps(manifest),
        funnels=funnels([source]),
        groups=groups,
        declarations=_declarations(manifest),
        facts=[(name, fact_of(name).description, each.alone) for name, each in _facts(manifest)],
        life=lifespan([source], manifest.as_of),
        first_end=min(counts.valid_until, default=None),
        lists=[(each, list(list_faults(each)), _covers(each)) for each in manifest.lists[:_MOST]],
        held=[] if manifest.gate is None else manifest.gate.held,
        zones=zone_hours(counts.windows),
        places=_shown_places(counts.places),
        past=None if source.past is None else source.past[-LAST:],
        this=this,
        odd=out_of_band(this, source.past or []),
        evidence=[Row(_EVIDENCE[name], rows, manifest.counts.read) for name, rows in counts.evidence.items()],
        ages=[Row(name, rows, sum(counts.consent_age.values())) for name, rows in counts.consent_age.items()],
        flags=_flags(manifest),
        most=_MOST,
    )


def headline(clean: int, read: int, can: str = "can") -> str:
    """The one sentence: how many of how many can be contacted."""
    if not read:
        return "No lead was received."
    if not clean:
        return f"None of {counted(read, 'lead')} {can} be contacted."
    return f"{clean:,} of {counted(read, 'lead')} {can} be contacted ({share(clean, read)})."


def _declarations(manifest: Manifest) -> Declarations | None:
    """Which declarations matter most, where any does."""
    found = manifest.rules.declarations
    return found if found is not None and found.fields else None


def _facts(manifest: Manifest) -> list[tuple[str, Undeclared]]:
    found = _declarations(manifest)
    return [] if found is None else [(name, manifest.rules.undeclared[name]) for name in found.fields]


def _lost_to(manifest: Manifest, groups: list[ReasonGroup]) -> list[Row]:
    """The heaviest reasons of all."""
    lines = sorted((line for group in groups for line in group.lines), key=lambda line: (-line.rows, line.code))
    return [Row(line.means.rstrip("."), line.rows, manifest.counts.rejected) for line in lines[:_NAMED]]


def _covers(each: UsedList) -> str:
    """For which area codes a copy speaks, where that is known."""
    if each.covers is None:
        return each.state or ""
    return "all area codes" if each.covers == ["all"] else joined(each.covers, 6)


def _shown_places(places: list[Place]) -> list[Place]:
    named = [place.model_copy(update={"place": _place_name(place.place)}) for place in places[:_PLACES]]
    rest = places[_PLACES:]
    if rest:
        read, clean = sum(place.read for place in rest), sum(place.clean for place in rest)
        named.append(Place(place=counted(len(rest), "other place"), read=read, clean=clean))
    return named


def _place_name(place: str) -> str:
    if not place:
        return "not known"
    country, _, part = place.partition("-")
    state = state_name(part) if part else None
    if place == "US":
        return "United States, state not known"
    return place if state is None else f"{state} ({country})"


def _flags(manifest: Manifest) -> list[Row]:
    flags = sorted(manifest.counts.by_flag.items(), key=lambda each: (-each[1], each[0]))
    return [Row(f"{code}: {meaning(code, manifest)}", rows, manifest.counts.read) for code, rows in flags[:_MOST]]

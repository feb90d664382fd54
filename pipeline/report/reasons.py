"""Why leads cannot be contacted, by who pays for it: the vendor, the law, ourselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from pipeline.report.source import Deal, ReportSource
from schemas.codes import CODES
from schemas.manifest import Manifest
from schemas.report_counts import Example

Payer = Literal["vendor", "law", "ours"]

#: Codes by which the law, or the person's own word in the file or on a public register, forbids contact.
_LAW: Final = frozenset({"dnc.national", "dnc.state", "refused.in_file", "phone.reassigned", "email.wireless_domain"})
_TITLES: Final[dict[Payer, tuple[str, str]]] = {
    "vendor": ("The vendor's fault", "Send these leads back, as far as the contract takes them."),
    "law": ("The law, or the person, says no", "Do not contact these leads, unless what a reason asks for is done."),
    "ours": ("For us to settle", "Our own lists, or something that a person can check, declare or release."),
}


class ReasonLine(NamedTuple):
    """A primary reason. ``also``: rows that it is a further reason of."""

    code: str
    means: str
    remedy: str
    rows: int
    also: int
    money: Decimal | None
    examples: list[Example]

    def detail(self, example: Example) -> str:
        """What an example adds to what the reason means and to what to do about it."""
        detail = example.why.removeprefix(self.means).strip()
        return "" if self.remedy and self.remedy.rstrip(".") in detail else detail


@dataclass
class ReasonGroup:
    """Reasons of one payer, the heaviest first."""

    payer: Payer
    title: str
    note: str
    lines: list[ReasonLine] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rejected rows of the group."""
        return sum(line.rows for line in self.lines)

    @property
    def money(self) -> Decimal | None:
        """Their price."""
        amounts = [line.money for line in self.lines if line.money is not None]
        return sum(amounts, Decimal()) if amounts else None


def reason_groups(source: ReportSource) -> list[ReasonGroup]:
    """Reasons of a run by payer, the heaviest payer first."""
    manifest, deal = source.manifest, source.deal
    lines = []
    for code, rows in manifest.counts.by_primary_reason.items():
        seen = source.counts.reasons.get(code)
        line = ReasonLine(
            code,
            meaning(code, manifest),
            remedy(code, manifest),
            rows,
            manifest.counts.by_reason.get(code, rows) - rows,
            None if deal.price is None else deal.price * rows,
            seen.examples if seen else [],
        )
        lines.append((payer_of(code, seen.disposition if seen else "", deal), line))
    return grouped(lines)


def grouped(lines: Iterable[tuple[Payer, ReasonLine]]) -> list[ReasonGroup]:
    """Put reasons together by payer, the heaviest of each first."""
    found: dict[Payer, ReasonGroup] = {}
    for payer, line in sorted(lines, key=lambda each: (-each[1].rows, each[1].code)):
        found.setdefault(payer, ReasonGroup(payer, *_TITLES[payer])).lines.append(line)
    return sorted(found.values(), key=lambda group: (-group.rows, group.payer))


def payer_of(code: str, disposition: str, deal: Deal) -> Payer:
    """Who pays for rows with this primary reason. With a contract, what it does not accept is ours."""
    returnable = disposition == "return" if deal.accepted is None else code in deal.accepted
    if returnable:
        return "vendor"
    of_rule = code not in CODES and disposition != "review"
    return "law" if of_rule or code in _LAW else "ours"


def meaning(code: str, manifest: Manifest) -> str:
    """What a reason or flag means, in a sentence."""
    if code in manifest.rules.texts:
        return manifest.rules.texts[code].title
    return CODES[code].summary if code in CODES else code


def remedy(code: str, manifest: Manifest) -> str:
    """What to do about it."""
    if code in manifest.rules.texts:
        return manifest.rules.texts[code].remedy
    return CODES[code].remedy if code in CODES else ""

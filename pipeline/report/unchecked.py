"""What a run did not check, as sentences for the top of its report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from schemas.manifest import Manifest, UsedList
from schemas.support.figures import counted, joined

#: Kinds of list that a channel is expected to have, with what is unknown without one.
_EXPECTED: Final = (
    (("call", "text"), "dnc.national", "No national do-not-call registry was among the lists."),
    (("call", "text"), "dnc.internal", "No do-not-contact list of your own was among the lists of phones."),
    (("email",), "email.unsubscribed", "No list of unsubscribed addresses was among the lists."),
)
#: Reasons by which the law itself was not known.
_NO_LAW: Final = {
    "rules.not_covered": "in countries whose law no rule pack of the run covers",
    "rules.unverified": "contacted in a way on which no rule was verified",
    "rules.no_country": "in a country that nothing names",
    "dnc.not_covered": "under area codes that the copy of the registry does not cover",
}


def serious_gaps(manifest: Manifest, unknown_hours: int = 0) -> list[str]:
    """What a person must know before contacting anyone. ``unknown_hours``: clean rows without calling hours."""
    return [*_nothing(manifest), *_gate(manifest), *_lists(manifest), *_law(manifest, unknown_hours)]


def lesser_gaps(manifest: Manifest) -> list[str]:
    """What was not asked, and need not be."""
    found = [] if manifest.gate is None else [f"Gate: {each}." for each in manifest.gate.not_checked]
    if "email" in manifest.channels and manifest.mail_check is None:
        found.append("DNS was not asked whether the domains of emails receive mail (--check-mx).")
    if manifest.history is None:
        found.append("Earlier deliveries were not compared: the run had no ledger.")
    for file in manifest.inputs:
        found += [f"{file.label}: {doubt}" for doubt in file.doubts]
    return found


def _nothing(manifest: Manifest) -> Iterator[str]:
    if not manifest.lists:
        yield "Nobody was screened: no suppression list was used."
    if not manifest.rules.checked:
        yield "The law was not checked: no rule pack was applied. Whether these people may be contacted is not known."


def _gate(manifest: Manifest) -> Iterator[str]:
    for each in manifest.gate.accepted if manifest.gate is not None else ():
        yield f"The drop was accepted although {each}."


def _lists(manifest: Manifest) -> Iterator[str]:
    kinds = {each.kind for each in manifest.lists}
    for channels, kind, sentence in _EXPECTED:
        if manifest.lists and kind not in kinds and not set(channels).isdisjoint(manifest.channels):
            yield sentence
    for each in manifest.lists:
        yield from (f"List {each.name}: {fault}" for fault in list_faults(each))


def list_faults(each: UsedList) -> Iterator[str]:
    """What is wrong with a list that was used."""
    if each.stale_allowed:
        yield f"too old ({counted(each.age_days, 'day')}), and used because the user said so."
    if each.registry and each.known_as_of is None:
        yield "nobody said how old this copy of a public register is."
    if each.alarm:
        yield f"{each.alarm}."
    if refused := sum(each.entries.refused.values()):
        yield f"{counted(refused, 'entry', 'entries')} of {each.entries.read:,} cannot be read and block nobody."


def _law(manifest: Manifest, unknown_hours: int) -> Iterator[str]:
    for code, where in _NO_LAW.items():
        if rows := manifest.counts.by_reason.get(code, 0) + manifest.counts.by_flag.get(code, 0):
            yield f"{counted(rows, 'lead')} {where}."
    if manifest.rules.weaker:
        yield f"Rules that allow more than the shipped ones were accepted: {joined(manifest.rules.weaker)}."
    for rule in manifest.rules.noted:
        text = manifest.rules.texts.get(rule)
        yield f"Of the whole list: {rule if text is None else f'{text.title} {text.remedy} ({rule})'}"
    if manifest.rules.checked and unknown_hours:
        yield f"{counted(unknown_hours, 'lead')} may be called or texted, and the hours for it are not known."

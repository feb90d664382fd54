"""A suppression list is given away: for what, to where, what the law says of it, and the record that it left."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from pipeline.ledger.list_logging import logged_writing
from pipeline.terminal import print_lines, print_notes
from pipeline.workspace import workspace_of
from schemas.errors import ConfigError, ListError, OutputError, UsageError
from schemas.evidence import CampaignEvidence, Mechanism, VendorEvidence
from schemas.list_kinds import code_of
from schemas.list_version import HandedOver
from schemas.recipes import Recipe
from schemas.rules import EVERYWHERE
from schemas.support.durable import write_lines
from schemas.support.figures import counted
from schemas.support.names import did_you_mean
from suppression.lists import SuppressionList
from suppression.rules.data_transfers import against_export
from suppression.rules.engine import RuleSet
from suppression.rules.loading import ALL, LoadedPack, PackRule, load_packs
from suppression.rules.setting import Export, Setting
from suppression.store import Store

Purpose = Literal["compliance", "processor", "sale"]


@dataclass(frozen=True)
class HandOver:
    """What the user declares of an export. ``people_in``: countries of the list's people; None when not said."""

    purpose: Purpose
    to_country: str
    people_in: tuple[str, ...] | None = None
    mechanism: Mechanism | None = None
    not_sensitive: bool = False
    recipe: Recipe | None = None


def purpose_named(name: str | None) -> Purpose:
    """Check what an export is for. Raises `UsageError` when it is not given, or is not a purpose."""
    for purpose in get_args(Purpose):
        if purpose == name:
            return purpose  # type: ignore[no-any-return]  # one of the literals
    known = get_args(Purpose)
    hint = (
        "compliance: so that these people are not contacted; processor: to somebody who works for us alone; "
        "sale: anything else, for money or not."
    )
    if name is None:
        raise UsageError(f"lists export requires --for {'|'.join(known)}.", hint)
    raise UsageError(f"--for '{name}' is not a purpose.", did_you_mean(name, known) or hint)


def mechanism_named(name: str) -> Mechanism:
    """Check what covers a transfer out of the European Union. Raises `UsageError` when nothing has that name."""
    for mechanism in get_args(Mechanism):
        if mechanism == name:
            return mechanism  # type: ignore[no-any-return]  # one of the literals
    raise UsageError(f"--mechanism '{name}' is not a mechanism.", did_you_mean(name, get_args(Mechanism)))


def export_list(store: Path, name: str, day: date, out: Path, handing: HandOver, at: datetime) -> None:
    """Write a list's entries, one a line, when no rule is against it; the store's history records it.

    Raises `ListError` with every rule that does, `UsageError` when the list is hashed or the file exists, `OutputError`
    when it cannot be written. The record is written before the file appears: there can be no copy without a record.
    """
    suppression = Store(store).open(name, day)
    if suppression.digests is not None:
        raise UsageError(f"'{name}' is hashed, so its entries are unknown.")
    if out.exists():
        raise UsageError(f"'{out}' exists already.", "Name another file.")
    noted = _judged(suppression, handing, day)
    recipe, lines = handing.recipe, _entries(suppression)
    unrecorded = out.with_name(f".{out.name}.unrecorded")
    try:
        count = write_lines(unrecorded, lines if recipe is None else map(recipe.written, lines))
        with unrecorded.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        handed = HandedOver(
            purpose=handing.purpose,
            to_country=handing.to_country,
            people_in=None if handing.people_in is None else list(handing.people_in),
            mechanism=handing.mechanism,
            not_sensitive=handing.not_sensitive,
            recipe=None if recipe is None else recipe.spelled,
            entries=count,
            sha256=digest,
            noted=[each.rule.id for each in noted],
        )
        # The lock is held for the record only: writing hundreds of millions of lines takes minutes.
        with logged_writing(store) as writer:
            writer.hand_over(name, suppression.facts.version, handed, at=at)
        unrecorded.rename(out)
    except OSError as error:
        raise OutputError(f"'{out}' cannot be written: {error.strerror}.", "Name another file.") from error
    finally:
        unrecorded.unlink(missing_ok=True)
    print_notes(*(f"{each.rule.id}: {each.rule.title} {each.rule.remedy}" for each in noted))
    print_lines(f"{counted(count, 'entry')} of {name} in {out}, for {handing.purpose} to {handing.to_country}")


def _judged(suppression: SuppressionList, handing: HandOver, day: date) -> list[PackRule]:
    """Ask the law. Returns rules that only have something to say; `ListError` with those that stand against it."""
    facts, people = suppression.facts, handing.people_in
    if not suppression.kind.phones and not suppression.kind.emails:
        # Domains: nobody is on such a list.
        return []
    packs = _packs()
    if people is None and facts.region is not None and not suppression.kind.emails:
        # Numbers are where their region is; addresses may be anybody's.
        people = (facts.region,)
    everywhere = {region for pack in packs for each in pack.rules for region in each.regions} - {EVERYWHERE}
    setting = Setting(
        day,
        ("email",),
        None,
        None,
        CampaignEvidence(
            destination_country=handing.to_country,
            transfer_mechanism=handing.mechanism,
            sensitive_data=False if handing.not_sensitive else None,
        ),
        VendorEvidence(),
        (),
        Export(code_of(suppression.kind), facts.registry, handing.purpose, handing.recipe is not None),
    )
    found = against_export(RuleSet(packs, setting, everywhere if people is None else people))
    against = [each for each in found if each.rule.effect in {"block", "review"}]
    if against:
        told = [f"{each.rule.id}: {each.rule.title} [{each.rule.citation}] {each.rule.remedy}" for each in against]
        unsaid = "Where its people are was not said: --people-in US, if all of them are there."
        raise ListError(
            f"'{facts.name}' ({facts.kind}) may not go to {handing.to_country} for {handing.purpose}, "
            "and nothing was written:",
            unsaid if people is None and any(EVERYWHERE not in each.regions for each in against) else "",
            told,
        )
    return found


def _packs() -> list[LoadedPack]:
    """Every pack, with those of the workspace; these may not allow what the shipped rules on exports do not."""
    packs = load_packs([ALL], workspace_of(None))
    shipped = {each.rule.id for pack in load_packs([ALL]) for each in pack.rules if "export" in each.rule.leaving}
    weaker = [f"{pack.pack.name}: {rule}" for pack in packs for rule in pack.weaker if rule in shipped]
    if weaker:
        raise ConfigError(
            [f"the workspace's pack allows more than the shipped one: {rule}" for rule in weaker],
            "Exports are judged by the shipped rules: take the override out.",
        )
    return packs


def _entries(suppression: SuppressionList) -> Iterator[str]:
    if suppression.phones is not None:
        for numbers in suppression.phones.each():
            yield from ("+" + pl.Series(numbers).cast(pl.String))
    if suppression.emails is not None:
        for texts in suppression.emails.each():
            yield from texts
    yield from suppression.expiring.sort()
    yield from sorted(suppression.domains)

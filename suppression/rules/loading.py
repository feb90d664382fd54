"""Reads rule packs: those that are shipped, then the workspace's, which may add rules and override shipped ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ValidationError

from schemas.config import load, raise_faults
from schemas.contact.country_names import known_countries
from schemas.errors import ConfigError, UsageError
from schemas.rules import EVERYWHERE, Condition, Pack, Rule
from schemas.support.names import did_you_mean
from suppression.rules.hours import PackHours, faults_of, merged_hours
from suppression.rules.predicates.predicate import Predicate
from suppression.rules.predicates.registry import PREDICATES
from suppression.rules.us_states import is_state

SHIPPED = Path(__file__).parents[1] / "packs"
#: What is true of every drop, wherever the people are; it comes with any other pack.
GENERAL = "general"
ALL = "all"
_STRENGTH = {"exempt": 0, "flag": 1, "review": 2, "block": 3}


@dataclass(frozen=True)
class Asked:
    """A condition, resolved: the predicate and its checked parameters. ``key`` tells one question from another."""

    predicate: Predicate
    given: BaseModel
    key: str
    #: Whether the answer can lapse: it rests on a window.
    ends: bool
    #: What the answer rests on.
    fields: tuple[str, ...]


@dataclass(frozen=True)
class PackRule:
    """A rule with the pack that it stands in."""

    rule: Rule
    pack: str
    version: str
    regions: tuple[str, ...]
    asked: tuple[Asked, ...]

    @property
    def authority(self) -> str:
        """What a finding names as its source."""
        return f"rule {self.rule.id}, pack {self.pack} {self.version}, {self.rule.citation}"


@dataclass(frozen=True)
class LoadedPack:
    """A pack as a run applies it. ``sha256`` is of its files; ``weaker`` are overridden rules that allow more."""

    pack: Pack
    sha256: str
    rules: tuple[PackRule, ...]
    weaker: tuple[str, ...] = ()
    hours: tuple[PackHours, ...] = ()


def shipped_names() -> list[str]:
    """Names of the packs that come with the program."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def _pack_meant(name: str, known: list[str]) -> str:
    """Suggest the pack of a country that is named otherwise, else one that is spelled nearly so."""
    from schemas.contact.countries import read_country  # noqa: PLC0415  # only a wrong name needs them

    region = read_country(name.strip()).region if name.strip() else None
    pack = {"GB": "uk"}.get(region or "", (region or "").lower())
    return did_you_mean(name, [*known, ALL], {name: pack} if pack in known else {})


def load_packs(names: Iterable[str], workspace: Path | None = None) -> list[LoadedPack]:
    """Load packs by name, with those that they bring along; ``all`` loads every one.

    Raises `UsageError` for a name that does not exist and `ConfigError` with every fault of every file.
    """
    own = {path.stem: path for path in sorted((workspace / "packs").glob("*.toml"))} if workspace else {}
    known = sorted({*shipped_names(), *own})
    waiting = [name for given in names for name in (known if given == ALL else [given])]
    faults: list[str] = []
    loaded: dict[str, LoadedPack] = {}
    if waiting:
        waiting.append(GENERAL)
    while waiting:
        name = waiting.pop(0)
        if name in loaded:
            continue
        if name not in known:
            meant = _pack_meant(name, known) or "See 'leadscrub rules list'."
            raise UsageError(f"There is no rule pack '{name}'.", meant)
        pack = _load(name, own.get(name), faults)
        if pack is None:
            raise_faults(faults)
            continue
        loaded[name] = pack
        waiting += pack.pack.brings
    packs = [loaded[name] for name in sorted(loaded, key=lambda name: (name != GENERAL, name))]
    faults += _across(packs)
    raise_faults(faults)
    return packs


def _load(name: str, own: Path | None, faults: list[str]) -> LoadedPack | None:
    """Load one pack. As it is shipped it is read once a process: a night applies it to drop after drop."""
    if own is not None:
        return _laid_over(name, own, faults)
    pack, more = _as_shipped(name)
    faults += more
    return pack


@cache
def _as_shipped(name: str) -> tuple[LoadedPack | None, tuple[str, ...]]:
    """A shipped pack, and its faults."""
    faults: list[str] = []
    return _laid_over(name, None, faults), tuple(faults)


def _laid_over(name: str, own: Path | None, faults: list[str]) -> LoadedPack | None:
    """Load the shipped file, with the workspace's file of the same name laid over it."""
    paths = [path for path in (SHIPPED / f"{name}.toml", own) if path is not None and path.exists()]
    packs = [pack for path in paths if (pack := load(path, Pack, faults)) is not None]
    if len(packs) < len(paths):
        return None
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    for path, pack in zip(paths, packs, strict=True):
        if pack.name != name:
            faults.append(f"{path}: the pack calls itself '{pack.name}'; its file is '{name}.toml'")
        facts = (*pack.rules, *pack.hours, *pack.permits)
        if len({fact.id for fact in facts}) < len(facts):
            faults.append(f"{path}: two rules have the same id")
    base, top = packs[0], packs[-1]
    version = base.version if len(packs) == 1 else f"{base.version}+{top.version}"
    rules = {rule.id: (rule, base) for rule in base.rules}
    weaker: list[str] = []
    for rule in top.rules if own is not None else ():
        beyond = set(rule.lifts) - {other.id for other in top.rules}
        if beyond or (len(packs) == 2 and rule.id in rules and _is_weaker(rule, rules[rule.id][0])):
            weaker.append(rule.id)
        rules[rule.id] = (rule, top)
    resolved = tuple(_resolved(rule, home, version, str(paths[-1]), faults) for rule, home in rules.values())
    hours, wider = merged_hours(packs, version)
    if own is not None:
        faults += [f"{own}: {fault}" for fault in faults_of(hours.values())]
    permits = {permit.id: permit for each in packs for permit in each.permits}
    if own is not None and len(packs) == 2:
        # What a workspace permits of its own, or changes, allows more than what is shipped.
        weaker += [permit.id for permit in top.permits if permit not in base.permits]
    pack = base.model_copy(update={"version": version, "permits": list(permits.values())})
    return LoadedPack(pack, digest, resolved, (*weaker, *wider), tuple(hours.values()))


def _is_weaker(new: Rule, old: Rule) -> bool:
    """Whether an override may allow what the shipped rule does not. Different conditions cannot be compared."""
    if _STRENGTH[new.effect] < _STRENGTH[old.effect]:
        return True
    return new.speaks_less_than(old) or new.when != old.when


def _resolved(rule: Rule, pack: Pack, version: str, path: str, faults: list[str]) -> PackRule:
    asked = [found for condition in rule.when if (found := _asked(condition, rule, path, faults)) is not None]
    countries = known_countries()
    faults += [f"{path}: {rule.id}: '{state}' is not a state" for state in rule.states if not is_state(state)]
    regions = tuple(rule.regions or pack.regions)
    for region in regions:
        if region != EVERYWHERE and region not in countries:
            faults.append(f"{path}: {rule.id}: '{region}' is not a region (ISO 3166-1 alpha-2)")
    if rule.level == "list":
        rowwise = [each.predicate.name for each in asked if each.predicate.reads != "run"]
        faults += [f"{path}: {rule.id}: '{name}' asks about a lead, and the rule is about the list" for name in rowwise]
    return PackRule(rule, pack.name, version, regions, tuple(asked))


def _asked(condition: Condition, rule: Rule, path: str, faults: list[str]) -> Asked | None:
    predicate = PREDICATES.get(condition.predicate)
    if predicate is None:
        hint = did_you_mean(condition.predicate, PREDICATES)
        faults.append(f"{path}: {rule.id}: there is no predicate '{condition.predicate}'. {hint}")
        return None
    try:
        given = predicate.params.model_validate(condition.parameters)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            at = ".".join(str(part) for part in fault["loc"]) or "its parameters"
            text = fault["msg"].removeprefix("Value error, ")
            faults.append(f"{path}: {rule.id}: {condition.predicate}: {at}: {text}")
        return None
    ends = predicate.until is not None and bool(getattr(given, "lapses", False))
    fields = tuple(predicate.evidence(given))
    return Asked(predicate, given, f"{predicate.name} {given.model_dump_json()}", ends, fields)


def _across(packs: list[LoadedPack]) -> list[str]:
    """Faults that only show when packs stand side by side."""
    faults = []
    home: dict[str, PackRule] = {}
    for pack in packs:
        for each in pack.rules:
            if each.rule.id in home:
                faults.append(f"rule {each.rule.id} stands in two packs: {home[each.rule.id].pack} and {each.pack}")
            home[each.rule.id] = each
    timed = [each.hours.id for pack in packs for each in pack.hours]
    faults += [f"hours {name} stand twice" for name in sorted({name for name in timed if timed.count(name) > 1})]
    faults += [f"{name} is both a rule and hours" for name in timed if name in home]
    for each in home.values():
        for lifted in each.rule.lifts:
            if lifted not in home:
                faults.append(f"{each.pack}: {each.rule.id} lifts '{lifted}', which is no rule of these packs")
            elif home[lifted].rule.effect == "exempt":
                faults.append(f"{each.pack}: {each.rule.id} lifts '{lifted}', which is an exemption itself")
    return faults


def checked_weaker(packs: list[LoadedPack], accepted: bool) -> list[str]:
    """Ids of overrides that allow more than what is shipped. Raises `ConfigError` unless that was accepted."""
    weaker = [f"{pack.pack.name}: {rule}" for pack in packs for rule in pack.weaker]
    if weaker and not accepted:
        raise ConfigError(
            [f"the workspace's pack allows more than the shipped one: {rule}" for rule in weaker],
            "Add --accept-weaker when you mean it; the manifest records it.",
        )
    return weaker

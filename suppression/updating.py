"""Makes a version of a list from the one before it and files that say what changed.

What comes out holds exactly what a full copy of the resulting entries would. The base is streamed from its indexes into
new ones, so that memory holds the changes and what building takes, however many entries the base has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from schemas.contact.apply import Apply
from schemas.errors import ListError, UsageError
from schemas.list_version import Changes, EntryCounts, SourceFile
from schemas.support.column_bytes import binary_rows
from suppression.build import IndexBuilder
from suppression.entries import Entries, Index, Keyed, Reading
from suppression.formats.options import Options
from suppression.formats.reading import AUTO, read_list
from suppression.index.digests import Digests
from suppression.index.numbers import Numbers, number_key
from suppression.lists import SuppressionList
from suppression.loading import MAX_REFUSED, Built, prove, write_facts
from suppression.resolving import ABSENT, LASTING, Resolved, resolve
from suppression.side_tables import EXPIRING, FACTS, SideTables
from suppression.sources import hashing

#: Of a registry's changes, those that were so already tell of a wrong base. A few are usual (the registry's own
#: corrections); above this share, and this number, they are not.
_UNEXPECTED_SHARE: Final = 0.1
_UNEXPECTED_AT_LEAST: Final = 10


@dataclass(frozen=True)
class ChangeSpec:
    """Change files as the user names them. ``action``: what to do with every entry of files that do not say it.

    ``since``: the first day that the files speak for; without it, the earliest date in them. ``max_refused``: as of a
    `ListSpec`.
    """

    paths: tuple[Path, ...]
    as_of: date
    dated_by: str
    format: str = AUTO
    options: Options = field(default_factory=Options)
    action: str | None = None
    since: date | None = None
    planted: tuple[str, ...] = ()
    accept_unexpected: bool = False
    max_refused: float = MAX_REFUSED


def update_version(
    spec: ChangeSpec, base: SuppressionList, applied: list[SourceFile], folder: Path, apply: Apply
) -> Built:
    """Apply change files to ``base`` and write the result into ``folder``.

    ``applied``: files that the base was made from, itself and its own bases. Raises `ListError` when there is a gap
    between base and files, files were applied already or are older than the base, or changes do not fit the base.
    """
    facts = base.facts
    region = spec.options.region or facts.region
    spec = replace(spec, options=replace(spec.options, region=region, fields=base.kind.fields))
    with hashing(spec.paths) as hashed:
        sources = hashed()
    _refuse_replay(spec, base, sources, applied)
    folder.mkdir(parents=True, exist_ok=True)
    sides = SideTables(folder)
    recipe = base.recipes[0] if base.recipes else None
    entries = Entries(Reading(facts.name, base.kind, recipe, region, base.folds, apply), sides)
    changes, warnings = _gathered(spec, base, entries)
    entries.refuse_too_many_lost(spec.max_refused)
    since = _since(spec, base, changes)
    builder = IndexBuilder(folder, base.kind, base.recipes, sides)
    total = Changes(added=0, deleted=0, unchanged=0)
    gone: dict[Index, pl.Series] = {}
    resolved: list[Resolved] = []
    for index, frame in changes.items():
        one = resolve(frame, _states(frame.get_column("key"), base, index), _fresh(frame, base, since))
        resolved.append(one)
        total = Changes(**{key: value + getattr(total, key) for key, value in one.changes.model_dump().items()})
        gone[index] = one.gone
        builder.take(Keyed(index, one.kept))
    if spec.action is None and not spec.accept_unexpected:
        _refuse_wrong_base(facts.name, resolved)
    copy_base(base, gone, builder, sides)
    indexes, domains, indexed = builder.write()
    tables = sides.close()
    made = facts.model_copy(
        update={
            "as_of": spec.as_of,
            "dated_by": spec.dated_by,
            "format": spec.format,
            "base": facts.version,
            "changes_since": since,
            "sources": sources,
            "counts": EntryCounts(
                read=entries.read,
                second_readings=entries.second_readings,
                more_points=entries.more_points,
                indexed=indexed + sides.expiring,
                refused=dict(entries.refused.most_common()),
                changes=total,
            ),
            "indexes": indexes,
            "tables": tables,
            "domains": domains,
        }
    )
    if made.counts.indexed == 0:
        raise ListError(f"The changes leave no entry in '{facts.name}'.", "To take it out of force, drop the list.")
    write_facts(made, folder)
    prove(made, folder, spec.planted)
    return Built(made, tuple(dict.fromkeys([*warnings, *entries.warnings])))


def _refuse_replay(
    spec: ChangeSpec, base: SuppressionList, sources: list[SourceFile], applied: list[SourceFile]
) -> None:
    """Refuse files that were applied already, and files older than the base."""
    facts = base.facts
    known = {source.sha256 for source in applied}
    for source in sources:
        if source.sha256 in known:
            raise ListError(
                f"'{source.name}' was applied to '{facts.name}' already: nothing was changed.",
                "A change file counts once. See 'leadscrub lists history'.",
            )
    if spec.as_of < facts.as_of:
        raise ListError(
            f"The changes are as of {spec.as_of}, and '{facts.name}' is as of {facts.as_of} already: out of order.",
            "Apply change files in the order of their days; where one was missed, load a full copy.",
        )
    if spec.as_of == facts.as_of and spec.action is None:
        raise ListError(
            f"'{facts.name}' is as of {facts.as_of} already: these changes would be applied twice.",
            "A change file brings a list forward: --as-of is the last day that it speaks for.",
        )


def _gathered(spec: ChangeSpec, base: SuppressionList, entries: Entries) -> tuple[dict[Index, pl.DataFrame], list[str]]:
    """All changes by index, in the order in which they happened: by date, then as they are in the files."""
    parts: dict[Index, list[pl.DataFrame]] = defaultdict(list)
    warnings: list[str] = []
    for block in read_list(spec.paths, spec.options, spec.format):
        warnings += block.warnings
        if len(block.frame):
            _refuse_unclear_action(spec, base, block.member, is_named="action" in block.frame.columns)
        for keyed in entries.keyed(block):
            if keyed.frame.is_empty():
                continue
            index, frame = _plain(keyed)
            if spec.action is not None:
                frame = frame.with_columns(action=pl.lit(spec.action))
            parts[index].append(frame.drop("text", "line", strict=False))
    if not parts:
        files = ", ".join(str(path) for path in spec.paths)
        raise ListError(
            f"The changes of '{base.facts.name}' ({files}) have no usable entry among "
            f"{entries.read:,}{entries.refused_most()}.",
            "Check the files, --region and their columns.",
        )
    gathered = {}
    for index, frames in parts.items():
        whole = pl.concat(frames, how="diagonal")
        dated = "listed_on" in whole.columns and spec.action is None
        gathered[index] = whole.sort("listed_on", maintain_order=True, nulls_last=False) if dated else whole
    return gathered, warnings


def _plain(keyed: Keyed) -> tuple[Index, pl.DataFrame]:
    """Numbers of the North American plan under the same key as all others."""
    if keyed.index != "local":
        return keyed.index, keyed.frame
    return "phones", keyed.frame.select(key="+1" + pl.col("key").cast(pl.String))


def _refuse_unclear_action(spec: ChangeSpec, base: SuppressionList, member: str, *, is_named: bool) -> None:
    if is_named and spec.action is not None:
        raise UsageError(f"'{member}' says itself what is added and deleted.", "Leave --action away.")
    if not is_named and spec.action is None:
        raise UsageError(
            f"'{member}' does not say which entries of '{base.facts.name}' are added and which deleted.",
            "Say --action add or --action delete, or which column does: --change-layout, --column action=HEADER.",
        )


def _since(spec: ChangeSpec, base: SuppressionList, changes: dict[Index, pl.DataFrame]) -> date | None:
    """First day that the files speak for. `ListError` when the days between the base and them are missing."""
    if spec.action is not None:
        return spec.since
    days = [frame.get_column("listed_on").drop_nulls() for frame in changes.values() if "listed_on" in frame.columns]
    dates = pl.concat([pl.Series(dtype=pl.Date), *days])
    first, last = dates.min(), dates.max()
    name, made = base.facts.name, base.facts.as_of
    if isinstance(last, date) and last > spec.as_of:
        raise ListError(
            f"A change is dated {last}, after the {spec.as_of} of --as-of.", "--as-of is the last day of the files."
        )
    since = spec.since if spec.since is not None else first
    if not isinstance(since, date):
        raise UsageError("The change files have no dates.", "Say with --since DATE from which day on they count.")
    if isinstance(first, date) and first < since:
        raise ListError(
            f"A change is dated {first}, before the {since} of --since.", "--since is the first day of the files."
        )
    if since > made:
        raise ListError(
            f"Gap: '{name}' is as of {made}, and the changes begin on {since}.",
            "Apply those in between first, or load a full copy; if nothing changed in between, say --since with the "
            "first day that the files speak for.",
        )
    return since


def _fresh(frame: pl.DataFrame, base: SuppressionList, since: date | None) -> pl.Series:
    """Which changes came after the base was made. Others may be in it already: the days of both overlap."""
    made = base.facts.as_of
    if "listed_on" in frame.columns:
        return (frame.get_column("listed_on") > made).fill_null(False)
    return pl.repeat(since == made, len(frame), dtype=pl.Boolean, eager=True)


def _states(keys: pl.Series, base: SuppressionList, index: Index) -> pl.Series:
    """State of each key in the base, as `suppression.resolving` has it."""
    if index == "phones" and base.phones is not None:
        listed = base.phones.contains(pl.select(number_key(pl.lit(keys))).to_series())
    elif index == "emails" and base.emails is not None:
        listed = base.emails.contains(keys)
    elif index == "digests" and base.digests is not None:
        listed = pl.Series(base.digests.hits(binary_rows(keys, base.digests.size)))
    else:
        listed = keys.is_in(sorted(base.domains))
    lasting = pl.select(pl.when(pl.lit(listed)).then(LASTING).cast(pl.Int32)).to_series()
    if index in {"digests", "domains"} or base.expiring_table is None:
        return lasting.fill_null(ABSENT)
    ends = base.expiring_table.matching(keys).group_by("key").agg(pl.col("expires_on").max().cast(pl.Int32))
    until = keys.to_frame("key").join(ends, on="key", how="left", maintain_order="left").get_column("expires_on")
    return pl.select(pl.coalesce(pl.lit(lasting), pl.lit(until), ABSENT)).to_series()


def _refuse_wrong_base(name: str, resolved: list[Resolved]) -> None:
    for what, total, expected in (
        ("additions are on the list already", "additions", "expected_additions"),
        ("deletions are of entries that are not on the list", "deletions", "expected_deletions"),
    ):
        count = sum(getattr(one, total) for one in resolved)
        odd = count - sum(getattr(one, expected) for one in resolved)
        if odd > max(_UNEXPECTED_AT_LEAST, count * _UNEXPECTED_SHARE):
            raise ListError(
                f"{odd:,} of {count:,} {what}: the changes do not belong to the current version of '{name}'.",
                "Load a full copy; or, if you know why, --accept-unexpected.",
            )


def copy_base(base: SuppressionList, gone: dict[Index, pl.Series], builder: IndexBuilder, sides: SideTables) -> None:
    """Put the base's entries into the new indexes, but for those that were deleted: keys by index."""
    no_keys = pl.Series(dtype=pl.String)
    phones, emails = gone.get("phones", no_keys), gone.get("emails", no_keys)
    if base.phones is not None:
        deleted = pl.select(number_key(pl.lit(phones))).to_series().sort().to_numpy()
        for numbers in base.phones.each():
            builder.phones.add(_without(numbers, deleted))
    if base.emails is not None:
        for texts in base.emails.each():
            builder.emails.add(texts.filter(~texts.is_in(emails.implode())))
    if base.digests is not None and builder.digests is not None:
        for rows in _remaining_digests(base, set(gone.get("digests", no_keys).to_list())):
            builder.digests.add(rows)
    # What the changes added is there already, so only the base's own domains lose the deleted ones.
    builder.domains |= base.domains - set(gone.get("domains", no_keys))
    texts_gone = pl.concat([phones, emails])
    for name, table in ((FACTS, base.facts_table), (EXPIRING, base.expiring_table)):
        if table is not None:
            sides.take_over(name, table, texts_gone)


def _without(numbers: Numbers, deleted: Numbers) -> Numbers:
    """Numbers in ascending order, without those in ``deleted`` (ascending)."""
    if not len(deleted) or not len(numbers):
        return numbers
    at = np.minimum(np.searchsorted(numbers, deleted), len(numbers) - 1)
    return np.delete(numbers, at[numbers[at] == deleted])


def _remaining_digests(base: SuppressionList, deleted: set[bytes]) -> Iterator[Digests]:
    """The base's digests without the deleted ones: few share their first bytes with one, and those are compared."""
    if base.digests is None:
        return
    heads = np.array(sorted(int.from_bytes(digest[:8], "big") for digest in deleted), dtype=np.uint64)
    for rows in base.digests.each():
        own = np.ascontiguousarray(rows[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
        alike = np.flatnonzero(np.isin(own, heads))
        drop = [row for row in alike.tolist() if rows[row].tobytes() in deleted]
        yield np.delete(rows, drop, axis=0)

"""Suppression lists for one run: read, normalised, counted, and held as exact indexes."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.contact.apply import Apply
from schemas.contact.blank import trimmed
from schemas.contact.email import email_forms, email_key
from schemas.contact.phone import phone_forms
from schemas.errors import ListError
from schemas.list_kinds import ListKind
from schemas.recipes import Recipe, looks_hashed
from suppression.files import Entries, entries, open_members
from suppression.index import NumberIndex, TextIndex, number_key


@dataclass(frozen=True)
class ListSource:
    """A list as the user names it. ``column`` is needed only where the header does not say."""

    kind: ListKind
    name: str
    path: Path
    column: str | None = None
    recipe: Recipe | None = None


@dataclass(frozen=True)
class SuppressionList:
    """A loaded list. ``read`` = indexed + refused entries; ``refused`` counts by reason."""

    source: ListSource
    sha256: str
    as_of: date
    read: int
    refused: dict[str, int]
    phones: NumberIndex
    emails: TextIndex
    digests: TextIndex
    domains: frozenset[str]

    @property
    def authority(self) -> str:
        """What a finding names as its source: kind, name, version and date."""
        source = self.source
        return f"{source.kind.kind}:{source.name} version {self.sha256[:12]} as of {self.as_of.isoformat()}"

    @property
    def refused_total(self) -> int:
        """Entries read that could not be indexed."""
        return sum(self.refused.values())

    @property
    def valid_until(self) -> date | None:
        """Last day on which this copy may be used; None when its kind does not age."""
        days = self.source.kind.max_age_days
        return None if days is None else self.as_of + timedelta(days=days)


@dataclass
class _Gathered:
    read: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    phones: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    emails: list[pl.Series] = field(default_factory=list)
    digests: list[pl.Series] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)


def load_list(source: ListSource, *, as_of: date, region: str | None, apply: Apply) -> SuppressionList:
    """Read a list for this run only; it counts as dated ``as_of``. `ListError` when it holds no usable entry."""
    gathered = _Gathered()
    fields = frozenset(
        name for name, held in (("phone", source.kind.phones), ("email", source.kind.emails)) if held
    ) or frozenset({"email"})
    for stream in open_members(source.path):
        for block in entries(stream, source.path, source.column, fields):
            _gather(block, source, region, apply, gathered)
    usable = gathered.read - gathered.refused.total()
    if usable == 0:
        why = "".join(f"; {count:,} {reason}" for reason, count in gathered.refused.most_common(3) if count)
        raise ListError(
            f"List '{source.name}' ({source.path}) has no usable entry among {gathered.read:,}{why}.",
            "A list that suppresses nobody is never what was meant: check the file, --region and --list-column.",
        )
    return SuppressionList(
        source,
        _sha256(source.path),
        as_of,
        gathered.read,
        dict(gathered.refused),
        NumberIndex(np.concatenate(gathered.phones) if gathered.phones else np.empty(0, np.uint64)),
        _texts(gathered.emails),
        _texts(gathered.digests),
        frozenset(gathered.domains),
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _texts(parts: list[pl.Series]) -> TextIndex:
    return TextIndex(pl.concat(parts) if parts else pl.Series(dtype=pl.String))


def _gather(block: Entries, source: ListSource, region: str | None, apply: Apply, into: _Gathered) -> None:
    """Sort a block's entries into the indexes that its kind has; count what fits none."""
    text = pl.col("text")
    texts = pl.DataFrame({"text": block.texts}).select(trimmed(text)).filter(text != "").get_column("text")
    into.read += len(texts)
    if source.recipe is not None:
        _gather_digests(texts, source.recipe, into)
        return
    if source.kind.domains:
        _gather_domains(texts, into)
        return
    hashed = looks_hashed(str(texts.first())) if len(texts) else None
    if hashed is not None and source.recipe is None:
        raise ListError(
            f"List '{source.name}' ({source.path}) holds values that look like {hashed} hashes.",
            f"Declare how they were made, for example --list-hash {source.name}=trim+lower+{hashed}.",
        )
    is_email = texts.str.contains("@", literal=True)
    _gather_emails(texts.filter(is_email), source.kind.emails, into)
    numbers = texts.filter(~is_email)
    if not source.kind.phones:
        into.refused["not an email address"] += len(numbers)
    else:
        _gather_phones(numbers, block.north_american, region, apply, into)


def _gather_digests(texts: pl.Series, recipe: Recipe, into: _Gathered) -> None:
    good = pl.Series([recipe.is_digest(text) for text in texts], dtype=pl.Boolean)
    into.digests.append(texts.filter(good).str.to_lowercase())
    into.refused[f"not a {recipe.algorithm} hash"] += len(texts) - int(good.sum())


def _gather_domains(texts: pl.Series, into: _Gathered) -> None:
    """``@d`` is that domain only, ``.d`` its subdomains only, ``d`` both; a whole address is refused."""
    lower = texts.str.to_lowercase()
    good = lower.str.contains(r"^[@.]?(?:[\p{L}\p{N}_-]+\.)+[\p{L}\p{N}-]{2,}$")
    into.domains.update(lower.filter(good))
    into.refused["not a domain"] += len(texts) - int(good.sum())


def _gather_emails(texts: pl.Series, wanted: bool, into: _Gathered) -> None:
    if not wanted:
        into.refused["not a phone number"] += len(texts)
        return
    forms = email_forms(texts)
    keys = forms.select(email_key(pl.col("normal"))).to_series().drop_nulls()
    into.emails.append(keys)
    into.refused["not an email address"] += len(texts) - len(keys)


def _gather_phones(texts: pl.Series, north_american: bool, region: str | None, apply: Apply, into: _Gathered) -> None:
    # Ten digits of a registry and whole E.164 numbers need no interpretation.
    plain = texts.str.contains(r"^\d{10}$") if north_american else texts.str.contains(r"^\+[1-9]\d{7,14}$")
    digits = texts.filter(plain)
    e164 = ("+1" + digits) if north_american else digits
    into.phones.append(_keys(e164))
    rest = texts.filter(~plain)
    if len(rest):
        home = "US" if north_american else region
        forms = phone_forms(rest, pl.repeat(home, len(rest), dtype=pl.String, eager=True), apply)
        into.phones.append(_keys(forms.get_column("e164").drop_nulls()))
        for why, count in forms.filter(pl.col("e164").is_null()).get_column("why").value_counts().rows():
            into.refused[str(why)] += count


def _keys(e164: pl.Series) -> npt.NDArray[np.uint64]:
    return e164.to_frame("e164").select(number_key(pl.col("e164"))).to_series().to_numpy()

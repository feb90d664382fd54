"""Turns what a list's files hold into keys: each entry is normalised as leads are, and refused where it cannot be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import idna
import polars as pl

from schemas.contact.apply import Apply
from schemas.contact.email import email_forms
from schemas.contact.match_keys import fold_email
from schemas.contact.phone_points import phone_points
from schemas.errors import ListError
from schemas.list_kinds import ListKind
from schemas.recipes import Recipe, looks_hashed
from schemas.support.column_bytes import binary_column
from suppression.formats.blocks import NOT_LISTED, Block
from suppression.side_tables import SideTables

#: Where an entry belongs. ``local`` are phones whose ``key`` is ten North American digits as a number, with no facts.
Index = Literal["phones", "local", "emails", "domains", "digests"]
#: Ten digits that can be a North American number are no less.
_FIRST_NUMBER = 2_000_000_000
_FACTS = ("listed_on", "expires_on", "reason", "severity")


@dataclass(frozen=True)
class Keyed:
    """Entries for one index: ``key`` (text; binary for digests) and what the block said of each."""

    index: Index
    frame: pl.DataFrame


@dataclass(frozen=True)
class Reading:
    """What decides how an entry is read. ``recipe`` is set for a hashed list."""

    name: str
    kind: ListKind
    recipe: Recipe | None
    region: str | None
    folds: frozenset[str]
    apply: Apply


class Entries:
    """Takes blocks, gives keyed entries; counts what it reads and keeps what it refuses in ``sides``."""

    def __init__(self, reading: Reading, sides: SideTables) -> None:
        self._how, self._sides = reading, sides
        self.read = self.second_readings = 0
        self.refused: Counter[str] = Counter()
        self.warnings: list[str] = []

    def refused_most(self) -> str:
        """The commonest reasons of refusal, for a message."""
        return "".join(f"; {count:,} {why}" for why, count in self.refused.most_common(3))

    def keyed(self, block: Block) -> Iterator[Keyed]:
        """Put a block's entries under the keys of the indexes that the kind has; what fits none is refused."""
        self.read += block.read
        if "action" not in block.frame.columns:
            block, rescued = self._rescued(block)
            yield rescued
        self._refuse(block.refused, block.member)
        if block.frame.is_empty():
            return
        if self._how.recipe is not None:
            yield self._digests(block.frame, self._how.recipe, block.member)
        elif self._how.kind.domains:
            yield self._domains(block.frame, block.member)
        else:
            yield from self._points(block)

    def _rescued(self, block: Block) -> tuple[Block, Keyed]:
        """Take up refused lines that are phone numbers all the same: one written otherwise in a registry's file."""
        if not self._how.kind.phones or self._how.recipe or block.holds != "phone" or block.refused.is_empty():
            return block, Keyed("phones", pl.DataFrame(schema={"key": pl.String}))
        said = pl.col("why").str.starts_with(NOT_LISTED)
        candidates = block.refused.filter(~said)
        read = self._read_phones(candidates, block)
        good = read.get_column("key").is_not_null()
        refused = pl.concat([block.refused.filter(said), candidates.filter(~good)])
        return replace(block, refused=refused), self._both_readings(read.filter(good).select("key", "other"))

    def _read_phones(self, entries: pl.DataFrame, block: Block) -> pl.DataFrame:
        """Add ``key``, ``other`` (the second reading of a number that has two) and ``why``."""
        texts, home = entries.get_column("text"), "US" if block.north_american else self._how.region
        points = phone_points(texts, pl.repeat(home, len(texts), dtype=pl.String, eager=True), self._how.apply)
        return pl.concat(
            [entries.drop("why", strict=False), points.select("other", "why", key="e164")], how="horizontal"
        )

    def _both_readings(self, read: pl.DataFrame) -> Keyed:
        """Take both readings of an entry that has two: nobody knows which one was meant."""
        others = read.filter(pl.col("other").is_not_null())
        self.second_readings += len(others)
        second = others.with_columns(key=pl.col("other"))
        return Keyed("phones", pl.concat([read, second]).drop("other"))

    def _refuse(self, refused: pl.DataFrame, member: str) -> None:
        if refused.is_empty():
            return
        for why, count in refused.get_column("why").value_counts().rows():
            self.refused[str(why)] += int(count)
        self._sides.add_refused(refused, member)

    def _refuse_all(self, entries: pl.DataFrame, why: str, member: str) -> None:
        self._refuse(entries.select("text", pl.lit(why).alias("why"), "line"), member)

    def _points(self, block: Block) -> Iterator[Keyed]:
        entries = block.frame
        if "number" in entries.columns:
            # What the reader has seen to be ten digits; an area code begins with 2 to 9.
            real = pl.col("number") >= _FIRST_NUMBER if self._how.kind.phones else pl.lit(False)
            yield Keyed("local", entries.filter(real).select(key="number"))
            entries = entries.filter(~real).drop("number")
            if entries.is_empty():
                return
        first = str(entries.item(0, "text"))
        hashed = looks_hashed(first) or ("sha256" if block.holds == "hash" else None)
        if hashed is not None:
            raise ListError(
                f"List '{self._how.name}' holds values that look like {hashed} hashes.",
                f"Declare how they were made, for example --list-hash {self._how.name}=trim+lower+{hashed}.",
            )
        is_email = pl.col("text").str.contains("@", literal=True)
        emails, numbers = entries.filter(is_email), entries.filter(~is_email)
        if self._how.kind.emails:
            yield self._emails(emails, block.member)
        else:
            self._refuse_all(emails, "not a phone number", block.member)
        if self._how.kind.phones:
            yield from self._phones(numbers, block)
        else:
            self._refuse_all(numbers, "not an email address", block.member)

    def _emails(self, entries: pl.DataFrame, member: str) -> Keyed:
        forms = email_forms(entries.get_column("text"), self._how.apply)
        keys = forms.select(key=fold_email(pl.col("key"), self._how.folds))
        keyed = pl.concat([entries, keys], how="horizontal")
        self._refuse_all(keyed.filter(pl.col("key").is_null()), "not an email address", member)
        return Keyed("emails", keyed.filter(pl.col("key").is_not_null()))

    def _phones(self, entries: pl.DataFrame, block: Block) -> Iterator[Keyed]:
        # Ten digits of a registry need no interpretation, and +1 with ten digits; an area code begins with 2 to 9.
        text = pl.col("text")
        plain = text.str.contains(r"^[2-9]\d{9}$") if block.north_american else text.str.contains(r"^\+1[2-9]\d{9}$")
        whole = entries.filter(plain)
        if block.north_american and len(whole.columns) == 2:  # text and line: no facts to keep
            yield Keyed("local", whole.select(key=text.cast(pl.Int64)))
        else:
            yield Keyed("phones", whole.with_columns(key=("+1" + text) if block.north_american else text))
        rest = entries.filter(~plain)
        if rest.is_empty():
            return
        read = self._read_phones(rest, block)
        self._refuse(read.filter(pl.col("key").is_null()).select("text", "why", "line"), block.member)
        yield self._both_readings(read.filter(pl.col("key").is_not_null()).drop("why"))

    def _domains(self, entries: pl.DataFrame, member: str) -> Keyed:
        """``@d`` is that domain only, ``.d`` its subdomains only, ``d`` both; a whole address is refused."""
        self._warn_of_facts(entries, "a domain list")
        lower = entries.with_columns(key=_unicode_domains(entries.get_column("text").str.to_lowercase()))
        is_domain = pl.col("key").str.contains(r"^[@.]?(?:[\p{L}\p{N}_-]+\.)+[\p{L}\p{N}-]{2,}$")
        self._refuse_all(lower.filter(~is_domain), "not a domain", member)
        return Keyed("domains", lower.filter(is_domain))

    def _digests(self, entries: pl.DataFrame, recipe: Recipe, member: str) -> Keyed:
        self._warn_of_facts(entries, "a hashed list")
        digests, good = recipe.read_all(entries.get_column("text"))
        self._refuse_all(entries.filter(~good), f"not a {recipe.algorithm} hash in {recipe.spelling}", member)
        return Keyed("digests", entries.filter(good).with_columns(binary_column(digests).alias("key")))

    def _warn_of_facts(self, entries: pl.DataFrame, what: str) -> None:
        """Say once that facts of such entries are not kept: one that expires would otherwise seem to."""
        lost = [name for name in _FACTS if name in entries.columns]
        warning = f"dates, reasons and severities of {what} are not kept: every entry of it lasts"
        if lost and warning not in self.warnings:
            self.warnings.append(warning)


def _unicode_domains(domains: pl.Series) -> pl.Series:
    """Write domains as the normal form of addresses does: an ``xn--`` label in its own letters."""
    coded = domains.filter(domains.str.contains("xn--", literal=True)).unique().to_list()
    decoded = {}
    for domain in coded:
        sign = domain[:1] if domain[:1] in "@." else ""
        try:
            decoded[domain] = sign + idna.decode(domain.removeprefix(sign))
        except idna.IDNAError:
            decoded[domain] = domain
    return domains.replace(decoded)

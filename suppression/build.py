"""Builds the indexes of a version: entries are normalised as leads are, put where they belong, and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import idna
import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.contact.apply import Apply
from schemas.contact.email import email_forms, email_key
from schemas.contact.second_look import phone_points
from schemas.errors import ListError
from schemas.list_kinds import ListKind
from schemas.list_version import EntryCounts
from schemas.recipes import Recipe, looks_hashed
from suppression.formats.blocks import NOT_LISTED, Block
from suppression.index.digests import DigestBuilder
from suppression.index.numbers import NumberBuilder, number_key
from suppression.index.texts import TextBuilder
from suppression.side_tables import SideTables


class IndexBuilder:
    """Takes blocks of entries; ``write`` makes the index files in ``folder``."""

    def __init__(
        self, folder: Path, name: str, kind: ListKind, recipes: tuple[Recipe, ...], region: str | None, apply: Apply
    ) -> None:
        self._folder, self._name, self._kind, self._region, self._apply = folder, name, kind, region, apply
        self._recipe = recipes[0] if recipes else None
        self.read = 0
        self._taken = 0
        self._refused: Counter[str] = Counter()
        self.phones, self._emails = NumberBuilder(), TextBuilder()
        self._domains: set[str] = set()
        self._digests = DigestBuilder(folder / "digest-parts", recipes[0].digest_bytes) if recipes else None
        self._sides = SideTables(folder)

    def refused_most(self) -> str:
        """The commonest reasons of refusal, for a message."""
        return "".join(f"; {count:,} {why}" for why, count in self._refused.most_common(3))

    def add(self, block: Block) -> None:
        """Put a block's entries into the indexes that the kind has; what fits none is refused with a reason."""
        self.read += block.read
        block = self._rescued(block)
        self._refuse(block.refused, block.member)
        entries = block.frame
        if self._recipe is not None:
            self._add_digests(entries, self._recipe, block.member)
        elif self._kind.domains:
            self._add_domains(entries, block.member)
        else:
            self._add_points(block, entries)

    def write(self) -> tuple[EntryCounts, dict[str, Any], list[str]]:
        """Finish: counts, the record of each index, and the domains."""
        records: dict[str, Any] = {}
        if self._digests is not None:
            records["digests"] = self._digests.write(self._folder, "digests")
        elif not self._kind.domains:
            if self._kind.phones:
                records["phones"] = self.phones.write(self._folder)
            if self._kind.emails:
                records["emails"] = self._emails.write(self._folder, "emails")
        indexed = sum(int(record["entries"]) for record in records.values()) + len(self._domains)
        expiring = self._sides.close()
        counts = EntryCounts(
            read=self.read,
            indexed=indexed + expiring,
            repeated=self._taken - indexed,
            refused=dict(self._refused.most_common()),
        )
        return counts, records, sorted(self._domains)

    def _rescued(self, block: Block) -> Block:
        """Take up refused lines that are phone numbers all the same: one written otherwise in a registry's file."""
        if not self._kind.phones or block.holds != "phone" or block.refused.is_empty():
            return block
        said = pl.col("why").str.starts_with(NOT_LISTED)
        candidates = block.refused.filter(~said)
        home = "US" if block.north_american else self._region
        regions = pl.repeat(home, len(candidates), dtype=pl.String, eager=True)
        forms = phone_points(candidates.get_column("text"), regions, self._apply)
        good = forms.get_column("e164").is_not_null()
        numbers = candidates.filter(good).select(text=forms.get_column("e164").filter(good))
        self._taken += len(numbers)
        self.phones.add(numbers.select(number_key(pl.col("text"))).to_series().to_numpy())
        self._add_others(forms)
        return replace(block, refused=pl.concat([block.refused.filter(said), candidates.filter(~good)]))

    def _refuse(self, refused: pl.DataFrame, member: str) -> None:
        for why, count in refused.get_column("why").value_counts().rows():
            self._refused[str(why)] += int(count)
        self._sides.add_refused(refused, member)

    def _refuse_all(self, entries: pl.DataFrame, why: str, member: str) -> None:
        self._refuse(entries.select("text", pl.lit(why).alias("why"), "line"), member)

    def _add_points(self, block: Block, entries: pl.DataFrame) -> None:
        first = str(entries.item(0, "text")) if len(entries) else ""
        hashed = looks_hashed(first) or ("sha256" if block.holds == "hash" else None)
        if hashed is not None and len(entries):
            raise ListError(
                f"List '{self._name}' holds values that look like {hashed} hashes.",
                f"Declare how they were made, for example --list-hash {self._name}=trim+lower+{hashed}.",
            )
        is_email = pl.col("text").str.contains("@", literal=True)
        emails, numbers = entries.filter(is_email), entries.filter(~is_email)
        if self._kind.emails:
            self._add_emails(emails, block.member)
        else:
            self._refuse_all(emails, "not a phone number", block.member)
        if self._kind.phones:
            self._add_phones(numbers, block)
        else:
            self._refuse_all(numbers, "not an email address", block.member)

    def _add_emails(self, entries: pl.DataFrame, member: str) -> None:
        keys = email_forms(entries.get_column("text")).select(email_key(pl.col("normal")).alias("key"))
        keyed = pl.concat([entries, keys], how="horizontal")
        self._refuse_all(keyed.filter(pl.col("key").is_null()), "not an email address", member)
        lasting = self._sides.add_facts(keyed.filter(pl.col("key").is_not_null()))
        self._emails.add(lasting.get_column("key"))
        self._taken += len(lasting)

    def _add_phones(self, entries: pl.DataFrame, block: Block) -> None:
        # Ten digits of a registry need no interpretation, and +1 with ten digits; an area code begins with 2 to 9.
        text = pl.col("text")
        plain = text.str.contains(r"^[2-9]\d{9}$") if block.north_american else text.str.contains(r"^\+1[2-9]\d{9}$")
        whole = entries.filter(plain)
        if block.north_american and len(whole.columns) == 2:  # text and line: no facts to keep
            self.phones.add_local(whole.get_column("text").cast(pl.Int64).to_numpy())
            self._taken += len(whole)
        else:
            self._take_numbers(whole.with_columns(key=("+1" + text) if block.north_american else text))
        rest = entries.filter(~plain)
        if rest.is_empty():
            return
        home = "US" if block.north_american else self._region
        forms = phone_points(
            rest.get_column("text"), pl.repeat(home, len(rest), dtype=pl.String, eager=True), self._apply
        )
        keyed = pl.concat([rest, forms.select(pl.col("e164").alias("key"), "why")], how="horizontal")
        bad = keyed.filter(pl.col("key").is_null())
        self._refuse(bad.select("text", "why", "line"), block.member)
        self._take_numbers(keyed.filter(pl.col("key").is_not_null()).drop("why"))
        self._add_others(forms)

    def _add_others(self, forms: pl.DataFrame) -> None:
        """List the other reading of entries that have two as well: nobody knows which one was meant."""
        others = forms.filter(pl.col("other").is_not_null())
        if len(others):
            self.phones.add(others.select(number_key(pl.col("other"))).to_series().to_numpy())
            self._taken += len(others)

    def _take_numbers(self, keyed: pl.DataFrame) -> None:
        lasting = self._sides.add_facts(keyed)
        self.phones.add(lasting.select(number_key(pl.col("key"))).to_series().to_numpy())
        self._taken += len(lasting)

    def _add_domains(self, entries: pl.DataFrame, member: str) -> None:
        """``@d`` is that domain only, ``.d`` its subdomains only, ``d`` both; a whole address is refused."""
        lower = entries.with_columns(key=_unicode_domains(entries.get_column("text").str.to_lowercase()))
        is_domain = pl.col("key").str.contains(r"^[@.]?(?:[\p{L}\p{N}_-]+\.)+[\p{L}\p{N}-]{2,}$")
        self._refuse_all(lower.filter(~is_domain), "not a domain", member)
        good = lower.filter(is_domain).get_column("key")
        self._domains.update(good)
        self._taken += len(good)

    def _add_digests(self, entries: pl.DataFrame, recipe: Recipe, member: str) -> None:
        digests = [recipe.to_bytes(text) for text in entries.get_column("text")]
        good = [digest for digest in digests if digest is not None]
        if self._digests is not None and good:
            self._digests.add(digest_rows(good, recipe.digest_bytes))
        self._taken += len(good)
        bad = entries.filter(pl.Series([digest is None for digest in digests], dtype=pl.Boolean))
        self._refuse_all(bad, f"not a {recipe.algorithm} hash in {recipe.spelling}", member)


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


def digest_rows(digests: list[bytes], size: int) -> npt.NDArray[np.uint8]:
    """Stack digests as n x size bytes."""
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, size)

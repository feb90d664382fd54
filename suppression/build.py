"""Builds a version of a list: entries are normalised as leads are, sorted into exact indexes, and counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.contact.apply import Apply
from schemas.contact.blank import trimmed
from schemas.contact.email import email_forms, email_key
from schemas.contact.phone import phone_forms
from schemas.errors import ListError
from schemas.list_kinds import ListKind
from schemas.list_version import EntryCounts
from schemas.recipes import Recipe, looks_hashed
from suppression.files import Entries
from suppression.index.digests import DigestBuilder
from suppression.index.numbers import NumberBuilder, number_key
from suppression.index.texts import TextBuilder


class IndexBuilder:
    """Takes blocks of entries; ``write`` makes the index files in ``folder``."""

    def __init__(self, folder: Path, name: str, kind: ListKind, recipe: Recipe | None, region: str | None) -> None:
        self._folder, self._name, self._kind, self._recipe, self._region = folder, name, kind, recipe, region
        self._read = 0
        self._taken = 0
        self._refused: Counter[str] = Counter()
        self._phones, self._emails = NumberBuilder(), TextBuilder()
        self._domains: set[str] = set()
        self._digests = None if recipe is None else DigestBuilder(folder / "digest-parts", recipe.digest_bytes)

    @property
    def read(self) -> int:
        """Entries read so far."""
        return self._read

    def refused_most(self) -> str:
        """The commonest reasons of refusal, for a message."""
        return "".join(f"; {count:,} {why}" for why, count in self._refused.most_common(3))

    def add(self, block: Entries, apply: Apply) -> None:
        """Sort a block's entries into the indexes that the kind has; count what fits none."""
        text = pl.col("text")
        texts = pl.DataFrame({"text": block.texts}).select(trimmed(text)).filter(text != "").get_column("text")
        self._read += len(texts)
        if self._recipe is not None:
            self._add_digests(texts, self._recipe)
        elif self._kind.domains:
            self._add_domains(texts)
        else:
            self._add_points(texts, block.north_american, apply)

    def write(self) -> tuple[EntryCounts, dict[str, Any], list[str]]:
        """Finish: counts, the record of each index, and the domains."""
        records: dict[str, Any] = {}
        if self._digests is not None:
            records["digests"] = self._digests.write(self._folder, "digests")
        if self._kind.phones and self._recipe is None:
            records["phones"] = self._phones.write(self._folder)
        if self._kind.emails and self._recipe is None:
            records["emails"] = self._emails.write(self._folder, "emails")
        indexed = sum(int(record["entries"]) for record in records.values()) + len(self._domains)
        counts = EntryCounts(
            read=self._read, indexed=indexed, repeated=self._taken - indexed, refused=dict(self._refused)
        )
        return counts, records, sorted(self._domains)

    def _refuse(self, why: str, count: int) -> None:
        if count:
            self._refused[why] += count

    def _add_points(self, texts: pl.Series, north_american: bool, apply: Apply) -> None:
        hashed = looks_hashed(str(texts.first())) if len(texts) else None
        if hashed is not None:
            raise ListError(
                f"List '{self._name}' holds values that look like {hashed} hashes.",
                f"Declare how they were made, for example --list-hash {self._name}=trim+lower+{hashed}.",
            )
        is_email = texts.str.contains("@", literal=True)
        emails, numbers = texts.filter(is_email), texts.filter(~is_email)
        if self._kind.emails:
            self._add_emails(emails)
        else:
            self._refuse("not a phone number", len(emails))
        if self._kind.phones:
            self._add_phones(numbers, north_american, apply)
        else:
            self._refuse("not an email address", len(numbers))

    def _add_emails(self, texts: pl.Series) -> None:
        keys = email_forms(texts).select(email_key(pl.col("normal"))).to_series().drop_nulls()
        self._emails.add(keys)
        self._taken += len(keys)
        self._refuse("not an email address", len(texts) - len(keys))

    def _add_phones(self, texts: pl.Series, north_american: bool, apply: Apply) -> None:
        # Ten digits of a registry and whole E.164 numbers need no interpretation.
        plain = texts.str.contains(r"^\d{10}$") if north_american else texts.str.contains(r"^\+[1-9]\d{7,14}$")
        whole = texts.filter(plain)
        keys = _keys(("+1" + whole) if north_american else whole)
        rest = texts.filter(~plain)
        self._phones.add(keys)
        self._taken += len(keys)
        if len(rest):
            home = "US" if north_american else self._region
            forms = phone_forms(rest, pl.repeat(home, len(rest), dtype=pl.String, eager=True), apply)
            read = _keys(forms.get_column("e164").drop_nulls())
            self._phones.add(read)
            self._taken += len(read)
            for why, count in forms.filter(pl.col("e164").is_null()).get_column("why").value_counts().rows():
                self._refuse(str(why), int(count))

    def _add_domains(self, texts: pl.Series) -> None:
        """``@d`` is that domain only, ``.d`` its subdomains only, ``d`` both; a whole address is refused."""
        lower = texts.str.to_lowercase()
        good = lower.filter(lower.str.contains(r"^[@.]?(?:[\p{L}\p{N}_-]+\.)+[\p{L}\p{N}-]{2,}$"))
        self._domains.update(good)
        self._taken += len(good)
        self._refuse("not a domain", len(texts) - len(good))

    def _add_digests(self, texts: pl.Series, recipe: Recipe) -> None:
        good = texts.filter(pl.Series([recipe.is_digest(text) for text in texts], dtype=pl.Boolean))
        if self._digests is not None and len(good):
            self._digests.add(digest_rows([recipe.to_bytes(text) for text in good], recipe.digest_bytes))
        self._taken += len(good)
        self._refuse(f"not a {recipe.algorithm} hash", len(texts) - len(good))


def digest_rows(digests: list[bytes], size: int) -> npt.NDArray[np.uint8]:
    """Stack digests as n x size bytes."""
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, size)


def _keys(e164: pl.Series) -> npt.NDArray[np.uint64]:
    return e164.to_frame("e164").select(number_key(pl.col("e164"))).to_series().to_numpy()

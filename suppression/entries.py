"""Turns what a list's files hold into keys: each entry is normalised as leads are, and refused where it cannot be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import idna
import polars as pl

from schemas.contact.apply import Apply
from schemas.contact.email import email_forms
from schemas.contact.marks import plain_signs
from schemas.contact.match_keys import fold_email
from schemas.errors import ListError
from schemas.list_kinds import ListKind
from schemas.recipes import Recipe, looks_hashed
from schemas.support.column_bytes import binary_column
from schemas.support.figures import counted, percent, share
from suppression.entry_phones import read_phones
from suppression.formats.blocks import NO_ENTRY, NOT_LISTED, Block, with_text
from suppression.point_search import emails_in, numbers_in
from suppression.side_tables import SideTables

#: Where an entry belongs. ``local`` are phones whose ``key`` is ten North American digits as a number, with no facts.
Index = Literal["phones", "local", "emails", "domains", "digests"]
#: Ten digits that can be a North American number are no less.
_FIRST_NUMBER = 2_000_000_000
_FACTS = ("listed_on", "expires_on", "reason", "severity")
_NO_COUNTRY = "its country cannot be read"
_NO_PHONE, _NO_EMAIL = "not a phone number", "not an email address"
#: Marks at the start of an address that Excel and its users put there; each is valid in one all the same, so that
#: both readings are listed.
#: And signs inside, as in ``tel=2127365000&mail=ann@example.org``.
_MARKED = r"^['`#*=~!|^_-]|[=&/?%|]|[^\x00-\x7F\p{L}\p{M}\p{N}]"
_END_OF_DOMAIN = r"(?:\p{L}[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}]|\p{N}[\p{L}\p{M}\p{N}-]*\p{L})"
_DOMAIN = rf"^[@.]?(?:[\p{{L}}\p{{M}}\p{{N}}_-]+\.)+{_END_OF_DOMAIN}$"
_BETWEEN_DOMAINS = r"[^\p{L}\p{M}\p{N}._@-]+"
_WWW = "www."
#: Of the address of a page, only its host is a domain.
_PAGE = r"\w+://([^/\s?#]+)\S*"
#: Refused entries that a message names by their line.
_SHOWN_LINES = 5


@dataclass(frozen=True)
class Keyed:
    """Entries for one index: ``key`` (text; binary for digests) and what the block said of each."""

    index: Index
    frame: pl.DataFrame


class Reading(NamedTuple):
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
        self.read = self.second_readings = self.more_points = 0
        self.refused: Counter[str] = Counter()
        self.refused_lines: list[str] = []
        self.warnings: list[str] = []

    @property
    def not_listed(self) -> int:
        """How many entries say themselves that their contact is not on the list."""
        return sum(count for why, count in self.refused.items() if why.startswith(NOT_LISTED))

    @property
    def lost(self) -> int:
        """How many entries were there and block nobody."""
        return self.refused.total() - self.not_listed

    def refuse_too_many_lost(self, most: float) -> None:
        """Raise `ListError` when more than this share of the entries block nobody; 1 accepts all of them."""
        entries = self.read - self.not_listed
        if self.lost <= most * entries:
            return
        lost = share(self.lost, entries)
        raise ListError(
            f"List '{self._how.name}': {self.lost:,} of {counted(entries, 'entry')} ({lost}) cannot be read and would "
            f"block nobody; at most {percent(most)} may{self.refused_most()} ({', '.join(self.refused_lines)} …).",
            "Look at them, and at --region and the columns; to use the list without them, say --max-refused SHARE "
            "(in TOML max_refused = SHARE).",
        )

    def refused_most(self) -> str:
        """The commonest reasons of refusal, for a message."""
        lost = Counter({why: count for why, count in self.refused.items() if not why.startswith(NOT_LISTED)})
        return "".join(f"; {count:,} {why}" for why, count in lost.most_common(3))

    def keyed(self, block: Block) -> Iterator[Keyed]:
        """Put a block's entries under the keys of the indexes that the kind has; what fits none is refused."""
        self.read += block.read
        if not block.refused.is_empty():
            yield from self._refused_or_searched(block)
        if block.frame.is_empty():
            return
        if self._how.recipe is not None:
            yield from self._digests(with_text(block.frame), self._how.recipe, block)
        elif self._how.kind.domains:
            yield from self._domains(with_text(block.frame), block)
        else:
            yield from self._points(block)

    def _refused_or_searched(self, block: Block) -> Iterator[Keyed]:
        """Search the entries that are none as they are for points; refuse those that say so themselves or are blank."""
        sound = block.refused.get_column("why").str.starts_with(NOT_LISTED)
        self._refuse(block.refused.filter(sound), block.member)
        lost = block.refused.filter(~sound)
        if "action" in block.frame.columns:
            # Whether the points in it were added or deleted is not known.
            self._refuse(lost, block.member)
        else:
            vacant = lost.get_column("why") == NO_ENTRY
            self._refuse(lost.filter(vacant), block.member)
            yield from self._searched(lost.filter(~vacant), block)

    def _searched(self, entries: pl.DataFrame, block: Block, *, no_phones: bool = False) -> Iterator[Keyed]:
        """Take every point in the text of entries that are not one as they are; an entry without any is refused.

        ``entries`` has ``text``, ``line``, ``why`` it is not one, and what the block says of each. ``no_phones``: each
        was read as a phone.
        """
        if entries.is_empty():
            return
        texts = entries.get_column("text")
        found: list[tuple[Index, pl.DataFrame]] = []
        if self._how.recipe is not None:
            found = [("digests", _digests_in(texts, self._how.recipe))]
        elif self._how.kind.domains:
            found = [("domains", _domains_in(texts))]
        if self._how.kind.emails and self._how.recipe is None:
            emails = emails_in(texts, self._how.apply)
            found.append(("emails", emails.with_columns(fold_email(pl.col("key"), self._how.folds))))
        if self._how.kind.phones and self._how.recipe is None:
            regions = self._regions(entries, block)
            found.append(("phones", numbers_in(texts, regions, self._how.apply, refused=no_phones)))
        rows = [points.get_column("row") for _, points in found]
        having = pl.concat(rows).unique() if rows else pl.Series(dtype=pl.UInt32)
        self.more_points += sum(map(len, rows)) - len(having)
        numbered = entries.with_row_index("row")
        self._refuse(numbered.filter(~pl.col("row").is_in(having.implode())), block.member)
        for index, points in found:
            keyed = points.join(numbered.drop("why"), on="row", how="left", maintain_order="left").drop("row")
            yield self._both_readings(keyed) if index == "phones" else Keyed(index, keyed)

    def _regions(self, entries: pl.DataFrame, block: Block) -> pl.Series:
        """Region of each entry: its own country's where the list says one, else that of the list; null: not known."""
        home = "US" if block.north_american else self._how.region
        if "region" not in entries.columns:
            return pl.repeat(home, len(entries), dtype=pl.String, eager=True)
        own = pl.col("region")
        return entries.select(pl.when(own == "").then(pl.lit(home, pl.String)).otherwise(own)).to_series()

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
        lost = refused.filter(~pl.col("why").str.starts_with(NOT_LISTED)).get_column("line")
        self.refused_lines += [f"{member}:{line}" for line in lost.head(_SHOWN_LINES - len(self.refused_lines))]
        self._sides.add_refused(refused.select("text", "why", "line"), member)

    def _points(self, block: Block) -> Iterator[Keyed]:
        entries = block.frame
        if "number" in entries.columns:
            # What the reader has seen to be ten digits; an area code begins with 2 to 9.
            real = entries.get_column("number") >= _FIRST_NUMBER
            if not self._how.kind.phones:
                real = pl.repeat(False, len(entries), eager=True)
            if real.all():
                yield Keyed("local", entries.select(key="number"))
                return
            yield Keyed("local", entries.filter(real).select(key="number"))
            entries = with_text(entries.filter(~real))
        first = str(entries.item(0, "text"))
        hashed = looks_hashed(first) or ("sha256" if block.holds == "hash" else None)
        if hashed is not None:
            raise ListError(
                f"List '{self._how.name}' holds values that look like {hashed} hashes.",
                f"Declare how they were made, for example --list-hash {self._how.name}=trim+lower+{hashed}.",
            )
        is_email = pl.col("text").str.contains("@", literal=True)
        emails, numbers = entries.filter(is_email), entries.filter(~is_email)
        if not self._how.kind.emails:
            yield from self._searched(emails.with_columns(why=pl.lit(_NO_PHONE)), block)
        elif len(emails):
            yield from self._emails(emails, block)
        if not self._how.kind.phones:
            yield from self._searched(numbers.with_columns(why=pl.lit(_NO_EMAIL)), block)
        elif len(numbers):
            yield from self._phones(numbers, block)

    def _emails(self, entries: pl.DataFrame, block: Block) -> Iterator[Keyed]:
        forms = email_forms(entries.get_column("text"), self._how.apply)
        keyed = entries.with_columns(
            fold_email(forms.get_column("key"), self._how.folds).alias("key"), forms.get_column("repair")
        )
        # An address with something around it may not be alone; a mark of Excel's is valid as a part of it.
        whole = keyed.get_column("key").is_not_null() & keyed.get_column("repair").is_null()
        alone = whole & ~keyed.get_column("text").str.contains(_MARKED)
        marked = keyed.filter(whole & ~alone)
        self.more_points += len(marked)
        yield Keyed("emails", pl.concat([keyed.filter(alone), marked]).drop("repair"))
        rest = keyed.filter(~alone)
        if rest.is_empty():
            return
        texts = rest.get_column("text")
        inside = emails_in(texts, self._how.apply).get_column("row").unique()
        # One that only its repair found (an address with a blank or a slip in it) is taken as repaired.
        mended = rest.with_row_index("row").filter(~pl.col("row").is_in(inside.implode()) & pl.col("key").is_not_null())
        yield Keyed("emails", mended.drop("row", "repair"))
        if self._how.kind.phones and len(mended):
            beside = numbers_in(mended.get_column("text"), self._regions(mended, block), self._how.apply)
            self.more_points += len(beside)
            at = mended.drop("row", "repair", "key").with_row_index("row")
            yield self._both_readings(beside.join(at, on="row", how="left", maintain_order="left").drop("row"))
        searched = rest.with_row_index("row").join(mended.select("row"), on="row", how="anti", maintain_order="left")
        yield from self._searched(searched.drop("row", "key", "repair").with_columns(why=pl.lit(_NO_EMAIL)), block)

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
        phones = read_phones(rest.get_column("text"), self._regions(rest, block), self._how.apply)
        read = pl.concat([rest, phones], how="horizontal")
        if "region" in read.columns:
            read = read.with_columns(why=pl.when(pl.col("region").is_null()).then(pl.lit(_NO_COUNTRY)).otherwise("why"))
        yield self._both_readings(read.filter(pl.col("key").is_not_null()).drop("why"))
        lost = read.filter(pl.col("key").is_null()).drop("key", "other")
        yield from self._searched(lost, block, no_phones=True)

    def _domains(self, entries: pl.DataFrame, block: Block) -> Iterator[Keyed]:
        """``@d`` is that domain only, ``.d`` its subdomains only, ``d`` both; a whole address is refused."""
        self._warn_of_facts(entries, "a domain list")
        lower = entries.with_columns(key=_unicode_domains(entries.get_column("text").str.to_lowercase()))
        is_domain = pl.col("key").str.contains(_DOMAIN)
        yield Keyed("domains", lower.filter(is_domain))
        # Nobody's address is at www: the company's domain is meant.
        bare = lower.filter(is_domain & pl.col("key").str.starts_with(_WWW))
        self.more_points += len(bare)
        yield Keyed("domains", bare.with_columns(pl.col("key").str.strip_prefix(_WWW)))
        yield from self._searched(lower.filter(~is_domain).drop("key").with_columns(why=pl.lit("not a domain")), block)

    def _digests(self, entries: pl.DataFrame, recipe: Recipe, block: Block) -> Iterator[Keyed]:
        self._warn_of_facts(entries, "a hashed list")
        digests, good = recipe.read_all(entries.get_column("text"))
        yield Keyed("digests", entries.filter(good).with_columns(binary_column(digests).alias("key")))
        why = f"not a {recipe.algorithm} hash in {recipe.spelling}"
        yield from self._searched(entries.filter(~good).with_columns(why=pl.lit(why)), block)

    def _warn_of_facts(self, entries: pl.DataFrame, what: str) -> None:
        """Say once that facts of such entries are not kept: one that expires would otherwise seem to."""
        lost = [name for name in _FACTS if name in entries.columns]
        warning = f"dates, reasons and severities of {what} are not kept: every entry of it lasts"
        if lost and warning not in self.warnings:
            self.warnings.append(warning)


def _digests_in(texts: pl.Series, recipe: Recipe) -> pl.DataFrame:
    """Find hashes of the recipe's form: ``row`` and ``key`` (binary)."""
    found = [(row, digest) for row, text in enumerate(texts.to_list()) for digest in recipe.digests_in(text)]
    return pl.DataFrame(found, schema={"row": pl.UInt32, "key": pl.Binary}, orient="row").unique(maintain_order=True)


def _domains_in(texts: pl.Series) -> pl.DataFrame:
    """Find domains between blanks and marks: ``row`` and ``key``."""
    plain = pl.Series([plain_signs(text) for text in texts.to_list()], dtype=pl.String).str.to_lowercase()
    words = plain.str.replace_all(_PAGE, "$1").str.replace_all(_BETWEEN_DOMAINS, " ").str.split(" ")
    frame = pl.DataFrame({"text": words}).with_row_index("row").explode("text")
    frame = frame.with_columns(pl.col("text").str.strip_chars_end(".-_").str.strip_chars_start("-_")).filter(
        pl.col("text").str.contains(_DOMAIN)
    )
    frame = pl.concat([frame, frame.with_columns(pl.col("text").str.strip_prefix(_WWW))]).sort(
        "row", maintain_order=True
    )
    keys = _unicode_domains(frame.get_column("text")).alias("key")
    return frame.select("row").with_columns(keys).unique(maintain_order=True)


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

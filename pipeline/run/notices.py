"""What a person should know of a run besides its counts, as sentences."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.context import Context, Source
from pipeline.run.run_rules import law_warnings
from pipeline.run.tally import Tally
from pipeline.run.unmatched_hashed_list import silence
from schemas.files.apart.process import UNLIMITED
from schemas.files.table import FileTally
from schemas.support.figures import counted
from suppression.formats.blocks import NOT_LISTED
from suppression.lists import SuppressionList

#: Formats that are read in this process; the others in one of their own, within limits.
_READ_HERE = frozenset({"csv", "fixed width", "json"})
#: Runs, and lines of a list, that a sentence names, before it only counts them.
_NAMED = 5
#: Of fewer filled cells, that most cannot be read says nothing of the run.
_MANY = 10


class Notices:
    """Gathers sentences in the order in which a run prints them."""

    def __init__(self, context: Context, sentences: list[str]) -> None:
        self._context = context
        self.sentences = sentences

    def of_source(self, source: Source, sentences: Iterable[str]) -> None:
        """Of one table of the drop, which is named where there are several."""
        table = source.table
        sheet = f" [{table.sheet}]" if table.sheet else ""
        place = f"{table.name}{sheet}: " if len(self._context.sources) > 1 else ""
        self.sentences += [f"{place}{sentence}" for sentence in sentences]

    def of_files(self, files: list[FileTally]) -> None:
        """How each table was read, and what was left out of it."""
        for source, file in zip(self._context.sources, files, strict=True):
            self.of_source(source, source.table.notes)
            if UNLIMITED is not None and source.table.reader.describe().get("format") not in _READ_HERE:
                self.of_source(source, [UNLIMITED])
            self.of_source(source, source.mapping.doubts)
            if file.careful_blocks:
                self.of_source(source, ["badly quoted or ragged in places: those were read record by record"])
            if source.region is None and source.slots(self._context.phone_slots):
                self.of_source(source, ["no region is given: numbers without a country code are set aside for review"])

    def of_lists(self, tallies: list[Tally], matches: dict[str, int]) -> None:
        """Lists that say too little to be believed, and entries that were not usable."""
        for lst in self._context.lists:
            alarm = silence(lst, self._context, tallies, matches)
            self.sentences += [] if alarm is None else [f"list {lst.facts.name}: {alarm}"]
            if lst.facts.undated:
                self.sentences.append(
                    f"list {lst.facts.name}: nobody said how old this copy of a public register is, and the law packs "
                    "take it for stale; say FILE@DATE (in TOML as_of)"
                )
            counts = lst.facts.counts
            if counts.refused:
                why = ", ".join(f"{count:,} {reason}" for reason, count in counts.refused.items())
                refused = f"{sum(counts.refused.values()):,} of {counted(counts.read, 'entry')} not usable ({why})"
                self.sentences.append(f"list {lst.facts.name}: {refused}{_lines_of_lost(lst)}")

    def of_countries(self, tallies: list[Tally]) -> None:
        """Numbers set aside since their country cannot be read; a column's first rows may not have shown it."""
        for source, tally in zip(self._context.sources, tallies, strict=True):
            if count := tally.by_reason["phone.country_unread"]:
                rows = f"{counted(count, 'row')} {'is' if count == 1 else 'are'}"
                sentence = f"{rows} in review since the country of a number cannot be read (phone.country_unread)"
                self.of_source(source, [sentence])

    def of_unread(self, tallies: list[Tally]) -> None:
        """Contact columns of which most cells cannot be read: region or layout is oftener at fault than the vendor."""
        for source, tally in zip(self._context.sources, tallies, strict=True):
            for slot, column in source.mapping.fields.items():
                given, valid = tally.given[slot], tally.valid[slot]
                if given >= _MANY and 2 * valid < given:
                    lost = f"most cells of '{column}' cannot be read ({given - valid:,} of {given:,})"
                    self.of_source(source, [f"{lost}: check region and layout before rows go back to the vendor"])

    def of_law(self) -> None:
        """What of the law was not checked."""
        self.sentences += law_warnings(self._context.rules)


def _lines_of_lost(lst: SuppressionList) -> str:
    """Where in its files a list has entries that block nobody, so that somebody can correct them."""
    if lst.refused_table is None:
        return ""
    lost = lst.refused_table.read().filter(~pl.col("why").str.starts_with(NOT_LISTED)).select("member", "line")
    shown = [f"{member}:{line}" for member, line in lost.head(_NAMED).rows()]
    return f"; see {', '.join(shown)}{' …' if len(lost) > _NAMED else ''}" if shown else ""


def overtaken_notes(runs: list[str]) -> list[str]:
    """A sentence about runs of later drops that were made with another past than is known now."""
    if not runs:
        return []
    first, more = ", ".join(runs[:_NAMED]), f" and {len(runs) - _NAMED:,} more" if len(runs) > _NAMED else ""
    return [
        "runs of later drops are out of date, since an earlier drop was entered after them; repeat them in this "
        f"order: {first}{more}"
    ]

"""A file's own word that somebody must not be contacted: which columns hold it, and what their cells say.

Systems export it under names such as DoNotCall, HasOptedOutOfEmail, Accepts SMS Marketing or Werbesperre. A column is
known by its header's words (``refusals.toml``): a refusal or a permission, and the channels that it names. Whatever the
rule packs, what it refuses is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import tomli

from schemas.columns import CHANNELS
from schemas.contact.blank import EMPTY_WORDS
from schemas.headers import fold_header
from schemas.words import answered, fold_words, meaning

_REGISTER = Path(__file__).with_name("refusals.toml")
#: A column ``refuses``: a yes is a refusal. It ``allows``: a no is one. It ``agrees``: a no is one, an unknown word is
#: none. It ``marks``: only a word for a refusal is one, as among tags or in a column of states.
Kind = Literal["refuses", "allows", "agrees", "marks"]
#: What a cell says: a refusal, none, or a refusal because nobody knows the word.
Answer = Literal["refused", "open", "unknown"]
#: Beside the channels: that data be neither sold nor shared.
SALE = "sale"


class RefusalColumn(NamedTuple):
    """What a column says, and of which channels (`SALE` among them)."""

    kind: Kind
    channels: tuple[str, ...]


_OF = {"call": ("call",), "text": ("text",), "email": ("email",), "post": ("post",), "contact": CHANNELS,
       "share": (SALE,)}  # fmt: skip
#: Fields that a layout can map columns to; any number of columns to each.
REFUSAL_FIELDS: dict[str, RefusalColumn] = {
    **{f"no_{name}": RefusalColumn("refuses", channels) for name, channels in _OF.items()},
    **{f"may_{name}": RefusalColumn("allows", channels) for name, channels in _OF.items()},
    "marks": RefusalColumn("marks", CHANNELS),
}

#: Words written together, as column names of databases have them: ``donotbulkemail`` is "do not bulk email".
_TOGETHER = re.compile(
    r"\b(do ?not|dont|no|has ?opted ?out ?of|opt(?:ed)? ?out|accepts?|allows?)(bulk)?"
    r"(call|calls|phone|email|emails|sms|text|postal|mail|contact|fax|share|sell|sendmm|send|marketing)(mail|s)?\b"
)
_LETTERS = re.compile(r"\b(?:postal|direct|paper|bulk postal) ?mail\b")
_PHONE_AT_ALL = re.compile(r"\bphone numbers?\b")
_DNC = re.compile(r"\bdncl?\b")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ,].*)?|\d{8}|\d{10,13}")
_APART = re.compile(r":::|[,;|\n]")


class _Register(NamedTuple):
    """The phrases of ``refusals.toml``, as patterns on a folded header."""

    refuses: re.Pattern[str]
    allows: re.Pattern[str]
    agrees: re.Pattern[str]
    marks: re.Pattern[str]
    mark: re.Pattern[str]
    state: re.Pattern[str]
    stateful: re.Pattern[str]
    about: re.Pattern[str]
    channels: dict[str, re.Pattern[str]]


@cache
def _register() -> _Register:
    document: dict[str, Any] = tomli.loads(_REGISTER.read_text(encoding="utf-8"))
    channels = {name: _pattern(languages) for name, languages in document.pop("channel").items()}
    return _Register(channels=channels, **{name: _pattern(languages) for name, languages in document.items()})


def _pattern(languages: dict[str, list[str]]) -> re.Pattern[str]:
    phrases = (phrase for listed in languages.values() for phrase in listed)
    return re.compile(r"\b(?:" + "|".join(re.escape(phrase).replace(r"\*", r"\w*") for phrase in phrases) + r")\b")


def refusal_column(header: str) -> RefusalColumn | None:
    """What a column's header says of contact; None when it says nothing of it."""
    register, words = _register(), _parted(fold_header(header))
    if register.about.search(words):
        return None
    kind: Kind | None = None
    if register.refuses.search(words):
        kind = "refuses"
    elif register.marks.fullmatch(words) or _is_state(words):
        kind = "marks"
    elif register.agrees.fullmatch(words):
        kind = "agrees"
    elif register.allows.search(words):
        kind = "allows"
    channels = _channels(words)
    return RefusalColumn(kind, channels) if kind is not None and channels else None


def _is_state(words: str) -> bool:
    """Whether a header is that of a column of states about contact: ``Email Status``; not ``Order status``."""
    register, last = _register(), words.rpartition(" ")[2]
    alone = words in {"status", "disposition", "statut"}
    return register.state.fullmatch(last) is not None and (alone or register.stateful.search(words) is not None)


def _parted(words: str) -> str:
    return _TOGETHER.sub(lambda found: " ".join(part for part in _parts(found) if part), words)


def _parts(found: re.Match[str]) -> Iterable[str]:
    first = {"donot": "do not", "optout": "opt out", "optedout": "opted out"}.get(found[1].replace(" ", ""), found[1])
    return first, found[2] or "", found[3], found[4] or ""


def _channels(words: str) -> tuple[str, ...]:
    """Channels that a header names; all where it names none, and none where it is about faxes alone."""
    found = {name for name, pattern in _register().channels.items() if pattern.search(words)}
    if found == {"fax"}:
        return ()
    if SALE in found:
        return (SALE,)
    if _PHONE_AT_ALL.search(words) or (not found and _DNC.search(words)):
        found |= {"call", "text"}
    if _LETTERS.search(words):
        found -= {"email"}
    return tuple(channel for channel in CHANNELS if channel in found) or CHANNELS


def says(column: RefusalColumn, cell: str) -> tuple[Answer, tuple[str, ...]]:
    """What a cell of such a column says, and of which channels."""
    answer = _marked(column, cell) if column.kind == "marks" else _answer(column, cell)
    return ("open", ()) if answer == "open" else answer if isinstance(answer, tuple) else (answer, column.channels)


def _answer(column: RefusalColumn, cell: str) -> Answer:
    if cell.strip().casefold() in EMPTY_WORDS - {"0"}:
        return "open"
    by_yes = column.kind == "refuses"
    if (answer := answered(cell)) is not None:
        return "refused" if answer is by_yes else "open"
    known = meaning("refusal", cell)
    if known is not None:
        return "refused" if known == "closed" else "open"
    # The day on which somebody opted in, or out.
    if _DATE.fullmatch(cell.strip()):
        return "refused" if by_yes else "open"
    return "open" if column.kind == "agrees" else "unknown"


def _marked(column: RefusalColumn, cell: str) -> tuple[Answer, tuple[str, ...]]:
    """Words among others: only those for a refusal count, on the channels that they or the header name."""
    refused: set[str] = set()
    for label in _APART.split(cell):
        known, folded = meaning("refusal", label), _parted(fold_words(label))
        match = None if known in {"open", "unsaid"} else _register().refuses.search(folded)
        several = (known == "closed" and " " in folded) or (match is not None and " " in match[0])
        if several or _register().mark.fullmatch(folded):
            named = {name for name, pattern in _register().channels.items() if pattern.search(folded)}
            refused |= named & set(CHANNELS) or set(column.channels)
    found = tuple(channel for channel in CHANNELS if channel in refused)
    return ("refused", found) if found else ("open", ())

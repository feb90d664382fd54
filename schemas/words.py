"""Closed vocabularies: what the cells of evidence may say (``words.toml``), and what that means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import tomli

_REGISTER = Path(__file__).with_name("words.toml")
_MARKS = re.compile("[\u0300-\u036f]")

Audience = Literal["business", "consumer", "sole_trader"]
BasisClass = Literal["consent", "explicit", "interests", "contract", "soft", "none", "refused"]
MethodClass = Literal["act", "ticked", "signed", "passive", "none"]
#: How sure the wording of a rule is: the official text was read, a secondary source was, or neither.
Confidence = Literal["primary", "secondary", "general"]


@cache
def _groups() -> dict[str, dict[str, str]]:
    return read_words(_REGISTER.read_text(encoding="utf-8"))


def read_words(text: str) -> dict[str, dict[str, str]]:
    """Read a register: group -> folded word -> meaning. Raises `ValueError` for a word with two meanings in a group.

    That its words are folded, as ``fold_words`` does, is a test's to check.
    """
    document: dict[str, dict[str, dict[str, list[str]]]] = tomli.loads(text)
    found: dict[str, dict[str, str]] = {}
    for group, meanings in document.items():
        words = found.setdefault(group, {})
        for meaning, languages in meanings.items():
            for word in (word for listed in languages.values() for word in listed):
                if words.setdefault(word, meaning) != meaning:
                    raise ValueError(f"'{word}' is both {group}.{words[word]} and {group}.{meaning}")
    return found


def fold_words(text: str) -> str:
    """Reduce a cell to its words: no accents, lower case, one blank between; a cell of signs alone stays as it is.

    A question mark stays, since what somebody doubts is not what it would say without.
    """
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    apart = re.sub(r"['\u2019\u02bc](?=[a-z]\b)", "", plain)
    folded = " ".join(
        "".join(char if char.isalnum() else " ? " if char in "?\u00bf\uff1f" else " " for char in apart).split()
    )
    return folded or " ".join(text.split())


def meaning(group: str, cell: str) -> str | None:
    """What a cell means in a group of words; None when it is none of them."""
    return _groups()[group].get(fold_words(cell))


def words_of(group: str, one: str) -> frozenset[str]:
    """The folded words of one meaning."""
    return frozenset(word for word, found in _groups()[group].items() if found == one)


def answered(cell: str) -> bool | None:
    """Whether a cell says yes or no; None when it says neither."""
    found = meaning("answer", cell)
    return None if found is None else found == "yes"


def audience_of(cell: str) -> Audience | None:
    """Whom a cell of a column such as ``is business`` names; yes and no count. None when it says neither."""
    found = meaning("audience", cell)
    if found is None and (said := answered(cell)) is not None:
        found = "business" if said else "consumer"
    return found  # type: ignore[return-value]  # the group's meanings are the literals


def is_missing(text: str) -> bool:
    """Whether a text says nothing: blank, or a placeholder such as ``tbd``."""
    folded = fold_words(text)
    return not any(char.isalnum() for char in folded) or folded in words_of("missing", "words")


def merged(group: str, own: Mapping[str, Any]) -> Mapping[str, str]:
    """A group's words with a campaign's own laid over them, folded."""
    return _groups()[group] | {fold_words(word): str(found) for word, found in own.items()}

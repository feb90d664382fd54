"""Words before or behind a number that say only which of somebody's phones it is (``labels.toml``, by language).

Any other word is a remark about the number (``do not call``, ``deceased``, ``fax``), and a remark is never passed over.
"""

from __future__ import annotations

import re
from pathlib import Path

import tomli

LABELS = frozenset(
    label
    for labels in tomli.loads(Path(__file__).with_name("labels.toml").read_text(encoding="utf-8")).values()
    for label in labels
)
_WORD = re.compile(r"[^\W\d_]+")
_AHEAD = re.compile(r"[^+\uff0b\d]*")
_BEHIND = re.compile(r"\d([^\d]*)$")

ASCII_LABELS = [label for label in LABELS if label.isascii()]


def words_ahead(text: str) -> list[str]:
    """Return the words before the first digit or plus, in lower case."""
    match = _AHEAD.match(text)
    return _words(match[0]) if match else []


def has_remark_ahead(text: str) -> bool:
    """Whether a word before the number says more than which phone it is."""
    return any(word not in LABELS for word in words_ahead(text))


def without_labels(text: str) -> tuple[str, bool]:
    """Take labels off both ends; returns also whether there was one behind the number."""
    if not has_remark_ahead(text) and words_ahead(text):
        ahead = _AHEAD.match(text)
        text = text[ahead.end() if ahead else 0 :]
    behind = _BEHIND.search(text)
    if behind is not None and (words := _words(behind[1])) and all(word in LABELS for word in words):
        return text[: behind.start(1)], True
    return text, False


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]

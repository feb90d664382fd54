"""Which code page a text of Latin, Cyrillic or Greek words is in: the one whose letters make words of one language.

A general detector needs more text than the few accents of a lead list. What is judged here are its words with bytes
beyond ASCII: read in a wrong code page they hold signs amid letters, capitals amid small letters, letters of two
scripts, or letters that no one language has together.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final, NamedTuple

#: Letters beyond ASCII of the languages that a code page is used for.
_WESTERN: Final = {
    "French": "àâæçèéêëîïôœùûüÿ",
    "German": "äöüß",
    "Spanish": "áéíñóúüï",
    "Portuguese": "áâãàçéêíóôõúü",
    "Italian": "àèéìíîòóùú",
    "Catalan": "àçèéíïòóúü",
    "Nordic": "åäöæøéü",
    "Dutch": "ëïéèöüáó",
    "Icelandic": "áéíóúýðþæö",
}
_CENTRAL: Final = {
    "Polish": "ąćęłńóśźż",
    "Czech": "áčďéěíňóřšťúůýž",
    "Slovak": "áäčďéíĺľňóôŕšťúýž",
    "Hungarian": "áéíóöőúüű",
    "Romanian": "âăîşţșț",
    "Croatian and Slovene": "čćđšž",
    "German": "äöüß",
}
_TURKISH: Final = {"Turkish": "çğıöşüâîû", "German": "äöüß"}
_BALTIC: Final = {
    "Lithuanian": "ąčęėįšųūž",
    "Latvian": "āčēģīķļņšūž",
    "Estonian": "äõöüšž",
    "Polish": "ąćęłńóśźż",
}
_CYRILLIC: Final = {
    "Russian": "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
    "Ukrainian": "абвгдежзийклмнопрстуфхцчшщьюяєіїґ",
    "Serbian": "абвгдежзиклмнопрстуфхцчшђјљњћџ",
}
_GREEK: Final = {"Greek": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ"}
#: In order: of two that fit alike, and read alike, the first.
_PAGES: Final = {
    "cp1252": _WESTERN,
    "cp1250": _CENTRAL,
    "cp1254": _TURKISH,
    "cp1257": _BALTIC,
    "cp850": _WESTERN,
    "cp437": _WESTERN,
    "cp852": _CENTRAL,
    "cp857": _TURKISH,
    "mac_roman": _WESTERN,
    "iso8859_2": _CENTRAL,
    "cp1251": _CYRILLIC,
    "cp866": _CYRILLIC,
    "koi8_r": _CYRILLIC,
    "cp1253": _GREEK,
}
_WORD: Final = re.compile(rb"[A-Za-z\x80-\xff]+")
#: Words that are judged, the most frequent ones.
_WORDS: Final = 2000
#: Signs that are written in or beside words (quotes, dashes, ordinals), and signs that only come without one (money).
_BESIDE: Final = frozenset(
    "\u2019\u2018\u201c\u201d\u201e\u00ab\u00bb\u2026\u2013\u2014"
    "-\u00b7\u2022\u00ba\u00aa\u00b4\u00ae\u2122\u00a9\u00b0\u00a0\u00ad"
)
#: An ordinal that is no ordinal: in windows-1250 it is a letter.
_LETTER_BEHIND: Final = re.compile(r"[ºª][^\W\d_]")
_ALONE: Final = frozenset(
    "\u20ac\u00a3\u00a7\u00b1\u00b2\u00b3\u00b5\u00bd\u00bc\u00be\u00d7\u00f7\u00bf\u00a1\u00a2\u00a5"
)
#: A code page fits when this share of its signs does; one that fits nearly as well leaves a doubt.
_FITS: Final = 0.7
_NEARLY: Final = 0.05
_SURE: Final = 0.95
#: Scripts of the languages above, as the names of their letters begin.
_JUDGED: Final = frozenset({"LATIN", "CYRILLIC", "GREEK"})
#: How much more often a file is in windows-1252 than in another.
_PRIOR: Final = 0.03


class CodePage(NamedTuple):
    """A code page, and another that fits the text nearly as well and reads it otherwise."""

    codec: str
    doubt: str | None = None


def judge_code_page(sample: bytes) -> CodePage | None:
    """Choose a code page by lines with bytes beyond ASCII, most of whose letters are ASCII; None when none fits."""
    scores, read = _scores(sample)
    if not scores:
        return None
    best = max(scores, key=lambda codec: scores[codec] + _PRIOR * (codec == "cp1252"))
    if scores[best] < _FITS:
        return None
    has_letters = any(_is_letter(char) and not char.isascii() for char in read[best])
    if not has_letters and _LETTER_BEHIND.search(read[best]) is None:
        return CodePage(best)  # only signs, and names read alike
    others = [codec for codec in scores if read[codec] != read[best] and scores[codec] >= scores[best] - _NEARLY]
    return CodePage(best, max(others, key=scores.__getitem__, default=None))


def second_opinion(sample: bytes, codec: str) -> CodePage:
    """Judge what a general detector says of a text, most of whose letters are not ASCII.

    Of a short text it takes the bytes of one alphabet for signs of thousands, or of another code page.
    """
    scores, read = _scores(sample)
    best = max(scores, key=scores.__getitem__, default=codec)
    text = sample.decode(codec, "replace")
    if best == codec or read[best] == text:
        return CodePage(codec)
    scripts = Counter(_script(char) for char in text if char.isalpha() and not char.isascii())
    if _has_thousands(codec):
        surer = scores[best] > _SURE
    elif scripts and scripts.most_common(1)[0][0] in _JUDGED:
        words = [(word.decode(codec, "replace"), count) for word, count in _frequent(sample)]
        surer = scores[best] > max(_score(words, languages) for languages in _PAGES.values())
    else:
        surer = False
    if surer:
        return CodePage(best, codec)
    return CodePage(codec, best if scores[best] > _SURE else None)


def _has_thousands(codec: str) -> bool:
    """Whether it is an encoding of Chinese, Japanese or Korean."""
    try:
        return len("\u4e00".encode(codec)) > 1
    except UnicodeEncodeError:
        return False


def _frequent(sample: bytes) -> list[tuple[bytes, int]]:
    """Words with bytes beyond ASCII, the most frequent ones, and how often each is there."""
    return Counter(word for word in _WORD.findall(sample) if not word.isascii()).most_common(_WORDS)


def _scores(sample: bytes) -> tuple[dict[str, float], dict[str, str]]:
    """How well each code page that can be it fits a text, and what the text is in it."""
    words = _frequent(sample)
    scores: dict[str, float] = {}
    read: dict[str, str] = {}
    for codec, languages in _PAGES.items():
        try:
            read[codec] = sample.decode(codec)
            scores[codec] = _score([(word.decode(codec), count) for word, count in words], languages)
        except UnicodeDecodeError:
            continue
    return scores, read


def _score(words: list[tuple[str, int]], languages: dict[str, str]) -> float:
    """Share of the signs beyond ASCII that fit, half by the language that fits best, half by all of them."""
    union = frozenset("".join(languages.values()))
    alphabets = [frozenset(letters) for letters in languages.values()]
    whole = fit = 0
    single = [0] * len(alphabets)
    for word, count in words:
        for at, char in enumerate(word):
            if char.isascii():
                continue
            whole += count
            letter = "\u0131" if char == "\u0130" else char.lower()  # Turkish has both of i with a dot and without
            if not _is_letter(char):
                if _is_sign(word, at):
                    fit += count
                    single = [each + count for each in single]
            elif letter in union and _is_at_home(word, at):
                fit += count
                single = [each + count * (letter in letters) for each, letters in zip(single, alphabets, strict=True)]
    return (fit + max(single)) / (2 * whole) if whole else 1.0


def _is_letter(char: str) -> bool:
    """Whether it is part of a word; ordinals (``nº``) are signs."""
    return char.isalpha() and char not in "ºª"


def _is_sign(word: str, at: int) -> bool:
    """Whether a sign may be where it is."""
    if word[at] in _BESIDE:
        return True
    beside = word[max(at - 1, 0) : at] + word[at + 1 : at + 2]
    return word[at] in _ALONE and not any(map(str.isalpha, beside))


def _is_at_home(word: str, at: int) -> bool:
    """Whether a letter is no capital behind a small letter, and of the script of the letters beside it."""
    before = word[at - 1] if at else ""
    if word[at].isupper() and before.islower():
        return False
    beside = [char for char in before + word[at + 1 : at + 2] if char.isalpha()]
    return all(_script(char) == _script(word[at]) for char in beside)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]

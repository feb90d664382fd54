"""Which canonical field a source column holds, judged by its header alone.

The register of spellings is ``aliases.toml``. What it does not list is judged by its words, and only for
phones, emails and faxes: a contact point that is missed goes unchecked, so a header that may be one is never
passed over in silence. It is a doubt, which a person settles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import tomli

#: Fields that a file may have several of, and whose columns are therefore numbered. In order of preference.
NUMBERED_FIELDS = ("phone", "email", "fax")

_REGISTER = Path(__file__).with_name("aliases.toml")
_ACCENTS = re.compile("[\u0300-\u036f]")
# "firstName" and "email2Address" part before the capital, "ZIPCode" before its last capital; "B2B" stays.
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[a-z]\d)(?=[A-Z])|(?<=[A-Z\d])(?=[A-Z][a-z])")
_NUMBERED = re.compile(r"([^\W\d]+)\d{1,2}")
# The first row of a file without header is data, and "contact@mobile.example" is no column of mobiles.
_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
#: A phone's calling code, whichever phone's it is: "Primary Phone Calling Code", "phone_country_code". A
#: "mobile country code" alone is a network's.
_CALLING_CODE = re.compile(
    r"\b(?:country )?(?:calling|dial|dialing|dialling|isd|idd)(?: country)? (?:code|prefix)\b"
    r"|\b(?:phone|telephone|tel|landline|fax)(?: number)?(?: \d{1,2})? country (?:code|prefix)\b"
)
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)*\.[A-Za-z]{2,3}")
#: A person has several addresses, and exports have a set of columns for each.
_ADDRESS_SETS = {
    "home": frozenset(
        {"home", "residence", "residential", "res", "resident", "permanent", "domicile", "privat", "casa"}
    ),
    "business": frozenset({"business", "work", "office", "company", "bureau", "oficina", "firma"}),
    "mailing": frozenset({"mailing", "mail", "postal", "correspondence"}),
    "billing": frozenset({"billing"}),
    "shipping": frozenset({"shipping", "delivery"}),
    "property": frozenset({"property", "situs", "site", "physical", "premises"}),
    "owner": frozenset({"owner"}),
    "other": frozenset({"other", "secondary", "previous", "former", "temporary", "alternate", "alternative"}),
}
_POSTAL_CODE = re.compile(r"\bpost(?:al)?(?: ?codes?)?\b(?! (?:address|street|city|town|state|county|country|line))")
#: Doubtful phrases that mean an address to some, and its number in a database to others.
_IDS = ("email id", "email ids", "mail id", "mail address")
#: What forms add to the name of a field.
_ADDED = re.compile(r"\b(?:with|incl|including|include|inc|and|plus)(?: the)? (?:area|country|dial|dialing|std) code\b")
#: Words for phones by which one reaches a person, and for those that ring elsewhere.
_PERSONAL = frozenset(
    {"mobile", "cell", "cellular", "cellphone", "handy", "mobil", "movil", "celular", "portable", "primary"}
)
_ELSEWHERE = frozenset(
    {"car", "company", "assistant", "callback", "radio", "isdn", "pager", "telex", "tty", "tdd", "other", "switchboard"}
)
# Two words to the eye, one word in meaning.
_SPLIT_WORDS = {("e", "mail"): "email", ("e", "mails"): "emails", ("whats", "app"): "whatsapp"}


class HeaderMatch(NamedTuple):
    """The field that a header names.

    ``why`` never repeats the header, since a file without one has a person's data in its place. ``by_values``: what is
    not sure, the column's values settle, since nothing in the name says that it is somebody else's.
    """

    field: str
    sure: bool
    why: str
    by_values: bool = False


class Register(NamedTuple):
    """Every spelling with its field, and the words by which an unlisted header is judged."""

    fields: Mapping[str, str]
    words: Mapping[str, str]
    hints: Mapping[str, str]
    disqualifying: frozenset[str]
    doubtful: tuple[str, ...]
    vocabulary: frozenset[str]


def fold_header(name: str) -> str:
    """Reduce a header to its words, without accents and in lower case: ``ZIPCode`` becomes ``zip code``."""
    parted = _CAMEL.sub(" ", _plain(name))
    # Lower case can bring back what a first pass took out, so that one pass more makes folding final.
    lowered = _plain(parted.casefold())
    kept = (char if char.isalnum() or unicodedata.category(char)[0] == "M" else " " for char in lowered)
    return " ".join("".join(kept).split())


def match_header(name: str) -> HeaderMatch | None:
    """Name the field of a header. None when it names none, or something about one, as ``phone type`` does."""
    if _ADDRESS.search(name):
        return None
    register = _register()
    folded = _ADDED.sub("", fold_header(name)).strip()
    if (listed := register.fields.get(folded)) is not None:
        return HeaderMatch(listed, True, "a known spelling")
    words = [word for token in _joined(folded.split()) if (word := _unnumbered(token, register.vocabulary))]
    text = " ".join(words)
    doubt = next((phrase for phrase in register.doubtful if f" {phrase} " in f" {text} "), None)
    numbered = register.fields.get(text)
    if _CALLING_CODE.search(folded):
        return HeaderMatch("phone_code", True, "names the calling code of a phone")
    if numbered in NUMBERED_FIELDS and doubt is None:
        return HeaderMatch(numbered, True, "a known spelling with a number")
    return _by_words(register, words, doubt, is_domain=_DOMAIN.fullmatch(name.strip()) is not None)


def phone_of_code(name: str) -> frozenset[str]:
    """Return the words by which the header of a calling code names its phone: ``primary phone`` and the like."""
    folded = fold_header(name)
    match = _CALLING_CODE.search(folded)
    if match is None:
        return frozenset()
    code = re.sub(r"\b(?:country|calling|dial|dialing|dialling|isd|idd|code|prefix)\b", " ", match[0])
    return phone_words(folded[: match.start()] + code + folded[match.end() :])


def phone_words(name: str) -> frozenset[str]:
    """Return the words of a phone's header by which it differs from others."""
    return frozenset(fold_header(name).split()) - {"number", "numbers", "no", "num", "nr"}


def phone_rank(name: str) -> int:
    """Rank a phone's header by how likely the number reaches the person: lower is better."""
    words = frozenset(fold_header(name).split())
    if words & _ELSEWHERE:
        return 3
    return 0 if words & _PERSONAL else 2 if any(map(str.isdecimal, words)) else 1


def address_set(name: str) -> str:
    """Say whose or which address a column belongs to: ``mailing`` for ``Mailing City``; empty when it does not say."""
    words = _POSTAL_CODE.sub("zip", fold_header(name)).split()
    return next((kind for word in words for kind, spelled in _ADDRESS_SETS.items() if word in spelled), "")


def _by_words(register: Register, words: list[str], doubt: str | None, *, is_domain: bool) -> HeaderMatch | None:
    """Judge a header that no spelling fits."""
    named = {register.words[word] for word in words if word in register.words}
    hinted = {register.hints[word] for word in words if word in register.hints}
    fields = [field for field in NUMBERED_FIELDS if field in named | hinted]
    # "email id" is a doubt, "email id status" is not: the phrase's own words do not count against it.
    counted = set(words) - set((doubt or "").split())
    if not fields or counted & register.disqualifying:
        return None
    sure, why = False, f"says {fields[0]}, and something else that is not known"
    if is_domain:
        why = "looks like a domain, not like a header"
    elif doubt is not None:
        why = f"'{doubt}' can mean something else than the lead's own {fields[0]}"
    elif len(fields) > 1:
        why = f"names {' and '.join(fields)} at once"
    elif not named:
        why = f"has a word that often, but not surely, means {fields[0]}"
    elif counted <= register.vocabulary:
        sure, why = True, f"says {fields[0]}, and otherwise only whose or where it is"
    by_values = not is_domain and len(fields) == 1 and (not named if doubt is None else doubt in _IDS)
    return HeaderMatch(fields[0], sure, why, by_values)


def read_register(text: str) -> Register:
    """Read a register. A spelling or word that is under two headings raises ``ValueError``."""
    document = tomli.loads(text)
    words: dict[str, Any] = document.pop("words", {})
    kinds = _inverted({kind: languages for kind, languages in words.items() if kind != "doubtful"})
    doubtful = {"doubtful": words.get("doubtful", {})}
    return Register(
        fields=_inverted(document),
        words={word: kind for word, kind in kinds.items() if kind in NUMBERED_FIELDS},
        hints={word: kind.removesuffix("_hint") for word, kind in kinds.items() if kind.endswith("_hint")},
        disqualifying=frozenset(word for word, kind in kinds.items() if kind == "disqualifying"),
        doubtful=tuple(phrase for _, phrase in _entries(doubtful)),
        vocabulary=frozenset(kinds),
    )


def _inverted(tables: Mapping[str, Mapping[str, list[str]]]) -> dict[str, str]:
    """Turn heading -> entries into entry -> heading. Two headings are a fault: one would win in silence."""
    found: dict[str, str] = {}
    for heading, entry in _entries(tables):
        if found.setdefault(entry, heading) != heading:
            raise ValueError(f"'{entry}' is under both '{found[entry]}' and '{heading}'")
    return found


def _entries(tables: Mapping[str, Mapping[str, list[str]]]) -> Iterator[tuple[str, str]]:
    """Every (heading, entry), of whatever language."""
    for heading, languages in tables.items():
        for entries in languages.values():
            for entry in entries:
                yield heading, entry


@cache
def _register() -> Register:
    return read_register(_REGISTER.read_text(encoding="utf-8"))


def _plain(text: str) -> str:
    """Take accents off. The marks of other scripts stay, since they are part of the word."""
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text))


def _joined(tokens: list[str]) -> list[str]:
    """Put words together that spelling takes apart."""
    joined: list[str] = []
    for token in tokens:
        if joined and (whole := _SPLIT_WORDS.get((joined[-1], token))):
            joined[-1] = whole
        else:
            joined.append(token)
    return joined


def _unnumbered(token: str, vocabulary: frozenset[str]) -> str:
    """Take a column's number off: ``phone2`` is ``phone``, ``2`` is nothing. A year is no such number.

    Words of the register stay as they are: ``md5`` is not a second ``md``.
    """
    if token in vocabulary:
        return token
    if token.isdecimal() and len(token) <= 2:
        return ""
    numbered = _NUMBERED.fullmatch(token)
    return numbered[1] if numbered else token

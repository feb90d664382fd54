"""Which countries (ISO 3166-1 alpha-2) the words of a country column name.

Codes and names come from CLDR (package ``babel``): alpha-2, alpha-3 and numeric codes, and names in the languages of
`_LANGUAGES`. No name in them means two countries (a test checks that); what people write besides is `_MORE_NAMES`.
A cell may name a country twice (``Belgique/België``, ``Germany (DE)``) or by its calling code (``+33``, ``0033``), and
several countries. A word that names none is never passed over: the cell is then `unread`.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

#: What `read_countries` returns. ``region``: the only country named; null where the cell is blank, unread or names
#: several. ``regions``: every country named, sorted; empty where none is, null where the cell is blank. ``unread``: the
#: cell has a word that names no country.
COUNTRY_SCHEMA: dict[str, pl.DataType] = {
    "region": pl.String(),
    "regions": pl.List(pl.String()),
    "unread": pl.Boolean(),
}

#: CLDR's languages whose names are known. The second group is loaded only for what the first leaves unread.
_LANGUAGES = (
    ("en", "de", "fr", "es", "it", "pt", "nl"),
    (
        "pl", "ru", "uk", "cs", "sk", "hu", "ro", "bg", "hr", "sr", "sl", "el", "tr", "ar", "he", "fa", "hi", "bn",
        "ur", "ta", "te", "mr", "gu", "kn", "ml", "pa", "th", "vi", "id", "ms", "zh", "zh_Hant", "ja", "ko", "sv", "da",
        "nb", "fi", "et", "lv", "lt", "is", "ga", "cy", "ca", "eu", "gl", "sw", "af", "sq", "mk", "hy", "ka", "az",
        "kk", "uz", "fil", "bs", "be", "mt", "lb", "fo", "fy", "rm",
    ),
)  # fmt: skip
#: Areas of CLDR that are no country.
_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
#: What people write and CLDR does not, folded. Several regions where a name alone may mean each.
_MORE_NAMES: Mapping[str, str] = {
    "uk": "GB",
    "el": "GR",
    "usa": "US",
    "us of a": "US",
    "united states of america": "US",
    "america": "US",
    "eeuu": "US",
    "ee uu": "US",
    "etats unis damerique": "US",
    "vereinigte staaten von amerika": "US",
    "estados unidos de america": "US",
    "stati uniti damerica": "US",
    "great britain": "GB",
    "britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "united kingdom of great britain and northern ireland": "GB",
    "grossbritannien": "GB",
    "grande bretagne": "GB",
    "gran bretana": "GB",
    "gran bretagna": "GB",
    "inglaterra": "GB",
    "angleterre": "GB",
    "inghilterra": "GB",
    "republic of ireland": "IE",
    "eire": "IE",
    "holland": "NL",
    "hollande": "NL",
    "holanda": "NL",
    "olanda": "NL",
    "brd": "DE",
    "uae": "AE",
    "vae": "AE",
    "ksa": "SA",
    "rsa": "ZA",
    "prc": "CN",
    "peoples republic of china": "CN",
    "mainland china": "CN",
    "republic of china": "TW",
    "taiwan province of china": "TW",
    "chinese taipei": "TW",
    "hong kong": "HK",
    "macao": "MO",
    "macau": "MO",
    "korea": "KR KP",
    "republic of korea": "KR",
    "korea south": "KR",
    "korea rep": "KR",
    "democratic peoples republic of korea": "KP",
    "korea north": "KP",
    "dprk": "KP",
    "rok": "KR",
    "congo": "CG CD",
    "kongo": "CG CD",
    "republic of congo": "CG",
    "congo republic": "CG",
    "democratic republic of congo": "CD",
    "dr congo": "CD",
    "drc": "CD",
    "virgin islands": "VG VI",
    "virgin islands us": "VI",
    "virgin islands british": "VG",
    "saint martin": "MF SX",
    "turkey": "TR",
    "turkei": "TR",
    "republic of turkiye": "TR",
    "czech rep": "CZ",
    "czech republic": "CZ",
    "tschechische republik": "CZ",
    "ivory coast": "CI",
    "cote divoire": "CI",
    "cape verde": "CV",
    "cabo verde": "CV",
    "east timor": "TL",
    "swaziland": "SZ",
    "burma": "MM",
    "macedonia": "MK",
    "fyr macedonia": "MK",
    "former yugoslav republic of macedonia": "MK",
    "russian federation": "RU",
    "viet nam": "VN",
    "lao peoples democratic republic": "LA",
    "lao pdr": "LA",
    "syrian arab republic": "SY",
    "brunei darussalam": "BN",
    "holy see": "VA",
    "vatican": "VA",
    "palestine": "PS",
    "french republic": "FR",
    "hellenic republic": "GR",
    "argentine republic": "AR",
    "italian republic": "IT",
    "portuguese republic": "PT",
    "slovak republic": "SK",
    "swiss confederation": "CH",
    "byelorussia": "BY",
    "weissrussland": "BY",
    "bosnia": "BA",
    "trinidad": "TT",
    "netherlands antilles": "CW SX BQ",
    "south georgia": "GS",
    "saint martin french part": "MF",
    "sint maarten dutch part": "SX",
    "bonaire sint eustatius and saba": "BQ",
    "holy see vatican city state": "VA",
    "hong kong special administrative region of china": "HK",
    "macao special administrative region of china": "MO",
    "united states minor outlying islands": "UM",
    "virgin islands of united states": "VI",
    "united mexican states": "MX",
    "hashemite kingdom of jordan": "JO",
    "eastern republic of uruguay": "UY",
    "gabonese republic": "GA",
    "kyrgyz republic": "KG",
    "lebanese republic": "LB",
    "rwandese republic": "RW",
    "togolese republic": "TG",
    "bundesrepublik deutschland": "DE",
    "republik osterreich": "AT",
    "schweizerische eidgenossenschaft": "CH",
    "republique francaise": "FR",
    "repubblica italiana": "IT",
    "reino de espana": "ES",
    "republica argentina": "AR",
    "россииская федерация": "RU",
    "рф": "RU",
    "сша": "US",
    "ประเทศไทย": "TH",
}
#: What comes before a country's name and is part of its full name only, folded: ``kingdom of Spain``.
_FORM_OF_STATE = re.compile(
    r"^(?:(?:united|federal|federative|federated|islamic|arab|democratic|peoples|socialist|bolivarian|plurinational"
    r"|cooperative|independent|grand) )*"
    r"(?:republic|kingdom|states?|commonwealth|principality|duchy|union|sultanate|federation) of\b ?"
)
#: The same behind a comma or in brackets (``Iran (Islamic Republic of)``), and other words that name no country.
_IN_PASSING = re.compile(rf"{_FORM_OF_STATE.pattern}|malvinas|keeling|country|land|pays|")
#: What parts two names, the strongest first. Inside a name there may be a hyphen, a comma, and an "and".
_BETWEEN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\s*[/;|\n\r\t\\]+\s*",
        r"\s+[-\u2013\u2014]+\s+|\s*[:=_>]+\s*",
        r"\s*[()\[\]{}<\uff08\uff09]+\s*",
        r"\s*[,+\uff0c\u3001]\s*(?!\d)",
        r"\s+(?:and|or|und|oder|et|ou|y|o|e|i|en|og|och|ja|ve|и)\s+|\s*&\s*",
        r"\s*[-\u2013\u2014]\s*",
    )
)
_IN_BRACKETS = re.compile(r"\s*[(\[{\uff08]([^()\[\]{}\uff08\uff09]*)[)\]}\uff09]")
_CALLING_CODE = re.compile(r"[(\[]?\s*(?:\+|00)\s*([1-9]\d{0,2})\s*[)\]]?")
_DIGITS = re.compile(r"0*([1-9]\d{0,2})(?:\.0+)?")
#: Words of a folded text; digits are codes.
_WORDS = re.compile(r"[^\W\d_]+")
_MARKS = re.compile(r"[^\w\s.'\u2019]+")
#: ISO 3166-2: a country's part, as in US-TX.
_SUBDIVISION = re.compile(r"([A-Z]{2})-(?:[A-Z]{1,3}|[A-Z]?\d{1,3})")
#: What folding takes out (accents, points, quotes, brackets) and puts in place of other marks.
_FOLDED = str.maketrans(
    {
        **dict.fromkeys(map(chr, range(0x300, 0x370)), ""),
        **dict.fromkeys(".,'\u2019\u2018\u02bc\u02bb`\u00b4\"\u201c\u201d*()[]", ""),
        **dict.fromkeys("-\u2011\u2013_", " "),
        "&": " and ",
    }
)
_SAINT = frozenset({"st", "ste", "sankt"})
#: How German is written where a keyboard has no umlauts.
_WITHOUT_UMLAUTS = str.maketrans({"Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ä": "ae", "ö": "oe", "ü": "ue"})
#: A code that has come to mean more regions than that is no longer one.
_MOST_HEIRS = 3
#: A longer cell names no country; it is text.
_LONGEST = 120
_MOST_WORDS = 8


class Countries(NamedTuple):
    """The countries that a cell names, sorted, and whether a word in it names none."""

    regions: tuple[str, ...]
    unread: bool

    @property
    def region(self) -> str | None:
        """The one country that the cell names; None where it names none or several, or was not read as a whole."""
        return self.regions[0] if len(self.regions) == 1 and not self.unread else None


#: Some countries, of which one is meant.
_Meant = frozenset[str]


@functools.cache
def known_countries() -> frozenset[str]:
    """Return every country and territory that CLDR names (ISO 3166-1 alpha-2, and its reserved codes)."""
    return frozenset(_names("en").values())


@functools.lru_cache(maxsize=10_000)
def read_country(cell: str) -> Countries:
    """Read the non-empty text of a country column."""
    found = _found(cell.strip()) if len(cell) <= _LONGEST else [None]
    meant = [regions for regions in found if regions is not None]
    # "Germany (+49)" and "Kongo, CD": what is named exactly decides among what is named loosely.
    exact = {region for regions in meant if len(regions) == 1 for region in regions}
    loose = [regions for regions in meant if len(regions) > 1 and not regions & exact]
    return Countries(tuple(sorted(exact.union(*loose))), len(meant) < len(found))


def read_countries(cells: pl.Series) -> pl.DataFrame:
    """Read a column of trimmed cells (null where blank): `COUNTRY_SCHEMA`, a row per cell in the same order."""
    words = cells.unique(maintain_order=True).drop_nulls()
    read = [read_country(word) for word in words]
    table = pl.DataFrame(
        {
            "region": [each.region for each in read] + [None],
            "regions": [list(each.regions) for each in read] + [None],
            "unread": [each.unread for each in read] + [False],
        },
        schema=COUNTRY_SCHEMA,
    )
    at = cells.replace_strict(words, pl.Series(range(len(words)), dtype=pl.UInt32), default=len(words))
    return table[at.fill_null(len(words))]


def _found(text: str) -> list[_Meant | None]:
    if match := _SUBDIVISION.fullmatch(text):
        return [_of_code(match[1])]
    words = frozenset(_WORDS.findall(fold_country(text)))
    if words <= _vocabulary(_LANGUAGES[:1]):
        found = _Reader(_LANGUAGES[:1]).read(text)
        if None not in found or not words:
            return found
    if words <= _vocabulary(_LANGUAGES):
        return _Reader(_LANGUAGES).read(text)
    # Other words are in it, as in most text that is no country: only its parts as they are may name some.
    parts = (_Reader(_LANGUAGES).one(part) for part in _MARKS.split(text) if part.strip())
    return [None, *(meant for meant in parts if meant is not None)]


@functools.cache
def _vocabulary(groups: tuple[tuple[str, ...], ...]) -> frozenset[str]:
    """Return every word of a name in these groups of languages, of a code, and of what is between and before names."""
    names = [*_MORE_NAMES, *(name for languages in groups for name in _names_in(languages))]
    patterns = [_FORM_OF_STATE.pattern, _IN_PASSING.pattern, *(between.pattern for between in _BETWEEN)]
    codes = [code.lower() for code in (*known_countries(), *_aliases())]
    return frozenset(word for text in (*names, *patterns, *codes) for word in _WORDS.findall(text))


class _Reader(NamedTuple):
    """Reads texts in these groups of languages."""

    groups: tuple[tuple[str, ...], ...]

    def read(self, text: str) -> list[_Meant | None]:
        """Read a text as one name, else as several; None for each part that names no country."""
        if (found := self.one(text)) is not None:
            return [found]
        if (shorter := _IN_BRACKETS.sub(_without_passing, text)) != text:
            return self.read(shorter.strip())
        for between in _BETWEEN:
            parts = [part.strip() for part in between.split(text) if part.strip(" .'\"*-")]
            if len(parts) > 1:
                return self._several(parts)
            if parts and parts[0] != text:
                return self.read(parts[0])
        return [self._named_twice(text)]

    def _several(self, parts: list[str]) -> list[_Meant | None]:
        if len(parts) == 2:
            if (found := self.one(f"{parts[1]} {parts[0]}")) is not None:
                return [found]
            if _IN_PASSING.fullmatch(fold_country(parts[1])):
                return self.read(parts[0])
        return [found for part in parts for found in self.read(part)]

    def one(self, text: str) -> _Meant | None:
        """Read a code or a name that is the whole of a text."""
        if text.isascii() and (found := _of_any_code(text)) is not None:
            return found
        folded = fold_country(text)
        return self._named(folded) or self._named(_FORM_OF_STATE.sub("", folded, count=1))

    def _named(self, folded: str) -> _Meant | None:
        if folded in _MORE_NAMES:
            return frozenset(_MORE_NAMES[folded].split())
        return next((frozenset({names[folded]}) for names in map(_names_in, self.groups) if folded in names), None)

    def _named_twice(self, text: str) -> _Meant | None:
        """Read two names of one country with nothing but a blank between: ``DE Germany``, ``Suisse Schweiz``."""
        words = text.split()
        for at in range(1, len(words) if len(words) <= _MOST_WORDS else 0):
            first, second = self.one(" ".join(words[:at])), self.one(" ".join(words[at:]))
            if first is not None and second is not None and (both := first & second):
                return both
        return None


def _without_passing(bracketed: re.Match[str]) -> str:
    return "" if _IN_PASSING.fullmatch(fold_country(bracketed[1])) else bracketed[0]


def _of_any_code(text: str) -> _Meant | None:
    if match := _CALLING_CODE.fullmatch(text):
        found = _of_calling_code(match[1])
        if found or "+" in text:
            return found
    if match := _DIGITS.fullmatch(text):
        return _of_digits(match[1])
    return _of_code(text.strip(" .\"'*").upper().replace(".", ""))


def _of_code(code: str) -> _Meant | None:
    """Countries of an alpha-2 or alpha-3 code. The old alpha-2 codes are left out: most are states of the US too."""
    if len(code) == 2:
        return frozenset({code}) if code in known_countries() else None
    return _aliases().get(code) if len(code) == 3 and code.isalpha() else None


def _of_calling_code(code: str) -> _Meant | None:
    # 001 is what the library calls numbers of no country.
    return frozenset(COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())) - {"001"} or None


def countries_of_number(code: str) -> frozenset[str]:
    """Countries of a numeric code of ISO 3166-1, with or without its leading zeros."""
    return _aliases().get(code.zfill(3), frozenset())


def _of_digits(digits: str) -> _Meant | None:
    """Countries of digits without a plus: those of the calling code, and of the numeric code of ISO 3166-1."""
    return (_of_calling_code(digits) or frozenset()) | countries_of_number(digits) or None


@functools.cache
def _aliases() -> dict[str, _Meant]:
    """Alpha-3 and numeric codes, and the few regions that each means now (not the many of the Soviet Union's)."""
    from babel.core import get_global  # noqa: PLC0415  # a file without country words does without

    aliases: Mapping[str, Iterable[str]] = get_global("territory_aliases")
    return {
        code: known
        for code, regions in aliases.items()
        if len(code) == 3 and 0 < len(known := frozenset(regions) & known_countries()) <= _MOST_HEIRS
    }


@functools.cache
def _names_in(languages: tuple[str, ...]) -> dict[str, str]:
    return {name: region for language in languages for name, region in _names(language).items()}


@functools.cache
def _names(language: str) -> dict[str, str]:
    """Folded name -> region, in one of CLDR's languages."""
    from babel import localedata  # noqa: PLC0415  # as above

    territories: Mapping[str, str] = localedata.load(language)["territories"]
    return {
        fold_country(spelled): region
        for region, name in territories.items()
        if len(region) == 2 and region not in _NO_COUNTRIES
        for spelled in (name, name.translate(_WITHOUT_UMLAUTS) if language == "de" else name)
    }


def fold_country(name: str) -> str:
    """Fold a name: lower case, without accents, marks and ``the``; hyphens are blanks, ``St.`` is ``saint``."""
    plain = name.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).casefold()
    words = plain.translate(_FOLDED).split()
    return " ".join("saint" if word in _SAINT else word for word in words if word != "the")

"""Names and codes of countries (ISO 3166-1), as CLDR has them and as people write them besides.

``country_names.tsv`` comes with the program (``python -m tests.country_tables`` builds it again): a line for each
country, or for each set of countries of which one is meant, with its alpha-3 and numeric codes and its folded names in
some 70 languages. No name in it means two countries (a test checks that).
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

#: Some countries (ISO 3166-1 alpha-2), of which one is meant.
Meant = frozenset[str]

TABLE = Path(__file__).with_name("country_names.tsv")
#: What people write and CLDR does not, folded. Several regions where a name alone may mean each.
MORE_NAMES: Mapping[str, str] = {
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


class Names(NamedTuple):
    """What is known of countries.

    ``known``: alpha-2 codes; ``codes``: alpha-3 and numeric codes; ``names`` are folded.
    """

    known: Meant
    codes: dict[str, Meant]
    names: dict[str, Meant]


@functools.cache
def country_names() -> Names:
    """Return every name and code, those of `MORE_NAMES` before those of CLDR."""
    codes: dict[str, Meant] = {}
    names: dict[str, Meant] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        meant, its_codes, its_names = line.split("\t")
        regions = frozenset(meant.split())
        codes |= dict.fromkeys(its_codes.split(), regions)
        names |= dict.fromkeys(its_names.split("|"), regions)
    names.pop("", None)  # of a line that has codes only
    known = frozenset().union(*names.values())
    names |= {name: frozenset(regions.split()) for name, regions in MORE_NAMES.items()}
    return Names(known, codes, names)


def known_countries() -> Meant:
    """Return every country and territory that CLDR names (ISO 3166-1 alpha-2, and its reserved codes)."""
    return country_names().known


def fold_country(name: str) -> str:
    """Fold a name: lower case, without accents, marks and ``the``; hyphens are blanks, ``St.`` is ``saint``."""
    plain = name.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).casefold()
    words = plain.translate(_FOLDED).split()
    return " ".join("saint" if word in _SAINT else word for word in words if word != "the")

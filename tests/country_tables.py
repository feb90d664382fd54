"""Builds the names of countries that come with the program, after an update of CLDR (package ``babel``).

python -m tests.country_tables
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

import babel
from babel.core import get_global
from babel.localedata import load

from schemas.contact.country_names import TABLE, fold_country

#: CLDR's languages whose names are known.
LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "cs", "sk", "hu", "ro", "bg", "hr", "sr",
    "sl", "el", "tr", "ar", "he", "fa", "hi", "bn", "ur", "ta", "te", "mr", "gu", "kn", "ml", "pa", "th",
    "vi", "id", "ms", "zh", "zh_Hant", "ja", "ko", "sv", "da", "nb", "fi", "et", "lv", "lt", "is", "ga", "cy",
    "ca", "eu", "gl", "sw", "af", "sq", "mk", "hy", "ka", "az", "kk", "uz", "fil", "bs", "be", "mt", "lb",
    "fo", "fy", "rm",
)  # fmt: skip
#: Areas of CLDR that are no country.
_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
#: How German is written where a keyboard has no umlauts.
_WITHOUT_UMLAUTS = str.maketrans({"Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ä": "ae", "ö": "oe", "ü": "ue"})
#: A code that has come to mean more regions than that is no longer one.
_MOST_HEIRS = 3


def names_in(language: str) -> dict[str, str]:
    """Folded name -> region, in one of CLDR's languages."""
    territories: Mapping[str, str] = load(language)["territories"]
    return {
        fold_country(spelled): region
        for region, name in territories.items()
        if len(region) == 2 and region not in _NO_COUNTRIES
        for spelled in (name, name.translate(_WITHOUT_UMLAUTS) if language == "de" else name)
    }


def codes() -> dict[str, str]:
    """Alpha-3 and numeric codes, and the few regions that each means now (not the many of the Soviet Union's)."""
    aliases: Mapping[str, Iterable[str]] = get_global("territory_aliases")
    known = set(names_in("en").values())
    found = {code: known.intersection(regions) for code, regions in aliases.items() if len(code) == 3}
    return {code: " ".join(sorted(regions)) for code, regions in found.items() if 0 < len(regions) <= _MOST_HEIRS}


def table() -> str:
    """The table's text."""
    lines: dict[str, tuple[set[str], set[str]]] = {}
    known = codes()
    for code, regions in known.items():
        lines.setdefault(regions, (set(), set()))[0].add(code)
    for language in LANGUAGES:
        for name, region in names_in(language).items():
            if name.upper() in known:  # read as the code that it is
                continue
            lines.setdefault(region, (set(), set()))[1].add(name)
    return "".join(f"{each}\t{' '.join(sorted(a))}\t{'|'.join(sorted(b))}\n" for each, (a, b) in sorted(lines.items()))


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
    sys.stdout.write(f"{len(LANGUAGES)} languages from babel {babel.__version__}\n")

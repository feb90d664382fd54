"""Which countries are in a drop, and which telephone numbers exist there.

The leading digits come from the metadata of `phonenumbers`, asked once at set-up: a three-digit head is used
when every completion tried is a valid ordinary (fixed or mobile) number. From then on numbers are drawn with
numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import phonenumbers
from phonenumbers import PhoneNumberType

from tests.bench.draw import U32, U64, bits, pick

#: Mixes: per mille of the leads by country; the first country is always US.
MIXES: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "default": {
            "US": 780, "CA": 70, "GB": 30, "FR": 20, "DE": 20, "ES": 15,
            "IT": 15, "BR": 15, "MX": 15, "IN": 10, "AU": 10,
        },
        "us": {"US": 980, "CA": 15, "GB": 5},
        "world": {
            "US": 200, "CA": 50, "GB": 90, "FR": 80, "DE": 80, "ES": 60, "IT": 60, "BR": 60, "MX": 50,
            "IN": 50, "AU": 40, "NL": 30, "BE": 20, "SE": 20, "PL": 30, "CH": 20, "PT": 20, "IE": 10,
            "NZ": 10, "ZA": 20,
        },
    }
)  # fmt: skip

_ORDINARY = {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_NANP = frozenset({"US", "CA"})
#: Written without it nowadays, although the metadata still knows a trunk prefix.
_NO_TRUNK = frozenset({"BR", "MX"})
#: Exchanges of the North American plan: 2xx-9xx without N11 and without 555, where the fictional numbers are.
EXCHANGES = tuple(f"{n}" for n in range(200, 1000) if n % 100 != 11 and n != 555)


@dataclass(frozen=True, slots=True)
class Country:
    """How numbers of one country begin and how long they are."""

    code: str
    calling_code: str
    trunk: str  # "0" in most of Europe, empty where there is none
    abroad: str  # what is dialled for an international call, "+" where the metadata has no single answer
    heads: tuple[str, ...]  # first three digits of national numbers
    middle: tuple[str, ...]  # what may stand between the head and the last four digits

    @property
    def nanp(self) -> bool:
        """Whether numbers are written the North American way."""
        return self.code in _NANP


def _ordinary(number: str, region: str) -> bool:
    parsed = phonenumbers.parse(number, region)
    return phonenumbers.region_code_for_number(parsed) == region and phonenumbers.number_type(parsed) in _ORDINARY


@cache
def country(code: str) -> Country:
    """The numbering of one country (ISO 3166-1 alpha-2), from the metadata. About 0.1 s the first time."""
    meta = phonenumbers.PhoneMetadata.metadata_for_region(code)
    example = phonenumbers.example_number_for_type(code, PhoneNumberType.MOBILE)
    if meta is None or example is None:
        raise ValueError(f"phonenumbers knows no mobile numbers of {code!r}")
    length = len(phonenumbers.national_significant_number(example))
    middle = EXCHANGES if code in _NANP else tuple(f"{n:0{length - 7}d}" for n in range(10 ** (length - 7)))
    step = len(middle) // 5
    tails = [middle[(i * step + 17) % len(middle)] + f"{i * 1234 + 2345:04d}" for i in range(6)]
    cc = str(meta.country_code)
    heads = tuple(
        f"{head}" for head in range(100, 1000) if all(_ordinary(f"+{cc}{head}{tail}", code) for tail in tails)
    )
    abroad = meta.international_prefix or "+"
    return Country(
        code=code,
        calling_code=cc,
        trunk="" if code in _NANP | _NO_TRUNK else meta.national_prefix or "",
        abroad=abroad if abroad.isdigit() else "+",
        heads=heads,
        middle=middle,
    )


@dataclass(frozen=True, slots=True)
class Numbers:
    """Telephone numbers as indexes: into the mix, and into `heads` and `middle` of each country."""

    country: U32
    head: U32
    middle: U32
    last: U32  # 0..9999

    def take(self, rows: U32) -> Numbers:
        """The numbers of some rows only."""
        return Numbers(self.country[rows], self.head[rows], self.middle[rows], self.last[rows])


class Numbering:
    """The countries of a mix with their numbers."""

    def __init__(self, mix: str) -> None:
        """Read the metadata of every country of `mix`."""
        shares = MIXES[mix]
        self.countries = tuple(country(code) for code in shares)
        self._slots = np.repeat(np.arange(len(shares), dtype=np.uint32), list(shares.values()))
        self._heads = np.array([len(c.heads) for c in self.countries], dtype=np.uint32)
        self._middle = np.array([len(c.middle) for c in self.countries], dtype=np.uint32)

    def country_of(self, seed: int, household: U64) -> U32:
        """The country (index) of each household."""
        drawn: U32 = self._slots[pick(bits(seed, "country", household), 0, self._slots.size)]
        return drawn

    def numbers(self, seed: int, line: U64, countries: U32) -> Numbers:
        """The number of each telephone line, in the country given for it."""
        word = bits(seed, "number", line)
        return Numbers(
            country=countries,
            head=pick(word, 0, self._heads[countries]),
            middle=pick(word, 1, self._middle[countries]),
            last=pick(word, 2, 10_000),
        )

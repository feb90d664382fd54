"""The people behind the leads: everything about a person follows from the seed and the person's number.

A household shares a country, an address and a telephone line; about one person in nine belongs to the
household of an earlier person. Numbers beyond the rows of a drop are people who are on a suppression list but
not in the drop.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl

from tests.bench import places, words
from tests.bench.draw import U32, U64, Bool, below, bits, earlier, pick
from tests.bench.numbering import EXCHANGES, Numbering, Numbers
from tests.bench.phone_text import PhoneText

SHARED_HOUSEHOLD = 0.11
LISTED = 0.20  # of US households, on the national registry
_SECOND_LINE = np.uint64(1 << 40)  # ids of second telephones: far above any number of people
_NO_NUMBER, _SOME_NUMBER, _TAGGED = 2_000, 9_500, 500
_TAGS = ("+news", "+leads", "+spam", "+quotes")


class People:
    """The people of one seed and mix, and the pools their names and addresses are taken from."""

    def __init__(self, seed: int, mix: str) -> None:
        """Build the pools; about a second."""
        self.seed = seed
        self.numbering = Numbering(mix)
        self.phone_text = PhoneText(self.numbering.countries)
        first = [words.ascii_fold(name) for name in words.FIRST]
        last = [words.ascii_fold(name) for name in words.LAST]
        forms = ("{a}.{b}", "{a}{b}", "{a}_{b}", "{a[0]}{b}")
        local = [form.format(a=a, b=b) for form in forms for a, b in product(first, last)]
        self._locals = len(local)
        self._local = pl.Series(
            [*local, *(s.upper() for s in local), *(f'"{s}' for s in local), *(f" {s}" for s in local)]
        )
        self._number = pl.Series(
            [""] * _NO_NUMBER
            + [str(n) for n in range(1, _SOME_NUMBER + 1)]
            + [_TAGS[n % len(_TAGS)] for n in range(_TAGGED)]
        )
        self._domains = words.domains()
        self._domain = pl.Series(
            [
                *(f"@{d}" for d in self._domains),
                *(f"@{d}".upper() for d in self._domains),
                *(f'@{d}"' for d in self._domains),
                *(f"@{d}  " for d in self._domains),
            ]
        )
        shares = [*words.PROVIDERS.values(), 1_000 - sum(words.PROVIDERS.values())]
        self._providers = np.repeat(np.arange(len(shares), dtype=np.uint32), shares)
        cities = [len(places.CITIES[c.code]) * places.CODES_PER_CITY for c in self.numbering.countries]
        self._cities = np.array(cities, dtype=np.uint32)
        start = np.cumsum([0] + [n for n in cities for _ in places.STYLES])[:-1]
        self._city_at = start.reshape(len(cities), len(places.STYLES)).astype(np.uint32)
        self._city = pl.Series(
            [cell for c in self.numbering.countries for s in places.STYLES for cell in places.cells(c.code, s)]
        )

    def household(self, person: U64) -> U64:
        """The household of each person: its first member's number."""
        word = bits(self.seed, "household", person)
        return np.where(below(word, 0, SHARED_HOUSEHOLD), earlier(word, person), person)

    def numbers(self, household: U64) -> Numbers:
        """The first telephone of each household."""
        return self.numbering.numbers(self.seed, household, self.numbering.country_of(self.seed, household))

    def second_numbers(self, household: U64) -> Numbers:
        """A second telephone, in the same country."""
        countries = self.numbering.country_of(self.seed, household)
        return self.numbering.numbers(self.seed, household + _SECOND_LINE, countries)

    def listed(self, household: U64) -> Bool:
        """Whether a household is on the national registry (US households only)."""
        word = bits(self.seed, "listed", household)
        american: Bool = self.numbering.country_of(self.seed, household) == 0
        listed: Bool = below(word, 0, LISTED) & american
        return listed

    def registry_codes(self, numbers: Numbers) -> U32:
        """US numbers as one integer each, in the order of the numbers; see `registry_lines`."""
        code: U32 = numbers.head * np.uint32(len(EXCHANGES)) + numbers.middle
        code *= np.uint32(10_000)
        code += numbers.last
        return code

    def names(self, person: U64) -> tuple[U32, U32]:
        """Indexes of first and last name."""
        word = bits(self.seed, "name", person)
        return pick(word, 0, len(words.FIRST)), pick(word, 1, len(words.LAST))

    def emails(self, person: U64, style: U32) -> pl.Series:
        """The email cell of each person in the style given for it (an index of `vendors.EMAIL_STYLES`)."""
        first, last = self.names(person)
        word = bits(self.seed, "email", person)
        form = pick(word, 0, 4) * np.uint32(len(words.FIRST) * len(words.LAST))
        local = form + first * np.uint32(len(words.LAST)) + last
        common = self._providers[pick(word, 2, 1_000)]
        own = len(words.PROVIDERS) + pick(word, 3, len(self._domains) - len(words.PROVIDERS))
        domain = np.where(common < len(words.PROVIDERS), common, own).astype(np.uint32)
        pieces = pl.DataFrame(
            {
                "local": self._local.gather(style * np.uint32(self._locals) + local),
                "number": self._number.gather(pick(word, 1, self._number.len())),
                "domain": self._domain.gather(style * np.uint32(len(self._domains)) + domain),
            }
        )
        return pieces.select(email=pl.concat_str(pl.all())).to_series()

    def places(self, household: U64, countries: U32, style: U32) -> pl.Series:
        """The cells 'city,state,zip,country' in the style given for each (an index of `places.STYLES`)."""
        drawn = pick(bits(self.seed, "place", household), 0, self._cities[countries])
        return self._city.gather(self._city_at[countries, style] + drawn)

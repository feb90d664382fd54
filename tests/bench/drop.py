"""The lines of a drop, a block of rows at a time."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.bench import damage, vendors, words
from tests.bench.draw import U32, U64, Bool, below, bits, earlier, lane, pick
from tests.bench.people import People

_COLUMNS = (
    *("lead_id", "first_name", "last_name", "company", "email", "phone", "phone_2"),
    *("address", "city", "state", "zip", "country", "consent_at", "ip_address"),
)
HEADER = ",".join(_COLUMNS)
BLOCK = 100_000  # lead ids hold the block and five digits within it
NEAR_DUPLICATES = 0.02  # the same person again, as another vendor writes it
EXACT_DUPLICATES = 0.02  # the same line again, within a block
NO_EMAIL = 0.04
SECOND_PHONE = 0.30
RUN = 400  # rows in a row from one vendor
_DAYS = 180
_HOUSES = 5_000
_TIMES = 65_536


def _replace(cells: pl.Series, rows: U32, new: list[str]) -> pl.Series:
    """Some cells replaced by others."""
    take = np.arange(cells.len(), dtype=np.uint32)
    take[rows] = np.arange(cells.len(), cells.len() + rows.size, dtype=np.uint32)
    return pl.concat([cells, pl.Series(cells.name, new, dtype=pl.String)], rechunk=True).gather(take)


def _where(mask: Bool) -> U32:
    return np.flatnonzero(mask).astype(np.uint32)


class Drop:
    """A drop of any length: ask for any block of it."""

    def __init__(self, people: People) -> None:
        """Build the pools of cells."""
        self.people = people
        self._seed = people.seed
        self._lead = pl.Series([f"{n:05d}," for n in range(BLOCK)])
        self._first = pl.Series([f"{cell}," for cell in vendors.name_cells(words.FIRST)])
        self._last = pl.Series([f"{cell}," for cell in vendors.name_cells(words.LAST)])
        self._company = pl.Series([f"{cell}," for cell in words.companies()])
        streets, ways = words.streets(), words.address_cells()
        self._streets = len(streets)
        self._ways = np.repeat(np.arange(len(ways), dtype=np.uint32), [share for _, _, share in ways])
        self._house = pl.Series([f",{start}{n}" for start, _, _ in ways for n in range(1, _HOUSES + 1)])
        self._street = pl.Series([f"{street}{end}," for _, end, _ in ways for street in streets])
        self._date = pl.Series([f",{cell}" for cell in vendors.date_cells(_DAYS)])
        self._hour = pl.Series([f"{cell}," for cell in vendors.hour_cells(_TIMES)])
        self._net = pl.Series([f"{n // 256 % 199 + 24}.{n % 256}." for n in range(65_536)])
        self._host = pl.Series([f"{n // 256}.{n % 256}" for n in range(65_536)])

    def block(self, number: int, rows: int = BLOCK) -> pl.Series:
        """The first `rows` records of block `number`, as CSV text without line ends."""
        row = np.arange(number * BLOCK, number * BLOCK + rows, dtype=np.uint64)
        again = bits(self._seed, "again", row)
        person = np.where(below(again, 0, NEAR_DUPLICATES), earlier(again, row), row)
        household = self.people.household(person)
        vendor = pick(bits(self._seed, "vendor", row // np.uint64(RUN)), 0, len(vendors.VENDORS))
        phone, email, phone_2 = self._contacts(row, person, household, vendor)
        pieces = {
            **self._names(number, row, person, vendor),
            "email": email,
            "comma": pl.repeat(",", rows, eager=True),
            "phone": phone,
            "comma_2": pl.repeat(",", rows, eager=True),
            "phone_2": phone_2,
            **self._where_and_when(row, household, vendor),
        }
        lines = pl.DataFrame(pieces).select(line=pl.concat_str(pl.all())).to_series()
        source = np.arange(rows, dtype=np.uint64)
        copies = bits(self._seed, "copy", row)
        return lines.gather(np.where(below(copies, 0, EXACT_DUPLICATES), earlier(copies, source), source))

    def _names(self, number: int, row: U64, person: U64, vendor: U32) -> dict[str, pl.Series]:
        """Cells up to the company."""
        style = vendors.NAMES[vendor, pick(bits(self._seed, "name style", row), 0, vendors.CHOICES)]
        first, last = self.people.names(person)
        company = pick(bits(self._seed, "company", person), 0, self._company.len())
        lead = pl.Series([f"{v.prefix}{number:05d}" for v in vendors.VENDORS])
        return {
            "vendor": lead.gather(vendor),
            "lead": self._lead.head(row.size),
            "first": self._first.gather(style * np.uint32(len(words.FIRST)) + first),
            "last": self._last.gather(style * np.uint32(len(words.LAST)) + last),
            "company": self._company.gather(company),
        }

    def _contacts(self, row: U64, person: U64, household: U64, vendor: U32) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Phone, email and second phone; the last is blank in most rows."""
        style = bits(self._seed, "contact style", row)
        chance = bits(self._seed, "chance", row)
        text = self.people.phone_text
        phone = text.write(self.people.numbers(household), vendors.PHONES[vendor, pick(style, 0, vendors.CHOICES)])
        email = self.people.emails(person, vendors.EMAILS[vendor, pick(style, 1, vendors.CHOICES)])
        second = _where(below(bits(self._seed, "second", household), 0, SECOND_PHONE))
        cells = text.write(
            self.people.second_numbers(household[second]),
            vendors.PHONES[vendor[second], pick(style, 2, vendors.CHOICES)[second]],
        )
        phone_2 = pl.concat([pl.Series("phone", [""]), cells], rechunk=True)
        take = np.zeros(row.size, dtype=np.uint32)
        take[second] = np.arange(1, second.size + 1, dtype=np.uint32)

        blank = _where(below(chance, 1, NO_EMAIL))
        hurt = _where(below(chance, 0, damage.DAMAGED))
        odd = _where(below(chance, 2, damage.ODD))
        kind = lane(chance, 3)
        before = list(zip(phone.gather(hurt).to_list(), email.gather(hurt).to_list(), strict=True))
        after = [damage.damaged(k, *cells) for k, cells in zip(kind[hurt].tolist(), before, strict=True)]
        strange = [damage.odd(k, cell) for k, cell in zip(kind[odd].tolist(), email.gather(odd).to_list(), strict=True)]
        email = _replace(email, blank, [""] * blank.size)
        email = _replace(email, odd, strange)
        email = _replace(email, hurt, [cells[1] for cells in after])
        phone = _replace(phone, hurt, [cells[0] for cells in after])
        return phone, email, phone_2.gather(take)

    def _where_and_when(self, row: U64, household: U64, vendor: U32) -> dict[str, pl.Series]:
        """Cells from the address on."""
        at = bits(self._seed, "address", household)
        style = bits(self._seed, "place style", row)
        when = bits(self._seed, "when", row)
        way: U32 = self._ways[pick(style, 0, self._ways.size)]
        countries = self.people.numbering.country_of(self._seed, household)
        dates = vendors.DATES[vendor, pick(style, 1, vendors.CHOICES)]
        bare = (dates != vendors.DATE_STYLES.index("iso")).astype(np.uint32)
        return {
            "house": self._house.gather(way * np.uint32(_HOUSES) + pick(at, 0, _HOUSES)),
            "street": self._street.gather(way * np.uint32(self._streets) + pick(at, 1, self._streets)),
            "place": self.people.places(household, countries, vendors.PLACES[vendor, pick(style, 2, vendors.CHOICES)]),
            "date": self._date.gather(dates * np.uint32(_DAYS) + pick(when, 0, _DAYS)),
            "hour": self._hour.gather(bare * np.uint32(_TIMES) + lane(when, 1)),
            "net": self._net.gather(lane(when, 2)),
            "host": self._host.gather(lane(when, 3)),
        }

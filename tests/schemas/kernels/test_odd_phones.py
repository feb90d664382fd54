"""What the compiled loops make of odd phones is what the library says, wherever they decide."""

from __future__ import annotations

import itertools
import random

import numpy as np
import phonenumbers
import polars as pl
import pytest

from schemas.contact.blank import trimmed
from schemas.contact.numbering.library import read_phone
from schemas.contact.numbering.lookup import region_numbers
from schemas.contact.phone import decide_phones
from tests.schemas.test_numbering_values import REGIONS, made_up_values

#: What is in odd cells: labels and digits of extensions, words, punctuation, what a spreadsheet leaves.
_PIECES = [
    *("x", "ext", "Ext.", "extension", "EXTN", "int", "anexo", "#", "~", ";", "; ", ";ext=", ";isub=", ",", ",,"),
    *(";phone-context=", " or ", " and ", "\to ", "/", "/ x", "\\ x", " x12", "xt", "e", "n", "tel", "Tel. ", "cell"),
    *(" ", "-", "(", ")", "[", "]", "+", "\u00a0", "\u2013", "\u200b", "\uff0b", "\uff11", "\u202a", "*", ":", "."),
    *("|", "&", "\n", "\t", "_", "ABC", "FLOWERS", "a", "011", "00", "e+9", ".0", ",0", "12", "345", "6789012", "1"),
    *("2025550123", "0", "\u00ad", "\u2060", "\u2212", "home", "  ", "\u00a0or\u00a0", "\uff10\uff10", "\u3000"),
]


def _odd_values(seed: int, count: int) -> list[tuple[str, str | None]]:
    draw = random.Random(seed)
    made_up = [value for value, _ in itertools.islice(made_up_values(seed, REGIONS, {}), count)]
    for place in draw.choices(range(count), k=2 * count):
        value = made_up[place]
        at = draw.choice([0, len(value), draw.randrange(len(value) + 1)])
        made_up[place] = value[:at] + draw.choice(_PIECES) + value[at:]
    made_up += ["".join(draw.choices(_PIECES, k=draw.randint(1, 8))) for _ in range(count // 2)]
    regions = [draw.choice([*REGIONS, None, "XX", "us", *["US"] * 40]) for _ in made_up]
    frame = pl.DataFrame({"value": made_up, "region": regions}, schema={"value": pl.String, "region": pl.String})
    return frame.with_columns(trimmed(pl.col("value"))).filter(pl.col("value") != "").rows()


def _decided(pairs: list[tuple[str, str | None]]) -> list[tuple[object, object]]:
    """Of each value that is decided here and not before, its form and what the library says."""
    phonenumbers.enable_pattern_cache()
    values, regions = (pl.Series([pair[place] for pair in pairs], dtype=pl.String) for place in (0, 1))
    before, read = (decide_phones(values, region_numbers(regions), odd=odd) for odd in (False, True))
    rows = np.flatnonzero((before.at == 0) & (read.at > 0)).tolist()
    return [(read.form(row), read_phone(*pairs[row])) for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_made_up_odd_values_are_read_as_the_library_reads_them(seed: int) -> None:
    pairs = _odd_values(seed, 3_000)
    decided = _decided(pairs)
    assert [both for both in decided if both[0] != both[1]] == []
    assert len(decided) > len(pairs) / 2


@pytest.mark.parametrize(
    ("value", "region"),
    [
        ("+1 202 555 0123 x12/x13", "US"),
        ("(202) 555-0123 / x13", "US"),
        ("202-555-0123;ext=12", "US"),
        ("202-555-0123 - 503#", "US"),
        ("202-555-0123,,12#", "US"),
        ("202-555-0123\u00a0ext.\u00a012", "US"),
        ("202\u2013555\u20130123\u2013x12", "US"),
        ("202-555-0123 anexo 12", "US"),
        ("202-555-0123 int 1234567890", "US"),
        ("202-555-0123 x 1 x 2", "US"),
        ("202-555-0123 ext 12)", "US"),
        ("800-FLOWERS", "US"),
        ("dead 202-555-0123", "US"),
        ("tel 202-555-0123", "US"),
        ("202 missing", "US"),
        ("0301234567/68", "DE"),
        ("030 1234567/68", "DE"),
        ("030 1234567/681", "DE"),
        ("030 1234567/6812", "DE"),
        ("2025550123, 2025550124", "US"),
        ("2025550123,2025550124", "US"),
        ("2025550123,202555", "US"),
        ("2025550123 or 2025550124", "US"),
        ("2025550123 OR\t2025550124", "US"),
        ("2025550123or 2025550124", "US"),
        ("2025550 2025550", "US"),
        ("0012025 5501234", "US"),
        ("\uff10\uff10\uff11\uff12\uff10\uff12\uff15 5501234", "US"),
        ("++12025550123", "US"),
        ("+0612345678", "FR"),
        ("+0612345678", None),
        ("+0612345678", "XX"),
        ("12025550123", "us"),
        ("+12025550123", "us"),
        ("N/A", "US"),
        ("###", "US"),
        ("+", "US"),
        ("2.025550123E+9", "US"),
        ("2025550123.0", "US"),
        ("12/x", "US"),
        ("202\u200e5550123", "US"),
        ("202 555 0123 \u200e", "US"),
        ("\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "EG"),
        ("x" * 240 + "2025550123", "US"),
        ("2025550123" + "\u2013" * 79, "US"),
    ],
)
def test_each_shape_is_read_as_the_library_reads_it(value: str, region: str | None) -> None:
    """Each alone, and after a longer one, of which nothing may be left."""
    for pairs in ([(value, region)], [("+1 (202) 555-0123 x. 98765 " + "-" * 40, "US"), (value, region)]):
        assert [both for both in _decided(pairs) if both[0] != both[1]] == []

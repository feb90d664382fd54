"""Made-up values for comparing with the library: every region, type, length, prefix, shape and damage.

A module of its own, so that long runs outside the test suite can draw from it too.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Iterator, Sequence

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
#: Regions that are none, or that are not written as the library wants them.
NO_REGIONS = [None, "XX", "AQ", "us", "001", ""]

# fmt: off
_SHAPES = [
    "{}", "{}", "{}", " {}", "{}.", "({}", "({})", "[{}]", "{} ", "-{}", "/{}/", "{}x", "{}#", "#{}", "{},", "{}+",
]
_GROUPED = [
    "3-3-4", "(3) 3-4", "(3)3-4", "3.3.4", "3 3 4", "2 2 2 2 2", "2.2.2.2.2", "3/3-4", "3/7", "4-7", "5 6", "(0)9",
]
_GAPS = [
    " ", "-", ".", "/", "  ", " - ", ") ", " (", "\u00a0", "\u2011", "\u2013", "~", "*", "x", ",", "\t", "+", " / ",
    "\u200b",
]
_AHEAD = [
    "tel:", "Tel. ", "p:", "whatsapp:", "Ph (", "phone: +", "(cell) ", "#", "+", "++", "+ ", "(+", "or ", "a/b ", "E",
    "\u202a", "\ufeff", "\uff0b", "x", "ext ", "no. 1: ", "_",
]
_BEHIND = [
    " x123", "x1", " ext. 7200", " ext 12", " extension 5", " Ext.: 04606", " extn 1234567", "#123", " #9", ",123#",
    ", x12", " x 12)", " - 503#", ";ext=5", " x12345", " x123456", " ext 12;", "xt3", " (home)", " cell", "/", ";",
    "\u202c", " \u2013 x2", " ext\u20132", "ext", " x", " / 5550199", " or 5551234", ".0", ".00", ",0", "E+9", "e3",
    ";isub=1", ";phone-context=+1", " x1 x2", "/x12", " / x12", ", 12", ",,12", " int 5", "~5",
]
# fmt: on


@functools.cache
def examples() -> dict[str, list[str]]:
    """List the national example numbers of each region, of every type."""
    found: dict[str, list[str]] = {}
    for region in REGIONS:
        numbers = [phonenumbers.example_number_for_type(region, kind) for kind in PhoneNumberType.values()]
        found[region] = [phonenumbers.national_significant_number(number) for number in numbers if number]
    return found


WORLDWIDE = [
    phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
    if (number := phonenumbers.example_number_for_non_geo_entity(code))
]


def made_up_values(
    seed: int, regions: Sequence[str], near_edges: dict[int, list[str]]
) -> Iterator[tuple[str, str | None]]:
    """Yield pairs of a value and a default region, without end.

    ``near_edges`` holds, for a calling code, national numbers next to where the answers of its plan change.
    """
    draw = random.Random(seed)
    while True:
        region = draw.choice(regions)
        national = _national(draw, region, near_edges)
        digits = _with_prefix(draw, region, regions, national)
        yield _written(draw, digits), _default_region(draw, region, regions)


def _national(draw: random.Random, region: str, near_edges: dict[int, list[str]]) -> str:
    way = draw.random()
    if way < 0.1:
        return _random_digits(draw, draw.randint(1, 19))
    code = phonenumbers.country_code_for_region(region)
    if way < 0.4 and near_edges.get(code):
        return draw.choice(near_edges[code])
    number = draw.choice(examples()[region])
    if way < 0.55:
        return number
    # Same beginning, other end: mostly still a number of the plan.
    keep = draw.randint(1, len(number))
    number = number[:keep] + _random_digits(draw, len(number) - keep)
    while draw.random() < 0.3:
        at = draw.randrange(len(number) + 1)
        number = draw.choice(
            [
                number[:at] + number[at + 1 :],
                number[:at] + str(draw.randrange(10)) + number[at:],
                number[:at] + str(draw.randrange(10)) + number[at + 1 :],
            ]
        )
    return number


def _with_prefix(draw: random.Random, region: str, regions: Sequence[str], national: str) -> str:
    code = str(phonenumbers.country_code_for_region(region))
    metadata = PhoneMetadata.metadata_for_region(region)
    inland = (metadata.national_prefix if metadata else None) or "0"
    abroad = re.sub(r"\D.*", "", (metadata.international_prefix if metadata else None) or "") or "00"
    other = str(phonenumbers.country_code_for_region(draw.choice(regions)))
    # fmt: off
    prefix = draw.choice([
        "", "", "", inland, inland, "+" + code, "+" + code, "+" + code, code, code + inland, "+" + code + inland,
        "+" + code + "0", abroad + code, abroad + code + inland, "00" + code, "011" + code, "0", "1", "8", "00", "+",
        "+0", "+00" + code, "+011" + code, "+" + other, abroad + other, "0" * draw.randint(1, 4), code * 2, inland * 2,
        _random_digits(draw, draw.randint(1, 5)), "+" + _random_digits(draw, 3),
    ])
    # fmt: on
    if draw.random() < 0.02:
        return "+" + draw.choice(WORLDWIDE)
    return prefix + national


def _written(draw: random.Random, digits: str) -> str:
    way = draw.random()
    if way < 0.35:
        text = digits
    elif way < 0.75:
        plus, rest = ("+", digits[1:]) if digits.startswith("+") else ("", digits)
        text = plus + _grouped(rest, draw.choice(_GROUPED))
    else:
        text = digits
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(text) + 1)
            text = text[:at] + draw.choice(_GAPS) + text[at:]
    if draw.random() < 0.15:
        text = draw.choice(_SHAPES).format(text)
    if draw.random() < 0.12:
        text = draw.choice(_AHEAD) + text
    if draw.random() < 0.15:
        text += draw.choice(_BEHIND)
    if draw.random() < 0.01:
        text = text.translate({ord(digit): chr(0xFF10 + int(digit)) for digit in "0123456789"})
    return text.strip() or "-"


def _grouped(digits: str, shape: str) -> str:
    """Write digits in groups from the right, as in "(3) 3-4"; what is left over stands in front."""
    pieces = re.split(r"(\d)", shape)
    text = ""
    for piece in reversed(pieces):
        if piece.isdecimal() and piece != "0":
            size = int(piece)
            text, digits = digits[-size:] + text, digits[:-size]
        else:
            text = piece + text
    return (digits + " " if digits else "") + text


def _default_region(draw: random.Random, region: str, regions: Sequence[str]) -> str | None:
    way = draw.random()
    if way < 0.75:
        return region
    return draw.choice(NO_REGIONS) if way < 0.85 else draw.choice(regions)


def _random_digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choices("0123456789", k=count))

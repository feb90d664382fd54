"""What numbers of a region look like: zeros that stay, codes that repeat, a plus that means nothing."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, country_code_for_region

from schemas.contact.numbering.lookup import numbering
from schemas.contact.numbering.patterns import UnsupportedPatternError, parse_pattern
from schemas.contact.numbering.ranges import language
from schemas.contact.numbering.shipped import Habits

_NO_DIGITS = re.compile("[^0-9]+")


def decimal_digits(text: str) -> str:
    """The digits of a text, of any script, as 0 to 9."""
    if text.isascii():
        return _NO_DIGITS.sub("", text)
    return "".join(str(int(letter)) for letter in text if letter.isdecimal())


@functools.cache
def habits(region: str) -> Habits:
    """The habits of a region: to learn them from the library takes as long as to read hundreds of numbers."""
    return numbering().shipped_habits(region) or learnt_habits(region)


def learnt_habits(region: str) -> Habits:
    """The habits of a region, from the library's examples and patterns."""
    zeros = [number for number in _examples(region) if number.italian_leading_zero]
    return Habits(
        bool(zeros),
        frozenset(len(phonenumbers.national_significant_number(number)) for number in zeros),
        _may_repeat_code(region),
        _has_bogus_plus(region),
    )


def _may_repeat_code(region: str) -> bool:
    """Whether some national numbers of the region begin with its calling code, as 49151… in Germany."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    code = str(country_code_for_region(region))
    if metadata is None or metadata.general_desc is None:
        return False
    try:
        words = language(parse_pattern(metadata.general_desc.national_number_pattern))
    except UnsupportedPatternError:
        return True
    # Enough digits must be behind the code for a number, perhaps with a national prefix in front.
    longer = {size: spans for size, spans in words.items() if size - len(code) >= min(words)}
    return any(
        low < (int(code) + 1) * 10 ** (size - len(code)) and high > int(code) * 10 ** (size - len(code))
        for size, spans in longer.items()
        for low, high in spans
    )


def _has_bogus_plus(region: str) -> bool:
    """Whether a plus may be put before a national number of the region, and another country's number come out of it.

    No calling code begins with a zero, with which national numbers begin in most regions; but ten digits do not in the
    US, nor the 8 in Russia. In most regions at least the numbers of services are written bare.
    """
    return any(
        not decimal_digits(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)).startswith("0")
        for number in _examples(region, PhoneNumberType.values())
    )


def _examples(
    region: str, kinds: Iterable[int] = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
) -> Iterator[phonenumbers.PhoneNumber]:
    """Yield examples one by one: each is read from text, and often the first says enough."""
    numbers = (phonenumbers.example_number_for_type(region, kind) for kind in kinds)
    return (number for number in numbers if number is not None)

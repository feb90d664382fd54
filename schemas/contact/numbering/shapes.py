"""Values with more in them than a number, in the shapes that are certain.

The library skips what is in front of the first digit or plus (`read_phone` allows no words there but labels), and
punctuation at the end; and takes an extension off that is written with one of its labels. `read_phone` takes a decimal
zero off. Where only these are in the way, the number is taken out here and decided like the others. The patterns are
narrower than the library's.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from schemas.contact.numbering.labels import ASCII_LABELS
from schemas.contact.numbering.library import DECIMAL_REMOVED

# Marks of writing direction that come along when a number is copied from a contacts application.
_UNSEEN = r"\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{feff}"
#: Anything that starts no number and is no word. Not ";", with which RFC 3966 sets parameters apart.
_NO_WORD = rf"[ -*,\-./:<-@\[-`{{-~{_UNSEEN}]"
#: One word is looked up among the labels; where there are more of them, the library reads the value.
_AHEAD = rf"{_NO_WORD}*([A-Za-z]+)?{_NO_WORD}*"
_NUMBER = r"\+?[0-9][0-9 ().\[\]-]*"
#: Up to five digits: from six on they may be a second number, and with commas even be taken for one.
_EXTENSION = r"[ ,]*(?i:e?xt(?:ensio)?n?|x|#)[.:]?[ -]*([0-9]{1,5})"
#: What the library takes off the end: all but letters, digits and "#".
_BEHIND = rf"[ -\"$-/:<-@\[-`{{-~{_UNSEEN}]*"
_DECIMAL = r"^(\+?[0-9]{7,15})[.,]0+$"
_SHAPE = f"^{_AHEAD}({_NUMBER})(?:{_EXTENSION})?{_BEHIND}$"

#: Spaces and dashes beyond ASCII that are punctuation to the library, and what replaces them here. Not a
#: hyphen: that may also be behind the label of an extension, where dashes may not.
_PUNCTUATION = {"\u00a0": " ", **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\u200b", "(")}


class Unwrapped(NamedTuple):
    """Of each value the number, its extension and the repair made; null where there is none.

    There is no number where the shape is not certain, nor where it would be the whole value.
    """

    number: pl.Series
    extension: pl.Series
    repair: pl.Series


def unwrap(values: pl.Series) -> Unwrapped:
    """Take numbers and extensions out of trimmed values."""
    plain = values.str.replace_many(list(_PUNCTUATION), list(_PUNCTUATION.values()))
    parts = plain.str.extract_groups(_SHAPE).struct.unnest()
    word, number, extension = parts.to_series(0), parts.to_series(1), parts.to_series(2)
    if word.null_count() < len(word):
        number = number.set(~word.str.to_lowercase().is_in(ASCII_LABELS), None)
    integer = values.str.extract(_DECIMAL)
    repaired = pl.when(integer.is_not_null()).then(pl.lit(DECIMAL_REMOVED))
    return Unwrapped(
        integer.zip_with(integer.is_not_null(), number.set(number == values, None)),
        extension,
        pl.select(repaired).to_series(),
    )

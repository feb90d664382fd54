"""Phones with more in the cell than a number, in the shapes that are certain; narrower than what the library takes.

The library skips what is in front of the first digit or plus (`read_phone` allows no words there but labels), and
punctuation at the end; and takes an extension off that is written with one of its labels. `read_phone` takes a decimal
zero off. Where only these are in the way, the number is found here and decided like the others.
"""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Int64s, helper
from schemas.kernels.word_lists import is_word

#: Bytes of a cell that are looked at; what is longer is left to the library.
MOST_BYTES = 250
#: What a decimal zero that was taken off is, in place of an extension's code.
DECIMAL = -1
#: In place of a character beyond ASCII: a mark of writing direction, which nobody sees, and any other.
_UNSEEN, _STRANGE = 128, 255

#: What starts no number and is no word (not ";", with which RFC 3966 sets parameters apart), what a number goes on
#: with, and what the library takes off the end: all but letters, digits and "#".
_NO_WORD, _NUMBER, _BEHIND = 1, 2, 4
_SETS = np.zeros(256, dtype=np.uint8)
for _set, _characters in (
    (_NO_WORD, " !\"#$%&'()*,-./:<=>?@[\\]^_`{|}~\x80"),
    (_NUMBER, "0123456789 ().[]-"),
    (_BEHIND, " !\"$%&'()*+,-./:<=>?@[\\]^_`{|}~\x80"),
):
    _SETS[[ord(character) for character in _characters]] |= _set


@helper
def plain_text(data: Bytes, start: int, end: int, text: Bytes) -> int:
    """Write a cell in ASCII: spaces and dashes beyond it, which are punctuation to the library, as one.

    A dash becomes "(", not a hyphen: that may also be behind the label of an extension, where dashes may not.
    Returns the size.
    """
    size, at = 0, start
    while at < end:
        first = int(data[at])
        second = int(data[at + 1]) if at + 1 < end else 0
        third = int(data[at + 2]) if at + 2 < end else 0
        if first < 128:
            text[size] = first
            width = 1
        elif first == 0xC2:  # U+0080 to U+00BF
            text[size] = ord(" ") if second == 0xA0 else ord("(") if second == 0xAD else _STRANGE
            width = 2
        else:
            width = 3
            text[size] = _STRANGE
            if first == 0xE2 and second == 0x80:  # U+2000 to U+203F
                if third == 0x8B or 0x90 <= third <= 0x95:
                    text[size] = ord("(")
                elif third == 0x8E or third == 0x8F or 0xAA <= third <= 0xAE:
                    text[size] = _UNSEEN
            elif first == 0xE2 and second == 0x88 and third == 0x92:  # minus
                text[size] = ord("(")
            elif first == 0xE2 and second == 0x81 and 0xA6 <= third <= 0xA9:
                text[size] = _UNSEEN
            elif first == 0xEF and second == 0xBB and third == 0xBF:
                text[size] = _UNSEEN
        size += 1
        at += width
    return size


@helper
def without_decimal(text: Bytes, size: int) -> int:
    """Find where a number of 7 to 15 digits ends that a spreadsheet wrote as a decimal; 0 where none is."""
    at = 1 if text[0] == ord("+") else 0
    first = at
    while at < size and ord("0") <= text[at] <= ord("9"):
        at += 1
    end = at
    if not 7 <= end - first <= 15 or end + 1 >= size or (text[end] != ord(".") and text[end] != ord(",")):
        return 0
    for behind in range(end + 1, size):
        if text[behind] != ord("0"):
            return 0
    return end


@helper
def number_start(text: Bytes, size: int, label_bounds: Int64s, labels: Bytes) -> int:
    """Find where the number starts, behind no words but one that is a label; -1 where a cell is not of this shape."""
    at, letters, first = 0, 0, 0
    while at < size and text[at] != ord("+") and not ord("0") <= text[at] <= ord("9"):
        if ord("a") <= text[at] | 32 <= ord("z") and text[at] < 128:
            if letters == 0:
                first = at
            elif at != first + letters:
                return -1  # a second word
            letters += 1
        elif not _SETS[text[at]] & _NO_WORD:
            return -1
        at += 1
    if at < size and text[at] == ord("+"):
        at += 1
        if at == size or not ord("0") <= text[at] <= ord("9"):
            return -1
        at -= 1
    if at == size or (letters > 0 and not is_word(text, first, first + letters, label_bounds, labels)):
        return -1
    return at


@helper
def after_label(text: Bytes, at: int, size: int) -> int:
    """Find the end of the label of an extension that starts here: ext, xt, extn, extension, x or #; 0: none does."""
    if at < size and text[at] == ord("#"):
        return at + 1
    start = at + 1 if at < size and text[at] | 32 == ord("e") else at
    if start >= size or text[start] | 32 != ord("x"):
        return 0
    if start + 1 >= size or text[start + 1] | 32 != ord("t"):
        return 0 if start > at else start + 1
    end = start + 2
    if (
        end + 5 <= size
        and text[end] | 32 == ord("e")
        and text[end + 1] | 32 == ord("n")
        and text[end + 2] | 32 == ord("s")
        and text[end + 3] | 32 == ord("i")
        and text[end + 4] | 32 == ord("o")
    ):
        end += 5
    return end + 1 if end < size and text[end] | 32 == ord("n") else end


@helper
def extension_code(text: Bytes, at: int, size: int) -> int:
    """Read what is behind a number: the code of an extension's digits, 0 where there is none; -1: something else is.

    Up to five digits: from six on they may be a second number, and with commas even be taken for one.
    """
    label = at
    while label < size and (text[label] == ord(" ") or text[label] == ord(",")):
        label += 1
    after = after_label(text, label, size)
    code = 0
    if after > 0:
        at, code = after, 1
        if at < size and (text[at] == ord(".") or text[at] == ord(":")):
            at += 1
        while at < size and (text[at] == ord(" ") or text[at] == ord("-")):
            at += 1
        while at < size and ord("0") <= text[at] <= ord("9") and code < 10**5:
            code = 10 * code + int(text[at]) - ord("0")
            at += 1
        if code == 1:
            return -1
    while at < size:
        if not _SETS[text[at]] & _BEHIND:
            return -1
        at += 1
    return code


@helper
def number_end(text: Bytes, start: int, size: int) -> int:
    """Find the first byte behind a number that a number does not go on with."""
    at = start + 1
    while at < size and _SETS[text[at]] & _NUMBER:
        at += 1
    return at

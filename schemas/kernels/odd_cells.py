"""Cells of odd phones: one byte a character, and the stretch of it that the library takes for a number.

ASCII is as it is; beyond it there are a blank, signs that may be in a number, and signs that may not.
"""

from __future__ import annotations

import numpy as np

from schemas.kernels.dressed import without_decimal
from schemas.kernels.kernel import Bytes, Int64s, helper
from schemas.kernels.word_lists import is_word, lower

#: In place of a character beyond ASCII: the blank that keeps words together; punctuation; a mark that nobody sees.
_BLANK, _PUNCTUATION, _UNSEEN = 0xA0, 0xA1, 0x80
#: Digits of a number at most.
MOST_DIGITS = 16

DIGIT, LETTER, DRESS, IN_NUMBER, MORE, SPACE, AHEAD, BEHIND = 1, 2, 4, 8, 16, 32, 64, 128
SETS = np.zeros(256, dtype=np.uint8)
for _set, _characters in (
    (DIGIT, b"0123456789"),
    (LETTER, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    (DRESS, b"0123456789 ().-[]/*\xa0\xa1"),  # of a number without letters
    (IN_NUMBER, b"0123456789 ().-[]/*~xX\xa0\xa1"),  # up to its third digit
    (MORE, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ#~;,"),
    (SPACE, b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\xa0"),
    (AHEAD, b" \t,\xa0"),  # of the label of an extension
    (BEHIND, b" \t,-\xa0"),  # and behind it
):
    SETS[list(_characters)] |= _set
#: The digit of a key, and of a digit itself (ITU-T E.161).
KEYS = np.zeros(256, dtype=np.uint8)
KEYS[list(b"0123456789")] = range(10)
for _letters in (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz"):
    KEYS[list(_letters)] = [int(key) for key in "22233344455566677778889999"]


@helper
def one_byte_each(data: Bytes, start: int, end: int, text: Bytes) -> tuple[int, bool]:
    """Write a cell with one byte a character; return the size, 0 where one is strange, and whether any is wide."""
    size, at, is_wide = 0, start, False
    while at < end:
        first = int(data[at])
        second = int(data[at + 1]) if at + 1 < end else 0
        third = int(data[at + 2]) if at + 2 < end else 0
        byte, width = 0, 3
        if first < 128:
            byte, width = first, 1
        elif first == 0xC2:  # U+0080 to U+00BF
            byte, width = _BLANK if second == 0xA0 else _PUNCTUATION if second == 0xAD else 0, 2
        elif first == 0xE2 and second == 0x80:  # U+2000 to U+203F
            if third == 0x8B or 0x90 <= third <= 0x95:
                byte = _PUNCTUATION
            elif third == 0x8E or third == 0x8F or 0xAA <= third <= 0xAE:
                byte = _UNSEEN
        elif first == 0xE2 and second == 0x81:
            byte = _PUNCTUATION if third == 0xA0 else _UNSEEN if 0xA6 <= third <= 0xA9 else 0
        elif first == 0xE2 and second == 0x88:
            byte = _PUNCTUATION if third == 0x92 else 0  # minus
        elif first == 0xEF and second == 0xBB:
            byte = _UNSEEN if third == 0xBF else 0
        elif first == 0xEF and second == 0xBC:  # U+FF00 to U+FF3F
            is_wide = True
            if 0x90 <= third <= 0x99:
                byte = ord("0") + third - 0x90
            elif third == 0x8B:
                byte = ord("+")
            elif third == 0x88 or third == 0x89 or 0x8D <= third <= 0x8F:
                byte = _PUNCTUATION
        if byte == 0:
            return 0, False
        text[size] = byte
        size += 1
        at += width
    return size, is_wide


@helper
def is_left(text: Bytes, size: int, is_wide: bool) -> bool:
    """Whether a cell is left to the library: what a spreadsheet may have spoiled, and parameters (RFC 3966)."""
    signs, letters, others, more = 0, 0, 0, 0
    for at in range(size):
        byte = lower(int(text[at]))
        sets = SETS[byte]
        more |= sets
        letters += 1 if sets & LETTER else 0
        signs += 1 if byte == ord("#") else 0
        is_figure = sets & DIGIT or byte == ord("+") or byte == ord(".") or byte == ord(",") or byte == ord("e")
        others += 0 if is_figure else 1
        if byte == ord(";") and at + 1 < size:
            parameter = lower(int(text[at + 1]))
            if parameter == ord("p") or parameter == ord("i"):
                return True
    is_power = letters == 1 and others == 0 and lower(int(text[0])) != ord("e")
    return signs == size or is_power or without_decimal(text, size) > 0 or (is_wide and more & MORE != 0)


@helper
def first_of_number(text: Bytes, size: int) -> int:
    """Find the first digit or plus; the end where there is none."""
    first = 0
    while first < size and text[first] != ord("+") and not SETS[text[first]] & DIGIT:
        first += 1
    return first


@helper
def last_of_number(text: Bytes, first: int, size: int) -> int:
    """Find the end of what the library looks at: behind the last letter, digit or #."""
    last = size
    while last > first + 1 and not SETS[text[last - 1]] & (DIGIT | LETTER) and text[last - 1] != ord("#"):
        last -= 1
    return last


@helper
def is_dressed(text: Bytes, first: int, last: int) -> tuple[bool, bool]:
    """Whether only digits in their dress are here, perhaps behind a plus; and whether anything of a number is."""
    at, more = first, 0
    while at < last and text[at] == ord("+"):
        at += 1
    while at < last and SETS[text[at]] & DRESS:
        at += 1
    for place in range(first, last):
        more |= SETS[text[place]]
    return at == last, more & MORE != 0


@helper
def second_number(text: Bytes, first: int, last: int) -> int:
    """Find where the second of two extensions starts, which the library leaves out; the end where there is none."""
    for at in range(first, last):
        if text[at] == ord("/") or text[at] == ord("\\"):
            behind = at + 1
            while behind < last and text[behind] == ord(" "):
                behind += 1
            if behind < last and text[behind] == ord("x"):
                return at
    return last


@helper
def letters_in(text: Bytes, first: int, end: int) -> int:
    """Count letters."""
    letters = 0
    for at in range(first, end):
        letters += 1 if SETS[text[at]] & LETTER else 0
    return letters


@helper
def code_in(text: Bytes, first: int, end: int, sets: int) -> tuple[int, int]:
    """The code of some digits, or of digits and letters, and how many they are; no more than a number has go in."""
    code, digits = 1, 0
    for at in range(first, end):
        if SETS[text[at]] & sets:
            digits += 1
            code = 10 * code + int(KEYS[text[at]]) if digits <= MOST_DIGITS else code
    return code, digits


@helper
def words_ahead(text: Bytes, first: int, bounds: Int64s, labels: Bytes) -> bool:
    """Whether a word before the number is no label."""
    at = 0
    while at < first:
        end = at
        while end < first and SETS[text[end]] & LETTER:
            end += 1
        if end > at and not is_word(text, at, end, bounds, labels):
            return True
        at = end + 1
    return False

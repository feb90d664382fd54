"""Several numbers in one cell, as `schemas.contact.numbering.library.parts_of_cell` finds them."""

from __future__ import annotations

from schemas.kernels.kernel import Bytes, Int64s, helper
from schemas.kernels.odd_cells import DIGIT, LETTER, SETS, SPACE
from schemas.kernels.word_lists import is_word

#: So many digits are a number beside another.
_BESIDE = 6


@helper
def holds_several(text: Bytes, size: int, is_wide: bool, word_bounds: Int64s, words: Bytes) -> bool:
    """Whether there are several numbers in a cell, as `schemas.contact.numbering.library.parts_of_cell` sees it."""
    at, numbers, digits, total, slash, ahead = 0, 0, 0, 0, -1, 0
    while at < size:
        byte = text[at]
        end = at
        if byte == ord("/") and slash < 0:
            slash, ahead = at, total
        if byte == ord("/") or byte == ord(";") or byte == ord("|") or byte == ord("&"):
            end = at + 1
        elif byte == ord("\n") or byte == ord("\r"):
            end = at + 1
        elif byte == ord(","):
            end = at + 1 if is_before_number(text, at + 1, size) else at
        elif SETS[byte] & SPACE:
            end = behind_word(text, at, size, word_bounds, words)
        if end > at:
            numbers += 1 if digits >= _BESIDE else 0
            digits = 0
            at = end
            continue
        if SETS[byte] & DIGIT:
            digits += 1
            total += 1
        at += 1
    if numbers + (1 if digits >= _BESIDE else 0) > 1:
        return True
    if slash >= 0 and ahead >= _BESIDE:  # the end of a range
        at, digits = slash + 1, 0
        while at < size and SETS[text[at]] & SPACE:
            at += 1
        while at < size and SETS[text[at]] & DIGIT:
            digits += 1
            at += 1
        while at < size and not SETS[text[at]] & DIGIT:
            at += 1
        if 1 <= digits <= 3 and at == size:
            return True
    return are_side_by_side(text, size, is_wide)


@helper
def is_before_number(text: Bytes, at: int, size: int) -> bool:
    """Whether a blank comes next, or ten digits."""
    if at < size and SETS[text[at]] & SPACE:
        return True
    if at < size and text[at] == ord("+"):
        at += 1
    digits = 0
    while at < size and digits < 10 and SETS[text[at]] & DIGIT:
        digits += 1
        at += 1
    return digits == 10


@helper
def behind_word(text: Bytes, at: int, size: int, bounds: Int64s, words: Bytes) -> int:
    """Find the end of a blank, a word that is between numbers, and a blank; where they begin when they are not here."""
    first = at
    while first < size and SETS[text[first]] & SPACE:
        first += 1
    last = first
    while last < size and SETS[text[last]] & LETTER:
        last += 1
    end = last
    while end < size and SETS[text[end]] & SPACE:
        end += 1
    return end if end > last and last > first and is_word(text, first, last, bounds, words) else at


@helper
def are_side_by_side(text: Bytes, size: int, is_wide: bool) -> bool:
    """Whether a cell is two whole numbers with blanks or hyphens between them, and no prefix for calls abroad."""
    if size > 2 and not is_wide and text[0] == ord("0"):
        if text[1] == ord("0") or (text[1] == ord("1") and text[2] == ord("1")):
            return False
    first = 0
    while first < size and SETS[text[first]] & DIGIT:
        first += 1
    second = first
    while second < size and (text[second] == ord(" ") or text[second] == ord("-")):
        second += 1
    end = second
    while end < size and SETS[text[end]] & DIGIT:
        end += 1
    return first >= 7 and second > first and end - second >= 7 and end == size

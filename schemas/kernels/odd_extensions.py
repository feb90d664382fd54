"""Extensions of phones, in every way that the library takes them off, and what it tries to read at all."""

from __future__ import annotations

from schemas.kernels.kernel import Bytes, helper
from schemas.kernels.odd_cells import AHEAD, BEHIND, DIGIT, IN_NUMBER, LETTER, SETS
from schemas.kernels.word_lists import lower


@helper
def label_end(text: Bytes, at: int, end: int) -> tuple[int, int]:
    """Find the label of an extension that starts here: where it ends, and how many digits may follow; 0: none does."""
    if at >= end:
        return at, 0
    byte = lower(int(text[at]))
    if byte == ord("#") or byte == ord("~"):
        return at + 1, 9
    if byte == ord("i"):
        is_int = at + 2 < end and lower(int(text[at + 1])) == ord("n") and lower(int(text[at + 2])) == ord("t")
        return (at + 3, 9) if is_int else (at, 0)
    if byte == ord("a"):
        return (at + 5, 20) if spells(text, at + 1, end, 0x6F78656E, 4) else (at, 0)  # nexo
    first = at + 1 if byte == ord("e") else at
    if first >= end or lower(int(text[first])) != ord("x"):
        return at, 0
    if first + 1 >= end or lower(int(text[first + 1])) != ord("t"):
        return (at, 0) if first > at else (at + 1, 9)
    first += 2
    if spells(text, first, end, 0x6F69736E65, 5):  # ensio
        first += 5
    return (first + 1 if first < end and lower(int(text[first])) == ord("n") else first), 20


@helper
def spells(text: Bytes, at: int, end: int, letters: int, size: int) -> bool:
    """Whether letters come next, of which the first is the lowest byte of an integer."""
    if at + size > end:
        return False
    for place in range(size):
        if lower(int(text[at + place])) != (letters >> 8 * place) & 255:
            return False
    return True


@helper
def is_extension(text: Bytes, at: int, first: int, last: int, has_sign: bool) -> bool:
    """Whether a text is an extension from here on, of which the digits are from ``first`` to ``last``.

    ``has_sign``: a # is behind these.
    """
    digits = last - first
    if first - at == 5 and spells(text, at, first, 0x7478653B, 4) and text[at + 4] == ord("="):  # ;ext=
        return digits <= 20 and not has_sign
    if has_sign and digits <= 6 and at < first:
        dashes = at
        while dashes < first and (text[dashes] == ord(" ") or text[dashes] == ord("-")):
            dashes += 1
        if dashes == first:
            return True
    blanks = at
    while blanks < first and SETS[text[blanks]] & AHEAD:
        blanks += 1
    end, most = label_end(text, blanks, first)
    if most > 0 and digits <= most and is_behind_label(text, end, first):
        return True
    blanks = at
    while blanks < first and SETS[text[blanks]] & AHEAD and text[blanks] != ord(","):
        blanks += 1
    commas = blanks
    while commas < first and text[commas] == ord(","):
        commas += 1
    if commas > blanks and digits <= 9 and is_behind_label(text, commas, first):
        return True
    pause = blanks + 2 if commas >= blanks + 2 else blanks + 1 if blanks < first and text[blanks] == ord(";") else 0
    return pause > 0 and digits <= 15 and is_behind_label(text, pause, first)


@helper
def is_behind_label(text: Bytes, at: int, end: int) -> bool:
    """Whether only what may be between the label of an extension and its digits is here."""
    if at < end and (text[at] == ord(".") or text[at] == ord(":")):
        at += 1
    while at < end and SETS[text[at]] & BEHIND:
        at += 1
    return at == end


@helper
def extension_digits(text: Bytes, first: int, size: int) -> tuple[int, int]:
    """Find the last digits of a text, perhaps before a #: where they begin and end; none where both are the same."""
    last = size - 1 if size > first and text[size - 1] == ord("#") else size
    begin = last
    while begin > first and SETS[text[begin - 1]] & DIGIT:
        begin -= 1
    return begin, last


@helper
def is_viable(text: Bytes, first: int, size: int) -> bool:
    """Whether a text is what the library tries to read: three digits in some dress, more with letters, an extension."""
    at = first
    while at < size and text[at] == ord("+"):
        at += 1
    digits, third = 0, -1
    while at < size and SETS[text[at]] & (IN_NUMBER if third < 0 else IN_NUMBER | LETTER):
        if SETS[text[at]] & DIGIT:
            digits += 1
            third = at + 1 if digits == 3 else third
        at += 1
    if third < 0:
        return size - first == 2 and digits == 2 and bool(SETS[text[first]] & DIGIT)
    if at == size:
        return True
    begin, last = extension_digits(text, first, size)
    for start in range(third, at + 1):
        if begin < last and start < begin and is_extension(text, start, begin, last, last < size):
            return True
    return False


@helper
def extension_start(text: Bytes, first: int, size: int) -> int:
    """Find where the extension of a text starts that the library takes off; the end where there is none."""
    begin, last = extension_digits(text, first, size)
    if begin == last:
        return size
    for start in range(first, begin):
        if is_extension(text, start, begin, last, last < size):
            return start if is_viable(text, first, start) else size
    return size

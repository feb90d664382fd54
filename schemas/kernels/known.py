"""Which cells are known: words that a register names, and numbers of given forms."""

from __future__ import annotations

from schemas.kernels.kernel import Bytes, Flags, Int32s, Int64s, helper, kernel
from schemas.kernels.views import VIEW_WORDS, text_start
from schemas.kernels.word_lists import ends_alike, lower

#: A search without a sign that ends what is looked at.
NO_SIGN = -1


@helper
def is_known(
    data: Bytes, start: int, end: int, sign: int, longest: int, word: int, behind: int, bounds: Int64s, words: Bytes
) -> bool:
    """Whether a cell is one of some words; the parameters are those of `find_words`."""
    if sign >= 0:
        stop = min(end, start + longest + 1)
        end = start
        while end < stop and data[end] != sign:
            end += 1
        if end == stop:
            return False
    while word < behind:
        size = bounds[word + 1] - bounds[word]
        if size == end - start and ends_alike(data, end, bounds[word + 1], size, words):
            return True
        word += 1
    return False


@kernel
def find_words(
    views: Int32s,
    memory: Bytes,
    parts: Int64s,
    valid: Flags,
    sign: int,
    longest: int,
    pairs: Flags,
    firsts: Int64s,
    bounds: Int64s,
    words: Bytes,
    found: Flags,
) -> None:
    """Say which cells are one of the words, in any case.

    ``views`` of the cells, and the ``parts`` of ``memory`` that they are in (`schemas.support.text_views.InMemory`).
    ``sign``: a byte; then what is before the first of it is asked, and cells without it are none. ``longest``: the size
    of the longest word. ``pairs``: with which two bytes one may begin, by the second times 256 and the first. The words
    are ordered; those that begin with a byte are from ``firsts[byte]`` to ``firsts[byte + 1]``.
    """
    for row in range(len(found)):
        found[row] = False
        place = row * VIEW_WORDS
        size, head = int(views[place]), int(views[place + 1]) & 0xFFFF
        if not pairs[head] or size == 0 or (sign < 0 and size > longest) or (len(valid) and not valid[row]):
            continue
        letter = lower(head & 255)
        word, behind = firsts[letter], firsts[letter + 1]
        start, _ = text_start(views, row, parts)
        found[row] = is_known(memory, start, start + size, sign, longest, word, behind, bounds, words)


@helper
def has_form(data: Bytes, start: int, size: int, form: int, behind: int, bounds: Int64s, forms: Bytes) -> bool:
    """Whether a number has one of some forms."""
    while form < behind:
        first, at = bounds[form], 0
        if bounds[form + 1] - first == size:
            while at < size and (forms[first + at] == data[start + at] or forms[first + at] == ord(".")):
                at += 1
            if at == size:
                return True
        form += 1
    return False


@kernel
def find_forms(
    views: Int32s,
    memory: Bytes,
    parts: Int64s,
    valid: Flags,
    firsts: Int64s,
    bounds: Int64s,
    forms: Bytes,
    found: Flags,
) -> None:
    """Say which numbers (E.164) have one of the forms, in which a dot is any byte.

    For the first four see `find_words`. The forms are ordered; those that have a byte behind the plus are from
    ``firsts[byte]`` to ``firsts[byte + 1]``.
    """
    for row in range(len(found)):
        found[row] = False
        place = row * VIEW_WORDS
        size, byte = int(views[place]), (int(views[place + 1]) >> 8) & 255
        form, behind = firsts[byte], firsts[byte + 1]
        if form == behind or size < 2 or (len(valid) and not valid[row]):
            continue
        start, _ = text_start(views, row, parts)
        found[row] = has_form(memory, start, size, form, behind, bounds, forms)

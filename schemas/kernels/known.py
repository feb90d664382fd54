"""Which cells are known: words that a register names, and numbers of given forms."""

from __future__ import annotations

from schemas.kernels.kernel import Bytes, Flags, Int64s, kernel
from schemas.kernels.word_lists import ends_alike, lower

#: A search without a sign that ends what is looked at.
NO_SIGN = -1


@kernel
def find_words(
    bounds: Int64s,
    data: Bytes,
    valid: Flags,
    sign: int,
    longest: int,
    firsts: Int64s,
    word_bounds: Int64s,
    words: Bytes,
    found: Flags,
) -> None:
    """Say which cells are one of the words, in any case.

    ``sign``: a byte; then what is before the first of it is asked, and cells without it are none. ``longest``: the size
    of the longest word. The words are ordered; those that begin with a byte are from ``firsts[byte]`` to
    ``firsts[byte + 1]``.
    """
    for row in range(len(found)):
        start, end = bounds[row], bounds[row + 1]
        found[row] = False
        if start == end or (len(valid) and not valid[row]):
            continue
        first = lower(int(data[start]))
        word, behind = firsts[first], firsts[first + 1]
        if word == behind:
            continue
        if sign >= 0:
            stop = min(end, start + longest + 1)
            end = start
            while end < stop and data[end] != sign:
                end += 1
            if end == stop:
                continue
        while word < behind and not found[row]:
            size = word_bounds[word + 1] - word_bounds[word]
            found[row] = size == end - start and ends_alike(data, end, word_bounds[word + 1], size, words)
            word += 1


@kernel
def find_forms(
    bounds: Int64s, data: Bytes, valid: Flags, firsts: Int64s, form_bounds: Int64s, forms: Bytes, found: Flags
) -> None:
    """Say which numbers (E.164) have one of the forms, in which a dot is any byte.

    The forms are ordered; those that have a byte behind the plus are from ``firsts[byte]`` to ``firsts[byte + 1]``.
    """
    for row in range(len(found)):
        start, end = bounds[row], bounds[row + 1]
        found[row] = False
        if end - start < 2 or (len(valid) and not valid[row]):
            continue
        byte = int(data[start + 1])
        for form in range(firsts[byte], firsts[byte + 1]):
            first = form_bounds[form]
            size = form_bounds[form + 1] - first
            if size != end - start:
                continue
            at = 0
            while at < size and (forms[first + at] == data[start + at] or forms[first + at] == ord(".")):
                at += 1
            if at == size:
                found[row] = True
                break

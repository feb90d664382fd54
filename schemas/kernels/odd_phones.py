"""Phones in every shape that is read without the library: what `schemas.contact.numbering.known` says, for columns.

Extensions and words on the keys of a phone are found as the library finds them; then the digits decide.
"""

from __future__ import annotations

from schemas.kernels.dressed import MOST_BYTES
from schemas.kernels.kernel import Bytes, Flags, Int16s, Int32s, Int64s, helper, kernel
from schemas.kernels.odd_cells import (
    DIGIT,
    LETTER,
    MOST_DIGITS,
    code_in,
    first_of_number,
    is_dressed,
    is_left,
    last_of_number,
    letters_in,
    one_byte_each,
    second_number,
    words_ahead,
)
from schemas.kernels.odd_extensions import extension_start, is_viable
from schemas.kernels.odd_several import holds_several
from schemas.kernels.phones import AS_IF_PLUS, NO_REGION, UNDECIDED, calling_code, piece_of
from schemas.kernels.views import VIEW_WORDS, text_start

#: Places of answers that no table has to give: no number, no country known, several numbers in the cell, a word
#: before the number.
NO_NUMBER, NO_COUNTRY, SEVERAL, WORD_AHEAD = range(4)

#: With fewer digits the library is asked, and about a longer extension.
_LEAST_DIGITS, _EXTENSION = 3, 9
#: With that many letters a number is a word.
_WORD = 3


@helper
def is_spelled_out(text: Bytes, first: int, size: int) -> bool:
    """Whether the library takes a text from its first digit or plus on for a number with a word in it."""
    return is_viable(text, first, size) and letters_in(text, first, extension_start(text, first, size)) >= _WORD


@helper
def answer_of(
    code: int,
    is_behind_plus: bool,
    region: int,
    of_region: Int32s,
    of_code: Int32s,
    tables: Int64s,
    starts: Int64s,
    answers: Int32s,
    deltas: Int64s,
    lasts: Int32s,
    wanted: Int64s,
    fixed: Int32s,
) -> tuple[int, int]:
    """The number of the answer to digits, and E.164 as an integer."""
    ahead = calling_code(code, of_code) if is_behind_plus else 0
    if ahead == 0:
        if is_behind_plus and region == NO_REGION:
            return int(fixed[NO_COUNTRY]), 0
        wanted[region] += 1
        table = of_region[region]
        if table < 0:
            return UNDECIDED, 0
        piece = piece_of(code, starts, lasts, tables, table)
        said, e164 = int(answers[piece]), code + int(deltas[piece])
        if said != AS_IF_PLUS:
            # Behind a plus without a calling code it can only be a call abroad.
            return (int(fixed[NO_NUMBER]), 0) if is_behind_plus and said != UNDECIDED else (said, e164)
        code, ahead = e164, calling_code(e164, of_code)
        if ahead == 0:
            return int(fixed[NO_NUMBER]), 0
    wanted[len(of_region) + ahead] += 1
    table = of_code[ahead]
    if table < 0 or code < 10**_LEAST_DIGITS:
        return UNDECIDED, 0
    piece = piece_of(code, starts, lasts, tables, table)
    return int(answers[piece]), code + int(deltas[piece])


@kernel
def decide_odd(
    views: Int32s,
    memory: Bytes,
    parts: Int64s,
    valid: Flags,
    regions: Int16s,
    of_region: Int32s,
    of_code: Int32s,
    tables: Int64s,
    starts: Int64s,
    answers: Int32s,
    deltas: Int64s,
    lasts: Int32s,
    label_bounds: Int64s,
    labels: Bytes,
    text: Bytes,
    wanted: Int64s,
    answer: Int32s,
    e164: Int64s,
    more: Int32s,
    word_bounds: Int64s,
    words: Bytes,
    fixed: Int32s,
    is_ok: Flags,
) -> None:
    """Decide cells that `schemas.kernels.phones.decide` left undecided; the parameters are the same.

    And the ``words`` that are between two numbers, the numbers of the ``fixed`` answers, and of each answer (one place
    on) whether it is a valid number.
    """
    for row in range(len(answer)):
        start, _ = text_start(views, row, parts)
        end = start + int(views[row * VIEW_WORDS])
        if answer[row] != UNDECIDED or (len(valid) and not valid[row]) or end - start > MOST_BYTES:
            continue
        more[row] = 0
        size, is_wide = one_byte_each(memory, start, end, text)
        if size == 0 or is_left(text, size, is_wide):
            continue
        if holds_several(text, size, is_wide, word_bounds, words):
            answer[row] = UNDECIDED if is_wide else fixed[SEVERAL]
            continue
        first = first_of_number(text, size)
        last = last_of_number(text, first, size)
        is_plain, has_more = is_dressed(text, first, last)
        cut = last if is_plain else second_number(text, first, last)
        if first == size or (not is_plain and not (has_more and is_viable(text, first, cut))):
            answer[row] = fixed[NO_NUMBER]
            continue
        number_end = last if is_plain else extension_start(text, first, cut)
        is_spelled = letters_in(text, first, number_end) >= _WORD
        code, digits = code_in(text, first, number_end, DIGIT | LETTER if is_spelled else DIGIT)
        if is_plain and digits < _LEAST_DIGITS and not last - first == digits == 2:
            answer[row] = fixed[NO_NUMBER]
            continue
        extension, extension_size = 0, 0
        if number_end < cut:
            extension, extension_size = code_in(text, number_end, cut, DIGIT)
        if digits < _LEAST_DIGITS or digits > MOST_DIGITS or extension_size > _EXTENSION:
            continue
        said, number = answer_of(
            code,
            text[first] == ord("+"),
            regions[row],
            of_region,
            of_code,
            tables,
            starts,
            answers,
            deltas,
            lasts,
            wanted,
            fixed,
        )
        if said < 0:
            continue
        if is_ok[said + 1]:
            # Letters that the library perhaps took for digits; here it looks at all that is behind the number, too.
            if is_spelled or (cut < size and is_spelled_out(text, first, size)):
                continue
            if words_ahead(text, first, label_bounds, labels):
                said = int(fixed[WORD_AHEAD])
        answer[row], e164[row], more[row] = said, number, extension

"""Phones: from the bytes of a cell to the answer of a numbering plan's table, and from numbers to E.164 text.

The *code* of some digits is the integer written by a 1 and those digits (`schemas.contact.numbering.ranges`).
"""

from __future__ import annotations

import numpy as np

from schemas.kernels.dressed import (
    DECIMAL,
    MOST_BYTES,
    extension_code,
    number_end,
    number_start,
    plain_text,
    without_decimal,
)
from schemas.kernels.kernel import Bytes, Flags, Int16s, Int32s, Int64s, helper, kernel
from schemas.kernels.views import HEAD_BYTES, INLINE, VIEW_BYTES, VIEW_WORDS, text_start

#: Number of the region where none is known, and of a word that is no two capital letters. Before them: AA, AB … ZZ.
NO_REGION = 26 * 26
OTHER_REGION = NO_REGION + 1
REGIONS = OTHER_REGION + 1

#: In a directory of tables: there is no table, and never will be; there may be one, and it is not loaded.
NO_TABLE, NOT_LOADED = -1, -2
#: As in `schemas.contact.numbering.answers`.
UNDECIDED, AS_IF_PLUS = -1, -2

#: A cell with more bytes than these is not read, nor digits that are fewer or more than these.
_MOST_BYTES, _LEAST_DIGITS, _MOST_DIGITS = 63, 3, 16
#: With that many digits a slash may be between two numbers (of six digits or more).
_SEVERAL_DIGITS = 12
#: With that many, also a blank or a hyphen may (seven digits or more).
_TWO_NUMBERS = 14
#: So few digits behind a slash may be the end of a range ("030 1234567/68").
_RANGE_DIGITS = 3

#: What is looked at again once it was read: what was refused; a valid number of another country than the region's; one
#: of the region's country, whose digits behind the calling code begin with it again.
REFUSED, FOREIGN, TWICE = 1, 2, 3

#: Powers of ten, of which an integer has nineteen.
_POWERS = np.array([10**power for power in range(19)], dtype=np.uint64)
#: Unsigned: an index that cannot be negative, and a division without a case for it.
_ONE, _TEN, _ZERO = np.uint64(1), np.uint64(10), np.uint64(ord("0"))

_DIGIT, _PUNCTUATION, _DOT, _SLASH, _PLUS = 1, 2, 3, 4, 5
_KINDS = np.zeros(256, dtype=np.uint8)
for _bytes, _kind in (
    (b"0123456789", _DIGIT),
    (b" ()-[]", _PUNCTUATION),
    (b".", _DOT),
    (b"/", _SLASH),
    (b"+", _PLUS),
):
    _KINDS[list(_bytes)] = _kind
#: Of each byte one more of its kind: six bits count each. And by what a code is multiplied, and what is added to it.
_COUNTED = np.uint64(1) << np.uint64(6) * _KINDS.astype(np.uint64)
_TIMES = np.where(_KINDS == _DIGIT, 10, 1).astype(np.uint8)
_ADDED = np.where(_KINDS == _DIGIT, np.arange(256) - ord("0"), 0).astype(np.uint8)


@kernel
def region_numbers(bounds: Int64s, data: Bytes, valid: Flags, numbers: Int16s) -> None:
    """Number the region of each row."""
    for row in range(len(numbers)):
        at = bounds[row]
        numbers[row] = OTHER_REGION
        if len(valid) and not valid[row]:
            numbers[row] = NO_REGION
        elif bounds[row + 1] - at == 2:
            first, second = int(data[at]) - ord("A"), int(data[at + 1]) - ord("A")
            if 0 <= first < 26 and 0 <= second < 26:
                numbers[row] = 26 * first + second


@helper
def code_of_cell(data: Bytes, start: int, end: int) -> int:
    """Return the code of a cell's digits, negative behind a plus; 0 where the reading is not certain.

    Only digits and mere punctuation are read, perhaps with one plus in front; for these the library looks at nothing
    but the plus and the digits. Not read: letters, extensions, several numbers in one cell, characters beyond ASCII,
    and whatever `read_phone` might take for damage by a spreadsheet.
    """
    if end - start > _MOST_BYTES:
        return 0
    code, counted = 1, np.uint64(0)
    # Without a branch: punctuation is anywhere.
    for place in range(np.uint64(start), np.uint64(end)):
        byte = data[place]
        counted += _COUNTED[byte]
        code = code * int(_TIMES[byte]) + int(_ADDED[byte])
    kinds = int(counted)
    digits, dots, slashes, pluses = (
        (kinds >> 6 * _DIGIT) & 63,
        (kinds >> 6 * _DOT) & 63,
        (kinds >> 6 * _SLASH) & 63,
        (kinds >> 6 * _PLUS) & 63,
    )
    if kinds & 63:
        return 0
    if digits < _LEAST_DIGITS or digits > _MOST_DIGITS:
        return 0
    if digits >= _TWO_NUMBERS and digits < end - start and pluses == 0:
        if data[start] != ord("0") or data[start + 1] != ord("0"):
            return 0
    if slashes > 0 and (digits >= _SEVERAL_DIGITS or digits_behind_slash(data, end) <= _RANGE_DIGITS):
        return 0
    if dots == 1 and end - start == digits + pluses + 1 and data[end - 1] == ord("0"):
        return 0  # a decimal
    if pluses == 0:
        return code
    in_front = data[start] == ord("+") or (data[start] == ord("(") and data[start + 1] == ord("+"))
    return -code if pluses == 1 and in_front else 0


@helper
def digits_behind_slash(data: Bytes, end: int) -> int:
    """How many digits are behind the last slash of a cell that has one."""
    digits, at = 0, end - 1
    while data[at] != ord("/"):
        digits += int(_TIMES[data[at]]) // 10
        at -= 1
    return digits


@helper
def piece_of(code: int, starts: Int64s, lasts: Int32s, tables: Int64s, table: int) -> int:
    """Find the piece of a table that a code is in. Four words a table: first piece, first bucket, shift, lowest bucket.

    Codes are in buckets by the leading bits of their floating-point form, which grows with the code; ``lasts`` has the
    last piece that begins in each. Only where several reach into a bucket, they are halved until one is left.
    """
    first, first_bucket = tables[4 * table], tables[4 * table + 1]
    bucket = (np.float64(code).view(np.int64) >> tables[4 * table + 2]) - tables[4 * table + 3]
    low = lasts[first_bucket + max(bucket - 1, 0)]
    high = lasts[first_bucket + bucket]
    while low < high:
        middle = (low + high + 1) >> 1
        if starts[first + middle] <= code:
            low = middle
        else:
            high = middle - 1
    return int(first + low)


@helper
def calling_code(code: int, of_code: Int32s) -> int:
    """Find the calling code that digits begin with, as its own digits' code; 0 where there is none."""
    first = code
    while first >= 2000:
        first //= 10
    # No calling code begins with another.
    while first >= 10 and of_code[first] == NO_TABLE:
        first //= 10
    return first if first >= 10 else 0


@helper
def code_in_cell(
    data: Bytes, start: int, end: int, label_bounds: Int64s, labels: Bytes, text: Bytes
) -> tuple[int, int]:
    """As `code_of_cell`, of a cell with more in it. Returns also the extension's code, or `DECIMAL`; 0: neither."""
    if end - start > MOST_BYTES:
        return 0, 0
    size = plain_text(data, start, end, text)
    decimal = without_decimal(text, size)
    if decimal > 0:
        return code_of_cell(text, 0, decimal), DECIMAL
    first = number_start(text, size, label_bounds, labels)
    if first < 0:
        return 0, 0
    last = number_end(text, first, size)
    extension = extension_code(text, last, size)
    if extension < 0:
        return 0, 0
    return code_of_cell(text, first, last), extension


@kernel
def decide(
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
) -> None:
    """Decide cells by the tables of their regions and calling codes: the answer's number, and E.164 as an integer.

    ``views`` of the cells, and the ``parts`` of ``memory`` that they are in (`schemas.support.text_views.InMemory`).
    ``of_region`` and ``of_code`` (by the code of a calling code's digits) are directories of tables; for ``starts``,
    ``lasts`` and ``tables`` see `piece_of`. ``text``: room for a cell. ``wanted`` counts who asked for each region's
    table, then each calling code's. ``more``: the extension's code, or `DECIMAL`; 0: neither.
    """
    for row in range(len(answer)):
        answer[row] = UNDECIDED
        more[row] = 0
        if len(valid) and not valid[row]:
            continue
        start, _ = text_start(views, row, parts)
        end = start + int(views[row * VIEW_WORDS])
        code = code_of_cell(memory, start, end)
        if code == 0:
            code, more[row] = code_in_cell(memory, start, end, label_bounds, labels, text)
        if code > 0:
            wanted[regions[row]] += 1
            table = of_region[regions[row]]
            if table < 0:
                continue
            piece = piece_of(code, starts, lasts, tables, table)
            answer[row] = answers[piece]
            e164[row] = code + deltas[piece]
            if answers[piece] != AS_IF_PLUS:
                continue
            code = -e164[row]
            answer[row] = UNDECIDED
        if code < 0:
            first = calling_code(-code, of_code)
            wanted[len(of_region) + first] += 1
            table = of_code[first]
            if table >= 0:
                piece = piece_of(-code, starts, lasts, tables, table)
                answer[row] = answers[piece]
                e164[row] = -code + deltas[piece]


@helper
def begins_twice(e164: int, code: int) -> bool:
    """Whether the digits behind a calling code begin with it again."""
    twice, rest = code, code
    while rest > 0:
        twice *= 10
        rest //= 10
    twice += code
    while e164 > twice:
        e164 //= 10
    return e164 == twice


@kernel
def look_again(
    at: Int32s,
    e164: Int64s,
    regions: Int16s,
    is_ok: Flags,
    codes: Int32s,
    of_region: Int32s,
    has_bogus_plus: Flags,
    may_repeat_code: Flags,
    kinds: Bytes,
) -> None:
    """Find the values that may have a second reading or a repair: `REFUSED`, `FOREIGN` or `TWICE`, else 0.

    ``at``: the form of each value, 0 of none; ``is_ok`` and ``codes``: by form. ``of_region`` (the calling code), and
    the two behind it: by region.
    """
    for row in range(len(kinds)):
        form, region = at[row], regions[row]
        kinds[row] = 0
        if form == 0:
            continue
        if not is_ok[form]:
            kinds[row] = REFUSED
        elif codes[form] != of_region[region]:
            kinds[row] = FOREIGN if has_bogus_plus[region] else 0
        elif may_repeat_code[region] and begins_twice(e164[row], codes[form]):
            kinds[row] = TWICE


@kernel
def e164_text(numbers: Int64s, views: Bytes, data: Bytes) -> None:
    """Write numbers as E.164 text; nothing for those that are not above 0.

    ``views``: the bytes of a view for each (`schemas.kernels.views`), all zero. ``data``: 20 bytes for each number that
    is too long for its view.
    """
    end = 0
    for row in range(len(numbers)):
        if numbers[row] <= 0:
            continue
        rest, digits = np.uint64(numbers[row]), 1
        while digits < len(_POWERS) and rest >= _POWERS[digits]:
            digits += 1
        place = np.uint64(VIEW_BYTES * row)
        views[place] = digits + 1
        if digits < INLINE:
            put_digits(views, place + np.uint64(HEAD_BYTES), digits, rest)
            continue
        put_digits(data, np.uint64(end), digits, rest)
        for byte in range(HEAD_BYTES):
            views[place + np.uint64(HEAD_BYTES + byte)] = data[end + byte]
            views[place + np.uint64(3 * HEAD_BYTES + byte)] = (end >> 8 * byte) & 255
        end += digits + 1


@helper
def put_digits(data: Bytes, start: np.uint64, digits: int, rest: np.uint64) -> None:
    """Write a plus and a number of so many digits."""
    data[start] = ord("+")
    at = start + np.uint64(digits)
    while rest > 0:
        tens = rest // _TEN
        data[at] = _ZERO + (rest - tens * _TEN)
        rest = tens
        at -= _ONE

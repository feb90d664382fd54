"""Emails: addresses about which the library can have only one opinion, in normal form, with their key and domain."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int64s, helper, kernel
from schemas.kernels.word_lists import is_below, is_word, lower

#: In so many bytes no length limit of RFC 5321 can be exceeded.
_MOST_BYTES = 64
_ONE = np.uint64(1)

#: Bytes of an atom of a local part, of a label of a domain, of a label of letters; capital letters; what must have
#: something else before and behind it; and the @.
_ATOM, _LABEL, _LETTER, _CAPITAL, _BETWEEN, _SIGN = 1, 2, 4, 8, 16, 16 | 32
_SETS = np.zeros(256, dtype=np.uint8)
_SETS[list(b"abcdefghijklmnopqrstuvwxyz")] = _ATOM | _LABEL | _LETTER
_SETS[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")] = _ATOM | _LABEL | _LETTER | _CAPITAL
_SETS[list(b"0123456789")] = _ATOM | _LABEL
_SETS[list(b"_'+")] = _ATOM
_SETS[list(b".-")] = _ATOM | _LABEL | _BETWEEN
_SETS[ord("@")] = _SIGN


@helper
def plain_at(data: Bytes, start: np.uint64, end: np.uint64) -> tuple[int, bool, bool]:
    """Find the @ of an address that is certain: plain ASCII, dots between atoms, letters at the end; 0 of any other.

    Two hyphens are left to the library: they mean IDNA. Returns also whether there are capital letters before the @,
    and behind it. Places are unsigned, since compiled code tries whether an index is negative.
    """
    # An apostrophe in front is a spreadsheet's mark.
    if end - start > _MOST_BYTES or end == start or data[start] == ord("'"):
        return 0, False, False
    place, mark, before, together, common, seen, of_local, capitals = end, end, _BETWEEN, 0, 255, 0, 0, 0
    for at in range(start, end):
        sets = _SETS[data[at]]
        together |= sets & before
        before = sets
        mark = mark if sets & _LETTER else at
        if sets == _SIGN:
            together |= _BETWEEN if place < end else 0
            place, of_local, capitals, common, seen = at, common, seen, 255, 0
        else:
            common &= sets
            seen |= sets
    if (together | before) & _BETWEEN or place == end or of_local & _ATOM == 0 or common & _LABEL == 0:
        return 0, False, False
    if data[mark] != ord(".") or end - mark <= 2:
        return 0, False, False
    return int(np.int64(place)), capitals & _CAPITAL != 0, seen & _CAPITAL != 0


@kernel
def plain_addresses(
    bounds: Int64s,
    data: Bytes,
    valid: Flags,
    mailbox_bounds: Int64s,
    mailboxes: Bytes,
    reserved_bounds: Int64s,
    reserved: Bytes,
    plain: Flags,
    normal: Bytes,
    key: Bytes,
    domain_bounds: Int64s,
    domain: Bytes,
) -> None:
    """Find addresses that are certain and in no reserved domain; write their normal form, key and domain.

    ``normal`` and ``key`` have the column's bounds. The normal form has the domain in lower case, and the mailboxes
    whose case means nothing; the key all of it.
    """
    for place in range(len(data)):
        normal[place] = data[place]
        key[place] = lower(int(data[place]))
    written = np.uint64(0)
    domain_bounds[0] = 0
    for row in range(len(plain)):
        start, end = bounds[row], bounds[row + 1]
        at, is_raised, is_raised_behind = plain_at(data, np.uint64(start), np.uint64(end))
        if len(valid) and not valid[row]:
            at = 0
        if at > 0 and is_below(data, at + 1, end, reserved_bounds, reserved):
            at = 0
        plain[row] = at > 0
        if at > 0:
            if is_raised_behind:
                for place in range(at + 1, end):
                    normal[place] = key[place]
            if is_raised and is_word(data, start, at, mailbox_bounds, mailboxes):
                for place in range(start, at):
                    normal[place] = key[place]
            for letter in range(np.uint64(at + 1), np.uint64(end)):
                domain[written] = key[letter]
                written += _ONE
        domain_bounds[row + 1] = written

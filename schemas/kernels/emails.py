"""Emails: addresses about which the library can have only one opinion, in normal form, with their key and domain."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int64s, helper, kernel
from schemas.kernels.word_lists import is_below, is_word, lower

#: In so many bytes no length limit of RFC 5321 can be exceeded.
_MOST_BYTES = 64

#: Bytes of an atom of a local part, of a label of a domain, and what neither a label of letters has.
_ATOM, _LABEL, _LETTER = 1, 2, 4
_SETS = np.zeros(256, dtype=np.uint8)
_SETS[list(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] = _ATOM | _LABEL | _LETTER
_SETS[list(b"0123456789")] = _ATOM | _LABEL
_SETS[list(b"_'+")] = _ATOM


@helper
def parts_end(data: Bytes, start: int, end: int, allowed: int) -> int:
    """Find where parts end that are of these bytes and have dots between; a part may have single hyphens inside.

    Two hyphens are left to the library: they mean IDNA. 0 where a part is empty, or begins or ends with a hyphen.
    """
    before = ord(".")
    for at in range(start, end):
        byte = data[at]
        if not _SETS[byte] & allowed:
            if byte != ord(".") and byte != ord("-"):
                return 0 if before == ord(".") or before == ord("-") else at
            if before == ord(".") or before == ord("-"):
                return 0
        before = byte
    return 0 if before == ord(".") or before == ord("-") else end


@helper
def plain_at(data: Bytes, start: int, end: int) -> int:
    """Find the @ of an address that is certain: plain ASCII, dots between atoms, letters at the end; 0 of any other."""
    # An apostrophe in front is a spreadsheet's mark.
    if end - start > _MOST_BYTES or end == start or data[start] == ord("'"):
        return 0
    at = parts_end(data, start, end, _ATOM)
    if at == 0 or at == end or data[at] != ord("@") or parts_end(data, at + 1, end, _LABEL) != end:
        return 0
    last = end
    while _SETS[data[last - 1]] & _LETTER:
        last -= 1
    return at if last > at + 1 and data[last - 1] == ord(".") and end - last >= 2 else 0


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
    written = 0
    domain_bounds[0] = 0
    for row in range(len(plain)):
        start, end = bounds[row], bounds[row + 1]
        at = 0 if len(valid) and not valid[row] else plain_at(data, start, end)
        if at > 0 and is_below(data, at + 1, end, reserved_bounds, reserved):
            at = 0
        plain[row] = at > 0
        if at > 0:
            raised = False
            for place in range(start, end):
                key[place] = lower(int(data[place]))
                raised = raised or key[place] != data[place]
                normal[place] = data[place] if place < at else key[place]
            if raised and is_word(data, start, at, mailbox_bounds, mailboxes):
                for place in range(start, at):
                    normal[place] = key[place]
            for place in range(at + 1, end):
                domain[written] = key[place]
                written += 1
        domain_bounds[row + 1] = written

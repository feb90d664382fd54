"""Emails: addresses about which the library can have only one opinion, in normal form, with their key and domain."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int32s, Int64s, UInt32s, helper, kernel
from schemas.kernels.views import VIEW_WORDS, put_part, put_view, text_start
from schemas.kernels.word_lists import is_below, is_word, lower

#: In so many bytes no length limit of RFC 5321 can be exceeded.
_MOST_BYTES = 64

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
    place: int | np.uint64 = end
    mark: int | np.uint64 = end
    before, together, common, seen, of_local, capitals = _BETWEEN, 0, 255, 0, 0, 0
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
    views: Int32s,
    memory: Bytes,
    starts: Int64s,
    ends: Int64s,
    valid: Flags,
    mailbox_bounds: Int64s,
    mailboxes: Bytes,
    reserved_bounds: Int64s,
    reserved: Bytes,
    plain: Flags,
    normal: UInt32s,
    key: UInt32s,
    domain: UInt32s,
    changed: Bytes,
    written: Int64s,
) -> None:
    """Find addresses that are certain and in no reserved domain; write views of their normal form, key and domain.

    The normal form has the domain in lower case, and the mailboxes whose case means nothing; the key all of it. What
    differs from the value is in ``changed``, the buffer behind those of the ``views``, with room for each value twice;
    ``written`` says how much. For ``memory``, ``starts`` and ``ends`` see `schemas.support.text_views.InMemory`.
    """
    more, own = 0, len(starts) - 1
    for row in range(len(plain)):
        plain[row] = False
        if len(valid) and not valid[row]:
            continue
        place, size = row * VIEW_WORDS, int(views[row * VIEW_WORDS])
        start, part = text_start(views, row, starts)
        end = start + size
        at, is_raised, is_raised_behind = plain_at(memory, np.uint64(start), np.uint64(end))
        if at == 0 or is_below(memory, at + 1, end, reserved_bounds, reserved):
            continue
        plain[row] = True
        behind = at + 1 - start
        if not is_raised and not is_raised_behind:
            for word in range(VIEW_WORDS):
                normal[place + word] = key[place + word] = views[place + word]
            put_part(
                domain,
                place,
                memory,
                start + behind,
                end,
                ends[part],
                int(views[place + 2]),
                int(views[place + 3]) + behind,
            )
            continue
        first = more
        for letter in range(size):
            changed[first + letter] = lower(int(memory[start + letter]))
        more += size
        put_view(key, place, changed, first, more, own)
        put_part(domain, place, changed, first + behind, more, len(changed), own, first + behind)
        if not is_raised or is_word(memory, start, at, mailbox_bounds, mailboxes):
            put_view(normal, place, changed, first, more, own)
        elif not is_raised_behind:
            for word in range(VIEW_WORDS):
                normal[place + word] = views[place + word]
        else:
            for letter in range(size):
                is_local = start + letter < at
                changed[more + letter] = memory[start + letter] if is_local else changed[first + letter]
            put_view(normal, place, changed, more, more + size, own)
            more += size
    written[0] = more

"""Changes that damage, haste and malice make to a file."""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from random import Random
from typing import Final

import pyarrow as pa

#: Numbers that lie about a length: small, negative, and beyond any file.
_LIES: Final = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 1 << 20, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
#: Levels of nesting and repeats of a key: more than anybody needs, less than what fills a disk.
_MANY: Final = (33, 1_000, 50_000)
_PACKED: Final = (b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\x1f\x8b", b"BZh")
_NAMES: Final = (
    "../up.csv",
    "/root.csv",
    "a\nb.csv",
    "con:x.csv",
    "é" * 100 + ".csv",
    "\x1b[31m.csv",
    "",
    "%s{}[0-9].csv",
)


def flip(content: bytes, draw: Random) -> bytes:
    """Flip some bits."""
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8, 40))):
        if changed:
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def truncate(content: bytes, draw: Random) -> bytes:
    """Cut off the end, or the beginning."""
    at = draw.randrange(len(content) + 1)
    return content[:at] if draw.random() < 0.8 else content[at:]


def splice(content: bytes, draw: Random) -> bytes:
    """Put a piece elsewhere: over others, between them, or once more."""
    start = draw.randrange(len(content) + 1)
    piece = content[start : start + draw.choice((1, 4, 16, 200, 5_000))]
    at = draw.randrange(len(content) + 1)
    return content[:at] + piece * draw.choice((1, 1, 2, 9)) + content[at + draw.choice((0, len(piece))) :]


def length(content: bytes, draw: Random) -> bytes:
    """Let a number of four or eight bytes lie."""
    lie, form = draw.choice(_LIES), draw.choice(("<I", ">I", "<Q", "<H"))
    written = struct.pack(form, lie & ((1 << (8 * struct.calcsize(form))) - 1))
    at = draw.randrange(max(len(content) - len(written), 1))
    if draw.random() < 0.7:
        at -= at % 4
    return content[:at] + written + content[at + len(written) :]


def noise(content: bytes, draw: Random) -> bytes:
    """Write bytes of chance, or marks that formats give a meaning, over some."""
    marks = (b'"', b"\0", b"\r", b"\n\n", b"\xff\xfe", b"<!ENTITY a 'b'>", b"[", b"{", b"\xed\xa0\x80", b",,,,", b"]]>")
    at = draw.randrange(len(content) + 1)
    piece = (
        draw.choice(marks) * draw.choice((1, 3, 50)) if draw.random() < 0.7 else draw.randbytes(draw.choice((1, 30)))
    )
    return content[:at] + piece + content[at + draw.choice((0, len(piece))) :]


def nest(content: bytes, draw: Random) -> bytes:
    """Put deep nesting, many repeats of a key, or a long record in place of something."""
    many = draw.choice(_MANY)
    piece = draw.choice(
        (
            b"[" * many + b"]" * many,
            b'{"a":' * many + b"1" + b"}" * many,
            b'"k":1,' * many,
            b"[" * many,
            b"<x>" * many,
            b"(" * many,
            b"9" * many,
            b'"' + b"y" * (draw.choice((1, 90)) * many),
        )
    )
    at = draw.randrange(len(content) + 1)
    return content[:at] + piece + content[at:]


PLAIN: Final[dict[str, Callable[[bytes, Random], bytes]]] = {
    "flip": flip,
    "truncate": truncate,
    "splice": splice,
    "length": length,
    "noise": noise,
    "nest": nest,
}


def inside(content: bytes, draw: Random) -> bytes:
    """Change what is packed, and pack it again: its checksums agree, so that the change reaches what reads it."""
    change = draw.choice(tuple(PLAIN.values()))
    if content[:2] == b"\x1f\x8b":
        return gzip.compress(change(gzip.decompress(content), draw), mtime=0)
    if content[:3] == b"BZh":
        return bz2.compress(change(bz2.decompress(content), draw))
    if content[:4] == b"\x28\xb5\x2f\xfd":
        whole = pa.CompressedInputStream(pa.BufferReader(content), "zstd").read()
        packed: bytes = pa.compress(change(whole, draw), codec="zstd", asbytes=True)
        return packed
    if content[:4] == b"PK\x03\x04":
        return _repacked(content, draw, change)
    return change(content, draw)


def _repacked(content: bytes, draw: Random, change: Callable[[bytes, Random], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    chosen = draw.randrange(len(members))
    name, old = members[chosen]
    how = draw.random()
    if how < 0.8:
        members[chosen] = (name, change(old, draw))
    elif how < 0.9:
        members[chosen] = (draw.choice(_NAMES), old)
    else:
        members.pop(chosen)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in members:
            archive.writestr(member or "x", text)
    return packed.getvalue()


def mutated(content: bytes, draw: Random) -> tuple[str, bytes]:
    """Draw a change. Returns its kind and what it makes."""
    if content.startswith(_PACKED) and draw.random() < 0.6:
        return "inside", inside(content, draw)
    kind = draw.choice(tuple(PLAIN))
    changed = PLAIN[kind](content, draw)
    if draw.random() < 0.2:
        changed = PLAIN[draw.choice(tuple(PLAIN))](changed, draw)
    return kind, changed

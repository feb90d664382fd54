"""Which encoding a text file is in: judged by the whole file, since one byte deep inside can settle it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from schemas.errors import DropError

_BLOCK = 8 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    # UTF-32's mark begins with UTF-16's, so it comes first.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY_MAGIC = {
    b"PK\x03\x04": "a zip archive or a workbook (xlsx, ods)",
    b"\xd0\xcf\x11\xe0": "an old workbook (xls)",
    b"\x1f\x8b": "gzip-compressed",
    b"%PDF": "a PDF",
    b"\x28\xb5\x2f\xfd": "zstandard-compressed",
    b"7z\xbc\xaf": "a 7z archive",
}
#: Control characters that text does not hold (tab, line ends and form feed it may).
_CONTROLS = [bytes([code]) for code in (*range(9), *range(14, 32)) if code != 27]
_SAMPLE = 256 << 10


@dataclass(frozen=True)
class Encoding:
    """``codec`` as Python names it; ``bom`` is the length of the mark at the start; ``why`` for a person."""

    codec: str
    bom: int
    why: str


def detect_encoding(path: Path, declared: str | None = None) -> Encoding:
    """Read the whole file once. `DropError` when it is not text, or no encoding fits."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    for magic, what in _BINARY_MAGIC.items():
        if head.startswith(magic):
            raise DropError(f"'{path}' is {what}, not CSV or Parquet.", "Export it as CSV (UTF-8).")
    mark, by_mark = next(((m, c) for m, c in _BOMS if head.startswith(m)), (b"", ""))
    if declared is not None:
        return Encoding(_known_codec(declared, path), len(mark), "declared by the layout")
    if by_mark not in ("", "utf-8"):
        return Encoding(by_mark, len(mark), "byte order mark")
    if sum(head.count(control) for control in _CONTROLS) > len(head) // 100:
        raise DropError(f"'{path}' is binary, not CSV or Parquet.", "Export it as CSV (UTF-8).")
    odd = _lines_that_are_not_utf8(path)
    if odd is None:
        return Encoding("utf-8", len(mark), "byte order mark" if mark else "the whole file is valid UTF-8")
    return Encoding(_single_byte(odd, path), 0, "not UTF-8; judged by the lines with non-ASCII bytes")


def _known_codec(name: str, path: Path) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise DropError(
            f"'{path}': the layout's encoding '{name}' is not known.", "Try utf-8 or windows-1252."
        ) from error


def _lines_that_are_not_utf8(path: Path) -> bytes | None:
    """None when the whole file is UTF-8, else a sample of its lines with non-ASCII bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                if not block.isascii() or decoder.getstate()[0]:
                    decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        pass
    else:
        return None
    sample = b""
    with path.open("rb") as stream:
        for line in stream:
            if not line.isascii():
                sample += line
            if len(sample) > _SAMPLE:
                break
    return sample


def _single_byte(sample: bytes, path: Path) -> str:
    # Where text is mostly ASCII, a few high bytes are the accents and curly quotes of western office programs; the
    # statistics of a general detector need far more text than that.
    with path.open("rb") as stream:
        head = stream.read(_SAMPLE)
    letters = sum(65 <= byte <= 90 or 97 <= byte <= 122 for byte in head)
    high = sum(byte > 127 for byte in head)
    mostly_ascii = high * 2 < letters
    if mostly_ascii:
        try:
            sample.decode("cp1252")
        except UnicodeDecodeError:
            pass
        else:
            return "cp1252"
    best = from_bytes(sample).best()
    if best is None:
        raise DropError(
            f"'{path}' is not UTF-8, and no other encoding fits it.",
            "Name its encoding in a layout (--layout).",
        )
    return codecs.lookup(best.encoding).name


def display_name(codec: str) -> str:
    """Name an encoding as people know it."""
    return {"cp1252": "windows-1252", "cp1251": "windows-1251", "cp1250": "windows-1250"}.get(codec, codec)

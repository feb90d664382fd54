"""Which encoding a text file is in: judged by the whole file, since one byte deep inside can settle it."""

from __future__ import annotations

import codecs
import sys
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from schemas.errors import FileError
from schemas.files.code_pages import CodePage, judge_code_page, second_opinion
from schemas.files.inputs import Input

#: So much is read at once: it is looked at several times, and stays near the processor.
_BLOCK = 256 << 10
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    # UTF-32's mark begins with UTF-16's, so it comes first.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: What DOS programs write behind a text: Ctrl-Z, and NULs up to a full block.
END_MARKS = b"\x1a\0"
_TAIL = 64 << 10
#: Control characters that text does not hold (tab, line ends and form feed it may).
_CONTROLS = [bytes([code]) for code in (*range(9), *range(14, 32)) if code != 27]
_SAMPLE = 256 << 10
#: After so many blank lines, they are a habit of the file and no gap between tables.
_BLANK_LINES = 64


class Encoding(NamedTuple):
    """``codec`` as Python names it; ``bom`` is the length of the mark at the start; ``why`` for a person.

    ``doubt``: another encoding that fits nearly as well and reads the text otherwise.
    """

    codec: str
    bom: int
    why: str
    doubt: str | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for a person: none but where there is a doubt."""
        if self.doubt is None:
            return ()
        return (
            f"the encoding is taken for {display_name(self.codec)}, and {display_name(self.doubt)} fits nearly as "
            "well: look at the names, and say encoding = ... in a layout if they are wrong",
        )


class TextSurvey(NamedTuple):
    """What the one read of the whole file found: its encoding, and byte offsets behind its first blank lines."""

    encoding: Encoding
    after_blank: tuple[int, ...] = ()

    def line_at(self, path: Input, offset: int) -> int:
        """0-based number of the line that begins at a byte offset."""
        lines = 0
        with path.open("rb") as stream:
            while offset > 0 and (block := stream.read(min(_BLOCK, offset))):
                lines += block.count(b"\n")
                offset -= len(block)
        return lines


def survey_text(path: Input, declared: str | None = None) -> TextSurvey:
    """Read the whole file once. Raises `FileError` when it is not text, or no encoding fits."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    mark = _mark(head)[0]
    if declared is not None:
        return TextSurvey(Encoding(_known_codec(declared, path), len(mark), "declared by the layout"))
    if (wide := wide_encoding(head, str(path))) is not None:
        return TextSurvey(wide)
    is_utf8, after_blank = _read_through(path, head)
    if is_utf8:
        why = "byte order mark" if mark else "the whole file is valid UTF-8"
        return TextSurvey(Encoding("utf-8", len(mark), why), after_blank)
    with path.open("rb") as stream:
        beginning = stream.read(_SAMPLE)
    page = judged_page(_lines_beyond_ascii(path), beginning)
    if page is None:
        raise FileError(
            f"'{path}' is not UTF-8, and no other encoding fits it.",
            "Name its encoding in a layout (--layout).",
        )
    why = "not UTF-8; judged by the lines with non-ASCII bytes"
    return TextSurvey(Encoding(page.codec, 0, why, page.doubt), after_blank)


def text_size(path: Input, encoding: Encoding) -> int:
    """Bytes of a file without the marks of its end, which are no record."""
    size = path.size
    if encoding.codec.startswith(("utf-16", "utf-32")):
        return size
    with path.open("rb") as stream:
        stream.seek(max(size - _TAIL, 0))
        tail = stream.read()
    return size - (len(tail) - len(tail.rstrip(END_MARKS)))


def wide_encoding(head: bytes, shown: str) -> Encoding | None:
    """Find UTF-16 or UTF-32 by a file's beginning, with or without a mark; None for text of single bytes or UTF-8.

    Raises `FileError` when it is no text.
    """
    mark, codec = _mark(head)
    if codec not in ("", "utf-8"):
        return Encoding(codec, len(mark), "byte order mark")
    if (wide := _wide_codec(head)) is not None:
        return Encoding(wide, 0, "every other byte is NUL")
    if _is_binary(head):
        raise FileError(f"'{shown}' is binary, and no format that is read.", "Export it as CSV (UTF-8).")
    return None


def _mark(head: bytes) -> tuple[bytes, str]:
    return next(((mark, codec) for mark, codec in _BOMS if head.startswith(mark)), (b"", ""))


def _is_binary(head: bytes) -> bool:
    """Whether there are control characters that text does not hold; one kind of them may be a delimiter.

    A mark of the file's end (Ctrl-Z), the NULs behind it, and a single slip are no sign of it.
    """
    head = head.rstrip(END_MARKS)
    content = np.frombuffer(head, dtype=np.uint8)
    if np.count_nonzero(content < ord(" ")) == sum(head.count(common) for common in b"\t\n\r"):
        return False
    counts = [count for control in _CONTROLS if (count := head.count(control))]
    delimiter = max((head.count(bytes([code])) for code in (1, 2, 28, 29, 30, 31)), default=0)
    return sum(counts) - delimiter > max(len(head) // 100, 1) or head[:64].count(0) > 1


def _wide_codec(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark: Latin letters leave NULs in fixed places."""
    if b"\0" not in head:
        return None
    for size, places in ((4, {0: "utf-32-be", 3: "utf-32-le"}), (2, {0: "utf-16-be", 1: "utf-16-le"})):
        whole = head[: len(head) // size * size]
        nuls = [whole[place::size].count(0) * size for place in range(size)]
        for place, codec in places.items():
            low = size - 1 - place
            others = all(nuls[at] > len(whole) * 0.7 for at in range(size) if at != low)
            if whole and others and nuls[low] < len(whole) * 0.02:
                return codec
    return None


def _known_codec(name: str, path: Input) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise FileError(
            f"'{path}': the layout's encoding '{name}' is not known.", "Try utf-8 or windows-1252."
        ) from error


def _read_through(path: Input, head: bytes) -> tuple[bool, tuple[int, ...]]:
    """Whether the whole file is UTF-8, and the offsets behind its first blank lines that something follows."""
    blank = b"\n\r\n" if b"\r\n" in head else b"\n\n"
    offsets: list[int] = []
    is_utf8, position, tail, begun = True, 0, b"", b""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            if is_utf8 and (begun or not block.isascii()):
                text = begun + block
                cut = len(text) - _begun(text)
                is_utf8, begun = valid_utf8(text[:cut]), text[cut:]
            if len(offsets) < _BLANK_LINES and _has_blank(block, blank):
                offsets += _offsets(tail + block, blank, position - len(tail))
            position += len(block)
            tail = block[1 - len(blank) :]
    return is_utf8 and not begun, tuple(offsets[:_BLANK_LINES])


def valid_utf8(text: bytes | memoryview) -> bool:
    """Whether these bytes are UTF-8. Arrow says so several times as fast as Python, which makes a string of them."""
    bounds = pa.py_buffer(np.array([0, len(text)], dtype=np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, bounds, pa.py_buffer(text)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _begun(text: bytes) -> int:
    """How many bytes at the end begin a character without ending it."""
    for back, byte in enumerate(reversed(text[-3:]), start=1):
        if byte & 0xC0 != 0x80:  # no continuation
            return back if (byte >= 0xC0) + (byte >= 0xE0) + (byte >= 0xF0) >= back else 0
    return 0


def _has_blank(block: bytes, blank: bytes) -> bool:
    """Whether a block may hold a blank line, or begin with one: a pair of bytes is looked for, many at a time."""
    if block[:1] in (b"\r", b"\n"):
        return True
    pair = int.from_bytes(blank[:2], sys.byteorder)
    size = len(block) & ~1
    even = np.frombuffer(block, np.uint16, size // 2)
    odd = np.frombuffer(block, np.uint16, max(size - 2, 0) // 2, offset=1 if size > 2 else 0)
    return bool((even == pair).any() or (odd == pair).any() or block.endswith(blank[:2]))


def _offsets(text: bytes, blank: bytes, base: int) -> list[int]:
    """Offsets behind blank lines; of several in a row, behind the first."""
    found: list[int] = []
    at = text.find(blank)
    while at >= 0 and len(found) < _BLANK_LINES:
        found.append(base + at + len(blank))
        after = at + len(blank)
        while text.startswith(blank[1:], after):
            after += len(blank) - 1
        at = text.find(blank, after)
    return found


def _lines_beyond_ascii(path: Input) -> bytes:
    """Sample the lines with bytes beyond ASCII."""
    sample = b""
    with path.open("rb") as stream:
        while line := stream.readline(_SAMPLE):
            if not line.isascii():
                sample += line
            if len(sample) > _SAMPLE:
                break
    return sample


def single_byte(sample: bytes, head: bytes) -> str | None:
    """Judge the encoding of text that is not UTF-8; None when none fits.

    ``sample``: lines with bytes beyond ASCII; ``head``: the text's beginning, up to 256 KB.
    """
    page = judged_page(sample, head)
    return None if page is None else page.codec


def judged_page(sample: bytes, head: bytes) -> CodePage | None:
    """Judge the encoding as `single_byte` does, with the doubt that stays."""
    head = head[:_SAMPLE]
    letters = sum(65 <= byte <= 90 or 97 <= byte <= 122 for byte in head)
    high = sum(byte > 127 for byte in head)
    if high * 2 < letters:
        if (page := judge_code_page(sample[:_SAMPLE])) is not None:
            return page
        # A few signs that fit nowhere: the accents and curly quotes of western office programs are the likeliest.
        try:
            sample.decode("cp1252")
        except UnicodeDecodeError:
            pass
        else:
            return CodePage("cp1252", "another single-byte encoding")
    from charset_normalizer import from_bytes  # noqa: PLC0415  # few drops come this far

    best = from_bytes(sample[:_SAMPLE]).best()
    return None if best is None else second_opinion(sample[:_SAMPLE], codecs.lookup(best.encoding).name)


def display_name(codec: str) -> str:
    """Name an encoding as people know it."""
    return f"windows-{codec[2:]}" if codec.startswith("cp125") else codec

"""Encodings and line ends do not change the entries, and every line keeps its number."""

from __future__ import annotations

import codecs

import pytest

from schemas.errors import FileError
from schemas.files.limits import Limits, limited_to
from schemas.files.stream_guard import GuardedStream
from suppression.formats.text import line_blocks, text_lines
from tests.suppression.formats.reading import member_of, read


def _lines(data: bytes, size: int) -> list[tuple[str, int]]:
    return [row for block in line_blocks(member_of("x", data).stream, size) for row in text_lines(block).rows()]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_and_mixed_line_ends(encoding: str, size: int) -> None:
    data = "é@example.com\r\n\r\nb@example.com\rc@example.com\n\nd@example.com".encode(encoding)
    expected = [("é@example.com", 1), ("b@example.com", 3), ("c@example.com", 4), ("d@example.com", 6)]
    assert _lines(data, size) == expected


def test_big_endian_utf16() -> None:
    assert _lines(codecs.BOM_UTF16_BE + "a\nb".encode("utf-16-be"), 3) == [("a", 1), ("b", 2)]


def test_one_bad_line_does_not_change_the_others() -> None:
    data = "é@example.com\n".encode() + b"\xe9@example.net\n"
    assert _lines(data, 1 << 20) == [("é@example.com", 1), ("é@example.net", 2)]


def test_file_without_line_ends_is_refused() -> None:
    said = r"'x': line 2 is longer than 1 MB \(max_record_mb\)"
    with limited_to(Limits(max_record_mb=1)), pytest.raises(FileError, match=said):
        list(line_blocks(member_of("x", b"1\n" + b"2" * (2 << 20)).stream, 1 << 16))


def test_peek_does_not_move() -> None:
    stream: GuardedStream = member_of("x", b"abcdef").stream
    assert (stream.peek(4), stream.peek(99), stream.read(3), stream.read(9)) == (b"abcd", b"abcdef", b"abc", b"def")


def test_marks_and_blank_lines_in_a_registry_file() -> None:
    got = read(b"\xef\xbb\xbf212,5550100\r\n\r\n212,5550101\n\n212,5550102\r")
    assert got.rows("text", "line") == [("2125550100", 1), ("2125550101", 3), ("2125550102", 5)]
    assert got.refused == []


def test_lines_in_an_encoding_of_single_bytes_are_read_by_it() -> None:
    """Which one is judged by the lines that are not UTF-8; the others stay as they are."""
    russian = "Телефон отписавшегося клиента;Город\n2125550100;Санкт-Петербург\n2125550101;Нижний Новгород\n"
    data = russian.encode("cp1251") + "2125550102;Москва\n".encode()
    assert [text for text, _ in _lines(data, 1 << 20)] == [*russian.splitlines(), "2125550102;Москва"]

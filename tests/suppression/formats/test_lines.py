"""One entry a line: comments, junk, domains and hashes."""

from __future__ import annotations

from tests.suppression.formats.reading import read


def test_plain_keeps_entries_as_they_are_and_refuses_the_rest() -> None:
    got = read("# head\n(212) 555-0100 ext. 7\nÉmile@example.com\njunk\nexample.org\n1-800-FLOWERS\n", "plain")
    assert got.texts == ["(212) 555-0100 ext. 7", "Émile@example.com", "example.org", "1-800-FLOWERS"]
    assert got.refused == [
        ("# head", "a comment? Declare that lines with # are comments", 1),
        ("junk", "no number, address or domain", 4),
    ]
    assert got.holds == {"mixed"}


def test_declared_comments_are_no_entries() -> None:
    assert read("# head\na@example.com\n", comments=True).refused == []


def test_domains_keep_their_mark() -> None:
    got = read(
        "@Example.com\n.example.net\nexample.org.\nmail_1.example.com\na@example.com\n-x.com\nlocalhost\n", "domains"
    )
    assert got.texts == ["@example.com", ".example.net", "example.org", "mail_1.example.com"]
    assert [text for text, _, _ in got.refused] == ["a@example.com", "-x.com", "localhost"]
    assert got.holds == {"domain"}


def test_hashes_of_a_wrong_form_are_refused() -> None:
    got = read("a" * 32 + "\n" + "A" * 64 + "\n" + "a" * 33 + "\n" + "g" * 32 + "\n", "hex-hashes")
    assert got.texts == ["a" * 32, "a" * 64]
    assert [line for _, _, line in got.refused] == [3, 4]


def test_hashes_of_one_length_are_read_line_by_line_where_one_is_odd() -> None:
    """Lines of one width are read as a block, unless white space or another letter stands where a digit should."""
    hashes = [f"{number:032x}" for number in range(4)]
    got = read("".join(line + "\n" for line in hashes), "hex-hashes")
    assert got.rows("text", "line") == [(line, number) for number, line in enumerate(hashes, start=1)]
    for odd in ("a" * 15 + " " + "b" * 16, "a" * 15 + "\n" + "b" * 16, "g" * 32, "#" + "a" * 31):
        got = read(f"{hashes[1]}\n{odd}\n{'A' * 32}\n", "hex-hashes")
        assert got.texts == [hashes[1], "a" * 32]
        assert [(text, line) for text, _, line in got.refused] == [
            (text, line) for line, text in enumerate(odd.split("\n"), start=2)
        ]
    assert read("AB" * 16 + "\n" + "cd" * 16 + "\n", "hex-hashes").texts == ["ab" * 16, "cd" * 16]


def test_base64_keeps_its_case_and_is_strict() -> None:
    good = "vGM7y5n+hBXRSEAklhHDPCbysyNgYTmXdMcagGUOY8E="
    got = read("\n".join([good, good[:-2] + "F=", good[:-1], good + "="]), "california-drop")
    assert got.texts == [good]
    assert [line for _, _, line in got.refused] == [2, 3, 4]

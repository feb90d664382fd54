"""One entry a line: comments, junk, domains and hashes."""

from __future__ import annotations

from schemas.contact.match_keys import PROVIDER_ALIASES
from suppression.formats.providers import alias_domains
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


def test_base64_keeps_its_case_and_is_strict() -> None:
    good = "vGM7y5n+hBXRSEAklhHDPCbysyNgYTmXdMcagGUOY8E="
    got = read("\n".join([good, good[:-2] + "F=", good[:-1], good + "="]), "california-drop")
    assert got.texts == [good]
    assert [line for _, _, line in got.refused] == [2, 3, 4]


def test_provider_groups() -> None:
    assert alias_domains("Live.com") == {"hotmail.com", "live.com", "outlook.com"}
    assert alias_domains("gmail.com") == {"gmail.com", "googlemail.com"}
    assert alias_domains("example.com") == {"example.com"}
    assert alias_domains("live.nl") == {"live.nl"}
    names = [name for group in PROVIDER_ALIASES for name in group]
    assert len(names) == len(set(names))

"""Every part of a hash recipe, against vectors that others published."""

from __future__ import annotations

import pytest

from schemas.errors import UsageError
from schemas.recipes import looks_hashed, parse_recipe

#: California's DROP (11 CCR 7600 ff.); Gravatar's documentation; RFC 1321; FIPS 180-4 (its examples for "abc").
DROP = "vGM7y5n+hBXRSEAklhHDPCbysyNgYTmXdMcagGUOY8E="
GRAVATAR_MD5 = "0bc83cb571cd1c50ba6f3e8a78ef1346"
GRAVATAR_SHA256 = "84059b07d4be67b806386c0aad8070a23f18836bbaae342275dc0a83414c32ee"
MD5 = "900150983cd24fb0d6963f7d28e17f72"
SHA1 = "a9993e364706816aba3e25717850c26c9cd0d89d"
SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
SHA512 = (
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
)


@pytest.mark.parametrize(
    ("recipe", "value", "written"),
    [
        ("sha256+base64", "4155559317", DROP),
        ("digits+sha256+base64", "(415) 555-9317", DROP),
        ("last10+sha256+base64", "+1 415 555 9317", DROP),
        ("last10+sha256+base64", "14155559317", DROP),
        ("trim+lower+md5", "MyEmailAddress@example.com ", GRAVATAR_MD5),
        ("trim+lower+sha256", "MyEmailAddress@example.com ", GRAVATAR_SHA256),
        ("trim+lower+striptag+md5", "MyEmailAddress+news@example.com", GRAVATAR_MD5),
        ("lower+striptag+trim+md5", "myemailaddress+a+b@example.com", GRAVATAR_MD5),
        ("md5", "abc", MD5),
        ("trim+keepcase+sha1", " abc\t", SHA1),
        ("lower+sha256+hex", "ABC", SHA256),
        ("sha512", "abc", SHA512),
    ],
)
def test_published_vectors(recipe: str, value: str, written: str) -> None:
    assert parse_recipe(recipe).written(value) == written
    assert parse_recipe(recipe).to_bytes(written) == parse_recipe(recipe).digest(value)


def test_a_number_in_international_form() -> None:
    """e164 is a plus and the digits: the same as the hash of what that spells."""
    plain = parse_recipe("sha256").written("+14155559317")
    assert parse_recipe("e164+sha256").written("1 (415) 555-9317") == plain
    assert parse_recipe("e164+sha256").written("+14155559317") == plain


def test_keepcase_keeps_what_lower_would_change() -> None:
    assert parse_recipe("keepcase+md5").written("ABC") != MD5
    assert parse_recipe("lower+md5").written("ABC") == MD5


@pytest.mark.parametrize("recipe", ["md5", "sha1", "sha256", "sha512"])
def test_a_hash_is_known_by_its_length(recipe: str) -> None:
    assert looks_hashed(parse_recipe(recipe).written("abc")) == recipe
    assert looks_hashed(parse_recipe(recipe).written("abc")[:-1]) is None


@pytest.mark.parametrize("entry", ["", "zz", MD5[:-2], SHA1, DROP])
def test_what_is_no_such_hash_is_none(entry: str) -> None:
    assert parse_recipe("md5").to_bytes(entry) is None


@pytest.mark.parametrize(
    ("spelled", "message"),
    [
        ("trim+lower", "must end in a hash, not 'lower'"),
        ("trimm+md5", "unknown step 'trimm'. Did you mean 'trim'"),
        ("base64", "must end in a hash"),
        ("md6", "Did you mean 'md5'"),
    ],
)
def test_a_wrong_recipe_is_answered_with_the_part_that_is_wrong(spelled: str, message: str) -> None:
    with pytest.raises(UsageError) as told:
        parse_recipe(spelled)
    assert message in str(told.value)


def test_a_recipe_is_spelled_one_way() -> None:
    assert parse_recipe(" Trim + SHA-256 + base64 ").spelled == "trim+sha256+base64"
    assert parse_recipe("keep_case+md5+hex").spelled == "keepcase+md5"

"""Slips of well-known domains are suggested; what may be somebody's own domain is left alone."""

from __future__ import annotations

from itertools import product
from string import ascii_lowercase

import pytest

from schemas.contact.domain_typos import domain_meant, is_slip


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("yaho.com", "yahoo.com"),
        ("yhaoo.co.uk", "yahoo.co.uk"),
        ("hotmial.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("comcat.net", "comcast.net"),
        ("t-onlin.de", "t-online.de"),
        ("smith-plumbing.con", "smith-plumbing.com"),
        ("smith-plumbing.cmo", "smith-plumbing.com"),
        ("club.ogr", "club.org"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(domain: str, meant: str) -> None:
    assert domain_meant(domain) == meant


@pytest.mark.parametrize(
    "domain",
    [
        *("gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "ymail.com", "hotmail.fr", "outlook.com"),
        *("mail.com", "email.com", "fmail.com", "gail.com", "smith-plumbing.co", "smith.cm", "comcast.com", "me.com"),
        *(
            "aol.com",
            "aol.co",
            "gmx.de",
            "gmx.net",
            "msn.com",
            "web.de",
            "live.com",
            "nowhere.museum",
            "oranges.fr",
            "con",
        ),
    ],
)
def test_what_may_be_somebody_s_own_is_left_alone(domain: str) -> None:
    assert domain_meant(domain) is None


@pytest.mark.parametrize("right", ["yahoo", "gmail", "t-online"])
def test_a_slip_is_one_stroke_behind_the_first_letter(right: str) -> None:
    inside = range(1, len(right))
    slips = {right[:at] + right[at + 1 :] for at in inside}
    slips |= {right[:at] + right[at + 1] + right[at] + right[at + 2 :] for at in inside[:-1]}
    slips |= {right[:at] + letter + right[at + 1 :] for at, letter in product(inside, ascii_lowercase)}
    slips |= {right[:at] + letter + right[at:] for at, letter in product((*inside, len(right)), ascii_lowercase)}
    slips -= {right, right + "s"}
    near = {each[:at] + letter + each[at + more :] for each in slips | {right} for at in range(len(each) + 1)
            for letter in ("", "s", "x", "1", "-", right[0]) for more in (0, 1)}  # fmt: skip
    assert all(is_slip(name, right) for name in slips)
    assert {name for name in near if is_slip(name, right)} == near & slips

"""What goes wrong in a few cells: damage on the way, junk in a form, addresses that are odd but right.

So few rows are concerned (`DAMAGED` and `ODD`) that they are written one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

DAMAGED = 0.015
ODD = 0.003

Cells = tuple[str, str]  # phone and email as they stand in the CSV


def _digits(phone: str) -> str:
    return "".join(c for c in phone.partition("x")[0].partition("e")[0] if c.isdigit())


def _whole(phone: str) -> str:
    """The digits as a spreadsheet sees them; with a country code, so that 11 or 12 are left."""
    digits = _digits(phone).lstrip("0") or "0"
    return digits if len(digits) > 10 else f"1{digits}"


def _exponent(phone: str, email: str) -> Cells:
    mantissa, power = f"{int(_whole(phone)):.2E}".split("E")
    return f"{mantissa}E+{int(power)}", email


def _float(phone: str, email: str) -> Cells:
    return f"{_whole(phone)}.0", email


def _short(phone: str, email: str) -> Cells:
    return _digits(phone)[:-3], email


def _bare(email: str) -> str:
    return email.strip('" ')


def _no_domain(phone: str, email: str) -> Cells:
    return phone, _bare(email).split("@")[0]


def _url(phone: str, email: str) -> Cells:
    return phone, f"https://www.{_bare(email).split('@')[1].lower()}/contact"


#: Every kind of damage by name; a damaged row has one of them, each as often as the others.
DAMAGE: Mapping[str, Callable[[str, str], Cells]] = MappingProxyType(
    {
        "exponent": _exponent,
        "float": _float,
        "digits_missing": _short,
        "not_available": lambda phone, email: ("N/A", email),
        "blank_word": lambda phone, email: ("(blank)", "(blank)"),
        "junk": lambda phone, email: ("call me maybe", "asdf"),
        "no_domain": _no_domain,
        "url": _url,
        "both_blank": lambda phone, email: ("", ""),
        "swapped": lambda phone, email: (email, phone),
        "fictional": lambda phone, email: (f"(212) 555-01{_digits(phone)[-2:]}", email),
        "one_digit": lambda phone, email: ("999-999-9999", email),
        "two_at_once": lambda phone, email: (phone, f"{_bare(email)};{_bare(email)}"),
    }
)

#: Odd email addresses: most are right, some are not mailboxes anybody should write to.
ODDITIES: tuple[Callable[[str], str], ...] = (
    lambda email: f"jürgen.{email}",
    lambda email: f'"""john {email.split("@")[0]}""@{email.split("@")[1]}"',
    lambda email: f"{email.split('@')[0]}@bücher-{email.split('@')[1].split('.')[0]}.de",
    lambda email: f"{email.split('@')[0]}@xn--bcher-kva.de",
    lambda email: f"用户{email.split('@')[0]}@例え.jp",
    lambda email: f"o'{email}",
    lambda email: f"info@{email.split('@')[1]}",
    lambda email: f"{email.split('@')[0]}@mail.{email.split('@')[1]}",
    lambda email: f"{email.split('@')[0]}..x@{email.split('@')[1]}",
    lambda email: f"{email.split('@')[0]}@example.com",
)


def damaged(kind: int, phone: str, email: str) -> Cells:
    """The two cells after one kind of damage (any integer picks one)."""
    return tuple(DAMAGE.values())[kind % len(DAMAGE)](phone, email)


def odd(kind: int, email: str) -> str:
    """An odd address made from an ordinary one (any integer picks the oddity)."""
    return ODDITIES[kind % len(ODDITIES)](_bare(email).lower())

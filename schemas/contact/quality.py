"""Signs that a lead is nobody: test entries, role addresses, throw-away domains."""

from __future__ import annotations

import functools
from importlib.metadata import version

from schemas.contact.fictional import is_below

DISPOSABLE_AUTHORITY = f"disposable-email-domains {version('disposable-email-domains')}"

#: Local parts that belong to a function rather than a person (RFC 2142 and common usage).
ROLE_LOCAL_PARTS = frozenset(
    [
        "abuse",
        "accounting",
        "accounts",
        "admin",
        "administrator",
        "admissions",
        "billing",
        "board",
        "bookings",
        "careers",
        "clerk",
        "compliance",
        "contact",
        "contactus",
        "customerservice",
        "dpo",
        "editor",
        "enquiries",
        "enquiry",
        "events",
        "feedback",
        "finance",
        "frontdesk",
        "general",
        "hello",
        "help",
        "helpdesk",
        "hostmaster",
        "hr",
        "info",
        "information",
        "inquiries",
        "inquiry",
        "it",
        "itsupport",
        "jobs",
        "legal",
        "mail",
        "marketing",
        "media",
        "noc",
        "no-reply",
        "noreply",
        "office",
        "operations",
        "orders",
        "postmaster",
        "pr",
        "press",
        "privacy",
        "purchasing",
        "reception",
        "recruitment",
        "reservations",
        "root",
        "sales",
        "secretary",
        "security",
        "service",
        "services",
        "staff",
        "support",
        "sysadmin",
        "team",
        "tech",
        "usenet",
        "webmaster",
    ]
)

#: Whole names that only a tester types. Conservative: a real person must not be called so.
TEST_FULL_NAMES = frozenset(
    {
        "mickey mouse",
        "minnie mouse",
        "donald duck",
        "daisy duck",
        "bugs bunny",
        "homer simpson",
        "bart simpson",
        "test test",
        "test lead",
        "test user",
        "test record",
        "test person",
        "test tester",
        "test testing",
        "test account",
        "test customer",
        "test contact",
        "tester test",
        "testing test",
        "testing testing",
        "first last",
        "first name last name",
        "firstname lastname",
        "lorem ipsum",
        "testy mctestface",
        "asdf asdf",
        "asdf",
        "asdfasdf",
        "asdf qwerty",
        "asdf jkl",
        "sdf sdf",
        "qwerty",
        "qwerty qwerty",
        "foo bar",
        "fake name",
        "fake fake",
        "no name",
        "none none",
        "spongebob squarepants",
        "do not call",
        "john q test",
    }
)
#: Addresses that only a tester types, at any domain of `TEST_DOMAINS`.
TEST_ADDRESSES = frozenset(
    {
        "test@test.com",
        "asdf@asdf.com",
        "a@a.com",
        "abc@abc.com",
        "qwerty@qwerty.com",
        "none@none.com",
        "noemail@noemail.com",
        "asd@asd.com",
        "xxx@xxx.com",
        "email@email.com",
        "test@gmail.com",
        "test@yahoo.com",
        "test@hotmail.com",
        "testing@testing.com",
        "no@no.com",
    }
)


@functools.cache
def disposable_domains() -> frozenset[str]:
    """Domains that hand out throw-away addresses, from the maintained list."""
    from disposable_email_domains import blocklist  # noqa: PLC0415  # 60,000 names: only when needed

    return frozenset(blocklist)


@functools.lru_cache(maxsize=100_000)
def is_disposable(domain: str) -> bool:
    """Whether a domain (in lower case) hands out throw-away addresses, or the one that it is below does."""
    return is_below(domain, disposable_domains())

"""Asks DNS whether domains receive mail: distinct domains, many at once, each within a few seconds.

Three outcomes, and no answer is never a bad one: a domain receives mail (it has an MX record, or none and an address:
RFC 5321, section 5.1), it does not (it does not exist, has neither, or publishes a null MX: RFC 7505), or nobody knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Literal

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver
import idna

from schemas.errors import UsageError

MailState = Literal["receives", "nowhere", "null_mx", "no_answer"]

#: Domains asked about at once, and seconds for one try and for all tries of one question.
_AT_ONCE = 64
_TRY_SECONDS = 2.0
_QUESTION_SECONDS = 6.0


def resolver_for(server: str | None) -> dns.asyncresolver.Resolver:
    """Make a resolver that asks ``server`` (HOST or HOST:PORT), else the system's.

    Raises `UsageError` when there is none.
    """
    try:
        resolver = dns.asyncresolver.Resolver(configure=server is None)
        if server is not None:
            host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
            resolver.nameservers, resolver.port = [host.strip("[]")], int(port)
    except (dns.exception.DNSException, ValueError, OSError) as error:
        raise UsageError(
            f"'{server}' is no DNS server." if server else "This system names no DNS server.",
            "Give one as --dns-server ADDRESS:PORT, such as 192.0.2.53:53.",
        ) from error
    resolver.timeout, resolver.lifetime = _TRY_SECONDS, _QUESTION_SECONDS
    return resolver


def resolver_name(resolver: dns.asyncresolver.Resolver) -> str:
    """Name whom a resolver asks, for the record."""
    return ", ".join(f"{server}:{resolver.port}" for server in resolver.nameservers)


def mail_states(domains: Iterable[str], resolver: dns.asyncresolver.Resolver) -> dict[str, MailState]:
    """Ask about each domain (in its own letters or as ``xn--``) once."""
    return asyncio.run(_all_states(list(domains), resolver))


async def _all_states(domains: list[str], resolver: dns.asyncresolver.Resolver) -> dict[str, MailState]:
    waiting = iter(domains)
    states: dict[str, MailState] = {}

    async def work() -> None:
        # The workers draw from one iterator, so that memory holds no task for each domain.
        for domain in waiting:
            states[domain] = await _state(domain, resolver)

    await asyncio.gather(*(work() for _ in range(min(_AT_ONCE, len(domains)))))
    return states


async def _state(domain: str, resolver: dns.asyncresolver.Resolver) -> MailState:
    try:
        name = dns.name.from_text(idna.encode(domain, uts46=True).decode() + ".")
        mail = await resolver.resolve(name, "MX", raise_on_no_answer=False)
        if mail.rrset is not None:
            return "null_mx" if all(record.exchange == dns.name.root for record in mail.rrset) else "receives"
        for kind in ("A", "AAAA"):
            if (await resolver.resolve(name, kind, raise_on_no_answer=False)).rrset is not None:
                return "receives"
    except dns.resolver.NXDOMAIN:
        return "nowhere"
    except (dns.exception.DNSException, idna.IDNAError, OSError):
        return "no_answer"
    return "nowhere"

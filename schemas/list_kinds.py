"""The kinds of suppression list: what each holds, how long a copy may be used, and the code its matches give."""

from __future__ import annotations

import re
from typing import NamedTuple

from schemas.errors import UsageError
from schemas.support.names import did_you_mean


class ListKind(NamedTuple):
    """A kind of list.

    ``max_age_days`` is how old a copy may be on the day of the run; None has no limit. ``register``: a public one, of
    which a copy is only as good as its date.
    """

    kind: str
    phones: bool
    emails: bool
    domains: bool = False
    max_age_days: int | None = None
    register: bool = False

    @property
    def channels(self) -> frozenset[str]:
        """Channels whose verdict rests on this kind of list."""
        by_phone = {"call", "text"} if self.phones else set()
        return frozenset(by_phone | ({"email"} if self.emails or self.domains else set()))

    @property
    def fields(self) -> frozenset[str]:
        """Contact points whose columns are looked for in a table of such a list."""
        held = {name for name, holds in (("phone", self.phones), ("email", self.emails)) if holds}
        return frozenset(held or {"email"})


_KINDS = (
    # 16 CFR 310.4(b)(3)(iv): a copy obtained no more than 31 days before the call.
    ListKind("dnc.national", phones=True, emails=False, max_age_days=31, register=True),
    ListKind("dnc.state", phones=True, emails=False, register=True),
    ListKind("dnc.internal", phones=True, emails=True),
    ListKind("dnc.litigator", phones=True, emails=True),
    ListKind("phone.reassigned", phones=True, emails=False),
    ListKind("email.unsubscribed", phones=False, emails=True),
    ListKind("email.bounced", phones=False, emails=True),
    ListKind("email.complained", phones=False, emails=True),
    ListKind("email.domain_suppressed", phones=False, emails=False, domains=True),
    # 47 CFR 64.3100(a)(4): illegal once a domain has been listed for 30 days; a listing covers its subdomains.
    ListKind("email.wireless_domain", phones=False, emails=False, domains=True, max_age_days=30, register=True),
    # Who asked that their data be neither sold nor shared may still be contacted: it says nothing until data leaves.
    ListKind("sale.opted_out", phones=True, emails=True),
    ListKind("list.match", phones=True, emails=True),
)
KINDS: dict[str, ListKind] = {kind.kind: kind for kind in _KINDS}

#: Public registries and how many days a copy may be used. FTC: 16 CFR 310.4(b)(3)(iv). NDNCL: Canada's Unsolicited
#: Telecommunications Rules. TPS and CTPS: PECR reg 21(3)-(4). DNCR: Australia's register. RPO: Italy, DPR 26/2022.
REGISTRIES: dict[str, int] = {"ftc": 31, "ndncl": 31, "tps": 28, "ctps": 28, "dncr": 30, "rpo": 15}


def max_age_days(kind: ListKind, registry: str | None, *shorter: int | None) -> int | None:
    """How many days a copy may be used: the registry's limit, else the kind's; a user may only shorten it."""
    legal = kind.max_age_days if registry is None else REGISTRIES[registry]
    limits = [days for days in (legal, *shorter) if days is not None]
    return min(limits) if limits else None


class MaxAge(NamedTuple):
    """Days that a run allows a copy to be old: ``days`` for every list, ``by_kind`` for some kinds."""

    days: int | None = None
    by_kind: tuple[tuple[str, int], ...] = ()

    def of(self, kind: str) -> int | None:
        """Limit for a kind; its own wins."""
        return dict(self.by_kind).get(kind, self.days)


NO_MAX_AGE = MaxAge()


def max_age_said(texts: list[str]) -> MaxAge:
    """Read ``DAYS`` and ``KIND=DAYS``. Raises `UsageError` when a text is neither."""
    days: int | None = None
    by_kind = {}
    for text in texts:
        kind, _, number = text.rpartition("=")
        if not number.isdecimal():
            raise UsageError(f"--max-age '{text}' is not of the form DAYS or KIND=DAYS.", "As in 30 or dnc.internal=7.")
        if kind:
            by_kind[list_kind(kind).kind] = int(number)
        else:
            days = int(number)
    return MaxAge(days, tuple(by_kind.items()))


def registry_named(name: str) -> str:
    """Check a registry's name. Raises `UsageError` when there is none of that name."""
    if name not in REGISTRIES:
        raise UsageError(f"There is no registry '{name}'.", did_you_mean(name, REGISTRIES))
    return name


_OWN_KIND = re.compile(r"list\.[a-z][a-z0-9_]*")


def list_kind(name: str) -> ListKind:
    """Look a kind up. A user's own kinds are spelled ``list.SOMETHING`` and match like ``list.match``.

    Raises `UsageError` when there is no such kind.
    """
    if name in KINDS:
        return KINDS[name]
    if _OWN_KIND.fullmatch(name):
        return ListKind(name, phones=True, emails=True)
    raise UsageError(
        f"There is no list kind '{name}'.",
        f"{did_you_mean(name, KINDS)} A kind of your own is spelled list.NAME.",
    )


def code_of(kind: ListKind) -> str:
    """Reason code that a match gives."""
    return kind.kind if kind.kind in KINDS else "list.match"

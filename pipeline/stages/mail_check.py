"""The check of mail domains (--check-mx): gathered over the whole run, asked once, answered for each batch.

Not a batch stage: between the passes all domains are asked about together, so that slow servers cost their time once.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.context import Context
from pipeline.stages.checks import Batch, RunCheck, Settlement
from schemas.columns import EMAIL_SLOTS
from schemas.findings import findings, no_findings
from schemas.manifest import MailChecked
from schemas.masking import masked_email
from schemas.support.durable import write_atomically

if TYPE_CHECKING:  # a DNS library is loaded only by runs that ask
    from pipeline.stages.mail_hosts import MailState

#: Answers that the store keeps, and for how many days they hold. "No answer" is not kept.
CACHE_FILE = "mail-domains.json"
CACHE_DAYS = 7
_SOURCE = "DNS (--check-mx)"
_SAYS = {"nowhere": ": the domain has no mail server", "null_mx": ": the domain says that it accepts no mail"}


class MailCheck(RunCheck):
    """What DNS says of the domains of the points that nothing else blocks."""

    name = "mail_check"
    codes = frozenset({"email.no_mx", "email.mx_not_checked"})
    reads = EMAIL_SLOTS
    after = ("dedupe",)

    @classmethod
    def make(cls, folder: Path, context: Context) -> MailCheck | None:
        """See `RunCheck`. Only with --check-mx; answers are kept in the store's cache, where the context names one."""
        question = context.mail
        return None if question is None else cls(question.server, question.cache, context.as_of)

    def __init__(self, server: str | None, cache: Path | None, day: date) -> None:
        from pipeline.stages import mail_hosts  # noqa: PLC0415  # a DNS library is loaded only by runs that ask

        self._hosts, self._resolver = mail_hosts, mail_hosts.resolver_for(server)
        self._cache, self._day = cache, day
        self._domains: set[str] = set()
        self._states: dict[str, MailState] = {}
        self._from_cache = 0

    def gather(self, batch: Batch) -> None:
        """Note the domains of a batch's usable addresses."""
        self.ask_about(usable_domains(batch))

    def ask_about(self, domains: Iterable[str]) -> None:
        """Note domains."""
        self._domains.update(domains)

    @property
    def states(self) -> dict[str, MailState]:
        """What DNS says of each domain: known once settled."""
        return self._states

    def settle(self, settlement: Settlement) -> None:
        """Ask about every domain that the cache does not answer for; keep the new answers there."""
        kept = self._kept()
        known = {domain: state for domain, (state, _) in kept.items() if domain in self._domains}
        asked = self._hosts.mail_states(sorted(self._domains - known.keys()), self._resolver)
        self._from_cache, self._states = len(known), known | asked
        if self._cache is not None:
            day = self._day.isoformat()
            for domain, state in asked.items():
                if state != "no_answer":
                    kept[domain] = (state, day)
            write_atomically(self._cache, json.dumps(kept, ensure_ascii=False, sort_keys=True, indent=0))

    def _kept(self) -> dict[str, tuple[MailState, str]]:
        """Answers of earlier runs that still hold. A cache that cannot be read answers nothing."""
        try:
            text = self._cache.read_text(encoding="utf-8") if self._cache is not None else "{}"
            kept = {domain: (state, day) for domain, (state, day) in json.loads(text).items()}
            return {
                domain: (state, day)
                for domain, (state, day) in kept.items()
                if 0 <= (self._day - date.fromisoformat(day)).days <= CACHE_DAYS
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def findings(self, batch: Batch) -> pl.DataFrame:
        """Findings on the addresses of a batch."""
        return mail_findings(batch.frame, self._states)

    def identity(self) -> dict[str, object]:
        """What DNS answered."""
        return mail_identity(self._record())

    def record(self) -> dict[str, object]:
        """See `RunCheck`."""
        return {"mail_check": self._record()}

    def _record(self) -> MailChecked:
        counts = Counter(self._states.values())
        answers = json.dumps(sorted(self._states.items()), ensure_ascii=False)
        return MailChecked(
            resolver=self._hosts.resolver_name(self._resolver),
            domains=len(self._states),
            from_cache=self._from_cache,
            receives=counts["receives"],
            nowhere=counts["nowhere"],
            null_mx=counts["null_mx"],
            no_answer=counts["no_answer"],
            answers_sha256=hashlib.sha256(answers.encode()).hexdigest(),
        )


def usable_domains(batch: Batch) -> set[str]:
    """The domains of a batch's usable addresses."""
    frame, usable = batch.frame, batch.usable
    return {
        domain
        for slot in EMAIL_SLOTS
        if slot in usable
        for domain in frame.filter(usable[slot]).select(_domain(slot).unique().drop_nulls()).to_series()
    }


def mail_findings(frame: pl.DataFrame, states: Mapping[str, MailState]) -> pl.DataFrame:
    """Findings on the addresses of a batch. ``states``: what DNS says of each domain."""
    found = [no_findings()]
    by_state: dict[str, list[str]] = {}
    for domain, state in states.items():
        by_state.setdefault(state, []).append(domain)
    for slot in EMAIL_SLOTS:
        if slot not in frame.columns:
            continue
        masked = masked_email(pl.col(slot))
        for refusal, says in _SAYS.items():
            rows = frame.filter(_domain(slot).is_in(by_state.get(refusal, [])))
            found.append(findings(rows, "email.no_mx", point=slot, source=_SOURCE, detail=masked + says))
        rows = frame.filter(_domain(slot).is_in(by_state.get("no_answer", [])))
        detail = masked + ": no answer about the domain"
        found.append(findings(rows, "email.mx_not_checked", point=slot, source=_SOURCE, detail=detail))
    return pl.concat(found)


def mail_identity(checked: MailChecked) -> dict[str, object]:
    """What a run's id holds of the check."""
    return {"mail": checked.answers_sha256}


def _domain(slot: str) -> pl.Expr:
    return pl.col(slot).str.extract("@([^@]*)$", 1).str.to_lowercase()

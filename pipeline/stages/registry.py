"""Every check, in the order in which a run makes them. A new one is a module beside this one and a line here."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.stages.checks import BatchCheck, Declared, RunCheck, in_order
from pipeline.stages.consent_audit import ConsentAudit
from pipeline.stages.dedupe import Deduplication
from pipeline.stages.history import PurchaseHistoryCheck
from pipeline.stages.hours import HOURS
from pipeline.stages.mail_check import MailCheck
from pipeline.stages.map import MAP
from pipeline.stages.normalise import NORMALISE
from pipeline.stages.noted_before import NOTED_BEFORE
from pipeline.stages.person import PERSON
from pipeline.stages.quality import QUALITY
from pipeline.stages.refusals import REFUSALS
from pipeline.stages.reviewed import REVIEWED
from pipeline.stages.rules import RULES
from pipeline.stages.screen import SCREEN

#: Checks of single batches, before anything of the whole run is known.
FIRST_PASS: tuple[BatchCheck, ...] = (MAP, REFUSALS, NORMALISE, NOTED_BEFORE, QUALITY, SCREEN, PERSON, RULES, REVIEWED)
#: Checks over the whole run, in the order of their findings. They settle in the order of what each comes after.
RUN_CHECKS: tuple[type[RunCheck], ...] = (ConsentAudit, Deduplication, PurchaseHistoryCheck, MailCheck)
#: Checks of single batches once everything is known of what may be contacted.
SECOND_PASS: tuple[BatchCheck, ...] = (HOURS,)

CHECKS: tuple[Declared, ...] = (*FIRST_PASS, *RUN_CHECKS, *SECOND_PASS)
#: The order in which run checks settle.
SETTLING = in_order(RUN_CHECKS)


def deciding(code: str) -> tuple[Declared, ...]:
    """The checks that may find a code; empty for codes of rule packs, which the check ``rules`` finds."""
    return tuple(check for check in CHECKS if code in check.codes)


def _check_order(passes: Iterable[Iterable[Declared]]) -> None:
    """Refuse two checks of one name, and a batch check before one that it comes after: `AssertionError`."""
    seen: set[str] = set()
    for checks in passes:
        for check in checks:
            if check.name in seen:
                raise AssertionError(f"two checks are called {check.name}")
            if isinstance(check, BatchCheck) and (lacking := set(check.after) - seen):
                raise AssertionError(f"check {check.name} must come after {', '.join(sorted(lacking))}")
            seen.add(check.name)


_check_order((FIRST_PASS, RUN_CHECKS, SECOND_PASS))

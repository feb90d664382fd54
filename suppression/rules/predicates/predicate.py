"""What a predicate is: a question that a rule asks, with all that is known of it in one place.

The convention for what is not known: it speaks against contact. In a rule that blocks, an unknown answer counts as
yes; in an exemption, as no. ``against`` tells a predicate which of the two it serves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from suppression.rules.consent import Bits
from suppression.rules.facts import Facts
from suppression.rules.setting import PointOnChannel
from suppression.rules.time_windows import Bools, Days

Reads = Literal["run", "row", "point", "channel"]
Test = Callable[[Facts, PointOnChannel, Any, bool], Bools]


@dataclass(frozen=True)
class Predicate:
    """A question. ``reads`` says what its answer can differ by, so that it is asked no oftener than needed.

    ``evidence`` names, for given parameters, the fields and lists that the answer rests on; ``unknown`` says what the
    answer is where they are absent, and ``lack_matters`` whether that is an answer against contact. ``until`` gives the
    last day on which each row's yes counts, ``begins`` the last on which its no does, ``lacking`` what a row lacks for
    a yes.
    """

    name: str
    asks: str
    params: type[BaseModel]
    reads: Reads
    evidence: Callable[[Any], Iterable[str]]
    unknown: str
    lack_matters: bool
    test: Test
    until: Callable[[Facts, Any], Days] | None = None
    lacking: Callable[[Facts, PointOnChannel, Any], Bits] | None = None
    begins: Callable[[Facts, Any], Days] | None = None
    #: The evidence in general, where parameters do not choose it.
    fixed: str = ""
    #: Whether a rule that blocks takes what is absent or unread for a yes, so that it hits anyway.
    unknown_is_yes: bool = False

    def __reduce__(self) -> tuple[Callable[[str], Predicate], tuple[str]]:
        """Pickle it as its name: where it arrives, the program has a predicate of that name."""
        return _of_name, (self.name,)

    @property
    def reads_in_words(self) -> str:
        """The evidence, for a table of all predicates."""
        return self.fixed or ("nothing" if self.params.model_fields == {} else "what its parameters name")


def _of_name(name: str) -> Predicate:
    from suppression.rules.predicates.registry import PREDICATES  # noqa: PLC0415  # it imports this module

    return PREDICATES[name]


def predicate(
    reads: Reads,
    params: type[BaseModel],
    evidence: Callable[[Any], Iterable[str]] | str,
    *,
    unknown: str,
    lack_matters: bool = True,
    until: Callable[[Facts, Any], Days] | None = None,
    lacking: Callable[[Facts, PointOnChannel, Any], Bits] | None = None,
    begins: Callable[[Facts, Any], Days] | None = None,
    unknown_is_yes: bool = False,
) -> Callable[[Test], Predicate]:
    """Make a function a predicate of its name, which asks what its docstring says."""

    fixed = evidence if isinstance(evidence, str) else ""
    names = [name.strip() for name in fixed.split(",") if name.strip()]

    def make(test: Test) -> Predicate:
        return Predicate(
            test.__name__,
            (test.__doc__ or "").strip().partition("\n")[0],
            params,
            reads,
            (lambda _given: names) if isinstance(evidence, str) else evidence,
            unknown,
            lack_matters,
            test,
            until,
            lacking,
            begins,
            fixed,
            unknown_is_yes,
        )

    return make

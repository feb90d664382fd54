"""What a first scrub has to know, question by question, with what an answer decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from schemas.columns import CHANNELS
from schemas.evidence import PassesOn, SourceType

Answers = Mapping[str, str]
Kind = Literal["word", "words", "yes_no", "file"]


def words_of(answer: str) -> list[str]:
    """Words of an answer, which commas part."""
    return [word.strip() for word in answer.split(",") if word.strip()]


@dataclass(frozen=True)
class Question:
    """One question. ``decides``: what the answer changes, and what happens without one.

    ``choices``: the only answers, when there are any. ``asked_for``: channels for which it is asked; all when empty.
    ``after``: only when that question has an answer.
    """

    key: str
    asks: str
    decides: str
    kind: Kind = "word"
    choices: tuple[str, ...] = ()
    required: bool = False
    asked_for: frozenset[str] = frozenset()
    after: str | None = None

    def applies(self, answers: Answers) -> bool:
        """Whether it is asked, after these answers to the questions before it."""
        if self.after is not None and not answers.get(self.after):
            return False
        return not self.asked_for or not self.asked_for.isdisjoint(words_of(answers.get("channels", "")))


_BY_PHONE = frozenset({"call", "text"})
_SOURCES: tuple[str, ...] = get_args(SourceType)

QUESTIONS = (
    Question(
        "vendor",
        "Who sent the list? A short name, of letters, digits, '.', '-' and '_'.",
        "It names vendors/NAME.toml, and every row carries it.",
        required=True,
    ),
    Question(
        "entity",
        "In whose name will people be contacted?",
        "The manifest shows it, and a consent that names companies must name this one.",
    ),
    Question(
        "channels",
        "How will they be contacted? call, text, email, post; several with commas.",
        "Each way has its own lists and laws. A lead stays while one way is left.",
        kind="words",
        choices=CHANNELS,
        required=True,
    ),
    Question(
        "region",
        "Which country are numbers without + of? Two letters, as in US.",
        "Without an answer, rows with such numbers and without a country are set aside for review.",
        asked_for=_BY_PHONE,
    ),
    Question(
        "packs",
        "Whose law applies? Names of rule packs (leadscrub rules list), or all; several with commas.",
        "Without an answer the law is not checked, and every result says so.",
        kind="words",
    ),
    Question(
        "country",
        "In which country are you? Two letters.",
        "Some laws have other rules for callers from abroad.",
        after="packs",
    ),
    Question(
        "dialling",
        "Who dials: a person (live), or a machine or a recorded voice (automated)?",
        "Automated calls need much more consent. Without an answer they count as automated.",
        choices=("live", "automated"),
        asked_for=frozenset({"call"}),
        after="packs",
    ),
    Question(
        "texting",
        "Who sends texts: a person, one by one (manual), or a program (automated)?",
        "The same as for calls.",
        choices=("manual", "automated"),
        asked_for=frozenset({"text"}),
        after="packs",
    ),
    Question(
        "sender_identified",
        "Does each email say who it is from, with a postal address? yes or no.",
        "The law of most countries asks for it.",
        kind="yes_no",
        asked_for=frozenset({"email"}),
        after="packs",
    ),
    Question(
        "optout_offered",
        "Does each email or text offer a free way to say no, which works? yes or no.",
        "The same.",
        kind="yes_no",
        asked_for=frozenset({"email", "text"}),
        after="packs",
    ),
    Question(
        "source_type",
        f"Where does the list come from? {', '.join(_SOURCES)}.",
        "Bought lists never count as your customers. Without an answer rows are for review.",
        choices=_SOURCES,
        after="packs",
    ),
    Question(
        "origin",
        "The source by its name: the site, the fair, the directory.",
        "A list without a known origin is for review.",
        after="packs",
    ),
    Question(
        "businesses_only",
        "Is every lead a business, or a person at work? yes or no.",
        "Many laws have other rules for businesses. Without an answer leads count as consumers, unless their row says.",
        kind="yes_no",
        after="packs",
    ),
    Question(
        "dealt_with_us",
        "Were the purchases and inquiries in the list made with you? yes or no.",
        "Only those with you can make a customer of yours.",
        kind="yes_no",
        after="packs",
    ),
    Question(
        "product_class",
        "Is the offer one of: claims_management, pensions, energy_saving, renewable_energy, gambling …? "
        "Its name (docs/law.md has all), or none.",
        "Some goods may not be offered by phone at all. Without an answer such rules apply.",
        kind="words",
        after="packs",
    ),
    Question(
        "passes_on",
        "What becomes of the result: it stays with you (none), or goes to a processor, a partner, or is sold (sale)?",
        "What leaves must be allowed to. Without an answer the result is for you alone.",
        choices=get_args(PassesOn),
        after="packs",
    ),
    Question(
        "registry",
        "File of the national Do-Not-Call registry.",
        "Without it nobody is screened against the registry; in the US calls are then for review.",
        kind="file",
        asked_for=_BY_PHONE,
    ),
    Question(
        "registry_day",
        "The day on which that copy was made, as 2026-11-20.",
        "A copy may be used for so many days only; without a date it counts as too old.",
        after="registry",
    ),
    Question(
        "internal",
        "File of your own do-not-contact list.",
        "Nobody on it is ever contacted; without it they are.",
        kind="file",
    ),
    Question(
        "unsubscribed",
        "File of those who unsubscribed from your emails.",
        "Nobody on it gets an email; without it they do.",
        kind="file",
        asked_for=frozenset({"email"}),
    ),
    Question(
        "price",
        "What does one lead cost, as 2.50 USD?",
        "Reports then show what rejected rows cost.",
    ),
)

"""Consent is judged, not believed: what a claimed consent lacks, as bits of a number for each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.config import Channel
from schemas.evidence import CampaignEvidence, VendorEvidence
from schemas.support.distinct import distinct
from schemas.words import fold_words
from suppression.rules.consent_words import (
    ACT,
    ONE_IDENTIFIER,
    PAGE,
    PASSIVE,
    SHORTEST_IDENTIFIER,
    SIGNED,
    TICKED,
    Vocabulary,
    is_wording,
)
from suppression.rules.encode import Coded, Scalar, looked_up
from suppression.rules.time_windows import NO_DAY, Bools, Days, bools

Bits = npt.NDArray[np.uint64]

#: What a consent can lack, in the order of its bits, and how that reads after "consent lacks".
LACKS: dict[str, str] = {
    "given": "any sign that it was given",
    "date": "a date",
    "before": "a date before the lead was delivered",
    "act": "a positive act",
    "choice": "a choice (the box was ticked beforehand, or silence was taken for consent)",
    "signed": "a signature",
    "signed-or-ticked": "a signature or a box that the person ticked",
    "named": "our name among the named parties",
    "purpose": "our purpose",
    "call": "the channel call",
    "text-message": "the channel text",
    "email": "the channel email",
    "post": "the channel post",
    "wording": "the text agreed to",
    "proof": "proof (evidence, certificate or page)",
    "standing": "force: it was withdrawn",
    "explicit": "the word explicit",
    "age": "recent enough a date",
}
#: Fields of a lead, and of the campaign, that each of them rests on.
EVIDENCE_OF: dict[str, tuple[str, ...]] = {
    "date": ("consent_at",),
    "before": ("consent_at", "received_at"),
    "act": ("consent_method",),
    "choice": ("consent_method",),
    "signed": ("consent_method",),
    "signed-or-ticked": ("consent_method",),
    "named": ("consent_named_parties",),
    "purpose": ("consent_purposes", "campaign purposes"),
    "wording": ("consent_text",),
    "proof": ("consent_evidence", "consent_url", "trustedform_cert_url", "jornaya_lead_id"),
    "explicit": ("consent_basis",),
}
BIT = {name: np.uint64(1 << place) for place, name in enumerate(LACKS)}
OF_CHANNEL: dict[Channel, str] = {"call": "call", "text": "text-message", "email": "email", "post": "post"}

_CHANNEL_WORDS = {
    "call": ("call", "calls", "phone", "telephone", "voice"),
    "text": ("text", "texts", "sms"),
    "email": ("email", "e-mail", "emails"),
    "post": ("post", "letter", "mail", "postal"),
}
_EVERY_CHANNEL = ("all", "any", "all channels", "any channel", "every channel")
#: Of so many parts a name may be made, with a comma between.
_LONGEST_NAME = 3
#: A certificate's address at TrustedForm, and the form of a Jornaya LeadiD. A token nobody queried proves nothing;
#: one of the wrong form cannot even be queried.
TRUSTEDFORM = r"^https://cert\.trustedform\.com/[0-9a-f]{40}$"
LEADID = r"^[0-9A-Za-z-]{36}$"
#: A certificate whose submission was seen lives this long unless it is claimed.
TRUSTEDFORM_DAYS = 90


def bits_where(where: Bools, name: str) -> Bits:
    """The bit of something that a consent can lack, in these rows."""
    # To choose rows takes ten times as long where they follow no pattern.
    return where.astype(np.uint64) * BIT[name]


class Consents(NamedTuple):
    """What each row's consent lacks (bits of `BIT`), and whether any is claimed at all.

    ``basis`` is the class of each row's legal basis, the empty text where none is given.
    """

    lacks: Bits
    claimed: Bools
    basis: Coded[str]


class ConsentReader:
    """Judges the consents of a batch. ``column`` gives a column or None, ``names`` are ours.

    ``days`` gives the earliest day that each date may be of, ``latest`` the latest.

    ``today`` is the day of the run since 1970-01-01: what is dated later shows nothing yet.
    """

    def __init__(
        self,
        column: Callable[[str], pl.Series | None],
        days: Callable[[str], Days],
        latest: Callable[[str], Days],
        rows: int,
        today: int,
        names: tuple[str, ...],
        campaign: CampaignEvidence,
        vendor: VendorEvidence,
    ) -> None:
        self._column, self._days, self._latest, self._rows, self._today = column, days, latest, rows, today
        self._names, self._campaign, self._vendor = names, campaign, vendor
        self._words = Vocabulary(campaign.consent_words)
        self._lacks = np.zeros(rows, dtype=np.uint64)

    def judged(self, withdrawn_unread: Bools) -> Consents:
        """Judge every row's consent. ``withdrawn_unread`` are rows whose withdrawal is there and cannot be read."""
        at, at_latest = self._days("consent_at"), self._latest("consent_at")
        cells = self._column("consent_basis")
        words, of_row = ([], np.zeros(self._rows, np.int64)) if cells is None else distinct(cells)
        basis = Coded([*map(self._words.basis, words), ""], of_row)
        held = {
            "consent_text": self._of("consent_text", is_wording, np.bool_, False),
            "consent_evidence": self._proved(),
            "consent_url": self._shaped("consent_url", PAGE),
            "trustedform_cert_url": self._shaped("trustedform_cert_url", TRUSTEDFORM),
            "jornaya_lead_id": self._shaped("jornaya_lead_id", LEADID),
        }
        dated = at != NO_DAY
        by_basis = basis.among(("consent", "explicit"))
        claimed = by_basis | (basis.among(("",)) & (dated | np.logical_or.reduce(list(held.values()))))
        self._lack("given", ~claimed)
        self._lack("date", ~dated)
        received = self._days("received_at")
        # A delivery that is still to come is no delivery: nothing shows that the consent came before it.
        bad = (received != NO_DAY) & ((at_latest > received) | (received > self._today))
        self._lack("before", dated & ((at_latest > self._today) | bad))
        self._lack_act()
        self._lack_members("named", _words_in(self._column("consent_named_parties")), [self._names])
        purposes: list[tuple[str, ...]] = [(each,) for each in self._campaign.purposes or ()] or [()]
        self._lack_members("purpose", _words_in(self._column("consent_purposes")), purposes)
        told = _words_in(self._column("consent_channels"))
        for channel, name in OF_CHANNEL.items():
            self._lack_members(name, told, [(*_CHANNEL_WORDS[channel], *_EVERY_CHANNEL)])
        self._lack("wording", ~held["consent_text"])
        self._lack("explicit", ~basis.among(("explicit",)))
        fresh = dated & (self._today - at.astype(np.int64) <= TRUSTEDFORM_DAYS)
        proof = held["consent_evidence"] | held["consent_url"] | held["jornaya_lead_id"]
        self._lack("proof", ~(proof | (fresh & held["trustedform_cert_url"])))
        withdrawn = self._latest("withdrawn_at")
        # A consent of a later day is a new one: whether a law lets it count again, its rules say.
        ended = (withdrawn != NO_DAY) & ~(dated & (at > withdrawn) & (withdrawn <= self._today))
        self._lack("standing", ended | withdrawn_unread | basis.among(("refused",)))
        return Consents(self._lacks, claimed, basis)

    def _proved(self) -> Bools:
        """Whether the evidence names a proof. Most cells are an identifier, which one pass over the column finds."""
        cells = self._column("consent_evidence")
        if cells is None:
            return np.zeros(self._rows, dtype=bool)
        plain = (cells.str.contains(ONE_IDENTIFIER) & (cells.str.len_bytes() >= SHORTEST_IDENTIFIER)).fill_null(False)
        left = cells.to_frame("cell").select(pl.when(pl.lit(~plain)).then("cell")).to_series()
        return bools(plain.to_numpy() | looked_up(left, self._words.proves, np.bool_, False))

    def _shaped(self, name: str, pattern: str) -> Bools:
        """Whether each cell is there and has its form."""
        cells = self._column(name)
        if cells is None:
            return np.zeros(self._rows, dtype=bool)
        return cells.str.contains(pattern).fill_null(False).to_numpy()

    def _of(
        self, name: str, answer: Callable[[str], object], dtype: type[Scalar], default: object
    ) -> npt.NDArray[Scalar]:
        cells = self._column(name)
        return np.full(self._rows, default, dtype=dtype) if cells is None else looked_up(cells, answer, dtype, default)

    def _lack(self, name: str, where: Bools) -> None:
        self._lacks |= bits_where(where, name)

    def _lack_act(self) -> None:
        """A positive act, and a signature. A row without a method of its own has the vendor's attested form."""
        form = self._vendor.consent_form
        blank = 0 if form is None else ACT | {"signed": SIGNED, "web_tick": TICKED, "oral": 0}[form]
        method = self._of("consent_method", self._words.method, np.uint8, blank)
        self._lack("choice", (method & PASSIVE) != 0)
        self._lack("act", (method & ACT) == 0)
        self._lack("signed", (method & SIGNED) == 0)
        self._lack("signed-or-ticked", (method & (SIGNED | TICKED)) == 0)

    def _lack_members(self, name: str, said: _Said | None, groups: list[tuple[str, ...]]) -> None:
        """Each group needs one of its words among a row's words; compared as `fold_words` folds them."""
        if said is None or not all(groups):
            self._lack(name, np.ones(self._rows, dtype=bool))
            return
        folded = [{fold_words(word) for word in group} for group in groups]
        enough = np.array([all(words & group for group in folded) for words in said.contents])
        self._lack(name, ~enough[said.place])


class _Said(NamedTuple):
    """A column of word lists: its distinct contents, and which of them each row has (the last: none)."""

    contents: list[set[str]]
    place: npt.NDArray[np.int64]


def _words_in(cells: pl.Series | None) -> _Said | None:
    """Take a column of word lists apart. Few contents occur, so each is folded once."""
    if cells is None:
        return None
    texts, place = distinct(cells.list.join("|"))
    return _Said([*(_members(text.split("|")) for text in texts), set()], place)


def _members(words: list[str]) -> set[str]:
    """The words of a list, folded; neighbours also together, since a name may hold a comma ("Example, Inc.")."""
    folded = [fold_words(word) for word in words]
    spans = range(1, _LONGEST_NAME + 1)
    return {" ".join(folded[at : at + span]) for span in spans for at in range(len(folded) - span + 1)}

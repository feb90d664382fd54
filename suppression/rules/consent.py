"""Consent is judged, not believed: what a claimed consent lacks, as bits of a number for each row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.config import Channel
from schemas.evidence import CampaignEvidence, VendorEvidence
from suppression.rules.encode import distinct, looked_up
from suppression.rules.time_windows import NO_DAY, Bools, Days

Bits = npt.NDArray[np.uint64]

#: What a consent can lack, in the order of its bits, and how that reads after "consent lacks".
LACKS: dict[str, str] = {
    "given": "any sign that it was given",
    "date": "a date",
    "before": "a date before the lead was delivered",
    "act": "a positive act",
    "choice": "a choice (the box was ticked beforehand, or silence was taken for consent)",
    "signed": "a signature",
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
    "named": ("consent_named_parties",),
    "purpose": ("consent_purposes", "campaign purposes"),
    "wording": ("consent_text",),
    "proof": ("consent_evidence", "consent_url", "trustedform_cert_url", "jornaya_lead_id"),
    "explicit": ("consent_basis",),
}
BIT = {name: np.uint64(1 << place) for place, name in enumerate(LACKS)}
OF_CHANNEL: dict[Channel, str] = {"call": "call", "text": "text-message", "email": "email", "post": "post"}

_PASSIVE = ["pre-tick", "pretick", "pre tick", "pre-check", "precheck", "pre check", "silence", "inactiv", "default"]
_SIGNED = ["sign", "written"]
_CHANNEL_WORDS = {
    "call": ("call", "calls", "phone", "telephone", "voice"),
    "text": ("text", "texts", "sms"),
    "email": ("email", "e-mail", "emails"),
    "post": ("post", "letter", "mail", "postal"),
}
_EVERY_CHANNEL = ("all", "any")
#: A certificate's address at TrustedForm, and the form of a Jornaya LeadiD. A token nobody queried proves nothing;
#: one of the wrong form cannot even be queried.
TRUSTEDFORM = r"^https://cert\.trustedform\.com/[0-9a-f]{40}$"
LEADID = r"^[0-9A-Za-z-]{36}$"
#: A certificate whose submission was seen lives this long unless it is claimed.
TRUSTEDFORM_DAYS = 90


@dataclass(frozen=True)
class Consents:
    """What each row's consent lacks (bits of `BIT`), and whether any is claimed at all."""

    lacks: Bits
    claimed: Bools


def _word_class(word: str) -> str:
    """What a legal basis is, however it is spelled: consent, explicit, interests, contract, soft or none."""
    plain = " ".join(word.casefold().replace("_", " ").replace("-", " ").split())
    if plain.startswith(("no ", "not ")) or plain in {"none", "no", "unknown", "n/a", "without"}:
        return "none"
    if "soft" in plain:
        return "soft"
    if "consent" in plain or plain in {"opt in", "optin", "opted in", "double opt in", "express", "explicit"}:
        return "explicit" if "expl" in plain or "express" in plain or "written" in plain else "consent"
    if "legitimate" in plain or plain == "li":
        return "interests"
    return "contract" if "contract" in plain else "none"


def basis_classes(column: Callable[[str], pl.Series | None], rows: int) -> npt.NDArray[np.str_]:
    """Class of each row's legal basis; the empty string where none is given."""
    basis = column("consent_basis")
    return np.full(rows, "") if basis is None else looked_up(basis, _word_class, np.str_, "")


def judge_consents(
    column: Callable[[str], pl.Series | None],
    days: Callable[[str], Days],
    rows: int,
    as_of: int,
    names: tuple[str, ...],
    campaign: CampaignEvidence,
    vendor: VendorEvidence,
) -> Consents:
    """Judge every row's consent. ``column`` gives a column or None, ``days`` its days, ``names`` are ours."""
    lacks = np.zeros(rows, dtype=np.uint64)

    def lack(name: str, where: Bools) -> None:
        lacks[where] |= BIT[name]

    absent = np.ones(rows, dtype=bool)
    held = {
        name: ~absent if (series := column(name)) is None else series.is_not_null().to_numpy()
        for name in ("consent_text", "consent_evidence", "consent_url", "trustedform_cert_url", "jornaya_lead_id")
    }
    at, basis = days("consent_at"), basis_classes(column, rows)
    dated = at != NO_DAY
    by_basis = np.isin(basis, ["consent", "explicit"])
    claimed = by_basis | ((basis == "") & (dated | np.logical_or.reduce(list(held.values()))))
    lack("given", ~claimed)
    lack("date", ~dated)
    received = days("received_at")
    lack("before", dated & ((at > as_of) | ((received != NO_DAY) & (at > received))))
    _lack_act(lack, column("consent_method"), vendor, absent)
    _lack_members(lack, "named", _said(column("consent_named_parties")), [names], absent)
    purposes: list[tuple[str, ...]] = [(purpose,) for purpose in campaign.purposes] if campaign.purposes else [()]
    _lack_members(lack, "purpose", _said(column("consent_purposes")), purposes, absent)
    told = _said(column("consent_channels"))
    for channel, name in OF_CHANNEL.items():
        _lack_members(lack, name, told, [(*_CHANNEL_WORDS[channel], *_EVERY_CHANNEL)], absent)
    lack("wording", ~held["consent_text"])
    lack("explicit", basis != "explicit")
    fresh = dated & (as_of - at <= TRUSTEDFORM_DAYS)
    proof = held["consent_evidence"] | held["consent_url"]
    proof |= fresh & shaped(column("trustedform_cert_url"), TRUSTEDFORM, rows)
    proof |= shaped(column("jornaya_lead_id"), LEADID, rows)
    lack("proof", ~proof)
    lack("standing", days("withdrawn_at") != NO_DAY)
    return Consents(lacks, claimed)


def shaped(tokens: pl.Series | None, pattern: str, rows: int) -> Bools:
    """Whether each token is there and has its form."""
    if tokens is None:
        return np.zeros(rows, dtype=bool)
    return tokens.str.contains(pattern).fill_null(False).to_numpy()


def _signs_of(method: str) -> int:
    words = method.casefold()
    return (
        1 | (2 if any(word in words for word in _PASSIVE) else 0) | (4 if any(word in words for word in _SIGNED) else 0)
    )


def _lack_act(
    lack: Callable[[str, Bools], None], method: pl.Series | None, vendor: VendorEvidence, absent: Bools
) -> None:
    """A positive act, and a signature. A row without a method of its own has the vendor's attested form."""
    if method is None:
        lack("act", absent if vendor.consent_form is None else ~absent)
        lack("signed", absent if vendor.consent_form != "signed" else ~absent)
        return
    # One number for each row: 0 unsaid, else 1, with 2 for a passive and 4 for a signed method.
    signs = looked_up(method, _signs_of, np.uint8)
    unsaid, passive, signed = signs == 0, (signs & 2) != 0, (signs & 4) != 0
    lack("choice", passive)
    lack("act", passive | (unsaid if vendor.consent_form is None else ~absent))
    lack("signed", ~signed & ~(unsaid & (vendor.consent_form == "signed")))


@dataclass(frozen=True)
class _Said:
    """A column of word lists: its distinct contents, and which of them each row has (the last: none)."""

    contents: list[set[str]]
    place: npt.NDArray[np.int64]


def _said(cells: pl.Series | None) -> _Said | None:
    """Take a column of word lists apart. Few contents occur, so each is folded once."""
    if cells is None:
        return None
    texts, place = distinct(cells.list.join("|"))
    return _Said([*({word.strip().casefold() for word in text.split("|")} for text in texts), set()], place)


def _lack_members(
    lack: Callable[[str, Bools], None],
    name: str,
    said: _Said | None,
    groups: list[tuple[str, ...]],
    absent: Bools,
) -> None:
    """Each group needs one of its words among a row's words; compared without regard to case and blanks."""
    if said is None or not all(groups):
        lack(name, absent)
        return
    folded = [{word.casefold() for word in group} for group in groups]
    enough = np.array([all(words & group for group in folded) for words in said.contents])
    lack(name, ~enough[said.place])

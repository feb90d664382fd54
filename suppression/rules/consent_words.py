"""Reads the words of a consent: its basis, how it was given, what proves it and what was agreed to.

Closed vocabularies (``schemas/words.toml``): what is not in them is not said, and never counts for contact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from schemas.evidence import ConsentWords
from schemas.words import fold_words, is_missing, merged, words_of

#: Bits of a method: it was a positive act, a passive one, a signature, a box that the person ticked; or what the cell
#: says is none of these.
ACT, PASSIVE, SIGNED, TICKED, UNSAID = 1, 2, 4, 8, 16
_BITS = {"act": ACT, "ticked": ACT | TICKED, "signed": ACT | SIGNED, "passive": PASSIVE, "none": UNSAID}
#: A basis that the vocabulary does not have.
UNREAD = "unread"
_BETWEEN = re.compile(r"[,;/|&+\n]+|\s+(?:and|und|et|y|e|en)\s+")
_IDENTIFIER = re.compile(
    r"(?i)\b(?=[\w-]*\d)[\w-]{4,}\b|[\w-]+\.(?:pdf|wav|mp3|mp4|jpe?g|png|tiff?|eml|msg|txt|json|html?|csv|docx?)\b"
)
#: Somebody who does not agree, in what was to be agreed to. "Consent is not a condition of purchase" is none.
_DISAGREES = re.compile(
    r"\b(?:do not|dont|did not|didnt|never|no longer|refuse to|decline to|will not|cannot)"
    r"(?: \w+){0,2} (?:agree|consent|accept|authori[sz]e|permit|want|wish|opt in|subscribe)\b"
    r"|\b(?:n accepte pas|ne souhaite pas|n autorise pas|je refuse|stimme nicht zu|willige nicht ein"
    r"|nicht einverstanden|no acepto|no autorizo|no consiento|nao aceito|nao autorizo|nao concordo|non acconsento"
    r"|ga niet akkoord)\b"
)
#: A text shorter than that has to say that somebody agrees.
_FEWEST_WORDS = 3
#: "No text was kept": what begins with a negation and goes on no longer is no wording.
_LONGEST_DENIAL = 6
_AGREES = re.compile(
    r"\b(?:agree|agreed|consent|accept|accepted|authori[sz]e|einverstanden|zugestimmt|akzeptiere|accepte|acepto|autorizo"
    r"|consiento|aceito|concordo|accetto|acconsento|akkoord)\b"
)
_NUMBER = re.compile(r"\bno (?=\w*\d)")
#: Cells that are one long token with a digit in it, which identifies something: no word needs to be looked at.
ONE_IDENTIFIER = r"^[\w./:?=&%#~+@-]*\d[\w./:?=&%#~+@-]*$"
SHORTEST_IDENTIFIER = 8
#: The address of a page, as polars spells it.
PAGE = r"(?i)^\s*(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#]\S*)?\s*$"


@dataclass(frozen=True)
class Vocabulary:
    """The words of a run: those of the program, and the campaign's own."""

    own: ConsentWords

    @cached_property
    def _bases(self) -> Mapping[str, str]:
        return merged("basis", self.own.basis)

    @cached_property
    def _methods(self) -> Mapping[str, str]:
        return merged("method", self.own.method)

    @cached_property
    def _proofs(self) -> frozenset[str]:
        return words_of("proof", "kinds") | {fold_words(word) for word in self.own.proof}

    def basis(self, cell: str) -> str:
        """Class of a legal basis, however it is spelled; `UNREAD` when the vocabulary does not have it."""
        return self._bases.get(fold_words(cell), UNREAD)

    def method(self, cell: str) -> int:
        """Bits of how a consent was given. One phrase that is unknown or negative makes the whole cell say nothing."""
        words = self._methods
        whole = words.get(fold_words(cell))
        found = [whole] if whole else [words.get(fold_words(part)) for part in _BETWEEN.split(cell) if fold_words(part)]
        bits = 0
        for each in found:
            bits |= UNSAID if each is None else _BITS[each]
        # A box ticked beforehand is no act, whatever is said beside it.
        return UNSAID if bits & UNSAID or not bits else bits & ~(ACT | TICKED) if bits & PASSIVE else bits

    def proves(self, cell: str) -> bool:
        """Whether a text names a proof: a kind of record or an identifier, and nothing that takes it back."""
        if is_missing(cell):
            return False
        # "Recording no. 17" has a number, and no negation.
        words = set(_NUMBER.sub("", fold_words(cell)).split())
        named = bool(words & self._proofs) or fold_words(cell) in self._proofs or _IDENTIFIER.search(cell) is not None
        return (named or re.search(PAGE, cell) is not None) and not words & words_of("negation", "words")


def is_wording(cell: str) -> bool:
    """Whether a cell is a text that somebody can agree to, and agrees to."""
    folded = fold_words(cell)
    words = folded.split()
    denied = words[:1] and words[0] in words_of("negation", "words") and len(words) <= _LONGEST_DENIAL
    if is_missing(cell) or denied or set(words) <= words_of("missing", "words"):
        return False
    return (len(words) >= _FEWEST_WORDS or _AGREES.search(folded) is not None) and _DISAGREES.search(folded) is None

"""Hash recipes: how a partner made the hashes in its list, declared step by step, as in ``trim+lower+md5``.

Recipes in the field conflict (lower-cased or not, plus tag kept or not), so a list declares its own; nothing is
guessed from the look of the values.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from schemas.errors import UsageError
from schemas.names import did_you_mean

_TEXT_STEPS: dict[str, Callable[[str], str]] = {
    "trim": str.strip,
    "lower": str.lower,
    "digits": lambda text: re.sub(r"\D", "", text),
    "last10": lambda text: re.sub(r"\D", "", text)[-10:],
}
_HASHES = {"md5": 32, "sha1": 40, "sha256": 64}

_HEX = re.compile(r"[0-9a-fA-F]+")


@dataclass(frozen=True)
class Recipe:
    """Text steps in order, then one hash, written in hexadecimal."""

    spelled: str
    steps: tuple[str, ...]
    algorithm: str

    @property
    def digest_bytes(self) -> int:
        """Length of a digest in bytes."""
        return _HASHES[self.algorithm] // 2

    def digest(self, value: str) -> bytes:
        """Hash one value."""
        for step in self.steps:
            value = _TEXT_STEPS[step](value)
        return hashlib.new(self.algorithm, value.encode(), usedforsecurity=False).digest()

    def to_bytes(self, written: str) -> bytes:
        """Read a list's entry (see `is_digest`)."""
        return bytes.fromhex(written)

    def is_digest(self, value: str) -> bool:
        """Whether a list's entry has the form that this recipe makes."""
        return len(value) == _HASHES[self.algorithm] and _HEX.fullmatch(value) is not None


def parse_recipe(spelled: str) -> Recipe:
    """Read ``step+step+hash``; `UsageError` names the step that does not exist."""
    *steps, algorithm = [part.strip().lower().replace("-", "") for part in spelled.split("+")]
    if algorithm not in _HASHES:
        raise UsageError(
            f"Hash recipe '{spelled}' must end in a hash, not '{algorithm}'.",
            did_you_mean(algorithm, _HASHES),
        )
    for step in steps:
        if step not in _TEXT_STEPS:
            raise UsageError(f"Hash recipe '{spelled}' has an unknown step '{step}'.", did_you_mean(step, _TEXT_STEPS))
    return Recipe("+".join([*steps, algorithm]), tuple(steps), algorithm)


def looks_hashed(value: str) -> str | None:
    """Name the hash whose hexadecimal form the value has, if any."""
    if _HEX.fullmatch(value) is None:
        return None
    return next((name for name, length in _HASHES.items() if len(value) == length), None)

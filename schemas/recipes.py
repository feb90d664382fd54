"""Hash recipes: how a partner made the hashes in its list, declared step by step, as in ``trim+lower+md5``.

Recipes in the field conflict (lower-cased or not, plus tag kept or not, punctuation kept or not), so a list declares
its own; nothing is guessed from the look of the values. California DROP: ``trim+lower+sha256+base64`` for emails and
``last10+sha256+base64`` for phones (11 CCR 7600 ff.).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from schemas.errors import UsageError
from schemas.support.column_bytes import ascii_lower, column_bytes
from schemas.support.hashing import Digests, digests, hex_digests
from schemas.support.names import did_you_mean
from schemas.support.secret_keys import subkey

_TEXT_STEPS: dict[str, Callable[[str], str]] = {
    "trim": str.strip,
    "lower": str.lower,
    # Named for recipes that say so; the case is kept where no step changes it.
    "keepcase": lambda text: text,
    "striptag": lambda text: re.sub(r"\+[^@]*@", "@", text, count=1),
    "digits": lambda text: re.sub(r"\D", "", text),
    "last10": lambda text: re.sub(r"\D", "", text)[-10:],
    "e164": lambda text: "+" + re.sub(r"\D", "", text),
}
#: What `str.strip` takes for white space in ASCII.
_WHITE = "\t\n\v\f\r\x1c\x1d\x1e\x1f "
_IS_WHITE = np.zeros(256, dtype=bool)
_IS_WHITE[list(_WHITE.encode())] = True


def _trimmed(texts: pl.Series) -> pl.Series:
    """Take off white space where there is any: hardly any value has some, and to look is cheaper."""
    bounds, data = column_bytes(texts)
    ends = data.take(bounds[:-1], mode="clip"), data.take(bounds[1:] - 1, mode="clip")
    return texts.str.strip_chars(_WHITE) if any(_IS_WHITE[end].any() for end in ends) else texts


#: The same steps for a column. They agree with those above on ASCII; see `Recipe.prepared`.
_COLUMN_STEPS: dict[str, Callable[[pl.Series], pl.Series]] = {
    "trim": _trimmed,
    "lower": ascii_lower,
    "keepcase": lambda texts: texts,
    "striptag": lambda texts: texts.str.replace(r"\+[^@]*@", "@"),
    "digits": lambda texts: texts.str.replace_all(r"[^0-9]", ""),
    "last10": lambda texts: texts.str.replace_all(r"[^0-9]", "").str.tail(10),
    "e164": lambda texts: "+" + texts.str.replace_all(r"[^0-9]", ""),
}
#: Length of each digest in bytes.
_HASHES = {"md5": 16, "sha1": 20, "sha256": 32, "sha512": 64}
_SPELLINGS = ("hex", "base64")
#: Before the id of a secret, in place of a hash (see `KeyedRecipe`).
_KEYED = "keyed:"
#: Bytes from this one on are of no ASCII character.
_FIRST_FOREIGN = 0x80

_HEX = re.compile(r"[0-9a-fA-F]+")


@dataclass(frozen=True)
class Recipe:
    """Text steps in order, then one hash, written as ``hex`` or ``base64``."""

    steps: tuple[str, ...]
    algorithm: str
    spelling: str = "hex"

    @property
    def spelled(self) -> str:
        """The recipe as a user writes it."""
        end = (self.algorithm,) if self.spelling == "hex" else (self.algorithm, self.spelling)
        return "+".join((*self.steps, *end))

    @property
    def digest_bytes(self) -> int:
        """Length of a digest in bytes."""
        return _HASHES[self.algorithm]

    def digest(self, value: str) -> bytes:
        """Hash one value."""
        return hashlib.new(self.algorithm, self._stepped(value).encode(), usedforsecurity=False).digest()

    def prepared(self, values: pl.Series) -> pl.Series:
        """Apply the text steps to a column; null stays null.

        Libraries differ on what is white space, a digit or a small letter outside ASCII: there each value goes through
        the same steps as in `digest`.
        """
        stepped = values
        for step in self.steps:
            stepped = _COLUMN_STEPS[step](stepped)
        if column_bytes(values).data.max() < _FIRST_FOREIGN:
            return stepped
        rows = (values.str.len_bytes() != values.str.len_chars()).fill_null(False).arg_true()
        return stepped.clone().scatter(rows, [self._stepped(value) for value in values.gather(rows)])

    def hashed(self, prepared: pl.Series) -> Digests:
        """Hash `prepared` values, none of them null, to n x `digest_bytes` bytes."""
        return digests(prepared, self.algorithm)

    def digest_all(self, values: pl.Series) -> Digests:
        """Hash a column without nulls; row by row what `digest` gives."""
        return self.hashed(self.prepared(values))

    def _stepped(self, value: str) -> str:
        for step in self.steps:
            value = _TEXT_STEPS[step](value)
        return value

    def written(self, value: str) -> str:
        """Hash one value and spell the hash as the list does."""
        digest = self.digest(value)
        return digest.hex() if self.spelling == "hex" else base64.b64encode(digest).decode()

    def to_bytes(self, entry: str) -> bytes | None:
        """Read a list's entry; None when it has not the form that this recipe makes."""
        try:
            digest = bytes.fromhex(entry) if self.spelling == "hex" else base64.b64decode(entry, validate=True)
        except (ValueError, binascii.Error):
            return None
        return digest if len(digest) == self.digest_bytes else None

    def digests_in(self, text: str) -> list[bytes]:
        """Find all hashes of this recipe's form in a text that holds more than one, or something else besides."""
        size = self.digest_bytes
        if self.spelling == "hex":
            pattern = rf"(?<![0-9a-fA-F])[0-9a-fA-F]{{{2 * size}}}(?![0-9a-fA-F])"
        else:
            pattern = rf"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{{{-(-4 * size // 3)}}}=*"
        found = (self.to_bytes(match[0]) for match in re.finditer(pattern, text))
        return [digest for digest in found if digest is not None]

    def read_all(self, entries: pl.Series) -> tuple[Digests, pl.Series]:
        """Read a column of entries: the digests of those that have this recipe's form, and which they are."""
        size = self.digest_bytes
        if self.spelling == "hex" and bool((entries.str.len_bytes() == 2 * size).all()):
            try:
                joined = bytes.fromhex(entries.str.join().item())
            except ValueError:
                joined = b""
            # White space is skipped: with any of it there are too few.
            if len(joined) == size * len(entries):
                return np.frombuffer(joined, np.uint8).reshape(-1, size), pl.repeat(True, len(entries), eager=True)
        read = [self.to_bytes(entry) for entry in entries]
        good = b"".join(digest for digest in read if digest is not None)
        is_good = pl.Series([digest is not None for digest in read], dtype=pl.Boolean)
        return np.frombuffer(good, np.uint8).reshape(-1, size), is_good


@dataclass(frozen=True)
class KeyedRecipe(Recipe):
    """Text steps, then a hash under a secret of `schemas.support.secret_keys`; spelled ``lower+keyed:ID``.

    As in HMAC, a hash is hashed under a second key (both derived from the secret): SHA-256 alone, behind a key, could
    be continued. Methods that hash raise `ConfigError` when the secret is not here.
    """

    @property
    def key_id(self) -> str:
        """Which secret."""
        return self.algorithm.removeprefix(_KEYED)

    @property
    def digest_bytes(self) -> int:
        """See `Recipe`."""
        return _HASHES["sha256"]

    def digest(self, value: str) -> bytes:
        """See `Recipe`."""
        inner = hashlib.sha256((subkey(self.key_id, "inner") + self._stepped(value)).encode()).hexdigest()
        return hashlib.sha256((subkey(self.key_id, "outer") + inner).encode()).digest()

    def hashed(self, prepared: pl.Series) -> Digests:
        """See `Recipe`."""
        inner = hex_digests(subkey(self.key_id, "inner") + prepared, "sha256")
        return digests(subkey(self.key_id, "outer") + inner, "sha256")


def keyed_recipe(key_id: str) -> KeyedRecipe:
    """The recipe of lists that we make ourselves: normal forms (E.164, addresses in lower case) under a secret."""
    return KeyedRecipe(("lower",), _KEYED + key_id)


def parse_recipe(spelled: str) -> Recipe:
    """Read ``step+step+hash[+base64]``. Raises `UsageError` with the part that does not exist."""
    parts = [part.strip().lower().replace("-", "").replace("_", "") for part in spelled.split("+")]
    spelling = parts.pop() if parts[-1] in _SPELLINGS else "hex"
    *steps, algorithm = parts or [""]
    is_keyed = algorithm.startswith(_KEYED) and spelling == "hex"
    if algorithm not in _HASHES and not is_keyed:
        raise UsageError(
            f"Hash recipe '{spelled}' must end in a hash, not '{algorithm}'.", did_you_mean(algorithm, _HASHES)
        )
    for step in steps:
        if step not in _TEXT_STEPS:
            raise UsageError(f"Hash recipe '{spelled}' has an unknown step '{step}'.", did_you_mean(step, _TEXT_STEPS))
    return KeyedRecipe(tuple(steps), algorithm) if is_keyed else Recipe(tuple(steps), algorithm, spelling)


def looks_hashed(value: str) -> str | None:
    """Name the hash whose hexadecimal form the value has, if any."""
    if _HEX.fullmatch(value) is None:
        return None
    return next((name for name, size in _HASHES.items() if len(value) == 2 * size), None)

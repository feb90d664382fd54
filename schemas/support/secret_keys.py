"""Keys that are never in a workspace: where they are, and the secrets by which contact points are hashed.

A secret is 32 random bytes, in a file that its id names. A keyed hash can be compared only by who has the secret:
nobody else can try numbers or addresses.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from functools import cache
from pathlib import Path
from typing import Final

from schemas.errors import ConfigError, OutputError
from schemas.support.durable import make_folder
from schemas.support.places import new_file

#: Names the folder of private keys and secrets.
KEYS_VARIABLE: Final = "LEADSCRUB_KEYS"
_BYTES: Final = 32


def key_folder() -> Path:
    """Where private keys are: the folder that the environment names, else one in the user's configuration."""
    named = os.environ.get(KEYS_VARIABLE)
    if named:
        return Path(named)
    from typer import get_app_dir  # noqa: PLC0415  # the one rule for each system

    return Path(get_app_dir("leadscrub")) / "keys"


def make_secret() -> str:
    """Make a secret, for its owner only. Returns its id. Raises `OutputError` when it cannot be written."""
    secret = secrets.token_hex(_BYTES)
    name = _id_of(secret)
    keep_for_owner(key_folder(), f"{name}.secret", secret.encode("ascii"))
    return name


def keep_for_owner(folder: Path, name: str, content: bytes) -> None:
    """Write a key, at no moment readable by anybody else. Raises `OutputError` when it cannot be written."""
    beside = folder / f".{name}.new"
    try:
        make_folder(folder.absolute())
        with new_file(beside) as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.rename(folder / name)
    except OSError as error:
        raise OutputError(
            f"'{folder}' cannot be written: {error.strerror}.", f"Name another folder with {KEYS_VARIABLE}."
        ) from error


def subkey(key_id: str, purpose: str) -> str:
    """A key for one purpose, derived from a secret; 64 hexadecimal digits.

    Raises `ConfigError` when the secret is not here: what is hashed by it cannot be compared with anything.
    """
    return hashlib.sha256(f"{_secret(str(key_folder()), key_id)} {purpose}".encode()).hexdigest()


@cache
def _secret(folder: str, key_id: str) -> str:
    path = Path(folder) / f"{key_id}.secret"
    hint = f"Put it there, or name its folder with {KEYS_VARIABLE}."
    try:
        secret = path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is none"
        raise ConfigError([f"the secret {key_id} cannot be read: {path}: {why}"], hint) from error
    if _id_of(secret) != key_id:
        raise ConfigError([f"'{path}' is not the secret {key_id}"], "Restore it from a copy.")
    return secret


def _id_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:16]

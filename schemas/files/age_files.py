"""Files encrypted for recipients, in the age format (age-encryption.org/v1): opened with the identities that are here.

Identities (``AGE-SECRET-KEY-1…``, as ``age-keygen`` writes them) are in files of the folder of keys, never on a
command line. Recipients (``age1…``) are public. pyrage, the Rust implementation, does the work; it is loaded only for
such files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from schemas.errors import ConfigError, FileError, UsageError
from schemas.files.inputs import Delivery, Input
from schemas.files.spool import Spool, Spooled
from schemas.support.durable import make_folder, sync_path
from schemas.support.extras import library_for
from schemas.support.places import new_file, open_plain
from schemas.support.secret_keys import KEYS_VARIABLE, key_folder

#: The end of a name whose file is encrypted.
AGE: Final = ".age"
#: How an identity begins.
_IDENTITY: Final = "AGE-SECRET-KEY-1"
#: A file of identities is short; what is longer is none.
_MOST: Final = 1 << 16


def decrypted(given: Input, spool: Spool) -> Spooled:
    """Decrypt a file into the spool. Raises `FileError` when no identity that is here opens it, or it is damaged."""
    pyrage = _pyrage()
    identities = _identities()
    if not identities:
        raise FileError(
            f"'{given}' is encrypted, and no identity is in '{key_folder()}'.",
            f"Put a file with AGE-SECRET-KEY-1… there, or name its folder with {KEYS_VARIABLE}.",
        )
    target = spool.end
    try:
        with given.open("rb") as source:
            pyrage.decrypt_io(source, spool.sink(), identities)
    except (pyrage.DecryptError, OSError) as error:
        if getattr(error, "errno", None):  # the system's own trouble
            raise
        raise FileError(
            f"'{given}' is encrypted for none of the identities in '{key_folder()}', or damaged.",
            "Ask for whom it was encrypted.",
        ) from error
    delivery = given.delivery or Delivery(_sha256(given), given.size)
    return Spooled(spool, target, spool.end - target, str(given).removesuffix(AGE), delivery)


def encrypt(source: BinaryIO, sink: BinaryIO, recipients: Sequence[str]) -> None:
    """Encrypt a stream for these recipients. Raises `UsageError` when pyrage is not installed."""
    pyrage = _pyrage()
    pyrage.encrypt_io(source, sink, [pyrage.x25519.Recipient.from_str(each) for each in recipients])


def move_encrypted(source: Path, target: Path, recipients: Sequence[str]) -> None:
    """Move a file, encrypted for these recipients; it goes from where it was when the other one is complete."""
    make_folder(target.parent)
    beside = target.with_name(f".{target.name}.new")
    try:
        with open_plain(source) as stream, new_file(beside) as sink:
            encrypt(stream, sink, recipients)
            sink.flush()
            os.fsync(sink.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    sync_path(target.parent)
    source.unlink()
    sync_path(source.parent)


def checked_recipients(recipients: Sequence[str]) -> list[str]:
    """Check that they are recipients. Raises `UsageError` when one is none, or pyrage is not installed."""
    pyrage = _pyrage()
    for each in recipients:
        if each.startswith(_IDENTITY):
            raise UsageError("A recipient is an identity, which is secret.", "Name the public one, age1….")
        try:
            pyrage.x25519.Recipient.from_str(each)
        except pyrage.RecipientError as error:
            raise UsageError(f"'{each[:16]}' is no recipient of age.", "It begins with age1.") from error
    return list(recipients)


def _identities() -> list[Any]:
    """All identities of the folder of keys; what is in other files there is left alone."""
    pyrage = _pyrage()
    folder = key_folder()
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        with suppress(OSError, UnicodeDecodeError):
            if path.is_file() and path.stat().st_size < _MOST:
                lines = [line.strip() for line in path.read_text(encoding="ascii").splitlines()]
                found += [_identity(pyrage, path, line) for line in lines if line.startswith(_IDENTITY)]
    return found


def _identity(pyrage: Any, path: Path, line: str) -> Any:
    try:
        return pyrage.x25519.Identity.from_str(line)
    except pyrage.IdentityError as error:
        raise ConfigError([f"'{path}' holds an identity of age that is damaged"], "Restore it from a copy.") from error


def _pyrage() -> Any:
    return library_for("encrypted files", "pyrage", "age")


def _sha256(given: Input) -> str:
    digest = hashlib.sha256()
    with given.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

"""The workspace's key: Ed25519 (RFC 8032). The private half is never in the workspace, the public half always.

``cryptography`` is loaded only where a key is used: a workspace without one does not wait for it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from schemas.errors import ConfigError, UsageError
from schemas.support.durable import make_folder, write_atomically
from schemas.support.secret_keys import KEYS_VARIABLE, keep_for_owner, key_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

#: The public half, in the log's folder of a workspace.
PUBLIC: Final = "key.pem"


class PublicKey(NamedTuple):
    """A public key. ``pem``: as SubjectPublicKeyInfo, which other programs read."""

    pem: str

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits of the SHA-256 of the key."""
        return hashlib.sha256(_raw(self._key)).hexdigest()[:16]

    @property
    def _key(self) -> Ed25519PublicKey:
        return _public(self.pem)

    def signed(self, message: bytes, signature: str) -> bool:
        """Whether the owner of the private half signed the message."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

        try:
            self._key.verify(base64.b64decode(signature, validate=True), message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A private key that is here."""

    public: PublicKey
    _key: Ed25519PrivateKey

    def sign(self, message: bytes) -> str:
        """Sign a message; in Base64."""
        return base64.b64encode(self._key.sign(message)).decode()


def keys_folder(workspace: Path) -> Path:
    """Where private keys are. Raises `UsageError` when that is in the workspace: who copies it would have the key."""
    folder = key_folder()
    if folder.resolve().is_relative_to(workspace.resolve()):
        raise UsageError(
            f"The folder of private keys, '{folder}', is in the workspace.", f"Name another one with {KEYS_VARIABLE}."
        )
    return folder


def read_public(path: Path) -> PublicKey:
    """Read a public key. Raises `UsageError` when the file is none."""
    try:
        key = PublicKey(path.read_text(encoding="ascii"))
        _public(key.pem)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"'{path}' is not a public key.", "Name a PEM file with an Ed25519 key, as 'keys show' prints it."
        ) from error
    return key


def public_of(workspace: Path) -> PublicKey | None:
    """The workspace's public key; None when it has none. Raises `UsageError` when the file is damaged."""
    path = workspace / "log" / PUBLIC
    return read_public(path) if path.is_file() else None


def signer_of(workspace: Path) -> Signer | None:
    """What signs in a workspace; None when it has no key.

    Raises `ConfigError` when it has one and the private half is not here: nothing unsigned is written then.
    """
    public = public_of(workspace)
    if public is None:
        return None
    path = keys_folder(workspace) / f"{public.id}.pem"
    try:
        signer = _signer(path)
    except (OSError, ValueError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not an Ed25519 key"
        raise ConfigError(
            [f"the private key {public.id} of this workspace cannot be read: {path}: {why}"],
            f"Put it there, or name its folder with {KEYS_VARIABLE}. If it is lost: 'leadscrub keys new --lost'.",
        ) from error
    if signer.public != public:
        raise ConfigError([f"'{path}' is not the private half of this workspace's key"], "Restore it from a copy.")
    return signer


def make_key(workspace: Path) -> Signer:
    """Make a key, and write its private half, for its owner only. Raises `OutputError` when that cannot be written."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = Ed25519PrivateKey.generate()
    signer = Signer(_pem_of(key), key)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keep_for_owner(keys_folder(workspace), f"{signer.public.id}.pem", pem)
    return signer


def keep_public(workspace: Path, public: PublicKey) -> None:
    """Record the public half in the workspace."""
    make_folder((workspace / "log").absolute())
    write_atomically(workspace / "log" / PUBLIC, public.pem)


def _signer(path: Path) -> Signer:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("another kind of key")
    return Signer(_pem_of(key), key)


def _pem_of(key: Ed25519PrivateKey) -> PublicKey:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(pem.decode("ascii"))


def _public(pem: str) -> Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        key = load_pem_public_key(pem.encode("ascii"))
    except UnsupportedAlgorithm as error:
        raise ValueError("another kind of key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("another kind of key")
    return key


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes_raw()

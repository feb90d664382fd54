"""Timestamps (RFC 3161): an authority signs a hash together with the time at which it was given that hash.

``rfc3161-client`` reads and checks answers; it needs the extra ``timestamp``, and is loaded only where one is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from schemas.errors import FileError
from schemas.support.extras import library_for

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

_SHA256: Final = "2.16.840.1.101.3.4.2.1"
#: Answers have some kilobytes; more is another file.
_MOST: Final = 1 << 20
#: PKIStatus of RFC 3161, 2.4.2. Only the first comes with a timestamp of what was asked for.
_STATUS: Final = {
    0: "granted",
    1: "granted with modifications",
    2: "rejection",
    3: "waiting",
    4: "revocation warning",
    5: "revocation notification",
}
#: Of DER: a sequence, and what is marked as number 0 of one.
_SEQUENCE, _FIRST_OPTION = 0x30, 0xA0


@dataclass(frozen=True)
class Timestamp:
    """What an authority signed. ``digest``: the hash it was given; ``at``: when, by its clock, in UTC."""

    digest: str
    nonce: int | None
    at: datetime
    authority: str
    _answer: TimeStampResponse

    def signature_fault(self, roots: list[Certificate]) -> str | None:
        """Why its signature is not of an authority that these certificates vouch for; None when it is."""
        from rfc3161_client import VerifierBuilder  # noqa: PLC0415

        try:
            VerifierBuilder(roots=list(roots)).build().verify(self._answer, bytes.fromhex(self.digest))
        except Exception as error:  # as below
            why = str(error).partition("Verify error:")
            return (why[2].partition('"')[0] or why[0].partition(": ErrorStack")[0]).strip().rstrip(".")
        return None


def request(content: bytes) -> tuple[bytes, int]:
    """Make a request (TimeStampReq) for the SHA-256 of a content, and its nonce. The certificate is asked for too.

    Raises `UsageError` when the extra is not installed.
    """
    client = _client()
    made = client.TimestampRequestBuilder().data(content).hash_algorithm(client.HashAlgorithm.SHA256).build()
    return made.as_bytes(), made.nonce


def read_timestamp(answer: bytes) -> Timestamp:
    """Read an answer (TimeStampResp). Raises `ValueError` with a clause that says why it has no timestamp, `UsageError`
    when the extra is not installed."""
    client = _client()
    try:
        response = client.decode_timestamp_response(_in_order(answer))
        status = response.status
    except ValueError as error:
        raise ValueError("it is no answer of a timestamp authority (TimeStampResp of RFC 3161)") from error
    if status != 0:
        said = ", ".join(response.status_string)
        raise ValueError(f"the authority says {_STATUS.get(status, status)}{': ' if said else ''}{said}")
    try:
        info = response.tst_info
        algorithm, message = info.message_imprint.hash_algorithm, info.message_imprint.message
        at, nonce, authority = info.gen_time, info.nonce, _authority(response)
    except Exception as error:  # of a certificate that it cannot read, a library raises errors of many kinds
        raise ValueError("its timestamp is damaged") from error
    if algorithm.dotted_string != _SHA256:
        raise ValueError("its timestamp is of another hash than SHA-256")
    return Timestamp(message.hex(), nonce, at.astimezone(UTC), authority, response)


def read_answer(path: Path) -> bytes:
    """Read the file of an answer. Raises `FileError` when it cannot be read, or is too large to be one."""
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST + 1)
    except OSError as error:
        raise FileError(f"'{path}' cannot be read: {error.strerror}.", "Name the file of the answer.") from error
    if len(content) > _MOST:
        raise FileError(f"'{path}' is too large for an answer of a timestamp authority.", "Name another file.")
    return content


def read_roots(path: Path) -> list[Certificate]:
    """Read the certificates of those who vouch for authorities, from a PEM file.

    Raises `FileError` when it cannot be read or has none, `UsageError` when the extra is not installed.
    """
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415

    _client()
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it has no certificate in PEM"
        raise FileError(f"'{path}' cannot be read: {why}.", "Name the PEM file of the authority's root.") from error


def _client() -> Any:
    return library_for("timestamps", "rfc3161_client", "timestamp")


def _authority(response: TimeStampResponse) -> str:
    """The name in the certificate that signed, which nobody has checked yet."""
    from cryptography.x509 import load_der_x509_certificate  # noqa: PLC0415

    signers = {(each.issuer, each.serial_number) for each in response.signed_data.signer_infos}
    for der in response.signed_data.certificates:
        certificate = load_der_x509_certificate(der)
        if (certificate.issuer, certificate.serial_number) in signers:
            return certificate.subject.rfc4514_string()
    return "an authority without certificate"


def _in_order(answer: bytes) -> bytes:
    """The same answer with its certificates in the order of DER (X.690, 11.6), which the library insists on.

    Authorities send theirs in any order; no signature is over it. Raises `ValueError` when it is no answer.
    """
    begin, end = 0, len(answer)
    # TimeStampResp: status, token. Token: type, content. Content: SignedData, which is: version, algorithms, what is
    # signed, certificates.
    for tag, place in ((_SEQUENCE, 0), (_SEQUENCE, 1), (_FIRST_OPTION, 1), (_SEQUENCE, 0), (_FIRST_OPTION, 3)):
        parts = _parts(answer, begin, end)
        if place >= len(parts) or answer[parts[place][0]] != tag:
            return answer  # without token, or without certificates
        _, begin, end = parts[place]
    certificates = sorted(answer[start:stop] for start, _, stop in _parts(answer, begin, end))
    return answer[:begin] + b"".join(certificates) + answer[end:]


def _parts(content: bytes, begin: int, end: int) -> list[tuple[int, int, int]]:
    """Of each value of DER in a place: where it begins, where its content does, and where both end."""
    found = []
    while begin < end:
        size, inner = content[begin + 1] if begin + 1 < end else 0, begin + 2
        if size & 0x80:
            inner += size & 0x7F
            size = int.from_bytes(content[begin + 2 : inner], "big")
        if inner + size > end:
            raise ValueError("cut off")
        found.append((begin, inner, inner + size))
        begin = inner + size
    return found

"""A timestamp authority on this machine: ``openssl ts``, with a root, and a certificate below it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_CONFIG = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/chain.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_FOR_STAMPS = "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"


@dataclass(frozen=True)
class Authority:
    """Answers requests. ``root``: the certificate that vouches for it."""

    folder: Path

    @classmethod
    def made(cls, folder: Path, name: str, *, usage: str = _FOR_STAMPS) -> Authority:
        """Make one. Where there is no openssl the test is left out, unless it must not be: then that is a failure."""
        if shutil.which("openssl") is None:
            assert os.environ.get("LEADSCRUB_OPENSSL") != "required", "there is no openssl, and its tests are required"
            pytest.skip("there is no openssl on this machine")
        folder.mkdir()
        authority = cls(folder)
        root = ("-days", "2", "-keyout", "root.key", "-out", "root.pem")
        authority.openssl("req", "-x509", *_KEY, *root, "-subj", f"/CN=Root of {name}")
        authority.openssl("req", *_KEY, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", f"/O={name}/CN=Stamps")
        (folder / "usage").write_text(usage)
        (folder / "serial").write_text("01\n")
        signed = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "2", "-extfile", "usage")
        authority.openssl("x509", "-req", "-in", "tsa.csr", *signed, "-out", "tsa.pem")
        (folder / "config").write_text(_CONFIG.format(folder=folder))
        authority.sends("tsa.pem")
        return authority

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def sends(self, *certificates: str) -> None:
        """From now on, send these certificates along with the authority's own."""
        chain = "".join((self.folder / name).read_text() for name in certificates)
        (self.folder / "chain.pem").write_text(chain)

    def answer(self, request: Path, to: Path) -> Path:
        """Answer a request, be it with a refusal."""
        self.openssl("ts", "-reply", "-config", "config", "-queryfile", request, "-out", to)
        return to

    def openssl(self, *words: str | Path) -> str:
        """Run openssl in the authority's folder."""
        environment = {**os.environ, "OPENSSL_CONF": os.devnull} if words[0] == "ts" else None
        ran = subprocess.run(
            ["openssl", *map(str, words)], cwd=self.folder, capture_output=True, text=True, check=False, env=environment
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

"""SFTP as ssh does it: hosts, users and keys from ~/.ssh and the agent, and no server that is not known."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem
from paramiko.sftp import CMD_CLOSE, CMD_OPENDIR, CMD_READDIR

from pipeline.reading.sftp_stream import SftpStream


class KnownHostsOnly(SFTPFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """Looks the server's key up in ~/.ssh/known_hosts, and refuses any other."""

    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        self.client.load_system_host_keys()
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        try:
            self.client.connect(self.host, timeout=30, banner_timeout=30, auth_timeout=30, **self.ssh_kwargs)
            self.ftp = self.client.open_sftp()
        except BaseException:
            self.client.close()
            raise
        self.ftp.get_channel().settimeout(60)

    def stream(self, path: str, size: int) -> SftpStream:
        """Open a file of this size to read it from its beginning."""
        return SftpStream(self.ftp.open(os.fsencode(path), "rb"), size)

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Say what is at a path, whose bytes need not be text."""
        found: dict[str, Any] = self._decode_stat(self.ftp.stat(os.fsencode(path)))
        return found | {"name": path}

    def ls(self, path: str, detail: bool = False, **_: Any) -> list[Any]:
        """List a folder. A name whose bytes are no text is decoded as Python decodes such names of local files."""
        found = [self._decode_stat(each, path) for each in _listed(self.ftp, path)]
        return found if detail else sorted(str(each["name"]) for each in found)


def _listed(ftp: paramiko.SFTPClient, path: str) -> Iterator[paramiko.SFTPAttributes]:
    """What is in a folder. paramiko's own listing fails as a whole when one name is no text."""
    _, answer = ftp._request(CMD_OPENDIR, ftp._adjust_cwd(os.fsencode(path)))
    handle = answer.get_binary()
    try:
        while True:
            try:
                _, answer = ftp._request(CMD_READDIR, handle)
            except EOFError:
                return
            for _ in range(answer.get_int()):
                name = os.fsdecode(answer.get_binary())
                answer.get_binary()  # the line that ls -l would show
                facts = paramiko.SFTPAttributes._from_msg(answer, name)
                if name not in (".", ".."):
                    yield facts
    finally:
        ftp._request(CMD_CLOSE, handle)


@contextmanager
def connect(host: str, port: int | None, user: str | None) -> Iterator[KnownHostsOnly]:
    """Give a connection, closed at the end. What the URL says wins over ~/.ssh/config."""
    config = Path.home() / ".ssh" / "config"
    found = paramiko.SSHConfig.from_path(str(config)).lookup(host) if config.exists() else {}
    options = {
        "port": port or int(found.get("port", 22)),
        "username": user or found.get("user"),
        "key_filename": found.get("identityfile"),
    }
    system = KnownHostsOnly(found.get("hostname", host), skip_instance_cache=True, **options)
    try:
        yield system
    finally:
        system.client.close()

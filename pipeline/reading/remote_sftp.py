"""SFTP as ssh does it: hosts, users and keys from ~/.ssh and the agent, and no server that is not known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

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
        return SftpStream(self.ftp.open(path, "rb"), size)


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

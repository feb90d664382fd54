"""Files of a real SFTP server come whole and in order, however it answers, and leave no thread behind."""

from __future__ import annotations

import random
import threading
from collections.abc import Awaitable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import asyncssh
import paramiko
import pytest

from pipeline.reading.remote_sftp import KnownHostsOnly, connect
from tests.pipeline.reading.servers import breaking_link, sftp_server

pytestmark = pytest.mark.slow

NOISE = random.Random(7).randbytes(2_500_000)
SIZES = (0, 1, 32_767, 32_768, 32_769, 2_500_000)


class Stingy(asyncssh.SFTPServer):
    """Gives less than it is asked for, as a server may."""

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        data = super().read(file_obj, offset, size)
        return data[: 1 + offset % 30_000] if isinstance(data, bytes) else await data


class Faulty(asyncssh.SFTPServer):
    """Cannot read on after a million bytes."""

    def read(self, file_obj: object, offset: int, size: int) -> bytes | Awaitable[bytes]:
        if offset > 1_000_000:
            raise asyncssh.SFTPFailure("the disk is broken")
        return super().read(file_obj, offset, size)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without keys or agent."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return home


@contextmanager
def connected(
    tmp_path: Path, home: Path, kind: type[asyncssh.SFTPServer] = asyncssh.SFTPServer
) -> Iterator[tuple[KnownHostsOnly, int]]:
    """A connection to a server that has a file of each of `SIZES`, and the server's port."""
    served = tmp_path / "served"
    served.mkdir()
    for size in SIZES:
        (served / str(size)).write_bytes(NOISE[:size])
    with sftp_server(served, home, kind) as port, connect("127.0.0.1", port, "vendor") as system:
        yield system, port


def read_whole(system: KnownHostsOnly, size: int, block: int) -> bytes:
    with closing(system.stream(f"/{size}", size)) as stream:
        return b"".join(iter(lambda: stream.read(block), b""))


@pytest.mark.parametrize("kind", [asyncssh.SFTPServer, Stingy])
@pytest.mark.parametrize("block", [1 << 20, 50_000, 32_768, 4_999])
def test_files_come_whole(tmp_path: Path, home: Path, kind: type[asyncssh.SFTPServer], block: int) -> None:
    with connected(tmp_path, home, kind) as (system, _):
        for size in SIZES:
            assert read_whole(system, size, block) == NOISE[:size], size


def test_a_file_that_has_become_shorter_ends_where_it_ends(tmp_path: Path, home: Path) -> None:
    with connected(tmp_path, home) as (system, _), closing(system.stream("/32769", 2_500_000)) as stream:
        assert b"".join(iter(lambda: stream.read(1 << 20), b"")) == NOISE[:32_769]


def test_an_error_of_the_server_is_the_readers(tmp_path: Path, home: Path) -> None:
    with connected(tmp_path, home, Faulty) as (system, _), pytest.raises(OSError, match="the disk is broken"):
        read_whole(system, 2_500_000, 1 << 20)


def test_a_reader_that_stops_early_leaves_the_connection_usable_and_no_thread(tmp_path: Path, home: Path) -> None:
    with connected(tmp_path, home) as (system, _):
        before = threading.active_count()
        for _ in range(3):
            with closing(system.stream("/2500000", 2_500_000)) as stream:
                assert stream.read(10) == NOISE[:10]
            assert read_whole(system, 32_769, 1 << 20) == NOISE[:32_769]
        assert threading.active_count() == before


@pytest.mark.parametrize("limit", [30_000, 100_000, 1_000_000, 2_000_000])
def test_a_link_that_breaks_is_the_readers_error(tmp_path: Path, home: Path, limit: int) -> None:
    with connected(tmp_path, home) as (_, port), breaking_link(port, limit) as broken:
        hosts = home / ".ssh" / "known_hosts"
        hosts.write_text(hosts.read_text().replace(str(port), str(broken)))
        with (
            pytest.raises((EOFError, OSError, paramiko.SSHException)),
            connect("127.0.0.1", broken, "vendor") as system,
        ):
            read_whole(system, 2_500_000, 1 << 20)

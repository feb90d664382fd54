"""Servers on loopback that remote drops are fetched from, and a link to them that breaks."""

from __future__ import annotations

import asyncio
import functools
import http.server
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# What serves is imported by whoever needs it: each process that runs tests imports all of their modules.
if TYPE_CHECKING:
    import asyncssh


class _Handler(http.server.SimpleHTTPRequestHandler):
    def _leads_on(self) -> bool:
        """``/to/URL`` leads on to that URL."""
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.send_header("Content-Length", "0")
            self.end_headers()
        return self.path.startswith("/to/")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that the base class has
        pass

    def do_GET(self) -> None:
        if self._leads_on():
            return
        if self.path.startswith("/secret"):
            self.send_error(403)
        elif self.path.startswith("/broken"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"name,phone\n")
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        if self._leads_on():
            return
        if self.path.startswith("/secret"):
            self.send_error(403)
        elif self.path.startswith("/broken"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
        else:
            super().do_HEAD()


@contextmanager
def http_server(folder: Path) -> Iterator[str]:
    """Serve a folder; ``/secret`` is denied, ``/broken`` breaks off, ``/to/URL`` leads on. Gives the server's URL."""
    handler = functools.partial(_Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def s3_server(environment: pytest.MonkeyPatch, address: str = "127.0.0.1") -> Iterator[tuple[Any, int]]:
    """An S3 server with an empty bucket ``drops``, to which the environment leads. Gives a client and the port."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(address, 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    # All servers of a process share what they hold.
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()  # noqa: S310  # ours
    settings = {"ENDPOINT_URL": url, "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}
    for name, value in {**settings, "DEFAULT_REGION": "us-east-1"}.items():
        environment.setenv(f"AWS_{name}", value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="drops")
    try:
        yield client, port
    finally:
        client.close()
        server.stop()


@contextmanager
def sftp_server(folder: Path, home: Path, kind: type[asyncssh.SFTPServer] | None = None) -> Iterator[int]:
    """Serve a folder to the one user whose key lies in ``home/.ssh``, which also gets to know the server."""
    import asyncssh

    sftp = asyncssh.SFTPServer if kind is None else kind
    host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    ssh = home / ".ssh"
    ssh.mkdir(mode=0o700)
    user.write_private_key(str(ssh / "id_ed25519"))
    user.write_public_key(str(ssh / "authorized"))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    connections: list[asyncssh.SSHServerConnection] = []

    class Server(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            connections.append(conn)

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Server,
            server_host_keys=[host],
            authorized_client_keys=str(ssh / "authorized"),
            sftp_factory=lambda channel: sftp(channel, chroot=str(folder).encode()),
        )

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    port = server.get_port()
    (ssh / "known_hosts").write_text(f"[127.0.0.1]:{port} {host.export_public_key().decode()}")
    try:
        yield port
    finally:

        async def stop() -> None:
            server.close()
            for connection in connections:
                connection.abort()
                await connection.wait_closed()
            # What serves a connection closes its files once it hears that the connection has gone.
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def breaking_link(port: int, limit: int) -> Iterator[int]:
    """Pass bytes on to a port, and break each connection once so many came back. Gives the port to connect to."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def carry(source: socket.socket, sink: socket.socket, left: float) -> None:
        with suppress(OSError):
            while left > 0 and (block := source.recv(min(65_536, int(min(left, 65_536))))):
                sink.sendall(block)
                left -= len(block)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve(near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", port)) as far:
            up = threading.Thread(target=carry, args=(near, far, float("inf")))
            up.start()
            carry(far, near, limit)
            up.join()

    def accept() -> None:
        while not stop.is_set():
            with suppress(OSError):
                near, _ = listener.accept()
                thread = threading.Thread(target=serve, args=(near,))
                thread.start()
                threads.append(thread)

    threads = [threading.Thread(target=accept)]
    threads[0].start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in threads:
            thread.join(30)

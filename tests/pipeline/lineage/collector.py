"""A server on loopback that takes OpenLineage events, and servers that do not take them as they should."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Manner = Literal["takes", "refuses", "leads on", "keeps silent"]


@dataclass
class Collector:
    """What came: each event, its bytes, and the key that was given with it."""

    url: str
    events: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    @property
    def told(self) -> list[tuple[str, str]]:
        """State and job of each event, in the order in which they came."""
        return [(event["eventType"], event["job"]["name"]) for event in self.events]


@contextmanager
def collecting(manner: Manner = "takes") -> Iterator[Collector]:
    """Serve until the block is through."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.bodies.append(body)
            collector.paths.append(self.path)
            collector.keys.append(self.headers["Authorization"])
            if manner == "takes":
                collector.events.append(json.loads(body))
            if manner == "keeps silent":
                over.wait()
            self.send_response({"refuses": 401, "leads on": 307}.get(manner, 201))
            self.send_header("Location", collector.url + "elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            over.set()
            server.shutdown()
            thread.join()

"""Sends events in their order on a thread of its own: a command waits for a server only at its end, and not long."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from openlineage.client.event_v2 import RunEvent
from openlineage.client.transport.file import FileConfig, FileTransport
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport
from requests import ConnectionError as NoConnectionError
from requests import RequestException, Session, Timeout, TooManyRedirects

from schemas.support.figures import counted
from schemas.support.locks import lock, unlock
from schemas.support.places import lock_file
from schemas.support.shown import shown


class Destination(Protocol):
    """Takes events."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def emit(self, event: RunEvent) -> None:
        """Take one. Raises whatever goes wrong."""
        ...

    def close(self) -> None:
        """Take no more."""
        ...


@dataclass(frozen=True)
class EventFile:
    """A file to which each event is added as a line. It is for its owner only."""

    path: Path

    @property
    def name(self) -> str:
        """See `Destination`."""
        return f"'{self.path}'"

    def emit(self, event: RunEvent) -> None:
        """See `Destination`. Two commands at once do not mix their lines. Raises `LinkError` when it is a link."""
        self.path.absolute().parent.mkdir(parents=True, exist_ok=True)
        handle = lock_file(self.path)
        try:
            lock(handle, self.path, wait=True)
            FileTransport(FileConfig(str(self.path.absolute()), append=True)).emit(event)
        finally:
            unlock(handle)

    def close(self) -> None:
        """See `Destination`. The file is open only while it takes an event."""


class EventServer:
    """A server that takes events over HTTP. It may lead on nowhere: the key is for it alone."""

    def __init__(self, url: str, endpoint: str | None, api_key: str | None, seconds: float) -> None:
        parts = urlsplit(url)
        self.name = shown(f"{parts.scheme}://{parts.netloc}")  # a path or a query may be secret
        self._seconds = seconds
        session = Session()
        session.max_redirects = 0
        config = HttpConfig(url, timeout=seconds, session=session, retry={"total": 0})
        if endpoint is not None:
            config.endpoint = endpoint
        if api_key:
            config.auth = ApiKeyTokenProvider({"apiKey": api_key})
        self._transport = HttpTransport(config)

    def emit(self, event: RunEvent) -> None:
        """See `Destination`."""
        self._transport.emit(event)

    def close(self) -> None:
        """See `Destination`."""
        self._transport.close()


class Sender:
    """Sends to every destination. ``seconds``: how long its end may last."""

    def __init__(self, destinations: list[Destination], seconds: float) -> None:
        self._destinations, self._seconds = destinations, seconds
        self._events: queue.SimpleQueue[RunEvent | None] = queue.SimpleQueue()
        self._lost: Counter[str] = Counter()
        self._why: dict[str, str] = {}
        self._given = self._done = 0
        self._thread: threading.Thread | None = None

    def send(self, event: RunEvent) -> None:
        """Send an event when those before it were sent."""
        if self._thread is None:
            # A daemon: a server that never answers does not keep a command that is done.
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._given += 1
        self._events.put(event)

    def close(self) -> list[str]:
        """Wait for what is still to be sent. Returns a sentence for each destination that did not get everything."""
        if self._thread is None:
            return []
        self._events.put(None)
        self._thread.join(self._seconds)
        notes = [
            f"{counted(lost, 'lineage event')} did not reach {name}: {self._why[name]}"
            for name, lost in list(self._lost.items())
        ]
        if self._thread.is_alive():
            still = counted(self._given - self._done, "lineage event")
            notes.append(f"{still} could not be sent within {self._seconds:g} s")
        return notes

    def _work(self) -> None:
        while (event := self._events.get()) is not None:
            for destination in self._destinations:
                try:
                    destination.emit(event)
                except Exception as error:  # a thread has nobody to raise it to
                    self._lost[destination.name] += 1
                    self._why[destination.name] = _why(error)
            self._done += 1
        for destination in self._destinations:
            destination.close()


def _why(error: Exception) -> str:
    """What went wrong, without what a library quotes."""
    if isinstance(error, Timeout):
        return "it does not answer in time"
    if isinstance(error, TooManyRedirects):
        return "it leads on to another address, and events go only where [lineage] says"
    if isinstance(error, NoConnectionError):
        return "there is no connection to it"
    if isinstance(error, RequestException) and error.response is not None:
        return f"it answers HTTP {error.response.status_code}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return shown(str(error)) if isinstance(error, RuntimeError) else type(error).__name__

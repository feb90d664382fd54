"""Ctrl-C: it waits while the disk is changed, and processes of ours that help do not hear it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: What this process has changed since its command began, in the order in which it was done.
_changes: list[str] = []


def forget_changes() -> None:
    """Begin a command: nothing is changed yet."""
    _changes.clear()


def last_change() -> str | None:
    """What the command changed last, as a clause; nothing when it has changed nothing."""
    return _changes[-1] if _changes else None


def _note(change: str | None) -> None:
    if change is not None:
        _changes.append(change)


@contextmanager
def interrupts_wait(change: str | None = None) -> Iterator[None]:
    """Hold Ctrl-C back until the block is through, which may make a ``change`` (a clause: "the list 'x' is loaded").

    Raises `KeyboardInterrupt` then, when it came meanwhile. A block that fails raises its own error. Outside the main
    thread, which alone gets Ctrl-C, nothing needs to be held back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        _note(change)
        return
    came = False

    def keep(*_: object) -> None:
        nonlocal came
        came = True

    before = signal.signal(signal.SIGINT, keep)
    try:
        yield
        _note(change)
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C in the block do something first: what the block would wait for on its way out is ended so.

    Outside the main thread, which alone gets Ctrl-C, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(*_: object) -> None:
        act()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def children_without_interrupts() -> Iterator[None]:
    """Let processes that are started in the block never get Ctrl-C: who started them gets it, and ends them.

    A terminal sends it to all of them, and each would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where nothing can be held back from a child
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

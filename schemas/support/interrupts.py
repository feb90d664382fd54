"""Ctrl-C: it waits while the disk is changed, and processes of ours that help do not hear it."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import Final, ParamSpec, TypeVar

Given = ParamSpec("Given")
Done = TypeVar("Done")

#: Names of the files of Python's own code that imports; and seconds after which it has gone on.
_IMPORTING: Final = "<frozen importlib"
_MOMENT: Final = 0.005

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


def submit(
    pool: ThreadPoolExecutor, work: Callable[Given, Done], *given: Given.args, **named: Given.kwargs
) -> Future[Done]:
    """Have work done by a thread of a pool, which may be started for it: whole, or Ctrl-C comes before.

    A thread that Ctrl-C finds just being started is none that the pool waits for in the end.
    """
    with interrupts_wait():
        future = pool.submit(work, *given, **named)
    return future  # noqa: RET504  # Ctrl-C comes before


def interrupt_between_imports() -> None:
    """Let Ctrl-C end this process as it does, but never inside of Python's own code that imports.

    There it can come where it is lost, or where a lock is kept for which every other import waits for ever.
    """

    def heard(_number: int, frame: FrameType | None) -> None:
        if not _postponed(frame):
            raise KeyboardInterrupt

    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, heard)


def _postponed(frame: FrameType | None) -> bool:
    """Whether Ctrl-C came inside of the code that imports; then it comes again in a moment."""
    if frame is None or not frame.f_code.co_filename.startswith(_IMPORTING):
        return False
    again = threading.Timer(_MOMENT, _interrupt_main)
    again.daemon = True
    again.start()
    return True


def _interrupt_main() -> None:
    if hasattr(signal, "pthread_kill"):  # it wakes who waits
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C in the block do something first: what the block would wait for on its way out is ended so.

    Outside the main thread, which alone gets Ctrl-C, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(_number: int, frame: FrameType | None) -> None:
        if not _postponed(frame):
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

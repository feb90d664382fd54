"""Ctrl-C: it waits while the disk is changed, and processes of ours that help do not hear it."""

from __future__ import annotations

import _thread
import signal
import sys
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
_CAN_REPEAT: Final = hasattr(signal, "setitimer")

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


def interrupts_are_heard() -> None:
    """Let Ctrl-C end this process as it does, wherever it comes.

    Inside of Python's own code that imports it can be lost, or come where a lock is kept for which every other import
    waits for ever. Where an object is being removed Python prints what is raised, and goes on.
    """

    def heard(_number: int, frame: FrameType | None) -> None:
        if not _postponed(frame):
            raise KeyboardInterrupt

    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    signal.signal(signal.SIGINT, heard)
    sys.unraisablehook = _not_raised


def _not_raised(ignored: sys.UnraisableHookArgs) -> None:
    """Interrupt again, where Python has ignored an interrupt; print of other errors what it prints."""
    if issubclass(ignored.exc_type, KeyboardInterrupt):
        _interrupt_again()
    else:
        sys.__unraisablehook__(ignored)


def _postponed(frame: FrameType | None) -> bool:
    """Whether Ctrl-C came where it cannot be raised; then it comes again in a moment."""
    if not _unheard(frame):
        return False
    _interrupt_again()
    return True


def _unheard(frame: FrameType | None) -> bool:
    """Whether what runs is the code that imports, or is just told of an interrupt that was ignored."""
    return frame is not None and (
        frame.f_code.co_filename.startswith(_IMPORTING)
        or frame.f_code in {_not_raised.__code__, _interrupt_again.__code__}
    )


def _interrupt_again() -> None:
    """Interrupt in a moment, and again until it is heard: one that comes just before a wait begins does not end it."""
    if _CAN_REPEAT and signal.getsignal(signal.SIGALRM) in {signal.SIG_DFL, _heard_again}:
        signal.signal(signal.SIGALRM, _heard_again)
        signal.setitimer(signal.ITIMER_REAL, _MOMENT, _MOMENT)
    else:
        again = threading.Timer(_MOMENT, _thread.interrupt_main)
        again.daemon = True
        again.start()


def _heard_again(_number: int, frame: FrameType | None) -> None:
    if _unheard(frame) or not any(signal.getitimer(signal.ITIMER_REAL)):
        return
    signal.setitimer(signal.ITIMER_REAL, 0)
    if callable(heard := signal.getsignal(signal.SIGINT)):
        heard(signal.SIGINT, frame)


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

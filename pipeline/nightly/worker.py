"""Scrubs drops in a process of its own: one that a drop brings down takes neither the pass nor other drops with it.

The process is started for the first drop of a pass, does one after another, and is started anew when it died. It ends
when its parent is gone, however that ended, and holds the workspace's lock until then.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from pipeline.nightly.guard import DropFailedError, internal_error
from pipeline.run.request import Request
from pipeline.run.scrub import scrub
from schemas import errors
from schemas.errors import LeadscrubError
from schemas.manifest import Manifest
from schemas.support.shortage import shortage_in
from schemas.workspace import LedgerChoice

#: ``-I``: nothing of the environment or the current folder is imported; our packages are found where the parent did.
_BEGIN: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from pipeline.nightly.worker import work; work(*map(int, sys.argv[2:]))"
)
#: After these the process is started anew: what a library could not set up for want of files or memory stays broken.
_SPOILT: Final = ("ShortageError", "DropFailedError")
#: What the process asks instead of giving its answer.
_TURN: Final = {"asks": "turn"}
_MEMORY = "The most likely reason is that it needed more memory than there is."


@dataclass(frozen=True)
class Scrubbed:
    """What a scrub came to: its manifest, what a person should know besides, and where the result is."""

    manifest: Manifest
    notes: list[str]
    out: Path


def scrub_here(request: Request) -> Scrubbed:
    """Scrub in this process. Raises what `scrub` raises."""
    result = scrub(request)
    assert result.out is not None  # noqa: S101  # it was no dry run
    return Scrubbed(result.manifest, result.warnings, result.out)


class Worker:
    """The process, as its parent knows it. Close it at the end of the pass.

    ``lock``: a file of the workspace that the process holds as long as it lives. ``seconds``: after which a drop that
    is not done is given up.
    """

    def __init__(self, choice: LedgerChoice, workspace: Path, lock: int | None, seconds: float) -> None:
        self._ledger, self._lock, self._seconds = (choice, workspace.absolute()), lock, seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._life: int | None = None

    def scrub(self, request: Request) -> Scrubbed:
        """Scrub there. Raises what `scrub` raises, as far as it is ours; `DropFailedError` for all else.

        `ShortageError`: this machine is short of something.
        """
        turn = request.turn
        # A fenced ledger stays here: what is scrubbed there changes nothing that counts.
        message = pickle.dumps((replace(request, ledger=None, turn=None), turn is not None, *self._ledger))
        try:
            connection = self._started()
            try:
                connection.send_bytes(message)
            except OSError:  # it died since the last drop: that was not this one's doing
                self.close()
                connection = self._started()
                connection.send_bytes(message)
            answer = self._answer(connection)
            while answer == _TURN:
                assert turn is not None  # noqa: S101  # it was told that there is one
                turn()
                connection.send_bytes(b"go")
                answer = self._answer(connection)
        except (EOFError, ConnectionError) as error:
            raise DropFailedError(self._ending()) from error
        except BaseException:
            self.close()
            raise
        if "raised" in answer:
            if answer["raised"] in _SPOILT:
                self.close()
            raise _raised(answer["raised"], answer["message"], answer["hint"])
        return Scrubbed(Manifest.model_validate_json(answer["manifest"]), answer["notes"], Path(answer["out"]))

    def _answer(self, connection: Connection) -> dict[str, Any]:
        if not connection.poll(self._seconds):
            raise DropFailedError(f"It was not done within {self._seconds / 60:g} minutes and was given up.")
        answer: dict[str, Any] = json.loads(connection.recv_bytes())
        return answer

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process at once, and wait until it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        if self._life is not None:
            os.close(self._life)
        self._process = self._connection = self._life = None

    def _started(self) -> Connection:
        if self._connection is not None:
            return self._connection
        ours, theirs = socket.socketpair()
        watched, self._life = os.pipe()
        try:
            passed = [theirs.fileno(), watched, *([] if self._lock is None else [self._lock])]
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, with our own module
                [sys.executable, "-I", "-c", _BEGIN, json.dumps(sys.path), *map(str, passed[:2])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what a library says when it dies may quote cells
                pass_fds=passed,
                start_new_session=True,  # Ctrl-C is for the parent, which ends this one
            )
            self._connection = Connection(ours.detach())
        finally:
            ours.close()
            theirs.close()
            os.close(watched)
        return self._connection

    def _ending(self) -> str:
        """How the process ended."""
        code = None if self._process is None else self._process.wait()
        self.close()
        if code is None or code >= 0:
            return f"The process that scrubbed it ended with {code}."
        name = signal.Signals(-code).name
        return f"The process that scrubbed it was ended by {name}. {_MEMORY if name == 'SIGKILL' else ''}".rstrip()


def _raised(name: str, message: str, hint: str) -> LeadscrubError:
    """The error of ours that the process raised, as far as a name and a sentence can bring it back."""
    kind = getattr(errors, name, DropFailedError)
    error: LeadscrubError = kind.__new__(kind)
    first, *lines = message.split("\n  ")
    LeadscrubError.__init__(error, first, hint, lines)
    return error


def work(connected: int, watched: int) -> None:
    """Do what the parent asks for, until it asks no more. Runs in the process of its own."""
    threading.Thread(target=_end_with_parent, args=(watched,), daemon=True).start()
    connection = Connection(connected)
    while True:
        try:
            request, in_turn, choice, workspace = pickle.loads(connection.recv_bytes())  # noqa: S301  # from our parent
        except EOFError:
            return
        if in_turn:
            request = replace(request, turn=partial(_wait_for_turn, connection))
        connection.send_bytes(json.dumps(_answer(request, choice, workspace)).encode())


def _wait_for_turn(connection: Connection) -> None:
    """Ask the parent, who knows what other passes do, whether the drop may go on."""
    connection.send_bytes(json.dumps(_TURN).encode())
    connection.recv_bytes()


def _end_with_parent(watched: int) -> None:
    os.read(watched, 1)
    os._exit(1)


def _answer(request: Request, choice: LedgerChoice, workspace: Path) -> dict[str, Any]:
    from pipeline.ledger.database import open_ledger  # noqa: PLC0415  # with the first drop, not with the process

    try:
        with open_ledger(choice, workspace) as ledger:
            done = scrub_here(replace(request, ledger=ledger))
        return {"manifest": done.manifest.model_dump_json(), "notes": done.notes, "out": str(done.out)}
    except BaseException as error:  # a panic of a native library is no Exception
        known: BaseException = shortage_in(error) or error
        if isinstance(known, LeadscrubError):
            public = next(each.__name__ for each in type(known).__mro__ if hasattr(errors, each.__name__))
            return {"raised": public, "message": known.message, "hint": known.hint}
        if isinstance(known, OSError) and known.strerror:
            where = f" '{known.filename}'" if known.filename else ""
            sentence = f"The system does not allow it: {known.strerror}{where}."
            return {"raised": "OutputError", "message": sentence, "hint": ""}
        return {"raised": "DropFailedError", "message": internal_error(known), "hint": ""}

"""What went wrong with a drop: whose fault it is, how the pass goes on, and how often the drop has failed before."""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Literal

from pipeline.nightly.folders import Folders
from pipeline.nightly.inbox import Seen
from schemas.errors import LeadscrubError, LeaseLostError, LedgerError, OutputError
from schemas.support.durable import make_folder, write_atomically
from schemas.support.shortage import raise_shortage, shortage_in
from schemas.support.shown import shown

#: What each disk that a pass writes to must have room for, or its fullness is not one drop's doing.
_PROBE_BYTES = 1 << 20


class DropFailedError(LeadscrubError):
    """A drop could not be done for a reason that nobody foresaw: an error of ours, a library's, or its process died."""


class StoppedError(BaseException):
    """Somebody ended the pass: SIGTERM (systemd, a shutdown) or SIGINT (Ctrl-C)."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.name = number.name
        self.exit_code = 128 + number


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn SIGTERM and SIGINT into `StoppedError`, once: a process that was stopped so reports to its end."""
    came = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal came
        if not came:
            came = True
            raise StoppedError(signal.Signals(number))

    try:
        before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    except ValueError:  # not the main thread: whoever called us from there hears the signals
        yield
        return
    try:
        yield
    finally:
        if not came:
            for number, handler in before.items():
                signal.signal(number, handler)


@dataclass(frozen=True)
class Fault:
    """What went wrong, as the summary says it.

    ``known``: a fault of configuration, a list, an inbox; the next pass finds it again. ``alone``: the drop's own, as
    far as anybody knows. ``shortage``: this machine is short of something, or this drop asks for too much. ``pass``:
    the drops behind it would fare no better.
    """

    kind: Literal["known", "alone", "shortage", "pass"]
    code: int
    why: str


def fault_of(error: BaseException) -> Fault:
    """Say what went wrong. Other libraries' messages may quote cells, so only ours are shown."""
    if (short := shortage_in(error)) is not None:
        return Fault("shortage", short.exit_code, str(short))
    if isinstance(error, LeaseLostError):
        return Fault("known", 0, str(error))
    if isinstance(error, LeadscrubError):
        alone = isinstance(error, DropFailedError)
        return Fault("alone" if alone else "pass" if _ledger_fails(error) else "known", error.exit_code, str(error))
    if _ledger_fails(error):
        return Fault("pass", LedgerError.exit_code, f"The ledger does not answer as it should ({_named(error)}).")
    if isinstance(error, OSError) and error.strerror:
        where = f" '{shown(os.fsdecode(error.filename))}'" if error.filename else ""
        return Fault("known", OutputError.exit_code, f"The system does not allow it: {error.strerror}{where}.")
    return Fault("alone", 1, internal_error(error))


def internal_error(error: BaseException) -> str:
    """Say where an error that nobody foresaw arose, without its own words."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"internal error ({_named(error)}){at}. Please report it."


def _named(error: BaseException) -> str:
    return type(error).__name__


def _ledger_fails(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, LedgerError):
            return True
        error = error.__cause__ or error.__context__
    return False


def has_room(folders: Folders) -> bool:
    """Whether the disks that a pass writes to take something now: a drop that filled one has been cleared away."""
    for folder in (folders.partial, folders.hidden, folders.workspace / "ledger"):
        if not folder.parent.is_dir():
            continue
        probe = folder / ".probe"
        try:
            make_folder(folder)
            with probe.open("wb") as stream:
                stream.write(bytes(_PROBE_BYTES))
        except OSError:
            return False
        finally:
            probe.unlink(missing_ok=True)
    return True


class Failures:
    """How often each drop of an inbox failed on its own, over the passes. Kept in one small file.

    A drop is known by its place and its mark: the same content that is put there again begins anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts = _read(path)

    def count(self, seen: Seen) -> int:
        """How often it failed so far."""
        known = self._counts.get(seen.vendor, {}).get(seen.place)
        return int(known[1]) if known is not None and known[0] == seen.mark else 0

    def add(self, seen: Seen) -> int:
        """Note one more failure, on disk at once. Returns how many there are."""
        self._counts = _read(self._path)  # other passes may have added theirs
        failed = self.count(seen) + 1
        self._counts.setdefault(seen.vendor, {})[seen.place] = (seen.mark, failed)
        self._write()
        return failed

    def forget(self, vendor: str, there: set[str]) -> None:
        """Forget drops of a vendor that are no longer in its inbox."""
        self._counts = _read(self._path)
        kept = {place: known for place, known in self._counts.get(vendor, {}).items() if place in there}
        if kept != self._counts.get(vendor, {}):
            self._counts[vendor] = kept
            self._write()

    def _write(self) -> None:
        make_folder(self._path.parent)
        write_atomically(self._path, json.dumps(self._counts, ensure_ascii=False) + "\n")


def _read(path: Path) -> dict[str, dict[str, tuple[str, int]]]:
    """What was noted; nothing when the file is missing or damaged, which gives drops another chance."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(vendor): {str(place): (str(mark), int(count)) for place, (mark, count) in places.items()}
            for vendor, places in document.items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise_shortage(error)
        return {}

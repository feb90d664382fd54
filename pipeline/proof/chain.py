"""The log of a workspace: entries are appended, never changed.

    WORKSPACE/log/chain.jsonl     the entries, one a line
    WORKSPACE/log/head.json       number and hash of the last one: shows that the file was cut
    WORKSPACE/log/key.pem         the public key, where the workspace has one
    WORKSPACE/log/timestamps      answers of timestamp authorities, and what was asked (`pipeline.proof.stamps`)
    WORKSPACE/log/lock            locked by the one process that appends
    WORKSPACE/log/unfinished-*    locked by a process that is about to change something (`pipeline.proof.unfinished`)

An entry is on disk when `append` returns.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipeline.proof.entries import NOTHING, Entry, Logged, canonical, document_of, line_digest, read_line
from pipeline.proof.keys import Signer, signer_of
from schemas.errors import LeadscrubError, LedgerError, OutputError
from schemas.support.durable import make_folder, sync_path
from schemas.support.locks import lock, unlock
from schemas.support.places import lock_file, new_file, refuse_links
from schemas.support.shortage import shortage_in

CHAIN: Final = "chain.jsonl"
HEAD: Final = "head.json"


def chain_path(workspace: Path) -> Path:
    """The file of the entries."""
    return workspace / "log" / CHAIN


def has_chain(workspace: Path) -> bool:
    """Whether anything was logged in a workspace."""
    return chain_path(workspace).is_file()


def append(workspace: Path, *entries: Entry) -> None:
    """Append entries in one step, and sign them where the workspace has a key. Processes wait for each other.

    Raises `LedgerError` when the log's last entry cannot be read, `ConfigError` when the private key is not here,
    `OutputError` when the log cannot be written.
    """
    if not entries:
        return
    append_signed(workspace, signer_of(workspace), *entries)


def append_signed(workspace: Path, signer: Signer | None, *entries: Entry) -> None:
    """The same, signed by this key."""
    try:
        with _locked(workspace):
            head, end = _tail(workspace)
            number, prior = _begun(workspace) if head is None else (head.number, head.digest)
            if (number, prior) != (left := _head(workspace)) and not _goes_on(workspace, left):
                entries = (_break(left, number), *entries)
            lines = []
            for entry in entries:
                number += 1
                document = document_of(entry, number, datetime.now(UTC), prior)
                if signer is not None:
                    document["signature"] = signer.sign(canonical(document).encode())
                lines.append(canonical(document))
                prior = line_digest(lines[-1])
            with chain_path(workspace).open("r+b") as stream:
                stream.seek(end)
                stream.truncate()
                stream.write("".join(f"{line}\n" for line in lines).encode())
                stream.flush()
                os.fsync(stream.fileno())
            _write_head(workspace, number, prior)
    except OSError as error:
        raise unwritable(workspace, error) from error


def lines(workspace: Path) -> Iterator[str]:
    """Lines of the log as they are, without their ends; bytes that are no text are replaced."""
    with chain_path(workspace).open(encoding="utf-8", errors="replace", newline="\n") as stream:
        for line in stream:
            yield line.removesuffix("\n")


def entries(workspace: Path) -> Iterator[Logged]:
    """Entries of the log that can be read, the first one first; `check_chain` tells about others."""
    if not has_chain(workspace):
        return
    for line in lines(workspace):
        try:
            yield read_line(line)
        except ValueError:
            continue


def head_of(workspace: Path) -> tuple[int, str] | None:
    """Number and hash of the last entry as the log was left; None when that is not known any more."""
    try:
        return _head(workspace)
    except OSError:
        return None


def position(workspace: Path) -> tuple[int, str]:
    """Number and hash of the last entry there is. Raises `LedgerError` when it cannot be read."""
    head = last_entry(workspace)
    return (0, NOTHING) if head is None else (head.number, head.digest)


def last_entry(workspace: Path) -> Logged | None:
    """The last entry there is; None when there is none. Raises `LedgerError` when it cannot be read."""
    return _tail(workspace)[0]


def make_log_folder(workspace: Path) -> None:
    """Make the folder of the log. Raises `LinkError` when it, or what is written in it, is a link."""
    for path in (chain_path(workspace), workspace / "log" / HEAD):
        refuse_links(path, workspace)
    make_folder((workspace / "log").absolute())


@contextmanager
def _locked(workspace: Path) -> Iterator[None]:
    make_log_folder(workspace)
    path = workspace / "log" / "lock"
    handle = lock_file(path)
    try:
        lock(handle, path, wait=True)
        yield
    finally:
        unlock(handle)


def _begun(workspace: Path) -> tuple[int, str]:
    """Make the empty file. Its head comes first: a log without a head is one whose head was removed."""
    if not (workspace / "log" / HEAD).exists():
        _write_head(workspace, 0, NOTHING)
    os.close(os.open(chain_path(workspace), os.O_WRONLY | os.O_CREAT, 0o600))
    sync_path(workspace / "log")
    return 0, NOTHING


def _tail(workspace: Path) -> tuple[Logged | None, int]:
    """The last entry, None when there is none, and where it ends.

    A line that a crash cut off was never part of the log: whoever appends writes over it.
    """
    path = chain_path(workspace)
    if not path.is_file():
        return None, 0
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        end, block = stream.tell(), b""
        begin = end
        while begin > 0 and block.count(b"\n") < 2:
            begin = max(0, begin - (1 << 14))
            stream.seek(begin)
            block = stream.read(end - begin)
    whole = block[: block.rfind(b"\n") + 1]
    if not whole:
        return None, 0
    try:
        return read_line(whole[:-1].rpartition(b"\n")[2].decode()), begin + len(whole)
    except ValueError as error:
        raise LedgerError(
            f"The last entry of the log '{path}' is damaged.", "See 'leadscrub log verify'; restore it from a copy."
        ) from error


def _head(workspace: Path) -> tuple[int, str]:
    try:
        head = json.loads((workspace / "log" / HEAD).read_text(encoding="utf-8"))
        return int(head["number"]), str(head["digest"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return -1, ""


def _write_head(workspace: Path, number: int, digest: str) -> None:
    path = workspace / "log" / HEAD
    beside = path.with_name(f".{path.name}.new")
    with new_file(beside) as stream:
        stream.write(canonical({"digest": digest, "number": number}).encode())
    sync_path(beside)
    # The folder need not be on disk: an earlier head, of which the log goes on, is what a crash leaves as well.
    beside.rename(path)


def _goes_on(workspace: Path, head: tuple[int, str]) -> bool:
    """Whether the log goes on from an earlier head: its process was killed before it had written the new one."""
    number, digest = head
    if number == 0 and digest == NOTHING:
        return True
    return any(each.number == number and each.digest == digest for each in entries(workspace))


def unwritable(workspace: Path, error: OSError) -> LeadscrubError:
    """What to raise when the log cannot be written: `OutputError`, or a shortage of this machine."""
    where = workspace / "log"
    return shortage_in(error) or OutputError(f"'{where}' cannot be written: {error.strerror}.", "Fix its permissions.")


def _break(left: tuple[int, str], found: int) -> Entry:
    return Entry("break", "log", facts={"left": {"number": left[0], "digest": left[1]}, "found": found})

"""Where the process begins: streams that never stop a run, the version at once, and how the process ends."""

from __future__ import annotations

import os
import sys

from pipeline.cli.streams import open_streams, stdout_fault
from schemas.support.garbage import end_without_collecting, seldom_collect
from schemas.support.interrupts import interrupts_are_heard


def main() -> None:
    """Run the command line of this process, and exit with the contract's code."""
    open_streams()
    interrupts_are_heard()
    try:
        code = _run(sys.argv[1:])
    except KeyboardInterrupt:  # before a command was begun
        sys.stderr.write("leadscrub: interrupted; nothing was changed.\n")
        code = 130
    end_without_collecting()
    sys.exit(code)


def version_line() -> str:
    """What ``--version`` prints."""
    from importlib.metadata import version  # noqa: PLC0415

    return f"leadscrub {version('leadscrub')}"


def _run(words: list[str]) -> int:
    if words == ["--version"]:  # what parses takes longer than the answer
        sys.stdout.write(version_line() + "\n")
        code, changes = 0, False
    else:
        seldom_collect()
        # Nobody's plugin is asked how files are read; to look for some takes as long as to read them.
        os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
        # Nobody multiplies matrices; numpy's threads for that would turn round and round until they are sure.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from pipeline.cli.left_out import leave_out  # noqa: PLC0415

        leave_out()
        from schemas.support.freed_memory import share_freed_memory  # noqa: PLC0415

        share_freed_memory()  # before the libraries begin threads of their own
        from pipeline.cli.main import run_words  # noqa: PLC0415

        code, changes = run_words(words)
    if (fault := stdout_fault()) is not None:
        sys.stderr.write(f"leadscrub: what was printed is not complete: {fault.strerror}.\n")
        return code if changes else code or 1
    return code

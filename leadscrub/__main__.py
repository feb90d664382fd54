"""The command ``leadscrub``, also as ``python -m leadscrub``."""

from __future__ import annotations

import atexit
import os
import sys


def main() -> None:
    """Run the command line. Files in the current folder are never imported, nor by any process that is started."""
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  # pathlib loads much
    here = os.getcwd()  # noqa: PTH109
    sys.path[:] = [path for path in sys.path if path == home or path not in ("", here)]
    from leadscrub._packages import refuse_strangers  # noqa: PLC0415

    try:
        refuse_strangers()
    except ImportError as error:
        sys.stderr.write(f"leadscrub: {error}\n")
        sys.exit(3)
    from pipeline.cli.entry import main as run  # noqa: PLC0415

    run()


def command() -> None:
    """Run the command line as a process that does nothing else.

    It ends when all else is done: to take the interpreter apart would take a tenth of a small scrub.
    """
    codes: list[object] = []
    atexit.register(_end, codes)  # registered first, called last
    try:
        main()
    except SystemExit as end:
        codes.append(end.code)
        raise


def _end(codes: list[object]) -> None:
    """End the process with this exit code. Without one, an exception ends it, and Python says more."""
    for code in codes:
        if isinstance(code, int):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


if __name__ == "__main__":
    command()

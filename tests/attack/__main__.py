"""Attacks for a number of minutes; prints what was tried, keeps what was found, and ends with 1 if something was."""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from tests.attack.faults import Commands, Errors, Kills, commands
from tests.attack.findings import Account
from tests.attack.flips import Flips
from tests.attack.formats import formats
from tests.attack.growth import growth
from tests.attack.limits import Limits


class Part(Protocol):
    """One kind of attack. A case is known by its number; with the seed it is always the same."""

    name: str

    def case(self, number: int, account: Account) -> None:
        """Try one case."""
        ...


ON_COMMANDS: Final[dict[str, Callable[[Commands], Part]]] = {
    "kills": Kills,
    "errors": Errors,
    "limits": Limits,
    "flips": Flips,
}
ALONE: Final[dict[str, Callable[[], AbstractContextManager[Part]]]] = {"formats": formats, "growth": growth}
PARTS: Final = (*ALONE, *ON_COMMANDS)


@contextmanager
def opened(names: list[str]) -> Iterator[list[Part]]:
    """Give these parts."""
    with ExitStack() as stack:
        parts: list[Part] = [stack.enter_context(make()) for name, make in ALONE.items() if name in names]
        on_commands = [name for name in names if name in ON_COMMANDS]
        if on_commands:
            shared = stack.enter_context(commands())
            parts += [ON_COMMANDS[name](shared) for name in on_commands]
        yield parts


def attack(account: Account, names: list[str], seconds: float, cases: dict[str, int] | None = None) -> None:
    """Try cases of these parts in turn, each for its share of the time, or so many of each."""
    with opened(names) as parts:
        spent = dict.fromkeys(names, 0.0)
        done = dict.fromkeys(names, 0)
        while True:
            open_ones = [part for part in parts if cases is None or done[part.name] < cases[part.name]]
            if not open_ones or (cases is None and sum(spent.values()) > seconds):
                return
            part = min(open_ones, key=lambda each: spent[each.name])
            began = time.monotonic()
            part.case(done[part.name], account)
            done[part.name] += 1
            spent[part.name] += time.monotonic() - began


def main() -> int:
    """Attack as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="for how long, all parts together")
    parser.add_argument("--seed", type=int, help="repeats what was tried; by default a new one")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part (repeatable)")
    parser.add_argument("--cases", type=int, help="so many cases of each part, however long they take")
    parser.add_argument("--case", type=int, help="this case alone, as a finding names it")
    parser.add_argument("--keep", type=Path, default=Path("build/attack"), help="folder for the files of findings")
    asked = parser.parse_args()
    account = Account(asked.keep, secrets.randbelow(1 << 32) if asked.seed is None else asked.seed)
    sys.stdout.write(f"seed {account.seed}\n")
    sys.stdout.flush()
    names = asked.part or list(PARTS)
    if asked.case is not None:
        with opened(names[:1]) as (part,):
            part.case(asked.case, account)
    else:
        cases = None if asked.cases is None else dict.fromkeys(names, asked.cases)
        with suppress(KeyboardInterrupt):  # what was tried until then is worth knowing
            attack(account, names, asked.minutes * 60, cases)
    sys.stdout.write(f"{account.table()}\n")
    sys.stdout.write("".join(f"\nFOUND {finding}\n" for finding in account.findings))
    return 1 if account.findings else 0


if __name__ == "__main__":
    sys.exit(main())

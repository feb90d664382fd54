"""Makes the README's demo: what ``make demo`` prints, with the middle of long parts left out."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.docs.shell import in_copy, run_target

#: Of more lines of a kind than this, the README shows the first ones and says how many follow.
_SHOWN = {"  reason": 3, "list ": 1, "note: ": 1, "not declared: ": 1}


def demo_output() -> str:
    """What ``make demo`` prints, as a block for the README."""
    with tempfile.TemporaryDirectory() as folder, in_copy(Path(folder)):
        code, printed = run_target("demo")
    assert code == 0, printed
    return f"```text\n{shortened(printed)}```\n"


def shortened(printed: str) -> str:
    """The output with runs of similar lines cut, long lines cut, and without blanks at the ends of lines."""
    lines: list[str] = []
    alike: list[str] = []
    for line in [*printed.rstrip("\n").split("\n"), ""]:
        kind = _kind(line)
        if alike and kind != _kind(alike[0]):
            lines += _cut(alike)
            alike = []
        if kind:
            alike.append(line)
        else:
            lines.append(_narrow(line))
    return "\n".join(lines).rstrip() + "\n"


def _kind(line: str) -> str:
    found = re.match(r"  [a-z]+(?:\.[a-z0-9_-]+)+  |list |not(?:e| declared): ", line)
    return "" if found is None else "  reason" if line.startswith("  ") else found[0]


def _cut(lines: list[str]) -> list[str]:
    shown = _SHOWN[_kind(lines[0])]
    if len(lines) <= shown + 1:
        return [_narrow(line) for line in lines]
    indent = "  " if lines[0].startswith("  ") else ""
    return [*(_narrow(line) for line in lines[:shown]), f"{indent}… {len(lines) - shown} more lines"]


def _narrow(line: str) -> str:
    return (line[:113].rsplit(" ", 1)[0] + " …" if len(line) > 115 else line).rstrip()


def without_ids(text: str) -> str:
    """The output with the ids of runs and of versions replaced: they change with each version of the program."""
    return re.sub(r"\b(?:[0-9a-f]{32}|[0-9a-f]{12})\b", "<id>", text)

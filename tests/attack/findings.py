"""What was tried, what came of it, and what should not have: counted, kept and printed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """A case that came to what it must not. ``repeat``: what to run for it alone. ``file``: a small one."""

    part: str
    case: str
    what: str
    repeat: str
    file: Path | None = None

    def __str__(self) -> str:
        kept = f"\n    file    {self.file}" if self.file is not None else ""
        return f"{self.part}: {self.case}\n    {self.what}\n    repeat  {self.repeat}{kept}"


@dataclass
class Account:
    """Counts outcomes by part and kind of case; keeps findings, files and all, in a folder."""

    folder: Path
    seed: int
    counts: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def note(self, part: str, kind: str, outcome: str) -> None:
        """Count a case."""
        self.counts.setdefault((part, kind), Counter())[outcome] += 1

    def find(self, part: str, case: str, what: str, *, content: bytes | None = None, name: str = "case") -> None:
        """Keep a finding, and what shows it as a file. Of findings that say the same, the first is enough."""
        if any(known.part == part and _plain(known.what) == _plain(what) for known in self.findings):
            return
        path = None
        if content is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{part}-{self.seed}-{len(self.findings)}-{name}"
            path.write_bytes(content)
        repeat = f"python -m tests.attack --part {part} --seed {self.seed} --case {case}"
        self.findings.append(Finding(part, case, what, repeat, path))

    def table(self) -> str:
        """All that was tried, a line for each kind of case."""
        outcomes = sorted({outcome for counted in self.counts.values() for outcome in counted})
        head = ["part", "kind", "tried", *outcomes]
        lines = [head]
        for (part, kind), counted in sorted(self.counts.items()):
            lines.append([part, kind, f"{counted.total():,}", *(f"{counted[each]:,}" for each in outcomes)])
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        shown = [
            "  ".join(
                cell.ljust(width) if column < 2 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        ]
        return "\n".join(line.rstrip() for line in shown)


def _plain(text: str) -> str:
    """A sentence without its numbers and names, by which like findings are known."""
    return re.sub(r"'[^']*'|\d+", "", text)

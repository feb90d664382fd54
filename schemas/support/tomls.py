"""Reads a TOML file and remembers enough of its text to say on which line a fault stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tomli
from pydantic import BaseModel

from schemas.support.shortage import raise_shortage

_PART = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_NAME = rf"({_PART}(?:\s*\.\s*{_PART})*)"
_TABLE = re.compile(rf"^\s*\[\[?\s*{_NAME}\s*\]\]?")
_KEY = re.compile(rf"^\s*{_NAME}\s*=")


@dataclass(frozen=True)
class Located:
    """A TOML file's values, and its text, by which a fault is located."""

    path: Path
    values: dict[str, Any]
    text: str
    model: type[BaseModel]

    @cached_property
    def lines(self) -> dict[str, int]:
        """The line of each key: ``a.b`` whether it was written so, quoted or in [a]. Most files have no fault."""
        return _lines(self.text)

    def where(self, at: list[str]) -> str:
        """``file:line`` of the key, or of the nearest key above it."""
        for length in range(len(at), 0, -1):
            if (line := self.lines.get(".".join(at[:length]))) is not None:
                return f"{self.path}:{line}"
        return str(self.path)

    def known_keys(self, at: list[str]) -> list[str]:
        """Keys that may stand beside the last part of ``at``."""
        model: Any = self.model
        for part in at[:-1]:
            if part.isdigit():
                continue
            annotation = model.model_fields[part].annotation if part in model.model_fields else None
            inner = [a for a in (annotation, *getattr(annotation, "__args__", ())) if hasattr(a, "model_fields")]
            if not inner:
                return []
            model = inner[0]
        return list(model.model_fields)


def read_toml(path: Path, model: type[BaseModel], faults: list[str]) -> Located | None:
    """Parse the file; a syntax error or an unreadable file is appended to ``faults``."""
    try:
        text = path.read_text(encoding="utf-8")
        values = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        faults.append(f"{path}{':' + line[1] if line else ''}: not valid TOML: {error}")
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise_shortage(error)
        faults.append(f"{path}: cannot be read: {error}")
        return None
    return Located(path, values, text, model)


def _lines(text: str) -> dict[str, int]:
    """Line of each key and table. Arrays of tables are numbered as pydantic does: ``lists.0.kind``."""
    found: dict[str, int] = {}
    table = ""
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _TABLE.match(line):
            table = _dotted(match[1])
            if line.lstrip().startswith("[["):
                seen[table] = seen.get(table, -1) + 1
                table = f"{table}.{seen[table]}"
            found.setdefault(table, number)
        elif match := _KEY.match(line):
            found.setdefault(f"{table}.{_dotted(match[1])}".removeprefix("."), number)
    return found


def _dotted(name: str) -> str:
    return ".".join(part.strip("\"'") for part in re.findall(_PART, name))

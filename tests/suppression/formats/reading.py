"""Reads files given as literals, and says what became of each entry."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from schemas.files.stream_guard import GuardedStream
from suppression.formats.blocks import Block, with_text
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.registry import detect, format_named
from suppression.formats.sample import take_sample


def member_of(name: str, content: bytes, siblings: tuple[str, ...] = ()) -> Member:
    """Make a member of bytes."""
    return Member(name, GuardedStream(io.BytesIO(content), name), siblings=siblings or (name,))


@dataclass(frozen=True)
class Read:
    """What a file came to."""

    blocks: tuple[Block, ...]

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        """Rows of all blocks, these columns."""
        frames = [with_text(block.frame) for block in self.blocks if block.frame.height]
        return [row for frame in frames for row in frame.select(columns).rows()]

    @property
    def texts(self) -> list[str]:
        return [row[0] for row in self.rows("text")]

    @property
    def refused(self) -> list[tuple[str, str, int]]:
        """Text, why and line."""
        return [row for block in self.blocks for row in block.refused.rows()]

    @property
    def holds(self) -> set[str]:
        return {block.holds for block in self.blocks if block.frame.height}

    @property
    def covers(self) -> set[str]:
        return {code for block in self.blocks for code in block.covers}

    @property
    def warnings(self) -> list[str]:
        return [warning for block in self.blocks for warning in block.warnings]


def read(
    content: str | bytes, format_name: str = "auto", name: str = "list.txt", siblings: tuple[str, ...] = (), **how: Any
) -> Read:
    """Read a file with options given by name."""
    options = Options(**how)
    data = content.encode() if isinstance(content, str) else content
    member = member_of(name, data, siblings)
    made = detect(take_sample(member, options)) if format_name == "auto" else format_named(format_name)
    return collected(made.read(member, options))


def detected(content: str, name: str = "list.txt", **how: Any) -> str:
    """Name the format that a file is found to have."""
    return detect(take_sample(member_of(name, content.encode()), Options(**how))).name


def collected(blocks: Iterable[Block]) -> Read:
    return Read(tuple(blocks))

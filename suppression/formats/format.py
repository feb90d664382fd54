"""What a format is: its name, how it is recognised, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from suppression.formats.blocks import Block
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.sample import Sample

Reader = Callable[[Member, Options], Iterator[Block]]
Detector = Callable[[Sample], bool]


def never(_sample: Sample) -> bool:
    """Detect nothing: the format must be named."""
    return False


class Format(NamedTuple):
    """A way in which lists come.

    ``known``: whether the layout is ``documented`` by who publishes it, or ``unverified``, and then must be declared
    or is read by its column names only. ``source`` says where the description is from.
    ``read`` yields blocks of bounded size; `ListError` when the file as a whole is not what it should be.
    """

    name: str
    summary: str
    known: Literal["documented", "unverified"]
    source: str
    detect: Detector
    read: Reader

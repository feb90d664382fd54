"""Refuses workbooks that are made to do harm, before anything reads them."""

from __future__ import annotations

import zipfile

from schemas.errors import FileError
from schemas.files.inputs import Input
from schemas.files.limits import limits, refuse_bomb
from schemas.files.stream_guard import DAMAGE

#: Entities can only be declared before the first element.
_PROLOG = 64 << 10


def refuse_harmful(given: Input) -> None:
    """Look into a zipped workbook. Raises `FileError` when it is damaged, a bomb, or declares XML entities."""
    try:
        with given.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            if len(parts) > limits().max_members:
                raise FileError(
                    f"'{given}' holds {len(parts):,} parts; no workbook does (max_members).", "Save it again."
                )
            refuse_bomb(str(given), given.size, sum(part.file_size for part in parts))
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        # Without zeros, an encoding of two bytes a character looks like one of one.
                        head = opened.read(_PROLOG).replace(b"\0", b"")
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise FileError(
                            f"'{given}' declares XML entities, which no workbook needs and attacks use.",
                            "Ask for it as CSV.",
                        )
    except DAMAGE as error:
        raise FileError(f"'{given}' is a damaged workbook.", "Ask for it again.") from error

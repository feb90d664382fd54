"""Refuses workbooks that are made to do harm, before anything reads them."""

from __future__ import annotations

import zipfile

from pipeline.reading.inputs import Input
from pipeline.reading.limits import MAX_MEMBERS, refuse_bomb
from schemas.errors import DropError

#: Entities can only be declared before the first element.
_PROLOG = 64 << 10


def refuse_harmful(given: Input) -> None:
    """Look into a workbook that is a zip archive. `DropError`: a bomb, or parts that declare XML entities."""
    try:
        with given.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_MEMBERS:
                raise DropError(f"'{given}' holds {len(parts):,} parts; no workbook does.", "Save it anew.")
            refuse_bomb(str(given), given.size, sum(part.file_size for part in parts))
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        # Without zeros, an encoding of two bytes a character looks like one of one.
                        head = opened.read(_PROLOG).replace(b"\0", b"")
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise DropError(
                            f"'{given}' declares XML entities, which no workbook needs and attacks use.",
                            "Ask the vendor to save it anew, or as CSV.",
                        )
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise DropError(f"'{given}' is a damaged workbook.", "Ask the vendor to send it again.") from error

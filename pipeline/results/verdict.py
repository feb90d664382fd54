"""What a decided batch is."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa


class Verdict(NamedTuple):
    """A decided batch: every row of it is in exactly one of the two tables (columns: `schemas.frames.output_types`).

    A column that a table does not have is null in all of its rows.
    """

    clean: pa.Table
    rejected: pa.Table

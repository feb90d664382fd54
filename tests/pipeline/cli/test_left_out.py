"""What the command line leaves out of other libraries: nothing that they answer depends on it."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import REPO

_TRIED = """
from pipeline.cli.left_out import leave_out
leave_out()
import sys
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
values = np.array([1, 2, 3])
print(pl.Series(values).to_list(), pa.array(values).to_pylist(), "numpy.ma" in sys.modules)
print(pc.round(pa.array([1.25]), ndigits=1, round_mode="half_up").to_pylist(), pc.round.__doc__.splitlines()[0])
masked = np.ma.masked_array(values, mask=[False, True, False])
print(pl.Series(masked).to_list(), pa.array(masked).to_pylist(), np.ma.getmask(masked).tolist())
print(pl.Series([1, None]).to_numpy(masked=True), "pandas" in sys.modules)
"""


def test_libraries_answer_as_with_all_that_is_theirs() -> None:
    ran = subprocess.run([sys.executable, "-c", _TRIED], cwd=REPO, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [
        "[1, 2, 3] [1, 2, 3] False",
        "[1.3] Round to a given precision.",
        "[1, None, 3] [1, None, 3] [False, True, False]",
        "[1 --] False",
    ]

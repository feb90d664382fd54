"""The bytes of an output follow its rows alone, and every reader reads the same."""

from __future__ import annotations

import gc
import io
from pathlib import Path
from random import Random

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.results.parquet import ParquetOutput
from schemas.columns import dtype_of

_ROWS = 20_000
_TYPES: dict[str, pl.DataType] = {
    "row_id": pl.UInt64(),
    "city": pl.String(),
    "address_1": pl.String(),
    "consent_at": dtype_of("consent_at"),
    "call_hours": pl.List(pl.String()),
    "flags": pl.List(pl.String()),
    "source_line": pl.UInt64(),
    "extra": pl.Struct({"list": pl.String(), "note": pl.String()}),
    "job_title": pl.String(),
}


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    """Rows of a row group, in pages of which some end by their size."""
    random = Random(5)

    def some(count: int, width: int) -> list[str | None]:
        texts = [None, *(f"{number:x}" * width for number in random.sample(range(1 << 30), count))]
        return random.choices(texts, k=_ROWS)

    frame = pl.DataFrame({"row_id": range(0, 3 * _ROWS, 3), "city": some(90, 1), "address_1": some(900, 9)})
    return frame.select(
        "row_id",
        "city",
        "address_1",
        consent_at=pl.when(pl.col("city") > "5").then(pl.col("row_id")).cast(dtype_of("consent_at")),
        call_hours=pl.when(pl.col("city") < "7").then(pl.concat_list("city", pl.col("city").reverse())),
        flags=pl.concat_list(pl.col("city").str.slice(0, 1).fill_null("none")),
        source_line=pl.col("row_id") // 2 + 7,
        extra=pl.struct(list="city", note="address_1"),
    ).cast({name: dtype for name, dtype in _TYPES.items() if name != "job_title"})


def _output(path: Path) -> ParquetOutput:
    return ParquetOutput(path, _TYPES, [], {"run_id": "a"}, frozenset({"flags"}), ["extra.list"])


def _written(path: Path, rows: pl.DataFrame, sizes: list[int]) -> bytes:
    output = _output(path)
    for size in [*sizes, _ROWS]:
        part, rows = rows.head(size), rows.slice(size)
        output.add(output.formed(part.to_arrow(compat_level=pl.CompatLevel.oldest())))
    output.close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def whole(rows: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of these rows that are taken at once."""
    return _written(tmp_path_factory.mktemp("whole") / "a", rows, [])


@pytest.mark.parametrize(
    "sizes", [[1], [1000, 24, 1024], [7] * 9, [9000, 1023, 2, 9000 - 1025, 700]], ids=["1", "steps", "few", "many"]
)
def test_bytes_do_not_depend_on_batches(rows: pl.DataFrame, whole: bytes, tmp_path: Path, sizes: list[int]) -> None:
    assert _written(tmp_path / "a", rows, sizes) == whole


@pytest.mark.parametrize("is_closed", [False, True])
def test_an_output_that_failed_is_let_go_without_a_word(
    rows: pl.DataFrame, is_closed: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """Arrow tries to write what waits, and would print that this fails, with a traceback."""
    output = _output(Path("/dev/full"))
    for _ in range(4):
        output.add(output.formed(rows.to_arrow(compat_level=pl.CompatLevel.oldest())))
    if is_closed:
        with pytest.raises(OSError, match="No space left") as failed:
            output.close()
        failed.value.with_traceback(None)
        del failed
    del output
    gc.collect()
    assert capfd.readouterr() == ("", "")


def test_readers_agree(rows: pl.DataFrame, whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(whole)
    wanted = rows.with_columns(job_title=pl.lit(None, pl.String))
    assert pl.read_parquet(path).equals(wanted)
    assert pl.DataFrame(pq.read_table(path)).equals(wanted)
    ordered = duckdb.read_parquet(str(path)).filter("row_id >= 50000").project("row_id, source_line").fetchall()
    assert ordered == wanted.filter(pl.col("row_id") >= 50_000).select("row_id", "source_line").rows()


def test_pages_say_how_they_are_written(whole: bytes) -> None:
    file = pq.ParquetFile(io.BytesIO(whole))
    group = file.metadata.row_group(0)
    found = {}
    for number in range(group.num_columns):
        chunk = group.column(number)
        found[chunk.path_in_schema] = "DELTA_BINARY_PACKED" in chunk.encodings, chunk.has_dictionary_page
    assert [name for name, (grows, _) in found.items() if grows] == ["row_id", "source_line"]
    assert found["extra.list"] == (False, True)
    assert found["extra.note"] == (False, False)
    assert file.schema_arrow.field("flags").type == pa.large_list(pa.large_string())

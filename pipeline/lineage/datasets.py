"""What a run read and wrote, as OpenLineage datasets: names, schemas, counts, and what was found wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    data_quality_assertions_dataset,
    data_quality_metrics_input_dataset,
    dataset_version_dataset,
    input_statistics_input_dataset,
    output_statistics_output_dataset,
    schema_dataset,
    tags_dataset,
)

from pipeline.lineage.columns import ENTRY, export_columns, result_columns, source_columns
from pipeline.lineage.names import DatasetName, file_name, list_name
from pipeline.results.folder import PARQUETS, table_files
from schemas.codes import CODES
from schemas.manifest import InputFile, Manifest, OutputFile, UsedList
from schemas.support.figures import counted, percent
from schemas.support.shown import shown

Assertion = data_quality_assertions_dataset.Assertion
_SCHEMA: Final = schema_dataset.SchemaDatasetFacetFields


def named_input(place: str | Path) -> InputDataset:
    """A file of which no more is known than its name: at the start of a run."""
    name = file_name(place)
    return InputDataset(name.namespace, name.name)


def read_by(manifest: Manifest, namespace: str, *, too_many_rejected: bool) -> list[InputDataset]:
    """What a run read: the tables of the drop, and the suppression lists in the versions that it consulted."""
    whole = _of_whole_run(manifest, too_many_rejected=too_many_rejected)
    tables = [_table(file, manifest, whole) for file in manifest.inputs]
    return [*tables, *(_list(used, namespace) for used in manifest.lists)]


def written_by(manifest: Manifest, out: Path, namespace: str) -> list[OutputDataset]:
    """What a run wrote: its tables and the files for vendors; the report, which is for people, is none."""
    return [
        _output(manifest, out, name, files, namespace)
        for name, files in _grouped(manifest.outputs).items()
        if not name.startswith("report.")
    ]


def exported(manifest: Manifest, out: Path, rows: str) -> InputDataset:
    """The table of a result that an export takes its rows from. ``rows``: clean, rejected or review."""
    name = _table_name(out, "clean" if rows == "clean" else "rejected")
    return InputDataset(name.namespace, name.name, facets={"version": _version(manifest.run_id)})


def export_file(
    to: Path | str, table: DatasetName, comes_from: Mapping[str, Iterable[str]], rows: int, sha256: str | None
) -> OutputDataset:
    """The file or the Delta table that an export wrote. ``comes_from``: its columns -> columns of the result."""
    name = file_name(to)
    facets: dict[str, DatasetFacet] = {
        "schema": schema_dataset.SchemaDatasetFacet([_SCHEMA(shown(column)) for column in comes_from]),
        "columnLineage": export_columns(table, comes_from),
    }
    if sha256 is not None:
        facets["version"] = _version(sha256)
    size = to.stat().st_size if isinstance(to, Path) and to.is_file() else None
    wrote = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rows, size)
    return OutputDataset(name.namespace, name.name, facets=facets, outputFacets={"outputStatistics": wrote})


def _table(file: InputFile, manifest: Manifest, whole: list[Assertion]) -> InputDataset:
    name = file_name(file.path, file.sheet)
    fields = [_SCHEMA(shown(column), "string") for column in source_columns(file)]
    read = file.counts.read
    metrics = data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet(
        _filled(file), rowCount=read, bytes=file.bytes, fileCount=1
    )
    found = [_found(code, count, manifest, "error") for code, count in file.counts.by_reason.items()]
    noted = [_found(code, count, manifest, "warn") for code, count in file.counts.by_flag.items()]
    return InputDataset(
        name.namespace,
        name.name,
        facets={"schema": schema_dataset.SchemaDatasetFacet(fields), "version": _version(file.sha256)},
        inputFacets={
            "dataQualityMetrics": metrics,
            "dataQualityAssertions": _assertions([*whole, *found, *noted]),
            "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet(read, file.bytes, 1),
        },
    )


def _filled(file: InputFile) -> dict[str, data_quality_metrics_input_dataset.ColumnMetrics]:
    """Cells with and without content, of the contact columns."""
    given: dict[str, int] = {}
    for slot, points in file.points.items():
        column = file.mapping.get(slot, points.column)
        given[column] = max(given.get(column, 0), points.given)
    return {
        shown(column): data_quality_metrics_input_dataset.ColumnMetrics(nullCount=file.counts.read - count, count=count)
        for column, count in given.items()
    }


def _found(code: str, count: int, manifest: Manifest, severity: str) -> Assertion:
    """What was found of so many rows of a table: a test of the data that they failed."""
    known = CODES.get(code)
    rule = manifest.rules.texts.get(code)
    says = known.summary if known is not None else rule.title if rule is not None else None
    return Assertion(code, success=False, severity=severity, description=says, expected="0", actual=str(count))


def _of_whole_run(manifest: Manifest, *, too_many_rejected: bool) -> list[Assertion]:
    """What is asked of a run as a whole: how much of it was rejected, and its gate."""
    counts = manifest.counts
    rejected = percent(counts.rejected / counts.read) if counts.read else "0 %"
    asked = [Assertion("max_reject_rate", success=not too_many_rejected, severity="error", actual=rejected)]
    if manifest.gate is not None:
        why = "; ".join(map(shown, manifest.held)) or None
        asked.append(Assertion("gate", success=not manifest.held, severity="error", description=why))
    return asked


def _list(used: UsedList, namespace: str) -> InputDataset:
    name = list_name(namespace, used.name)
    size = sum(file.bytes for file in used.files)
    about = {"kind": used.kind, "as_of": used.known_as_of, "registry": used.registry}
    tags = [tags_dataset.TagsDatasetFacetFields(key, str(value)) for key, value in about.items() if value is not None]
    age = counted(used.age_days, "day")
    fresh = Assertion("freshness", success=not used.stale_allowed, severity="warn", actual=age)
    facets: dict[str, DatasetFacet] = {
        "schema": schema_dataset.SchemaDatasetFacet([_SCHEMA(ENTRY, "string")]),
        "version": _version(used.version),
        "tags": tags_dataset.TagsDatasetFacet(tags),
    }
    statistics = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
        used.entries.indexed, size, len(used.files)
    )
    found: dict[str, InputDatasetFacet] = {
        "inputStatistics": statistics,
        "dataQualityAssertions": _assertions([fresh]),
    }
    return InputDataset(name.namespace, name.name, facets=facets, inputFacets=found)


def _grouped(outputs: Mapping[str, OutputFile]) -> dict[str, list[OutputFile]]:
    """Outputs by table: one that a cluster wrote is a folder of files."""
    found: dict[str, list[OutputFile]] = {}
    for name, file in outputs.items():
        folder = name.partition("/")[0]
        found.setdefault(folder if folder in PARQUETS else name, []).append(file)
    return found


def _output(manifest: Manifest, out: Path, name: str, files: list[OutputFile], namespace: str) -> OutputDataset:
    rows = sum(file.rows for file in files)
    size = sum(file.bytes for file in files)
    called = file_name(out / name)
    facets: dict[str, DatasetFacet] = {"version": _version(manifest.run_id)}
    table = name.removesuffix(".parquet")
    if table in PARQUETS:
        fields = [_field(field) for field in _schema_of(out, table)]
        facets["schema"] = schema_dataset.SchemaDatasetFacet(fields)
    if table in {"clean", "rejected"}:
        facets["columnLineage"] = result_columns(manifest, namespace, rejected=table == "rejected")
    wrote = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rows, size, len(files))
    return OutputDataset(called.namespace, called.name, facets=facets, outputFacets={"outputStatistics": wrote})


def _schema_of(out: Path, table: str) -> pa.Schema:
    with table_files(out, table)[0].open("rb") as stream:
        return pq.read_schema(stream)


def _field(field: pa.Field) -> Any:
    kind = field.type
    if pa.types.is_struct(kind):
        inner = [_field(kind.field(number)) for number in range(kind.num_fields)]
        return _SCHEMA(shown(field.name), "struct", fields=[each for each in inner if each.name != "_"])
    return _SCHEMA(shown(field.name), str(kind.value_type if pa.types.is_dictionary(kind) else kind))


def _table_name(out: Path, table: str) -> DatasetName:
    return file_name(out / table if (out / table).is_dir() else out / f"{table}.parquet")


def _version(version: str) -> DatasetFacet:
    return dataset_version_dataset.DatasetVersionDatasetFacet(version)


def _assertions(found: list[Assertion]) -> InputDatasetFacet:
    return data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(found)

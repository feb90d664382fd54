"""Which columns of its inputs each column of a written file comes from (OpenLineage's columnLineage facet)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from openlineage.client.facet_v2 import column_lineage_dataset as lineage

from pipeline.lineage.names import DatasetName, file_name, list_name
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.manifest import InputFile, Manifest
from schemas.support.shown import shown

#: What a list has, as a column: its entries.
ENTRY: Final = "entry"
#: Columns of ours that are read off the first phone.
_OF_FIRST_PHONE: Final = ("phone_type", "phone_region", "time_zones")
_NORMAL = lineage.Transformation("DIRECT", "TRANSFORMATION", "read and written in its normal form")
_WRITTEN = lineage.Transformation("DIRECT", "TRANSFORMATION", "written as the file wants it")
_SAME = lineage.Transformation("DIRECT", "IDENTITY")
_CHECKED = lineage.Transformation("INDIRECT", "FILTER", "looked up, to decide which rows are clean")


def source_columns(file: InputFile) -> list[str]:
    """Columns of a table of the drop: those that are fields of a lead, then the others."""
    return list(dict.fromkeys([*file.mapping.values(), *file.unmapped]))


def result_columns(manifest: Manifest, namespace: str, *, rejected: bool) -> lineage.ColumnLineageDatasetFacet:
    """The lineage of ``clean`` and ``rejected``; every row of them rests on all contact columns and lists."""
    fields: dict[str, list[lineage.InputField]] = {}
    contacts: list[lineage.InputField] = []
    for file in manifest.inputs:
        name = file_name(file.path, file.sheet)
        for field, column in file.mapping.items():
            fields.setdefault(field, []).append(_from(name, column, _NORMAL))
        fields.setdefault("extra", []).extend(_from(name, column, _SAME) for column in file.unmapped)
        if "phone" in file.mapping:
            for ours in _OF_FIRST_PHONE:
                fields.setdefault(ours, []).append(_from(name, file.mapping["phone"], _NORMAL))
        if rejected:
            fields.setdefault("original", []).extend(_from(name, column, _SAME) for column in source_columns(file))
        points = [file.mapping[slot] for slot in (*PHONE_SLOTS, *EMAIL_SLOTS) if slot in file.mapping]
        contacts += [_from(name, column, _CHECKED) for column in dict.fromkeys(points)]
    lists = [_from(list_name(namespace, used.name), ENTRY, _CHECKED) for used in manifest.lists]
    return _facet(fields, [*contacts, *lists])


def export_columns(clean: DatasetName, comes_from: Mapping[str, Iterable[str]]) -> lineage.ColumnLineageDatasetFacet:
    """The lineage of an export: its column -> columns of the result."""
    fields = {column: [_from(clean, each, _WRITTEN) for each in ours] for column, ours in comes_from.items()}
    return _facet(fields, [])


def _facet(
    fields: Mapping[str, list[lineage.InputField]], dataset: list[lineage.InputField]
) -> lineage.ColumnLineageDatasetFacet:
    made = {shown(name): lineage.Fields(found) for name, found in fields.items() if found}
    return lineage.ColumnLineageDatasetFacet(made, dataset)


def _from(dataset: DatasetName, column: str, how: lineage.Transformation) -> lineage.InputField:
    return lineage.InputField(dataset.namespace, dataset.name, shown(column), [how])

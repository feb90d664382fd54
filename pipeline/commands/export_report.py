"""Exports, tells of it where lineage is wanted, and prints how many rows are where and what is not among them."""

from __future__ import annotations

from pipeline.exporting.export import Exported, ExportRequest, export
from pipeline.lineage.jobs import Lineage
from pipeline.results.folder import open_manifest, table_files
from pipeline.terminal import print_lines, print_notes, write_json
from schemas.support.figures import counted


def export_and_tell(request: ExportRequest, lineage: Lineage) -> Exported:
    """Export. Raises what `export` raises, and what `open_manifest` raises where lineage is wanted."""
    if lineage.wanted is None:
        return export(request)
    manifest = open_manifest(request.folder)
    inputs = table_files(request.folder, "clean" if request.rows == "clean" else "rejected")
    campaign, vendor = manifest.campaign, manifest.vendor
    with lineage.run("export", request.as_of, campaign=campaign, vendor=vendor, inputs=inputs) as run:
        done = export(request)
        comes_from = dict(zip(done.columns, done.comes_from, strict=True))
        run.exported(manifest, request.folder, request.rows, done.path, comes_from, done.rows, done.sha256)
    return done


def facts(exported: Exported) -> dict[str, object]:
    """An export as JSON has it."""
    return {
        "to": str(exported.path),
        "rows": exported.rows,
        "columns": exported.columns,
        "sha256": exported.sha256,
        "left_out": exported.left_out,
        "recorded": None if exported.recorded is None else str(exported.recorded),
    }


def print_export(exported: Exported, *, as_json: bool) -> None:
    """Print to stdout; what is not in the file goes to stderr as notes."""
    if as_json:
        write_json(facts(exported))
        return
    print_lines(f"{counted(exported.rows, 'row')} in {exported.path}")
    print_notes(*exported.left_out)

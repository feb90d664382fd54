"""What ``leadscrub evidence`` says: where the evidence is, what is in it, and what is not."""

from __future__ import annotations

from pipeline.commands.verify import refuse_damaged
from pipeline.evidence.bundle import EvidenceRequest, export_evidence
from pipeline.terminal import print_lines, write_json
from schemas.support.shown import shown


def print_evidence(request: EvidenceRequest, *, as_json: bool) -> None:
    """Write the evidence and print what became of it. Raises what `export_evidence` raises."""
    refuse_damaged(request.folder)
    made = export_evidence(request)
    if as_json:
        write_json(
            {
                "path": str(made.path),
                "rows": made.rows,
                "sha256": made.sha256,
                "signed": made.signed,
                "logged": made.workspace is not None,
                "not_included": [shown(each) for each in made.also],
            }
        )
        return
    rows = ", ".join(map(str, made.rows))
    signed = "signed" if made.signed else "not signed: the workspace has no key" if made.workspace else "not signed"
    print_lines(
        f"wrote  {shown(str(made.path))}: row {rows}; {signed}; sha256 {made.sha256}",
        *([] if made.workspace else ["note: no workspace, so no log has it"]),
        *(f"note: {shown(each)}" for each in made.also),
    )

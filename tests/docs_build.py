"""Makes the generated parts of the documentation: ``python -m tests.docs_build``."""

from __future__ import annotations

import re
from pathlib import Path

from schemas.codes import CODES, NOT_ACCEPTED
from schemas.manifest import manifest_json_schema

ROOT = Path(__file__).parents[1]


def reasons_table() -> str:
    """The register of reason codes as Markdown."""
    lines = ["| code | row goes to | vendor reads | means |", "|---|---|---|---|"]
    for reason in CODES.values():
        flagged = reason.effect == "flag"
        vendor = "" if flagged else reason.vendor_phrase or NOT_ACCEPTED
        goes = "(flag only)" if flagged else reason.disposition
        lines.append(f"| `{reason.code}` | {goes} | {vendor} | {reason.summary} |")
    return "\n".join(lines)


def readme() -> str:
    """The README with its generated part made anew."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.sub(
        r"(<!-- reasons:start -->\n).*(<!-- reasons:end -->)",
        lambda match: f"{match[1]}{reasons_table()}\n{match[2]}",
        text,
        flags=re.DOTALL,
    )


GENERATED = {
    "README.md": readme,
    "schemas/manifest.schema.json": manifest_json_schema,
}

if __name__ == "__main__":
    for name, make in GENERATED.items():
        (ROOT / name).write_text(make(), encoding="utf-8")

"""Makes the generated parts of the documentation: ``python -m tests.docs_build``."""

from __future__ import annotations

from pathlib import Path

from schemas.codes import CODES, STAYS_HERE
from schemas.manifest import manifest_json_schema
from suppression.rules.loading import load_packs
from suppression.rules.telling import hours_in_words, lifted_by, period

ROOT = Path(__file__).parents[1]


def reasons_table() -> str:
    """The register of reason codes as Markdown."""
    lines = ["| code | row goes to | vendor reads | means |", "|---|---|---|---|"]
    for reason in CODES.values():
        flagged = reason.effect == "flag"
        vendor = "" if flagged else reason.vendor_phrase or STAYS_HERE
        goes = "(flag only)" if flagged else reason.disposition
        lines.append(f"| `{reason.code}` | {goes} | {vendor} | {reason.summary} |")
    return "\n".join(lines)


def reasons() -> str:
    """The page of reason codes."""
    return (
        "# Reason codes\n\nIn order of precedence: of several reasons, the first in this table is the primary one.\n\n"
        f"{reasons_table()}\n"
    )


def rules_catalogue() -> str:
    """Every shipped rule as Markdown, pack by pack."""
    packs = load_packs(["all"])
    lifting = lifted_by(packs)
    lines = [
        "# The rule packs",
        "",
        f"{sum(len(pack.rules) for pack in packs)} rules and {sum(len(pack.hours) for pack in packs)} facts about",
        f"hours in {len(packs)} packs, with their confidence; not legal advice. *Primary* means that the official text",
        "was read, *secondary* a law firm, a regulator's summary or the press, *general* that nothing was verified.",
    ]
    for pack in packs:
        lines += ["", f"## {pack.pack.title} (`{pack.pack.name}` {pack.pack.version})", ""]
        if pack.pack.notes:
            lines += [pack.pack.notes.strip(), ""]
        lines.append("| rule | effect | who, channels | says | lifted by | law | sure | in force |")
        lines.append("|---|---|---|---|---|---|---|---|")
        for each in pack.rules:
            rule = each.rule
            channels = " ".join(rule.channels) if len(rule.channels) < 5 else "all"
            lifts = ", ".join(f"`{name}`" for name in rule.lifts)
            by = ", ".join(f"`{other.rule.id}`" for other in lifting.get(rule.id, []))
            cells = (
                f"`{rule.id}`",
                rule.effect + (", whole list" if rule.level == "list" else ""),
                f"{rule.audience}, {channels}",
                rule.title,
                by or (f"(lifts {lifts})" if lifts else ""),
                str(rule.citation),
                rule.confidence,
                period(rule),
            )
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        if pack.hours:
            lines += [
                "",
                "| hours | who, channels | says | allowed | law | sure | in force |",
                "|---|---|---|---|---|---|---|",
            ]
        for timed in pack.hours:
            hours = timed.hours
            said = (f"{hours.audience}, {' '.join(hours.channels)}", hours.title, hours_in_words(hours))
            sure = (str(hours.citation), hours.confidence, period(hours))
            lines.append(f"| `{hours.id}` | " + " | ".join((*said, *sure)) + " |")
    return "\n".join(lines) + "\n"


GENERATED = {
    "docs/rules.md": rules_catalogue,
    "docs/reasons.md": reasons,
    "schemas/manifest.schema.json": manifest_json_schema,
}

if __name__ == "__main__":
    for name, make in GENERATED.items():
        (ROOT / name).write_text(make(), encoding="utf-8")

"""Makes the generated parts of the documentation: ``python -m tests.docs_build``."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from pipeline.commands.init_workspace import EXAMPLES
from pipeline.commands.rule_coverage import mark
from schemas.codes import CODES, STAYS_HERE
from schemas.manifest import manifest_json_schema
from schemas.rules import CONTACT
from suppression.rules.coverage import answers
from suppression.rules.describe import hours_in_words, lifted_by, period
from suppression.rules.loading import load_packs
from suppression.rules.predicates.registry import PREDICATES
from tests.docs.cli_page import cli_page
from tests.docs.code_tables import checks_table, columns_table, layers, packages, public_names
from tests.docs.columns_page import columns_page
from tests.docs.configuration_page import configuration_page
from tests.docs.demo import demo_output

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
        if pack.pack.permits:
            lines += ["", "| permit | who, channels | says | law | sure | in force |", "|---|---|---|---|---|---|"]
        for permit in pack.pack.permits:
            whom = f"{permit.audience}, {' '.join(permit.channels)}"
            sure = (str(permit.citation), permit.confidence, period(permit))
            lines.append(f"| `{permit.id}` | " + " | ".join((whom, permit.title, *sure)) + " |")
    return "\n".join(lines) + "\n"


def predicates() -> str:
    """Every question that a rule can ask, as Markdown."""
    lines = [
        "# Predicates",
        "",
        f"The {len(PREDICATES)} questions that a rule of a pack can ask (`when = [{{ is = ... }}]`). What is not known",
        "speaks against contact: in a rule that blocks it counts as yes, in an exemption as no. The table says what",
        "the answer is where the evidence is absent.",
        "",
        "| predicate | yes when | parameters | reads | evidence absent |",
        "|---|---|---|---|---|",
    ]
    for each in sorted(PREDICATES.values(), key=lambda each: each.name):
        fields = ", ".join(f"`{name}`" for name in each.params.model_fields)
        lines.append(f"| `{each.name}` | {each.asks} | {fields} | {each.reads_in_words} | {each.unknown} |")
    return "\n".join(lines) + "\n"


def coverage() -> str:
    """Which questions of contact the shipped packs answer, as Markdown."""
    found = answers(load_packs(["all"]), COVERAGE_DAY)
    lines = [
        "# What the packs cover",
        "",
        f"For each country, whether a rule was verified on {COVERAGE_DAY}: *yes* for consumers and businesses, or for",
        "which of the two. Where nothing was verified (-), the contact is for review (`rules.unverified`), and so is",
        "every contact in a country that is not here (`rules.not_covered`). `leadscrub rules coverage --country PT`",
        "names the rules behind each answer.",
        "",
        f"| country | {' | '.join(CONTACT)} |",
        "|---|" + "---|" * len(CONTACT),
    ]
    for country, cells in found.items():
        lines.append(f"| {country} | {' | '.join(mark(cells, way) for way in CONTACT)} |")
    return "\n".join(lines) + "\n"


#: Day of the table: the law of a day is fixed.
COVERAGE_DAY = date(2026, 11, 28)


def workspace() -> str:
    """The page of a workspace's files: the commented examples that ``leadscrub init`` writes."""
    lines = [
        "# The files of a workspace",
        "",
        "`leadscrub init DIR` writes these. A line behind a `#` shows a setting; take the `#` away to use it.",
        "Every fault of a file is reported with its line (exit 3). [configuration.md](configuration.md) has every key.",
        "",
        "`leadscrub init DIR --from DROP` shows how the drop is read, asks some questions, each with what its answer",
        "decides, and writes a campaign, a vendor and a layout; `--answers FILE` takes the answers from a TOML file",
        '(`vendor = "acme"`). What is not answered is not declared, and so it counts against contact.',
        "",
        "`leadscrub check DIR` looks at the whole workspace before a run does: faults of every file, lists that are",
        "missing, too old or undated, campaigns without region, lists or rule packs, inboxes without a vendor and",
        "vendors without an inbox, prices without a window for returns, drops in quarantine. It reads no drop and",
        "changes nothing; exit 3 when anything is to settle, else 0.",
    ]
    for name, text in EXAMPLES.items():
        lines += ["", f"## `{name}`", "", "```toml", text.rstrip("\n"), "```"]
    return "\n".join(lines) + "\n"


GENERATED = {
    "docs/coverage.md": coverage,
    "docs/predicates.md": predicates,
    "docs/cli.md": cli_page,
    "docs/columns.md": columns_page,
    "docs/configuration.md": configuration_page,
    "docs/workspace.md": workspace,
    "docs/rules.md": rules_catalogue,
    "docs/reasons.md": reasons,
    "schemas/manifest.schema.json": manifest_json_schema,
}

#: Parts of pages that are written by hand otherwise, by page and by the name of their markers.
PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "ARCHITECTURE.md": {"checks": checks_table, "columns": columns_table, "layers": layers, "packages": packages},
    "README.md": {"demo": demo_output},
    "docs/python.md": {"names": public_names},
}


def part(page: str, name: str) -> re.Match[str]:
    """Find a generated part of a page, between its markers. Raises `AssertionError` when the page has no such part."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.search(rf"(?<=<!-- {name}:start -->\n).*?(?=<!-- {name}:end -->)", text, re.DOTALL)
    assert found, f"{page} has no markers of {name}"
    return found


if __name__ == "__main__":
    for name, make in GENERATED.items():
        (ROOT / name).write_text(make(), encoding="utf-8")
    for name, parts in PARTS.items():
        for marked, make in parts.items():
            found = part(name, marked)
            text = found.string[: found.start()] + make() + found.string[found.end() :]
            (ROOT / name).write_text(text, encoding="utf-8")

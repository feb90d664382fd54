"""Prints the register of reason codes."""

from __future__ import annotations

from pipeline.commands.rule_reports import is_rule, print_rule
from pipeline.terminal import plain_table, print_lines, write_json
from schemas.codes import CODES, ERASED_ROW, PRECEDENCE, STAYS_HERE, ReasonCode, reason_code

#: The command behind the one code that no check finds.
ERASING = "leadscrub subject erase"


def _facts(reason: ReasonCode) -> dict[str, object]:
    return {**reason._asdict(), "precedence": PRECEDENCE[reason.code], "checks": _checks(reason.code)}


def _checks(code: str) -> list[str]:
    """Names of the checks that may find a code."""
    from pipeline.stages.registry import deciding  # noqa: PLC0415  # loading all checks takes as long as the rest

    return [ERASING] if code == ERASED_ROW else [check.name for check in deciding(code)]


def print_reasons(code: str | None, *, as_json: bool) -> None:
    """Print one code, or all in order of precedence."""
    if code and code not in CODES and is_rule(code):
        print_rule(code, as_json=as_json)
        return
    chosen = [reason_code(code)] if code else list(CODES.values())
    if as_json:
        write_json(_facts(chosen[0]) if code else [_facts(reason) for reason in chosen])
        return
    if code:
        reason = chosen[0]
        lines = [
            reason.code,
            f"  means        {reason.summary}",
            f"  what to do   {reason.remedy}",
            f"  effect       {reason.effect}",
            f"  disposition  {reason.disposition}",
            f"  vendor sees  {reason.vendor_phrase or (STAYS_HERE if reason.effect != 'flag' else 'nothing')}",
            f"  decided by   {' or '.join(_checks(reason.code))}",
            f"  precedence   {PRECEDENCE[reason.code] + 1} of {len(CODES)}",
        ]
        print_lines(*lines)
        return
    table = plain_table()
    for column in ("code", "effect", "row goes to", "vendor sees", "meaning"):
        table.add_column(column, no_wrap=column == "code", overflow="fold")
    for reason in chosen:
        vendor = reason.vendor_phrase or (STAYS_HERE if reason.effect != "flag" else "")
        table.add_row(reason.code, reason.effect, reason.disposition, vendor, reason.summary)
    table.print()

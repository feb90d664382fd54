"""The table of docs/json.md: which keys the object of each command has."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.docs.cli_page import commands, example
from tests.docs.shell import ROOT, run_line

PAGE = ROOT / "docs" / "json.md"
#: Commands with ``--json``.
WITH_JSON = [name for name, command in commands() if any("--json" in each.opts for each in command.params)]


def rows() -> dict[str, str]:
    """The rows of the page, by command."""
    return {
        found[1]: found[0]
        for found in re.finditer(r"^\| `(leadscrub [a-z ]+)` \| .+ \|$", PAGE.read_text("utf-8"), re.M)
    }


def row_of(name: str, command: Any) -> str | None:
    """The row of a command, from what its example prints in the current folder; None where that has no items."""
    line = re.sub(r" --save-layout \S+", "", example(command))
    known = {option for each in command.params for option in each.opts}
    force = " --force" if "--force" in known and "--force" not in line else ""
    code, printed = run_line(f"{line}{force} --json")
    found = next(text for text in printed.splitlines() if text.startswith('{"schema_version"'))
    document = json.loads(found)
    assert code == 0 and "error" not in document, printed
    keys = [key for key in document if key != "schema_version"]
    if "items" not in keys:
        return f"| `{name}` | {_named(keys)} |"
    if not document["items"]:
        return None
    others = "".join(f"`{key}` " for key in keys if key != "items")
    return f"| `{name}` | {others}`items`: {_named(document['items'][0])} |"


def _named(keys: Any) -> str:
    return " ".join(f"`{key}`" for key in keys)

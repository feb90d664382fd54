"""Writes how a table was read as a layout, with comments, for a person to edit, or as a data contract."""

from __future__ import annotations

import json
from pathlib import Path

import tomli

from pipeline.columns.mapping import Mapping
from schemas.data_contract import SUFFIXES as CONTRACTS
from schemas.data_contract import contract_text
from schemas.errors import OutputError
from schemas.files.table import Table
from schemas.layout import Layout
from schemas.support.durable import write_atomically


def save_layout(path: Path, table: Table, mapping: Mapping) -> None:
    """Write the layout of a table. Raises `OutputError` when the file exists or cannot be written."""
    if path.exists():
        raise OutputError(f"'{path}' exists.", "Name a new file for --save-layout.")
    try:
        is_contract = path.suffix.lower() in CONTRACTS
        write_atomically(path, _contract(path, table, mapping) if is_contract else layout_text(table, mapping))
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror}.", "Name another file.") from error


def _contract(path: Path, table: Table, mapping: Mapping) -> str:
    """The same as an ODCS contract, with the layout's settings that were in force."""
    detected = Layout.model_validate(tomli.loads(layout_text(table, mapping)))
    given = mapping.layout
    layout = detected.model_copy(update={"fields": given.fields, "sheet": given.sheet})
    name = path.name.removesuffix(path.suffix).removesuffix(".odcs")
    return contract_text(layout, name, table.columns)


def layout_text(table: Table, mapping: Mapping) -> str:
    """Return the TOML: what was detected, which column is which field, and what a person may want to add."""
    read_as = table.reader.describe()
    layout = mapping.layout
    lines = [
        f"# How {_quoted(table.name)} was read. These settings win over detection.",
        f"#   leadscrub scrub DROP -o OUT --layout {_quoted('THIS FILE')}",
    ]
    if read_as["format"] == "csv":
        quote = "" if read_as["quote"] == "none" else read_as["quote"]
        lines += [f"encoding = {_quoted(read_as['encoding'])}", f"delimiter = {_quoted(read_as['delimiter'])}"]
        lines += [f"quote = {_quoted(quote)}"]
        if "escape" in read_as:
            lines.append(f"escape = {_quoted(read_as['escape'])}")
        lines.append(f"header = {'true' if table.has_header else 'false'}")
        if "lines_before_header" in read_as:
            lines.append(f"skip_lines = {read_as['lines_before_header']}            # lines before the table")
    if not table.has_header:
        lines.append(f"column_names = [{', '.join(map(_quoted, table.columns))}]")
    lines.append(f"region = {_quoted(layout.region)}" if layout.region else '# region = "US"')
    for name in ("required", "ignore", "empty"):
        values = getattr(layout, name)
        lines.append(f"{name} = [{', '.join(map(_quoted, values))}]" if values else f"# {name} = []")
    lines += ["", "# Field of a lead = column of the file."]
    lines.append("[columns]")
    shared = {mapping.fields[name] for name in mapping.parts}
    faxes = {mapping.fields[name] for name in mapping.fax}
    for field, column in mapping.fields.items():
        if column not in shared | faxes:
            lines.append(f"{field} = {_quoted(column)}")
    lines += [f"# ? = {_quoted(column)}" for column in mapping.unmapped]
    lines += ["", "# Column = field, where there is such a column."]
    lines.append("[aliases]")
    for column in dict.fromkeys(mapping.fields.values()):
        if column in shared:
            field = next(name for name, held in mapping.fields.items() if held == column)
            lines.append(f"{_quoted(column)} = {_quoted(field.partition('_')[0])}")
        elif column in faxes:
            lines.append(f'{_quoted(column)} = "fax"')
    if layout.prefixes:
        lines += ["", "[prefixes]"]
        lines += [f"{_quoted(name)} = [{', '.join(map(_quoted, given))}]" for name, given in layout.prefixes.items()]
    for name, rule in layout.in_cell.items():
        lines += ["", f"[in_cell.{_quoted(name)}]", f"between = {_quoted(rule.between)}"]
        lines += [f"until = {_quoted(rule.until)}"] if rule.until else []
    lines += ["", "# How dates are written, by field; ISO 8601 needs nothing.", "[dates]"]
    lines += [f"{name} = {_quoted(form)}" for name, form in layout.dates.items()] or ['# consent_at = "%m/%d/%Y"']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Write a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

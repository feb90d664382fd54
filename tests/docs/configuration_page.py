"""The page of every key of every TOML file, from the models and ``keys.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from schemas.config import Campaign, Vendor
from schemas.export_layout import ExportLayout
from schemas.layout import Layout
from schemas.workspace import Workspace

#: File -> the model of what it holds, in the order of the page.
FILES: dict[str, type[BaseModel]] = {
    "leadscrub.toml": Workspace,
    "campaigns/NAME.toml": Campaign,
    "vendors/NAME.toml": Vendor,
    "layouts/NAME.toml": Layout,
    "exports/NAME.toml": ExportLayout,
}


#: What a type of Python is called on the page.
_NAMES = {
    "bool": "true, false",
    "str": "text",
    "int": "number",
    "float": "number",
    "Decimal": "number",
    "Path": "file",
    "date": "day",
}


class Key(NamedTuple):
    """A key as it is written from the top of its file."""

    name: str
    values: str
    default: str
    means: str


def configuration_page() -> str:
    """Every key as Markdown. A key that nobody describes raises `AssertionError`."""
    lines = [
        "# Every key of every TOML file",
        "",
        "Dotted keys are inside tables (`[ledger]`, `url = …`). A key that does not exist, or a value that cannot be,",
        "is reported with file and line (exit 3). [workspace.md](workspace.md) shows the files with examples.",
    ]
    for file in FILES:
        lines += ["", f"## `{file}`", "", "| key | values | default | means |", "|---|---|---|---|"]
        lines += [f"| `{key.name}` | {key.values} | {key.default} | {key.means} |" for key in keys(file)]
    return "\n".join(lines) + "\n"


@cache
def descriptions() -> dict[str, dict[str, str]]:
    """File -> key -> what it means, where its model does not say."""
    return tomllib.loads(Path(__file__).with_name("keys.toml").read_text(encoding="utf-8"))


def keys(file: str) -> list[Key]:
    """All keys of a file. The keys of [layout] are those of a layout's own file."""
    return list(_keys(file, FILES[file], ""))


def _keys(file: str, model: type[BaseModel], above: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        key = f"{above}{name}"
        means = field.description or descriptions()[file].get(key)
        assert means, f"{file}: nothing says what {key} means; add a line to tests/docs/keys.toml"
        default = "" if field.default in (PydanticUndefined, None) else _plain(field.default)
        required = field.is_required()
        yield Key(key, _values(field.annotation), "required" if required else default, means.replace("|", "\\|"))
        for inner in _models(field.annotation):
            if not (inner is Layout and model is Vendor):
                yield from _keys(file, inner, f"{key}.")


def _models(kind: Any) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [found for inner in get_args(kind) for found in _models(inner)]


def _values(kind: Any) -> str:
    """What may be written, in TOML's words."""
    if _models(kind):
        return "table, or file" if Path in get_args(kind) else "tables" if get_origin(kind) is list else "table"
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if get_origin(kind) in (list, dict):
        inner = _values(get_args(kind)[-1])
        return f"list of {inner}" if get_origin(kind) is list else f"table of {inner}"
    parts = [each for each in get_args(kind) if each is not type(None) and (isinstance(each, type) or get_args(each))]
    if parts:
        return " or ".join(dict.fromkeys(map(_values, parts)))
    name = str(getattr(kind, "__name__", kind))
    return _NAMES.get(name, name)


def _plain(value: Any) -> str:
    if isinstance(value, BaseModel):
        return ""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{shown}`" if shown not in ("[]", "{}") else ""

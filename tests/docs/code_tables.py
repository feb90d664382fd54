"""Makes the tables of ``ARCHITECTURE.md`` from the code: the checks of a run, the frame's columns, the layers."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from pathlib import Path

import leadscrub
from pipeline.stages.checks import BatchCheck, Declared
from pipeline.stages.registry import FIRST_PASS, RUN_CHECKS, SECOND_PASS
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS, PLAIN_FIELDS, POINTS, POST_POINT
from schemas.frame_columns import POINT_COLUMNS, PointColumn

ROOT = Path(__file__).parents[2]


def checks_table() -> str:
    """Every check in the order of a run: its pass, what it comes after, the columns it adds, the codes it may find."""
    lines = ["| check | when | after | adds | may find |", "|---|---|---|---|---|"]
    passes: tuple[tuple[str, tuple[Declared, ...]], ...] = (
        ("first pass", FIRST_PASS),
        ("whole run", RUN_CHECKS),
        ("second pass", SECOND_PASS),
    )
    for when, checks in passes:
        for check in checks:
            codes = ", ".join(f"`{code}`" for code in sorted(check.codes))
            if isinstance(check, BatchCheck) and check.reviews:
                codes = ", ".join(filter(None, [codes, "codes of the rule packs"]))
            lines.append(f"| {check.name} | {when} | {', '.join(check.after)} | {_columns(check.adds)} | {codes} |")
    return "\n".join(lines) + "\n"


def _columns(names: tuple[str, ...]) -> str:
    """Columns in few words: all fields of a lead by that name, and those of contact points as ``phone*:type``."""
    fields = {*POINTS, *PLAIN_FIELDS}
    shown = ["the fields of a lead"] if fields <= set(names) else []
    for name in names:
        if shown and name in fields:
            continue
        point, colon, suffix = name.partition(":")
        if point in PHONE_SLOTS:
            point = "phone*"
        elif point in EMAIL_SLOTS:
            point = "email*"
        shown.append(f"`{point}{colon}{suffix}`")
    return " ".join(dict.fromkeys(shown))


def columns_table() -> str:
    """The columns beside a contact column: type, points, meaning, and how long they live."""
    lines = ["| column | type | of | holds | kept for the second pass |", "|---|---|---|---|---|"]
    for column in POINT_COLUMNS:
        kept = "yes" if column.kept else ""
        lines.append(f"| `<point>{column.suffix}` | {column.dtype} | {_points(column)} | {column.meaning} | {kept} |")
    return "\n".join(lines) + "\n"


def _points(column: PointColumn) -> str:
    kinds = {"phones": PHONE_SLOTS[0], "emails": EMAIL_SLOTS[0], "the address": POST_POINT}
    return ", ".join(kind for kind, point in kinds.items() if point in column.points)


def layers() -> str:
    """The packages of `pipeline` from top to bottom, as the import-linter contract has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    inside = next(each for each in contracts if each.get("containers") == ["pipeline"])
    names = [name for layer in inside["layers"] for name in layer.split(" : ")]
    lines = ["```text", *(layer.replace(" : ", ", ") for layer in inside["layers"]), "```"]
    missing = [name for name in names if not list((ROOT / "pipeline").glob(f"{name}*"))]
    assert not missing, missing
    return "\n".join(lines) + "\n"


def packages() -> str:
    """Every package of the program, and the first sentence of its docstring."""
    lines = ["| package | is about |", "|---|---|"]
    for top in ("leadscrub", "pipeline", "suppression", "schemas"):
        for path in sorted((ROOT / top).rglob("__init__.py")):
            said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            name = path.parent.relative_to(ROOT).as_posix()
            lines.append(f"| `{name}` | {_first_sentence(said)} |")
    return "\n".join(lines) + "\n"


def public_names() -> str:
    """What ``import leadscrub`` offers, and the first sentence of each docstring."""
    names = sorted(leadscrub.__all__, key=str.lower)
    said = {name: inspect.getdoc(getattr(leadscrub, name)) or "" for name in names}
    lines = [f"| `leadscrub.{name}` | {_first_sentence(said[name])} |" for name in names]
    return "\n".join(["| name | is |", "|---|---|", *lines]) + "\n"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.])\s", " ".join(text.split()), maxsplit=1)[0]

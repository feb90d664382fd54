"""Takes out every place that finds a code, one after another, and expects that code's case to fail.

    python -m tests.codes.mutate [CODE …]

A place is a code of the register as a literal in the program, but for the register itself, the declarations of checks
and comparisons. Where the literal stands in a call, a table or a list of cases, that piece is taken out; elsewhere the
literal becomes another code. The program is copied for it; the files here stay as they are. Prints a table, and exits
1 when a case passed without what it tests.
"""

from __future__ import annotations

import argparse
import ast
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from schemas.codes import CODES
from tests.conftest import REPO

#: Where codes are found; what only asks about them (`pipeline.commands`, exemptions) finds none.
_PLACES = (
    "pipeline/columns",
    "pipeline/stages",
    "schemas/list_kinds.py",
    "suppression/screening.py",
    "suppression/rules/unread.py",
    "suppression/rules/unverified.py",
    "suppression/rules/verdicts.py",
)
_WORKERS = 2


@dataclass(frozen=True)
class Mutant:
    """A file with one place taken out. ``how``: what became of it."""

    file: str
    line: int
    code: str
    how: str
    text: str


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse(text)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in CODES and not _declares(node, parents):
            how, start, end, put = _change(node, parents, text)
            yield Mutant(file, node.lineno, str(node.value), how, text[:start] + put + text[end:])


def _declares(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a literal only declares (a set of codes), compares or looks up."""
    parent = parents[node]
    # Kinds of a user's own match as list.match too: a list of that kind finds it without its line in the table.
    if isinstance(parent, ast.Call) and _name(parent) == "ListKind" and getattr(node, "value", None) == "list.match":
        return True
    asks = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr == "contains"
    return asks or isinstance(parent, ast.Set | ast.Compare | ast.Subscript)


def _change(node: ast.Constant, parents: dict[ast.AST, ast.AST], text: str) -> tuple[str, int, int, str]:
    """How to take a place out: what is done, and which characters become what."""
    parent = parents[node]
    if isinstance(parent, ast.Call) and _name(parent) == "findings" and parent.args[1] is node:
        start, end = _span(parent.args[0], text)
        return "finds nothing", start, end, f"({text[start:end]}).clear()"
    if isinstance(parent, ast.Dict) and node in parent.values:
        key = parent.keys[parent.values.index(node)]
        assert key is not None
        return "left out of its table", _span(key, text)[0], _span(key, text)[1], "'never'"
    if isinstance(parent, ast.Tuple) and isinstance(parents[parent], ast.List | ast.Tuple) and len(parent.elts) > 1:
        start, end = _span(parent, text)
        comma = text[end:].lstrip()[:1] == ","
        after = end + text[end:].index(",") + 1 if comma else end
        return "left out of its list", start, after, ""
    start, end = _span(node, text)
    own = CODES[str(node.value)]
    other = next(each.code for each in CODES.values() if each is not own and each.effect == own.effect)
    return f"became {other}", start, end, repr(other)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _span(node: ast.expr, text: str) -> tuple[int, int]:
    lines = text.splitlines(keepends=True)

    def at(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())

    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return at(node.lineno, node.col_offset), at(node.end_lineno, node.end_col_offset)


def is_noticed(mutant: Mutant, tree: Path) -> bool:
    """Run the case of the mutant's code in a copy of the program."""
    path = tree / mutant.file
    before = path.read_text(encoding="utf-8")
    path.write_text(mutant.text, encoding="utf-8")
    try:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "tests/codes/test_codes.py",
            "-k",
            f"test_code and {mutant.code}",
        ]
        ran = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
        return ran.returncode == 1
    finally:
        path.write_text(before, encoding="utf-8")


def main() -> None:
    """Try them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("codes", nargs="*", help="only these codes")
    wanted = parser.parse_args().codes
    files = [
        file
        for place in _PLACES
        for file in ([REPO / place] if place.endswith(".py") else sorted((REPO / place).glob("*.py")))
    ]
    found = [
        mutant
        for file in files
        for mutant in mutants(str(file.relative_to(REPO)), file.read_text(encoding="utf-8"))
        if not wanted or mutant.code in wanted
    ]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_WORKERS) as pool:
        trees = [Path(folder) / str(number) for number in range(_WORKERS)]
        for tree in trees:
            for name in ("leadscrub", "pipeline", "schemas", "suppression", "tests", "pyproject.toml"):
                copy = shutil.copytree if (REPO / name).is_dir() else shutil.copy
                tree.mkdir(exist_ok=True)
                copy(REPO / name, tree / name)
        shares = [found[number::_WORKERS] for number in range(_WORKERS)]
        noticed = dict(
            pair
            for share in pool.map(
                lambda pair: [(m, is_noticed(m, pair[1])) for m in pair[0]], zip(shares, trees, strict=True)
            )
            for pair in share
        )
    for mutant in found:
        outcome = "noticed" if noticed[mutant] else "MISSED "
        sys.stdout.write(f"{outcome}  {mutant.code:24} {mutant.how:28} {mutant.file}:{mutant.line}\n")
    without = sorted(set(wanted or CODES) - {mutant.code for mutant in found})
    sys.stdout.write(
        f"{sum(noticed.values())} of {len(found)} noticed; codes without a place: {', '.join(without) or 'none'}\n"
    )
    sys.exit(0 if all(noticed.values()) and not without else 1)


if __name__ == "__main__":
    main()
